//! What a person gives to somebody who is to help them: what is shown, and the records behind it.

use super::{Engine, lock};
use domain::DeploymentId;
use domain::record::Record;
use domain::view::Row;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How this engine stands. Names and addresses are in it; tokens and kubeconfigs are in no row and in
/// no record.
#[derive(Serialize)]
pub struct Diagnostics {
    /// When, by the cloud's clock.
    at: Timestamp,
    /// Every row of the screen.
    screen: BTreeMap<String, Row>,
    /// Every record of every journal that can be read.
    journals: BTreeMap<DeploymentId, Vec<Record>>,
}

impl Engine {
    /// How it stands now.
    pub fn diagnostics(&self) -> Diagnostics {
        let screen = self.subscribe().0.view;
        let held = lock(&self.held);
        let journals = held.iter();
        let journals =
            journals.map(|(id, held)| (id.clone(), Vec::clone(Arc::as_ref(&held.records))));
        Diagnostics {
            at: self.ports.clock.now(),
            screen,
            journals: journals.collect(),
        }
    }
}
