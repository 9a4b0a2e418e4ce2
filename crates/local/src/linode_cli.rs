//! The token that linode-cli keeps in its own file, for a person who asks to take it over. The file is
//! only read; nothing is written there.

use crate::{Error, place};
use secrecy::SecretString;
use std::path::Path;

/// A token and the name that linode-cli has for its user.
#[derive(Debug)]
pub struct CliToken {
    /// linode-cli's name of the user.
    pub user: String,
    /// The token.
    pub token: SecretString,
}

/// No configuration of a command is longer.
const BYTES_MAX: u64 = 256 * 1024;

/// Reads the token of linode-cli's default user; `None`: there is no file, or no token in it.
pub async fn token() -> Result<Option<CliToken>, Error> {
    match place::linode_cli_config() {
        Some(path) => token_in(&path).await,
        None => Ok(None),
    }
}

async fn token_in(path: &Path) -> Result<Option<CliToken>, Error> {
    let failed = |cause| Error::Disk {
        operation: "read",
        path: path.display().to_string(),
        cause,
    };
    match tokio::fs::metadata(path).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
        Ok(known) if known.len() > BYTES_MAX => return Ok(None),
        Ok(_) => {}
    }
    // The whole text holds the token, so it is a secret too and is wiped with it.
    let text = tokio::fs::read_to_string(path).await.map_err(failed)?;
    let text = zeroize::Zeroizing::new(text);
    Ok(read(&text))
}

/// The default user's token in linode-cli's file, which is an INI file with a section for each user.
fn read(text: &str) -> Option<CliToken> {
    let user = value(text, "DEFAULT", "default-user")?;
    let token = value(text, user, "token")?;
    Some(CliToken {
        user: user.to_owned(),
        token: SecretString::from(token.to_owned()),
    })
}

fn value<'a>(text: &'a str, section: &str, key: &str) -> Option<&'a str> {
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            inside = name.trim() == section;
        } else if inside && let Some((name, value)) = line.split_once(['=', ':']) {
            let value = value.trim();
            if name.trim().eq_ignore_ascii_case(key) && !value.is_empty() {
                return Some(value);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    fn found(text: &str) -> Option<(String, String)> {
        read(text).map(|one| (one.user, one.token.expose_secret().to_owned()))
    }

    #[test]
    fn the_default_users_token_is_found() {
        let text = "[DEFAULT]\ndefault-user = ada\n\n[work]\ntoken = not-this\n\n\
                    [ada]\nregion = us-ord\ntoken = abc123 \ntype = g6-nanode-1\n";
        assert_eq!(found(text), Some(("ada".into(), "abc123".into())));
    }

    #[test]
    fn without_a_user_or_a_token_there_is_none() {
        for text in [
            "",
            "[DEFAULT]\n",
            "[ada]\ntoken = abc123\n",
            "[DEFAULT]\ndefault-user = ada\n[ada]\ntoken =\n",
            "[DEFAULT]\ndefault-user = ada\n[bob]\ntoken = abc123\n",
            "# [ada]\n# token = abc123\n",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_no_failure() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("linode-cli");
        assert!(token_in(&path).await.unwrap().is_none());
        std::fs::write(&path, "[DEFAULT]\ndefault-user = ada\n[ada]\ntoken = abc\n").unwrap();
        let read = token_in(&path).await.unwrap();
        assert_eq!(read.map(|one| one.user), Some("ada".to_owned()));
    }
}
