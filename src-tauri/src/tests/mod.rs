//! What locks the window down, read from the files that say so, and every intent with wrong
//! arguments through a window without a screen.

mod intents;
mod settings;

/// A file of the repository.
fn file(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
