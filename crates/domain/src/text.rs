//! What is said to a person, as a code with typed parameters. The words themselves live in
//! `ui/messages/en.json`; a test holds the two together.

use crate::money::MicroUsd;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;

/// A sentence that is still to be written in the reader's language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Text {
    /// Key of `ui/messages/en.json`, such as `region_lacks_type`.
    pub code: String,
    /// What the sentence speaks of, by the names in its braces.
    pub params: BTreeMap<String, Param>,
}

/// A typed parameter: the reader's side formats it (Intl on the screen).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub enum Param {
    /// As it is; also what Linode answered, quoted.
    Text(String),
    /// A whole number.
    Count(#[ts(type = "number")] i64),
    /// An amount.
    Money(MicroUsd),
    /// An amount for an hour.
    Rate(MicroUsd),
    /// A point in time.
    Time(#[ts(type = "string")] Timestamp),
    /// Milliseconds.
    Duration(#[ts(type = "number")] i64),
    /// Names, joined the way the language joins them.
    List(Vec<String>),
    /// A sentence within the sentence.
    Said(Box<Text>),
}

macro_rules! param_from {
    ($($from:ty => |$value:ident| $make:expr),+ $(,)?) => {$(
        impl From<$from> for Param {
            fn from($value: $from) -> Self {
                $make
            }
        }
    )+};
}
param_from! {
    String => |v| Self::Text(v),
    &str => |v| Self::Text(v.to_owned()),
    u32 => |v| Self::Count(i64::from(v)),
    u64 => |v| Self::Count(i64::try_from(v).unwrap_or(i64::MAX)),
    usize => |v| Self::Count(i64::try_from(v).unwrap_or(i64::MAX)),
    Timestamp => |v| Self::Time(v),
    Vec<String> => |v| Self::List(v),
    Text => |v| Self::Said(Box::new(v)),
}

/// Declares an enum of sentences: `Name { param: type }` becomes the code `name` in snake case.
/// `ALL` lists every code with its parameters, for the catalogue's test.
#[macro_export]
macro_rules! texts {
    ($(#[$doc:meta])* $vis:vis enum $name:ident {
        $($(#[$vdoc:meta])* $code:literal $variant:ident $({ $($field:ident : $kind:ty),* $(,)? })?),+ $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        $vis enum $name {
            $($(#[$vdoc])* $variant $({ $(#[doc = concat!("The `", stringify!($field), "` of the sentence.")] $field: $kind),* })?),+
        }
        impl $name {
            /// Every code with the names of its parameters.
            $vis const ALL: &'static [(&'static str, &'static [&'static str])] =
                &[$(($code, &[$($(stringify!($field)),*)?])),+];
        }
        impl From<$name> for $crate::text::Text {
            fn from(said: $name) -> Self {
                match said {
                    $($name::$variant $({ $($field),* })? => $crate::text::Text {
                        code: $code.to_owned(),
                        params: std::collections::BTreeMap::from([
                            $($((stringify!($field).to_owned(), $crate::text::Param::from($field))),*)?
                        ]),
                    }),+
                }
            }
        }
    };
}

impl From<MicroUsd> for Param {
    fn from(amount: MicroUsd) -> Self {
        Self::Money(amount)
    }
}

/// An amount for an hour, as a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerHour(pub MicroUsd);

impl From<PerHour> for Param {
    fn from(rate: PerHour) -> Self {
        Self::Rate(rate.0)
    }
}

/// Milliseconds, as a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Millis(pub i64);

impl From<Millis> for Param {
    fn from(length: Millis) -> Self {
        Self::Duration(length.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    texts! {
        /// Said in this test only.
        pub enum Said {
            /// A sentence with parameters.
            "two_of" TwoOf { count: u32, what: String },
            /// One without.
            "nothing" Nothing,
        }
    }

    #[test]
    fn a_sentence_carries_its_parameters_by_name() {
        let text = Text::from(Said::TwoOf {
            count: 2,
            what: "nodes".to_owned(),
        });
        assert_eq!(text.code, "two_of");
        assert_eq!(text.params["count"], Param::Count(2));
        assert_eq!(
            Said::ALL,
            [("two_of", ["count", "what"].as_slice()), ("nothing", &[])]
        );
        assert!(Text::from(Said::Nothing).params.is_empty());
    }
}
