//! Complete listings: every page, as many rows as announced, no row twice. Anything less is
//! `Unknown`, because an absent row would read as "gone".

use crate::call::{Caller, Counted};
use crate::failure::Unreadable;
use engine::ports::{Answer, Failure, Kind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::cmp::Ordering;

/// Linode's upper limit.
const PAGE_SIZE: usize = 500;
/// More pages than any account has; a reply that announces more is nonsense.
const PAGES_MAX: u32 = 400;

#[derive(Deserialize)]
struct Page<T> {
    data: Vec<T>,
    #[serde(rename = "page")]
    number: u32,
    pages: u32,
    results: usize,
}

impl Caller {
    /// Every row of a collection; `key` is what no two rows share.
    pub(crate) async fn list<T: DeserializeOwned, K: Ord>(
        &self,
        counted: Counted,
        operation: &str,
        path: &str,
        key: impl Fn(&T) -> K,
    ) -> Answer<Vec<T>> {
        let order = |one: &T, other: &T| key(one).cmp(&key(other));
        self.list_by(counted, operation, path, order).await
    }

    /// The same for rows whose key is dear to copy: `order` says whether two have the same.
    pub(crate) async fn list_by<T: DeserializeOwned>(
        &self,
        counted: Counted,
        operation: &str,
        path: &str,
        order: impl Fn(&T, &T) -> Ordering,
    ) -> Answer<Vec<T>> {
        let incomplete = |why: String| {
            let mut failure = Failure::new(Kind::Unknown, operation);
            failure.status = Some(200);
            failure.cause = Some(Box::new(Unreadable(format!("incomplete listing: {why}"))));
            failure
        };
        let mut rows: Vec<T> = Vec::new();
        let mut announced = None;
        let mut number = 1;
        loop {
            let address = format!("{path}?page={number}&page_size={PAGE_SIZE}");
            let page: Page<T> = self.get(counted, operation, &address).await?;
            if page.number != number {
                return Err(incomplete(format!(
                    "page {} came for page {number}",
                    page.number
                )));
            }
            if page.pages > PAGES_MAX {
                return Err(incomplete(format!("{} pages are announced", page.pages)));
            }
            let first = *announced.get_or_insert((page.pages, page.results));
            if first != (page.pages, page.results) {
                return Err(incomplete("it changed from page to page".to_owned()));
            }
            rows.extend(page.data);
            if number >= page.pages {
                break;
            }
            number += 1;
        }
        let results = announced.map_or(0, |(_, results)| results);
        if rows.len() != results {
            let why = format!("{} rows came, {results} were announced", rows.len());
            return Err(incomplete(why));
        }
        let mut sorted: Vec<&T> = rows.iter().collect();
        sorted.sort_unstable_by(|one, other| order(one, other));
        if sorted.windows(2).any(|two| order(two[0], two[1]).is_eq()) {
            return Err(incomplete("a row came twice".to_owned()));
        }
        Ok(rows)
    }
}
