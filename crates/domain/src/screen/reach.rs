//! Who can reach what, an address that changed, and what could not be read.

use super::deployment::Facts;
use crate::progress::{Controller, Progress};
use crate::reach::{coverage, paths};
use crate::text::Text;
use crate::texts;
use crate::view::{DeploymentState, Keeper, Notice, NoticeAction, ReachView, Tone};
use jiff::Timestamp;

texts! {
    /// Kubernetes lets this computer no longer in.
    pub enum Roaming {
        /// The addresses before and now.
        "needs_roamed" Changed { from: Vec<String>, to: Vec<String> },
        /// The same; what the address was is not known.
        "needs_roamed_to" ChangedTo { to: Vec<String> },
        /// What the address is has to be asked.
        "needs_roamed_ask" Ask { services: Vec<String> },
        /// Why it does not answer.
        "needs_roamed_why" Why,
        /// What to do about it.
        "needs_roamed_fix" Fix { name: String },
    }
}

texts! {
    /// What of a deployment that stands could not be read.
    pub enum Partial {
        /// Linode answers, Kubernetes does not.
        "partial_kubernetes" Kubernetes { at: Timestamp },
        /// The same, and it never did.
        "partial_kubernetes_never" KubernetesNever,
        /// Linode does not answer.
        "partial_linode" Linode { at: Timestamp },
        /// The same, and it was never read.
        "partial_linode_never" LinodeNever,
    }
}

pub(super) fn view(facts: &Facts<'_>) -> ReachView {
    let coverage = coverage(facts.progress, facts.seen, facts.now);
    ReachView {
        paths: paths(facts.progress, facts.seen, &coverage),
        keeper: keeper(facts.progress),
        coverage,
        roamed: facts.seen.roamed.clone(),
    }
}

/// Who puts new nodes behind the firewall.
pub(super) fn keeper(progress: &Progress) -> Keeper {
    match progress.controller {
        Controller::Absent => Keeper::App,
        Controller::Installed => Keeper::Change,
        Controller::Guards => Keeper::Controller,
    }
}

/// What of a deployment that stands could not be read.
pub(super) fn partial(facts: &Facts<'_>, state: DeploymentState) -> Option<Text> {
    if state != DeploymentState::Running {
        return None;
    }
    let seen = facts.seen;
    let said = match (seen.linode_silent, seen.kubernetes_silent) {
        (true, _) => seen
            .at
            .map_or(Partial::LinodeNever, |at| Partial::Linode { at }),
        (false, true) => {
            let at = seen.kubernetes_at;
            at.map_or(Partial::KubernetesNever, |at| Partial::Kubernetes { at })
        }
        (false, false) => return None,
    };
    Some(said.into())
}

/// "Your address changed from A to B: allow B?"
pub(super) fn notice(facts: &Facts<'_>, state: DeploymentState) -> Option<Notice> {
    let roamed = facts.seen.roamed.as_ref();
    let stands = matches!(state, DeploymentState::Running | DeploymentState::Building);
    let roamed = roamed.filter(|_| stands)?;
    let name = facts.progress.label().unwrap_or_default();
    let actions = match (roamed.to.is_empty(), roamed.from.is_empty()) {
        (true, _) => vec![NoticeAction::AskAddress],
        (false, true) => vec![NoticeAction::AllowAddress],
        (false, false) => vec![NoticeAction::AllowAddress, NoticeAction::ReplaceAddress],
    };
    Some(Notice {
        tone: Tone::Danger,
        what: roamed.what.clone(),
        why: Some(Roaming::Why.into()),
        exists: None,
        fix: Some(Roaming::Fix { name }.into()),
        actions,
    })
}
