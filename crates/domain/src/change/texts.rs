//! The sentences of changes; their words are in the message catalogue.

use super::{Change, Part};
use crate::diagnostic::Field;
use crate::inventory::Bounds;
use crate::plan::PoolRole;
use crate::spec::Stops;
use crate::text::Text;
use ipnet::IpNet;
use jiff::Timestamp;

crate::texts! {
    /// What changes, and what cannot.
    pub(crate) enum ChangeText {
        "change_create_cluster" CreateCluster,
        "change_create_gpu_pool" CreateGpuPool,
        "change_create_system_pool" CreateSystemPool,
        "change_create_firewall" CreateFirewall,
        "change_replace_prefix" ReplacePrefix { from: String, to: String },
        "change_replace_region" ReplaceRegion { from: String, to: String },
        "change_replace_gpu_type" ReplaceGpuType { from: String, to: String },
        "change_replace_system_pool" ReplaceSystemPool { from: String, to: String },
        "change_add_system_pool" AddSystemPool { to: String },
        "change_drop_system_pool" DropSystemPool { from: String },
        "change_bounds" ChangeBounds { min: u32, max: u32, from_min: u32, from_max: u32 },
        "change_bounds_on" BoundsOn { min: u32, max: u32 },
        "change_bounds_off" BoundsOff,
        "change_gpu_count" GpuCount { from: u32, to: u32 },
        "change_system_count" SystemCount { from: u32, to: u32 },
        "change_access_add" AccessAdd { added: Vec<String> },
        "change_access_remove" AccessRemove { removed: Vec<String> },
        "change_access" Access { added: Vec<String>, removed: Vec<String> },
        "change_access_on" AccessOn,
        "change_rules_put" RulesPut { put: Vec<String> },
        "change_rules_remove" RulesRemove { removed: Vec<String> },
        "change_rules" Rules { put: Vec<String>, removed: Vec<String> },
        "change_tags_add" TagsAdd { added: Vec<String> },
        "change_tags_remove" TagsRemove { removed: Vec<String> },
        "change_tags" Tags { added: Vec<String>, removed: Vec<String> },
        "change_stop_never" StopNever,
        "change_stop_after" StopAfter { minutes: u32 },
        "change_stop_at" StopAt { at: Timestamp },
        "change_budget" Budget,
        "change_gpu_slices" GpuSlices,
        "change_other" Other,
        "version_not_yet" VersionNotYet { from: String, to: String },
        "version_not_yet_fix" VersionNotYetFix { from: String },
        "not_yet_why" NotYetWhy,
        "ha_not_yet" HaNotYet,
        "ha_not_yet_fix" HaNotYetFix,
        "ha_stays" HaStays,
        "ha_stays_why" HaStaysWhy,
        "ha_stays_fix" HaStaysFix,
        "count_stays" CountStays { count: u32 },
        "count_stays_why" CountStaysWhy,
    }
}
use ChangeText as T;

/// A change as a sentence.
pub(super) fn what(change: &Change) -> Text {
    match change {
        Change::Create(Part::Cluster) => T::CreateCluster,
        Change::Create(Part::Pool(PoolRole::Gpu)) => T::CreateGpuPool,
        Change::Create(Part::Pool(PoolRole::System)) => T::CreateSystemPool,
        Change::Create(Part::Firewall) => T::CreateFirewall,
        Change::Replace { field, from, to } => replace(*field, from.clone(), to.clone()),
        Change::Bounds { from, to, .. } => bounds(*from, *to),
        Change::Count {
            pool: PoolRole::Gpu,
            from,
            to,
        } => T::GpuCount {
            from: *from,
            to: *to,
        },
        Change::Count {
            pool: PoolRole::System,
            from,
            to,
        } => T::SystemCount {
            from: *from,
            to: *to,
        },
        Change::Access { added, removed, .. } => match (words(added), words(removed)) {
            (added, removed) if added.is_empty() && removed.is_empty() => T::AccessOn,
            (added, removed) if removed.is_empty() => T::AccessAdd { added },
            (added, removed) if added.is_empty() => T::AccessRemove { removed },
            (added, removed) => T::Access { added, removed },
        },
        Change::FirewallRules { put, removed, .. } => match (put.clone(), removed.clone()) {
            (put, removed) if removed.is_empty() => T::RulesPut { put },
            (put, removed) if put.is_empty() => T::RulesRemove { removed },
            (put, removed) => T::Rules { put, removed },
        },
        Change::Tags { added, removed, .. } => match (added.clone(), removed.clone()) {
            (added, removed) if removed.is_empty() => T::TagsAdd { added },
            (added, removed) if added.is_empty() => T::TagsRemove { removed },
            (added, removed) => T::Tags { added, removed },
        },
        Change::Stop {
            to: Stops::Never, ..
        } => T::StopNever,
        Change::Stop {
            to: Stops::AfterMinutes(minutes),
            ..
        } => T::StopAfter { minutes: *minutes },
        Change::Stop {
            to: Stops::At(at), ..
        } => T::StopAt { at: *at },
        Change::Wish {
            field: Field::Budget,
        } => T::Budget,
        Change::Wish {
            field: Field::GpuSlices,
        } => T::GpuSlices,
        Change::Wish { .. } => T::Other,
    }
    .into()
}

fn replace(field: Field, from: String, to: String) -> T {
    // Only these four fields ask for another cluster.
    if field == Field::Prefix {
        T::ReplacePrefix { from, to }
    } else if field == Field::Region {
        T::ReplaceRegion { from, to }
    } else if field == Field::GpuType {
        T::ReplaceGpuType { from, to }
    } else if from.is_empty() {
        T::AddSystemPool { to }
    } else if to.is_empty() {
        T::DropSystemPool { from }
    } else {
        T::ReplaceSystemPool { from, to }
    }
}

fn bounds(from: Option<Bounds>, to: Option<Bounds>) -> T {
    match (from, to) {
        (_, None) => T::BoundsOff,
        (None, Some(Bounds { min, max })) => T::BoundsOn { min, max },
        (Some(from), Some(Bounds { min, max })) => T::ChangeBounds {
            min,
            max,
            from_min: from.min,
            from_max: from.max,
        },
    }
}

fn words(list: &[IpNet]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}
