//! What only the enterprise tier has, on clusters and on their pools. The app never makes such
//! clusters; an account may hold them. Its control plane's price is not known and is not billed.

use serde_json::{Value, json};

use super::wants::{self, given};
use super::{Call, Refusal};
use crate::catalog::{self, ENTERPRISE_VERSIONS};
use crate::things::{Enterprise, EnterprisePool};

/// The wanted cluster's own part; `None` on the standard tier. Only v4beta knows tiers.
pub(super) fn cluster(call: &Call, region: Option<&str>) -> Result<Option<Enterprise>, Refusal> {
    let body = &call.body;
    match given(body, "tier").map(Value::as_str) {
        None | Some(Some("standard")) => return Ok(None),
        Some(Some("enterprise")) if call.beta => {}
        Some(_) => return Err(Refusal::bad(Some("tier"), "tier is not valid")),
    }
    let region = region.and_then(catalog::region);
    if let Some(region) = region.filter(|region| !region.has_enterprise()) {
        let reason = format!("Kubernetes Enterprise is not available in {}", region.id);
        return Err(Refusal::bad(Some("region"), &reason));
    }
    let id = |field: &str| match given(body, field) {
        None => Ok(None),
        Some(_) => wants::number(body, field).map(Some),
    };
    let stack_type = wants::one_of(body, "stack_type", &["ipv4", "ipv4-ipv6"])?;
    Ok(Some(Enterprise {
        vpc: id("vpc_id")?,
        subnet: id("subnet_id")?,
        stack_type: stack_type.unwrap_or("ipv4").to_owned(),
    }))
}

/// Adds to the reply about a cluster what this tier has.
pub(super) fn show_cluster(reply: &mut Value, own: &Enterprise) {
    reply["vpc_id"] = json!(own.vpc);
    reply["subnet_id"] = json!(own.subnet);
    reply["stack_type"] = json!(own.stack_type);
    reply["control_plane"]["audit_logs_enabled"] = json!(false);
}

/// A pool's own part, from what a request gives; a pool of the standard tier ignores it.
pub(super) fn pool(body: &Value, old: Option<&EnterprisePool>) -> Result<EnterprisePool, Refusal> {
    let strategies = ["rolling_update", "on_recycle"];
    let strategy = wants::one_of(body, "update_strategy", &strategies)?;
    let mut own = old.cloned().unwrap_or_else(|| EnterprisePool {
        version: None,
        update_strategy: "on_recycle".to_owned(),
        firewall: None,
    });
    if given(body, "k8s_version").is_some() {
        let version = wants::text(body, "k8s_version")?;
        if !ENTERPRISE_VERSIONS.contains(&version) {
            let reason = "k8s_version is not valid";
            return Err(Refusal::bad(Some("k8s_version"), reason));
        }
        own.version = Some(version.to_owned());
    }
    if let Some(strategy) = strategy {
        strategy.clone_into(&mut own.update_strategy);
    }
    if given(body, "firewall_id").is_some() {
        own.firewall = Some(wants::number(body, "firewall_id")?);
    }
    Ok(own)
}

/// Adds to the reply about a pool what this tier has.
pub(super) fn show_pool(reply: &mut Value, own: &EnterprisePool) {
    reply["k8s_version"] = json!(own.version);
    reply["update_strategy"] = json!(own.update_strategy);
    reply["firewall_id"] = json!(own.firewall);
}
