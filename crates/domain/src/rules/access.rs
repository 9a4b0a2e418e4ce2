//! Who may connect: the Kubernetes API's access list and the UI list.

use super::{RuleText as T, Scene};
use crate::diagnostic::{Diagnostic, Field};
use crate::preset::ADDRESSES_MAX;
use ipnet::IpNet;
use std::net::IpAddr;

pub(super) fn kubectl(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let Some(list) = &scene.spec.kubectl_access else {
        return;
    };
    if list.is_empty() {
        out.push(
            Diagnostic::error(Field::KubectlAccess, T::KubectlNobody)
                .why(T::KubectlNobodyWhy)
                .fix(T::KubectlNobodyFix),
        );
    }
    addresses(Field::KubectlAccess, list, out);
    for cidr in list
        .iter()
        .filter(|one| is_everyone(one))
        .map(ToString::to_string)
    {
        out.push(
            Diagnostic::warning(Field::KubectlAccess, T::KubectlEveryone { cidr })
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
            Diagnostic::warning(Field::KubectlAccess, T::KubectlPrivate { cidr })
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
    for cidr in list
        .iter()
        .filter(|one| is_everyone(one))
        .map(ToString::to_string)
    {
        out.push(
            Diagnostic::warning(Field::UiAccess, T::UiEveryone { cidr })
                .why(T::UiEveryoneWhy)
                .fix(T::EveryoneFix),
        );
    }
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
    for one in list.iter().filter(|one| one.trunc() != **one) {
        let (cidr, network) = (one.to_string(), one.trunc().to_string());
        let single = IpNet::from(one.addr()).to_string();
        out.push(
            Diagnostic::warning(
                field,
                T::HostBits {
                    cidr,
                    network: network.clone(),
                },
            )
            .why(T::HostBitsWhy)
            .fix(T::HostBitsFix { single, network }),
        );
    }
}

/// Whether a network is the whole internet.
pub(super) fn is_everyone(network: &IpNet) -> bool {
    network.prefix_len() == 0
}

/// Whether a network's addresses never appear on the internet.
fn is_private(network: &IpNet) -> bool {
    !is_everyone(network)
        && match network.addr() {
            IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
            IpAddr::V6(v6) => {
                v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local()
            }
        }
}
