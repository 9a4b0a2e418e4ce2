//! The plot of a schedule: what happens in which order, and what must be true in the end.

use crate::check::{self, Outcome};
use crate::cost;
use crate::leave::leaves;
use crate::story::{CANARY, Rules, Story};
use crate::wire::{Bent, Notes, held};
use crate::world::World;
use crate::writers::{HOMES, owner, two_writers, written_elsewhere};
use domain::DeploymentId;
use domain::catalog::Catalog;
use domain::progress::{Progress, Rest};
use domain::record::{Fact, Record, Wish};
use domain::spec::{Spec, Stops};
use engine::facade::For;
use quaylight_tests::draw::Draw;
use quaylight_tests::memory::MemoryJournals;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// A whole schedule.
pub(crate) async fn schedule(
    seed: u64,
    rules: Rules,
    catalog: Arc<Catalog>,
    tell: bool,
) -> Outcome {
    let mut draw = Draw::of(seed);
    let world = World::new(seed, &mut draw).await;
    let mut account = String::new();
    if rules.wire == Bent::AnyAccount {
        account = world.account().await;
    }
    let notes = Notes {
        account,
        lines: tell.then(Vec::new),
        ..Notes::default()
    };
    let pair = draw.percent(25);
    let mut story = Story {
        draw,
        seed,
        rules,
        world,
        homes: [MemoryJournals::default(), MemoryJournals::default()],
        at: 0,
        pair,
        strays: Vec::new(),
        notes: Arc::new(Mutex::new(notes)),
        catalog,
        processes: 0,
    };
    let outcome = story.tell().await;
    let notes = std::mem::take(&mut *held(&story.notes));
    let mut violations = outcome.violations;
    violations.extend(notes.broken);
    let two = two_writers(&notes.hands).into_iter();
    violations.extend(two.map(|how| ("I14", how)));
    let mut fired = story.world.fired();
    // Of an old answer nobody can see whose it is by now.
    if !fired.contains_key("stale_read") {
        let elsewhere = written_elsewhere(&notes.writes, &notes.owners).into_iter();
        violations.extend(elsewhere.map(|how| ("I14", how)));
    }
    for (kind, times) in notes.fired {
        *fired.entry(kind.to_owned()).or_default() += times;
    }
    Outcome {
        violations,
        trace: notes.trace,
        lines: notes.lines.unwrap_or_default(),
        fired,
        ..outcome
    }
}

impl Story {
    /// What happens while it stands.
    async fn stands(&mut self, spec: &Spec, id: &DeploymentId) {
        let Some(cluster) = self.cluster(id) else {
            return;
        };
        if self.draw.percent(60) {
            let claims = self.draw.below(3);
            let service = self.draw.percent(60);
            self.world.use_cluster(cluster.0, claims, service).await;
        }
        if self.draw.percent(25) {
            // A new process has yet to read whose account it is.
            self.world.known = false;
            self.world.storm(&mut self.draw, self.rules.harsh);
            self.world.known = true;
            let more = Spec {
                gpu_max: spec.gpu_max + 1,
                ..spec.clone()
            };
            let doom = self.doom();
            let applied = self.accept(&more, For::Apply, doom).await;
            if let Some(applied) = &applied {
                self.carry_on(applied, spec, 2).await;
            }
            // What was rolled back meanwhile is made anew, as a deployment of its own.
            if let Some(other) = applied.filter(|applied| applied != id) {
                self.world.clear();
                self.tear_down(&other, spec, None).await;
                self.settle(&other).await;
            }
            self.world.clear();
        }
        self.perhaps_other(id, spec, 50).await;
        if self.draw.percent(30) {
            self.look_in_bad_weather(id).await;
        }
        if self.draw.percent(20) {
            self.world.roam("198.51.100.23");
        }
        if self.draw.percent(30) {
            let hours = 1 + self.draw.below(9);
            self.hours(hours).await;
        }
    }

    /// Somebody sits at the screen while the cloud answers badly.
    async fn look_in_bad_weather(&mut self, id: &DeploymentId) {
        let Some(process) = self.process(None).await else {
            return;
        };
        process.engine.observe_once(id).await;
        self.at_screen(&process, id);
        self.world.storm(&mut self.draw, self.rules.harsh);
        for _ in 0..4 {
            self.minutes(1).await;
            process.engine.observe_once(id).await;
            self.at_screen(&process, id);
        }
        self.world.clear();
        process.life.end();
    }

