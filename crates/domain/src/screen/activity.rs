//! What happened, a line each: the facts of a journal that a person wants to read.

use crate::inventory::GpuTest;
use crate::plan::Purpose;
use crate::record::{Fact, Record, Thing, Wish};
use crate::spec::Stops;
use crate::text::{Millis, PerHour, Text};
use crate::texts;
use crate::view::ActivityRow;
use jiff::Timestamp;

texts! {
    /// Lines of the activity list.
    pub enum Happened {
        /// A create was accepted.
        "activity_create" Create,
        /// An update was accepted.
        "activity_update" Update,
        /// A teardown was accepted.
        "activity_tear_down" TearDown,
        /// A roll back was accepted.
        "activity_roll_back" RollBack,
        /// A thing was made.
        "activity_made" Made { thing: Text },
        /// A thing was found after its answer was lost.
        "activity_adopted" Adopted { thing: Text },
        /// A second one was found and goes.
        "activity_duplicate" Duplicate { thing: Text },
        /// A thing began to cost.
        "activity_born" Born { thing: Text, rate: PerHour },
        /// A thing at an unknown price began to cost.
        "activity_born_unknown" BornUnknown { thing: Text },
        /// A thing is gone.
        "activity_gone" Gone { thing: Text },
        /// The firewall stands before a node.
        "activity_covered" Covered { instance: String, open: Millis },
        /// A computation on a node's GPUs was right.
        "activity_gpu_passed" GpuPassed { instance: String, cards: Vec<String> },
        /// It was not.
        "activity_gpu_failed" GpuFailed { instance: String, said: String },
        /// The outcome of a POST is unknown.
        "activity_unknown" Unknown,
        /// The cloud refused.
        "activity_refused" Refused { why: Text },
        /// A step failed.
        "activity_failed" Failed { what: Text },
        /// An undo failed.
        "activity_stuck" Stuck { what: Text },
        /// The user stopped the run.
        "activity_wish_cancel" WishCancel,
        /// The user let the run go on.
        "activity_wish_continue" WishContinue,
        /// The user keeps what there is.
        "activity_wish_keep" WishKeep,
        /// The user lets a node be replaced before the run goes on.
        "activity_recycling" Recycling { node: String },
        /// A search found nothing.
        "activity_sweep_clean" SweepClean,
        /// A search found something.
        "activity_sweep_found" SweepFound { count: usize },
        /// The kubeconfig was saved.
        "activity_kubeconfig" Kubeconfig,
        /// The stop time was moved.
        "activity_stop_moved" StopMoved { at: Timestamp },
        /// The stop time was taken back.
        "activity_stop_never" StopNever,
        /// Taken over from another computer, or after its journal was lost.
        "activity_taken_over" TakenOver,
    }
}

texts! {
    /// Things by name.
    pub enum Named {
        /// An LKE cluster.
        "thing_cluster" Cluster { id: String },
        /// A node pool.
        "thing_pool" Pool { id: String },
        /// A firewall.
        "thing_firewall" Firewall { id: String },
        /// A Linode with its node.
        "thing_instance" Instance { id: String, node: String },
        /// A highly available control plane.
        "thing_control_plane" ControlPlane { id: String },
        /// A NodeBalancer.
        "thing_nodebalancer" NodeBalancer { id: String },
        /// A volume.
        "thing_volume" Volume { id: String },
    }
}

/// A thing by name.
pub fn named(thing: &Thing) -> Text {
    match thing {
        Thing::Cluster(id) => Named::Cluster { id: id.to_string() }.into(),
        Thing::Pool(id, _) => Named::Pool { id: id.to_string() }.into(),
        Thing::Firewall(id) => Named::Firewall { id: id.to_string() }.into(),
        Thing::Instance(id, node, _) => Named::Instance {
            id: id.to_string(),
            node: short_node(&node.0).to_owned(),
        }
        .into(),
        Thing::ControlPlane(id) => Named::ControlPlane { id: id.to_string() }.into(),
        Thing::NodeBalancer(id) => Named::NodeBalancer { id: id.to_string() }.into(),
        Thing::Volume(id) => Named::Volume { id: id.to_string() }.into(),
    }
}

