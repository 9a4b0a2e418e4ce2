//! Where the token rests between two uses: in the system's keychain, with a note beside it of whose
//! it is. Without a keychain it stays in memory, and the window says what to do. It is never in a
//! file.

use crate::said::{Said, because, notice, problem};
use domain::AccountId;
use domain::inventory::Account;
use domain::text::Text;
use domain::view::{AccountCard, Notice, Problem, TokenKept, Tone};
use local::{Connected, ConnectedAccount, Error, Keychain, KeychainState};
use secrecy::SecretString;
use std::path::Path;

/// Where a token ended up.
pub(crate) enum Kept {
    /// In the keychain, for the next start too.
    InKeychain,
    /// In memory, and why.
    InMemory(Box<Notice>),
}

/// Keeps a token as well as this computer can; the card says how.
pub(crate) async fn keep(home: &Path, card: &mut AccountCard, token: &SecretString) -> Kept {
    let (keychain, note) = (Keychain::system(), ConnectedAccount::new(home.to_owned()));
    let id = AccountId(card.id.clone());
    if let Ok(Some(before)) = note.recall().await
        && before.id != id
    {
        // One account at a time: what is replaced is forgotten, as far as the keychain lets us.
        drop(keychain.forget(&before.id).await);
    }
    let why = match keychain.probe().await {
        KeychainState::Ready => match keychain.store(&id, token).await {
            Ok(()) => match note.remember(&connected(card)).await {
                Ok(()) => {
                    card.kept = TokenKept::Keychain;
                    return Kept::InKeychain;
                }
                Err(error) => {
                    drop(keychain.forget(&id).await);
                    disk(home, &error)
                }
            },
            Err(error) => unusable(error),
        },
        refuses @ (KeychainState::Locked | KeychainState::Missing(_)) => of_state(refuses),
    };
    drop(note.forget().await);
    card.kept = TokenKept::Memory;
    Kept::InMemory(Box::new(Notice {
        tone: Tone::Busy,
        what: Text::from(Said::TokenInMemory),
        why: Some(why.what),
        ..notice(Problem {
            what: Text::from(Said::TokenInMemory),
            ..why
        })
    }))
}

/// The connected account and its token.
pub(crate) async fn recall(home: &Path) -> Result<(AccountCard, SecretString), Problem> {
    let note = ConnectedAccount::new(home.to_owned());
    let known = note.recall().await.map_err(|error| disk(home, &error))?;
    let Some(known) = known else {
        return Err(problem(Said::NoAccount, None, Some(Said::NoAccountFix)));
    };
    let keychain = Keychain::system();
    match keychain.read(&known.id).await.map_err(unusable)? {
        Some(token) => Ok((card(known), token)),
        // A locked keychain says that it holds nothing: only a write tells it from an empty one.
        None => Err(match keychain.probe().await {
            KeychainState::Ready => {
                let what = Said::TokenGone { user: known.user };
                problem(what, None, Some(Said::TokenGoneFix))
            }
            refuses @ (KeychainState::Locked | KeychainState::Missing(_)) => of_state(refuses),
        }),
    }
}

/// The account whose token is kept, without touching the keychain.
pub(crate) async fn known(home: &Path) -> Option<AccountCard> {
    ConnectedAccount::new(home.to_owned())
        .recall()
        .await
        .ok()
        .flatten()
        .map(card)
}

/// Forgets the token and whose it was; forgotten already is success.
pub(crate) async fn forget(home: &Path) -> Result<(), Problem> {
    let note = ConnectedAccount::new(home.to_owned());
    let Some(known) = note.recall().await.map_err(|error| disk(home, &error))? else {
        return Ok(());
    };
    Keychain::system()
        .forget(&known.id)
        .await
        .map_err(|error| {
            because(
                problem(Said::KeychainKept, None, Some(Said::KeychainKeptFix)),
                &error,
            )
        })?;
    note.forget().await.map_err(|error| disk(home, &error))
}

fn disk(home: &Path, error: &Error) -> Problem {
    let what = Said::HomeNotUsable {
        path: home.display().to_string(),
    };
    because(problem(what, None, Some(Said::HomeNotUsableFix)), error)
}

fn unusable(error: Error) -> Problem {
    match error {
        Error::Keychain { state, .. } => of_state(state),
        Error::NoHome | Error::Disk { .. } | Error::Client { .. } => {
            let what = Said::KeychainMissing {
                reason: String::new(),
            };
            because(problem(what, None, Some(Said::KeychainMissingFix)), &error)
        }
    }
}

fn of_state(state: KeychainState) -> Problem {
    match state {
        KeychainState::Ready | KeychainState::Locked => {
            problem(Said::KeychainLocked, None, Some(Said::KeychainLockedFix))
        }
        KeychainState::Missing(reason) => problem(
            Said::KeychainMissing { reason },
            None,
            Some(Said::KeychainMissingFix),
        ),
    }
}

fn connected(card: &AccountCard) -> Connected {
    Connected {
        id: AccountId(card.id.clone()),
        user: card.user.clone(),
        last4: card.last4.clone(),
        scopes: card.scopes.clone(),
        expires: card.expires,
    }
}

/// What the window shows until the cloud itself was asked.
fn card(known: Connected) -> AccountCard {
    let account = Account {
        id: known.id,
        user: known.user,
        restricted: false,
        scopes: known.scopes,
        token_expires: known.expires,
    };
    AccountCard {
        missing_scopes: account.missing_scopes(),
        id: account.id.0,
        user: account.user,
        last4: known.last4,
        scopes: account.scopes,
        expires: account.token_expires,
        restricted: account.restricted,
        kept: TokenKept::Keychain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_connected_account_the_keychain_is_not_asked() {
        let home = tempfile::tempdir().unwrap();
        let Err(problem) = recall(home.path()).await else {
            panic!("a token came from nowhere")
        };
        assert_eq!(problem.code, "no_account");
        assert_eq!(known(home.path()).await, None);
        assert!(forget(home.path()).await.is_ok());
    }

    #[test]
    fn a_locked_and_a_missing_keychain_say_what_to_do() {
        let locked = of_state(KeychainState::Locked);
        assert_eq!(locked.fix.unwrap().code, "keychain_locked_fix");
        let missing = of_state(KeychainState::Missing("no bus".to_owned()));
        assert_eq!(
            (missing.code.as_str(), missing.fix.unwrap().code.as_str()),
            ("keychain_missing", "keychain_missing_fix")
        );
    }
}
