//! One life on the twin, and what the app said of it.

use crate::bench::{Bench, tokio_sleep};
use domain::DeploymentId;
use domain::spec::Spec;
use domain::view::{Coverage, Row};
use engine::protocol::Protocol;
use ipnet::IpNet;
use quaylight_tests::memory::{Computer, mix};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Who looks after new machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeper {
    /// The app, which is open.
    App,
    /// The controller inside of the cluster, and the app is open.
    Both,
    /// The controller alone: the app is closed.
    Controller,
}

impl Keeper {
    /// For so long a machine may stand open, in seconds. A look of the app is a minute after the last
    /// one, and what it finds bare it covers in some seconds; the controller knows a machine only when
    /// it has joined, and then looks every ten seconds.
    const fn within(self) -> u64 {
        match self {
            Self::App => 60 + 15,
            Self::Both | Self::Controller => 170 + 30,
        }
    }
}

struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = mix(self.0);
        (self.0 >> 33) % end
    }
}

/// A machine as the twin knows it.
struct Machine {
    /// Since when nothing of ours stands before it, in seconds; `None`: our firewall does.
    open: Option<u64>,
    /// Whether it was ever behind it.
    covered: bool,
    /// Whether it was told that it stands open for too long.
    told: bool,
}

/// What a life came to.
#[derive(Default)]
pub(super) struct Told {
    /// Seconds that new machines stood open, and machines that somebody took out.
    pub(super) new: Vec<u64>,
    pub(super) taken_out: Vec<u64>,
    /// What the app would not answer for.
    pub(super) wrong: Vec<String>,
    pub(super) machines: u32,
    pub(super) roamed: u32,
    pub(super) edits: u32,
    pub(super) figures: Vec<Coverage>,
    /// Machines that somebody took out and that stand open at the end.
    pub(super) left: usize,
}

pub(super) struct Life {
    bench: Bench,
    id: DeploymentId,
    cluster: u64,
    firewall: u64,
    draw: Draw,
    second: u64,
    machines: BTreeMap<u64, Machine>,
    told: Told,
    address: IpNet,
    /// Whether somebody changed something since the app looked last.
    until: u64,
    keeper: Keeper,
}

fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}

impl Life {
    /// A deployment that a colleague may reach too.
    pub(super) async fn begin(seed: u64, keeper: Keeper, protocol: &'static Protocol) -> Self {
        let mut bench = Bench::new().await;
        bench.engine = Computer::default().start(&bench.twin, protocol).await;
        let address = net("203.0.113.7/32");
        let spec = Spec {
            kubectl_access: Some(vec![address, net("198.51.100.0/24")]),
            ..Bench::spec()
        };
        let id = bench.deploy(spec).await;
        bench.engine.keep_watch();
        if keeper != Keeper::App {
            bench.engine.set_controller(&id, true).await.unwrap();
            bench.engine.wait(&id).await;
        }
        let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
        let walls = bench.somebody("GET", "/v4/networking/firewalls").await;
        if keeper == Keeper::Controller {
            // Its looks hold it by a weak reference: with the last strong one they end.
            bench.restart().await;
        }
        let walls = walls["data"].as_array().unwrap();
        Self {
            cluster: clusters["data"][0]["id"].as_u64().unwrap(),
            firewall: walls.last().unwrap()["id"].as_u64().unwrap(),
            keeper,
            bench,
            id,
            draw: Draw(seed),
            second: 0,
            machines: BTreeMap::new(),
            told: Told::default(),
            address,
            until: 0,
        }
    }

