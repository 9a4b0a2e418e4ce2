//! Who else is at it: a second process in the same home, and a second computer on the same account.
//! Each may come at any moment, also while a run goes on.

use crate::check;
use crate::story::{Process, Story};
use crate::wire::held;
use crate::writers::{HOMES, owner};
use domain::DeploymentId;
use domain::spec::Spec;
use domain::view::NoticeAction;
use engine::facade::For;

impl Story {
    /// A second process in the home, while the first may be carrying a run.
    pub(crate) async fn second_instance(&mut self, id: &DeploymentId) {
        held(&self.notes).count("second_instance");
        let Some(process) = self.begin(self.at, None).await else {
            return;
        };
        match self.draw.below(4) {
            0 => drop(process.engine.cancel(id).await),
            1 => drop(process.engine.act(id, NoticeAction::Continue).await),
            2 => process.engine.observe_once(id).await,
            _ => {}
        }
        process.engine.keep_watch();
        self.minutes(1 + self.draw.clone().below(8)).await;
        process.life.end();
    }

    /// Perhaps the other computer does something.
    pub(crate) async fn perhaps_other(&mut self, id: &DeploymentId, spec: &Spec, percent: u64) {
        if self.pair && self.draw.percent(percent) {
            self.other(id, spec).await;
        }
    }

    /// The other computer: it looks, it tries what is not its business, and it may take over. Who has
    /// the deployment in the end is where the plot goes on.
    async fn other(&mut self, id: &DeploymentId, spec: &Spec) {
        let home = (self.at + 1) % HOMES;
        {
            let mut notes = held(&self.notes);
            notes.count("second_computer");
            notes.contested = Some(id.mark());
        }
        let doom = self.draw.percent(30).then(|| self.draw.below(60));
        let takes = self.draw.percent(50);
        let wishes = self.draw.percent(50).then(|| spec.clone());
        let pause = self.draw.below(600);
        let tries = self.draw.below(16);
        let Some(process) = self.begin(home, doom).await else {
            return;
        };
        self.world.twin.clock().sleep_ms(pause * 1000).await;
        let acts = async {
            drop(process.engine.look_around().await);
            if tries & 1 > 0 {
                drop(process.engine.tear_down(id, "ada", &[]).await);
            }
            if tries & 2 > 0 {
                drop(process.engine.cancel(id).await);
            }
            if tries & 4 > 0 && !self.world.strange {
                self.try_to_change(&process, spec).await;
            }
            if tries & 8 > 0 {
                process.engine.observe_once(id).await;
            }
            for _ in 0..if takes { 4 } else { 0 } {
                if process.engine.take_over(id, wishes.as_ref()).await.is_ok() {
                    held(&self.notes).count("taken_over");
                    break;
                }
                self.world.twin.clock().sleep_ms(20_000).await;
            }
        };
        let known = self.ids_in(home);
        tokio::select! {
            biased;
            () = acts => {}
            () = process.life.ended() => {}
        }
        let new = self.ids_in(home).into_iter();
        let new = new.filter(|one| one != id && !known.contains(one));
        self.strays.extend(new.map(|one| (home, one)));
        // A try that was let through is carried on as any run is.
        self.wait(&process, id).await;
        self.at_screen(&process, id);
        process.life.end();
        if takes {
            self.decide(id, home, wishes.as_ref()).await;
        }
    }

    /// What the other computer made of its own goes too.
    pub(crate) async fn end_strays(&mut self, spec: &Spec) {
        let at = self.at;
        for (home, id) in std::mem::take(&mut self.strays) {
            self.at = home;
            // Nobody can say of a write whose it was.
            {
                let mut notes = held(&self.notes);
                (notes.contested, notes.owners) = (None, Vec::new());
            }
            self.tear_down(&id, spec, None).await;
            self.settle(&id).await;
        }
        self.at = at;
    }

    fn ids_in(&self, home: usize) -> Vec<DeploymentId> {
        let all = self.homes[home].all().into_iter();
        all.map(|(id, _)| id).collect()
    }

    async fn try_to_change(&self, process: &Process, spec: &Spec) {
        let more = Spec {
            gpu_max: spec.gpu_max + 2,
            ..spec.clone()
        };
        if let Ok(review) = process.engine.review(more, For::Apply).await
            && let Some(plan) = review.plan
        {
            drop(process.engine.accept(&plan, true).await);
        }
    }

    /// A take-over that was begun is ended by somebody: most often by the one who began it.
    async fn decide(&mut self, id: &DeploymentId, began: usize, wishes: Option<&Spec>) {
        let mut home = if self.draw.percent(80) {
            began
        } else {
            (began + 1) % HOMES
        };
        for nth in 0..20 {
            if nth == 3 {
                self.world.clear();
            }
            let Some(process) = self.begin(home, None).await else {
                self.minutes(2).await;
                continue;
            };
            let taken = process.engine.take_over(id, wishes).await;
            let said = taken.err().map(|problem| problem.code);
            process.life.end();
            held(&self.notes).say(&format!("take-over: {said:?}"));
            match said.as_deref() {
                None | Some("take_over_ours") => break,
                // In bad weather that is not known.
                Some("take_over_missing") if nth >= 3 => break,
                // What somebody renamed can be proven by the computer whose journal names it.
                Some("take_over_doubtful") => home = (home + 1) % HOMES,
                Some(_) => {}
            }
            self.minutes(2).await;
        }
        self.follow(id);
    }

    /// The plot goes on at the computer that has the deployment.
    pub(crate) fn follow(&mut self, id: &DeploymentId) {
        let ledger = self.world.ledger();
        let has = owner(&ledger, &id.mark()).unwrap_or(self.at);
        let stands = !check::ours(&ledger, &id.mark(), "alive").is_empty();
        if stands && self.knows(has, id) {
            self.at = has;
        }
    }
}
