//! What may follow what: three small tables, used before every write and at every recovery.

use crate::plan::Purpose;

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunPhase {
    /// It goes on, or was interrupted.
    Running,
    /// The user wishes that it stops and is undone.
    Cancelled,
    /// A step failed; it rests until somebody decides.
    Failed,
    /// Something is left that cannot be taken away without a person.
    Stuck,
    /// It stays as it is, by the user's wish.
    Kept,
    /// All steps are done.
    Done,
}

/// What happens to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEvent {
    /// A step failed.
    Fail,
    /// A step cannot go on without a person.
    Stick,
    /// All steps are done.
    Complete,
    /// The user wishes to stop and undo.
    Cancel,
    /// The user wishes to go on.
    Continue,
    /// The user wishes to leave it as it is.
    Keep,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepPhase {
    /// Not begun.
    Pending,
    /// Under way, or interrupted.
    Started,
    /// Done.
    Finished,
    /// Failed.
    Failed,
    /// Cannot go on without a person.
    Stuck,
}

/// What happens to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepEvent {
    /// It begins.
    Start,
    /// It ends well.
    Finish,
    /// It fails.
    Fail,
    /// It cannot go on without a person.
    Stick,
    /// It is tried again by the user's wish.
    Reopen,
}

/// How far a POST is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreatePhase {
    /// Nothing was sent.
    Intended,
    /// It is sent next, or was sent: nobody knows until an outcome is written.
    Sent,
    /// The cloud surely made nothing.
    Refused,
    /// Nobody can say.
    Unknown,
    /// It is there.
    Made,
}

/// What happens to a POST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateEvent {
    /// The intent is written.
    Intend,
    /// It is sent.
    Send,
    /// The cloud refused.
    Refuse,
    /// Nobody can say.
    Lose,
    /// The cloud answered with an id.
    Make,
    /// It was found by its marks.
    Adopt,
}

/// The next phase of a run; `None`: impossible.
pub const fn next_run(phase: RunPhase, event: RunEvent, purpose: Purpose) -> Option<RunPhase> {
    use RunPhase as P;
    let can_cancel = matches!(purpose, Purpose::Create | Purpose::Update);
    Some(match (phase, event) {
        (P::Running, RunEvent::Complete) => P::Done,
        // Steps run side by side: one may fail while another one has failed already.
        (P::Running | P::Failed, RunEvent::Fail) => P::Failed,
        (P::Running | P::Failed | P::Stuck, RunEvent::Stick) | (P::Stuck, RunEvent::Fail) => {
            P::Stuck
        }
        (P::Cancelled, RunEvent::Fail | RunEvent::Stick) => P::Cancelled,
        (P::Running | P::Failed | P::Stuck | P::Kept, RunEvent::Cancel) if can_cancel => {
            P::Cancelled
        }
        (P::Running | P::Failed | P::Stuck | P::Kept, RunEvent::Continue) => P::Running,
        (P::Running | P::Failed | P::Cancelled | P::Stuck, RunEvent::Keep) => P::Kept,
        (
            P::Done | P::Kept | P::Cancelled | P::Failed | P::Stuck | P::Running,
            RunEvent::Fail
            | RunEvent::Stick
            | RunEvent::Complete
            | RunEvent::Cancel
            | RunEvent::Continue
            | RunEvent::Keep,
        ) => return None,
    })
}

/// The next phase of a step; `None`: impossible.
pub const fn next_step(phase: StepPhase, event: StepEvent) -> Option<StepPhase> {
    use StepPhase as P;
    Some(match (phase, event) {
        (P::Pending, StepEvent::Start) | (P::Failed | P::Stuck | P::Started, StepEvent::Reopen) => {
            P::Started
        }
        (P::Started, StepEvent::Finish) | (P::Finished, StepEvent::Reopen) => P::Finished,
        (P::Started, StepEvent::Fail) => P::Failed,
        (P::Started, StepEvent::Stick) => P::Stuck,
        (P::Pending, StepEvent::Reopen) => P::Pending,
        (
            P::Pending | P::Started | P::Finished | P::Failed | P::Stuck,
            StepEvent::Start | StepEvent::Finish | StepEvent::Fail | StepEvent::Stick,
        ) => return None,
    })
}

/// The next phase of a POST; `None` before: no intent yet; `None` after: impossible.
pub const fn next_create(phase: Option<CreatePhase>, event: CreateEvent) -> Option<CreatePhase> {
    use CreatePhase as P;
    Some(match (phase, event) {
        (None, CreateEvent::Intend) => P::Intended,
        // An unknown outcome is settled by searching before it is sent again.
        (Some(P::Intended | P::Refused | P::Unknown), CreateEvent::Send) => P::Sent,
        (Some(P::Sent), CreateEvent::Refuse) => P::Refused,
        (Some(P::Sent), CreateEvent::Lose) => P::Unknown,
        (Some(P::Sent), CreateEvent::Make)
        | (Some(P::Intended | P::Refused | P::Unknown), CreateEvent::Adopt) => P::Made,
        (
            None | Some(P::Intended | P::Sent | P::Refused | P::Unknown | P::Made),
            CreateEvent::Intend
            | CreateEvent::Send
            | CreateEvent::Refuse
            | CreateEvent::Lose
            | CreateEvent::Make
            | CreateEvent::Adopt,
        ) => return None,
    })
}

/// Whether a plan may be accepted when the last run stands like this.
pub const fn may_accept(last: Option<(Purpose, RunPhase)>, next: Purpose, created: bool) -> bool {
    match (last, next) {
        (None, Purpose::Create | Purpose::TearDown) | (Some(_), Purpose::TearDown) => true,
        (Some((Purpose::Create, phase)), Purpose::RollBack) => {
            !created && !matches!(phase, RunPhase::Done)
        }
        (Some((Purpose::Create | Purpose::Update, phase)), Purpose::Update) => {
            created && matches!(phase, RunPhase::Done | RunPhase::Kept | RunPhase::Failed)
        }
        (Some(_), Purpose::Create | Purpose::Update | Purpose::RollBack)
        | (None, Purpose::Update | Purpose::RollBack) => false,
    }
}
