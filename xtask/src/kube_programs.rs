//! The programs of a real Kubernetes: built once from its own Go modules and kept by version in the
//! user's cache, with the etcd that its modules ask for; kwok plays kubelets.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{Job, answer, command, root};
use crate::report::Ended;

/// Of Kubernetes; its staging modules bear the same number after a 0.
pub(crate) const VERSION: &str = "1.36.3";
/// Raised when they are built in another way, so that older ones are not taken for these.
const RECIPE: u32 = 2;
const KWOK: [&str; 2] = ["sigs.k8s.io/kwok/cmd/kwok", "v0.8.0"];
/// What kwok lets nodes and pods do, from its own module.
const STAGES: [&str; 5] = [
    "node/fast/node-initialize.yaml",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
];
/// Its version is the one that Kubernetes asks for: an older one refuses the watches of clients.
const ETCD: &str = "go.etcd.io/etcd/server/v3";

/// What Kubernetes keeps in its own repository and publishes apart.
const STAGING: &str = "api apiextensions-apiserver apimachinery apiserver cli-runtime client-go \
    cloud-provider cluster-bootstrap code-generator component-base component-helpers \
    controller-manager cri-api cri-client cri-streaming csi-translation-lib \
    dynamic-resource-allocation endpointslice externaljwt kms kube-aggregator \
    kube-controller-manager kube-proxy kube-scheduler kubectl kubelet metrics mount-utils \
    pod-security-admission sample-apiserver sample-cli-plugin sample-controller streaming";
const SERVERS: [&str; 3] = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
];

/// Whether the programs are there.
pub(crate) fn is_built() -> bool {
    programs().join("etcd").exists()
}

/// Builds the programs, unless they are there or there is no Go.
pub(crate) fn build() -> Ended {
    if is_built() {
        return Ended::done();
    }
    if answer("go", &["version"]).is_none() {
        println!("There is no Go here: what needs a real Kubernetes is NOT RUN.");
        return Ended::done();
    }
    let place = programs().with_extension("building");
    let _ = fs::remove_dir_all(&place);
    match built_in(&place) {
        Ok(ended @ Ended::Failed { .. }) => ended,
        Ok(done @ Ended::Passed(_)) => match fs::rename(place.join("bin"), programs()) {
            Ok(()) => {
                // Left behind it only takes space.
                let _ = fs::remove_dir_all(&place);
                done
            }
            Err(why) => Ended::failed(format!("keep `{}`: {why}", programs().display())),
        },
        Err(why) => Ended::failed(format!("write in `{}`: {why}", place.display())),
    }
}

fn built_in(place: &Path) -> std::io::Result<Ended> {
    let bin = place.join("bin");
    fs::create_dir_all(&bin)?;
    let staging = VERSION.split_once('.').map_or("", |(_, rest)| rest);
    let replaced = STAGING
        .split_whitespace()
        .map(|one| format!("replace k8s.io/{one} => k8s.io/{one} v0.{staging}"));
    let head = [
        "module local/kubernetes\ngo 1.26.0\ngodebug default=go1.26".to_owned(),
        format!("require k8s.io/kubernetes v{VERSION}"),
    ];
    let lines: Vec<String> = head.into_iter().chain(replaced).collect();
    fs::write(place.join("go.mod"), lines.join("\n") + "\n")?;
    let servers = SERVERS.map(|one| format!("k8s.io/kubernetes/cmd/{one}"));
    let packages: Vec<String> = servers.into_iter().chain([ETCD.to_owned()]).collect();
    let imports: Vec<String> = packages
        .iter()
        .map(|one| format!("import _ \"{one}\"\n"))
        .collect();
    fs::write(
        place.join("tools.go"),
        format!("//go:build tools\n\npackage tools\n\n{}", imports.concat()),
    )?;
    let go = |words: &[&str]| {
        let mut go = command("go");
        go.current_dir(place).args(words);
        go.env("CGO_ENABLED", "0")
            .env("GOFLAGS", "-mod=mod")
            .env("GOBIN", &bin);
        go
    };
    let minor = staging.split('.').next().unwrap_or_default();
    let stamp = "k8s.io/component-base/version";
    let flags = format!(
        "-s -w -X {stamp}.gitVersion=v{VERSION} -X {stamp}.gitMajor=1 -X {stamp}.gitMinor={minor}"
    );
    let out = format!("{}/", bin.display());
    let mut servers = go(&[
        "build",
        "-p",
        "2",
        "-trimpath",
        "-ldflags",
        &flags,
        "-o",
        &out,
    ]);
    servers.args(&packages);
    let certificates = "src/crypto/tls/generate_cert.go";
    let certificates =
        Path::new(&answer("go", &["env", "GOROOT"]).unwrap_or_default()).join(certificates);
    let mut keys = go(&["build", "-o", &format!("{out}generate_cert")]);
    keys.arg(certificates);
    let jobs = [
        ("kube-modules", go(&["mod", "tidy", "-e"]), 20),
        ("kube-servers", servers, 40),
        ("kube-keys", keys, 5),
        ("kube-kwok", go(&["install", &KWOK.join("@")]), 20),
    ];
    for (name, job, limit_minutes) in jobs {
        let done = Job::new(name, job, limit_minutes).run();
        if done.end.is_err() {
            return Ok(done.checked());
        }
    }
    let module = format!("sigs.k8s.io/kwok@{}", KWOK[1]);
    let module = go(&["mod", "download", "-json", &module]).output()?.stdout;
    let module = String::from_utf8_lossy(&module).into_owned();
    let folder = module
        .lines()
        .find_map(|line| line.trim().strip_prefix("\"Dir\": \""));
    let folder = folder.and_then(|rest| rest.strip_suffix("\","));
    let Some(folder) = folder.map(|dir| Path::new(dir).join("kustomize/stage")) else {
        return Ok(Ended::failed("go does not say where kwok's module is"));
    };
    let stages = STAGES.map(|name| fs::read_to_string(folder.join(name)));
    let stages = stages.into_iter().collect::<std::io::Result<Vec<_>>>()?;
    fs::write(bin.join("stages.yaml"), stages.join("\n---\n"))?;
    // Last: what is there without it is not whole.
    fs::rename(bin.join("server"), bin.join("etcd"))?;
    Ok(Ended::done())
}

/// Where the programs are kept, built or not: they outlive `target`.
pub(crate) fn programs() -> PathBuf {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    let cache = cache.unwrap_or_else(|| root().join("target"));
    cache
        .join("quaylight")
        .join(format!("kubernetes-{VERSION}-{RECIPE}"))
}
