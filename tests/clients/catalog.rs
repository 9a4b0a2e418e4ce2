//! What linode-cli reads without changing anything: the catalog, the account, the user.

use anyhow::{Result, ensure};
use futures::future::try_join_all;
use serde_json::json;

use crate::linode_cli::LinodeCli;

/// Each command with where the same stands in the cloud.
const READ: &[(&str, &str)] = &[
    ("account view", "/v4/account"),
    ("account settings", "/v4/account/settings"),
    ("account transfer", "/v4/account/transfer"),
    ("account get-availability", "/v4/account/availability"),
    (
        "account get-account-availability us-ord",
        "/v4/account/availability/us-ord",
    ),
    ("profile view", "/v4/profile"),
    ("regions list", "/v4/regions"),
    ("regions view us-ord", "/v4/regions/us-ord"),
    (
        "regions view-avail us-ord",
        "/v4/regions/us-ord/availability",
    ),
    ("regions list-avail --all-rows", "/v4/regions/availability"),
    ("linodes types", "/v4/linode/types"),
    (
        "linodes type-view g2-gpu-rtx4000a1-s",
        "/v4/linode/types/g2-gpu-rtx4000a1-s",
    ),
    ("lke types", "/v4/lke/types"),
    ("lke versions-list", "/v4/lke/versions"),
    ("lke version-view 1.34", "/v4/lke/versions/1.34"),
    (
        "lke tiered-versions-list standard",
        "/v4beta/lke/tiers/standard/versions",
    ),
    (
        "lke tiered-version-view enterprise v1.31.8+lke1",
        "/v4beta/lke/tiers/enterprise/versions/v1.31.8+lke1",
    ),
    ("nodebalancers types", "/v4/nodebalancers/types"),
    ("volumes types", "/v4/volumes/types"),
    ("network-transfer prices", "/v4/network-transfer/prices"),
];

/// So many at a time: each is a Python of its own.
const AT_ONCE: usize = 3;

/// Every command of the list, and filters by linode-cli's own flags.
pub(crate) async fn read(cli: &LinodeCli) -> Result<()> {
    for some in READ.chunks(AT_ONCE) {
        let asked = some.iter().map(|(words, path)| cli.same(words, path));
        for rows in try_join_all(asked).await? {
            ensure!(!rows.is_empty(), "one of {some:?} prints nothing");
        }
    }
    let found = cli
        .filtered(
            "linodes types --class gpu --order-by vcpus --order desc",
            "/v4/linode/types",
            &json!({"class": "gpu", "+order_by": "vcpus", "+order": "desc"}),
        )
        .await?;
    ensure!(
        found.len() > 3 && found.iter().all(|one| one["class"] == "gpu"),
        "{found:?}"
    );
    let found = cli
        .filtered(
            "regions list-avail --plan g2-gpu-rtx4000a1-s --available true",
            "/v4/regions/availability",
            &json!({"plan": "g2-gpu-rtx4000a1-s", "available": true}),
        )
        .await?;
    ensure!(
        found.iter().any(|one| one["region"] == "us-ord"),
        "{found:?}"
    );
    let unknown = cli.refused("linodes type-view g9-gpu-none").await?;
    ensure!(unknown == "404 [] Not found", "{unknown}");
    let page = cli.refused("regions list --page 9").await?;
    ensure!(page == "404 [page] Not found", "{page}");
    Ok(())
}
