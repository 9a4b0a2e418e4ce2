//! `/profile` and `/account`.

use serde_json::{Value, json};

use super::{Answer, Call, Refusal, Reply, invoices, wants};
use crate::catalog::{self, dollars};
use crate::clock::linode_time;
use crate::draw;
use crate::store::World;
use crate::tokens::{Access, User};

/// `X-Customer-UUID` and `/account` euuid, in the form that was recorded.
pub(crate) fn euuid(world: &World, account: &str) -> String {
    let half = |what: &str| draw::hash(&format!("{what} {} {account}", world.cloud));
    let (high, low) = (half("euuid"), half("account"));
    format!(
        "{:08X}-{:04X}-{:04X}-{:016X}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low
    )
}

impl World {
    /// [`euuid`], reckoned once: each reply bears it.
    pub(super) fn known_euuid(&mut self, account: &str) -> String {
        if let Some(known) = self.euuids.get(account) {
            return known.clone();
        }
        let euuid = euuid(self, account);
        self.euuids.insert(account.to_owned(), euuid.clone());
        euuid
    }
}

pub(super) fn profile(_: &mut World, call: &Call) -> Answer {
    let user = &call.user;
    Ok(Reply::One(json!({
        "uid": draw::hash(&user.key) % 10_000_000, "username": user.name,
        "email": format!("{}@example.com", user.name), "verified_phone_number": null,
        "timezone": "GMT", "email_notifications": true,
        "referrals": {
            "code": "", "url": "", "total": 0, "completed": 0, "pending": 0, "credit": 0,
        },
        "ip_whitelist_enabled": false, "lish_auth_method": "password_keys",
        "authorized_keys": null, "two_factor_auth": true, "restricted": user.restricted,
        "authentication_type": "password", "user_type": "default",
    })))
}

/// When a token was made that is older than the demo cloud: with the account.
const ACTIVE_SINCE: &str = "2018-01-02T03:04:05";

fn token_reply(user: &User) -> Value {
    let listed = &user.listed;
    let created = listed.created.map(linode_time);
    json!({
        "id": listed.id, "label": listed.label, "token": listed.shown, "scopes": user.scopes,
        "created": created.unwrap_or_else(|| ACTIVE_SINCE.to_owned()),
        "expiry": user.expires.map(linode_time),
    })
}

pub(super) fn tokens(world: &mut World, call: &Call) -> Answer {
    let own = world.tokens.of(&call.user, call.at);
    Ok(Reply::Page {
        rows: own.iter().map(token_reply).collect(),
        filterable: &["created", "label"],
    })
}

pub(super) fn token(world: &mut World, call: &Call) -> Answer {
    let own = world.tokens.of(&call.user, call.at);
    let found = own.iter().find(|one| one.listed.id == call.id(0));
    let found = found.ok_or_else(Refusal::not_found)?;
    Ok(Reply::One(token_reply(found)))
}

pub(super) fn grants(_: &mut World, call: &Call) -> Answer {
    if !call.user.restricted {
        return Ok(Reply::NoContent);
    }
    let mut grants = json!({
        "global": {
            "account_access": null, "add_firewalls": false, "add_linodes": false,
            "add_nodebalancers": false, "add_volumes": false, "add_lkes": false,
            "add_kubernetes": false,
        },
        "linode": [], "firewall": [], "nodebalancer": [], "volume": [], "lkecluster": [],
    });
    if let (Some(all), Some(own)) = (grants.as_object_mut(), call.user.grants.as_object()) {
        all.extend(own.clone());
    }
    Ok(Reply::One(grants))
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    wants::may_account(call, Access::Read)?;
    let uninvoiced = dollars(invoices::uninvoiced(world, call));
    let account = &call.user.account;
    Ok(Reply::One(json!({
        "company": format!("Demo {account}"), "email": format!("{account}@example.com"),
        "first_name": "", "last_name": "", "address_1": "", "address_2": "", "city": "",
        "state": "", "zip": "", "country": "US", "phone": "", "balance": 0.0, "tax_id": "",
        "billing_source": "linode", "credit_card": {"last_four": null, "expiry": null},
        "balance_uninvoiced": uninvoiced, "active_since": ACTIVE_SINCE,
        "capabilities": [
            "Linodes", "NodeBalancers", "Block Storage", "Object Storage", "Kubernetes",
            "Cloud Firewall", "Vlans", "LKE HA Control Planes", "Block Storage Encryption",
            "Machine Images", "Managed Databases", "VPCs",
            "LKE Network Access Control List (IP ACL)", "Placement Group", "Disk Encryption",
        ],
        "active_promotions": [], "euuid": euuid(world, account),
    })))
}

