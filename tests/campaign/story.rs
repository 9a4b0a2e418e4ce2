//! What can happen in a schedule: processes begin, carry runs, die; a user accepts, cancels, tears
//! down; time passes. In which order is the plot's.

use crate::bent::{BentKube, KubeBug};
use crate::cloud::{CloudBug, Wrapped};
use crate::disk::{FAILS, Fault};
use crate::life::{Life, MortalClock, MortalJournals, Sync};
use crate::screen::overclaimed;
use crate::wire::{Bent, Notes, Wire, held};
use crate::world::World;
use crate::writers::{HOMES, owner_of};
use domain::catalog::Catalog;
use domain::progress::{Progress, Rest};
use domain::spec::Spec;
use domain::view::NoticeAction;
use domain::{ClusterId, DeploymentId};
use engine::facade::{Engine, For};
use engine::ports::Ports;
use engine::protocol::Protocol;
use quaylight_tests::draw::Draw;
use quaylight_tests::memory::{Computer, MemoryJournals, TwinClock};
use sim::ClientAddr;
use std::sync::{Arc, Mutex};

/// The token's text: it must be nowhere.
pub(crate) const CANARY: &str = "canary-of-the-campaign";
/// For so many hours of fair weather everything may take to come to rest.
const REST_HOURS: u64 = 8;

/// By which rules, and with which planted bug.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) protocol: &'static Protocol,
    pub(crate) wire: Bent,
    pub(crate) cloud: CloudBug,
    pub(crate) kube: KubeBug,
    pub(crate) sync: Sync,
    /// Whether identifiers follow from the seed.
    pub(crate) seeded: bool,
    /// Whether a POST may take effect later than any search waits for it.
    pub(crate) harsh: bool,
}

impl Rules {
    /// Without a bug.
    pub(crate) const fn of(protocol: &'static Protocol) -> Self {
        Self {
            protocol,
            wire: Bent::Straight,
            cloud: CloudBug::None,
            kube: KubeBug::None,
            sync: Sync::Each,
            seeded: true,
            harsh: false,
        }
    }
}

pub(crate) struct Story {
    pub(crate) draw: Draw,
    pub(crate) seed: u64,
    pub(crate) rules: Rules,
    pub(crate) world: World,
    /// The disks of the computers that are at it.
    pub(crate) homes: [MemoryJournals; HOMES],
    /// Which of them has the deployment.
    pub(crate) at: usize,
    /// Whether there is another computer at all.
    pub(crate) pair: bool,
    /// What the other computer made of its own, seeing nothing of the deployment.
    pub(crate) strays: Vec<(usize, DeploymentId)>,
    pub(crate) notes: Arc<Mutex<Notes>>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) processes: u64,
}

/// A process and its engine.
pub(crate) struct Process {
    pub(crate) engine: Arc<Engine>,
    pub(crate) life: Arc<Life>,
}

impl Story {
    /// The disk of the computer that has the deployment.
    pub(crate) fn disk(&self) -> &MemoryJournals {
        &self.homes[self.at]
    }

    /// A new process; it dies at its n-th point, or not.
    pub(crate) async fn process(&mut self, doom: Option<u64>) -> Option<Process> {
        self.begin(self.at, doom).await
    }

    /// The same on one of the computers, beside what runs there. Now and then it is not the process
    /// that ends but its disk.
    pub(crate) async fn begin(&mut self, home: usize, doom: Option<u64>) -> Option<Process> {
        self.processes += 1;
        let fails = doom.filter(|_| self.draw.percent(15));
        let fault = fails.map_or_else(Fault::default, |doom| {
            Fault::new(self.draw.one_of(&FAILS), doom)
        });
        let doom = doom.filter(|_| fails.is_none());
        let who = (home, self.processes);
        let begins = format!("process {} of computer {home}, {doom:?} {fault:?}", who.1);
        held(&self.notes).say(&begins);
        let life = Life::begin(doom, who, self.notes.clone());
        let ports = self.ports(&life, fault);
        let start = Engine::start(ports, self.rules.protocol, quaylight_tests::memory::here());
        let started = tokio::select! {
            biased;
            (engine, problems) = start => problems.is_empty().then_some(engine),
            () = life.ended() => None,
        };
        started.map(|engine| Process { engine, life })
    }

