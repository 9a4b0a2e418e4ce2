//! A way from this computer to the pods of a Service.

use std::any::Any;

/// Listens on loopback and carries each connection to a pod of one Service. It ends, with all that it
/// carries, when this is dropped.
pub struct Tunnel {
    /// The port of this computer.
    pub local: u16,
    /// What keeps it open.
    pub held: Box<dyn Any + Send + Sync>,
}

impl std::fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tunnel")
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}
