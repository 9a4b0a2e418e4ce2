//! Failures in words: what happened, why, what to do.

use crate::ports::{Failure, JournalError, Kind};
use domain::text::Text;
use domain::texts;
use domain::view::Problem;

texts! {
    /// What is said when an intent cannot be carried out.
    pub enum Said {
        /// The token is wrong, ended, or of another account.
        "cloud_unauthorized" CloudUnauthorized { operation: String },
        /// What to do about it.
        "cloud_unauthorized_fix" CloudUnauthorizedFix,
        /// It is not there.
        "cloud_not_found" CloudNotFound { operation: String },
        /// It is busy, locked, or exists already.
        "cloud_conflict" CloudConflict { operation: String },
        /// What to do about it.
        "cloud_conflict_fix" CloudConflictFix,
        /// The region cannot give the instance type now.
        "cloud_no_capacity" CloudNoCapacity { operation: String },
        /// What to do about it.
        "cloud_no_capacity_fix" CloudNoCapacityFix,
        /// An account limit.
        "cloud_quota" CloudQuota { operation: String },
        /// What to do about it.
        "cloud_quota_fix" CloudQuotaFix,
        /// Too many requests.
        "cloud_rate_limited" CloudRateLimited { operation: String },
        /// What to do about it.
        "cloud_rate_limited_fix" CloudRateLimitedFix,
        /// Not reachable, or down.
        "cloud_unavailable" CloudUnavailable { operation: String },
        /// In maintenance.
        "cloud_maintenance" CloudMaintenance { operation: String },
        /// What to do about it.
        "cloud_unavailable_fix" CloudUnavailableFix,
        /// The request was wrong.
        "cloud_invalid" CloudInvalid { operation: String },
        /// Nobody can say whether it happened.
        "cloud_unknown" CloudUnknown { operation: String },
        /// What to do about it.
        "cloud_unknown_fix" CloudUnknownFix,
        /// Quoted.
        "linode_answered" LinodeAnswered { answer: String },
        /// Another process works on this deployment.
        "journal_locked" JournalLocked { holder: String },
        /// What to do about it.
        "journal_locked_fix" JournalLockedFix,
        /// No such deployment.
        "journal_missing" JournalMissing { name: String },
        /// What to do about it.
        "journal_missing_fix" JournalMissingFix,
        /// A line is not what was written.
        "journal_damaged" JournalDamaged { name: String, line: usize, reason: String },
        /// What to do about it.
        "journal_damaged_fix" JournalDamagedFix,
        /// Written by a newer Quaylight.
        "journal_newer" JournalNewer { version: u32, writer: String },
        /// What to do about it.
        "journal_newer_fix" JournalNewerFix,
        /// The disk failed.
        "disk_failed" DiskFailed { operation: String, path: String },
        /// What to do about it.
        "disk_failed_fix" DiskFailedFix,
        /// The app's folder cannot be used.
        "home_not_usable" HomeNotUsable { path: String },
        /// Something else bears its name.
        "home_no_folder" HomeNoFolder,
        /// What to do about it.
        "home_no_folder_fix" HomeNoFolderFix,
        /// Its links lead in a circle.
        "home_loop" HomeLoop,
        /// What to do about it.
        "home_loop_fix" HomeLoopFix,
        /// This user may not use it.
        "home_no_rights" HomeNoRights,
        /// What to do about it.
        "home_no_rights_fix" HomeNoRightsFix,
        /// Its disk can only be read.
        "home_read_only" HomeReadOnly,
        /// What to do about it.
        "home_read_only_fix" HomeReadOnlyFix,
        /// Its disk is full.
        "home_full" HomeFull,
        /// What to do about it.
        "home_full_fix" HomeFullFix,
        /// The plan is not known any more.
        "plan_unknown" PlanUnknown,
        /// What to do about it.
        "plan_unknown_fix" PlanUnknownFix,
        /// A price is unknown and nobody consented.
        "price_unknown" PriceUnknown,
        /// What to do about it.
        "price_unknown_fix" PriceUnknownFix,
        /// The typed name is another.
        "name_mismatch" NameMismatch { expected: String },
        /// The deployment belongs to another account or cloud.
        "not_here" NotHere { name: String },
        /// What to do about it.
        "not_here_fix" NotHereFix,
        /// A run is under way already.
        "run_under_way" RunUnderWay { name: String },
        /// What to do about it.
        "run_under_way_fix" RunUnderWayFix,
        /// Nothing to go on with.
        "nothing_to_do" NothingToDo { name: String },
        /// The kubeconfig is not there yet.
        "kubeconfig_not_ready" KubeconfigNotReady,
        /// The receipt is not there.
        "receipt_missing" ReceiptMissing,
        /// No orphan of this id.
        "orphan_missing" OrphanMissing { name: String },
        /// What to do about it.
        "orphan_missing_fix" OrphanMissingFix,
        /// It is another computer's.
        "orphan_elsewhere" OrphanElsewhere { name: String },
        /// What to do about it.
        "orphan_elsewhere_fix" OrphanElsewhereFix { name: String },
        /// An earlier run of it was interrupted.
        "run_interrupted" RunInterrupted { name: String },
        /// What to do about it.
        "run_interrupted_fix" RunInterruptedFix { name: String },
        /// An earlier run of it failed.
        "run_rests" RunRests { name: String },
        /// What to do about it.
        "run_rests_fix" RunRestsFix { name: String },
        /// It is being torn down.
        "run_leaves" RunLeaves { name: String },
        /// The token lacks scopes that a teardown needs.
        "token_lacks_scopes" TokenLacksScopes { scopes: Vec<String> },
        /// What to do about it.
        "token_lacks_scopes_fix" TokenLacksScopesFix,
        /// A part of what stands is missing.
        "part_missing_why" PartMissingWhy,
        /// What to do about it.
        "part_missing_fix" PartMissingFix,
        /// There is no stop time to move.
        "stop_none" StopNone { name: String },
        /// What to do about it.
        "stop_none_fix" StopNoneFix,
        /// It is being torn down already.
        "stop_leaves" StopLeaves { name: String },
        /// The stop time is past.
        "stop_in_past" StopInPast { at: jiff::Timestamp },
        /// What to do about it.
        "stop_in_past_fix" StopInPastFix,
        /// Another computer looks after it.
        "made_elsewhere" MadeElsewhere { name: String },
        /// Its journal is lost.
        "made_forgotten" MadeForgotten { name: String },
        /// It bears no owner tag and has no journal here.
        "made_by_nobody" MadeByNobody { name: String },
        /// What to do about it.
        "made_elsewhere_fix" MadeElsewhereFix { id: String },
        /// Nothing of this id is there to be taken over.
        "take_over_missing" TakeOverMissing { name: String },
        /// It is this computer's already.
        "take_over_ours" TakeOverOurs { name: String },
        /// It lacks the second proof.
        "take_over_doubtful" TakeOverDoubtful { name: String },
        /// Another computer was quicker.
        "take_over_lost" TakeOverLost { name: String },
        /// The tag reads back differently again and again.
        "take_over_unread" TakeOverUnread { name: String },
        /// What to do about it.
        "take_over_unread_fix" TakeOverUnreadFix,
        /// Not everything of it is shown.
        "take_over_behind" TakeOverBehind { name: String },
        /// What to do about it.
        "take_over_behind_fix" TakeOverBehindFix,
        /// The edit would lock this computer out.
        "access_removes_you" AccessRemovesYou { addresses: Vec<String> },
        /// Why that matters.
        "access_removes_you_why" AccessRemovesYouWhy,
        /// What to do about it.
        "access_removes_you_fix" AccessRemovesYouFix,
        /// Nothing to take away.
        "access_not_listed" AccessNotListed { cidr: String },
        /// What to do about it.
        "access_not_listed_fix" AccessNotListedFix,
        /// It was written and is not shown as enforced.
        "access_late" AccessLate,
        /// What to do about it.
        "access_late_fix" AccessLateFix,
        /// Nothing of it has cost anything yet.
        "no_cost_yet" NoCostYet { name: String },
        /// What to do about it.
        "no_cost_yet_fix" NoCostYetFix,
        /// There is no list of who may reach web UIs.
        "guard_no_list" GuardNoList,
        /// What to do about it.
        "guard_no_list_fix" GuardNoListFix,
        /// A firewall of that list would let everyone in.
        "guard_everyone" GuardEveryone { entries: Vec<String> },
        /// No such load balancer.
        "guard_no_service" GuardNoService { service: String },
        /// What to do about it.
        "guard_no_service_fix" GuardNoServiceFix,
        /// Kubernetes does not answer.
        "kubernetes_silent" KubernetesSilent { name: String },
        /// What to do about it.
        "kubernetes_silent_fix" KubernetesSilentFix,
        /// No node of this name, or no pool of this role.
        "node_missing" NodeMissing { name: String },
        /// What to do about it.
        "node_missing_fix" NodeMissingFix,
        /// A pool keeps one node at least.
        "last_node" LastNode { name: String },
        /// What to do about it.
        "last_node_fix" LastNodeFix,
        /// No Service of this name that can be opened.
        "service_missing" ServiceMissing { name: String },
        /// What to do about it.
        "service_missing_fix" ServiceMissingFix,
        /// Which of its ports, or one that it does not have.
        "service_port" ServicePort { name: String },
        /// What to do about it.
        "service_port_fix" ServicePortFix { ports: Vec<String> },
        /// No pod of it is ready.
        "service_empty" ServiceEmpty { name: String },
        /// What to do about it.
        "service_empty_fix" ServiceEmptyFix,
        /// The cluster's own parts live there.
        "policy_system" PolicySystem { namespace: String },
        /// What to do about it.
        "policy_system_fix" PolicySystemFix,
        /// No such namespace.
        "policy_no_namespace" PolicyNoNamespace { namespace: String },
        /// What to do about it.
        "policy_no_namespace_fix" PolicyNoNamespaceFix,
        /// No name for an account.
        "reader_name" ReaderName { name: String },
        /// What to do about it.
        "reader_name_fix" ReaderNameFix,
        /// For too short or too long.
        "reader_length" ReaderLength,
        /// What to do about it.
        "reader_length_fix" ReaderLengthFix,
        /// That name has one already.
        "reader_there" ReaderThere { name: String },
        /// What to do about it.
        "reader_there_fix" ReaderThereFix,
        /// Nobody of that name.
        "reader_missing" ReaderMissing { name: String },
        /// What to do about it.
        "reader_missing_fix" ReaderMissingFix,
        /// Our own fault.
        "own_fault" OwnFault { what: String },
        /// What to do about it.
        "own_fault_fix" OwnFaultFix,
    }
}

