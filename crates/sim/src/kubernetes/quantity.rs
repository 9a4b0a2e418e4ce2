//! Kubernetes quantities (`10Gi`, `500m`).

/// Bytes of a quantity, rounded up; none when it is not one.
pub(super) fn bytes(quantity: &str) -> Option<u64> {
    let digits = quantity.len()
        - quantity
            .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
            .len();
    let (number, unit) = quantity.split_at(digits);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let factor: u128 = match unit {
        "" => 1,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        _ => return None,
    };
    let whole: u128 = whole.parse().ok()?;
    let mut out = whole.checked_mul(factor)?;
    if !part.is_empty() {
        let scale = 10_u128.checked_pow(u32::try_from(part.len()).ok()?)?;
        out += (part.parse::<u128>().ok()?.checked_mul(factor)?).div_ceil(scale);
    }
    u64::try_from(out).ok()
}

/// Whole GiB of a quantity, rounded up.
pub(super) fn gib(quantity: &str) -> Option<u64> {
    bytes(quantity).map(|bytes| bytes.div_ceil(1 << 30))
}

/// Thousandths of a quantity, rounded up; none when it is not one. Exponents (`1e3`) are not read.
pub(super) fn thousandths(quantity: &str) -> Option<u128> {
    if let Some(number) = quantity.strip_suffix('m') {
        return bytes(number).map(u128::from);
    }
    if let Some(fine) = quantity.strip_suffix('u') {
        return bytes(fine).map(|fine| u128::from(fine).div_ceil(1_000));
    }
    let digits = quantity.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = bytes(&format!("1{}", &quantity[digits.len()..]))?;
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let mut out = whole.parse::<u128>().ok()?.checked_mul(1_000)?;
    if !part.is_empty() {
        // More digits than are of use would not fit.
        let part = part.get(..part.len().min(18))?;
        let scale = 10_u128.pow(u32::try_from(part.len()).ok()?);
        let fine = part.parse::<u128>().ok()?.checked_mul(1_000)?;
        return (out.checked_mul(scale)? + fine)
            .checked_mul(u128::from(unit))
            .map(|all| all.div_ceil(scale));
    }
    out = out.checked_mul(u128::from(unit))?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::thousandths;

    #[test]
    fn a_quantity_is_read_to_the_thousandth() {
        let all = [
            "2", "250m", "0.5", "1.0001", "1Ki", "1.5k", "", "m", "-1", "1e3", "x", "1.2.3",
        ];
        let read = all.map(thousandths);
        let known = [2_000, 250, 500, 1_001, 1_024_000, 1_500_000].map(Some);
        assert_eq!(read[..6], known);
        assert_eq!(read[6..], [None; 6]);
    }
}
