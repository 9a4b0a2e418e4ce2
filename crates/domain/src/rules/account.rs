//! Who we are to the cloud: enough to take everything down again?

use super::{RuleText as T, Scene};
use crate::diagnostic::{Diagnostic, Field};
use crate::quote::stops_at;
use jiff::SignedDuration;

/// A token that ends within this time is worth a word.
const SOON: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(super) fn account(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let Some(account) = scene.account else { return };
    let scopes = account.missing_scopes();
    if !scopes.is_empty() {
        out.push(
            Diagnostic::error(
                Field::Whole,
                T::ScopesMissing {
                    scopes: scopes.clone(),
                },
            )
            .why(T::ScopesMissingWhy)
            .fix(T::ScopesMissingFix { scopes }),
        );
    }
    if account.scopes.iter().any(|one| one == "*") {
        out.push(
            Diagnostic::warning(Field::Whole, T::ScopeAll)
                .why(T::ScopeAllWhy)
                .fix(T::ScopeAllFix),
        );
    }
    if account.restricted {
        let user = account.user.clone();
        out.push(
            Diagnostic::warning(Field::Whole, T::UserRestricted { user })
                .why(T::UserRestrictedWhy)
                .fix(T::UserRestrictedFix),
        );
    }
    out.extend(expiry(scene));
}

fn expiry(scene: &Scene<'_>) -> Option<Diagnostic> {
    let at = scene.account?.token_expires?;
    let stop = stops_at(scene.spec.stops, scene.now);
    let diagnostic = if at <= scene.now {
        Diagnostic::error(Field::Whole, T::TokenEnded { at })
    } else if let Some(stop) = stop.filter(|stop| at <= *stop) {
        Diagnostic::warning(Field::Whole, T::TokenEndsBeforeStop { at, stop })
    } else if at.duration_since(scene.now) <= SOON {
        Diagnostic::warning(Field::Whole, T::TokenEndsSoon { at })
    } else {
        return None;
    };
    Some(diagnostic.why(T::TokenEndsWhy).fix(T::TokenEndsFix))
}
