//! Services that can be opened in a browser, and those that are.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A Service that has pods and a port of TCP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ServiceRow {
    /// `namespace/name`.
    pub service: String,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

/// A port of a Service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ServicePort {
    /// What it is called; a single port needs no name.
    pub name: Option<String>,
    /// Its number.
    pub port: u16,
}

/// A Service that a port of this computer leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OpenedService {
    /// `namespace/name`.
    pub service: String,
    /// The Service's port.
    pub port: u16,
    /// The port of this computer, on loopback only.
    pub local: u16,
    /// `http://localhost:<local>`.
    pub url: String,
}

/// What can be opened of a deployment, and what is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OpenView {
    /// Open now.
    pub opened: Vec<OpenedService>,
    /// What can be opened, by namespace and name.
    pub services: Vec<ServiceRow>,
}
