//! Makes a permission of each intent, checks the capabilities against them, and lists what the
//! program is built of.
#![expect(
    clippy::disallowed_methods,
    reason = "a build script reads its environment and asks cargo"
)]

use tauri_build::{AppManifest, Attributes};

#[path = "src/intents.rs"]
mod intents;
#[path = "build/licences.rs"]
mod licences;

fn main() {
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    println!("cargo:rerun-if-changed=src-tauri/src/intents.rs");
    let attributes = Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*.json")
        .app_manifest(AppManifest::new().commands(intents::INTENTS));
    if let Err(error) = tauri_build::try_build(attributes) {
        panic!("tauri-build failed: {error:#}");
    }
    licences::write();
}
