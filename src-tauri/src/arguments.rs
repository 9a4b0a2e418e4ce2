//! Arguments that are more than text: each is checked while it is read, so that a command never
//! sees one that is wrong. What does not fit is refused with the argument's name, never its value.

use domain::diagnostic::Field;
use domain::inventory::ServiceName;
use domain::{DeploymentId, PlanId, rules};
use ipnet::IpNet;
use secrecy::SecretString;
use secrecy::zeroize::Zeroize;
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, de};
use std::fmt;

/// A deployment's id: a lowercase ULID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deployment(pub(crate) DeploymentId);

/// A plan's id: a lowercase ULID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan(pub(crate) PlanId);

/// A name that was typed to confirm; no label is longer than Linode's 32 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Typed(pub(crate) String);

/// LKE's id of a node: a pool's number and hex digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeName(pub(crate) String);

/// An entry of an access list, in CIDR form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network(pub(crate) IpNet);

/// A Service of Kubernetes: `namespace/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service(pub(crate) ServiceName);

/// Which state of a file was shown; given back as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen(pub(crate) String);

/// An API token on its way in. It has no Debug and no Serialize, and is wiped when dropped.
pub(crate) struct Token(pub(crate) SecretString);

/// The longest text that Windows' keychain takes.
const TOKEN_MAX: usize = 1280;
/// Longer than any label.
const TYPED_MAX: usize = 256;

fn ulid<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let fits = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase();
    if text.len() == 26 && text.bytes().all(fits) {
        Ok(text)
    } else {
        Err(D::Error::custom("not a lowercase ULID"))
    }
}

impl<'de> Deserialize<'de> for Deployment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        ulid(from).map(|text| Self(DeploymentId(text)))
    }
}

impl<'de> Deserialize<'de> for NodeName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let fits = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase() || b == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text))
        } else {
            Err(D::Error::custom("not a node's id"))
        }
    }
}

impl<'de> Deserialize<'de> for Plan {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        ulid(from).map(|text| Self(PlanId(text)))
    }
}

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text.len() > TYPED_MAX {
            return Err(D::Error::custom("too long for a name"));
        }
        Ok(Self(text))
    }
}

impl<'de> Deserialize<'de> for Service {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Typed(text) = Typed::deserialize(from)?;
        let read = text.parse().map(Self);
        read.map_err(|()| D::Error::custom("not a Service"))
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Typed(text) = Typed::deserialize(from)?;
        rules::network(Field::KubectlAccess, &text)
            .map(Self)
            .map_err(|_| D::Error::custom("not a network"))
    }
}

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Typed(text) = Typed::deserialize(from)?;
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if text.bytes().all(fits) {
            Ok(Self(text))
        } else {
            Err(D::Error::custom("not what was shown"))
        }
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_string(TokenVisitor)
    }
}

/// Takes the token into its secret at once; serde's own errors would quote it.
struct TokenVisitor;

impl Visitor<'_> for TokenVisitor {
    type Value = Token;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Token, E> {
        if text.len() > TOKEN_MAX {
            return Err(E::custom("too long for a token"));
        }
        // Exactly as long as its text, so that the box takes over the buffer without a copy.
        Ok(Token(SecretString::from(text.trim().to_owned())))
    }

    fn visit_string<E: de::Error>(self, mut text: String) -> Result<Token, E> {
        let token = self.visit_str(&text);
        text.zeroize();
        token
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use serde_json::{Value, json};

    fn refusal<T: de::DeserializeOwned>(value: Value) -> String {
        match serde_json::from_value::<T>(value) {
            Ok(_) => "taken".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn an_id_is_a_ulid_and_never_a_path() {
        let good = "01jd0z3c4v5w6x7y8z9a0b1c2d";
        assert_eq!(refusal::<Deployment>(json!(good)), "taken");
        assert_eq!(refusal::<Plan>(json!(good)), "taken");
        let bad = [
            "",
            "../../../etc/passwd",
            "01JD0Z3C4V5W6X7Y8Z9A0B1C2D",
            "01jd0z3c4v5w6x7y8z9a0b1c2/",
        ];
        for text in bad {
            assert_eq!(
                refusal::<Deployment>(json!(text)),
                "not a lowercase ULID",
                "{text}"
            );
            assert_eq!(
                refusal::<Plan>(json!(text)),
                "not a lowercase ULID",
                "{text}"
            );
        }
    }

    #[test]
    fn a_refused_token_is_not_quoted() {
        let long = "s3cret".repeat(300);
        assert_eq!(refusal::<Token>(json!(long)), "too long for a token");
        assert_eq!(
            refusal::<Token>(json!(["s3cret"])),
            "invalid type: sequence, expected a token"
        );
    }

    #[test]
    fn a_token_loses_the_spaces_that_came_with_the_pasting() {
        let token: Token = serde_json::from_value(json!(" abc\n")).unwrap();
        assert_eq!(token.0.expose_secret(), "abc");
    }
}