/// The first six hex digits of LKE's node id `<pool>-<12 hex>`.
pub fn short_node(id: &str) -> &str {
    let hex = id.rsplit('-').next().unwrap_or(id);
    hex.get(..6).unwrap_or(hex)
}

/// The line of a fact; `None`: not worth a line of its own.
pub fn line(record: &Record) -> Option<ActivityRow> {
    let text: Text = match &record.fact {
        Fact::Accepted { plan } => match plan.purpose {
            Purpose::Create => Happened::Create.into(),
            Purpose::Update => Happened::Update.into(),
            Purpose::TearDown => Happened::TearDown.into(),
            Purpose::RollBack => Happened::RollBack.into(),
        },
        Fact::Made {
            thing,
            adopted: true,
            ..
        } => Happened::Adopted {
            thing: named(thing),
        }
        .into(),
        Fact::Made {
            thing,
            adopted: false,
            ..
        } => Happened::Made {
            thing: named(thing),
        }
        .into(),
        Fact::Duplicate { thing } => Happened::Duplicate {
            thing: named(thing),
        }
        .into(),
        // Free things do not begin to cost.
        Fact::Born { thing, .. } if !thing.kind().bills() => return None,
        Fact::Born {
            thing,
            price: Some(price),
            ..
        } => Happened::Born {
            thing: named(thing),
            rate: PerHour(price.hour),
        }
        .into(),
        Fact::Born {
            thing, price: None, ..
        } => Happened::BornUnknown {
            thing: named(thing),
        }
        .into(),
        Fact::Gone { thing } => Happened::Gone {
            thing: named(thing),
        }
        .into(),
        Fact::Covered { instance, open_ms } => Happened::Covered {
            instance: instance.to_string(),
            open: Millis(i64::try_from(*open_ms).unwrap_or(i64::MAX)),
        }
        .into(),
        Fact::GpuTested { instance, test } => match test {
            GpuTest::Passed { cards } => Happened::GpuPassed {
                instance: instance.to_string(),
                cards: cards.iter().map(ToString::to_string).collect(),
            }
            .into(),
            GpuTest::Failed { said } => Happened::GpuFailed {
                instance: instance.to_string(),
                said: said.clone(),
            }
            .into(),
        },
        Fact::Unknown { .. } => Happened::Unknown.into(),
        Fact::Refused { why, .. } => Happened::Refused { why: why.clone() }.into(),
        Fact::Failed { what, .. } => Happened::Failed { what: what.clone() }.into(),
        Fact::Stuck { what, .. } => Happened::Stuck { what: what.clone() }.into(),
        Fact::Wished { wish: Wish::Cancel } => Happened::WishCancel.into(),
        Fact::Wished {
            wish: Wish::Continue,
        } => Happened::WishContinue.into(),
        Fact::Wished { wish: Wish::Keep } => Happened::WishKeep.into(),
        Fact::Recycling { node, .. } => Happened::Recycling {
            node: node.to_string(),
        }
        .into(),
        Fact::Swept { clean: true, .. } => Happened::SweepClean.into(),
        Fact::Swept {
            clean: false,
            found,
            ..
        } => Happened::SweepFound { count: found.len() }.into(),
        Fact::KubeconfigSaved => Happened::Kubeconfig.into(),
        Fact::StopMoved {
            stops: Stops::At(at),
        } => Happened::StopMoved { at: *at }.into(),
        Fact::StopMoved {
            stops: Stops::Never | Stops::AfterMinutes(_),
        } => Happened::StopNever.into(),
        Fact::TakenOver(_) => Happened::TakenOver.into(),
        Fact::Opened { .. }
        | Fact::Continued { .. }
        | Fact::Started { .. }
        | Fact::Intent { .. }
        | Fact::Sent { .. }
        | Fact::Volumes { .. }
        | Fact::Finished { .. }
        | Fact::Completed { .. } => return None,
    };
    Some(ActivityRow {
        at: record.at,
        text,
    })
}
