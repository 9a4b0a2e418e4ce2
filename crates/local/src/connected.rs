//! Which account is connected: what the screen shows of it, and under which name its token lies
//! in the keychain. No secret is in here.

use crate::Error;
use crate::files::{While as _, apart, private_folder, write_whole};
use domain::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::{fs, io};

/// A connected account, without its token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connected {
    /// The account: also the token's name in the keychain.
    pub id: AccountId,
    /// `/profile` username.
    pub user: String,
    /// The token's last four characters.
    pub last4: String,
    /// What the token may do.
    pub scopes: Vec<String>,
    /// When the token ends, when the cloud told.
    pub expires: Option<Timestamp>,
}

/// `HOME/account.json`.
#[derive(Clone, Debug)]
pub struct ConnectedAccount {
    path: PathBuf,
}

impl ConnectedAccount {
    /// The account that this home remembers; nothing is read or made yet.
    #[expect(clippy::needless_pass_by_value, reason = "built like the journals")]
    pub fn new(home: PathBuf) -> Self {
        Self {
            path: home.join("account.json"),
        }
    }

    /// Remembers an account instead of the one before.
    pub async fn remember(&self, account: &Connected) -> Result<(), Error> {
        let path = self.path.clone();
        let text = serde_json::to_vec_pretty(account);
        apart(move || {
            let text = text.map_err(io::Error::from).while_("write", &path)?;
            if let Some(home) = path.parent() {
                private_folder(home).while_("make", home)?;
            }
            Ok(write_whole(&path, &text)?)
        })
        .await
    }

    /// The remembered account. A file that cannot be read as one is none: connecting again
    /// mends it.
    pub async fn recall(&self) -> Result<Option<Connected>, Error> {
        let path = self.path.clone();
        apart(move || match fs::read(&path) {
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(("read", path, cause).into()),
        })
        .await
    }

    /// Forgets it; forgotten already is success.
    pub async fn forget(&self) -> Result<(), Error> {
        let path = self.path.clone();
        apart(move || match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                Err(("delete", path, cause).into())
            }
            _ => Ok(()),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_account_is_remembered_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let remembered = ConnectedAccount::new(folder.path().join("new"));
        assert_eq!(remembered.recall().await.unwrap(), None);
        let account = Connected {
            id: AccountId("AAAA".to_owned()),
            user: "ada".to_owned(),
            last4: "cdef".to_owned(),
            scopes: vec!["*".to_owned()],
            expires: None,
        };
        remembered.remember(&account).await.unwrap();
        assert_eq!(remembered.recall().await.unwrap(), Some(account));
        fs::write(folder.path().join("new/account.json"), "{").unwrap();
        assert_eq!(remembered.recall().await.unwrap(), None);
        remembered.forget().await.unwrap();
        remembered.forget().await.unwrap();
        assert_eq!(remembered.recall().await.unwrap(), None);
    }
}
