//! What a rule set would break of the cluster, in words.

use super::{T, wrong};
use crate::diagnostic::Diagnostic;
use crate::firewall::{By, Cut, Path, RuleSet, WebhookPath, cuts};
use crate::preset;
use crate::text::Text;

pub(super) fn check(set: &RuleSet, webhooks: WebhookPath, out: &mut Vec<Diagnostic>) {
    out.extend(cuts(set, webhooks).iter().map(|cut| {
        let fix = match cut.by {
            By::Rule(_) => T::CutRuleFix,
            By::Policy if cut.path == Path::Webhooks && webhooks == WebhookPath::Node => {
                T::CutWebhookFix {
                    port: crate::firewall::WEBHOOK_PORT.into(),
                    from: preset::NODES.to_string(),
                }
            }
            By::Policy => T::CutPolicyFix,
        };
        wrong(said(cut)).why(why(cut.path)).fix(fix)
    }));
}

/// The packet that does not get through, and who says so.
pub(crate) fn said(cut: &Cut) -> T {
    let protocol = preset::protocol_name(cut.protocol);
    let packet = cut
        .port
        .map_or_else(|| protocol.to_owned(), |port| format!("{protocol} {port}"));
    let (path, peer) = (Text::from(name(cut.path)), cut.peer.to_string());
    let by = match &cut.by {
        By::Rule(label) => T::CutByRule {
            label: label.clone(),
        },
        By::Policy => T::CutByPolicy,
    };
    let by = Text::from(by);
    if cut.outbound {
        T::CutOut {
            path,
            packet,
            peer,
            by,
        }
    } else {
        T::CutIn {
            path,
            packet,
            peer,
            by,
        }
    }
}

/// The path in words.
pub(crate) fn name(path: Path) -> T {
    match path {
        Path::Kubelet => T::PathKubelet,
        Path::WireGuard => T::PathWireguard,
        Path::Dns => T::PathDns,
        Path::Bgp => T::PathBgp,
        Path::Typha => T::PathTypha,
        Path::Ipip => T::PathIpip,
        Path::NodePorts => T::PathNodePorts,
        Path::Webhooks => T::PathWebhooks,
    }
}

/// What breaks without it.
fn why(path: Path) -> T {
    match path {
        Path::Kubelet => T::CutKubeletWhy,
        Path::WireGuard => T::CutWireguardWhy,
        Path::Dns => T::CutDnsWhy,
        Path::Bgp => T::CutBgpWhy,
        Path::Typha => T::CutTyphaWhy,
        Path::Ipip => T::CutIpipWhy,
        Path::NodePorts => T::CutNodePortsWhy,
        Path::Webhooks => T::CutWebhooksWhy,
    }
}
