//! `/account/events`: what happened, newest last.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::linode_time;
use crate::store::World;

/// One event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    id: u64,
    pub account: String,
    at: Timestamp,
    action: String,
    status: String,
    username: String,
    entity: Entity,
}

/// What an event is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entity {
    /// linode, lkecluster, firewall, nodebalancer or volume.
    kind: String,
    id: u64,
    label: String,
    url: String,
}

impl Entity {
    pub(crate) fn new(kind: &str, id: u64, label: &str) -> Self {
        let folder = match kind {
            "lkecluster" => "lke/clusters",
            "firewall" => "networking/firewalls",
            "nodebalancer" => "nodebalancers",
            "volume" => "volumes",
            _ => "linode/instances",
        };
        Self {
            kind: kind.to_owned(),
            id,
            label: label.to_owned(),
            url: format!("/v4/{folder}/{id}"),
        }
    }

    /// As events and devices show it.
    pub(crate) fn reply(&self) -> Value {
        json!({"id": self.id, "type": self.kind, "label": self.label, "url": self.url})
    }
}

/// All events.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Events {
    all: Vec<Event>,
}

impl Events {
    /// The rows of an account, newest first, as the API lists them.
    pub(crate) fn rows(&self, account: &str) -> Vec<Value> {
        self.all
            .iter()
            .rev()
            .filter(|event| event.account == account)
            .map(Event::reply)
            .collect()
    }

    /// One event of an account.
    pub(crate) fn row(&self, account: &str, id: u64) -> Option<Value> {
        let mine = |event: &&Event| event.account == account && event.id == id;
        self.all.iter().find(mine).map(Event::reply)
    }
}

impl Event {
    fn reply(&self) -> Value {
        let finished = self.status == "finished";
        json!({
            "id": self.id, "created": linode_time(self.at), "seen": false, "read": false,
            "percent_complete": finished.then_some(100), "time_remaining": null, "rate": null,
            "duration": finished.then_some(0.0), "action": self.action,
            "username": self.username, "entity": self.entity.reply(), "status": self.status,
            "secondary_entity": null, "message": "", "details": {},
        })
    }
}

impl World {
    /// Something happened. Cluster events are mere notifications, Linodes' finish.
    pub(crate) fn event(
        &mut self,
        at: Timestamp,
        account: &str,
        username: &str,
        action: &str,
        entity: Entity,
    ) {
        let id = self.next_id("event", 1_586_000_000);
        let status = if action.starts_with("linode") {
            "finished"
        } else {
            "notification"
        };
        self.events.all.push(Event {
            id,
            account: account.to_owned(),
            at,
            action: action.to_owned(),
            status: status.to_owned(),
            username: username.to_owned(),
            entity,
        });
    }
}
