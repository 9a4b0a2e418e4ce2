//! The one door for facts: each is checked against the tables, then taken up.

use super::run::{at_step, move_step};
use super::table::{CreateEvent, RunEvent, StepEvent, next_create};
use super::{
    Controller, CreatePhase, Header, Impossible, Life, OpenCreate, Progress, RunPhase, RunProgress,
    StepPhase, StepProgress, Sweep,
};
use crate::ids::{InstanceId, PlanId};
use crate::plan::{Action, Prices};
use crate::record::{Fact, Record, Thing, VERSION};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The longest lag that is learned, in milliseconds.
const LAG_MS_MAX: i64 = 5 * 60 * 1000;

pub(super) type Checked = Result<(), String>;

impl Progress {
    /// Where a deployment stands after all its records. The first must be the header.
    pub fn fold(records: &[Record]) -> Result<Self, Impossible> {
        let Some((first, rest)) = records.split_first() else {
            let why = "the journal is empty".to_owned();
            return Err(Impossible {
                seq: 0,
                fact: "opened",
                why,
            });
        };
        let mut progress = Self::open(first)?;
        for record in rest {
            progress.next(record)?;
        }
        Ok(progress)
    }

    /// A journal that holds its header only.
    pub fn open(first: &Record) -> Result<Self, Impossible> {
        let fail = |why: &str| {
            let fact = first.fact.name();
            Err(Impossible {
                seq: first.seq,
                fact,
                why: why.to_owned(),
            })
        };
        let Fact::Opened {
            version,
            writer,
            deployment,
            cloud,
            account,
        } = &first.fact
        else {
            return fail("a journal begins with its header");
        };
        if *version > VERSION {
            return fail("a newer Quaylight wrote it");
        }
        if first.seq != 0 {
            return fail("the first record bears the number 0");
        }
        Ok(Self {
            header: Header {
                version: *version,
                writer: writer.clone(),
                deployment: deployment.clone(),
                cloud: cloud.clone(),
                account: account.clone(),
                opened: first.at,
            },
            next_seq: 1,
            last_at: first.at,
            run: None,
            spec: None,
            spec_before: None,
            prices: Prices::default(),
            accepted: None,
            stops_since: None,
            stop_moved: None,
            created: None,
            torn_down: None,
            things: BTreeMap::new(),
            loose: Vec::new(),
            unknown_at: None,
            once_unknown: BTreeSet::new(),
            worst_lag_ms: 0,
            volumes: Vec::new(),
            volumes_complete: None,
            volumes_named: BTreeSet::new(),
            wishes: Vec::new(),
            recycling: Vec::new(),
            sweeps: Vec::new(),
            swept_when_gone: 0,
            controller: Controller::Absent,
            kubeconfig_saved: None,
        })
    }

    /// Takes up one more record, or says why it cannot follow; then nothing has changed.
    pub fn next(&mut self, record: &Record) -> Result<(), Impossible> {
        let checked = if record.seq == self.next_seq {
            self.take(&record.fact, record.at)
        } else {
            Err(format!("number {} was expected", self.next_seq))
        };
        checked.map_err(|why| Impossible {
            seq: record.seq,
            fact: record.fact.name(),
            why,
        })?;
        self.next_seq += 1;
        self.last_at = record.at;
        if let Some(run) = self.run.as_mut().filter(|_| record.fact.is_of_a_run()) {
            run.acted = record.at;
        }
        Ok(())
    }

