//! Every diagnostic that the form of a new cluster can give, in the real window: each in words at its
//! own field (`wrong` lists them).

use crate::wrong::{ACCESS, ADVANCED, FILES, GPU, PREFIX, WHOLE};
use anyhow::{Context as _, Result, bail, ensure};
use fantoccini::Locator;
use quaylight_tests::job::shots;
use quaylight_tests::programs::Demo;
use quaylight_tests::window::{Album, Window};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

/// What the form says now: each code with where it stands, and its words.
async fn said(window: &Window) -> Result<BTreeMap<(String, String), String>> {
    let script = "return [...document.querySelectorAll('.notes [data-code]')].map((one) => [
        one.dataset.code,
        one.closest('[id^=field-]:is(section)')?.id ?? '',
        one.innerText,
    ])";
    let page = window.client.execute(script, vec![]).await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let notes = page.as_array().context("notes")?.iter();
    Ok(notes
        .map(|one| ((text(&one[0]), text(&one[1])), text(&one[2])))
        .collect())
}

/// Waits until all of these are said, each at its place and in words.
async fn says(window: &mut Window, wanted: &[(&str, &str)]) -> Result<()> {
    let mut missing = String::new();
    for _ in 0..100 {
        let said = said(window).await?;
        missing.clear();
        for (code, place) in wanted {
            match said.get(&((*code).to_owned(), (*place).to_owned())) {
                Some(words) if words.contains(' ') && words.trim() != *code => {}
                Some(words) => bail!("{code} is no sentence: {words:?}"),
                None => write!(missing, "{code} at {place:?}; ")?,
            }
        }
        if missing.is_empty() {
            window.say(format!("{} said", wanted.len()));
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let said: Vec<_> = said(window).await?.into_keys().collect();
    bail!("not said: {missing}\nbut: {said:?}")
}

async fn open(window: &mut Window, folder: &Path, file: &str) -> Result<()> {
    std::fs::write(folder.join("form.tfvars"), file)?;
    window.click("open-tfvars").await
}

/// Somebody else on the same account.
async fn somebody(url: &str, path: &str, body: Value) -> Result<()> {
    // The client wants a TLS provider even for plain http on loopback.
    drop(rustls::crypto::ring::default_provider().install_default());
    let request = reqwest::Client::new().post(format!("{url}{path}"));
    let request = request.header("authorization", "Bearer somebody-else");
    let request = request.header("content-type", "application/json");
    let reply = request.body(body.to_string()).send().await?;
    ensure!(
        reply.status().is_success(),
        "{}: {}",
        path,
        reply.text().await?
    );
    Ok(())
}

/// What a person types, and what only a long file or somebody else on the account can cause.
async fn beyond(window: &mut Window, folder: &Path) -> Result<()> {
    let many: Vec<String> = (0..256)
        .map(|nth| format!("\"198.51.{nth}.7/32\""))
        .collect();
    let rule = |nth: usize| {
        format!(
            "{{ label = \"own-{nth}\", protocol = \"TCP\", ports = \"{}\", sources = [\"203.0.113.7/32\"] }}",
            5000 + nth
        )
    };
    let rules: Vec<String> = (0..26).map(rule).collect();
    let file = format!(
        "cluster_name_prefix = \"taken\"\nallowed_kubectl_ips = [{}]\nql_firewall_rules = [{}]\n",
        many.join(", "),
        rules.join(", ")
    );
    open(window, folder, &file).await?;
    let wanted = [
        ("label_taken", PREFIX),
        ("too_many_addresses", ACCESS),
        ("rules_too_many", ADVANCED),
    ];
    says(window, &wanted).await?;
    open(window, folder, "cluster_name_prefix = \"ada\"\n").await?;
    window.wait_text("file-card", "without problems").await?;
    window.write("field-prefix", "Ada_x").await?;
    window.write("field-access", "203.0.113.7, home").await?;
    says(window, &[("prefix_bad", PREFIX)]).await?;
    let field = window.client.find(Locator::Id(ACCESS)).await?;
    let said = field.text().await?;
    ensure!(said.contains("home"), "who may connect says {said:?}");
    window.shot("typed").await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_diagnostic_of_the_form_stands_in_words_at_its_field() -> Result<()> {
    let (home, folder) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let place = folder.path().display().to_string();
    let more = [("QUAYLIGHT_DIALOG_FOLDER", place.as_str())];
    let album = Album::new(shots("diagnostics"))?;
    let mut window = Window::open_with(home.path(), album, &more).await?;
    window.click("new-cluster").await?;
    // Before any review: what is on the account is not read anew each time.
    let url = quaylight_tests::embedded::demo(home.path())?;
    let rules = json!({ "inbound": [], "outbound": [], "inbound_policy": "DROP", "outbound_policy": "ACCEPT" });
    let taken = json!({ "label": "taken-lke-gpu-kubeflow", "rules": rules });
    somebody(&url, "/v4/networking/firewalls", taken).await?;
    for (nth, one) in FILES.iter().enumerate() {
        open(&mut window, folder.path(), one.file).await?;
        let said = says(&mut window, one.says).await;
        said.with_context(|| format!("file {}:{}", nth + 1, one.file))?;
        if nth < 5 {
            window.shot(&format!("file-{}", nth + 1)).await?;
        }
    }
    beyond(&mut window, folder.path()).await?;
    window.close().await?.save()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_token_and_its_prices_is_said_in_the_form() -> Result<()> {
    let (home, folder, world) = (
        tempfile::tempdir()?,
        tempfile::tempdir()?,
        tempfile::tempdir()?,
    );
    let demo = Demo::serve(world.path(), &[]).await?;
    let hidden = json!({ "gpu_prices_hidden": true });
    demo.ask("PUT", "/_demo/switches", Some(hidden)).await?;
    let clock = demo.get("/_demo/clock").await?;
    let now: jiff::Timestamp = clock["now"].as_str().context("a time")?.parse()?;
    let wanted = json!({
        "user": "ada",
        "scopes": "*",
        "restricted": true,
        "expires": now + jiff::SignedDuration::from_hours(5),
    });
    let made = demo.ask("POST", "/_demo/tokens", Some(wanted)).await?;
    let token = made["token"].as_str().context("a token")?;
    let place = folder.path().display().to_string();
    let port = demo.url.rsplit(':').next().unwrap_or_default();
    let more = [
        ("QUAYLIGHT_DIALOG_FOLDER", place.as_str()),
        ("QUAYLIGHT_LINODE_PORT", port),
    ];
    let album = Album::new(shots("diagnostics-token"))?;
    let mut window = Window::open_with(home.path(), album, &more).await?;
    window.click("start-connect").await?;
    window.write("token-input", token).await?;
    window.click("connect").await?;
    window.find("account-card").await?;
    window.click("new-cluster").await?;
    open(&mut window, folder.path(), "ql_stops_after = \"8h\"\n").await?;
    let wanted = [
        ("scope_all", WHOLE),
        ("user_restricted", WHOLE),
        ("token_ends_before_stop", WHOLE),
        ("type_price_unknown", GPU),
    ];
    says(&mut window, &wanted).await?;
    window.shot("stops-too-late").await?;
    open(&mut window, folder.path(), "ql_stops_after = \"1h\"\n").await?;
    says(&mut window, &[("token_ends_soon", WHOLE)]).await?;
    window.close().await?.save()
}
