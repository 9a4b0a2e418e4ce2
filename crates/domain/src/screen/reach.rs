//! Who can reach what, and an address that changed.

use super::deployment::Facts;
use crate::reach::{coverage, paths};
use crate::view::{DeploymentState, Notice, ReachView, Tone};

crate::texts! {
    /// Kubernetes lets this computer no longer in.
    pub enum Roaming {
        /// The address before and now.
        "needs_roamed" Changed { from: String, to: String },
        /// The same; what the address was is not known.
        "needs_roamed_to" ChangedTo { to: String },
        /// What the address is has to be asked.
        "needs_roamed_ask" Ask { services: Vec<String> },
        /// Why it does not answer.
        "needs_roamed_why" Why,
        /// What to do about it.
        "needs_roamed_fix" Fix { name: String },
    }
}

pub(super) fn view(facts: &Facts<'_>) -> ReachView {
    let coverage = coverage(facts.progress, facts.seen, facts.now);
    ReachView {
        paths: paths(facts.progress, facts.seen, &coverage),
        coverage,
        roamed: facts.seen.roamed.clone(),
    }
}

/// "Your address changed from A to B: allow B?"
pub(super) fn notice(facts: &Facts<'_>, state: DeploymentState) -> Option<Notice> {
    let roamed = facts.seen.roamed.as_ref();
    let roamed = roamed.filter(|_| state == DeploymentState::Running)?;
    let name = facts.progress.label().unwrap_or_default();
    Some(Notice {
        tone: Tone::Danger,
        what: roamed.what.clone(),
        why: Some(Roaming::Why.into()),
        exists: None,
        fix: Some(Roaming::Fix { name }.into()),
        actions: Vec::new(),
    })
}
