//! Who may connect: the Kubernetes API's access list and the UI list; and what holds for every list
//! of networks.

use super::{RuleText as T, Scene};
use crate::diagnostic::{Diagnostic, Field};
use crate::firewall::Spans;
use crate::preset::ADDRESSES_MAX;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) fn kubectl(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    if let Some(list) = &scene.spec.kubectl_access {
        access_list(list, out);
    }
}

/// What is wrong with a list of who may reach the Kubernetes API.
pub fn access_list(list: &[IpNet], out: &mut Vec<Diagnostic>) {
    let field = Field::KubectlAccess;
    if list.is_empty() {
        out.push(
            Diagnostic::error(field, T::KubectlNobody)
                .why(T::KubectlNobodyWhy)
                .fix(T::KubectlNobodyFix),
        );
    }
    addresses(field, list, out);
    for cidr in everyone(list) {
        out.push(
            Diagnostic::warning(field, T::KubectlEveryone { cidr })
                .why(T::KubectlEveryoneWhy)
                .fix(T::EveryoneFix),
        );
    }
    for cidr in list
        .iter()
        .filter(|one| is_private(one))
        .map(ToString::to_string)
    {
        out.push(
            Diagnostic::warning(field, T::KubectlPrivate { cidr })
                .why(T::KubectlPrivateWhy)
                .fix(T::KubectlPrivateFix),
        );
    }
}

pub(super) fn ui(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let Some(list) = &scene.spec.ui_access else {
        return;
    };
    addresses(Field::UiAccess, list, out);
    for cidr in everyone(list) {
        out.push(
            Diagnostic::warning(Field::UiAccess, T::UiEveryone { cidr })
                .why(T::UiEveryoneWhy)
                .fix(T::EveryoneFix),
        );
    }
}

/// An entry of a list as somebody wrote it: a network in CIDR form.
pub fn network(field: Field, text: &str) -> Result<IpNet, Diagnostic> {
    let cidr = text.to_owned();
    if let Some(network) = read_network(text) {
        return Ok(network);
    }
    let wrong = if let Ok(address) = text.parse::<IpAddr>() {
        let single = IpNet::from(address).to_string();
        Diagnostic::error(field, T::CidrBare { cidr }).fix(T::CidrBareFix { single })
    } else {
        Diagnostic::error(field, T::CidrBad { cidr }).fix(T::CidrFix)
    };
    Err(wrong.why(T::CidrWhy))
}

/// A network in CIDR form. A leading zero is refused: some read what follows it in base 8.
pub(crate) fn read_network(text: &str) -> Option<IpNet> {
    let (address, length) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let zero = length.starts_with('0') && length.len() > 1;
    let digits = !zero && length.bytes().all(|b| b.is_ascii_digit());
    IpNet::new(address, length.parse().ok().filter(|_| digits)?).ok()
}

/// What holds for every list of addresses.
pub(super) fn addresses(field: Field, list: &[IpNet], out: &mut Vec<Diagnostic>) {
    if list.len() > ADDRESSES_MAX {
        out.push(
            Diagnostic::error(field, T::TooManyAddresses { count: list.len() })
                .why(T::TooManyAddressesWhy { max: ADDRESSES_MAX })
                .fix(T::TooManyAddressesFix),
        );
    }
    for (at, one) in list.iter().enumerate() {
        let cidr = one.to_string();
        if one.trunc() != *one {
            let network = one.trunc().to_string();
            let single = IpNet::from(one.addr()).to_string();
            let what = T::HostBits {
                cidr: cidr.clone(),
                network: network.clone(),
            };
            out.push(
                Diagnostic::warning(field, what)
                    .why(T::HostBitsWhy)
                    .fix(T::HostBitsFix { single, network }),
            );
        }
        // An entry says nothing new when an earlier one is the same, or any other is wider.
        let same = |other: &&IpNet| other.trunc() == one.trunc();
        let wider = |other: &&IpNet| other.trunc() != one.trunc() && other.contains(one);
        if list[..at].iter().any(|other| same(&other)) {
            out.push(
                Diagnostic::warning(field, T::EntryTwice { cidr })
                    .why(T::EntryNothingWhy)
                    .fix(T::EntryNothingFix),
            );
        } else if let Some(wide) = list.iter().find(wider) {
            let network = wide.to_string();
            out.push(
                Diagnostic::warning(field, T::EntryInside { cidr, network })
                    .why(T::EntryNothingWhy)
                    .fix(T::EntryNothingFix),
            );
        }
    }
}

/// The entries by which a list holds the whole internet of a family: one, or several together.
pub fn everyone(list: &[IpNet]) -> Vec<String> {
    let alone = list.iter().filter(|one| one.prefix_len() == 0);
    let mut said: Vec<String> = alone.map(ToString::to_string).collect();
    for four in [true, false] {
        let of_it = |one: &&IpNet| one.addr().is_ipv4() == four;
        let together = Spans::of(list.iter().filter(of_it).copied());
        let alone = list.iter().filter(of_it).any(|one| one.prefix_len() == 0);
        let whole = if four {
            together.is_every_v4()
        } else {
            together.is_every_v6()
        };
        if whole && !alone {
            let entries: Vec<String> = list.iter().filter(of_it).map(ToString::to_string).collect();
            said.push(entries.join(" "));
        }
    }
    said
}

const fn v4(a: u8, b: u8, length: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, 0, 0), length))
}

const fn v6(first: u16, last: u16, length: u8) -> IpNet {
    let address = Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, last);
    IpNet::V6(Ipv6Net::new_assert(address, length))
}

/// Private, shared by a provider's customers, of this computer or link, for groups.
const NEVER_SEEN: [IpNet; 11] = [
    v4(10, 0, 8),
    v4(100, 64, 10),
    v4(127, 0, 8),
    v4(169, 254, 16),
    v4(172, 16, 12),
    v4(192, 168, 16),
    v4(224, 0, 4),
    v6(0, 1, 128),
    v6(0xfc00, 0, 7),
    v6(0xfe80, 0, 10),
    v6(0xff00, 0, 8),
];

/// Whether a network's addresses never appear on the internet.
fn is_private(network: &IpNet) -> bool {
    NEVER_SEEN.iter().any(|one| one.contains(network))
}