    /// What really stands before each machine now.
    fn look(&mut self) {
        let (_, nodes) = self.bench.twin.demo("GET", "/_demo/reach", &Value::Null);
        let mut there = BTreeMap::new();
        for node in nodes.as_array().unwrap() {
            let guards = node["firewalls"].as_array().unwrap();
            let ours = guards.iter().any(|one| *one == self.firewall);
            there.insert(node["linode"].as_u64().unwrap(), ours);
        }
        for (linode, ours) in &there {
            let new = !self.machines.contains_key(linode);
            let one = self.machines.entry(*linode).or_insert(Machine {
                open: None,
                covered: false,
                told: false,
            });
            self.told.machines += u32::from(new);
            match (one.open, ours) {
                (None, false) => one.open = Some(self.second),
                (Some(since), true) => {
                    let spans = if one.covered {
                        &mut self.told.taken_out
                    } else {
                        &mut self.told.new
                    };

                    spans.push(self.second - since);
                    one.open = None;
                }
                (None, true) if new => self.told.new.push(0),
                (None, true) | (Some(_), false) => {}
            }
            one.covered |= *ours;
            let open = one.open.map_or(0, |since| self.second - since);
            // What somebody takes out the controller does not put back: only an app does.
            let left = one.covered && self.keeper == Keeper::Controller;
            if open <= self.keeper.within() || left {
                one.told = false;
            } else if !std::mem::replace(&mut one.told, true) {
                let at = self.second;
                self.told
                    .wrong
                    .push(format!("{at} s: linode {linode} stands open"));
            }
        }
        let second = self.second;
        self.machines.retain(|linode, one| {
            let stays = there.contains_key(linode);
            if let Some(since) = one.open.filter(|_| !stays && !one.covered) {
                self.told.new.push(second - since);
            }
            stays
        });
    }

    fn shown(&self) -> Coverage {
        let rows = self.bench.engine.rows(&self.id).into_iter();
        let mut found = rows.filter_map(|(_, row)| match row {
            Row::Deployment(row) => Some(row.reach?.coverage),
            Row::App(_) | Row::Node(_) | Row::Step(_) | Row::Spend(_) | Row::Activity(_) => None,
        });
        found.next().unwrap()
    }

    /// What is shown must be what is: no node is called covered that has long stood open.
    fn compare(&mut self) {
        let shown = self.shown();
        let long = |one: &&Machine| {
            let open = one.open.map(|since| self.second - since);
            open.is_some_and(|open| open > self.keeper.within())
        };
        let bare = self.machines.values().filter(long).count();
        let bare = u32::try_from(bare).unwrap();
        if shown.covered + bare > shown.nodes {
            let at = self.second;
            self.told
                .wrong
                .push(format!("{at} s: {bare} stand open, and {shown:?} is shown"));
        }
    }

    /// Of what somebody took out, so much stands open at the end.
    fn left(&self) -> usize {
        let open = self.machines.values().filter(|one| one.covered);
        open.filter(|one| one.open.is_some()).count()
    }

    async fn pass(&mut self, seconds: u64) {
        let end = self.second + seconds;
        while self.second < end {
            // Seconds count while something is changing; else a look in between will do.
            let step = if self.second < self.until { 2 } else { 20 };
            tokio_sleep(step).await;
            self.second += step;
            self.look();
            if self.second % 60 < step && self.keeper != Keeper::Controller {
                self.compare();
            }
        }
    }

    async fn pools(&self) -> Value {
        let path = format!("/v4/lke/clusters/{}/pools", self.cluster);
        self.bench.somebody("GET", &path).await["data"].clone()
    }