    fn ports(&self, life: &Arc<Life>, fault: Fault) -> Ports {
        let disk = self.homes[life.home].clone();
        let owner = owner_of(life.home);
        let clock = Arc::new(MortalClock {
            inner: Arc::new(TwinClock(self.world.twin.clock())),
            life: life.clone(),
        });
        let wire = Wire {
            twin: self.world.twin.clone(),
            life: life.clone(),
            client: ClientAddr::default(),
            disk: disk.clone(),
            notes: self.notes.clone(),
            bent: self.rules.wire,
            closed: Mutex::default(),
        };
        let computer = Computer {
            journals: Arc::new(MortalJournals {
                disk,
                life: life.clone(),
                sync: self.rules.sync,
                fault: Arc::new(fault),
            }),
            token: CANARY.to_owned(),
            owner: owner.clone(),
            ids: self
                .rules
                .seeded
                .then_some(self.seed << 16 | self.processes << 8),
            ..Computer::default()
        };
        let ports = computer.ports_over(&self.world.twin, wire.transport(), clock.clone());
        Ports {
            cloud: Arc::new(Wrapped {
                inner: ports.cloud,
                clock,
                catalog: self.catalog.clone(),
                bug: self.rules.cloud,
                wanted: Mutex::default(),
                last: Mutex::default(),
                machines: Mutex::default(),
                owner,
            }),
            kube: Arc::new(BentKube {
                inner: ports.kube,
                bug: self.rules.kube,
            }),
            ..ports
        }
    }

    pub(crate) async fn hours(&self, hours: u64) {
        self.minutes(hours * 60).await;
    }

    pub(crate) async fn minutes(&self, minutes: u64) {
        self.world.twin.clock().sleep_ms(minutes * 60_000).await;
        self.world.touch();
    }

    /// Asks the fold of the journal on the computer that has the deployment; `None`: there is none.
    pub(crate) fn ask<T>(&self, id: &DeploymentId, what: impl FnOnce(&Progress) -> T) -> Option<T> {
        self.disk().ask(id, what)
    }

    /// The cluster that it keeps.
    pub(crate) fn cluster(&self, id: &DeploymentId) -> Option<ClusterId> {
        self.ask(id, Progress::cluster).flatten()
    }

    /// Whether a computer has more than a journal's header of it.
    pub(crate) fn knows(&self, home: usize, id: &DeploymentId) -> bool {
        let known = self.homes[home].ask(id, |one| one.spec.is_some());
        known.unwrap_or_default()
    }

    /// What the screen of a process claims is held against what it heard, and its sum against the
    /// ledger.
    pub(crate) fn at_screen(&self, process: &Process, id: &DeploymentId) {
        let home = &self.homes[process.life.home];
        let Some(cluster) = home.ask(id, Progress::cluster).flatten() else {
            return;
        };
        let rows = process.engine.rows(id);
        let claims = overclaimed(&rows, &held(&process.life.heard), cluster.0);
        let broken = claims.into_iter().map(|how| ("I11", how));
        held(&self.notes).broken.extend(broken);
    }

    pub(crate) fn rest(&self, id: &DeploymentId) -> Rest {
        self.ask(id, Progress::rest_state).unwrap_or(Rest::Idle)
    }