    fn spec(&mut self) -> Spec {
        let mine = Some(vec!["203.0.113.7/32".parse().expect("an address")]);
        let plain = Spec::for_user("ada");
        Spec {
            gpu_count: 1 + u32::try_from(self.draw.below(3)).unwrap_or_default(),
            system_pool: plain.system_pool.clone().filter(|_| self.draw.percent(75)),
            ha: self.draw.percent(70),
            stops: if self.draw.percent(8) {
                Stops::AfterMinutes(30)
            } else {
                Stops::Never
            },
            kubectl_access: mine.clone(),
            ui_access: mine,
            ..plain
        }
    }

    async fn tell(&mut self) -> Outcome {
        let spec = self.spec();
        self.world.storm(&mut self.draw, self.rules.harsh);
        let doom = self.doom();
        let Some(id) = self.accept(&spec, For::New, doom).await else {
            self.world.clear();
            return self.judged();
        };
        self.world.known = true;
        let lives = 1 + self.draw.below(3);
        self.carry_on(&id, &spec, lives).await;
        if self.draw.percent(70) {
            self.world.clear();
            self.settle(&id).await;
        }
        if self.draw.percent(25) {
            // Strangers have no part in our weather.
            self.world.clear();
            let cluster = self.cluster(&id);
            self.world
                .decoys(&id.mark().0, cluster.map(|id| id.0))
                .await;
        }
        self.stands(&spec, &id).await;
        let mut outcome = self.standing(&id).await;
        if spec.stops != Stops::Never {
            self.watch(45).await;
        }
        self.world.storm(&mut self.draw, self.rules.harsh);
        let doom = self.doom();
        if !self.tear_down(&id, &spec, doom).await {
            self.world.clear();
            self.tear_down(&id, &spec, None).await;
        }
        self.carry_on(&id, &spec, 3).await;
        self.world.clear();
        self.world.roam("203.0.113.7");
        let mut rested = self.settle(&id).await;
        // What one computer took over while the other tore it down stands until it is wished away there;
        // and so does what was wished away from memory, on a disk that failed.
        for _ in 0..3 {
            if self.pair {
                self.follow(&id);
            }
            let may_stand = self.pair || self.disk_failed();
            if !may_stand || self.ask(&id, leaves) != Some(false) {
                break;
            }
            self.tear_down(&id, &spec, None).await;
            rested = self.settle(&id).await;
        }
        self.end_strays(&spec).await;
        for minutes in [5, 60, 24 * 60] {
            self.minutes(minutes).await;
            self.watch(3).await;
        }
        if self.pair {
            // The one that does not have it looks once more.
            self.at = (self.at + 1) % HOMES;
            self.watch(3).await;
            self.at = (self.at + 1) % HOMES;
        }
        let end = self.judged();
        outcome.violations.extend(end.violations);
        // What began under the token of another account goes on there, and nowhere else.
        if !rested && self.is_here(&id).await {
            let rest = self.rest(&id);
            outcome
                .violations
                .push(("I8", format!("it does not come to rest: {rest:?}")));
        }
        Outcome {
            violations: outcome.violations,
            ..end
        }
    }

    /// I1 for a deployment that rests while it stands, after somebody kept watch.
    async fn standing(&mut self, id: &DeploymentId) -> Outcome {
        let mut outcome = Outcome::default();
        if !matches!(self.rest(id), Rest::Done) {
            return outcome;
        }
        self.world.clear();
        self.minutes(30).await;
        // A second one that came later than any search waited for it is found by the next sweep.
        self.watch(3).await;
        let cancelled = |one: &Progress| one.wishes.iter().any(|(_, one)| *one == Wish::Cancel);
        let rests = |one: &Progress| one.cluster().is_some() || cancelled(one);
        let ledger = self.world.ledger();
        // A cluster that bears neither our mark nor our label any more is not looked into.
        let shown = |one: &Progress| !check::lost_proofs(&ledger, one);
        if let Some(progress) = self.disk().progress(id).filter(rests).filter(shown) {
            let unlike = check::same_things(&ledger, &id.mark(), &progress);
            // What a cancelled run left behind is none, or owned.
            let rule = if cancelled(&progress) { "I12" } else { "I1" };
            outcome
                .violations
                .extend(unlike.into_iter().map(|how| (rule, how)));
        }
        outcome
    }

