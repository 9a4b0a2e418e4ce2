//! What can be said on the command line. No token ever is.

use clap::{Args, Parser, Subcommand};
use domain::inventory::ServiceName;
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;

/// Exit codes, as `--help` tells them.
const EXIT_CODES: &str = "Exit codes:
  0  done
  1  our own fault, or the local disk: also a home folder that cannot be used
  2  wrong input, or a confirmation is missing and there is no terminal
  3  the cloud refused
  4  interrupted or offline; `quaylight-cli resume` goes on
  5  needs a person

Tokens are read from LINODE_TOKEN or the keychain, and only for `--cloud linode`.
A demo cloud on loopback gets QUAYLIGHT_DEMO_TOKEN, or a random token.";

/// A GPU Kubernetes cluster on Linode LKE, and a teardown to a proven zero, without a window.
#[derive(Debug, Parser)]
#[command(name = "quaylight-cli", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// Which cloud: `demo`, `linode`, or a demo cloud's `http://127.0.0.1:PORT`.
    #[arg(long, global = true, default_value = "demo")]
    pub(crate) cloud: String,
    /// Where deployments are kept [default: the app's own data folder].
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// One JSON document on stdout; progress goes to stderr.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Confirm without being asked.
    #[arg(long, global = true)]
    pub(crate) yes: bool,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The demo cloud on loopback.
    #[command(subcommand)]
    Demo(Demo),
    /// What a Spec will cost.
    Quote(SpecArgs),
    /// What would be made or changed, and what is wrong with the Spec.
    Plan(SpecArgs),
    /// Make it so.
    Apply(ApplyArgs),
    /// Every deployment that this computer knows, and those of other computers on the account.
    List,
    /// One deployment.
    Show(Name),
    /// Who can reach what: a sentence for each path, and how the firewall stands before the nodes.
    Reach(ReachArgs),
    /// Who may reach its Kubernetes API: shown, or changed while it stands.
    Access(AccessArgs),
    /// Replace a node, or each node of a pool, by a fresh one: what it costs and breaks is said first.
    Recycle(RecycleArgs),
    /// Delete a node of a pool that keeps another one: what it spares and breaks is said first.
    DeleteNode(DeleteNodeArgs),
    /// A Service of the cluster on a port of this computer, for the browser, until this is
    /// interrupted; without one, what can be opened is listed.
    Open(OpenArgs),
    /// The default-deny preset of a namespace: its pods reach the cluster's DNS only, and are reached
    /// by nodes and control plane only, so that webhooks work.
    NetworkPolicy(PolicyArgs),
    /// Its kubeconfig, rebuilt from allowed parts.
    Kubeconfig {
        /// Which deployment.
        #[command(flatten)]
        name: Name,
        /// Write it here, readable by you only, instead of to stdout.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// What becomes of the kubeconfig that kubectl reads.
        #[command(flatten)]
        kubectl: Kubectl,
        /// Colleagues who may read.
        #[command(flatten)]
        readers: Readers,
    },
    /// Delete all of a deployment and prove that nothing is left.
    Teardown {
        /// Which deployment.
        #[command(flatten)]
        name: Name,
        /// A volume that goes too; every other volume is kept.
        #[arg(long = "delete-volume", value_name = "ID")]
        delete_volumes: Vec<u64>,
        /// When Kubernetes does not answer: add this computer's public address to the access list,
        /// so that volumes and load balancers can be asked for.
        #[arg(long)]
        allow_my_address: bool,
    },
    /// Search the whole account for what is ours and in no journal.
    Sweep {
        /// Delete these, by the ids that the search printed.
        #[arg(long, value_name = "ID", num_args = 1..)]
        delete: Vec<String>,
    },
    /// Move a deployment's stop time, or take it back.
    Stop {
        /// Which deployment.
        #[command(flatten)]
        name: Name,
        /// To when.
        #[command(flatten)]
        when: When,
    },
    /// Take over a deployment that another computer looks after, or whose journal is lost.
    TakeOver(Name),
    /// Stay and look until this program is ended: stop times, searches, what stands.
    Watch,
    /// Go on with everything that was interrupted, or decide about one run that rests.
    Resume(ResumeArgs),
}

