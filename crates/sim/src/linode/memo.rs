//! Pages of the catalog, written once a process: it is the same for every cloud, and a campaign
//! asks for it in each of its clouds.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::Ask;
use super::routes::Route;
use crate::store::World;

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
