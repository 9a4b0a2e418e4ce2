//! Nodes and pods as they are now: a listing, and since then a watch that tells each change.
//!
//! What is kept is given away only while the server is heard of. It ends a watch in order when the
//! [`LENGTH`] is over that it was asked for, also where nothing happened; so one that is refused, that
//! is over at once without a word, or that is not ended in time (a connection that is open on this
//! side only) leaves nothing kept, and the next question lists and fails as it would have without. One
//! that ended in its time, or was heard and then ended or was cut, goes on at once from the last
//! version: nothing is missed in between, or the server says that it cannot tell (410).
//!
//! Deliberately absent: waiting and trying again, which are the engine's. `kube::runtime::watcher`
//! does both, and tells nobody of the ends by which a quiet watch shows that it is alive.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::inside::{NodeInside, Pod};
use futures::{TryStreamExt as _, pin_mut};
use k8s_openapi::api::core::v1;
use kube::api::{WatchEvent, WatchParams};
use kube::core::Request;
use kube::{Client, Error, Resource};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::watch::Sender;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

use crate::inside::{PodRead, Whole};
use crate::read::{self, Odd};

/// How long each watch is asked to last, in seconds: shorter than a reply may be silent.
const LENGTH_SECONDS: u32 = 20;
/// The same.
const LENGTH: Duration = Duration::from_secs(LENGTH_SECONDS as u64);
/// How much later than asked it may end.
const GRACE: Duration = Duration::from_secs(5);
/// How much sooner than asked it ends in its time: two clocks measure it.
const EARLY: Duration = Duration::from_secs(1);
/// Pods that take up nothing are not read.
const UNDER_WAY: &str = "status.phase!=Succeeded,status.phase!=Failed";

/// Namespace and name.
type Key = (String, String);
/// `None`: it is not known any more.
type Kept<R> = Arc<Mutex<Option<BTreeMap<Key, R>>>>;

/// What is shown of an object that is listed and watched.
pub(crate) trait Row: Odd + Clone + PartialEq + Debug + Send + 'static {
    /// The object's kind.
    type Object: Resource<DynamicType = ()>;
    /// What of it is read.
    type Read: DeserializeOwned + Into<Self>;
    /// In the name of an operation.
    const WHAT: &'static str;
    /// Which of them, as a field selector.
    const FIELDS: &'static str;
    /// What names it.
    fn key(&self) -> Key;
}

impl Row for NodeInside {
    type Object = v1::Node;
    type Read = Whole;
    const WHAT: &'static str = "nodes";
    const FIELDS: &'static str = "";
    fn key(&self) -> Key {
        (String::new(), self.node.name.clone())
    }
}

impl Row for Pod {
    type Object = v1::Pod;
    type Read = PodRead;
    const WHAT: &'static str = "pods";
    const FIELDS: &'static str = UNDER_WAY;
    fn key(&self) -> Key {
        (self.namespace.clone(), self.name.clone())
    }
}

/// What is watched of a cluster, and who hears of it.
#[derive(Default)]
pub(crate) struct Watches {
    pub(crate) nodes: Watch<NodeInside>,
    pub(crate) pods: Watch<Pod>,
    /// Rung when a row is another than before, and when a watch that was heard is over.
    pub(crate) bell: Sender<()>,
}

/// The rows of one kind, while they are known. The watch ends with this value.
pub(crate) struct Watch<R>(Mutex<Option<(Kept<R>, Ends)>>);

impl<R> Default for Watch<R> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Ends a task when it is dropped.
struct Ends(AbortHandle);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<R: Row> Watch<R> {
    /// As they are now; `None`: they have to be listed.
    pub(crate) fn rows(&self) -> Option<Vec<R>> {
        let going = lock(&self.0);
        let kept = going.as_ref().map(|(kept, _)| lock(kept))?;
        Some(kept.as_ref()?.values().cloned().collect())
    }

    /// Whether they are known now.
    pub(crate) fn is_going(&self) -> bool {
        let going = lock(&self.0);
        going.as_ref().is_some_and(|(kept, _)| lock(kept).is_some())
    }

    /// Goes on from a listing of this version.
    pub(crate) fn begin(&self, client: Client, bell: Sender<()>, rows: &[R], version: String) {
        let rows = rows.iter().map(|row| (row.key(), row.clone())).collect();
        let kept: Kept<R> = Arc::new(Mutex::new(Some(rows)));
        let follow = Follow {
            client,
            kept: Arc::clone(&kept),
            bell,
            version,
        };
        let task = tokio::spawn(follow.go_on()).abort_handle();
        *lock(&self.0) = Some((kept, Ends(task)));
    }
}

/// A watch that goes on.
struct Follow<R> {
    client: Client,
    kept: Kept<R>,
    bell: Sender<()>,
    /// The last that was heard of.
    version: String,
}

impl<R: Row> Follow<R> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a watch's length is a socket timeout, in real time"
    )]
    async fn go_on(mut self) {
        let mut ever_heard = false;
        loop {
            let (begun, mut heard) = (Instant::now(), false);
            let ended = timeout(LENGTH + GRACE, self.once(&mut heard)).await;
            heard |= matches!(ended, Ok(Ok(()))) && begun.elapsed() + EARLY >= LENGTH;
            ever_heard |= heard;
            match ended {
                Ok(Ok(())) if heard => {}
                Ok(Err(error)) if heard && !matches!(error, Error::Api(_)) => {
                    tracing::debug!(%error, what = R::WHAT, "a watch was cut");
                }
                over => {
                    tracing::debug!(?over, heard, what = R::WHAT, "a watch is over");
                    break;
                }
            }
        }
        *lock(&self.kept) = None;
        // Who may list and not watch is not asked to list again and again.
        if ever_heard {
            self.bell.send_replace(());
        }
    }

    /// One request, until its reply ends. `heard`: whether anything was told meanwhile.
    async fn once(&mut self, heard: &mut bool) -> kube::Result<()> {
        let mut wanted = WatchParams::default().timeout(LENGTH_SECONDS);
        if !R::FIELDS.is_empty() {
            wanted = wanted.fields(R::FIELDS);
        }
        let path = Request::new(R::Object::url_path(&(), None));
        let request = path.watch(&wanted, &self.version);
        let request = request.map_err(Error::BuildRequest)?;
        let events = self.client.request_events::<Value>(request).await?;
        pin_mut!(events);
        while let Some(event) = events.try_next().await? {
            self.take_in(event)?;
            *heard = true;
        }
        Ok(())
    }

    fn take_in(&mut self, event: WatchEvent<Value>) -> kube::Result<()> {
        let (object, there) = match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => (object, true),
            WatchEvent::Deleted(object) => (object, false),
            WatchEvent::Bookmark(mark) => {
                self.version = mark.metadata.resource_version;
                return Ok(());
            }
            WatchEvent::Error(status) => return Err(Error::Api(status)),
        };
        let row = read::row::<R::Read, R>(&object);
        let key = row.key();
        let mut kept = lock(&self.kept);
        let rows = kept.get_or_insert_default();
        let is_news = if there {
            rows.get(&key) != Some(&row) && {
                rows.insert(key, row);
                true
            }
        } else {
            rows.remove(&key).is_some()
        };
        drop(kept);
        if let Some(version) = read::text(&object, "/metadata/resourceVersion") {
            self.version = version;
        }
        if is_news {
            self.bell.send_replace(());
        }
        Ok(())
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
