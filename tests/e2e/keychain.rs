//! The keychain, in a real Secret Service and without one.

use anyhow::{Result, ensure};
use domain::AccountId;
use local::{Keychain, KeychainState};
use secrecy::{ExposeSecret, SecretString};
use tokio::process::Command;

/// Set for the process that has no session bus: whether there is one is read once a process.
const NO_BUS: &str = "QUAYLIGHT_NO_BUS";

#[tokio::test(flavor = "multi_thread")]
async fn a_token_rests_in_the_secret_service_until_it_is_forgotten() -> Result<()> {
    let keychain = Keychain::system();
    ensure!(
        keychain.probe().await == KeychainState::Ready,
        "the Secret Service is not unlocked"
    );
    let account = AccountId("0000-test".to_owned());
    let token = SecretString::from("a-token-of-a-test".repeat(3));
    keychain.store(&account, &token).await?;
    let back = keychain.read(&account).await?;
    ensure!(back.is_some_and(|back| back.expose_secret() == token.expose_secret()));
    keychain.forget(&account).await?;
    ensure!(
        keychain.read(&account).await?.is_none(),
        "it was not forgotten"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_bus_the_keychain_is_missing_and_nothing_is_kept() -> Result<()> {
    if std::env::var_os(NO_BUS).is_none() {
        let name = "keychain::without_a_session_bus_the_keychain_is_missing_and_nothing_is_kept";
        let output = Command::new(std::env::current_exe()?)
            .args(["--exact", name])
            .env(NO_BUS, "1")
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
            .output()
            .await?;
        let said = quaylight_tests::programs::told(&output);
        ensure!(
            output.status.success() && said.contains("1 passed"),
            "{said}"
        );
        return Ok(());
    }
    let keychain = Keychain::system();
    ensure!(matches!(keychain.probe().await, KeychainState::Missing(_)));
    let stored = keychain
        .store(&AccountId("x".to_owned()), &SecretString::from("y"))
        .await;
    ensure!(stored.is_err());
    Ok(())
}
