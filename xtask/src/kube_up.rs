//! `cargo xtask kube-up`: a real kube-apiserver, scheduler and controller-manager on loopback, without
//! containers, and the suite that is asked of it and of the demo cloud.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::app;
use crate::figures::{MEASURED, shown};
use crate::kube_programs::{VERSION, build, is_built, programs};
use crate::process::{Job, cargo, command, root};
use crate::report::{Ended, Report};
use crate::tally;
use crate::tools;

const READY_WITHIN: Duration = Duration::from_mins(2);

/// Builds what is missing, starts the servers and waits until one of them ends.
pub(crate) fn up(report: &mut Report) {
    let ready =
        report.step("kubectl", tools::install_kubectl) && report.step("kube-programs", build);
    if !ready {
        return;
    }
    if !is_built() {
        println!("There is no Go on this machine: install Go 1.26 or newer.");
        return;
    }
    report.step("kube-up", || match Servers::start() {
        Ok(mut servers) => {
            println!("Kubernetes {VERSION} answers. In another terminal:");
            println!("  export KUBECONFIG={}", servers.kubeconfig().display());
            println!("A Node with the annotation kwok.x-k8s.io/node=fake becomes ready by itself.");
            println!("Ctrl-C ends it all.");
            Ended::failed(servers.first_to_end())
        }
        Err(why) => Ended::failed(why),
    });
}

/// The step of `test`: one suite, asked of the real server and of the demo cloud's.
pub(crate) fn compare(full: bool) -> Ended {
    let mut servers = match Servers::start() {
        Ok(servers) => servers,
        Err(why) => return Ended::failed(why),
    };
    let mut suite = cargo();
    suite.args([
        "test",
        "--workspace",
        "--locked",
        "--features",
        app::FEATURES,
    ]);
    suite.args(["--test", "kube-real", "--", "--nocapture"]);
    suite.env("QUAYLIGHT_REAL_KUBECONFIG", servers.kubeconfig());
    // One test at a time: they share the server's nodes.
    suite.args(["--test-threads", "1"]);
    if full {
        suite.env("QUAYLIGHT_FULL", "1");
    }
    app::tell_paths(&mut suite);
    let done = Job::new("kube-real", suite, 30).run();
    if let Some(why) = servers.ended() {
        return Ended::failed(why);
    }
    done.counted(tally::of_cargo)
}

/// Measures on the real server; built before that takes its part of the machine.
pub(crate) fn bench(mut measure: Command, words: &[String]) -> ExitCode {
    let mut built = cargo();
    built.args(["bench", "--package", "quaylight-tests", "--locked"]);
    built.args(["--profile", MEASURED, "--bench", "inside", "--no-run"]);
    let steps = [
        tools::install_kubectl(),
        build(),
        Job::new("bench-inside", built, 45).run().checked(),
    ];
    let failed = steps.into_iter().find_map(|step| match step {
        Ended::Failed { why, .. } => Some(why),
        Ended::Passed(_) => None,
    });
    let ready = failed.map_or(Ok(()), Err);
    let servers = match ready.and_then(|()| Servers::start()) {
        Ok(servers) => servers,
        Err(why) => {
            eprintln!("xtask: {why}");
            return ExitCode::FAILURE;
        }
    };
    measure.args(words);
    measure.env("QUAYLIGHT_REAL_KUBECONFIG", servers.kubeconfig());
    app::tell_paths(&mut measure);
    ExitCode::from(u8::from(!shown(measure)))
}

/// The running servers; they end with this value, and with this process.
struct Servers {
    folder: PathBuf,
    running: Vec<(&'static str, Child)>,
}

impl Servers {
    fn start() -> Result<Self, String> {
        let folder = root().join("target/kubernetes");
        // What an earlier one held in its etcd would be found again.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|why| format!("make `{}`: {why}", folder.display()))?;
        let mut servers = Self {
            folder,
            running: Vec::new(),
        };
        servers.begin()?;
        Ok(servers)
    }

