//! Good kubeconfigs are rebuilt, hostile ones refused, files are written whole.

use super::corpus::{CANARY, good, hostile, pem, token_line};
use super::*;
use expect_test::expect;
use std::fs;

fn made(raw: &str, endpoints: &[&str], cloud: ServerRule) -> Result<String, Refusal> {
    let endpoints: Vec<String> = endpoints.iter().map(|one| (*one).to_owned()).collect();
    let clean = rebuild(&SecretString::from(raw), &endpoints, cloud)?;
    Ok(clean.expose_secret().to_owned())
}

#[test]
fn what_linode_sends_is_rebuilt_from_its_atoms() {
    let clean = made(&good(), &[], ServerRule::Linode).unwrap();
    expect![[r#"
        apiVersion: v1
        kind: Config
        clusters:
        - name: "lke7"
          cluster:
            server: "https://abc.us-ord-1-gw.linodelke.net:443"
            certificate-authority-data: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tClRVbEpRZz09Ci0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K"
        users:
        - name: "lke7-admin"
          user:
            token: "CANARYtoken"
        contexts:
        - name: "lke7-ctx"
          context:
            cluster: "lke7"
            user: "lke7-admin"
            namespace: "default"
        current-context: "lke7-ctx"
    "#]].assert_eq(&clean);
    let again = made(&clean, &[], ServerRule::Linode).unwrap();
    assert_eq!(again, clean, "a clean one stays as it is");
}

#[test]
fn a_client_certificate_will_do_and_unknown_keys_are_left_behind() {
    let credential = format!(
        "client-certificate-data: {}\n    client-key-data: {}",
        pem("CERTIFICATE"),
        pem("EC PRIVATE KEY")
    );
    let raw = token_line(&credential).replace("kind: Config", "kind: Config\nextra: {a: [1]}");
    let clean = made(&raw, &[], ServerRule::Linode).unwrap();
    assert!(
        clean.contains("client-key-data: \"") && !clean.contains("extra"),
        "{clean}"
    );
}

#[test]
fn every_hostile_file_is_refused_for_its_own_reason() {
    let corpus = hostile();
    assert!(corpus.len() >= 60);
    for (name, raw, expected) in corpus {
        let refusal = made(&raw, &[], ServerRule::Linode);
        assert_eq!(refusal.as_ref(), Err(&expected), "{name}:\n{raw:.600}");
        let told = format!("{refusal:?} {expected}");
        assert!(!told.contains(CANARY), "{name}");
    }
}

#[test]
fn on_loopback_only_a_listed_port_of_127_0_0_1_is_a_server() {
    let at = |server: &str| good().replace("https://abc.us-ord-1-gw.linodelke.net:443", server);
    let listed = ["https://127.0.0.1:6443", "https://evil.example:6444"];
    let check = |server: &str| made(&at(server), &listed, ServerRule::Loopback);
    assert!(
        check("https://127.0.0.1:6443")
            .unwrap()
            .contains("\"https://127.0.0.1:6443\"")
    );
    for server in [
        "https://127.0.0.1:6444",
        "https://127.0.0.1",
        "https://127.0.0.2:6443",
        "https://localhost:6443",
        "https://evil.example:6443",
        "http://127.0.0.1:6443",
        "https://127.0.0.1:06443",
        "https://[::1]:6443",
        "https://abc.us-ord-1-gw.linodelke.net:443",
    ] {
        assert_eq!(check(server), Err(Refusal::Server), "{server}");
    }
}

#[test]
fn the_ports_failure_names_the_refusal_and_no_secret() {
    let clean = cleaner(ServerRule::Loopback);
    let failure = clean(&SecretString::from(good()), &[]).unwrap_err();
    expect!["Invalid rebuild the kubeconfig: trust its server"].assert_eq(&format!(
        "{:?} {failure}: {}",
        failure.kind,
        failure.cause.as_ref().unwrap()
    ));
    assert!(!format!("{failure:?}").contains(CANARY));
}

/// Kubeconfigs that the live API sent, where the recordings are at hand.
#[test]
fn the_recorded_kubeconfigs_are_rebuilt() {
    use base64::Engine as _;
    let beside = "../../../shared/data/linode-api/recorded";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(beside);
    let file = folder.join("TestLKECluster_Kubeconfig_Get.yaml");
    let Ok(text) = fs::read_to_string(&file) else {
        eprintln!("NOT RUN: no recorded kubeconfig at {}", file.display());
        return;
    };
    let mut rebuilt = 0;
    let recording: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    for one in recording["interactions"].as_array().unwrap() {
        let body = one["response"]["body"].as_str().unwrap();
        let Ok(reply) = serde_json::from_str::<serde_json::Value>(body) else {
            continue;
        };
        let Some(encoded) = reply["kubeconfig"].as_str() else {
            continue;
        };
        let raw = base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .unwrap();
        let raw = String::from_utf8(raw).unwrap();
        let clean = made(&raw, &[], ServerRule::Linode).unwrap_or_else(|why| panic!("{why}"));
        assert!(clean.contains("gw.linodelke.net:443\"") && !clean.contains("as-user-extra"));
        rebuilt += 1;
    }
    assert_eq!(rebuilt, 1);
}

#[tokio::test]
async fn a_saved_file_is_whole_private_and_follows_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubeconfig.yaml");
    save(&path, &SecretString::from("one")).await.unwrap();
    save(&path, &SecretString::from("two")).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "two");
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        let (victim, link) = (folder.path().join("victim"), folder.path().join("link"));
        fs::write(&victim, "kept").unwrap();
        symlink(&victim, &link).unwrap();
        save(&link, &SecretString::from("three")).await.unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "kept");
        assert!(fs::symlink_metadata(&link).unwrap().is_file());
    }
    let nowhere = folder.path().join("missing/kubeconfig.yaml");
    let failed = save(&nowhere, &SecretString::from("CANARY"))
        .await
        .unwrap_err();
    assert!(!format!("{failed:?}").contains("CANARY"));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.len() <= 3, "no temporary file is left: {left:?}");
}