/// Options of `reach`.
#[derive(Debug, Args)]
pub(crate) struct ReachArgs {
    /// Which deployment.
    #[command(flatten)]
    pub(crate) name: Name,
    /// Let only the list for web UIs through the load balancer of this Service: Linode's firewall
    /// before it is made and read back.
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = service)]
    pub(crate) guard: Option<ServiceName>,
    /// Linode's cloud-firewall-controller inside of the cluster puts new nodes behind a firewall of
    /// its own, also while no Quaylight runs; or Quaylight's firewall stands before them again. It
    /// may read every Secret of the cluster.
    #[arg(long, value_name = "ON|OFF", value_enum)]
    pub(crate) controller: Option<Switch>,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

fn service(text: &str) -> Result<ServiceName, String> {
    text.parse()
        .map_err(|()| format!("`{text}` is no Service like default/web"))
}

/// Options of `recycle`.
#[derive(Debug, Args)]
pub(crate) struct RecycleArgs {
    /// Which deployment.
    #[command(flatten)]
    pub(crate) name: Name,
    /// A node by its id or the first six digits of it, or `gpu` or `system` for a whole pool.
    #[arg(value_name = "NODE")]
    pub(crate) node: String,
}

/// Options of `delete-node`.
#[derive(Debug, Args)]
pub(crate) struct DeleteNodeArgs {
    /// Which deployment.
    #[command(flatten)]
    pub(crate) name: Name,
    /// The node by its id or the first six digits of it.
    #[arg(value_name = "NODE")]
    pub(crate) node: String,
}

/// Options of `open`.
#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    /// Which deployment.
    #[command(flatten)]
    pub(crate) name: Name,
    /// Which Service, and which of its ports by number or name; one with a single port needs none.
    #[arg(value_name = "NAMESPACE/SERVICE[:PORT]", value_parser = service_port)]
    pub(crate) service: Option<(ServiceName, Option<String>)>,
}

fn service_port(text: &str) -> Result<(ServiceName, Option<String>), String> {
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, Some(port.to_owned())),
        None => (text, None),
    };
    Ok((service(name)?, port))
}

/// Options of `network-policy`.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// Which deployment.
    #[command(flatten)]
    pub(crate) name: Name,
    /// Which namespace.
    #[arg(value_name = "NAMESPACE")]
    pub(crate) namespace: String,
    /// Switch it on.
    #[arg(long, required_unless_present = "off", conflicts_with = "off")]
    pub(crate) on: bool,
    /// Switch it off.
    #[arg(long)]
    pub(crate) off: bool,
}

/// Options of `access`.
#[derive(Debug, Args)]
pub(crate) struct AccessArgs {
    /// Which deployment.
    #[command(flatten)]
    pub(crate) name: Name,
    /// Who may connect besides.
    #[arg(long, value_name = "CIDR", value_parser = network)]
    pub(crate) add: Vec<IpNet>,
    /// Who may no longer, as it stands in the list.
    #[arg(long, value_name = "CIDR", value_parser = network)]
    pub(crate) remove: Vec<IpNet>,
    /// Ask for this computer's addresses (the demo cloud, else api.ipify.org and api6.ipify.org,
    /// are told), and let them in; those that it had before go.
    #[arg(long)]
    pub(crate) allow_me: bool,
    /// The address that it had before stays.
    #[arg(long, requires = "allow_me")]
    pub(crate) keep_old: bool,
    /// This computer's own address may go: it is locked out then.
    #[arg(long)]
    pub(crate) without_me: bool,
    /// Whether the address may be asked for without a question from now on.
    #[arg(long, value_name = "BOOL")]
    pub(crate) always_ask: Option<bool>,
}

/// A network, or what is wrong with it.
fn network(text: &str) -> Result<IpNet, String> {
    domain::rules::network(domain::diagnostic::Field::KubectlAccess, text).map_err(|wrong| {
        let texts = [Some(&wrong.what), wrong.fix.as_ref()]
            .into_iter()
            .flatten();
        texts.map(crate::words::say).collect::<Vec<_>>().join(" ")
    })
}

/// What becomes of the kubeconfig that kubectl reads: `$KUBECONFIG`, else `~/.kube/config`.
#[derive(Debug, Args)]
pub(crate) struct Kubectl {
    /// Show the difference, ask, and put it in; everything else in the file stays as it is. It is
    /// taken out again with the teardown.
    #[arg(long, conflicts_with_all = ["out", "undo"])]
    pub(crate) merge: bool,
    /// Make it the current context.
    #[arg(long, requires = "merge")]
    pub(crate) current: bool,
    /// Take it out again.
    #[arg(long, conflicts_with = "out")]
    pub(crate) undo: bool,
}