    fn take(&mut self, fact: &Fact, at: Timestamp) -> Checked {
        match fact {
            Fact::Opened { .. } => return Err("a journal has one header".to_owned()),
            Fact::Continued { version, .. } => {
                if !(self.header.version + 1..=VERSION).contains(version) {
                    return Err(format!("format {version} after {}", self.header.version));
                }
                self.header.version = *version;
            }
            Fact::Accepted { plan } => self.accept(plan, at)?,
            Fact::Started { plan, step } => {
                self.start(plan, *step, at)?;
                self.move_controller(*step, StepEvent::Start);
            }
            Fact::Intent {
                step,
                what,
                label,
                body,
            } => {
                let step = self.working(*step)?;
                posted(step.create.as_ref(), CreateEvent::Intend)?;
                step.create = Some(OpenCreate {
                    what: *what,
                    label: label.clone(),
                    body: body.clone(),
                    intended: at,
                    attempts: 0,
                    sent: None,
                    phase: CreatePhase::Intended,
                    made: None,
                });
            }
            Fact::Sent { step, attempt, .. } => {
                if self.phase() != Some(RunPhase::Running) {
                    return Err("nothing is sent unless the run goes on".to_owned());
                }
                let create = self.posting(*step)?;
                let phase = posted(Some(create), CreateEvent::Send)?;
                if *attempt != create.attempts + 1 {
                    return Err(format!("attempt {} was expected", create.attempts + 1));
                }
                create.phase = phase;
                create.attempts = *attempt;
                create.sent = Some(at);
            }
            Fact::Refused { step, .. } => {
                let create = self.posting(*step)?;
                create.phase = posted(Some(create), CreateEvent::Refuse)?;
            }
            Fact::Unknown { step, .. } => {
                let create = self.posting(*step)?;
                create.phase = posted(Some(create), CreateEvent::Lose)?;
                let what = create.what;
                self.unknown_at = Some(at);
                self.once_unknown.insert(what);
            }
            Fact::Made {
                step,
                thing,
                adopted,
            } => {
                let event = if *adopted {
                    CreateEvent::Adopt
                } else {
                    CreateEvent::Make
                };
                let create = self.posting(*step)?;
                create.phase = posted(Some(create), event)?;
                create.made = Some(thing.clone());
                let lag = create
                    .sent
                    .map_or(0, |sent| at.as_millisecond() - sent.as_millisecond());
                if *adopted {
                    // What took longer was sleep, or a process that did not run.
                    self.worst_lag_ms = self.worst_lag_ms.max(lag.min(LAG_MS_MAX));
                }
                self.seen(thing, at).made = true;
                // It came with the cluster and costs from now on, whatever is written next.
                if let Some(cluster) = thing.as_cluster().filter(|_| self.posts_ha(*step)) {
                    let price = self.prices.control_plane;
                    let plane = self.seen(&Thing::ControlPlane(cluster), at);
                    plane.price = plane.price.or(price);
                }
            }
            Fact::Duplicate { thing } => self.seen(thing, at).duplicate = true,
            Fact::Born {
                thing,
                since,
                price,
            } => {
                let life = self.seen(thing, at);
                life.born = *since;
                life.price = *price;
                life.gone = None;
            }
            Fact::Gone { thing } => self.known(thing)?.gone = Some(at),
            Fact::Covered { instance, open_ms } => {
                self.machine(*instance)?.open_ms = Some(*open_ms);
            }
            Fact::GpuTested { instance, test } => {
                self.machine(*instance)?.gpu = Some(test.clone());
            }
            Fact::Volumes { found, complete } => {
                self.volumes.clone_from(found);
                self.volumes_complete = Some(*complete);
            }
            Fact::Finished { plan, step, detail } => {
                let swept = self.swept_clean();
                let run = self.run_of(plan)?;
                let zero = matches!(at_step(run, *step)?.0, Action::ProveZero);
                if zero && !swept {
                    return Err("zero is proven by a clean sweep".to_owned());
                }
                move_step(run, *step, StepEvent::Finish, at, detail.as_ref())?;
                self.move_controller(*step, StepEvent::Finish);
            }
            Fact::Failed { plan, step, what } => {
                self.run_of(plan)?;
                self.rest(RunEvent::Fail, StepEvent::Fail, *step, at, what)?;
                self.move_controller(*step, StepEvent::Fail);
            }
            Fact::Stuck { step, what } => {
                self.rest(RunEvent::Stick, StepEvent::Stick, *step, at, what)?;
            }
            Fact::Wished { wish } => {
                self.wish(*wish, at)?;
                self.wishes.push((at, *wish));
            }
            Fact::Recycling { node, instance } => {
                if self.phase() != Some(RunPhase::Failed) {
                    return Err("only a run that rests goes on with another node".to_owned());
                }
                self.recycling.push((node.clone(), *instance));
            }
            Fact::Swept {
                clean,
                found,
                doubtful,
                restricted,
            } => self.sweeps.push(Sweep {
                at,
                clean: *clean,
                found: found.clone(),
                doubtful: doubtful.clone(),
                restricted: *restricted,
            }),
            Fact::Completed { plan } => self.complete(plan, at)?,
            Fact::KubeconfigSaved => self.kubeconfig_saved = Some(at),
            Fact::StopMoved { stops } => self.stop_moved = Some(*stops),
            Fact::TakenOver(taken) => self.take_over(taken, at)?,
        }
        Ok(())
    }

