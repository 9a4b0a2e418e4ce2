//! Sets of addresses as sorted, disjoint ranges, one list for each family.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// First and last address, as numbers.
type Span = (u128, u128);

/// A set of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spans {
    four: Vec<Span>,
    six: Vec<Span>,
}

const LAST_V4: u128 = u32::MAX as u128;

impl Spans {
    /// All that these networks hold.
    pub(crate) fn of(networks: impl IntoIterator<Item = IpNet>) -> Self {
        let mut all = Self::default();
        for network in networks {
            match network {
                IpNet::V4(four) => {
                    let (from, to) = (four.network().to_bits(), four.broadcast().to_bits());
                    all.four.push((u128::from(from), u128::from(to)));
                }
                IpNet::V6(six) => {
                    let (from, to) = (six.network().to_bits(), six.broadcast().to_bits());
                    all.six.push((from, to));
                }
            }
        }
        all.four = joined(all.four);
        all.six = joined(all.six);
        all
    }

    /// Every address of both families.
    pub(crate) fn every() -> Self {
        Self {
            four: vec![(0, LAST_V4)],
            six: vec![(0, u128::MAX)],
        }
    }

    /// Whether every address of IPv4 is in it.
    pub(crate) fn is_every_v4(&self) -> bool {
        self.four == [(0, LAST_V4)]
    }

    /// Whether every address of IPv6 is in it.
    pub(crate) fn is_every_v6(&self) -> bool {
        self.six == [(0, u128::MAX)]
    }

    /// Whether it holds nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.four.is_empty() && self.six.is_empty()
    }

    /// Its lowest address.
    pub(crate) fn first(&self) -> Option<IpAddr> {
        let four = self.four.first().map(|(from, _)| {
            let bits = u32::try_from(*from).unwrap_or(u32::MAX);
            IpAddr::V4(Ipv4Addr::from_bits(bits))
        });
        let six = || Some(IpAddr::V6(Ipv6Addr::from_bits(self.six.first()?.0)));
        four.or_else(six)
    }

    /// What is in this one and not in the other.
    pub(crate) fn without(&self, other: &Self) -> Self {
        Self {
            four: without(&self.four, &other.four),
            six: without(&self.six, &other.six),
        }
    }

    /// What is in either.
    pub(crate) fn or(&self, other: &Self) -> Self {
        let all = |these: &[Span], those: &[Span]| joined([these, those].concat());
        Self {
            four: all(&self.four, &other.four),
            six: all(&self.six, &other.six),
        }
    }

    /// What is in both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        self.without(&self.without(other))
    }
}

fn joined(mut all: Vec<Span>) -> Vec<Span> {
    all.sort_unstable();
    let mut out: Vec<Span> = Vec::with_capacity(all.len());
    for (from, to) in all {
        match out.last_mut() {
            Some((_, end)) if from <= end.saturating_add(1) => *end = (*end).max(to),
            Some(_) | None => out.push((from, to)),
        }
    }
    out
}

fn without(these: &[Span], those: &[Span]) -> Vec<Span> {
    let mut out = Vec::with_capacity(these.len());
    let mut at = 0;
    for &(from, to) in these {
        // What lies wholly before this one lies before all that follow.
        while those.get(at).is_some_and(|(_, end)| *end < from) {
            at += 1;
        }
        let mut left = Some(from);
        for &(start, end) in &those[at..] {
            let Some(begin) = left.filter(|_| start <= to) else {
                break;
            };
            if start > begin {
                out.push((begin, start - 1));
            }
            left = end.checked_add(1).filter(|next| *next <= to);
        }
        out.extend(left.map(|begin| (begin, to)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(nets: &[&str]) -> Spans {
        Spans::of(nets.iter().map(|net| net.parse::<IpNet>().unwrap()))
    }

    #[test]
    fn neighbours_join_and_what_is_taken_out_is_gone() {
        let halves = set(&["0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"]);
        assert_eq!(halves, Spans::every());
        assert!(halves.is_every_v4() && halves.is_every_v6());
        let hole = set(&["10.0.0.0/8"]).without(&set(&["10.0.0.0/9", "10.255.255.255/32"]));
        assert_eq!(hole.first(), Some("10.128.0.0".parse().unwrap()));
        assert_eq!(hole.four, [(0x0a80_0000, 0x0aff_fffe)]);
        let two = set(&["10.0.0.0/30", "10.0.0.8/30", "10.0.0.16/30"]);
        let cut = two.without(&set(&["10.0.0.2/31", "10.0.0.8/29"]));
        assert_eq!(cut, set(&["10.0.0.0/31", "10.0.0.16/30"]));
        assert!(set(&["::/0"]).without(&Spans::every()).is_empty());
        assert_eq!(two.and(&set(&["10.0.0.9/32"])), set(&["10.0.0.9/32"]));
        assert!(set(&["10.0.0.0/8"]).and(&set(&["::/0"])).is_empty());
    }
}
