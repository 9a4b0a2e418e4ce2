//! What a process was told by the cloud: what its screen may claim, and what its searches rest on.
//! Replies are kept as they came and read once, when somebody asks.

use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::cell::OnceCell;
use std::collections::VecDeque;

/// The collections that a complete search reads.
pub(crate) const SEARCHED: [&str; 5] = [
    "/v4/lke/clusters",
    "/v4/linode/instances",
    "/v4/nodebalancers",
    "/v4/volumes",
    "/v4/networking/firewalls",
];
/// Where clusters are listed.
const CLUSTERS: &str = SEARCHED[0];
/// Where machines are listed.
pub(crate) const LINODES: &str = SEARCHED[1];
/// So many replies are remembered: more than come between two looks.
const KEPT: usize = 2000;

/// The listings that one process was given, in order.
#[derive(Debug, Default)]
pub(crate) struct Heard(VecDeque<Listing>);

#[derive(Debug)]
struct Listing {
    at: Timestamp,
    path: String,
    body: Bytes,
    /// `None`: it is no JSON.
    read: OnceCell<Option<Value>>,
}

/// As many rows as a listing counts, or not.
#[derive(Deserialize)]
struct Counted {
    data: Vec<IgnoredAny>,
    results: usize,
}

impl Listing {
    fn is_whole(&self) -> bool {
        let counted = serde_json::from_slice::<Counted>(&self.body);
        counted.is_ok_and(|list| list.data.len() == list.results)
    }
}

impl Heard {
    /// Takes up a reply to a GET as it arrived.
    pub(crate) fn take(&mut self, path: &str, status: u16, body: &Bytes, at: Timestamp) {
        if status != 200 || !(SEARCHED.contains(&path) || path.ends_with("/pools")) {
            return;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Listing {
            at,
            path: path.to_owned(),
            body: body.clone(),
            read: OnceCell::new(),
        });
    }

    fn lists<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (Timestamp, &'a Value)> + 'a {
        let of_it = self.0.iter().rev().filter(move |one| one.path == path);
        of_it.filter_map(|one| {
            let read = || serde_json::from_slice(&one.body).ok();
            Some((one.at, one.read.get_or_init(read).as_ref()?))
        })
    }

    /// When this path was listed last with as many rows as it counts.
    pub(crate) fn whole(&self, path: &str) -> Option<Timestamp> {
        let mut of_it = self.0.iter().rev().filter(|one| one.path == path);
        of_it.find(|one| one.is_whole()).map(|one| one.at)
    }

    /// When a cluster's pools and all Linodes had both been listed whole last; or when it was in no
    /// whole listing of clusters, and has no pools.
    pub(crate) fn read_whole(&self, cluster: u64) -> Option<Timestamp> {
        let pools = self.whole(&pools(cluster)).max(self.lacking(cluster));
        Some(pools?.min(self.whole(LINODES)?))
    }

    fn lacking(&self, cluster: u64) -> Option<Timestamp> {
        let at = self.whole(CLUSTERS)?;
        let mut last = self.lists(CLUSTERS).skip_while(|(when, _)| *when > at);
        let (_, list) = last.next()?;
        let mut rows = list["data"].as_array().into_iter().flatten();
        (!rows.any(|row| row["id"] == cluster)).then_some(at)
    }

    /// Whether a Linode was said to be in a state, at this time or later.
    pub(crate) fn called(&self, linode: u64, status: &str, since: Timestamp) -> bool {
        let lists = self.lists(LINODES).take_while(|(at, _)| *at >= since);
        rows(lists).any(|row| row["id"] == linode && row["status"] == status)
    }

    /// Whether LKE said that a node is ready, at this time or later.
    pub(crate) fn ready(&self, cluster: u64, node: &str, since: Timestamp) -> bool {
        let path = pools(cluster);
        let lists = self.lists(&path).take_while(|(at, _)| *at >= since);
        let mut pools = rows(lists);
        pools.any(|pool| {
            let mut nodes = pool["nodes"].as_array().into_iter().flatten();
            nodes.any(|one| one["id"] == node && one["status"] == "ready")
        })
    }
}

fn pools(cluster: u64) -> String {
    format!("/v4/lke/clusters/{cluster}/pools")
}

fn rows<'a>(
    lists: impl Iterator<Item = (Timestamp, &'a Value)>,
) -> impl Iterator<Item = &'a Value> {
    lists.flat_map(|(_, list)| list["data"].as_array().into_iter().flatten())
}
