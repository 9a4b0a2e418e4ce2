//! The picture of a Spec: dashed, before anything exists.

use crate::catalog::Catalog;
use crate::plan::PoolRole;
use crate::preset;
use crate::spec::Spec;
use crate::view::{
    AccessListPart, ControlPlanePart, FirewallPart, Picture, PoolPart, RulePart, Tense,
};

/// The picture of what a Spec would become.
pub fn planned(spec: &Spec, catalog: Option<&Catalog>) -> Picture {
    let region = catalog.and_then(|catalog| catalog.region(&spec.region));
    let mut pools = vec![pool(
        PoolRole::Gpu,
        &spec.gpu_type,
        (spec.gpu_count, spec.gpu_min, spec.gpu_max),
        spec,
        catalog,
    )];
    if let Some(system) = &spec.system_pool {
        let count = (system.count, system.count, system.count);
        pools.push(pool(
            PoolRole::System,
            &system.instance_type,
            count,
            spec,
            catalog,
        ));
    }
    Picture {
        region: spec.region.clone(),
        region_label: region.map_or_else(|| spec.region.clone(), |region| region.label.clone()),
        cluster: Tense::Planned,
        cluster_id: None,
        kubernetes_version: spec.kubernetes_version.clone(),
        control_plane: ControlPlanePart {
            tense: Tense::Planned,
            ha: spec.ha,
            price: catalog.and_then(|catalog| control_plane_price(spec, catalog)),
            answers_ms: None,
        },
        access_list: AccessListPart {
            tense: Tense::Planned,
            addresses: spec.kubectl_access.as_ref().map(|list| words(list)),
        },
        firewall: FirewallPart {
            tense: Tense::Planned,
            covered: 0,
            nodes: 0,
            keeper: None,
            rules: rules(spec),
        },
        pools,
        kubeflow: Tense::Planned,
        ui_list: spec.ui_access.as_deref().map(words).unwrap_or_default(),
    }
}

/// What the control plane costs: nothing without high availability, unknown when not read.
fn control_plane_price(spec: &Spec, catalog: &Catalog) -> Option<crate::Price> {
    if spec.ha {
        catalog.ha_price_in(&spec.region)
    } else {
        Some(crate::Price::default())
    }
}

fn words(list: &[ipnet::IpNet]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

/// The firewall's rules as they will be written.
fn rules(spec: &Spec) -> Vec<RulePart> {
    preset::rules(spec)
        .into_iter()
        .map(|rule| RulePart {
            what: match &rule.rule.ports {
                Some(ports) => format!("{} {ports}", preset::protocol_name(rule.rule.protocol)),
                None => preset::protocol_name(rule.rule.protocol).to_owned(),
            },
            from: words(&rule.rule.sources),
            label: rule.rule.label,
            why: rule.why,
            locked: rule.locked,
        })
        .collect()
}

/// A pool as the catalog describes its instance type.
pub(super) fn pool(
    role: PoolRole,
    instance_type: &str,
    (count, min, max): (u32, u32, u32),
    spec: &Spec,
    catalog: Option<&Catalog>,
) -> PoolPart {
    let found = catalog.and_then(|catalog| catalog.instance_type(instance_type));
    PoolPart {
        role,
        tense: Tense::Planned,
        instance_type: instance_type.to_owned(),
        title: title(instance_type, found.map(|one| one.label.as_str())),
        vcpus: found.map(|one| one.vcpus),
        memory_mb: found.map(|one| one.memory_mb),
        gpus: found.map(|one| one.gpus),
        slices: spec.slices(),
        each: catalog.and_then(|catalog| catalog.price(instance_type, &spec.region)),
        count,
        min,
        max,
    }
}

/// What people call the card; Linode's own label for everything else.
pub(super) fn title(instance_type: &str, label: Option<&str>) -> String {
    let cards = [
        ("g2-gpu-rtx4000a", "RTX 4000 Ada 20 GB"),
        ("g1-gpu-rtx6000", "Quadro RTX 6000 24 GB"),
        ("g3-gpu-rtxpro6000", "RTX PRO 6000 96 GB"),
    ];
    cards
        .iter()
        .find(|(family, _)| instance_type.starts_with(family))
        .map(|(_, card)| (*card).to_owned())
        .or_else(|| label.map(ToOwned::to_owned))
        .unwrap_or_else(|| instance_type.to_owned())
}
