//! A whole life on a disk that fails, once for each call to it: nothing is POSTed that would not
//! survive a power cut, a teardown goes on from memory, and nothing is left in the cloud.

use crate::bench::Bench;
use crate::faulty::{Fails, Faulty};
use domain::DeploymentId;
use domain::progress::{CreatePhase, Progress};
use engine::facade::{Engine, For};
use engine::ports::Journals as _;
use engine::protocol::PROTOCOL;
use engine::run::End;
use http::Method;
use linode::Transport;
use local::FileJournals;
use quaylight_tests::memory::{Computer, TwinClock, start};
use serde_json::{Value, json};
use sim::{ClientAddr, Options, Twin};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tower::ServiceExt as _;

/// What one life came to.
#[derive(Debug, Default)]
struct Life {
    calls: Vec<&'static str>,
    fired: u64,
    /// Creating POSTs that were sent.
    posts: u64,
    /// Whether the create was carried to its end.
    created: bool,
    /// Whether a teardown went on from memory.
    from_memory: bool,
    /// Whether the reserve was given up.
    reserve_given: bool,
}

/// What stands in the cloud of a home whose disk fails.
struct Stand {
    twin: Twin,
    disk: Faulty,
    home: PathBuf,
    posts: Arc<Mutex<u64>>,
}

impl Stand {
    async fn engine(&self) -> Arc<Engine> {
        let journals = FileJournals::on(Arc::new(self.disk.clone()), self.home.clone(), "test");
        let computer = Computer {
            journals: Arc::new(journals),
            ..Computer::default()
        };
        let (twin, disk, posts) = (self.twin.clone(), self.disk.clone(), self.posts.clone());
        let transport = Transport::new(tower::service_fn(move |request| {
            let (twin, disk, posts) = (twin.clone(), disk.clone(), posts.clone());
            async move {
                let mut request: http::Request<bytes::Bytes> = request;
                let path = request.uri().path();
                let makes = ["/v4/lke/clusters", "/v4/networking/firewalls"].contains(&path)
                    || path.ends_with("/pools");
                if *request.method() == Method::POST && makes {
                    assert!(
                        announced(&disk).await,
                        "POST {path} without a durable record"
                    );
                    *posts.lock().unwrap() += 1;
                }
                request.extensions_mut().insert(ClientAddr::default());
                twin.service().oneshot(request).await
            }
        }));
        let clock = Arc::new(TwinClock(self.twin.clock()));
        start(computer.ports_over(&self.twin, transport, clock), &PROTOCOL).await
    }

    fn alive(&self) -> Value {
        self.twin.demo("GET", "/_demo/ledger", &Value::Null).1["alive"].clone()
    }

    /// Tears down, and gives how it ended; `None`: it was refused by the disk.
    async fn torn_down(&self, engine: &Engine, id: &DeploymentId) -> Option<End> {
        match engine.tear_down(id, "ada", &[]).await {
            Ok(()) => engine.wait(id).await,
            Err(problem) => {
                assert_eq!(problem.code, "disk_failed", "{problem:?}");
                None
            }
        }
    }
}

/// Whether what a power cut would leave of some journal has a POST that was sent and is open.
async fn announced(disk: &Faulty) -> bool {
    let left = tempfile::tempdir().unwrap();
    for (path, bytes) in disk.durable() {
        let Some(id) = path.parent().and_then(Path::file_name) else {
            continue;
        };
        if path.ends_with("journal.jsonl") {
            let folder = left.path().join("deployments").join(id);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("journal.jsonl"), bytes).unwrap();
        }
    }
    let journals = FileJournals::new(left.path().to_owned(), "power cut");
    for id in journals.list().await.unwrap() {
        let progress = Progress::fold(&journals.read(&id).await.unwrap()).unwrap();
        let steps = progress.run.iter().flat_map(|run| &run.steps);
        let mut creates = steps.filter_map(|step| step.create.as_ref());
        if creates.any(|create| create.phase == CreatePhase::Sent) {
            return true;
        }
    }
    false
}

