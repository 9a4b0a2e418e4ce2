//! A live token never goes to a process on this computer.

use anyhow::{Result, ensure};
use quaylight_tests::programs::{cli, told};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CANARY: &str = "canaryf00dfeedcanaryf00dfeedcanaryf00dfeedcanaryf00dfeedcanary00";

/// Stands between the cli and the demo cloud and keeps every byte.
async fn listening_wire(to: u16) -> Result<(u16, Arc<Mutex<Vec<u8>>>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let all = heard.clone();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let Ok(far) = TcpStream::connect(("127.0.0.1", to)).await else {
                continue;
            };
            let (mut near_in, mut near_out) = near.into_split();
            let (mut far_in, mut far_out) = far.into_split();
            let all = all.clone();
            tokio::spawn(async move {
                let mut part = [0; 4096];
                while let Ok(n @ 1..) = near_in.read(&mut part).await {
                    if let Ok(mut all) = all.lock() {
                        all.extend_from_slice(&part[..n]);
                    }
                    if far_out.write_all(&part[..n]).await.is_err() {
                        break;
                    }
                }
            });
            tokio::spawn(async move { tokio::io::copy(&mut far_in, &mut near_out).await });
        }
    });
    Ok((port, heard))
}

fn holds(bytes: &[u8], what: &str) -> bool {
    bytes
        .windows(what.len())
        .any(|part| part == what.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_a_live_token_is_on_loopback() -> Result<()> {
    let home = tempfile::tempdir()?;
    let demo = quaylight_tests::programs::Demo::serve(home.path(), &["--speed", "60"]).await?;
    let port: u16 = demo.url.rsplit(':').next().unwrap_or_default().parse()?;
    let (wire, heard) = listening_wire(port).await?;
    let url = format!("http://127.0.0.1:{wire}");
    for command in [&["apply"][..], &["list"], &["sweep"], &["resume"]] {
        let output = cli(home.path())
            .env("LINODE_TOKEN", CANARY)
            .args(["--cloud", &url, "--yes"])
            .args(command)
            .output()
            .await?;
        ensure!(
            output.status.code() == Some(0),
            "{command:?} {}",
            told(&output)
        );
        ensure!(
            !holds(&output.stdout, CANARY) && !holds(&output.stderr, CANARY),
            "printed"
        );
    }
    let heard = heard.lock().map(|all| all.clone()).unwrap_or_default();
    ensure!(
        heard.len() > 1000 && holds(&heard, "Bearer "),
        "the wire heard {} bytes",
        heard.len()
    );
    ensure!(!holds(&heard, CANARY), "the live token went to loopback");
    println!(
        "0 of {} bytes on loopback are of the live token",
        heard.len()
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn any_other_host_is_refused_before_a_token_is_read() -> Result<()> {
    let home = tempfile::tempdir()?;
    for cloud in [
        "http://10.0.0.1:80",
        "https://api.linode.com.example.org",
        "http://127.0.0.1",
    ] {
        let output = cli(home.path())
            .env("LINODE_TOKEN", CANARY)
            .args(["--cloud", cloud, "list"])
            .output()
            .await?;
        ensure!(output.status.code() == Some(2), "{cloud} {}", told(&output));
    }
    Ok(())
}
