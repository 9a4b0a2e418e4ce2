//! Facts about a run as a whole: accepted, begun, at rest, wished for, completed.

use super::fold::Checked;
use super::table::{RunEvent, StepEvent, may_accept, next_run, next_step};
use super::{CreatePhase, OpenCreate, Progress, RunPhase, RunProgress, StepPhase, StepProgress};
use crate::ids::PlanId;
use crate::plan::{Action, Plan, Purpose, Step};
use crate::record::{ThingKind, Wish};
use crate::standing::TakenOver;
use crate::text::Text;
use jiff::Timestamp;

impl Progress {
    pub(super) fn accept(&mut self, plan: &Plan, at: Timestamp) -> Checked {
        self.must_fit(plan)?;
        let last = self.run.as_ref().map(|run| (run.plan.purpose, run.phase));
        if !may_accept(last, plan.purpose, self.created.is_some()) {
            return Err(format!("no {:?} after {last:?}", plan.purpose));
        }
        let forward =
            |(index, step): (usize, &Step)| step.after.iter().all(|before| *before < index);
        if !plan.steps.iter().enumerate().all(forward) {
            return Err("a step comes after one that is not before it".to_owned());
        }
        let steps = plan.steps.iter().map(|_| StepProgress {
            phase: StepPhase::Pending,
            started: None,
            ended: None,
            detail: None,
            create: None,
        });
        let run = RunProgress {
            plan: plan.clone(),
            phase: RunPhase::Running,
            accepted: at,
            acted: at,
            ended: None,
            steps: steps.collect(),
        };
        self.put_run(run);
        self.accepted.get_or_insert(at);
        self.prices = plan.prices;
        match plan.purpose {
            Purpose::Create | Purpose::Update => {
                self.spec_before = self.spec.replace(plan.spec.clone());
                // A length of time counts from the acceptance that wished it.
                if self.spec_before.as_ref().map(|spec| spec.stops) != Some(plan.spec.stops) {
                    self.stops_since = Some(at);
                    self.stop_moved = None;
                }
            }
            Purpose::TearDown | Purpose::RollBack => {
                self.spec.get_or_insert_with(|| plan.spec.clone());
                // Only what the last accepted plan names goes.
                self.volumes_named.clear();
            }
        }
        for step in &plan.steps {
            if let Action::DeleteVolumes { delete } = &step.action {
                self.volumes_named.extend(delete);
            }
        }
        Ok(())
    }

    fn must_fit(&self, plan: &Plan) -> Checked {
        let header = &self.header;
        let fits = plan.deployment == header.deployment
            && plan.cloud == header.cloud
            && plan.account == header.account;
        let other = || "the plan is of another deployment, cloud or account".to_owned();
        fits.then_some(()).ok_or_else(other)
    }

    fn put_run(&mut self, run: RunProgress) {
        let open =
            |create: &OpenCreate| matches!(create.phase, CreatePhase::Sent | CreatePhase::Unknown);
        self.recycling.clear();
        if let Some(before) = self.run.replace(run) {
            let creates = before.steps.into_iter().filter_map(|step| step.create);
            self.loose.extend(creates.filter(open));
        }
    }

    /// What stood at this time is what there is; what this journal believed before is over.
    pub(super) fn take_over(&mut self, taken: &TakenOver, at: Timestamp) -> Checked {
        let plan = &taken.plan;
        self.must_fit(plan)?;
        if plan.purpose != Purpose::Create || !plan.steps.is_empty() {
            return Err("what is taken over stands already".to_owned());
        }
        self.put_run(RunProgress {
            plan: plan.clone(),
            phase: RunPhase::Done,
            accepted: at,
            acted: at,
            ended: Some(at),
            steps: Vec::new(),
        });
        let oldest = taken.things.iter().map(|one| one.since).min();
        self.accepted.get_or_insert(oldest.unwrap_or(at));
        self.prices = plan.prices;
        self.spec_before = self.spec.replace(plan.spec.clone());
        (self.stops_since, self.stop_moved) = (Some(at), None);
        (self.created, self.torn_down) = (Some(at), None);
        self.controller = taken.controller;
        self.volumes_named.clear();
        // Volumes outlive clusters, and no listing of a deployment holds them.
        let lives = self.things.iter_mut();
        for (_, life) in lives.filter(|(thing, _)| thing.kind() != ThingKind::Volume) {
            life.gone.get_or_insert(at);
        }
        for one in &taken.things {
            let life = self.seen(&one.thing, at);
            (life.born, life.price, life.gone) = (one.since, one.price, None);
            (life.made, life.duplicate) = (true, one.second);
        }
        Ok(())
    }

