//! End to end in the real window: the main job from the click to the proven zero, killed and
//! started again in the middle, who may connect, every diagnostic of a form, another size, what is
//! saved, a broken GPU replaced, an idle one told, a Service opened, a node deleted, the token and the
//! keychain.

#![expect(clippy::disallowed_methods, reason = "a real window takes real time")]

mod access;
mod account;
mod diagnostics;
mod failure;
mod guard;
mod keychain;
mod light;
mod recycle;
mod restart;
mod rules;
mod services;
#[cfg(target_os = "linux")]
mod tray;
mod usage;
mod wrong;

use quaylight_tests::job::{newcomer, shots};

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_makes_a_cluster_uses_it_and_proves_that_nothing_is_left() -> anyhow::Result<()>
{
    newcomer(shots("newcomer")).await
}
