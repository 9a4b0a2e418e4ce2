//! Rule sets and lists of networks, each with everything that is said about it. A file holds both:
//! what is indented is the answer, and `UPDATE_EXPECT=1` writes it anew.
#![expect(clippy::print_stdout, reason = "figures, with --nocapture")]

use super::{Text, said_in_a_line};
use crate::diagnostic::{Diagnostic, Field};
use crate::firewall::{Rule, RuleSet, Traffic, Verdict, WebhookPath};
use crate::preset;
use crate::rules::{access_list, network, rule_set};
use expect_test::{ExpectFile, expect_file};
use ipnet::IpNet;
use std::fmt::Write as _;

/// `ssh ACCEPT TCP 22,80 from 203.0.113.0/24 …`; the label `-` is none, and so are the ports.
fn rule(text: &str) -> Rule {
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    let mut word = || words.next().unwrap_or_default().to_owned();
    let label = word();
    let verdict = match word().as_str() {
        "ACCEPT" => Verdict::Accept,
        "DROP" => Verdict::Drop,
        other => panic!("{other} in {text}"),
    };
    let traffic = Traffic::read(&word()).unwrap();
    let ports = word();
    assert_eq!(word(), "from", "{text}");
    Rule {
        label: label.replace('-', if label == "-" { "" } else { "-" }),
        verdict,
        traffic,
        ports: (ports != "-").then(|| ports.replace('_', " ").replace("''", "")),
        addresses: words.map(ToOwned::to_owned).collect(),
    }
}

/// The preset, then line by line what is different.
fn set(lines: &[&str]) -> (RuleSet, WebhookPath) {
    let locked: Vec<_> = preset::locked().into_iter().map(|one| one.rule).collect();
    let mut set = RuleSet::of(&locked);
    let mut webhooks = WebhookPath::Tunnel;
    for line in lines {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        let verdict = |word: &str| match word {
            "ACCEPT" => Verdict::Accept,
            _ => Verdict::Drop,
        };
        match what {
            "in" => set.inbound.push(rule(rest)),
            "first" => set.inbound.insert(0, rule(rest)),
            "out" => set.outbound.push(rule(rest)),
            "without" => set.inbound.retain(|one| one.label != rest),
            "empty" => set.inbound.clear(),
            "in-policy" => set.inbound_policy = verdict(rest),
            "out-policy" => set.outbound_policy = verdict(rest),
            "many" => {
                for n in 0..rest.parse().unwrap() {
                    let text = format!("rule-{n} ACCEPT TCP {} from 203.0.113.7/32", 2000 + n);
                    set.inbound.push(rule(&text));
                }
            }
            "webhooks-on-node" => webhooks = WebhookPath::Node,
            other => panic!("{other}"),
        }
    }
    (set, webhooks)
}

fn list(line: &str) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut nets: Vec<IpNet> = Vec::new();
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        if let Some((base, count)) = word.split_once('*') {
            let count: u32 = count.parse().unwrap();
            nets.extend((0..count).map(|n| format!("{base}{n}/32").parse::<IpNet>().unwrap()));
            continue;
        }
        match network(Field::KubectlAccess, word) {
            Ok(net) => nets.push(net),
            Err(wrong) => out.push(wrong),
        }
    }
    if out.is_empty() || !nets.is_empty() {
        access_list(&nets, &mut out);
    }
    out
}

/// Writes every case with what is said about it; how many there are.
fn check(file: &ExpectFile, diagnose: impl Fn(&[&str]) -> Vec<Diagnostic>) -> usize {
    let (mut out, mut cases) = (String::new(), 0);
    for case in file.data().split("\n\n") {
        let given = case.lines().filter(|line| !line.starts_with("    "));
        let given: Vec<&str> = given.collect();
        let (comments, lines): (Vec<&str>, Vec<&str>) =
            given.iter().partition(|line| line.starts_with('#'));
        if given.is_empty() {
            continue;
        }
        assert_eq!(comments.len(), 1, "a case has a name: {given:?}");
        cases += 1;
        let separator = if out.is_empty() { "" } else { "\n" };
        writeln!(out, "{separator}{}", given.join("\n")).unwrap();
        for one in diagnose(&lines) {
            writeln!(out, "    {}", said_in_a_line(&one)).unwrap();
        }
    }
    file.assert_eq(&out);
    cases
}

#[test]
fn each_rule_set_and_list_has_its_diagnostics() {
    let judged = |lines: &[&str]| {
        let (set, webhooks) = set(lines);
        rule_set(&set, webhooks)
    };
    let sets = check(&expect_file!["cuts.txt"], judged) + check(&expect_file!["rules.txt"], judged);
    let lists = check(&expect_file!["lists.txt"], |lines| list(&lines.join(" ")));
    println!("{sets} rule sets and {lists} lists, each with its diagnostics");
    assert!(sets + lists >= 100, "{sets} rule sets and {lists} lists");
}

#[test]
fn what_the_preset_says_is_nothing() {
    let (set, _) = set(&[]);
    assert_eq!(rule_set(&set, WebhookPath::Tunnel), []);
    let texts: Vec<Text> = rule_set(&set, WebhookPath::Node)
        .into_iter()
        .map(|one| one.what)
        .collect();
    assert_eq!(
        texts.len(),
        1,
        "nothing of the preset opens a webhook's port"
    );
}
