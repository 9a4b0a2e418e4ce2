//! The real window: tauri-driver, WebKitWebDriver, the built app.

use anyhow::{Context, Result, bail, ensure};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// How long a thing may take to appear before the test gives up. A bound, not a measure.
const PATIENCE: Duration = Duration::from_secs(90);

/// One run of the app with its driver.
pub struct Window {
    /// The WebDriver session.
    pub client: Client,
    driver: Child,
    album: Album,
}

/// Where screenshots and the transcript go.
#[derive(Clone, Debug)]
pub struct Album {
    /// The folder.
    pub folder: PathBuf,
    /// Pictures taken.
    pub count: usize,
    /// What was done and seen.
    pub lines: Vec<String>,
}

impl Album {
    /// A folder for pictures and the transcript, made when missing.
    pub fn new(folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            count: 0,
            lines: Vec::new(),
        })
    }

    /// Adds a line to the transcript.
    pub fn say(&mut self, line: impl Into<String>) {
        let line = line.into();
        eprintln!("    {line}");
        self.lines.push(line);
    }

    /// Writes the transcript.
    pub fn save(&self) -> Result<()> {
        std::fs::write(
            self.folder.join("transcript.txt"),
            self.lines.join("\n") + "\n",
        )?;
        Ok(())
    }
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port())
}

impl Window {
    /// Starts the built app with `home` as its home folder.
    pub async fn open(home: &Path, album: Album) -> Result<Self> {
        Self::open_with(home, album, &[]).await
    }

