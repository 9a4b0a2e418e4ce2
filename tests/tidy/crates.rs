//! The arrows between the crates, as ARCHITECTURE.md draws them.

/// Our crates, by the names that the workspace gives them.
const ALL: &[&str] = &[
    "domain",
    "engine",
    "kubernetes",
    "linode",
    "local",
    "sim",
    "tofu",
];

/// The crate of a folder, and what it may know of ours.
const ARROWS: &[(&str, &[&str])] = &[
    ("crates/domain", &[]),
    ("crates/engine", &["domain"]),
    ("crates/linode", &["domain", "engine"]),
    ("crates/kube", &["domain", "engine"]),
    ("crates/local", &["domain", "engine"]),
    ("crates/sim", &[]),
    ("crates/tofu", &["domain"]),
    ("crates/cli", ALL),
    ("tests", ALL),
    ("xtask", &[]),
    ("", ALL),
];

/// The domain is pure: nothing in it waits, reads, sends or draws lots.
const IMPURE: &[&str] = &[
    "tokio", "futures", "reqwest", "hyper", "kube", "keyring", "rand",
];

fn wrong_arrows(path: &str, text: &str) -> Vec<String> {
    let Some(folder) = path.strip_suffix("Cargo.toml") else {
        return Vec::new();
    };
    let folder = folder.trim_end_matches('/');
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == folder) else {
        return vec!["this crate is not in the drawing".to_owned()];
    };
    let mut problems = Vec::new();
    for dependency in dependencies(text) {
        let name = &dependency.name;
        if dependency.is_ours() && !allowed.contains(&name.as_str()) {
            problems.push(format!("must not know `{name}`"));
        }
        if folder.starts_with("crates/") && name.starts_with("tauri") {
            problems.push(format!("`{name}`: nothing under crates/ knows Tauri"));
        }
        if folder == "crates/domain" && IMPURE.contains(&name.as_str()) {
            problems.push(format!("`{name}`: the domain is pure"));
        }
    }
    problems
}

/// One line of a dependency table, of whatever kind and target.
struct Dependency {
    name: String,
    rest: String,
}

impl Dependency {
    fn is_ours(&self) -> bool {
        ALL.contains(&self.name.as_str())
            || self.name.starts_with("quaylight")
            || self.rest.contains("\"quaylight")
            || self.rest.contains("path =")
    }
}

fn dependencies(text: &str) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    let mut in_table = false;
    let mut in_single = false;
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            // The workspace's own table is a list of versions, no arrow.
            let own = !header.starts_with("workspace");
            let (table, single) = table_of(header);
            (in_table, in_single) = (own && table && single.is_none(), own && single.is_some());
            if let Some(name) = single.filter(|_| own) {
                found.push(Dependency {
                    name: name.to_owned(),
                    rest: String::new(),
                });
            }
        } else if in_single {
            if let Some(last) = found.last_mut() {
                last.rest.push_str(line);
            }
        } else if in_table
            && let Some(end) = line.find(['.', '=', ' ']).filter(|end| *end > 0)
            && !line.starts_with('#')
        {
            let (name, rest) = line.split_at(end);
            let name = name.trim_matches('"').to_owned();
            found.push(Dependency {
                name,
                rest: rest.to_owned(),
            });
        }
    }
    found
}

/// Whether a header opens a table of dependencies, and the one dependency that it names.
fn table_of(header: &str) -> (bool, Option<&str>) {
    let Some((before, after)) = header.rsplit_once("dependencies") else {
        return (false, None);
    };
    let kind = before.rsplit('.').next().unwrap_or_default();
    let known = matches!(kind, "" | "dev-" | "build-");
    (known, after.strip_prefix('.').filter(|_| known))
}

#[test]
fn every_crate_knows_only_what_the_drawing_allows() {
    crate::hold(wrong_arrows);
}

#[test]
fn a_wrong_arrow_is_seen_in_every_way_to_write_it() {
    let sim = |text| wrong_arrows("crates/sim/Cargo.toml", text).len();
    assert_eq!(sim("[dependencies]\nbytes.workspace = true\n"), 0);
    assert_eq!(sim("[dependencies]\nengine.workspace = true\n"), 1);
    assert_eq!(
        sim("[dev-dependencies]\nengine = { workspace = true }\n"),
        1
    );
    assert_eq!(sim("[dependencies.engine]\nworkspace = true\n"), 1);
    assert_eq!(
        sim("[dependencies]\nx = { package = \"quaylight-engine\", version = \"1\" }\n"),
        1
    );
    assert_eq!(sim("[dependencies.x]\npath = \"../engine\"\n"), 1);
    assert_eq!(
        sim("[target.'cfg(unix)'.dependencies]\nlinode.workspace = true\n"),
        1
    );
    assert_eq!(
        sim("[target.'cfg(unix)'.build-dependencies]\ntauri-build = \"2\"\n"),
        1
    );
    assert_eq!(sim("[features]\nengine = []\n"), 0);
}

#[test]
fn each_crate_has_its_own_arrows() {
    let linode = "[dependencies]\nkubernetes.workspace = true\n";
    assert_eq!(wrong_arrows("crates/linode/Cargo.toml", linode).len(), 1);
    let domain = "[dependencies]\ntokio.workspace = true\n";
    assert_eq!(wrong_arrows("crates/domain/Cargo.toml", domain).len(), 1);
    let shell = "[workspace.dependencies]\ndomain = { path = \"x\" }\n[dependencies]\ntauri = \"2\"\nsim = \"1\"\n";
    assert!(wrong_arrows("Cargo.toml", shell).is_empty());
    assert_eq!(wrong_arrows("crates/extra/Cargo.toml", "").len(), 1);
}

fn without_lints(path: &str, text: &str) -> Vec<String> {
    let inherits = text.contains("[lints]\nworkspace = true");
    let bad = path.ends_with("Cargo.toml") && !inherits;
    bad.then(|| "does not take the lints of the workspace".to_owned())
        .into_iter()
        .collect()
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    crate::hold(without_lints);
}

#[test]
fn a_crate_without_lints_is_seen() {
    assert!(without_lints("a/Cargo.toml", "[lints]\nworkspace = true\n").is_empty());
    assert_eq!(
        without_lints("a/Cargo.toml", "[package]\nname = \"a\"\n").len(),
        1
    );
}
