//! Keychains that work, are locked, or are not there.

use super::*;
use std::collections::BTreeMap;

#[derive(Default)]
struct Fake {
    items: Mutex<BTreeMap<String, String>>,
    locked: bool,
    missing: bool,
    forgetful: bool,
}

impl Vault for Fake {
    fn available(&self) -> Result<(), KeychainState> {
        if self.missing {
            Err(KeychainState::Missing("no Secret Service".to_owned()))
        } else {
            Ok(())
        }
    }
    fn set(&self, user: &str, secret: &str) -> Result<(), KeychainState> {
        if self.locked {
            return Err(KeychainState::Locked);
        }
        if !self.forgetful {
            self.items
                .lock()
                .unwrap()
                .insert(user.to_owned(), secret.to_owned());
        }
        Ok(())
    }
    fn get(&self, user: &str) -> Result<Option<Zeroizing<String>>, KeychainState> {
        Ok(self
            .items
            .lock()
            .unwrap()
            .get(user)
            .cloned()
            .map(Zeroizing::new))
    }
    fn delete(&self, user: &str) -> Result<(), KeychainState> {
        self.items.lock().unwrap().remove(user);
        Ok(())
    }
}

fn keychain(fake: Fake) -> (Keychain, Arc<Fake>) {
    let fake = Arc::new(fake);
    let vault: Arc<dyn Vault> = Arc::<Fake>::clone(&fake);
    (Keychain { vault }, fake)
}

fn account() -> AccountId {
    AccountId("AAAA".to_owned())
}

#[tokio::test]
async fn a_token_is_kept_read_and_forgotten() {
    let (keychain, fake) = keychain(Fake::default());
    assert_eq!(keychain.probe().await, KeychainState::Ready);
    assert!(
        fake.items.lock().unwrap().is_empty(),
        "the probe leaves nothing"
    );
    assert!(keychain.read(&account()).await.unwrap().is_none());
    keychain
        .store(&account(), &SecretString::from("s3cret"))
        .await
        .unwrap();
    let read = keychain.read(&account()).await.unwrap().unwrap();
    assert_eq!(read.expose_secret(), "s3cret");
    keychain.forget(&account()).await.unwrap();
    keychain.forget(&account()).await.unwrap();
    assert!(keychain.read(&account()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_keychain_that_cannot_keep_says_why_and_nothing_is_kept_elsewhere() {
    let broken = "it did not give back what was written to it";
    let cases = [
        (
            Fake {
                locked: true,
                ..Fake::default()
            },
            KeychainState::Locked,
        ),
        (
            Fake {
                missing: true,
                ..Fake::default()
            },
            KeychainState::Missing("no Secret Service".to_owned()),
        ),
        (
            Fake {
                forgetful: true,
                ..Fake::default()
            },
            KeychainState::Missing(broken.to_owned()),
        ),
    ];
    for (fake, state) in cases {
        let (keychain, fake) = keychain(fake);
        assert_eq!(keychain.probe().await, state);
        let kept = keychain
            .store(&account(), &SecretString::from("s3cret"))
            .await;
        assert!(kept.is_err() || fake.forgetful);
        assert!(!format!("{kept:?}").contains("s3cret"));
        assert!(fake.items.lock().unwrap().is_empty());
    }
}

/// Against whatever this computer has: a real keychain round-trips, and none at all says why.
#[tokio::test]
async fn the_systems_own_keychain_is_ready_or_says_why_not() {
    let keychain = Keychain::system();
    match keychain.probe().await {
        KeychainState::Ready => {
            let account = AccountId(format!("test-{}", std::process::id()));
            keychain
                .store(&account, &SecretString::from("s3cret"))
                .await
                .unwrap();
            let read = keychain.read(&account).await.unwrap().unwrap();
            assert_eq!(read.expose_secret(), "s3cret");
            keychain.forget(&account).await.unwrap();
            assert!(keychain.read(&account).await.unwrap().is_none());
            eprintln!("the system's keychain is ready");
        }
        KeychainState::Locked => eprintln!("NOT RUN: the system's keychain is locked"),
        KeychainState::Missing(why) => {
            assert!(!why.is_empty());
            eprintln!("NOT RUN: no keychain here: {why}");
        }
    }
}

#[test]
fn a_session_token_is_shown_by_its_end_only() {
    let token = Token::default();
    assert!(token.get().is_none());
    token.hold(SecretString::from("0123456789abcdef"));
    assert_eq!(Token::last4(&token.get().unwrap()), "cdef");
    assert_eq!(Token::last4(&SecretString::from("short")), "");
    token.forget();
    assert!(token.get().is_none());
}