    /// Whether it is of the account that the token opens, or anything of it was sent.
    async fn is_here(&self, id: &DeploymentId) -> bool {
        let account = self.world.account().await;
        let here = |one: &Progress| {
            let sent = !one.things.is_empty() || !one.open_creates().is_empty();
            one.header.account.0 == account || sent
        };
        self.ask(id, here) != Some(false)
    }

    /// Whether some process could not write what it saw.
    fn disk_failed(&self) -> bool {
        let fired = &held(&self.notes).fired;
        let mut kinds = fired.keys();
        kinds.any(|kind| kind.starts_with("disk_") || *kind == "home_gone")
    }

    /// The truths at the end.
    fn judged(&self) -> Outcome {
        let ledger = self.world.ledger();
        let mut outcome = Outcome::default();
        let mut broken = |rule, how: Vec<String>| {
            outcome
                .violations
                .extend(how.into_iter().map(|how| (rule, how)));
        };
        let touched = self.world.touched(&held(&self.notes).changed);
        let is_touched = !touched.is_empty();
        broken("I5", touched);
        let (mut two, mut clusters, mut children) = (false, false, false);
        let now = self.world.twin.clock().now();
        let homes = self.homes.iter().enumerate();
        let all = homes.flat_map(|(home, disk)| {
            let all = disk.all().into_iter();
            all.map(move |(own, records)| (home, own, records))
        });
        let all: Vec<(usize, DeploymentId, Vec<Record>)> = all.collect();
        for (home, own, records) in &all {
            broken("I4", check::secrets_in(records, &[CANARY]));
            broken("I2", check::unproven(records));
            let Ok(progress) = Progress::fold(records) else {
                broken("I7", vec![format!("the journal of {own} has no fold")]);
                continue;
            };
            let was_taken = |(_, other, records): &(usize, DeploymentId, Vec<Record>)| {
                let taken = |one: &Record| matches!(one.fact, Fact::TakenOver(_));
                other == own && records.iter().any(taken)
            };
            // Of what bears another computer's owner tag nothing is written here.
            let has = owner(&ledger, &own.mark()).unwrap_or(*home);
            let taken = has != *home || all.iter().any(was_taken);
            // What a process on a broken disk saw is lost with it.
            let broke = self.disk_failed();
            // Who is restricted says "as far as this user can see".
            let blind = progress.sweeps.iter().any(|one| one.restricted);
            if *home == self.at && !blind {
                let whole = !taken && !broke;
                let looks = held(&self.notes).looks.get(home).cloned();
                let looks = whole.then(|| looks.unwrap_or_default());
                let unlike = cost::unlike(&ledger, &own.mark(), &progress, now, looks.as_ref());
                broken("I10", unlike);
            }
            // In a cloud that deletes them with their cluster nobody can keep them.
            if self.world.volumes_stay {
                let named = held(&self.notes).named.get(own).cloned();
                let named = named.unwrap_or_default();
                broken("I16", check::volumes_named(&ledger, &own.mark(), &named));
            }
            let twice = check::two_at_once(&ledger, &own.mark());
            two |= twice;
            // What takes effect later than any search waits for it stands beside the next for a while.
            if twice && !self.rules.harsh {
                broken("I3", vec![format!("two clusters of {own} at once")]);
            }
            // Of a volume that Kubernetes never showed nobody could prove that it is ours.
            let held: BTreeSet<u64> = progress.volumes.iter().map(|one| one.volume.0).collect();
            // What the one that has it wanted gone: a teardown that was taken over is none any more.
            let wanted = (*home == self.at).then_some(&progress.volumes_named);
            let named = wanted.into_iter().flatten().map(|id| id.0);
            let named = named.filter(|id| held.contains(id)).collect();
            let (left, born) = check::left(&ledger, &own.mark(), &named);
            (clusters, children) = (clusters || !left.is_empty(), children || !born.is_empty());
            broken("I2", left);
            broken("I2", born);
        }
        Outcome {
            two_at_once: two,
            cluster_left: clusters,
            children_left: children,
            neighbour_touched: is_touched,
            ..outcome
        }
    }
}
