//! Region, version, GPU type and their prices: what the provider offers.

use super::{RuleText as T, Scene, nearest};
use crate::catalog::{Catalog, Region, version_numbers};
use crate::diagnostic::{Diagnostic, Field};

/// The card that earlier documents name with the id of another.
const RTX_6000: &str = "g1-gpu-rtx6000-";
const RTX_4000_ADA: &str = "g2-gpu-rtx4000a1-s";

pub(super) fn region(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let Some(catalog) = scene.catalog else { return };
    let (id, wanted) = (&scene.spec.region, scene.spec.gpu_type.as_str());
    // The card that is refused anyway says nothing about regions; its correction does.
    let gpu_type = if is_rtx_6000(wanted) {
        RTX_4000_ADA
    } else {
        wanted
    };
    let Some(region) = catalog.region(id) else {
        let unknown = Diagnostic::error(Field::Region, T::RegionUnknown { region: id.clone() })
            .why(T::RegionUnknownWhy)
            .fix(choose_region(catalog, gpu_type));
        let near = nearest(id, catalog.regions.iter().map(|one| one.id.as_str()));
        out.push(match near {
            Some(near) => unknown.correct(format!("\"{near}\"")),
            None => unknown,
        });
        return;
    };
    if catalog
        .instance_type(gpu_type)
        .is_some_and(|one| one.gpus > 0)
    {
        out.extend(not_offered(scene, catalog, region, gpu_type, Field::Region));
    }
}

/// Why an instance type cannot be had in a region now.
pub(super) fn not_offered(
    scene: &Scene<'_>,
    catalog: &Catalog,
    region: &Region,
    instance_type: &str,
    field: Field,
) -> Option<Diagnostic> {
    if catalog.offers(region, instance_type) {
        return None;
    }
    let (region_id, instance_type) = (region.id.clone(), instance_type.to_owned());
    let fix = choose_region(catalog, &instance_type);
    let sold_out = region.sold_out.contains(&instance_type);
    Some(if sold_out {
        scene
            .new_only(
                field,
                T::RegionSoldOut {
                    region: region_id,
                    instance_type,
                },
            )
            .why(T::RegionSoldOutWhy)
            .fix(fix)
    } else {
        scene
            .new_only(
                field,
                T::RegionLacksType {
                    region: region_id,
                    instance_type,
                },
            )
            .why(T::RegionLacksTypeWhy)
            .fix(fix)
    })
}

/// The regions that have a type now; when it is not known, every region.
fn choose_region(catalog: &Catalog, instance_type: &str) -> T {
    let regions = catalog.regions_with(instance_type);
    if catalog.instance_type(instance_type).is_none() {
        T::ChooseRegion {
            regions: catalog.regions.iter().map(|one| one.id.clone()).collect(),
        }
    } else if regions.is_empty() {
        T::NoRegionHasType {
            instance_type: instance_type.to_owned(),
        }
    } else {
        T::ChooseRegionForType {
            instance_type: instance_type.to_owned(),
            regions,
        }
    }
}

pub(super) fn version(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let version = &scene.spec.kubernetes_version;
    let offered = scene
        .catalog
        .map(|one| one.versions.clone())
        .unwrap_or_default();
    let Some(numbers) = version_numbers(version).filter(|_| is_plain(version)) else {
        let example = offered.first().map_or("1.34", String::as_str).to_owned();
        let wrong = T::VersionFormat {
            version: version.clone(),
        };
        let wrong = Diagnostic::error(Field::KubernetesVersion, wrong)
            .why(T::VersionFormatWhy)
            .fix(T::VersionFormatFix { example });
        out.push(match shortened(version) {
            Some(short) => wrong.correct(format!("\"{short}\"")),
            None => wrong,
        });
        return;
    };
    let Some(newest) = offered.first().filter(|_| !offered.contains(version)) else {
        return;
    };
    let oldest = offered.iter().filter_map(|one| version_numbers(one)).min();
    let version = version.clone();
    let what = if oldest.is_some_and(|oldest| numbers < oldest) {
        T::VersionRetired { version }
    } else {
        T::VersionNotOffered { version }
    };
    let correction = format!("\"{newest}\"");
    let said = scene
        .new_only(Field::KubernetesVersion, what)
        .why(T::VersionNotOfferedWhy)
        .fix(T::VersionFix { offered });
    // What runs keeps its version; another one would only be the next error.
    out.push(if scene.exists() {
        said
    } else {
        said.correct(correction)
    });
}

