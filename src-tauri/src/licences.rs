//! What the program is built of: the list of crates that its build script made, and that of npm
//! packages which the build of the page left among the page's own files.

use crate::said::{Said, because, problem};
use domain::view::{LicenceOrigin, LicenceRow, Problem};
use serde::Deserialize;
use tauri::{AppHandle, Runtime};

type Answer<T> = Result<T, Problem>;

const CRATES: &str = include_str!(concat!(env!("OUT_DIR"), "/crates.json"));
/// The program's own licence.
const OWN: &str = include_str!("../../LICENSE");
/// The page's file, by its name among the others.
const PACKAGES: &str = "packages.json";

/// One of the two lists.
#[derive(Deserialize)]
struct Bill {
    /// The version of the language; absent in the page's list.
    #[serde(default)]
    rust: Option<String>,
    packages: Vec<Package>,
    /// Each text once.
    texts: Vec<String>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    licence: String,
    /// Which texts it brings.
    texts: Vec<usize>,
}

/// Everything that the program is built of, by origin and name.
#[tauri::command]
pub(crate) async fn licences<R: Runtime>(app: AppHandle<R>) -> Answer<Vec<LicenceRow>> {
    let row = |origin, name: &str, version: &str, licence: &str| LicenceRow {
        origin,
        name: name.to_owned(),
        version: version.to_owned(),
        licence: licence.to_owned(),
    };
    let version = env!("CARGO_PKG_VERSION");
    let mut rows = vec![row(LicenceOrigin::Own, "Quaylight", version, "Apache-2.0")];
    for origin in [LicenceOrigin::Crate, LicenceOrigin::Npm] {
        let bill = bill(&app, origin)?;
        if let Some(rust) = &bill.rust {
            let either = "MIT OR Apache-2.0";
            rows.push(row(LicenceOrigin::Rust, "std", rust, either));
        }
        for one in &bill.packages {
            rows.push(row(origin, &one.name, &one.version, &one.licence));
        }
    }
    Ok(rows)
}

/// The texts that a piece of the program brings; nothing: it brings none, or is no piece of it.
#[tauri::command]
pub(crate) async fn licence_text<R: Runtime>(
    app: AppHandle<R>,
    origin: LicenceOrigin,
    name: String,
    version: String,
) -> Answer<Option<String>> {
    if origin == LicenceOrigin::Own {
        return Ok(Some(OWN.to_owned()));
    }
    let bill = bill(&app, origin)?;
    let same = |one: &&Package| one.name == name && one.version == version;
    let found = bill.packages.iter().find(same);
    let texts = found.into_iter().flat_map(|one| &one.texts);
    let texts: Vec<&str> = texts
        .filter_map(|at| Some(bill.texts.get(*at)?.trim_end()))
        .collect();
    Ok((!texts.is_empty()).then(|| texts.join("\n\n――――――――\n\n")))
}

fn bill<R: Runtime>(app: &AppHandle<R>, origin: LicenceOrigin) -> Answer<Bill> {
    let read = match origin {
        LicenceOrigin::Npm => {
            let file = app.asset_resolver().get(PACKAGES.to_owned());
            let bytes = file.map(|file| file.bytes).unwrap_or_default();
            serde_json::from_slice(&bytes)
        }
        LicenceOrigin::Own | LicenceOrigin::Rust | LicenceOrigin::Crate => {
            serde_json::from_str(CRATES)
        }
    };
    read.map_err(|error| because(problem(Said::LicencesNotRead, None, None), &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn file(path: &str) -> String {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(root.join(path)).unwrap()
    }

    /// The crates of the lock file: name and version.
    fn locked() -> BTreeSet<(String, String)> {
        let text = file("Cargo.lock");
        let value = |block: &str, key: &str| {
            let start = format!("{key} = \"");
            let line = block.lines().find_map(|line| line.strip_prefix(&start));
            line.unwrap_or_default().trim_end_matches('"').to_owned()
        };
        text.split("[[package]]")
            .map(|block| (value(block, "name"), value(block, "version")))
            .collect()
    }

    #[test]
    fn the_crates_are_those_of_the_lock_file_each_with_its_licence() {
        let bill: Bill = serde_json::from_str(CRATES).unwrap();
        let locked = locked();
        let stale: Vec<&str> = bill
            .packages
            .iter()
            .filter(|one| !locked.contains(&(one.name.clone(), one.version.clone())))
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!(stale, Vec::<&str>::new());
        let has = |name: &str| bill.packages.iter().any(|one| one.name == name);
        for linked in ["tauri", "rustls", "ring", "kube", "serde_json", "hyper"] {
            assert!(has(linked), "{linked} is linked");
        }
        for other in ["tauri-build", "fantoccini", "clap", "serde_derive"] {
            assert!(!has(other), "{other} is not linked");
        }
        let silent = bill.packages.iter().filter(|one| one.texts.is_empty());
        let (silent, all) = (silent.count(), bill.packages.len());
        assert!(silent * 20 < all, "{silent} of {all} bring no text");
    }

    #[test]
    fn the_packages_of_the_page_are_those_of_its_lock_file() {
        let bill: Bill = serde_json::from_str(&file("ui/dist/packages.json")).unwrap();
        let lock: Value = serde_json::from_str(&file("ui/package-lock.json")).unwrap();
        for one in &bill.packages {
            let locked = &lock["packages"][format!("node_modules/{}", one.name)]["version"];
            assert_eq!(locked, one.version.as_str(), "{}", one.name);
            assert!(!one.licence.is_empty(), "{}", one.name);
        }
        let own: Value = serde_json::from_str(&file("ui/package.json")).unwrap();
        let wanted = own["dependencies"].as_object().unwrap().keys();
        let names: BTreeSet<&str> = bill.packages.iter().map(|one| one.name.as_str()).collect();
        for name in wanted.map(String::as_str).chain(["svelte"]) {
            assert!(names.contains(name), "{name} is in the page");
        }
    }
}
