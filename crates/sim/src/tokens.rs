//! Who asks. A bearer token that nobody made is a user of its own with all scopes on the default
//! account; others are made at `/_demo/tokens`. The text of a token is never kept: a live token
//! that came here by mistake must not end in the state's file. Of those that were made here the first
//! characters are kept, since Linode lists tokens by them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::draw;

/// The account of everyone who was not given another.
pub(crate) const DEFAULT_ACCOUNT: &str = "default";

/// What scopes are of, as Linode's documents list them.
pub(crate) const AREAS: &[&str] = &[
    "account",
    "databases",
    "domains",
    "events",
    "firewall",
    "images",
    "ips",
    "linodes",
    "lke",
    "longview",
    "nodebalancers",
    "object_storage",
    "stackscripts",
    "volumes",
    "vpc",
];

/// A user with a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct User {
    /// A digest of the token.
    pub key: String,
    pub name: String,
    pub account: String,
    /// Space-separated, `*` for all.
    pub scopes: String,
    pub restricted: bool,
    /// As `/profile/grants` shows them.
    pub grants: Value,
    pub expires: Option<Timestamp>,
    /// As `/profile/tokens` shows it.
    #[serde(default)]
    pub listed: Listed,
}

/// What a token is to those who may list it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub id: u64,
    pub label: String,
    /// The first 16 characters of the token.
    pub shown: String,
    /// `None`: before this cloud began.
    pub created: Option<Timestamp>,
}

/// The tokens that were made here.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tokens {
    made: BTreeMap<String, User>,
    /// Who asked before, by the token's hashes and the end of those that nobody made.
    #[serde(skip)]
    asked: BTreeMap<(u64, u64, Option<Timestamp>), Arc<User>>,
}

/// So many that asked are remembered.
const ASKED_MAX: usize = 64;

/// What a restricted user may do with something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    /// It does not exist for this user.
    None,
    /// Look.
    Read,
    /// Anything.
    Write,
}

impl Tokens {
    /// The user of a token; `None` when it has expired. One that nobody made ends at `others_end`.
    pub(crate) fn user(
        &mut self,
        token: &str,
        now: Timestamp,
        others_end: Option<Timestamp>,
    ) -> Option<Arc<User>> {
        let hashes = hashes(token);
        let asks = (hashes.0, hashes.1, others_end);
        let known = self.asked.get(&asks).cloned();
        let user = known.unwrap_or_else(|| {
            let key = digest(hashes);
            let user = Arc::new(self.made.get(&key).cloned().unwrap_or_else(|| {
                let mut user = anyone(key);
                user.expires = others_end;
                user.listed.shown = shown(token);
                user
            }));
            if self.asked.len() >= ASKED_MAX {
                self.asked.clear();
            }
            self.asked.insert(asks, Arc::clone(&user));
            user
        });
        user.is_valid(now).then_some(user)
    }

    /// The tokens of the user who asks that are still valid, by id.
    pub(crate) fn of(&self, asks: &User, now: Timestamp) -> Vec<User> {
        let same = |one: &&User| one.account == asks.account && one.name == asks.name;
        let mut all: Vec<User> = self.made.values().filter(same).cloned().collect();
        if all.iter().all(|one| one.key != asks.key) {
            all.push(asks.clone());
        }
        all.retain(|one| one.is_valid(now));
        all.sort_by_key(|one| one.listed.id);
        all
    }

    /// A user by the digest of the token.
    pub(crate) fn by_key(&self, key: &str) -> User {
        self.made
            .get(key)
            .cloned()
            .unwrap_or_else(|| anyone(key.to_owned()))
    }

    /// Makes a token known.
    pub(crate) fn add(&mut self, token: &str, mut user: User) {
        user.key = digest(hashes(token));
        user.listed.shown = shown(token);
        self.asked.clear();
        self.made.insert(user.key.clone(), user);
    }

