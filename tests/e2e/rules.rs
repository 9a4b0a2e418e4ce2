//! Firewall rules of one's own on a cluster that stands: a wrong one refused at its field, mended,
//! applied, and read back from Linode.

use anyhow::{Result, ensure};
use quaylight_tests::embedded::{demo, linode};
use quaylight_tests::job::{deploy, new_cluster, shots};
use quaylight_tests::window::{Album, Window};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_rule_is_refused_at_its_field_and_a_right_one_stands_before_the_nodes() -> Result<()>
{
    let home = tempfile::tempdir()?;
    let mut window = Window::open(home.path(), Album::new(shots("rules"))?).await?;
    window.find("new-cluster").await?;
    new_cluster(&mut window).await?;
    deploy(&mut window).await?;

    window.click("firewall-badge").await?;
    window.click("details-rules").await?;
    window
        .wait_text("rules-none", "only what LKE needs")
        .await?;
    window.click("rule-add").await?;
    window.write("rule-0-label", "ssh-office").await?;
    window.write("rule-0-ports", "0").await?;
    window.write("rule-0-from", "198.51.100.0/24").await?;
    window
        .wait_attribute("rule-0-ports", "aria-invalid", "true")
        .await?;
    let said = window.text("rules-own").await?;
    ensure!(said.contains("cannot be read at 0"), "{said}");
    window.say(format!("wrong: {}", said.replace('\n', " · ")));
    window.shot("wrong").await?;
    let apply = window.find("rules-apply").await?;
    ensure!(!apply.is_enabled().await?, "a wrong rule can be applied");

    window.write("rule-0-ports", "22").await?;
    let change = window.wait_text("rules-changes", "ssh-office").await?;
    window.say(format!("change: {change}"));
    window.shot("right").await?;
    window.click("rules-apply").await?;
    window
        .wait_attribute("deployment-state", "data-state", "running")
        .await?;
    window.click("show-rules").await?;
    window.wait_text("part-firewall", "TCP 22").await?;
    window.shot("stands").await?;
    let url = demo(home.path())?;
    let walls = linode(&url, "/v4/networking/firewalls").await?;
    let inbound = walls["data"][0]["rules"]["inbound"].as_array();
    let last = inbound.and_then(|all| all.last()).cloned();
    let last = last.unwrap_or_default();
    ensure!(
        last["label"] == "ssh-office"
            && last["ports"] == "22"
            && last["addresses"]["ipv4"] == json!(["198.51.100.0/24"]),
        "{walls}"
    );
    window.close().await?.save()
}
