//! Pages that need not be written again. Those of the catalog are kept for the whole process: it is
//! the same for every cloud, and a campaign asks for it in each of its clouds. Those of what there is
//! in a cloud are kept until something changes in it: whoever waits asks for the same page over and
//! over.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::Ask;
use super::routes::Route;
use crate::store::World;
use crate::tokens::User;

/// More pages are not kept: an odd page size each time would fill the memory.
const PAGES_MAX: usize = 256;

static PAGES: Mutex<BTreeMap<String, Bytes>> = Mutex::new(BTreeMap::new());

/// Under what the reply to this call is kept; `None`: it depends on more than the catalog.
pub(super) fn key(world: &World, route: &Route, ask: &Ask) -> Option<String> {
    let plain = route.scope.is_none() && ask.method == "GET" && ask.filter.is_none();
    plain.then(|| {
        let (dear, hidden) = (world.price_permille, world.switches.gpu_prices_hidden);
        let retired = world.retired.len();
        format!("{}?{} {dear} {hidden} {retired}", ask.path, ask.query)
    })
}

/// The page, when it was written before.
pub(super) fn page(key: &str) -> Option<Bytes> {
    let pages = PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    pages.get(key).cloned()
}

/// Keeps a page.
pub(super) fn keep(key: String, page: &Bytes) {
    let mut pages = PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    if pages.len() < PAGES_MAX {
        pages.insert(key, page.clone());
    }
}

/// Endpoints whose reply follows from what there is and from who asks, and not from the time.
const TIMELESS: &[&str] = &[
    "/lke/clusters",
    "/lke/clusters/{id}",
    "/lke/clusters/{id}/pools",
    "/linode/instances",
    "/linode/instances/{id}",
    "/networking/firewalls",
    "/networking/firewalls/{id}/devices",
    "/nodebalancers",
    "/volumes",
];

/// The pages of one cloud, by who asked for what.
#[derive(Debug, Default)]
pub(crate) struct Shown(BTreeMap<String, Bytes>);

impl Shown {
    pub(super) fn page(&self, key: &str) -> Option<Bytes> {
        self.0.get(key).cloned()
    }

    pub(super) fn keep(&mut self, key: String, page: &Bytes) {
        if self.0.len() < PAGES_MAX {
            self.0.insert(key, page.clone());
        }
    }
}

/// Under what the reply to this call is kept; `None`: it depends on more. A list that does not show
/// what is new changes by itself, and what a restricted user sees hangs on each grant. A fault may
/// lend a token another account or other scopes.
pub(super) fn shown_key(
    route: &Route,
    ask: &Ask,
    user: Option<&User>,
    lag_seconds: u32,
) -> Option<String> {
    let timeless = ask.method == "GET" && lag_seconds == 0 && TIMELESS.contains(&route.path);
    let user = user.filter(|user| timeless && !user.restricted)?;
    let filter = ask.filter.as_deref().unwrap_or_default();
    let who = [&user.key, &user.account, &user.scopes].map(String::as_str);
    Some(
        [&who[..], &[&ask.path, &ask.query, filter]]
            .concat()
            .join("\n"),
    )
}

impl World {
    /// Forgets the pages when something has changed since.
    pub(crate) fn keep_pages_no_longer(&mut self) {
        if std::mem::take(&mut self.dirty) {
            self.unsaved = true;
            self.shown = Shown::default();
        }
    }
}
