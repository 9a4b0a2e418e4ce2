//! What a deployment costs: the lives that its journal knows, and when nobody looked.

use super::deployment::Facts;
use crate::plan::PoolRole;
use crate::progress::{Life, Progress};
use crate::quote::quote;
use crate::record::Thing;
use crate::spend::{Billed, Spend, spend};
use crate::view::{SpendRow, SpendSeries};
use crate::watched::{Watched, seen_points};
use jiff::Timestamp;

/// The lives of what is billed.
pub fn billed(progress: &Progress) -> Vec<Billed> {
    let one = |(thing, life): (&Thing, &Life)| {
        let series = match thing {
            Thing::Instance(_, _, PoolRole::Gpu) => SpendSeries::Gpu,
            Thing::Instance(_, _, PoolRole::System) => SpendSeries::System,
            Thing::ControlPlane(_) => SpendSeries::ControlPlane,
            Thing::NodeBalancer(_) => SpendSeries::NodeBalancer,
            Thing::Volume(_) => SpendSeries::Volume,
            Thing::Cluster(_) | Thing::Pool(..) | Thing::Firewall(_) => return None,
        };
        Some(Billed {
            series,
            born: life.born,
            died: life.gone,
            price: life.price,
        })
    };
    progress.things.iter().filter_map(one).collect()
}

/// What it has cost and costs now, with the times in which nobody looked.
pub fn spent(progress: &Progress, watched: &Watched, now: Timestamp) -> Spend {
    let things = billed(progress);
    let spent = spend(&things, now);
    let Some(since) = spent.since else {
        return spent;
    };
    let lasts = things.iter().any(|one| one.died.is_none());
    let died = things.iter().filter_map(|one| one.died).max();
    let until = if lasts { now } else { died.unwrap_or(now) };
    let gaps = watched.gaps(since, until, lasts);
    Spend {
        points: seen_points(spent.points, &gaps),
        ..spent
    }
}

pub(super) fn spending(facts: &Facts<'_>) -> SpendRow {
    let spent = spent(facts.progress, &facts.seen.watched, facts.now);
    let spec = facts.progress.spec.as_ref();
    let quoted = spec.zip(facts.catalog).map(|(spec, catalog)| {
        let least = crate::spec::Spec {
            gpu_count: spec.gpu_min,
            ..spec.clone()
        };
        (
            quote(&least, catalog, facts.now),
            quote(spec, catalog, facts.now),
        )
    });
    // A month of what stands now: each part's cap.
    let month = spent.parts.iter().map(|part| Some(part.price?.month)).sum();
    SpendRow {
        rate: spent.rate,
        at_least: quoted
            .as_ref()
            .and_then(|(least, _)| Some(least.from_start?.hour)),
        at_most: quoted
            .as_ref()
            .and_then(|(_, most)| Some(most.at_most?.hour)),
        so_far: spent.so_far,
        month_so_far: spent.this_month,
        month,
        budget: spec.and_then(|spec| spec.budget_month),
        parts: spent.parts,
        since: spent.since,
        points: spent.points,
    }
}
