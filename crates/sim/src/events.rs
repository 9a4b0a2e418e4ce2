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
    /// What else it is about: the service that a firewall guards, the Linode that a volume is at.
    #[serde(default)]
    secondary: Option<Entity>,
    /// When what had started was finished.
    #[serde(default)]
    finished: Option<Timestamp>,
    #[serde(default)]
    seen: bool,
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

/// How long an event is kept.
const KEPT_HOURS: i64 = 90 * 24;

/// What takes its time: it starts, and finishes later with a duration. Everything else is a mere
/// notification, as recorded.
const LASTING: &[&str] = &[
    "linode_boot",
    "linode_create",
    "linode_delete",
    "volume_create",
];

impl Events {
    /// The events of an account that are still kept, oldest first.
    fn kept(&self, account: &str, now: Timestamp) -> impl DoubleEndedIterator<Item = &Event> {
        let kept = move |event: &&Event| now.duration_since(event.at).as_hours() < KEPT_HOURS;
        self.all
            .iter()
            .filter(kept)
            .filter(move |event| event.account == account)
    }

    /// The rows of an account, newest first, as the API lists them.
    pub(crate) fn rows(&self, account: &str, now: Timestamp) -> Vec<Value> {
        self.kept(account, now).rev().map(Event::reply).collect()
    }

    /// One event of an account.
    pub(crate) fn row(&self, account: &str, id: u64, now: Timestamp) -> Option<Value> {
        let mut kept = self.kept(account, now);
        kept.find(|event| event.id == id).map(Event::reply)
    }

    /// The account's users know of this event now; whether there is such an event.
    pub(crate) fn mark_seen(&mut self, account: &str, id: u64, now: Timestamp) -> bool {
        if self.row(account, id, now).is_none() {
            return false;
        }
        for event in self.all.iter_mut().filter(|event| event.id == id) {
            event.seen = true;
        }
        true
    }
}

impl Event {
    fn reply(&self) -> Value {
        let percent = match self.status.as_str() {
            "finished" => Some(100),
            "started" => Some(0),
            _ => None,
        };
        let ms = |end: Timestamp| end.as_millisecond() - self.at.as_millisecond();
        let duration = self.finished.map(|end| ms(end) as f64 / 1000.0);
        json!({
            "id": self.id, "created": linode_time(self.at), "seen": self.seen, "read": self.seen,
            "percent_complete": percent, "time_remaining": null, "rate": null,
            "duration": duration, "action": self.action, "username": self.username,
            "entity": self.entity.reply(), "status": self.status,
            "secondary_entity": self.secondary.as_ref().map(Entity::reply), "message": "",
            "details": {},
        })
    }
}

impl World {
    /// Something happened.
    pub(crate) fn event(
        &mut self,
        at: Timestamp,
        account: &str,
        username: &str,
        action: &str,
        entity: Entity,
    ) {
        self.event_between(at, (account, username), action, entity, None);
    }

    /// Something happened between two things, on an account by a user.
    pub(crate) fn event_between(
        &mut self,
        at: Timestamp,
        (account, username): (&str, &str),
        action: &str,
        entity: Entity,
        secondary: Option<Entity>,
    ) {
        let id = self.next_id("event", 1_586_000_000);
        let status = if LASTING.contains(&action) {
            "started"
        } else {
            "notification"
        };
        let kept = |event: &Event| at.duration_since(event.at).as_hours() < KEPT_HOURS;
        self.events.all.retain(kept);
        self.events.all.push(Event {
            id,
            account: account.to_owned(),
            at,
            action: action.to_owned(),
            status: status.to_owned(),
            username: username.to_owned(),
            entity,
            secondary,
            finished: None,
            seen: false,
        });
    }

    /// What had started with the thing `entity` is finished.
    pub(crate) fn finish_event(&mut self, at: Timestamp, action: &str, entity: u64) {
        let of = |event: &&mut Event| {
            event.action == action && event.entity.id == entity && event.status == "started"
        };
        if let Some(event) = self.events.all.iter_mut().rev().find(of) {
            "finished".clone_into(&mut event.status);
            event.finished = Some(at);
        }
    }
}
