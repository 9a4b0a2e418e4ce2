//! The Linode account: its token comes in once, is checked, and is kept in the system's keychain, or
//! in memory for this run. Only its last four characters ever leave Rust; it is never in a file.

use crate::arguments::Token;
use crate::keeping::{self, Kept};
use crate::lifecycle;
use crate::news;
use crate::preferences;
use crate::said::{Said, because, problem};
use crate::shell::{Clouds, Session, Shell};
use crate::wiring;
use domain::inventory::Account;
use domain::view::{AccountCard, CloudKind, Problem, TokenKept};
use engine::ports::{Cloud, Failure, Kind};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tauri::{AppHandle, Manager, Runtime};

/// Checks a token, keeps it, and moves the window to its account.
pub(crate) async fn connect<R: Runtime>(
    app: &AppHandle<R>,
    Token(token): Token,
) -> Result<AccountCard, Problem> {
    if !looks_like_a_token(&token) {
        return Err(problem(
            Said::TokenMalformed,
            Some(Said::TokenMalformedWhy),
            Some(Said::TokenMalformedFix),
        ));
    }
    let shell = app.state::<Shell>();
    let mut clouds = shell.clouds.lock().await;
    if let Some(under_way) = in_use(&clouds) {
        return Err(under_way);
    }
    let cloud = wiring::linode_cloud(token.clone());
    let cloud = cloud.map_err(|error| wiring::not_reachable(&error))?;
    let account = cloud
        .account()
        .await
        .map_err(|failure| not_connected(&failure))?;
    let mut card = card(&account, &token);
    clouds.notice = match keeping::keep(&shell.home, &mut card, &token).await {
        Kept::InKeychain => None,
        Kept::InMemory(why) => Some(*why),
    };
    let session = wiring::linode_session(&shell.home, cloud, &card, &mut clouds).await?;
    preferences::change(app, |kept| kept.cloud = CloudKind::Linode);
    clouds.card = Some(card.clone());
    news::listen(app, &session);
    shell.stand_on(session, &clouds);
    Ok(card)
}

/// Takes over the token of linode-cli's default user, which goes from its file to Linode and to the
/// keychain. The file stays as it is: whoever made it takes it away.
pub(crate) async fn connect_from_cli<R: Runtime>(
    app: &AppHandle<R>,
) -> Result<AccountCard, Problem> {
    let none = || problem(Said::LinodeCliNone, None, Some(Said::LinodeCliNoneFix));
    let found = local::linode_cli::token()
        .await
        .map_err(|error| because(none(), &error))?;
    connect(app, Token(found.ok_or_else(none)?.token)).await
}

/// Forgets the token everywhere, and moves the window to the demo cloud. What exists on the account
/// stays as it is.
pub(crate) async fn forget<R: Runtime>(app: &AppHandle<R>) -> Result<(), Problem> {
    let shell = app.state::<Shell>();
    {
        let mut clouds = shell.clouds.lock().await;
        if let Some(under_way) = in_use(&clouds) {
            return Err(under_way);
        }
        keeping::forget(&shell.home).await?;
        clouds.linode = None;
        clouds.card = None;
        clouds.notice = None;
    }
    wiring::stand_on(app, CloudKind::Demo).await
}

/// A run needs its token until it ends.
fn in_use(clouds: &Clouds) -> Option<Problem> {
    let running = |session: &Arc<Session>| lifecycle::running(&session.engine);
    let under_way = clouds.linode.as_ref().map(running).unwrap_or_default();
    (!under_way.is_empty()).then(|| {
        problem(
            Said::AccountInUse { under_way },
            None,
            Some(Said::AccountInUseFix),
        )
    })
}

/// What Linode's tokens are made of; what it means is Linode's to say.
fn looks_like_a_token(token: &SecretString) -> bool {
    let token = token.expose_secret();
    token.len() >= 16
        && token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

/// Why an account could not be connected.
fn not_connected(failure: &Failure) -> Problem {
    let said = engine::facade::problem::of_failure(failure);
    match failure.kind {
        Kind::Unauthorized => Problem {
            why: said.why,
            ..problem(Said::TokenRefused, None, Some(Said::TokenRefusedFix))
        },
        Kind::NotFound
        | Kind::Conflict
        | Kind::NoCapacity
        | Kind::Quota
        | Kind::RateLimited
        | Kind::Unavailable
        | Kind::Invalid
        | Kind::Unknown => said,
    }
}

/// What the window may know of an account.
fn card(account: &Account, token: &SecretString) -> AccountCard {
    AccountCard {
        id: account.id.0.clone(),
        user: account.user.clone(),
        last4: local::Token::last4(token),
        scopes: account.scopes.clone(),
        missing_scopes: account.missing_scopes(),
        expires: account.token_expires,
        restricted: account.restricted,
        kept: TokenKept::Memory,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::AccountId;

    fn token(text: &str) -> SecretString {
        SecretString::from(text.to_owned())
    }

    #[test]
    fn only_one_word_of_letters_and_digits_can_be_a_token() {
        let taken = |text: &str| looks_like_a_token(&token(text));
        assert!(taken(&"0123456789abcdef".repeat(4)));
        for text in [
            "",
            "short",
            "Bearer 0123456789abcdef0123",
            "0123456789abcdef\r\nX-Filter: x",
        ] {
            assert!(!taken(text), "{text}");
        }
    }

    #[test]
    fn the_card_shows_the_last_four_and_the_scopes_that_a_teardown_lacks() {
        let account = Account {
            id: AccountId("A1B2".to_owned()),
            user: "ada".to_owned(),
            restricted: false,
            scopes: vec!["lke:read_write".to_owned(), "linodes:read_write".to_owned()],
            token_expires: None,
        };
        let card = card(&account, &token("0123456789abcdef"));
        assert_eq!(card.last4, "cdef");
        assert_eq!(
            card.missing_scopes,
            [
                "firewall:read_write",
                "nodebalancers:read_write",
                "volumes:read_write"
            ]
        );
        let shown = serde_json::to_string(&card).unwrap();
        assert!(!shown.contains("89ab"), "{shown}");
    }

    #[test]
    fn a_refused_token_is_told_as_that_and_an_outage_as_an_outage() {
        let code = |kind| not_connected(&Failure::new(kind, "read the profile")).code;
        assert_eq!(code(Kind::Unauthorized), "token_refused");
        assert_eq!(code(Kind::Unavailable), "cloud_unavailable");
    }
}
