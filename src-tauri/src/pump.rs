//! Carries what the engine shows to the window: a snapshot, then deltas.
//!
//! The first change goes at once; what follows within a tick goes together. A window that falls
//! behind, or that is moved to another cloud, starts again with a snapshot. Nothing is decided here.

use domain::view::{Delta, Op, Snapshot, Update};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// Changes within this time travel together. Real time: it paces the screen, not the work.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// Why following ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The window fell behind: it needs a new snapshot.
    Behind,
    /// The engine ended: nothing more will come.
    Source,
    /// The window is gone.
    Window,
}

/// Sends a snapshot and every delta after it, until something ends. `send` says whether the window
/// still listens.
pub(crate) async fn follow(
    snapshot: Snapshot,
    mut deltas: Receiver<Delta>,
    send: impl Fn(Update) -> bool,
) -> Ended {
    let mut seq = snapshot.seq;
    if !send(Update::Snapshot(snapshot)) {
        return Ended::Window;
    }
    loop {
        let mut gathered = match deltas.recv().await {
            Ok(delta) => vec![delta],
            Err(RecvError::Lagged(_)) => return Ended::Behind,
            Err(RecvError::Closed) => return Ended::Source,
        };
        loop {
            match deltas.try_recv() {
                Ok(delta) => gathered.push(delta),
                Err(TryRecvError::Lagged(_)) => return Ended::Behind,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        seq += 1;
        if !send(Update::Delta(Delta {
            seq,
            ops: merged(gathered),
        })) {
            return Ended::Window;
        }
        tick().await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the screen's tick is real time on every cloud"
)]
async fn tick() {
    tokio::time::sleep(TICK).await;
}

/// One operation a row: the last one. Rows keep the order of their last change.
fn merged(deltas: Vec<Delta>) -> Vec<Op> {
    let mut last: BTreeMap<String, (usize, Op)> = BTreeMap::new();
    for (at, op) in deltas.into_iter().flat_map(|delta| delta.ops).enumerate() {
        let (Op::Put { key, .. } | Op::Remove { key }) = &op;
        last.insert(key.clone(), (at, op));
    }
    let mut ops: Vec<(usize, Op)> = last.into_values().collect();
    ops.sort_by_key(|(at, _)| *at);
    ops.into_iter().map(|(_, op)| op).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::text::Text;
    use domain::view::{ActivityRow, Row};
    use std::sync::{Arc, Mutex};
    use tokio::sync::broadcast;

    fn put(seq: u64, key: &str, code: &str) -> Delta {
        let text = Text {
            code: code.to_owned(),
            params: BTreeMap::new(),
        };
        let value = Row::Activity(ActivityRow {
            at: jiff::Timestamp::UNIX_EPOCH,
            text,
        });
        Delta {
            seq,
            ops: vec![Op::Put {
                key: key.to_owned(),
                value,
            }],
        }
    }

    fn remove(seq: u64, key: &str) -> Delta {
        Delta {
            seq,
            ops: vec![Op::Remove {
                key: key.to_owned(),
            }],
        }
    }

    fn line(update: &Update) -> String {
        let op = |op: &Op| match op {
            Op::Put {
                key,
                value: Row::Activity(row),
            } => format!("{key}={}", row.text.code),
            Op::Put { key, .. } => key.clone(),
            Op::Remove { key } => format!("-{key}"),
        };
        match update {
            Update::Snapshot(all) => format!("snapshot {} of {}", all.seq, all.view.len()),
            Update::Delta(delta) => {
                let ops: Vec<String> = delta.ops.iter().map(op).collect();
                format!("{} {}", delta.seq, ops.join(" "))
            }
        }
    }

    /// Follows a source and writes down what the window got, with the time in milliseconds.
    #[expect(clippy::disallowed_methods, reason = "the test's paused time")]
    fn watch(
        source: &broadcast::Sender<Delta>,
    ) -> (Arc<Mutex<Vec<String>>>, tokio::task::JoinHandle<Ended>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let begin = tokio::time::Instant::now();
        let writes = Arc::clone(&seen);
        let snapshot = Snapshot {
            seq: 7,
            view: BTreeMap::new(),
        };
        let follow = follow(snapshot, source.subscribe(), move |update| {
            let at = begin.elapsed().as_millis();
            writes
                .lock()
                .unwrap()
                .push(format!("{at} ms: {}", line(&update)));
            true
        });
        (seen, tokio::spawn(follow))
    }

    #[expect(clippy::disallowed_methods, reason = "the test's paused time")]
    async fn pass(ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_change_goes_at_once_and_the_rest_of_a_tick_together() {
        let source = broadcast::channel(64).0;
        let (seen, task) = watch(&source);
        pass(500).await;
        source.send(put(8, "a", "one")).unwrap();
        pass(10).await;
        source.send(put(9, "a", "two")).unwrap();
        source.send(put(10, "b", "one")).unwrap();
        pass(10).await;
        source.send(put(11, "a", "three")).unwrap();
        source.send(remove(12, "c")).unwrap();
        pass(500).await;
        drop(source);
        assert_eq!(task.await.unwrap(), Ended::Source);
        expect_test::expect![[r"
            0 ms: snapshot 7 of 0
            500 ms: 8 a=one
            600 ms: 9 b=one a=three -c"]]
        .assert_eq(&seen.lock().unwrap().join("\n"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_that_falls_behind_asks_for_a_snapshot() {
        let source = broadcast::channel(2).0;
        let (_, task) = watch(&source);
        pass(1).await;
        for seq in 8..20 {
            source.send(put(seq, "a", "x")).unwrap();
        }
        assert_eq!(task.await.unwrap(), Ended::Behind);
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_that_is_gone_ends_it() {
        let source = broadcast::channel(2).0;
        let snapshot = Snapshot {
            seq: 0,
            view: BTreeMap::new(),
        };
        assert_eq!(
            follow(snapshot, source.subscribe(), |_| false).await,
            Ended::Window
        );
    }
}