/// A problem of these words.
pub fn problem(what: Said, why: Option<Said>, fix: Option<Said>) -> Problem {
    let what = Text::from(what);
    Problem {
        code: what.code.clone(),
        what,
        why: why.map(Text::from),
        fix: fix.map(Text::from),
        detail: None,
    }
}

/// A failed call in words; what the other side said is quoted.
pub fn of_failure(failure: &Failure) -> Problem {
    let operation = failure.operation.clone();
    let (what, fix) = match failure.kind {
        Kind::Unauthorized => (
            Said::CloudUnauthorized { operation },
            Some(Said::CloudUnauthorizedFix),
        ),
        Kind::NotFound => (Said::CloudNotFound { operation }, None),
        Kind::Conflict => (
            Said::CloudConflict { operation },
            Some(Said::CloudConflictFix),
        ),
        Kind::NoCapacity => (
            Said::CloudNoCapacity { operation },
            Some(Said::CloudNoCapacityFix),
        ),
        Kind::Quota => (Said::CloudQuota { operation }, Some(Said::CloudQuotaFix)),
        Kind::RateLimited => (
            Said::CloudRateLimited { operation },
            Some(Said::CloudRateLimitedFix),
        ),
        Kind::Unavailable if failure.maintenance => (
            Said::CloudMaintenance { operation },
            Some(Said::CloudUnavailableFix),
        ),
        Kind::Unavailable => (
            Said::CloudUnavailable { operation },
            Some(Said::CloudUnavailableFix),
        ),
        Kind::Invalid => (Said::CloudInvalid { operation }, None),
        Kind::Unknown => (
            Said::CloudUnknown { operation },
            Some(Said::CloudUnknownFix),
        ),
    };
    let answer = failure.said();
    let why = (!answer.is_empty()).then_some(Said::LinodeAnswered { answer });
    Problem {
        detail: causes(failure),
        ..problem(what, why, fix)
    }
}