    /// Accepts the Spec; `None`: it was refused, or the process died before anything was sent.
    pub(crate) async fn accept(
        &mut self,
        spec: &Spec,
        what_for: For,
        doom: Option<u64>,
    ) -> Option<DeploymentId> {
        let process = self.process(doom).await?;
        let accepted = async {
            for _ in 0..40 {
                if let Ok(review) = process.engine.review(spec.clone(), what_for).await {
                    return process.engine.accept(&review.plan?, true).await.ok();
                }
                self.world.twin.clock().sleep_ms(30_000).await;
            }
            None
        };
        let known = self.disk().ids();
        let id = tokio::select! {
            biased;
            id = accepted => id,
            () = process.life.ended() => None,
        };
        // A process that died within the acceptance may have written it.
        let new = || {
            let all = self.disk().ids();
            let new = all.into_iter().find(|id| !known.contains(id));
            new.filter(|id| self.ask(id, |one| one.run.is_some()) == Some(true))
        };
        let id = id.or_else(new)?;
        self.wait(&process, &id).await;
        self.at_screen(&process, &id);
        process.life.end();
        Some(id)
    }

    /// Until the run rests, the process is dead or nobody has so much patience.
    pub(crate) async fn wait(&self, process: &Process, id: &DeploymentId) {
        tokio::select! {
            biased;
            _ = process.engine.wait(id) => {}
            () = process.life.ended() => {}
            () = self.hours(4) => {}
        }
    }

    /// Processes come and die, each carrying the run on; after `lives` of them it is left as it is.
    pub(crate) async fn carry_on(&mut self, id: &DeploymentId, spec: &Spec, lives: u64) {
        for _ in 0..lives {
            if !matches!(self.rest(id), Rest::Running(_) | Rest::Cancelled(_)) {
                return;
            }
            let doom = self.doom();
            let Some(process) = self.process(doom).await else {
                continue;
            };
            tokio::select! {
                biased;
                _ = process.engine.resume_all() => {}
                () = process.life.ended() => continue,
            }
            if self.draw.percent(8) {
                held(&self.notes).asked = true;
                tokio::select! {
                    biased;
                    asked = process.engine.cancel(id) => drop(asked),
                    () = process.life.ended() => {}
                }
            }
            if self.draw.percent(12) {
                self.second_instance(id).await;
            }
            self.perhaps_other(id, spec, 30).await;
            self.wait(&process, id).await;
            self.at_screen(&process, id);
            process.life.end();
            if self.draw.percent(20) {
                self.hours(self.draw.clone().below(8)).await;
            }
        }
    }

    pub(crate) fn doom(&mut self) -> Option<u64> {
        self.draw.percent(60).then(|| self.draw.below(90))
    }

    /// In fair weather, without a death: until it rests where it can rest. What failed is told to go
    /// on a few times, as a person would.
    pub(crate) async fn settle(&mut self, id: &DeploymentId) -> bool {
        let until = self.world.twin.clock().now() + jiff::SignedDuration::from_hours(24);
        for round in 0..12 {
            if self.world.twin.clock().now() > until {
                break;
            }
            let rest = self.rest(id);
            if matches!(rest, Rest::Done | Rest::Kept | Rest::Idle) {
                return true;
            }
            let Some(process) = self.process(None).await else {
                return false;
            };
            if matches!(rest, Rest::Failed | Rest::Stuck) {
                if round >= 6 && rest == Rest::Failed {
                    return true;
                }
                self.delete_by_hand(id).await;
                drop(process.engine.act(id, NoticeAction::Continue).await);
            } else {
                process.engine.resume_all().await;
            }
            let slept = self.hours(REST_HOURS);
            tokio::select! {
                biased;
                _ = process.engine.wait(id) => {}
                () = slept => {}
            }
            process.life.end();
            self.minutes(11).await;
        }
        matches!(
            self.rest(id),
            Rest::Done | Rest::Kept | Rest::Idle | Rest::Failed
        )
    }

    /// A process that keeps watch for so long: stop times fire, graveyards are swept.
    pub(crate) async fn watch(&mut self, minutes: u64) {
        let Some(process) = self.process(None).await else {
            return;
        };
        process.engine.keep_watch();
        self.minutes(minutes).await;
        for brief in process.engine.list() {
            self.at_screen(&process, &brief.id);
        }
        for id in process.engine.carried() {
            self.wait(&process, &id).await;
        }
        process.life.end();
    }
}
