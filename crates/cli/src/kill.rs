//! The edge of the kill points: reads which one ends this process, and tells how many there were.

/// Tells the number of passed points when the program ends by itself.
pub(crate) struct Counting;

/// Reads the chosen point from the environment; without one the points are only counted.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the chosen kill point"
)]
pub(crate) fn arm() -> Counting {
    let nth = std::env::var("QUAYLIGHT_KILL_AT").ok();
    engine::kill::arm(nth.and_then(|nth| nth.parse().ok()).unwrap_or(0));
    Counting
}

impl Drop for Counting {
    fn drop(&mut self) {
        eprintln!("passed {} kill points", engine::kill::passed());
    }
}
