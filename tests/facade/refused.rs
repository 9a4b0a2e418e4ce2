//! Our diagnostics and the cloud's refusals side by side, over drawn rule sets and access lists: what
//! passes here is taken there, and what is refused there has a diagnostic here. What a set that cuts
//! nothing lets through, the nodes behind it feel.

use crate::bench::{Bench, tokio_sleep};
use domain::diagnostic::{Diagnostic, Field, any_error};
use domain::firewall::{Rule, RuleSet, Traffic, Verdict, WebhookPath, cuts};
use domain::preset;
use domain::rules::{access_list, network, rule_set};
use http_body_util::BodyExt as _;
use quaylight_tests::memory::mix;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// Numbers that follow from a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 = mix(self.0);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

const GOOD_NETS: [&str; 8] = [
    "203.0.113.7/32",
    "203.0.113.0/24",
    "0.0.0.0/0",
    "192.168.128.0/17",
    "192.168.192.0/18",
    "192.168.130.4/32",
    "2001:db8::/32",
    "::/0",
];
const BAD_NETS: [&str; 9] = [
    "203.0.113.7",
    "2001:db8::7",
    "203.0.113.7/33",
    "2001:db8::/129",
    "home",
    "",
    "203.0.113/24",
    "203.0.113.1-9",
    "/",
];
const GOOD_PORTS: [&str; 8] = [
    "22",
    "22-24, 80",
    "1-65535",
    "53, 51820",
    "10250",
    "30000-32767",
    "9443",
    "1,3,5,7,9,11,13,15,17,19,21,23,25,27,29",
];
const BAD_PORTS: [&str; 8] = [
    "0",
    "65536",
    "24-22",
    "ssh",
    "22,,80",
    "1-2-3",
    "-",
    "1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31",
];
const LABELS: [&str; 6] = [
    "ssh",
    "web-ui",
    "a.b_c",
    "ab",
    "",
    "a-label-of-more-than-32-characters",
];

fn a_net(draw: &mut Draw, bad: usize) -> String {
    let pick: &[&str] = if draw.chance(bad) {
        &BAD_NETS
    } else {
        &GOOD_NETS
    };
    draw.one(pick).to_owned()
}

fn a_rule(draw: &mut Draw, bad: usize) -> Rule {
    let traffic = ["TCP", "UDP", "ICMP", "IPENCAP", "ALL", "6", "50"];
    let traffic = Traffic::read(draw.one(&traffic)).unwrap();
    let ports = if draw.chance(bad) {
        &BAD_PORTS
    } else {
        &GOOD_PORTS
    };
    let with = traffic.has_ports() != draw.chance(bad);
    let many = if draw.chance(bad) {
        0
    } else {
        1 + draw.below(3)
    };
    let label = if draw.chance(bad) {
        draw.one(&LABELS).to_owned()
    } else {
        format!("rule-{}", draw.below(1_000_000))
    };
    let mut addresses: Vec<String> = (0..many).map(|_| a_net(draw, bad)).collect();
    if draw.chance(bad / 2) {
        addresses.extend((0..256).map(|n| format!("198.51.100.{n}/32")));
    }
    Rule {
        label,
        verdict: if draw.chance(30) {
            Verdict::Drop
        } else {
            Verdict::Accept
        },
        traffic,
        ports: with.then(|| draw.one(ports).to_owned()),
        addresses,
    }
}

/// The preset with some rule missing, others in between, and sometimes something broken.
fn a_set(draw: &mut Draw) -> RuleSet {
    let bad = if draw.chance(50) { 0 } else { 8 };
    let mut kept: Vec<_> = preset::locked().into_iter().map(|one| one.rule).collect();
    if draw.chance(25) {
        kept.remove(draw.below(6));
    }
    let mut set = RuleSet::of(&kept);
    let many = if draw.chance(bad) { 20 } else { draw.below(4) };
    for _ in 0..many {
        let at = draw.below(set.inbound.len() + 1);
        set.inbound.insert(at, a_rule(draw, bad));
    }
    if draw.chance(20) {
        set.outbound.push(a_rule(draw, bad));
    }
    set
}

/// As Linode takes it.
fn body(set: &RuleSet) -> Value {
    let rule = |rule: &Rule| {
        let family = |six: bool| -> Vec<&String> {
            let of_it = rule.addresses.iter().filter(|one| one.contains(':') == six);
            of_it.collect()
        };
        let mut addresses = json!({});
        for (name, list) in [("ipv4", family(false)), ("ipv6", family(true))] {
            if !list.is_empty() {
                addresses[name] = json!(list);
            }
        }
        json!({
            "label": rule.label, "action": rule.verdict, "protocol": rule.traffic.name(),
            "ports": rule.ports, "addresses": addresses,
        })
    };
    json!({
        "inbound": set.inbound.iter().map(rule).collect::<Vec<_>>(),
        "outbound": set.outbound.iter().map(rule).collect::<Vec<_>>(),
        "inbound_policy": set.inbound_policy, "outbound_policy": set.outbound_policy,
    })
}

