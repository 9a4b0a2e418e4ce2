//! The prefix and the tags.

use super::{RuleText as T, Scene};
use crate::diagnostic::{Diagnostic, Field};
use crate::ids::{Mark, Owner};
use crate::spec::{LABEL_SUFFIX, PREFIX_MAX, prefix_from};

/// Linode's limits of a tag's length.
const TAG_MIN: usize = 3;
const TAG_MAX: usize = 50;

pub(super) fn prefix(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let prefix = &scene.spec.prefix;
    let suggestion = prefix_from(prefix);
    let length = prefix.chars().count();
    let mended = |what: T, why: T| {
        Diagnostic::error(Field::Prefix, what)
            .why(why)
            .fix(T::PrefixFix {
                suggestion: suggestion.clone(),
            })
            .correct(format!("\"{suggestion}\""))
    };
    let shape_is_good = prefix.starts_with(|c: char| c.is_ascii_lowercase())
        && prefix
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !prefix.contains("--")
        && !prefix.ends_with('-');
    if prefix.is_empty() {
        out.push(mended(T::PrefixEmpty, T::PrefixWhy));
        return;
    }
    if !shape_is_good {
        out.push(mended(
            T::PrefixBad {
                prefix: prefix.clone(),
            },
            T::PrefixWhy,
        ));
    }
    if length > PREFIX_MAX {
        let what = T::PrefixTooLong {
            prefix: prefix.clone(),
            length,
            max: PREFIX_MAX,
        };
        out.push(mended(
            what,
            T::PrefixTooLongWhy {
                suffix: LABEL_SUFFIX.to_owned(),
            },
        ));
    }
    let label = scene.spec.label();
    if scene
        .taken
        .iter()
        .any(|one| !one.ours && one.label == label)
    {
        out.push(
            Diagnostic::error(Field::Prefix, T::LabelTaken { label })
                .why(T::LabelTakenWhy)
                .fix(T::LabelTakenFix),
        );
    }
}

pub(super) fn tags(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let tags = &scene.spec.tags;
    for (index, tag) in tags.iter().enumerate() {
        let length = tag.chars().count();
        if !(TAG_MIN..=TAG_MAX).contains(&length) {
            let what = T::TagLength {
                tag: tag.clone(),
                length,
            };
            let why = T::TagLengthWhy {
                min: TAG_MIN,
                max: TAG_MAX,
            };
            out.push(Diagnostic::error(Field::Tags, what).why(why).fix(T::TagFix));
        }
        let start = tag.get(..Mark::PREFIX.len()).unwrap_or_default();
        if start.eq_ignore_ascii_case(Mark::PREFIX) || Owner::read(tag).is_some() {
            out.push(
                Diagnostic::error(Field::Tags, T::TagReserved { tag: tag.clone() })
                    .why(T::TagReservedWhy)
                    .fix(T::TagFix),
            );
        }
        if tags[..index]
            .iter()
            .any(|other| other.eq_ignore_ascii_case(tag))
        {
            out.push(
                Diagnostic::warning(Field::Tags, T::TagTwice { tag: tag.clone() })
                    .why(T::TagTwiceWhy),
            );
        }
    }
}