/// Read-only kubeconfigs for colleagues.
#[derive(Debug, Args)]
pub(crate) struct Readers {
    /// One that reads what Kubernetes' role `view` reads, and changes nothing.
    #[arg(long, conflicts_with_all = ["merge", "undo"])]
    pub(crate) read_only: bool,
    /// For whom it is [default: a name that is made up].
    #[arg(long = "for", value_name = "WHO", requires = "read_only")]
    pub(crate) reader: Option<String>,
    /// For how long it works, such as `8h`.
    #[arg(long, value_name = "LENGTH", requires = "read_only", default_value = "8h",
          value_parser = length)]
    pub(crate) expires: SignedDuration,
    /// List who has one.
    #[arg(long = "readers", conflicts_with_all = ["merge", "undo", "read_only", "out"])]
    pub(crate) list: bool,
    /// Take one back.
    #[arg(long, value_name = "WHO", conflicts_with_all = ["merge", "undo", "read_only", "out"])]
    pub(crate) revoke: Option<String>,
}

/// To when a stop time is moved.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct When {
    /// So long from now, such as `4h` or `90m`.
    #[arg(long = "in", value_name = "LENGTH", value_parser = length)]
    pub(crate) within: Option<SignedDuration>,
    /// At a UTC time, such as `2026-11-24T20:00:00Z`.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
    /// So much later than it is, such as `1h`.
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    pub(crate) more: Option<SignedDuration>,
    /// It does not stop by itself.
    #[arg(long)]
    pub(crate) never: bool,
}

fn length(text: &str) -> Result<SignedDuration, String> {
    let read: Result<SignedDuration, _> = text.parse();
    read.ok()
        .filter(SignedDuration::is_positive)
        .ok_or_else(|| format!("`{text}` is no length like 4h, 90m or 1h30m"))
}

/// The demo cloud.
#[derive(Debug, Subcommand)]
pub(crate) enum Demo {
    /// Serve it on loopback until this program is ended; prints `listening on http://127.0.0.1:PORT`.
    Serve {
        /// The port [default: a free one].
        #[arg(long)]
        port: Option<u16>,
        /// How many times as fast as the real cloud.
        #[arg(long, default_value_t = 1)]
        speed: u32,
        /// Seed of everything that varies.
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// Keep its state in this file, so that it survives a restart.
        #[arg(long, value_name = "FILE")]
        state: Option<PathBuf>,
    },
}

/// Where a Spec comes from.
#[derive(Debug, Args)]
pub(crate) struct SpecArgs {
    /// A tofu.tfvars file; without it the defaults are taken.
    #[arg(long, value_name = "FILE")]
    pub(crate) var_file: Option<PathBuf>,
    /// Who may connect when the file does not say: `ask` (the demo cloud, else api.ipify.org and
    /// api6.ipify.org, tell this computer's public addresses) or a CIDR.
    #[arg(long, value_name = "ask|CIDR", default_value = "ask", value_parser = my_address)]
    pub(crate) my_address: MyAddress,
}

/// Options of `apply`.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// Where the Spec comes from.
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// Write the corrections that are offered into the file, and go on.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Allow a change that tears the cluster down and makes a new one.
    #[arg(long)]
    pub(crate) replace: bool,
    /// Deploy although a price is unknown.
    #[arg(long)]
    pub(crate) unknown_price: bool,
}

/// The computer's public address.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MyAddress {
    /// Ask for it.
    Ask,
    /// It is known.
    Is(IpNet),
}

fn my_address(text: &str) -> Result<MyAddress, String> {
    if text == "ask" {
        return Ok(MyAddress::Ask);
    }
    let host = || text.parse::<std::net::IpAddr>().map(IpNet::from);
    text.parse::<IpNet>()
        .or_else(|_| host())
        .map(MyAddress::Is)
        .map_err(|_| format!("`{text}` is neither `ask` nor an address like 203.0.113.7/32"))
}

/// Options of `resume`.
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// Label among the live ones, or id: also a run that failed goes on.
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Undo everything that its unfinished create made.
    #[arg(long, requires = "name", conflicts_with = "keep")]
    pub(crate) roll_back: bool,
    /// Leave it as it is.
    #[arg(long, requires = "name")]
    pub(crate) keep: bool,
}

/// A deployment's name.
#[derive(Debug, Args)]
pub(crate) struct Name {
    /// Label among the live ones, or id.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}