    fn machine(&mut self, id: InstanceId) -> Result<&mut Life, String> {
        let is = |thing: &Thing| matches!(thing, Thing::Instance(one, ..) if *one == id);
        let found = self.things.iter_mut().find(|(thing, _)| is(thing));
        let (_, life) = found.ok_or_else(|| format!("linode {id} is not ours"))?;
        Ok(life)
    }

    fn phase(&self) -> Option<RunPhase> {
        self.run.as_ref().map(|run| run.phase)
    }

    /// A clean sweep since the current plan was accepted, with none after it that was not.
    fn swept_clean(&self) -> bool {
        let accepted = self.run.as_ref().map(|run| run.accepted);
        self.sweeps
            .last()
            .is_some_and(|last| last.clean && Some(last.at) >= accepted)
    }

    pub(super) fn run_of(&mut self, plan: &PlanId) -> Result<&mut RunProgress, String> {
        let run = self.run.as_mut().ok_or("there is no run")?;
        if run.plan.id == *plan {
            Ok(run)
        } else {
            Err(format!("plan {plan} is not the current one"))
        }
    }

    /// A step that is under way, or was when the run came to rest: an answer may come late.
    fn working(&mut self, step: usize) -> Result<&mut StepProgress, String> {
        let run = self.run.as_mut().ok_or("there is no run")?;
        let found = run
            .steps
            .get_mut(step)
            .ok_or_else(|| format!("there is no step {step}"))?;
        if found.phase == StepPhase::Started {
            Ok(found)
        } else {
            Err(format!("step {step} is {:?}", found.phase))
        }
    }

    fn posting(&mut self, step: usize) -> Result<&mut OpenCreate, String> {
        let working = self.working(step)?;
        working
            .create
            .as_mut()
            .ok_or_else(|| "there is no intent".to_owned())
    }

    /// Whether the cluster that this step POSTs has a highly available control plane.
    fn posts_ha(&self, step: usize) -> bool {
        let steps = self.run.as_ref().map(|run| &run.plan.steps);
        let action = steps
            .and_then(|steps| steps.get(step))
            .map(|step| &step.action);
        matches!(action, Some(Action::CreateCluster(want)) if want.ha)
    }

    pub(super) fn seen(&mut self, thing: &Thing, at: Timestamp) -> &mut Life {
        self.things.entry(thing.clone()).or_insert(Life {
            born: at,
            seen: at,
            price: None,
            gone: None,
            made: false,
            duplicate: false,
            open_ms: None,
            gpu: None,
        })
    }

    fn known(&mut self, thing: &Thing) -> Result<&mut Life, String> {
        self.things
            .get_mut(thing)
            .ok_or_else(|| format!("{thing} is not ours"))
    }
}

fn posted(create: Option<&OpenCreate>, event: CreateEvent) -> Result<CreatePhase, String> {
    let phase = create.map(|create| create.phase);
    next_create(phase, event).ok_or_else(|| format!("{event:?} after {phase:?}"))
}