    /// The same with more in its environment.
    pub async fn open_with(home: &Path, album: Album, more: &[(&str, &str)]) -> Result<Self> {
        let app = super::built("QUAYLIGHT_APP", "quaylight");
        ensure!(
            app.exists(),
            "{} is not built: `cargo xtask test` builds it",
            app.display()
        );
        let (port, native) = (free_port()?, free_port()?);
        let program = std::env::var_os("TAURI_DRIVER").map_or_else(
            || super::root().join("target/tools/bin/tauri-driver"),
            PathBuf::from,
        );
        let log = std::fs::File::create(album.folder.join("driver.log"))?;
        let driver = Command::new(program)
            .args([
                "--port",
                &port.to_string(),
                "--native-port",
                &native.to_string(),
            ])
            .env("HOME", home)
            .env_remove("KUBECONFIG")
            .env("XDG_DATA_HOME", home.join(".local/share"))
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_CACHE_HOME", home.join(".cache"))
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .process_group(0)
            .spawn()
            .context("start tauri-driver")?;
        // The driver answers before the native one behind it does.
        for port in [port, native] {
            for _ in 0..200 {
                if tokio::net::TcpStream::connect(("127.0.0.1", port))
                    .await
                    .is_ok()
                {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        let capabilities = json!({
            "browserName": "wry",
            "tauri:options": { "application": app },
        });
        let Value::Object(capabilities) = capabilities else {
            bail!("capabilities")
        };
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let mut client = ClientBuilder::new(connector);
        let address = format!("http://127.0.0.1:{port}");
        // The driver never answers when the app ends before its window is there.
        let session = client.capabilities(capabilities).connect(&address);
        let client = tokio::time::timeout(PATIENCE, session)
            .await
            .context("no window: see driver.log")?
            .context("open a WebDriver session")?;
        Ok(Self {
            client,
            driver,
            album,
        })
    }

    /// Adds a line to the transcript.
    pub fn say(&mut self, line: impl Into<String>) {
        self.album.say(line);
    }

    /// Waits for the element with this `data-testid`.
    pub async fn find(&self, id: &str) -> Result<Element> {
        let css = format!("[data-testid=\"{id}\"]");
        let found = self
            .client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(&css))
            .await
            .with_context(|| format!("find `{id}` in the window"));
        match found {
            Ok(element) => Ok(element),
            Err(error) => Err(error.context(self.seen().await)),
        }
    }

    /// What a person would read in the window, for a test that failed.
    async fn seen(&self) -> String {
        let script = "return `${document.visibilityState}: ${document.body.innerText}`";
        let page = self.client.execute(script, vec![]).await;
        let page = page.map_or_else(|error| error.to_string(), |page| page.to_string());
        format!(
            "the window, {}",
            page.chars().take(1500).collect::<String>()
        )
    }

    /// Whether the element is there now.
    pub async fn has(&self, id: &str) -> Result<bool> {
        let css = format!("[data-testid=\"{id}\"]");
        Ok(!self.client.find_all(Locator::Css(&css)).await?.is_empty())
    }

    /// Waits until the element is no longer there.
    pub async fn wait_gone(&self, id: &str) -> Result<()> {
        for _ in 0..900 {
            // A page that changes meanwhile answers with an error.
            if let Ok(false) = self.has(id).await {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("`{id}` is still there; {}", self.seen().await)
    }

    /// Waits for the element to be enabled, and clicks it.
    pub async fn click(&self, id: &str) -> Result<()> {
        for _ in 0..600 {
            let element = self.find(id).await?;
            if element.is_enabled().await.unwrap_or(false) && element.click().await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("`{id}` cannot be clicked; {}", self.seen().await)
    }

    /// The element's text.
    pub async fn text(&self, id: &str) -> Result<String> {
        self.find(id).await?;
        // One that was replaced meanwhile is looked for again.
        self.wait_text(id, "").await
    }

    /// Waits until the element's text holds `part`.
    pub async fn wait_text(&self, id: &str, part: &str) -> Result<String> {
        let mut last = String::new();
        for _ in 0..900 {
            if let Ok(element) = self.find(id).await
                && let Ok(text) = element.text().await
            {
                last = text;
                if last.contains(part) {
                    return Ok(last);
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("`{id}` says {last:?}, not {part:?}; {}", self.seen().await)
    }

    /// Waits until an attribute of the element has this value.
    pub async fn wait_attribute(&self, id: &str, name: &str, value: &str) -> Result<()> {
        let mut last = None;
        for _ in 0..1800 {
            if let Ok(element) = self.find(id).await {
                last = element.attr(name).await.ok().flatten();
                if last.as_deref() == Some(value) {
                    return Ok(());
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!(
            "`{id}` has {name}={last:?}, not {value:?}; {}",
            self.seen().await
        )
    }

    /// Replaces a text field's content the way a person does: WebDriver's Clear fires no `input`.
    pub async fn write(&self, id: &str, text: &str) -> Result<()> {
        let element = self.find(id).await?;
        element.click().await?;
        let held = element.prop("value").await?.unwrap_or_default();
        if !held.is_empty() {
            element.send_keys("\u{E010}").await?;
            element
                .send_keys(&"\u{E003}".repeat(held.chars().count()))
                .await?;
        }
        element.send_keys(text).await?;
        Ok(())
    }

    /// A picture of what is painted now.
    pub async fn shot(&mut self, name: &str) -> Result<()> {
        // The page may be ahead of what is painted: wait two frames, or the picture is stale.
        self.client
            .execute_async(
                "const done = arguments[arguments.length - 1];
                 requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0)));",
                vec![],
            )
            .await?;
        let picture = self.client.screenshot().await?;
        self.album.count += 1;
        let file = format!("{:02}-{name}.png", self.album.count);
        std::fs::write(self.album.folder.join(&file), picture)?;
        self.album.say(format!("picture {file}"));
        Ok(())
    }

    /// The app's process id.
    pub fn app_pid(&self) -> Result<u32> {
        let name = super::built("QUAYLIGHT_APP", "quaylight");
        let name = name.file_name().unwrap_or_default().to_string_lossy();
        self.pid_of(&name)
    }

    /// The process id of the web view, in which the page runs.
    pub fn web_pid(&self) -> Result<u32> {
        // Linux cuts the names of processes after 15 bytes.
        self.pid_of("WebKitWebProces")
    }

    fn pid_of(&self, name: &str) -> Result<u32> {
        let top = self.driver.id().context("tauri-driver has ended")?;
        let mut below = vec![top];
        while let Some(parent) = below.pop() {
            for (pid, command) in children(parent) {
                if command == name {
                    return Ok(pid);
                }
                below.push(pid);
            }
        }
        bail!("no `{name}` below tauri-driver")
    }

    /// Ends the app as a power cut would, and gives the album back.
    pub async fn kill(mut self) -> Result<Album> {
        let pid = self.app_pid()?;
        end(pid, "KILL").await?;
        self.driver.start_kill()?;
        self.driver.wait().await?;
        // Until the session bus, too, knows that the dead process is no running instance.
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(self.album.clone())
    }

    /// Closes the session and everything it started.
    pub async fn close(mut self) -> Result<Album> {
        let pid = self.app_pid().ok();
        drop(self.client.clone().close().await);
        if let Some(pid) = pid {
            drop(end(pid, "TERM").await);
        }
        self.driver.start_kill()?;
        self.driver.wait().await?;
        Ok(self.album.clone())
    }
}

/// A test that failed leaves nothing behind: another window would be shown instead of a new one.
impl Drop for Window {
    fn drop(&mut self) {
        if let Some(pid) = self.driver.id() {
            let group = format!("-{pid}");
            drop(
                std::process::Command::new("kill")
                    .args(["-s", "KILL", "--", &group])
                    .status(),
            );
        }
    }
}

/// Children of a process: id and command name.
fn children(parent: u32) -> Vec<(u32, String)> {
    let list = format!("/proc/{parent}/task/{parent}/children");
    let ids = std::fs::read_to_string(list).unwrap_or_default();
    ids.split_whitespace()
        .filter_map(|id| id.parse().ok())
        .map(|id: u32| {
            let name = std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
            (id, name.trim().to_owned())
        })
        .collect()
}

/// Sends a signal to one process.
pub async fn end(pid: u32, signal: &str) -> Result<()> {
    let sent = Command::new("kill")
        .args(["-s", signal, &pid.to_string()])
        .status()
        .await?;
    ensure!(sent.success(), "end process {pid}");
    Ok(())
}
