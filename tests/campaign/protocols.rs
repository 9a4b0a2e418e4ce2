//! Three ways of making paid things that are in wide use, as values of our own rules: the control
//! group. Nothing of them is code; each only asks less than `PROTOCOL` does.

use engine::protocol::{PROTOCOL, Protocol};
use std::time::Duration;

/// What all three leave out: nothing is searched for that the journal does not know, one listing is
/// proof enough, and what a cluster leaves behind is nobody's business.
const NAIVE: Protocol = Protocol {
    search_unknown: false,
    settle_min: Duration::ZERO,
    settle_lag_factor: 0,
    delete_duplicates: false,
    find_by_mark: false,
    sweep_children: false,
    clean_sweeps: 1,
    ..PROTOCOL
};

/// A POST without an answer is sent again at once, as generic HTTP clients do.
pub(crate) const BLIND_RETRY: Protocol = Protocol {
    list_before_post: false,
    retry_unknown_post: 1000,
    ..NAIVE
};

/// The id is written when the reply is there, as tools with a state file do; an error ends the run.
pub(crate) const RECORD_AFTER_REPLY: Protocol = Protocol {
    record_sent: false,
    list_before_post: false,
    retry_post: 1,
    ..NAIVE
};

/// A listing comes before every POST, and then it is sent, as storage drivers do.
pub(crate) const LIST_THEN_POST: Protocol = Protocol {
    record_sent: false,
    list_before_post: true,
    ..NAIVE
};

/// All three by name.
pub(crate) const CONTROL: [(&str, Protocol); 3] = [
    ("blind retry", BLIND_RETRY),
    ("record after the reply", RECORD_AFTER_REPLY),
    ("list, then POST", LIST_THEN_POST),
];