/// Everything underneath, for the details.
fn causes(failure: &Failure) -> Option<String> {
    let mut cause = std::error::Error::source(failure);
    let mut all = Vec::new();
    while let Some(one) = cause {
        all.push(one.to_string());
        cause = one.source();
    }
    (!all.is_empty()).then(|| all.join(": "))
}

/// A journal that cannot be used, in words.
pub fn of_journal(error: &JournalError) -> Problem {
    match error {
        JournalError::Locked { holder, .. } => problem(
            Said::JournalLocked {
                holder: holder.clone(),
            },
            None,
            Some(Said::JournalLockedFix),
        ),
        JournalError::Missing(id) => problem(
            Said::JournalMissing { name: id.0.clone() },
            None,
            Some(Said::JournalMissingFix),
        ),
        JournalError::Damaged { id, line, why } => problem(
            Said::JournalDamaged {
                name: id.0.clone(),
                line: *line,
                reason: why.clone(),
            },
            None,
            Some(Said::JournalDamagedFix),
        ),
        JournalError::Newer { version, writer } => problem(
            Said::JournalNewer {
                version: *version,
                writer: writer.clone(),
            },
            None,
            Some(Said::JournalNewerFix),
        ),
        JournalError::Disk {
            operation,
            path,
            cause,
        } => Problem {
            detail: Some(cause.to_string()),
            ..problem(
                Said::DiskFailed {
                    operation: (*operation).to_owned(),
                    path: path.clone(),
                },
                None,
                Some(Said::DiskFailedFix),
            )
        },
    }
}
