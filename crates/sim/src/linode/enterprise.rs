//! What only the enterprise tier has, on clusters and on their pools. The app never makes such
//! clusters; an account may hold them. Its control plane's price is not known and is not billed.

use serde_json::{Value, json};

use super::wants::given;
use super::{Call, Refusal};
use crate::catalog;
use crate::store::{Enterprise, EnterprisePool};

/// The wanted cluster's own part; `None` on the standard tier. Only v4beta knows tiers.
pub(super) fn cluster(call: &Call, region: &str) -> Result<Option<Enterprise>, Refusal> {
    let body = &call.body;
    match given(body, "tier").map(Value::as_str) {
        None | Some(Some("standard")) => return Ok(None),
        Some(Some("enterprise")) if call.beta => {}
        Some(_) => return Err(Refusal::bad(Some("tier"), "tier is not valid")),
    }
    if !catalog::region(region).is_some_and(catalog::Region::has_enterprise) {
        let reason = format!("Kubernetes Enterprise is not available in {region}");
        return Err(Refusal::bad(Some("region"), &reason));
    }
    let id = |field: &str| given(body, field).and_then(Value::as_u64);
    let stack_type = given(body, "stack_type").and_then(Value::as_str);
    Ok(Some(Enterprise {
        vpc: id("vpc_id"),
        subnet: id("subnet_id"),
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
    let text = |field: &str| given(body, field).and_then(Value::as_str);
    let strategy = text("update_strategy");
    if strategy.is_some_and(|one| !matches!(one, "rolling_update" | "on_recycle")) {
        let reason = "Must be one of: rolling_update, on_recycle";
        return Err(Refusal::bad(Some("update_strategy"), reason));
    }
    let mut own = old.cloned().unwrap_or_else(|| EnterprisePool {
        version: None,
        update_strategy: "on_recycle".to_owned(),
        firewall: None,
    });
    if let Some(version) = text("k8s_version") {
        own.version = Some(version.to_owned());
    }
    if let Some(strategy) = strategy {
        strategy.clone_into(&mut own.update_strategy);
    }
    own.firewall = given(body, "firewall_id")
        .and_then(Value::as_u64)
        .or(own.firewall);
    Ok(own)
}

/// Adds to the reply about a pool what this tier has.
pub(super) fn show_pool(reply: &mut Value, own: &EnterprisePool) {
    reply["k8s_version"] = json!(own.version);
    reply["update_strategy"] = json!(own.update_strategy);
    reply["firewall_id"] = json!(own.firewall);
}
