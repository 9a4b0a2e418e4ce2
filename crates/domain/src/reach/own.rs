//! A computer's own addresses, at most one of each family, against an access list.

use ipnet::IpNet;

/// Which of the own addresses a list leaves out. A family that the list does not name was no way in
/// before; it is asked for only where no other one is.
pub fn left_out(list: &[IpNet], own: &[IpNet]) -> Vec<IpNet> {
    let named = |one: &&IpNet| list.iter().any(|net| same_family(net, one));
    let ways: Vec<&IpNet> = own.iter().filter(named).collect();
    let ways = if ways.is_empty() {
        own.iter().collect()
    } else {
        ways
    };
    let outside = |one: &&IpNet| !list.iter().any(|net| net.contains(*one));
    ways.into_iter().filter(outside).copied().collect()
}

/// Entries of a list whose place the new addresses take: of each family the one that this computer
/// had last. `had`: the newest first. A network, or an address that it never had, may be somebody
/// else's.
pub fn took_the_place_of(list: &[IpNet], had: &[IpNet], new: &[IpNet]) -> Vec<IpNet> {
    let last = |now: &IpNet| {
        let mut before = had.iter().filter(|one| same_family(one, now));
        before.find(|one| !new.contains(one) && list.contains(one))
    };
    new.iter().filter_map(last).copied().collect()
}

fn same_family(one: &IpNet, other: &IpNet) -> bool {
    one.addr().is_ipv4() == other.addr().is_ipv4()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nets(text: &str) -> Vec<IpNet> {
        let words = text.split_whitespace();
        words.map(|one| one.parse().unwrap()).collect()
    }

    #[test]
    fn each_family_that_a_list_names_is_judged_by_itself() {
        let (v4, v6) = ("203.0.113.7/32", "2001:db8::7/128");
        let both = format!("{v4} {v6}");
        let cases = [
            // The list, the own addresses, those that it leaves out.
            (v4, v4, ""),
            ("203.0.113.0/24", v4, ""),
            ("198.51.100.9/32", v4, v4),
            (v4, both.as_str(), ""),
            (&both, &both, ""),
            (&both, v4, ""),
            ("203.0.113.7/32 2001:db8::1/128", &both, v6),
            ("198.51.100.9/32 2001:db8::/64", &both, v4),
            ("198.51.100.9/32 2001:db8::1/128", &both, &both),
            (v6, v4, v4),
            ("198.51.100.9/32", &both, v4),
            ("", &both, &both),
            (v4, "", ""),
        ];
        for (list, own, out) in cases {
            assert_eq!(
                left_out(&nets(list), &nets(own)),
                nets(out),
                "{list} | {own}"
            );
        }
    }

    #[test]
    fn only_what_this_computer_had_is_replaced() {
        let cases = [
            // The list, what it had, what it has now, what that takes the place of.
            (
                "203.0.113.7/32",
                "203.0.113.7/32",
                "192.0.2.1/32",
                "203.0.113.7/32",
            ),
            // A colleague's address is none that it had.
            ("203.0.113.8/32", "203.0.113.7/32", "192.0.2.1/32", ""),
            ("203.0.113.0/24", "203.0.113.7/32", "192.0.2.1/32", ""),
            ("203.0.113.7/32", "", "192.0.2.1/32", ""),
            // The newest of two goes, the other one may still be in use.
            (
                "203.0.113.7/32 203.0.113.8/32",
                "203.0.113.8/32 203.0.113.7/32",
                "192.0.2.1/32",
                "203.0.113.8/32",
            ),
            (
                "203.0.113.7/32 2001:db8::7/128",
                "203.0.113.7/32 2001:db8::7/128",
                "192.0.2.1/32 2001:db8:1::1/128",
                "203.0.113.7/32 2001:db8::7/128",
            ),
            (
                "203.0.113.7/32 2001:db8::7/128",
                "2001:db8::7/128 203.0.113.7/32",
                "2001:db8:1::1/128",
                "2001:db8::7/128",
            ),
        ];
        for (list, had, new, gone) in cases {
            assert_eq!(
                took_the_place_of(&nets(list), &nets(had), &nets(new)),
                nets(gone),
                "{list} | {had} | {new}"
            );
        }
    }
}