/// What the cloud answers: its status and what it says.
async fn asked(bench: &Bench, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let request = http::Request::builder()
        .method(method)
        .uri(format!("http://127.0.0.1:1{path}"))
        .header("authorization", "Bearer somebody-else")
        .header("content-type", "application/json")
        .body(body.to_string().into())
        .unwrap();
    let reply = bench.twin.service().oneshot(request).await.unwrap();
    let status = reply.status().as_u16();
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

fn codes(found: &[Diagnostic]) -> Vec<&str> {
    found.iter().map(|one| one.what.code.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_passes_our_diagnostics_the_cloud_takes_and_what_it_refuses_has_one() {
    let bench = Bench::new().await;
    bench.deploy(Bench::spec()).await;
    bench
        .twin
        .demo("PUT", "/_demo/switches", &json!({"rate_limits": false}));
    let walls = bench.somebody("GET", "/v4/networking/firewalls").await;
    let path = format!("/v4/networking/firewalls/{}/rules", walls["data"][0]["id"]);
    let (mut passed, mut refused, mut cut_nothing, mut felt) = (0, 0, 0, 0);
    for seed in 0..1_000 {
        let set = a_set(&mut Draw(seed));
        let found = rule_set(&set, WebhookPath::Tunnel);
        let (status, said) = asked(&bench, "PUT", &path, &body(&set)).await;
        if !any_error(&found) {
            assert_eq!(status, 200, "seed {seed}: passes, but {said}: {set:?}");
            passed += 1;
        }
        if status != 200 {
            assert_eq!(status, 400, "seed {seed}: {said}");
            let own = codes(&found);
            let structural = own.iter().any(|code| !code.starts_with("cut_"));
            assert!(
                any_error(&found) && structural,
                "seed {seed}: {said}, {own:?}"
            );
            refused += 1;
            continue;
        }
        // The nodes feel exactly what inbound rules cut; a rule out of a node the twin does not act.
        let inbound = cuts(&set, WebhookPath::Tunnel);
        let inbound: Vec<_> = inbound.iter().filter(|cut| !cut.outbound).collect();
        let (_, nodes) = bench.twin.demo("GET", "/_demo/reach", &Value::Null);
        let all = nodes.as_array().unwrap().iter();
        let mut each = all.flat_map(|node| node["reach"].as_object().unwrap().values());
        let whole = each.all(|there| there == true);
        if inbound.is_empty() {
            assert!(whole, "seed {seed}: {nodes} behind {set:?}");
            cut_nothing += 1;
        }
        if !whole {
            assert!(!inbound.is_empty(), "seed {seed}: {nodes}");
            felt += 1;
        }
    }
    println!(
        "of 1000 drawn rule sets {passed} pass our diagnostics and are taken, {refused} are \
         refused and have one; {cut_nothing} cut nothing, {felt} are felt by the nodes"
    );
    assert!(passed > 100 && refused > 100 && cut_nothing > 100 && felt > 100);
}

#[tokio::test(start_paused = true)]
async fn an_access_list_that_passes_is_taken_and_one_that_is_refused_has_a_diagnostic() {
    let bench = Bench::new().await;
    bench.deploy(Bench::spec()).await;
    tokio_sleep(60).await;
    bench
        .twin
        .demo("PUT", "/_demo/switches", &json!({"rate_limits": false}));
    let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
    let path = format!(
        "/v4/lke/clusters/{}/control_plane_acl",
        clusters["data"][0]["id"]
    );
    let (mut passed, mut refused) = (0, 0);
    for seed in 0..1_000 {
        let mut draw = Draw(seed);
        let bad = if draw.chance(50) { 0 } else { 30 };
        let texts: Vec<String> = (0..draw.below(6)).map(|_| a_net(&mut draw, bad)).collect();
        let (mut found, mut nets) = (Vec::new(), Vec::new());
        for text in &texts {
            match network(Field::KubectlAccess, text) {
                Ok(net) => nets.push(net),
                Err(wrong) => found.push(wrong),
            }
        }
        access_list(&nets, &mut found);
        let family = |six: bool| -> Vec<&String> {
            texts
                .iter()
                .filter(|one| one.contains(':') == six)
                .collect()
        };
        let acl = json!({"acl": {
            "enabled": true, "addresses": {"ipv4": family(false), "ipv6": family(true)},
        }});
        let (status, said) = asked(&bench, "PUT", &path, &acl).await;
        if any_error(&found) {
            refused += i32::from(status == 400);
        } else {
            assert_eq!(status, 200, "seed {seed}: passes, but {said}: {texts:?}");
            passed += 1;
        }
        if status != 200 {
            assert_eq!(
                (status, any_error(&found)),
                (400, true),
                "seed {seed}: {said}"
            );
        }
    }
    println!("of 1000 drawn access lists {passed} pass and are taken, {refused} are refused");
    assert!(passed > 100 && refused > 100);
}
