//! The crates that a build links into the program, each with its licence and the texts it brings.
//!
//! cargo itself says which they are, for the system that is built for: no crate that only builds or
//! only tests, no macro that runs in the compiler. cargo runs this again whenever its lock file or a
//! manifest of ours changes, so the list is always that of the program that it is built into.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// How the names of files with a licence begin.
const NAMES: &[&str] = &["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"];
/// The crates of this repository whose manifests decide what is linked.
const OURS: &[&str] = &["domain", "engine", "kube", "linode", "local", "sim", "tofu"];

/// Writes `crates.json` beside what else the build makes.
pub(crate) fn write() {
    println!("cargo:rerun-if-changed=src-tauri/build");
    for file in ["Cargo.lock", "Cargo.toml"] {
        println!("cargo:rerun-if-changed={file}");
    }
    for name in OURS {
        println!("cargo:rerun-if-changed=crates/{name}/Cargo.toml");
    }
    let mut bill = Bill::default();
    for line in linked().lines() {
        let mut words = line.trim_end_matches(" (*)").split('\t');
        let (name, licence) = (words.next(), words.next());
        let mut named = name.unwrap_or_default().split(' ');
        let (Some(name), Some(version)) = (named.next(), named.next()) else {
            continue;
        };
        // Crates of ours are named with their path; they are under the program's own licence.
        if named.any(|more| more.starts_with("(/") || more.contains(":\\")) {
            continue;
        }
        let version = version.trim_start_matches('v');
        // The slash is how crates wrote "or" before there was a rule.
        let licence = licence.unwrap_or_default().replace('/', " OR ");
        assert!(!licence.is_empty(), "`{name}` names no licence");
        bill.add(name, version, &licence, &sources(name, version));
    }
    assert!(bill.packages.len() > 100, "cargo named too few crates");
    let document = json!({
        "rust": rust(),
        "packages": bill.packages.into_values().collect::<Vec<Value>>(),
        "texts": bill.texts,
    });
    let out = PathBuf::from(variable("OUT_DIR")).join("crates.json");
    fs::write(&out, document.to_string())
        .unwrap_or_else(|error| panic!("write `{}`: {error}", out.display()));
}

#[derive(Default)]
struct Bill {
    packages: BTreeMap<(String, String), Value>,
    texts: Vec<String>,
}

impl Bill {
    fn add(&mut self, name: &str, version: &str, licence: &str, folder: &Path) {
        let texts: Vec<usize> = texts(folder)
            .into_iter()
            .map(|text| self.place(text))
            .collect();
        let row = json!({ "name": name, "version": version, "licence": licence, "texts": texts });
        self.packages
            .insert((name.to_owned(), version.to_owned()), row);
    }

    /// The same words stand once, however many crates bring them.
    fn place(&mut self, text: String) -> usize {
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let new = words(&text);
        let known = self.texts.iter().position(|one| words(one) == new);
        known.unwrap_or_else(|| {
            self.texts.push(text);
            self.texts.len() - 1
        })
    }
}

/// What cargo says is linked: a line for each, with its licence after a tab.
fn linked() -> String {
    let output = Command::new(variable("CARGO"))
        .current_dir(variable("CARGO_MANIFEST_DIR"))
        .args(["tree", "--package", "quaylight", "--locked", "--offline"])
        .args(["--edges", "normal,no-proc-macro", "--prefix", "none"])
        .args(["--features", "custom-protocol", "--format", "{p}\t{l}"])
        .args(["--target", &variable("TARGET")])
        .output()
        .unwrap_or_else(|error| panic!("start cargo: {error}"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "cargo tree: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Where cargo keeps the sources of a crate.
fn sources(name: &str, version: &str) -> PathBuf {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let registries = home.unwrap_or_default().join("registry").join("src");
    let folder = format!("{name}-{version}");
    let found = fs::read_dir(&registries).into_iter().flatten().flatten();
    let mut found = found.map(|registry| registry.path().join(&folder));
    found
        .find(|path| path.is_dir())
        .unwrap_or_else(|| registries.join(folder))
}

/// The licence texts in a folder, in the order of their names.
fn texts(folder: &Path) -> Vec<String> {
    let fits = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_uppercase();
        NAMES.iter().any(|start| name.starts_with(start)) && path.is_file()
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(fits).collect();
    files.sort();
    let read = |path: &PathBuf| String::from_utf8(fs::read(path).ok()?).ok();
    files.iter().filter_map(read).collect()
}

/// The version of the Rust whose standard library is linked.
fn rust() -> String {
    let said = Command::new(variable("RUSTC")).arg("--version").output();
    let said = said.unwrap_or_else(|error| panic!("start rustc: {error}"));
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    text.split(' ').nth(1).unwrap_or_default().to_owned()
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|error| panic!("`{name}`: {error}"))
}
