//! The demo cloud from outside, over its public interface only.

mod account;
mod defaults;
mod faults;
mod life;
mod loopback;
mod support;
mod switches;