    pub(super) fn start(&mut self, plan: &PlanId, step: usize, at: Timestamp) -> Checked {
        let run = self.run_of(plan)?;
        if run.phase != RunPhase::Running {
            return Err(format!("the run is {:?}", run.phase));
        }
        let after = run
            .plan
            .steps
            .get(step)
            .map(|step| step.after.clone())
            .unwrap_or_default();
        if after
            .iter()
            .any(|before| run.steps[*before].phase != StepPhase::Finished)
        {
            return Err("a step before it is not done".to_owned());
        }
        move_step(run, step, StepEvent::Start, at, None)
    }

    pub(super) fn rest(
        &mut self,
        event: RunEvent,
        of_step: StepEvent,
        step: usize,
        at: Timestamp,
        what: &Text,
    ) -> Checked {
        let run = self.run.as_mut().ok_or("there is no run")?;
        let phase = moved(run, event)?;
        move_step(run, step, of_step, at, Some(what))?;
        run.phase = phase;
        run.ended = Some(at);
        Ok(())
    }

    pub(super) fn wish(&mut self, wish: Wish, at: Timestamp) -> Checked {
        let run = self.run.as_mut().ok_or("there is no run to wish for")?;
        let event = match wish {
            Wish::Cancel => RunEvent::Cancel,
            Wish::Continue => RunEvent::Continue,
            Wish::Keep => RunEvent::Keep,
        };
        run.phase = moved(run, event)?;
        run.ended = (wish == Wish::Keep).then_some(at);
        if wish == Wish::Continue {
            for step in &mut run.steps {
                if let Some(phase) = next_step(step.phase, StepEvent::Reopen)
                    && phase != step.phase
                {
                    step.phase = phase;
                    step.ended = None;
                    step.detail = None;
                }
            }
            self.reopen_controller();
        }
        Ok(())
    }

    pub(super) fn complete(&mut self, plan: &PlanId, at: Timestamp) -> Checked {
        let run = self.run_of(plan)?;
        let phase = moved(run, RunEvent::Complete)?;
        if run
            .steps
            .iter()
            .any(|step| step.phase != StepPhase::Finished)
        {
            return Err("a step is not done".to_owned());
        }
        run.phase = phase;
        run.ended = Some(at);
        match run.plan.purpose {
            Purpose::Create => self.created = Some(at),
            Purpose::Update => {}
            Purpose::TearDown | Purpose::RollBack => {
                self.torn_down = Some(at);
                self.swept_when_gone = self.sweeps.len();
            }
        }
        Ok(())
    }
}

fn moved(run: &RunProgress, event: RunEvent) -> Result<RunPhase, String> {
    next_run(run.phase, event, run.plan.purpose)
        .ok_or_else(|| format!("{event:?} while {:?} is {:?}", run.plan.purpose, run.phase))
}

pub(super) fn at_step(run: &RunProgress, step: usize) -> Result<(&Action, &StepProgress), String> {
    let action = run.plan.steps.get(step).map(|step| &step.action);
    action
        .zip(run.steps.get(step))
        .ok_or_else(|| format!("there is no step {step}"))
}

pub(super) fn move_step(
    run: &mut RunProgress,
    step: usize,
    event: StepEvent,
    at: Timestamp,
    detail: Option<&Text>,
) -> Checked {
    let phase = at_step(run, step)?.1.phase;
    let next = next_step(phase, event).ok_or_else(|| format!("{event:?} after {phase:?}"))?;
    let found = &mut run.steps[step];
    found.phase = next;
    found.detail = detail.cloned();
    match event {
        StepEvent::Start => found.started = Some(at),
        StepEvent::Finish | StepEvent::Fail | StepEvent::Stick => found.ended = Some(at),
        StepEvent::Reopen => {}
    }
    Ok(())
}