    /// The user of this token may do everything with what they have made themselves.
    pub(crate) fn grant(&mut self, key: &str, kind: &str, id: u64, label: &str) {
        let Some(user) = self.made.get_mut(key).filter(|user| user.restricted) else {
            return;
        };
        self.asked.clear();
        let Some(grants) = user.grants.as_object_mut() else {
            return;
        };
        let own = serde_json::json!({"id": id, "label": label, "permissions": "read_write"});
        let list = grants
            .entry(kind)
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Some(list) = list.as_array_mut() {
            list.push(own);
        }
    }
}

fn anyone(key: String) -> User {
    let id = draw::hash(&key) % 10_000_000;
    User {
        listed: Listed {
            id,
            label: "demo".to_owned(),
            ..Listed::default()
        },
        name: format!("demo-{}", &key[..6]),
        key,
        account: DEFAULT_ACCOUNT.to_owned(),
        scopes: "*".to_owned(),
        restricted: false,
        grants: Value::Null,
        expires: None,
    }
}

/// What Linode shows of a token once it is made.
fn shown(token: &str) -> String {
    token.chars().take(16).collect()
}

fn hashes(token: &str) -> (u64, u64) {
    (draw::hash(token), draw::hash_all(["second ", token]))
}

fn digest((first, second): (u64, u64)) -> String {
    format!("{first:016x}{second:016x}")
}

impl User {
    fn is_valid(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|end| end > now)
    }

    /// Whether the scopes include `needed`, such as `lke:read_only`; `*` asks for nothing. Writing
    /// includes reading.
    pub(crate) fn has(&self, needed: &str) -> bool {
        let (area, _) = needed.split_once(':').unwrap_or((needed, ""));
        self.scopes.split([' ', ',']).any(|scope| {
            needed == "*"
                || scope == "*"
                || scope == needed
                || scope == format!("{area}:*")
                || scope == format!("{area}:read_write")
        })
    }

    /// The token has no scope of this area any more; whether it had one.
    pub(crate) fn lose_area(&mut self, lost: &str) -> bool {
        if !self.has(&format!("{lost}:read_only")) {
            return false;
        }
        let all = self.scopes.split([' ', ',']).any(|scope| scope == "*");
        let of = |scope: &str| scope.split_once(':').map_or(scope, |(area, _)| area) == lost;
        let left: Vec<String> = if all {
            let others = AREAS.iter().filter(|area| **area != lost);
            others.map(|area| format!("{area}:read_write")).collect()
        } else {
            let kept = self.scopes.split([' ', ',']).filter(|scope| !of(scope));
            kept.map(str::to_owned).collect()
        };
        self.scopes = left.join(" ");
        true
    }

    /// What this user may do with the thing `id` of `kind`, a key of the grants such as `linode`.
    pub(crate) fn access(&self, kind: &str, id: u64) -> Access {
        if !self.restricted {
            return Access::Write;
        }
        let granted = self
            .grants
            .get(kind)
            .and_then(Value::as_array)
            .and_then(|list| {
                list.iter()
                    .find(|grant| grant.get("id").and_then(Value::as_u64) == Some(id))
            });
        match granted
            .and_then(|grant| grant.get("permissions"))
            .and_then(Value::as_str)
        {
            Some("read_write") => Access::Write,
            Some("read_only") => Access::Read,
            Some(_) | None => Access::None,
        }
    }

    /// What this user may do with the account itself: its settings and its bills.
    pub(crate) fn account_access(&self) -> Access {
        let global = self.grants.get("global");
        let granted = global.and_then(|all| all.get("account_access"));
        match granted.and_then(Value::as_str) {
            _ if !self.restricted => Access::Write,
            Some("read_write") => Access::Write,
            Some("read_only") => Access::Read,
            Some(_) | None => Access::None,
        }
    }

    /// Whether this user may make things: `add_lkes` and the like.
    pub(crate) fn may_add(&self, global: &str) -> bool {
        let granted = |name: &str| {
            self.grants
                .get("global")
                .and_then(|all| all.get(name))
                .and_then(Value::as_bool)
        };
        !self.restricted || granted(global) == Some(true)
    }
}
