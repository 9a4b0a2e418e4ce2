//! Prometheus' text format, as far as the exporter's four gauges need it. What cannot be read is
//! left out: a line that is odd costs its own value only.

use super::CardUse;
use std::collections::BTreeMap;

/// No exporter says more: four gauges of eight GPUs take some 20 KB.
pub const TEXT_BYTES_MAX: usize = 256 * 1024;
/// No node has more GPUs.
const CARDS_MAX: usize = 64;
/// No GPU has more memory, in MiB: 16 TiB.
const MEMORY_MIB_MAX: u64 = 1 << 24;
/// None is warmer and still there.
const CELSIUS_MAX: u64 = 150;

/// What is told of one GPU.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    percent: Option<u8>,
    used: Option<u32>,
    free: Option<u32>,
    celsius: Option<u8>,
}

/// The GPUs that an exporter tells of, by their numbers; one whose use it does not tell is none.
pub fn read(text: &str) -> Vec<CardUse> {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut told: BTreeMap<u8, Told> = BTreeMap::new();
    for (name, card, value) in text[..end].lines().filter_map(sample) {
        if told.len() >= CARDS_MAX && !told.contains_key(&card) {
            continue;
        }
        let one = told.entry(card).or_default();
        // A GPU that several share is told of once for each of them.
        match name {
            "DCGM_FI_DEV_GPU_UTIL" => one.percent = one.percent.max(within(value, 100)),
            "DCGM_FI_DEV_FB_USED" => one.used = one.used.max(within(value, MEMORY_MIB_MAX)),
            "DCGM_FI_DEV_FB_FREE" => one.free = one.free.max(within(value, MEMORY_MIB_MAX)),
            "DCGM_FI_DEV_GPU_TEMP" => one.celsius = one.celsius.max(within(value, CELSIUS_MAX)),
            _ => {}
        }
    }
    let card = |(card, one): (u8, Told)| {
        Some(CardUse {
            card,
            percent: one.percent?,
            memory_mib: one.used,
            memory_all_mib: one.used.zip(one.free).map(|(used, free)| used + free),
            celsius: one.celsius,
        })
    };
    told.into_iter().filter_map(card).collect()
}

fn within<T: TryFrom<u64>>(value: u64, max: u64) -> Option<T> {
    (value <= max).then(|| T::try_from(value).ok()).flatten()
}

/// `NAME{gpu="0",…} 97.5 1700000000000`: the name, the GPU's number and the value.
fn sample(line: &str) -> Option<(&str, u8, u64)> {
    let (name, rest) = line.trim_start().split_once('{')?;
    let (card, rest) = labels(rest)?;
    let value = rest.split_ascii_whitespace().next()?;
    Some((name.trim_end(), card?, whole(value)?))
}

/// The number of the GPU among the labels, and what follows them.
fn labels(text: &str) -> Option<(Option<u8>, &str)> {
    let mut card = None;
    let mut rest = text.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Some((card, after));
        }
        let (name, quoted) = rest.split_once('=')?;
        let (value, after) = quoted_value(quoted.trim_start())?;
        if name.trim() == "gpu" {
            card = digits(value).and_then(|card| u8::try_from(card).ok());
        }
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
}

/// What stands in quotes, still escaped, and what follows.
fn quoted_value(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('"')?;
    let mut escaped = false;
    for (at, one) in text.char_indices() {
        match one {
            '"' if !escaped => return Some((&text[..at], &text[at + 1..])),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

fn digits(text: &str) -> Option<u64> {
    let all = !text.is_empty() && text.bytes().all(|one| one.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

/// A number without a sign, rounded; `NaN`, `+Inf` and the like are none.
fn whole(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let (whole, _) = (digits(whole)?, digits(part.get(..1)?)?);
    if !part.bytes().all(|one| one.is_ascii_digit()) {
        return None;
    }
    whole.checked_add(u64::from(part.as_bytes().first() >= Some(&b'5')))
}