    /// Something happens.
    async fn event(&mut self) {
        let cluster = format!("/v4/lke/clusters/{}", self.cluster);
        match self.draw.below(10) {
            0..=3 => {
                let pools = self.pools().await;
                let gpu = pools.as_array().unwrap().iter();
                let gpu = gpu
                    .clone()
                    .find(|pool| pool["autoscaler"]["enabled"] == true);
                let need = 1 + self.draw.below(5);
                let wanted = json!({"pool": gpu.unwrap()["id"], "nodes": need});
                self.bench.twin.demo("POST", "/_demo/autoscale", &wanted);
            }
            4 | 5 => {
                let pools = self.pools().await;
                let nodes = pools.as_array().unwrap().iter();
                let nodes = nodes.flat_map(|pool| pool["nodes"].as_array().unwrap());
                let nodes: Vec<&Value> = nodes.collect();
                let nth = self.draw.below(u64::try_from(nodes.len()).unwrap());
                let node = nodes[usize::try_from(nth).unwrap()]["id"].as_str().unwrap();
                let path = format!("{cluster}/nodes/{node}/recycle");
                self.bench.somebody("POST", &path).await;
            }
            6 | 7 => {
                let devices = format!("/v4/networking/firewalls/{}/devices", self.firewall);
                let listed = self.bench.somebody("GET", &devices).await;
                let all = listed["data"].as_array().unwrap();
                if !all.is_empty() {
                    let nth = self.draw.below(u64::try_from(all.len()).unwrap());
                    let device = &all[usize::try_from(nth).unwrap()]["id"];
                    self.bench
                        .somebody("DELETE", &format!("{devices}/{device}"))
                        .await;
                    self.told.edits += 1;
                }
            }
            // Nobody sits there to be locked out.
            8 | 9 if self.keeper == Keeper::Controller => {}
            8 => {
                let to = format!("192.0.2.{}", 1 + self.draw.below(254));
                self.roam(&to).await;
            }
            _ => {
                // A colleague lets somebody in, by hand.
                let path = format!("{cluster}/control_plane_acl");
                let mut acl = self.bench.somebody("GET", &path).await;
                let list = acl["acl"]["addresses"]["ipv4"].as_array_mut().unwrap();
                let guest = format!("198.18.0.{}/32", self.draw.below(250));
                list.retain(|one| !one.as_str().unwrap().starts_with("198.18.0."));
                list.push(json!(guest));
                acl["acl"].as_object_mut().unwrap().remove("revision-id");
                self.bench.somebody_says("PUT", &path, &acl).await;
                self.told.edits += 1;
            }
        }
        self.until = self.second + 200;
    }

    /// The address changes; whoever sits there is asked within some looks, clicks, and is in again.
    async fn roam(&mut self, to: &str) {
        let now = net(&format!("{to}/32"));
        if now == self.address {
            return;
        }
        let own = sim::ClientAddr::default().0.to_string();
        self.bench
            .twin
            .demo("PUT", "/_demo/clients", &json!({ own: to }));
        self.until = self.second + 600;
        for _ in 0..20 {
            self.pass(15).await;
            if self.bench.engine.roamed(&self.id).is_some() {
                break;
            }
        }
        let at = self.second;
        let Some(roamed) = self.bench.engine.roamed(&self.id) else {
            self.told
                .wrong
                .push(format!("{at} s: nobody says that the address changed"));
            return;
        };
        assert_eq!(roamed.to, [now.to_string()]);
        let old = self.address;
        let engine = self.bench.engine.clone();
        let click = engine.let_in(&self.id, &[now], &[old]).await;
        if let Err(problem) = click {
            self.told.wrong.push(format!("{at} s: {problem:?}"));
            return;
        }
        engine.wait(&self.id).await;
        self.address = now;
        self.told.roamed += 1;
        self.pass(120).await;
        if self.bench.engine.roamed(&self.id).is_some() {
            let at = self.second;
            self.told.wrong.push(format!(
                "{at} s: Kubernetes does not answer after the click"
            ));
        }
        let list = engine.access(&self.id).await.unwrap().addresses;
        for stays in [now, net("198.51.100.0/24")] {
            if !list.contains(&stays) {
                self.told
                    .wrong
                    .push(format!("{at} s: {stays} is locked out: {list:?}"));
            }
        }
    }

    /// The controller's pod is taken away: somebody scales it to none.
    pub(super) async fn stop_controller(&self) {
        let path = "/apis/apps/v1/namespaces/kube-system/deployments/cloud-firewall-controller";
        let mut deployment = self.bench.kube_get(self.cluster, path).await;
        deployment["spec"]["replicas"] = json!(0);
        self.bench.kube_put(self.cluster, path, &deployment).await;
    }

    /// Lets things happen for so long.
    pub(super) async fn live(mut self, hours: u64) -> Told {
        self.pass(120).await;
        while self.second < hours * 3600 {
            self.event().await;
            let quiet = 120 + self.draw.below(2400);
            self.pass(quiet).await;
        }
        if self.keeper != Keeper::Controller {
            let figures = self.shown();
            self.told.figures.push(figures);
        }
        self.told.left = self.left();
        self.told
    }
}
