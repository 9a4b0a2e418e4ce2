//! Holds `ui/src/bindings` (one TypeScript type per file) to the types of the screen.
//!
//! `QUAYLIGHT_BINDINGS=write cargo test -p quaylight-domain --test bindings` writes them again.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use quaylight_domain::catalog::Catalog;
use quaylight_domain::diagnostic::Diagnostic;
use quaylight_domain::spec::Spec;
use quaylight_domain::view::{
    AccessEnd, AccessShown, AccountCard, AccountSearch, AddressAsking, CloudKind, LicenceRow,
    MergePreview, NamespaceRow, NodesReview, NoticeAction, OpenView, Places, Problem, Reader,
    ReceiptView, Review, TeardownReview, Update,
};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use ts_rs::{Config, TS};

/// Everything that crosses to the window, with all that it is made of.
fn export(to: &Path) {
    // JSON delivers numbers, never bigint: micro-dollars and milliseconds stay far below 2^53.
    let cfg = Config::new().with_large_int("number").with_out_dir(to);
    Update::export_all(&cfg).unwrap();
    Review::export_all(&cfg).unwrap();
    TeardownReview::export_all(&cfg).unwrap();
    NodesReview::export_all(&cfg).unwrap();
    OpenView::export_all(&cfg).unwrap();
    Places::export_all(&cfg).unwrap();
    ReceiptView::export_all(&cfg).unwrap();
    Catalog::export_all(&cfg).unwrap();
    Spec::export_all(&cfg).unwrap();
    Diagnostic::export_all(&cfg).unwrap();
    Problem::export_all(&cfg).unwrap();
    AccountCard::export_all(&cfg).unwrap();
    AccountSearch::export_all(&cfg).unwrap();
    CloudKind::export_all(&cfg).unwrap();
    NoticeAction::export_all(&cfg).unwrap();
    MergePreview::export_all(&cfg).unwrap();
    AccessShown::export_all(&cfg).unwrap();
    AccessEnd::export_all(&cfg).unwrap();
    AddressAsking::export_all(&cfg).unwrap();
    LicenceRow::export_all(&cfg).unwrap();
    Reader::export_all(&cfg).unwrap();
    NamespaceRow::export_all(&cfg).unwrap();
}

/// File names and texts of a folder; empty when there is none.
fn read(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

fn remake(folder: &Path) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    fs::create_dir_all(folder).unwrap();
    export(folder);
}

#[test]
fn the_bindings_of_the_window_are_those_of_rust() {
    let kept = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/bindings");
    if std::env::var_os("QUAYLIGHT_BINDINGS").is_some_and(|what| what == "write") {
        remake(&kept);
        return;
    }
    let fresh = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bindings");
    remake(&fresh);
    let (kept, fresh) = (read(&kept), read(&fresh));
    let stale: Vec<&String> = fresh
        .keys()
        .chain(kept.keys())
        .filter(|name| kept.get(*name) != fresh.get(*name))
        .collect();
    assert!(
        stale.is_empty(),
        "ui/src/bindings is stale: {stale:?}; write it again with \
         QUAYLIGHT_BINDINGS=write cargo test -p quaylight-domain --test bindings"
    );
}
