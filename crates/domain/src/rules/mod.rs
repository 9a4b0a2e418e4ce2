//! What is wrong with a Spec, or worth knowing before it is deployed: everything at once.
//!
//! Pure: what the catalog and the account say is given. Without a catalog only what can be known
//! without one is checked. What the cloud must be asked again right before a deploy (availability,
//! the label) is a step of the plan, not of these rules.

mod access;
mod account;
mod firewall;
mod naming;
mod nearest;
mod offer;
mod pools;
mod texts;
mod timing;

#[cfg(test)]
pub(crate) mod example;
#[cfg(test)]
mod tests;

pub use access::everyone;
pub(crate) use access::read_network;
pub use access::{access_list, network};
pub use firewall::rule_set;
pub(crate) use firewall::{cut, parse_ports, path};
pub use nearest::nearest;
pub(crate) use texts::RuleText;

use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Field, Severity};
use crate::inventory::Account;
use crate::spec::Spec;
use crate::text::Text;
use jiff::Timestamp;

/// Every code of this module with its parameters.
pub const TEXTS: &[(&str, &[&str])] = RuleText::ALL;

/// A label that something on the account bears, be it a cluster or a firewall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenLabel {
    /// The label.
    pub label: String,
    /// Whether it is a deployment of ours: then the Spec changes that one.
    pub ours: bool,
}

/// What a Spec is checked against.
struct Scene<'a> {
    spec: &'a Spec,
    catalog: Option<&'a Catalog>,
    taken: &'a [TakenLabel],
    account: Option<&'a Account>,
    now: Timestamp,
}

/// Every problem of a Spec, all at once, in the order of the form.
pub fn check(
    spec: &Spec,
    catalog: Option<&Catalog>,
    taken: &[TakenLabel],
    account: Option<&Account>,
    now: Timestamp,
) -> Vec<Diagnostic> {
    let scene = Scene {
        spec,
        catalog,
        taken,
        account,
        now,
    };
    let mut out = Vec::new();
    naming::prefix(&scene, &mut out);
    offer::region(&scene, &mut out);
    offer::version(&scene, &mut out);
    offer::gpu_type(&scene, &mut out);
    pools::gpu_counts(&scene, &mut out);
    pools::system(&scene, &mut out);
    offer::prices(&scene, &mut out);
    access::kubectl(&scene, &mut out);
    access::ui(&scene, &mut out);
    naming::tags(&scene, &mut out);
    timing::stops(&scene, &mut out);
    timing::budget(&scene, &mut out);
    pools::slices(&scene, &mut out);
    firewall::rules(&scene, &mut out);
    account::account(&scene, &mut out);
    out
}

/// What cannot be taken back later, or is often misunderstood: said on the review page.
pub fn notes(spec: &Spec) -> Vec<Text> {
    let mut notes: Vec<Text> = Vec::new();
    if spec.ha {
        notes.push(RuleText::NoteHa.into());
    }
    notes.push(RuleText::NoteAccessList.into());
    notes.push(RuleText::NoteStartedHours.into());
    notes
}

impl Scene<'_> {
    /// Whether the Spec is about a deployment that exists.
    fn exists(&self) -> bool {
        let label = self.spec.label();
        self.taken.iter().any(|one| one.ours && one.label == label)
    }

    /// What stops a new deployment only warns about one that exists.
    fn new_only(&self, field: Field, what: RuleText) -> Diagnostic {
        let severity = if self.exists() {
            Severity::Warning
        } else {
            Severity::Error
        };
        Diagnostic {
            severity,
            ..Diagnostic::error(field, what)
        }
    }
}
