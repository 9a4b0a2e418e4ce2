//! What Kubernetes says that an object is, such as `Ready`.

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

impl Condition {
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kind == kind && self.status == "True"
    }
}

/// The status of an object of which nothing else is asked.
#[derive(Deserialize)]
pub(crate) struct Conditions {
    conditions: Option<Vec<Condition>>,
}

impl Conditions {
    pub(crate) fn say(&self, kind: &str) -> bool {
        self.conditions.iter().flatten().any(|one| one.is(kind))
    }
}
