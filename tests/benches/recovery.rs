//! How long it takes to open and fold the journal of a deployment that was changed again and again:
//! 10,000 records, as they come from the demo cloud. Beside it, in the same rounds, what no reader
//! can do without: reading the bytes and taking a checksum over them.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, and measures real time"
)]

use domain::progress::Progress;
use domain::record::{Fact, Record};
use domain::spec::Spec;
use domain::{DeploymentId, PlanId};
use engine::facade::{Engine, For};
use engine::ports::{Journal, Journals};
use engine::protocol::PROTOCOL;
use local::{Disk, FileJournals, Sheet, SystemDisk};
use quaylight_tests::memory::Computer;
use serde_json::json;
use sim::{Options, Twin};
use std::hint::black_box;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RECORDS: usize = 10_000;
/// How long opening and folding may take.
const LIMIT: Duration = Duration::from_millis(30);

/// A disk that keeps what it is told some time later: the journal is written only once here.
#[derive(Debug)]
struct Lazy;

struct Unsynced(Box<dyn Sheet>);

impl Disk for Lazy {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Sheet>> {
        Ok(Box::new(Unsynced(SystemDisk.create(path)?)))
    }
}

impl Sheet for Unsynced {
    fn write_end(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_end(bytes)
    }
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn shorten(&mut self, length: u64) -> io::Result<()> {
        self.0.shorten(length)
    }
}

async fn apply(engine: &Engine, spec: Spec, what_for: For) -> DeploymentId {
    let review = engine.review(spec, what_for).await.expect("a review");
    let plan = review.plan.expect("a plan");
    let id = engine.accept(&plan, false).await.expect("an acceptance");
    engine.wait(&id).await;
    id
}

/// A create, and changes of the autoscaler's bounds until there are enough records.
async fn life() -> (DeploymentId, Vec<Record>) {
    let mine = Some(vec!["203.0.113.7/32".parse().expect("an address")]);
    let spec = Spec {
        kubectl_access: mine.clone(),
        ui_access: mine,
        ..Spec::for_user("ada")
    };
    let options = Options {
        start: "2026-11-23T10:00:00Z".parse().ok(),
        ..Options::default()
    };
    let twin = Twin::new(options).expect("a new cloud");
    let computer = Computer::default();
    let engine = computer.start(&twin, &PROTOCOL).await;
    let id = apply(&engine, spec.clone(), For::New).await;
    let wider = Spec {
        gpu_max: spec.gpu_max + 1,
        ..spec
    };
    apply(&engine, wider, For::Apply).await;
    let mut records = computer.journals.read(&id).await.expect("records");
    let accepted = |record: &Record| matches!(record.fact, Fact::Accepted { .. });
    let begins = records.iter().rposition(accepted).expect("the change");
    let change: Vec<Record> = records.drain(begins..).collect();
    let Fact::Accepted { plan } = &change[0].fact else {
        unreachable!("it begins with its plan")
    };
    let (first, text) = (&plan.id, serde_json::to_string(&change).expect("text"));
    for number in 0.. {
        let PlanId(other) = PlanId(format!("{number:026}"));
        let again = text.replace(&first.0, &other);
        let again: Vec<Record> = serde_json::from_str(&again).expect("records");
        records.extend(again);
        if records.len() >= RECORDS {
            break;
        }
    }
    records.truncate(RECORDS);
    for (seq, record) in (0..).zip(&mut records) {
        record.seq = seq;
    }
    (id, records)
}

async fn written(home: &Path, id: &DeploymentId, records: &[Record]) -> FileJournals {
    let journals = FileJournals::on(Arc::new(Lazy), home.to_owned(), "bench");
    let mut journal: Box<dyn Journal> = journals.create(id).await.expect("a journal");
    for record in records {
        journal.append(record).await.expect("a record");
    }
    journals
}

/// Median and 95th percentile.
fn middle(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    (at(50), at(95))
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    let number = words.iter().find_map(|word| word.parse().ok());
    let rounds: usize = number.unwrap_or(100).max(1);
    let virtual_time = |paused: bool| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(paused);
        builder.build().expect("a runtime")
    };
    let (id, records) = virtual_time(true).block_on(life());
    let home = tempfile::tempdir().expect("a folder");
    let runtime = virtual_time(false);
    let journals = runtime.block_on(written(home.path(), &id, &records));
    let file = home.path().join("deployments").join(&id.0);
    let file = file.join("journal.jsonl");
    let (mut folded, mut summed, mut bytes) = (Vec::new(), Vec::new(), 0);
    for _ in 0..rounds {
        let begun = Instant::now();
        let read = std::fs::read(&file).expect("the bytes");
        black_box(crc32fast::hash(&read));
        summed.push(begun.elapsed());
        bytes = read.len();
        drop(read);
        let begun = Instant::now();
        let read = runtime.block_on(journals.read(&id)).expect("records");
        let progress = Progress::fold(&read).expect("a fold");
        folded.push(begun.elapsed());
        assert_eq!(progress.next_seq, RECORDS as u64);
        assert_eq!(read, records, "what was written");
        black_box(progress);
    }
    let ((fold, fold_late), (sum, sum_late)) = (middle(folded), middle(summed));
    let within = fold <= LIMIT;
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    if words.iter().any(|word| word == "--json") {
        let document = json!({"recovery": {
            "records": RECORDS, "bytes": bytes, "rounds": rounds, "limit_ms": ms(LIMIT),
            "open_and_fold_ms": {"median": ms(fold), "p95": ms(fold_late)},
            "read_and_checksum_ms": {"median": ms(sum), "p95": ms(sum_late)},
            "within": within,
        }});
        println!("{document}");
    } else {
        println!(
            "{RECORDS} records, {bytes} bytes, {rounds} rounds\n\
             open and fold: median {:.2} ms, p95 {:.2} ms (at most {:.0} ms)\n\
             read and checksum alone: median {:.2} ms, p95 {:.2} ms",
            ms(fold),
            ms(fold_late),
            ms(LIMIT),
            ms(sum),
            ms(sum_late)
        );
    }
    ExitCode::from(u8::from(!within))
}
