//! The tray and notifications, with a desktop on the session bus that shows both.

#![expect(
    clippy::disallowed_types,
    clippy::unused_self,
    clippy::used_underscore_binding,
    reason = "the bus's own interfaces"
)]

use anyhow::{Context, Result, ensure};
use quaylight_tests::job::{deploy, new_cluster, shots};
use quaylight_tests::window::{Album, Window};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, connection, interface, proxy};

type Heard = Arc<Mutex<Vec<String>>>;

fn note(heard: &Heard, what: &str) {
    let mut all = heard.lock().unwrap_or_else(PoisonError::into_inner);
    all.push(what.to_owned());
}

fn all(heard: &Heard) -> Vec<String> {
    heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Where icons ask for a place.
struct Watcher(Heard);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: &str) {
        note(&self.0, service);
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        all(&self.0)
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

/// Who shows notifications.
struct Server(Heard);

#[interface(name = "org.freedesktop.Notifications")]
impl Server {
    #[expect(clippy::too_many_arguments, reason = "the desktop's own interface")]
    fn notify(
        &self,
        _app: &str,
        _replaces: u32,
        _icon: &str,
        _summary: &str,
        body: &str,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        note(&self.0, body);
        1
    }

    fn get_capabilities(&self) -> Vec<String> {
        vec!["body".to_owned()]
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        let word = || "test".to_owned();
        (word(), word(), word(), "1.2".to_owned())
    }
}

type Tip = (String, Vec<(i32, i32, Vec<u8>)>, String, String);

#[proxy(
    interface = "org.kde.StatusNotifierItem",
    default_path = "/StatusNotifierItem"
)]
trait Item {
    #[zbus(property(emits_changed_signal = "false"))]
    fn tool_tip(&self) -> zbus::Result<Tip>;
}

/// A desktop that shows an icon and notifications.
async fn desktop(items: &Heard, told: &Heard) -> Result<Connection> {
    Ok(connection::Builder::session()?
        .serve_at("/StatusNotifierWatcher", Watcher(Arc::clone(items)))?
        .serve_at("/org/freedesktop/Notifications", Server(Arc::clone(told)))?
        .name("org.kde.StatusNotifierWatcher")?
        .name("org.freedesktop.Notifications")?
        .build()
        .await?)
}

async fn tip(bus: &Connection, items: &Heard) -> Result<String> {
    let item = all(items).pop().context("no icon asked for a place")?;
    let proxy = ItemProxy::builder(bus).destination(item)?.build().await?;
    Ok(proxy.tool_tip().await?.3)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tray_says_what_runs_and_a_cluster_that_is_ready_is_told() -> Result<()> {
    let (items, told) = (Heard::default(), Heard::default());
    let bus = desktop(&items, &told).await?;
    let home = tempfile::tempdir()?;
    let mut window = Window::open(home.path(), Album::new(shots("tray"))?).await?;
    window.find("new-cluster").await?;
    let mut first = tip(&bus, &items).await;
    for _ in 0..100 {
        if first.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        first = tip(&bus, &items).await;
    }
    let first = first?;
    ensure!(first == "Nothing is running", "{first}");
    new_cluster(&mut window).await?;
    deploy(&mut window).await?;
    let running = tip(&bus, &items).await?;
    window.say(format!("tray: {running}"));
    ensure!(running.contains("$0.65/h on the demo cloud"), "{running}");
    for _ in 0..100 {
        if !all(&told).is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    ensure!(
        all(&told) == ["ada-lke-gpu-kubeflow is ready."],
        "{:?}",
        all(&told)
    );
    window.close().await?.save()
}