/// Digits, a dot, digits, without leading zeros: what LKE's list holds.
fn is_plain(version: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    version
        .split_once('.')
        .is_some_and(|(major, minor)| part(major) && part(minor))
}

/// `v1.34.2` is 1.34.
fn shortened(version: &str) -> Option<String> {
    let mut parts = version.trim().trim_start_matches('v').split('.');
    let short = format!("{}.{}", parts.next()?, parts.next()?);
    (is_plain(&short) && short != version).then_some(short)
}

fn is_rtx_6000(gpu_type: &str) -> bool {
    gpu_type.starts_with(RTX_6000)
}

pub(super) fn gpu_type(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let gpu_type = &scene.spec.gpu_type;
    let wrong = |what: T| Diagnostic::error(Field::GpuType, what);
    if is_rtx_6000(gpu_type) {
        let what = T::GpuTypeRtx6000 {
            gpu_type: gpu_type.clone(),
        };
        let instead = RTX_4000_ADA.to_owned();
        let explained = if gpu_type == "g1-gpu-rtx6000-1" {
            wrong(what)
                .why(T::GpuTypeRtx6000Why {
                    instead: instead.clone(),
                })
                .correct(format!("\"{RTX_4000_ADA}\""))
        } else {
            wrong(what).why(T::GpuTypeRtx6000FamilyWhy)
        };
        out.push(explained.fix(T::GpuTypeInstead { instead }));
        return;
    }
    let Some(catalog) = scene.catalog else { return };
    let types = || -> Vec<String> {
        let deployable = |id: &str| !is_rtx_6000(id) && !catalog.regions_with(id).is_empty();
        let gpus = catalog
            .types
            .iter()
            .filter(|one| one.gpus > 0 && deployable(&one.id));
        gpus.map(|one| one.id.clone()).collect()
    };
    match catalog.instance_type(gpu_type) {
        None => {
            let types = types();
            let near =
                nearest(gpu_type, types.iter().map(String::as_str)).map(|id| format!("\"{id}\""));
            let unknown = wrong(T::TypeUnknown {
                instance_type: gpu_type.clone(),
            })
            .why(T::TypeUnknownWhy)
            .fix(T::GpuTypeChoose { types });
            out.push(match near {
                Some(near) => unknown.correct(near),
                None => unknown,
            });
        }
        Some(found) if found.gpus == 0 => out.push(
            wrong(T::GpuTypeWithoutGpu {
                gpu_type: gpu_type.clone(),
            })
            .why(T::GpuTypeWithoutGpuWhy)
            .fix(T::GpuTypeChoose { types: types() }),
        ),
        Some(_) => {}
    }
}

/// What is priced but has no known price: deploying it needs its own consent.
pub(super) fn prices(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let Some(catalog) = scene.catalog else { return };
    let spec = scene.spec;
    let unknown = |field, what: T| {
        Diagnostic::warning(field, what)
            .why(T::PriceUnknownWhy)
            .fix(T::PriceUnknownFix)
    };
    let mut pool = |field, id: &str| {
        let known = catalog.price(id, &spec.region).is_some();
        if catalog.instance_type(id).is_some() && !known {
            out.push(unknown(
                field,
                T::PriceUnknown {
                    instance_type: id.to_owned(),
                },
            ));
        }
    };
    pool(Field::GpuType, &spec.gpu_type);
    if let Some(system) = &spec.system_pool {
        pool(Field::SystemPool, &system.instance_type);
    }
    if spec.ha && catalog.ha_price_in(&spec.region).is_none() {
        out.push(unknown(Field::Ha, T::HaPriceUnknown));
    }
}
