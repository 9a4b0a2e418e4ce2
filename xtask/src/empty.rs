//! The yardstick of `bench start`: an app of Tauri's that shows one line and does nothing, written
//! into target/, with the window, the profiles and the locked versions of ours.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{Job, cargo, root, target};

/// Its program.
pub(crate) const NAME: &str = "quaylight-yardstick";

const MANIFEST: &str = r#"[workspace]

[package]
name = "quaylight-yardstick"
version = "0.0.0"
edition = "2024"
publish = false

[features]
custom-protocol = ["tauri/custom-protocol"]

[dependencies]
tauri = "2"

[build-dependencies]
tauri-build = "2"
"#;

const CONFIG: &str = r#"{
  "productName": "Yardstick",
  "mainBinaryName": "quaylight-yardstick",
  "version": "0.0.0",
  "identifier": "dev.quaylight.yardstick",
  "build": { "frontendDist": "page" },
  "app": { "windows": [{ "title": "Yardstick", "width": WIDTH, "height": HEIGHT }] },
  "bundle": { "icon": ["icon.png"] }
}
"#;

const MAIN: &str = "\
fn main() {
    let app = tauri::Builder::default().build(tauri::generate_context!());
    app.expect(\"a window\").run(|_, _| {});
}
";

const PAGE: &str = "\
<!doctype html>
<html lang=\"en\">
  <head>
    <meta charset=\"utf-8\" />
    <title>Yardstick</title>
  </head>
  <body>
    <h1>An empty app</h1>
  </body>
</html>
";

/// Writes and builds it; says where its program is.
pub(crate) fn build(release: bool) -> Result<PathBuf, String> {
    let folder = target().join("bench/empty");
    write(&folder).map_err(|e| format!("write `{}`: {e}", folder.display()))?;
    let mut build = cargo();
    // Offline: other versions than the locked ones cannot even be found.
    build.args(["build", "--offline", "--features", "custom-protocol"]);
    build.args(release.then_some("--release"));
    build.arg("--manifest-path").arg(folder.join("Cargo.toml"));
    // What both apps are made of is compiled once.
    build.env("CARGO_TARGET_DIR", target());
    let done = Job::new("bench-empty", build, 45).run();
    done.end
        .map_err(|why| format!("build the empty app: {why}; see bench-empty.log"))?;
    let profile = if release { "release" } else { "debug" };
    Ok(target().join(profile).join(NAME))
}

fn write(folder: &Path) -> std::io::Result<()> {
    let ours = fs::read_to_string(root().join("Cargo.toml"))?;
    let window = fs::read_to_string(root().join("tauri.conf.json"))?;
    let config = CONFIG
        .replace("WIDTH", &number(&window, "width"))
        .replace("HEIGHT", &number(&window, "height"));
    for (name, text) in [
        ("Cargo.toml", format!("{MANIFEST}\n{}", profiles(&ours))),
        ("tauri.conf.json", config),
        (
            "build.rs",
            "fn main() {\n    tauri_build::build();\n}\n".to_owned(),
        ),
        ("src/main.rs", MAIN.to_owned()),
        ("page/index.html", PAGE.to_owned()),
    ] {
        let file = folder.join(name);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        // An unchanged file keeps its time, and cargo has nothing to do.
        if fs::read_to_string(&file).unwrap_or_default() != text {
            fs::write(&file, text)?;
        }
    }
    // Cargo drops from it what the empty app does not need, and keeps the versions of the rest.
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    fs::copy(root().join("icons/icon.png"), folder.join("icon.png")).map(drop)
}

/// The tables of our manifest that say how programs are compiled.
fn profiles(manifest: &str) -> String {
    let mut kept = String::new();
    let mut is_profile = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_profile = line.starts_with("[profile.");
        }
        if is_profile {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// The number behind a name in JSON.
fn number(json: &str, name: &str) -> String {
    let after = json
        .split(&format!("\"{name}\":"))
        .nth(1)
        .unwrap_or_default();
    let digits = after.trim_start().chars();
    digits.take_while(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_app_is_compiled_and_as_large_as_ours() {
        let manifest =
            "[package]\nname = \"x\"\n[profile.release]\nlto = \"fat\"\n\n[lints]\na = 1\n";
        assert_eq!(profiles(manifest), "[profile.release]\nlto = \"fat\"\n\n");
        let config = r#"{ "width": 1280, "minWidth": 900, "height": 860 }"#;
        assert_eq!(number(config, "width"), "1280");
        assert_eq!(number(config, "height"), "860");
    }
}