pub(super) fn settings(_: &mut World, call: &Call) -> Answer {
    wants::may_account(call, Access::Read)?;
    Ok(Reply::One(json!({
        "managed": false, "network_helper": true, "longview_subscription": null,
        "backups_enabled": false, "object_storage": "disabled",
        "interfaces_for_new_linodes": "legacy_config_default_but_linode_allowed",
        "maintenance_policy": "linode/migrate",
    })))
}

pub(super) fn transfer(_: &mut World, call: &Call) -> Answer {
    wants::may_account(call, Access::Read)?;
    // Two regions have quotas of their own.
    let own = |region: &str| json!({"id": region, "quota": 0, "used": 0, "billable": 0});
    Ok(Reply::One(json!({
        "quota": 0, "used": 0, "billable": 0,
        "region_transfers": [own("id-cgk"), own("br-gru")],
    })))
}

fn available(region: &str) -> Value {
    json!({
        "region": region, "unavailable": [],
        "available": ["Linodes", "NodeBalancers", "Block Storage", "Kubernetes"],
    })
}

pub(super) fn availability(_: &mut World, call: &Call) -> Answer {
    wants::may_account(call, Access::Read)?;
    let rows = catalog::REGIONS
        .iter()
        .map(|region| available(region.id))
        .collect();
    Ok(Reply::Page {
        rows,
        filterable: &[],
    })
}

pub(super) fn region_availability(_: &mut World, call: &Call) -> Answer {
    wants::may_account(call, Access::Read)?;
    let region = catalog::region(call.word(0)).ok_or_else(Refusal::not_found)?;
    Ok(Reply::One(available(region.id)))
}

pub(super) fn events(world: &mut World, call: &Call) -> Answer {
    let rows = world.events.rows(&call.user.account, call.at);
    let recent = linode_time(crate::clock::later(
        call.at,
        -1000 * i64::from(call.lag_seconds),
    ));
    let shown = |row: &Value| {
        call.lag_seconds == 0 || row["created"].as_str().is_some_and(|at| *at <= *recent)
    };
    let rows = rows
        .into_iter()
        .filter(|row| shown(row) && may_know(call, row));
    let rows = rows.collect();
    Ok(Reply::Page {
        rows,
        filterable: &[
            "action",
            "created",
            "details.complete_time",
            "details.description",
            "details.maintenance_policy_set",
            "details.not_before",
            "details.source",
            "details.start_time",
            "entity.id",
            "entity.type",
            "id",
            "read",
        ],
    })
}

/// A restricted user knows of what happens to things that they may look at.
fn may_know(call: &Call, row: &Value) -> bool {
    let (kind, id) = (&row["entity"]["type"], &row["entity"]["id"]);
    let access = |kind| call.user.access(kind, id.as_u64().unwrap_or(0));
    kind.as_str()
        .is_some_and(|kind| access(kind) >= Access::Read)
}

pub(super) fn event(world: &mut World, call: &Call) -> Answer {
    let row = world.events.row(&call.user.account, call.id(0), call.at);
    let row = row.filter(|row| may_know(call, row));
    row.map(Reply::One).ok_or_else(Refusal::not_found)
}

pub(super) fn event_seen(world: &mut World, call: &Call) -> Answer {
    event(world, call)?;
    let (account, id) = (&call.user.account, call.id(0));
    let seen = world.events.mark_seen(account, id, call.at);
    seen.then(Reply::nothing).ok_or_else(Refusal::not_found)
}
