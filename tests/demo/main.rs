//! What `cargo xtask run` does where there is no display: the main job in the real window.

use std::path::PathBuf;

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_cluster_is_deployed_used_and_torn_down() -> anyhow::Result<()> {
    let folder = std::env::var_os("QUAYLIGHT_DEMO_OUT").map_or_else(
        || quaylight_tests::root().join("target/demo"),
        PathBuf::from,
    );
    quaylight_tests::job::newcomer(folder).await
}
