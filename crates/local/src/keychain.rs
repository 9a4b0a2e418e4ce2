//! Tokens in the system's keychain, or in memory for this run. There is no third place: a token
//! is never written to a file.
//!
//! The keychain's calls block, some until the user has typed a password, so they run apart.

use crate::Error;
use crate::files::apart;
use domain::AccountId;
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// Under which our tokens lie in the keychain; the user of an item is the account's id.
pub const SERVICE: &str = "dev.quaylight.desktop";

/// The user under which a probe writes, reads and deletes a value that means nothing.
const CANARY_USER: &str = "probe";
const CANARY_LENGTH: usize = 64;

/// Whether tokens can be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeychainState {
    /// It writes, reads and deletes.
    Ready,
    /// It is there and refuses: the user must unlock it, or make a first collection.
    Locked,
    /// It is not there, and what the system says about that.
    Missing(String),
}

/// What we need of a keychain, so that tests can have one.
trait Vault: Send + Sync {
    fn available(&self) -> Result<(), KeychainState>;
    fn set(&self, user: &str, secret: &str) -> Result<(), KeychainState>;
    fn get(&self, user: &str) -> Result<Option<Zeroizing<String>>, KeychainState>;
    fn delete(&self, user: &str) -> Result<(), KeychainState>;
}

/// The keychain of this user: Keychain, Credential Manager or Secret Service.
#[derive(Clone)]
pub struct Keychain {
    vault: Arc<dyn Vault>,
}

impl Keychain {
    /// The system's keychain; nothing is asked of it yet.
    pub fn system() -> Self {
        Self {
            vault: Arc::new(SystemVault),
        }
    }

    /// Tries it: writes, reads and deletes 64 characters. A locked one refuses only the write.
    pub async fn probe(&self) -> KeychainState {
        self.with(|vault| {
            let canary = "quaylight"
                .chars()
                .cycle()
                .take(CANARY_LENGTH)
                .collect::<String>();
            vault.available()?;
            vault.set(CANARY_USER, &canary)?;
            let read = vault.get(CANARY_USER)?;
            vault.delete(CANARY_USER)?;
            if read.is_some_and(|read| *read == canary) {
                Ok(KeychainState::Ready)
            } else {
                let why = "it did not give back what was written to it";
                Err(KeychainState::Missing(why.to_owned()))
            }
        })
        .await
        .unwrap_or_else(|state| state)
    }

    /// Keeps an account's token, in place of an earlier one.
    pub async fn store(&self, account: &AccountId, token: &SecretString) -> Result<(), Error> {
        let (user, token) = (account.0.clone(), token.clone());
        self.with(move |vault| {
            vault.available()?;
            vault.set(&user, token.expose_secret())
        })
        .await
        .map_err(failed("write to"))
    }

    /// An account's token; `None` when none is kept.
    pub async fn read(&self, account: &AccountId) -> Result<Option<SecretString>, Error> {
        let user = account.0.clone();
        let read = self.with(move |vault| {
            vault.available()?;
            let read = vault.get(&user)?;
            Ok(read.map(|token| SecretString::from(token.as_str())))
        });
        read.await.map_err(failed("read"))
    }

    /// Deletes an account's token; none kept is success.
    pub async fn forget(&self, account: &AccountId) -> Result<(), Error> {
        let user = account.0.clone();
        self.with(move |vault| {
            vault.available()?;
            vault.delete(&user)
        })
        .await
        .map_err(failed("delete from"))
    }

    async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&dyn Vault) -> Result<T, KeychainState> + Send + 'static,
    ) -> Result<T, KeychainState> {
        let vault = Arc::clone(&self.vault);
        apart(move || act(vault.as_ref())).await
    }
}

fn failed(operation: &'static str) -> impl FnOnce(KeychainState) -> Error {
    move |state| Error::Keychain { operation, state }
}

struct SystemVault;

/// The library's errors can hold what was read, so only their kind and the system's words go on.
fn state(error: &keyring::Error) -> KeychainState {
    KeychainState::Missing(match error {
        keyring::Error::NoStorageAccess(_) => return KeychainState::Locked,
        keyring::Error::PlatformFailure(cause) => cause.to_string(),
        keyring::Error::TooLong(_, most) => format!("it takes at most {most} characters"),
        keyring::Error::NoDefaultStore => "there is none".to_owned(),
        keyring::Error::Invalid(_, why)
        | keyring::Error::NotSupportedByStore(why)
        | keyring::Error::BadStoreFormat(why) => why.clone(),
        keyring::Error::Ambiguous(_) => "it holds more than one token of this name".to_owned(),
        keyring::Error::NoEntry
        | keyring::Error::BadEncoding(_)
        | keyring::Error::BadDataFormat(..)
        | _ => "what it holds under this name is no token".to_owned(),
    })
}

impl Vault for SystemVault {
    fn available(&self) -> Result<(), KeychainState> {
        // It alone holds the cause when there is no keychain at all.
        keyring::Entry::store_status()
            .as_ref()
            .map(|&()| ())
            .map_err(state)
    }

    fn set(&self, user: &str, secret: &str) -> Result<(), KeychainState> {
        let entry = keyring::Entry::new(SERVICE, user).map_err(|why| state(&why))?;
        entry.set_password(secret).map_err(|why| state(&why))
    }

    fn get(&self, user: &str) -> Result<Option<Zeroizing<String>>, KeychainState> {
        let entry = keyring::Entry::new(SERVICE, user).map_err(|why| state(&why))?;
        match entry.get_password() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(why) => Err(state(&why)),
        }
    }

    fn delete(&self, user: &str) -> Result<(), KeychainState> {
        let entry = keyring::Entry::new(SERVICE, user).map_err(|why| state(&why))?;
        match entry.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(why) => Err(state(&why)),
        }
    }
}

/// A token for this run only: in memory, gone with the process. Deliberately without Debug.
#[derive(Default)]
pub struct Token {
    held: Mutex<Option<SecretString>>,
}

impl Token {
    /// Holds a token in place of an earlier one.
    pub fn hold(&self, token: SecretString) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
    }

    /// The held token.
    pub fn get(&self) -> Option<SecretString> {
        self.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Lets go of it; its memory is overwritten.
    pub fn forget(&self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What the screen may show of a token: its last four characters, of a long one only.
    pub fn last4(token: &SecretString) -> String {
        let text = token.expose_secret();
        let length = text.chars().count();
        text.chars()
            .skip(if length < 12 { length } else { length - 4 })
            .collect()
    }
}

#[cfg(test)]
#[path = "keychain_tests.rs"]
mod tests;
