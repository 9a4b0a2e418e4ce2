//! A Spec against what is there: what would have to change.
//!
//! What can be read is compared with what was seen, so that drift is mended too; what cannot be read
//! (firewall rules, wishes) is compared with the last accepted Spec. Nothing is decided here about
//! whether a change is made: a Replace needs its own consent, and a Diagnostic stops everything.

mod compare;
#[cfg(test)]
mod tests;
mod texts;

pub use compare::same_rules;

use crate::diagnostic::{Diagnostic, Field, any_error};
use crate::inventory::{AccessList, Bounds, Cluster, Pool};
use crate::plan::PoolRole;
use crate::spec::{FirewallRule, Spec, Stops};
use crate::text::Text;
use crate::view::ItemChange;
use ipnet::IpNet;
use texts::ChangeText as T;

/// Every code of this module with its parameters.
pub const TEXTS: &[(&str, &[&str])] = T::ALL;

/// What was seen of a deployment. `None`: it was not read, or not found; see each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The cluster; `None`: it is not there.
    pub cluster: Option<Cluster>,
    /// The pools of ours; one that is missing here is not there.
    pub pools: Vec<(PoolRole, Pool)>,
    /// The access list; `None`: not read.
    pub access: Option<AccessList>,
    /// Whether our firewall is there.
    pub firewall: bool,
    /// Its inbound rules; `None`: not read, the last accepted Spec's are assumed.
    pub firewall_rules: Option<Vec<FirewallRule>>,
}

/// What a Spec would change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The changes, in the order in which they are shown; empty: nothing to do.
    pub changes: Vec<Change>,
    /// What this version cannot do (errors), and what will not happen by itself (warnings).
    pub diagnostics: Vec<Diagnostic>,
}

/// A part that is there or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The cluster with everything in it.
    Cluster,
    /// A pool.
    Pool(PoolRole),
    /// The node firewall.
    Firewall,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A part is missing.
    Create(Part),
    /// Nothing but a new cluster can have this: everything is torn down and made again.
    Replace {
        /// Which field asks for it.
        field: Field,
        /// What it is; empty: there is none.
        from: String,
        /// What it would be; empty: none.
        to: String,
    },
    /// The autoscaler's bounds; `None`: off.
    Bounds {
        /// Which pool.
        pool: PoolRole,
        /// What they are.
        from: Option<Bounds>,
        /// What they would be.
        to: Option<Bounds>,
    },
    /// A pool's nodes; never for a pool whose autoscaler is on.
    Count {
        /// Which pool.
        pool: PoolRole,
        /// How many there are.
        from: u32,
        /// How many there would be.
        to: u32,
    },
    /// Who may reach the Kubernetes API.
    Access {
        /// Everyone who may.
        to: Vec<IpNet>,
        /// Who is new.
        added: Vec<IpNet>,
        /// Who is no longer.
        removed: Vec<IpNet>,
    },
    /// The firewall's inbound rules.
    FirewallRules {
        /// Every rule.
        to: Vec<FirewallRule>,
        /// Labels of the rules that are new or differ.
        put: Vec<String>,
        /// Labels of the rules that go.
        removed: Vec<String>,
    },
    /// The cluster's tags; foreign tags and our mark stay.
    Tags {
        /// Every tag of the user's.
        to: Vec<String>,
        /// Tags that are new.
        added: Vec<String>,
        /// Tags that go.
        removed: Vec<String>,
    },
    /// The standing wish to stop; in the journal only.
    Stop {
        /// What it is.
        from: Stops,
        /// What it would be.
        to: Stops,
    },
    /// A wish that changes nothing in the cloud; in the journal only.
    Wish {
        /// Which field.
        field: Field,
    },
}

impl Change {
    /// What happens to the thing.
    pub const fn kind(&self) -> ItemChange {
        match self {
            Self::Create(_) => ItemChange::Create,
            Self::Replace { .. } => ItemChange::Replace,
            Self::Bounds { .. }
            | Self::Count { .. }
            | Self::Access { .. }
            | Self::FirewallRules { .. }
            | Self::Tags { .. }
            | Self::Stop { .. }
            | Self::Wish { .. } => ItemChange::Update,
        }
    }

    /// The change as a sentence.
    pub fn what(&self) -> Text {
        texts::what(self)
    }
}

impl Changes {
    /// Whether nothing differs: there is nothing to do and nothing is refused.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && !any_error(&self.diagnostics)
    }

    /// Whether the cluster would have to be replaced.
    pub fn replaces(&self) -> bool {
        self.changes
            .iter()
            .any(|one| one.kind() == ItemChange::Replace)
    }
}

/// The autoscaler's bounds that a Spec asks for; `None`: one node, no autoscaler.
pub fn wanted_bounds(spec: &Spec) -> Option<Bounds> {
    let bounds = Bounds {
        min: spec.gpu_min,
        max: spec.gpu_max,
    };
    (bounds.max > 1 || bounds.min != bounds.max).then_some(bounds)
}

/// What `spec` would change of what was `seen`; `accepted` is the last Spec that was accepted.
pub fn changes(spec: &Spec, seen: &Seen, accepted: &Spec) -> Changes {
    let mut out = Changes::default();
    let Some(cluster) = &seen.cluster else {
        out.changes.push(Change::Create(Part::Cluster));
        if !seen.firewall {
            out.changes.push(Change::Create(Part::Firewall));
        }
        return out;
    };
    compare::of_cluster(spec, cluster, accepted, &mut out);
    compare::gpu_pool(spec, seen, &mut out);
    compare::system_pool(spec, seen, accepted, &mut out);
    compare::access(spec, seen, &mut out);
    compare::firewall(spec, seen, accepted, &mut out);
    compare::tags(spec, cluster, accepted, &mut out);
    compare::wishes(spec, accepted, &mut out);
    out
}
