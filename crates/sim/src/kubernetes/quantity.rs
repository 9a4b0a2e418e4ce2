//! Kubernetes quantities (`10Gi`, `500m`), as far as storage sizes need them.

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
