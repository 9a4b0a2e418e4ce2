//! What a person asks of a run that is under way, and what a run tells while it goes.

use crate::observe::Observed;
use domain::DeploymentId;
use domain::record::Record;
use domain::text::Text;
use ipnet::IpNet;
use tokio::sync::watch;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) cancel: bool,
    pub(crate) pause: bool,
    pub(crate) delete_now: bool,
}

/// The hand that steers a run. Dropping it asks for nothing.
#[derive(Clone, Debug)]
pub struct Remote(watch::Sender<Asked>);

/// The end of it that the run holds.
#[derive(Clone, Debug)]
pub struct Signal(watch::Receiver<Asked>);

/// A hand and its end.
pub fn signal() -> (Remote, Signal) {
    let (sender, receiver) = watch::channel(Asked::default());
    (Remote(sender), Signal(receiver))
}

impl Remote {
    /// Stop, and undo what was made. A teardown cannot be cancelled: it ignores this.
    pub fn cancel(&self) {
        self.0.send_modify(|asked| asked.cancel = true);
    }

    /// Send nothing more and come back; the run goes on at the next `drive`.
    pub fn pause(&self) {
        self.0.send_modify(|asked| asked.pause = true);
    }

    /// Delete a cluster although it is still coming up.
    pub fn delete_now(&self) {
        self.0.send_modify(|asked| asked.delete_now = true);
    }
}

impl Signal {
    pub(crate) fn asked(&self) -> Asked {
        *self.0.borrow()
    }

    /// Waits for the next ask; for ever when nobody can ask any more.
    pub(crate) async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Who is told what happens. Called from inside the run: it must not wait.
pub trait Observer: Send + Sync {
    /// A record is in the journal.
    fn recorded(&self, deployment: &DeploymentId, record: &Record);
    /// Something was read; what was not read this time is absent.
    fn observed(&self, deployment: &DeploymentId, seen: &Observed);
    /// What is known now of a step that is under way.
    fn noted(&self, deployment: &DeploymentId, step: usize, what: &Text);
    /// Kubernetes does not answer a run: who is on the list that is enforced, and the own address as
    /// far as it is known. `None`: it answers, or no list is enforced.
    fn shut_out(&self, deployment: &DeploymentId, list: Option<(&[IpNet], &[IpNet])>);
    /// A step takes longer than it should; it goes on.
    fn late(&self, deployment: &DeploymentId, step: usize, what: &Text);
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deaf;

impl Observer for Deaf {
    fn recorded(&self, _: &DeploymentId, _: &Record) {}
    fn observed(&self, _: &DeploymentId, _: &Observed) {}
    fn noted(&self, _: &DeploymentId, _: usize, _: &Text) {}
    fn shut_out(&self, _: &DeploymentId, _: Option<(&[IpNet], &[IpNet])>) {}
    fn late(&self, _: &DeploymentId, _: usize, _: &Text) {}
}
