//! The demo cloud from outside, over its public interface only.

mod account;
mod bills;
mod defaults;
mod faults;
mod life;
mod limits;
mod locks;
mod loopback;
mod support;
mod switches;