async fn live(disk: Faulty, fails: Option<Fails>) -> Life {
    let twin = Twin::new(Options {
        seed: 5,
        start: Some("2026-11-23T10:00:00Z".parse().unwrap()),
        ..Options::default()
    });
    let home = tempfile::tempdir().unwrap();
    let stand = Stand {
        twin: twin.unwrap(),
        disk: disk.clone(),
        home: home.path().join("home"),
        posts: Arc::default(),
    };
    let fast = json!({"latency_permille": 100});
    assert_eq!(stand.twin.demo("PUT", "/_demo/switches", &fast).0, 200);
    let engine = stand.engine().await;
    let review = engine.review(Bench::spec(), For::New).await.unwrap();
    let mut life = Life::default();
    match engine.accept(&review.plan.unwrap(), false).await {
        Err(problem) => {
            assert_eq!(problem.code, "disk_failed", "{problem:?}");
            assert_eq!(*stand.posts.lock().unwrap(), 0);
        }
        Ok(id) => {
            let end = engine.wait(&id).await;
            life.created = matches!(end, Some(End::Done));
            let broken = matches!(end, Some(End::Journal(..)));
            assert!(life.created || broken, "{end:?}");
            let mut ended = stand.torn_down(&engine, &id).await;
            if ended.is_none() {
                assert_eq!(fails, Some(Fails::Once), "a teardown is refused for ever");
                ended = stand.torn_down(&engine, &id).await;
            }
            match ended {
                Some(End::Done) => {}
                Some(End::Journal(_, Some(end))) if matches!(*end, End::Done) => {
                    life.from_memory = true;
                }
                other => panic!("the teardown ended so: {other:?}"),
            }
        }
    }
    assert_eq!(stand.alive(), json!([]), "while the disk fails");
    life.posts = *stand.posts.lock().unwrap();
    drop(engine);
    life.calls = disk.calls();
    life.fired = disk.fired();
    disk.mend();
    after(&stand, &mut life).await;
    life
}

/// On a disk that works again the journals can be read, say what became of it, and have a reserve.
async fn after(stand: &Stand, life: &mut Life) {
    let engine = stand.engine().await;
    for brief in engine.list() {
        let reserve = stand.home.join("deployments").join(&brief.id.0);
        let reserve = reserve.join("journal.reserve");
        let length = || std::fs::metadata(&reserve).map_or(0, |file| file.len());
        life.reserve_given |= length() == 0;
        // A journal with its header only has nothing to tear down.
        if brief.label.is_empty() {
            continue;
        }
        let end = stand.torn_down(&engine, &brief.id).await;
        assert!(matches!(end, Some(End::Done)), "{end:?}");
        assert_eq!(length(), 64 * 1024, "the reserve is whole again");
    }
    assert_eq!(stand.alive(), json!([]));
}

/// One life for every third call to the disk (`QUAYLIGHT_FULL`: for each), until none fails any more.
async fn every_call(fails: Fails) {
    let whole = live(Faulty::default(), None).await;
    assert_eq!((whole.fired, whole.posts, whole.created), (0, 3, true));
    let mut kinds = BTreeMap::<&str, u64>::new();
    for call in &whole.calls {
        *kinds.entry(call).or_default() += 1;
    }
    let (mut lives, mut uncreated, mut from_memory, mut given) = (0, 0, 0, 0);
    let step: u8 = std::env::var_os("QUAYLIGHT_FULL").map_or(3, |_| 1);
    for at in (1..).step_by(step.into()) {
        let life = live(Faulty::at(at, fails), Some(fails)).await;
        if life.fired == 0 {
            break;
        }
        lives += 1;
        uncreated += u64::from(!life.created);
        from_memory += u64::from(life.from_memory);
        given += u64::from(life.reserve_given);
    }
    println!(
        "{fails:?}: {lives} lives, each failing at another call of {kinds:?}; {uncreated} were not \
         created, {from_memory} torn down from memory, {given} gave up the reserve"
    );
    assert!(lives * u64::from(step) > 140 && uncreated > 0, "{lives}");
    // A full disk has the reserve's room for a whole teardown.
    let full = fails == Fails::Full;
    assert_eq!((from_memory > 0, given > 0), (!full, full));
}

#[tokio::test(start_paused = true)]
async fn no_call_to_the_disk_that_fails_once_costs_a_resource() {
    every_call(Fails::Once).await;
}

#[tokio::test(start_paused = true)]
async fn no_disk_that_breaks_for_ever_costs_a_resource() {
    every_call(Fails::ForEver).await;
}

#[tokio::test(start_paused = true)]
async fn no_disk_that_is_full_costs_a_resource_and_the_reserve_comes_back() {
    every_call(Fails::Full).await;
}
