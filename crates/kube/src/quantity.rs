//! Kubernetes quantities: `500m`, `10Gi`, `1.5`, `2e3`.

/// Thousandths, rounded up as the API server does.
pub(crate) fn milli(quantity: &str) -> Option<u64> {
    thousandths(quantity).and_then(|all| u64::try_from(all).ok())
}

/// Whole units, rounded up.
pub(crate) fn whole(quantity: &str) -> Option<u64> {
    thousandths(quantity).and_then(|all| u64::try_from(all.div_ceil(1_000)).ok())
}

/// A suffix as a fraction: what is multiplied with, and what is divided by.
fn unit(suffix: &str) -> Option<(u128, u128)> {
    Some(match suffix {
        "" => (1, 1),
        "n" => (1, 1_000_000_000),
        "u" => (1, 1_000_000),
        "m" => (1, 1_000),
        "k" => (1_000, 1),
        "M" => (1_000_000, 1),
        "G" => (1_000_000_000, 1),
        "T" => (1_000_000_000_000, 1),
        "P" => (1_000_000_000_000_000, 1),
        "E" => (1_000_000_000_000_000_000, 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        "Ti" => (1 << 40, 1),
        "Pi" => (1 << 50, 1),
        "Ei" => (1 << 60, 1),
        _ => {
            let power: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            let scale = 10_u128.checked_pow(power.unsigned_abs().min(30))?;
            if power < 0 { (1, scale) } else { (scale, 1) }
        }
    })
}

fn thousandths(quantity: &str) -> Option<u128> {
    let end = quantity
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(quantity.len());
    let (number, suffix) = quantity.split_at(end);
    let (times, by) = unit(suffix)?;
    let (before, after) = number.split_once('.').unwrap_or((number, ""));
    if before.is_empty() && after.is_empty() || after.contains('.') {
        return None;
    }
    // The API keeps nine digits; more would not fit either.
    let after = &after[..after.len().min(9)];
    let digits: u128 = format!("{before}{after}").parse().ok()?;
    let scale = 10_u128.checked_pow(u32::try_from(after.len()).ok()?)?;
    let all = digits.checked_mul(1_000)?.checked_mul(times)?;
    Some(all.div_ceil(by.checked_mul(scale)?))
}

#[cfg(test)]
mod tests {
    use super::{milli, whole};

    #[test]
    fn quantities_are_read_as_the_api_server_reads_them() {
        let cpu = ["500m", "2", "0.1", "1e3", "100u", ".5", "5.", "250000n"].map(milli);
        let known = [500, 2_000, 100, 1_000_000, 1, 500, 5_000, 1].map(Some);
        assert_eq!(cpu, known);
        let memory = [
            "1Gi",
            "1.5Gi",
            "1G",
            "128974848",
            "129e6",
            "129M",
            "123Mi",
            "1m",
        ];
        let known = [
            1 << 30,
            3 << 29,
            1_000_000_000,
            128_974_848,
            129_000_000,
            129_000_000,
        ];
        assert_eq!(memory.map(whole)[..6], known.map(Some));
        assert_eq!(memory.map(whole)[6..], [Some(128_974_848), Some(1)]);
    }

    #[test]
    fn what_is_no_quantity_is_none_and_never_a_panic() {
        let odd = [
            "",
            ".",
            "-1",
            "1.2.3",
            "Gi",
            "1Zi",
            "1e",
            "1e99999999999",
            "9e300",
            "ü",
            "1 ",
            "1Ei1",
            "99999999999999999999999999999999999999999999",
            "18446744073709551616Ei",
        ];
        for one in odd {
            let read = (milli(one), whole(one));
            assert_eq!(read, (None, None), "{one}");
        }
    }
}
