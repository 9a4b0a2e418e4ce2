//! Quaylight's window.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    quaylight_lib::run();
}
