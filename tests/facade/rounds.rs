//! What an engine that keeps watch does when nothing happens.

use crate::bench::Bench;
use async_trait::async_trait;
use domain::record::{Fact, Record, VERSION};
use domain::{AccountId, CloudId, DeploymentId};
use engine::ports::{Journal, JournalError, Journals, Stamp};
use engine::protocol::PROTOCOL;
use engine::run::End;
use quaylight_tests::memory::{Computer, MemoryJournals};
use serde_json::json;
use sim::{Options, Twin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Journals that count how often they are read.
#[derive(Default)]
struct Counted(MemoryJournals, AtomicU64);

#[async_trait]
impl Journals for Counted {
    async fn list(&self) -> Result<Vec<DeploymentId>, JournalError> {
        self.0.list().await
    }
    async fn read(&self, id: &DeploymentId) -> Result<Vec<Record>, JournalError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.read(id).await
    }
    async fn stamp(&self, id: &DeploymentId) -> Option<Stamp> {
        self.0.stamp(id).await
    }
    async fn create(&self, id: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        self.0.create(id).await
    }
    async fn open(&self, id: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        self.0.open(id).await
    }
    async fn read_beside(
        &self,
        id: &DeploymentId,
        name: &str,
    ) -> Result<Option<String>, JournalError> {
        self.0.read_beside(id, name).await
    }
    async fn write_beside(
        &self,
        id: &DeploymentId,
        name: &str,
        content: &str,
    ) -> Result<(), JournalError> {
        self.0.write_beside(id, name, content).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_journal_is_read_again_only_when_somebody_wrote_in_it() {
    let twin = Twin::new(Options::default()).unwrap();
    let journals = Arc::new(Counted::default());
    let computer = Computer {
        journals: journals.clone(),
        ..Computer::default()
    };
    let id = DeploymentId("01jdcanary0000000000000000".to_owned());
    let at = twin.clock().now();
    let header = Fact::Opened {
        version: VERSION,
        writer: "another process".to_owned(),
        deployment: id.clone(),
        cloud: CloudId(twin.id()),
        account: AccountId("AAAA".to_owned()),
    };
    let mut journal = journals.create(&id).await.unwrap();
    let record = |seq, fact| Record { seq, at, fact };
    journal.append(&record(0, header)).await.unwrap();
    let engine = computer.start(&twin, &PROTOCOL).await;
    engine.keep_watch();
    let reads = || journals.1.load(Ordering::Relaxed);
    twin.clock().sleep_ms(20 * 60_000).await;
    assert_eq!(reads(), 1);
    journal
        .append(&record(1, Fact::KubeconfigSaved))
        .await
        .unwrap();
    twin.clock().sleep_ms(20 * 60_000).await;
    assert_eq!(reads(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_longer_a_node_takes_the_less_often_it_is_asked_for() {
    let bench = Bench::new().await;
    let never = json!({"rules": [{"kind": "node_never_ready"}]});
    assert_eq!(bench.twin.demo("PUT", "/_demo/faults", &never).0, 200);
    let began = bench.twin.clock().now();
    let id = bench.deploy(Bench::spec()).await;
    let end = bench.engine.wait(&id).await;
    assert!(matches!(end, Some(End::Failed(_))), "{end:?}");
    let took = bench.twin.clock().now().duration_since(began).as_mins();
    assert!((60..75).contains(&took), "{took} min");
    let (_, calls) = bench.twin.demo("GET", "/_demo/calls", &json!(null));
    let polls = calls["GET /v4/lke/clusters/{id}/pools"].as_u64().unwrap();
    println!("{polls} looks at the pools in {took} min");
    assert!((120..300).contains(&polls), "{polls} looks");
}
