//! Nodes: how many, and what carries what needs no GPU.

use super::{RuleText as T, Scene, nearest, offer};
use crate::diagnostic::{Diagnostic, Field};
use crate::spec::POOL_NODES_MAX;

/// Into how many slices a GPU can be shared.
const SLICES_MAX: u8 = 8;

pub(super) fn gpu_counts(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let spec = scene.spec;
    let fields = [
        (Field::GpuCount, spec.gpu_count),
        (Field::GpuMin, spec.gpu_min),
        (Field::GpuMax, spec.gpu_max),
    ];
    let wrong: Vec<Diagnostic> = fields
        .into_iter()
        .filter_map(|(field, count)| nodes(field, count))
        .collect();
    let bad = |field| wrong.iter().any(|one| one.field == field);
    let bounds_are_good = !bad(Field::GpuMin) && !bad(Field::GpuMax);
    let count_is_good = !bad(Field::GpuCount);
    out.extend(wrong);
    let (count, min, max) = (spec.gpu_count, spec.gpu_min, spec.gpu_max);
    if bounds_are_good && min > max {
        out.push(
            Diagnostic::error(Field::GpuMin, T::MinOverMax { min, max })
                .why(T::MinOverMaxWhy)
                .fix(T::MinOverMaxFix),
        );
    } else if bounds_are_good && count_is_good && !(min..=max).contains(&count) {
        out.push(
            Diagnostic::error(Field::GpuCount, T::CountOutside { count, min, max })
                .why(T::CountOutsideWhy)
                .fix(T::CountOutsideFix { min, max })
                .correct(count.clamp(min, max).to_string()),
        );
    }
}

/// A number of nodes that no pool can have.
fn nodes(field: Field, count: u32) -> Option<Diagnostic> {
    let max = POOL_NODES_MAX;
    let what = match count {
        0 => T::NodesZero,
        count if count > max => T::NodesTooMany { count },
        _ => return None,
    };
    Some(
        Diagnostic::error(field, what)
            .why(T::NodesWhy { max })
            .fix(T::NodesFix { max }),
    )
}

pub(super) fn system(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let Some(pool) = &scene.spec.system_pool else {
        return;
    };
    out.extend(nodes(Field::SystemPool, pool.count));
    let Some(catalog) = scene.catalog else { return };
    let id = &pool.instance_type;
    let wrong = |what: T| Diagnostic::error(Field::SystemPool, what);
    match catalog.instance_type(id) {
        None => {
            let plain = catalog
                .types
                .iter()
                .filter(|one| one.gpus == 0)
                .map(|one| one.id.as_str());
            let instead = nearest(id, plain).unwrap_or("g6-standard-2").to_owned();
            out.push(
                wrong(T::TypeUnknown {
                    instance_type: id.clone(),
                })
                .why(T::TypeUnknownWhy)
                .correct(literal(&instead, pool.count))
                .fix(T::SystemTypeFix { instead }),
            );
        }
        Some(found) if found.gpus > 0 => out.push(
            wrong(T::SystemTypeHasGpu {
                instance_type: id.clone(),
            })
            .why(T::SystemTypeHasGpuWhy)
            .correct(literal("g6-standard-2", pool.count))
            .fix(T::SystemTypeFix {
                instead: "g6-standard-2".to_owned(),
            }),
        ),
        Some(_) => {
            let region = catalog.region(&scene.spec.region);
            out.extend(region.and_then(|region| {
                offer::not_offered(scene, catalog, region, id, Field::SystemPool)
            }));
        }
    }
}

/// The whole value of `system_pool`.
fn literal(instance_type: &str, count: u32) -> String {
    format!("{{ type = \"{instance_type}\", count = {count} }}")
}

pub(super) fn slices(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let Some(slices) = scene.spec.gpu_slices else {
        return;
    };
    if !(1..=SLICES_MAX).contains(&slices) {
        let max = u32::from(SLICES_MAX);
        out.push(
            Diagnostic::error(
                Field::GpuSlices,
                T::Slices {
                    slices: u32::from(slices),
                },
            )
            .why(T::SlicesWhy)
            .fix(T::SlicesFix { max }),
        );
    } else if slices > 1 {
        let slices = u32::from(slices);
        out.push(
            Diagnostic::warning(Field::GpuSlices, T::SlicesShared { slices })
                .why(T::SlicesSharedWhy)
                .fix(T::SlicesSharedFix),
        );
    }
}
