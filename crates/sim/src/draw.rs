//! Seeded chance without a state: each draw names what it is for, so a draw never depends on the
//! order of other draws and the same seed gives the same cloud.

/// A hash of `text`, the same on every computer.
pub(crate) fn hash(text: &str) -> u64 {
    hash_all([text])
}

/// The hash of these one after the other.
pub(crate) fn hash_all<const N: usize>(texts: [&str; N]) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.bytes());
    let fnv = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mix(fnv)
}

/// 64 well-mixed bits for the purpose `what` and the thing `which`.
pub(crate) fn bits(seed: u64, what: &str, which: u64) -> u64 {
    mix(mix(seed ^ hash(what)).wrapping_add(mix(which)))
}

/// A number in `from..=to`.
pub(crate) fn between(seed: u64, what: &str, which: u64, from: u64, to: u64) -> u64 {
    from + bits(seed, what, which) % (to.saturating_sub(from) + 1)
}

/// The finalizer of splitmix64.
fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