    fn begin(&mut self) -> Result<(), String> {
        let [client, peer, secure] = free_ports()?;
        // One certificate is the server's and the authority that kubeconfigs name; the key of it also
        // signs tokens of service accounts.
        let mut keys = command(programs().join("generate_cert"));
        keys.current_dir(&self.folder).args(["--host", "127.0.0.1"]);
        finished(keys)?;
        let etcd = format!("http://127.0.0.1:{client}");
        let peers = format!("http://127.0.0.1:{peer}");
        self.run(
            "etcd",
            &[
                "--unsafe-no-fsync",
                "--data-dir",
                "etcd",
                "--listen-client-urls",
                &etcd,
                "--advertise-client-urls",
                &etcd,
                "--listen-peer-urls",
                &peers,
                "--initial-advertise-peer-urls",
                &peers,
                "--initial-cluster",
                &format!("default={peers}"),
            ],
        )?;
        // Known to nobody else, and worth nothing after this process.
        let token = format!("kube-up-{}-{secure}", std::process::id());
        let tokens = format!("{token},admin,admin,system:masters\n");
        fs::write(self.folder.join("tokens.csv"), tokens).map_err(|why| why.to_string())?;
        self.run(
            "kube-apiserver",
            &[
                &format!("--etcd-servers={etcd}"),
                "--bind-address=127.0.0.1",
                &format!("--secure-port={secure}"),
                "--tls-cert-file=cert.pem",
                "--tls-private-key-file=key.pem",
                "--service-cluster-ip-range=10.0.0.0/24",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=cert.pem",
                "--service-account-signing-key-file=key.pem",
                "--authorization-mode=RBAC",
                "--token-auth-file=tokens.csv",
                "--allow-privileged",
                "--disable-admission-plugins=ServiceAccount",
            ],
        )?;
        self.write_kubeconfig(secure, &token)?;
        self.wait_until_ready()?;
        self.run(
            "kube-controller-manager",
            &[
                "--kubeconfig=kubeconfig",
                "--service-account-private-key-file=key.pem",
                "--controllers=*,-node-lifecycle-controller",
                "--leader-elect=false",
                "--secure-port=0",
            ],
        )?;
        self.run(
            "kube-scheduler",
            &[
                "--kubeconfig=kubeconfig",
                "--leader-elect=false",
                "--secure-port=0",
            ],
        )?;
        self.run(
            "kwok",
            &[
                &format!("--config={}", programs().join("stages.yaml").display()),
                "--kubeconfig=kubeconfig",
                "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
                "--node-lease-duration-seconds=40",
                "--cidr=10.2.0.0/16",
            ],
        )
    }

    /// In the form of LKE's, with the authority inside.
    fn write_kubeconfig(&self, port: u16, token: &str) -> Result<(), String> {
        let server = format!("--server=https://127.0.0.1:{port}");
        let embedded = ["--certificate-authority=cert.pem", "--embed-certs=true"];
        let token = format!("--token={token}");
        for words in [
            vec!["set-cluster", "real", &server, embedded[0], embedded[1]],
            vec!["set-credentials", "admin", &token],
            vec!["set-context", "real", "--cluster=real", "--user=admin"],
            vec!["use-context", "real"],
        ] {
            let mut config = self.kubectl();
            finished({
                config.arg("config").args(words);
                config
            })?;
        }
        Ok(())
    }

    fn kubectl(&self) -> Command {
        let mut kubectl = command(tools::kubectl());
        kubectl
            .current_dir(&self.folder)
            .arg("--kubeconfig=kubeconfig");
        kubectl
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            let mut ask = self.kubectl();
            ask.args(["get", "--raw", "/readyz"]);
            if finished(ask).is_ok() {
                return Ok(());
            }
            if let Some(why) = self.ended() {
                return Err(why);
            }
            if begun.elapsed() > READY_WITHIN {
                return Err("kube-apiserver is not ready after two minutes".to_owned());
            }
            sleep(Duration::from_millis(200));
        }
    }

    fn run(&mut self, name: &'static str, words: &[&str]) -> Result<(), String> {
        let log = fs::File::create(self.folder.join(format!("{name}.log")));
        let log = log.map_err(|why| format!("write the log of {name}: {why}"))?;
        // It ends with this process, however that ends.
        let mut server = command("setpriv");
        server
            .args(["--pdeathsig", "KILL"])
            .arg(programs().join(name))
            .args(words);
        server
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let child = server
            .spawn()
            .map_err(|why| format!("start {name}: {why}"))?;
        self.running.push((name, child));
        Ok(())
    }

    fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// Which of the servers ended by itself.
    fn ended(&mut self) -> Option<String> {
        let folder = self.folder.display().to_string();
        self.running.iter_mut().find_map(|(name, child)| {
            let status = child.try_wait().ok()??;
            Some(format!(
                "{name} ended with {status}: see {folder}/{name}.log"
            ))
        })
    }

    fn first_to_end(&mut self) -> String {
        loop {
            if let Some(why) = self.ended() {
                return why;
            }
            sleep(Duration::from_millis(500));
        }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for (_, child) in self.running.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn free_ports<const N: usize>() -> Result<[u16; N], String> {
    let bound: Result<Vec<_>, _> = (0..N).map(|_| TcpListener::bind("127.0.0.1:0")).collect();
    let bound = bound.map_err(|why| format!("find a free port: {why}"))?;
    let mut ports = [0; N];
    for (port, one) in ports.iter_mut().zip(&bound) {
        *port = one.local_addr().map_err(|why| why.to_string())?.port();
    }
    Ok(ports)
}

/// Runs a short program to its end.
fn finished(mut program: Command) -> Result<(), String> {
    let name = program.get_program().display().to_string();
    let output = program.stdin(Stdio::null()).output();
    let output = output.map_err(|why| format!("start `{name}`: {why}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "`{name}` ended with {}: {}",
        output.status,
        said.trim()
    ))
}
