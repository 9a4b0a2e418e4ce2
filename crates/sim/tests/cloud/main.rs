//! The demo cloud from outside, over its public interface only.

mod account;
mod applied;
mod autoscale;
mod balancers;
mod bills;
mod bodies;
mod controller;
mod defaults;
mod events;
mod faults;
mod grants;
mod guard;
mod headers;
mod life;
mod limits;
mod locks;
mod loopback;
mod menu;
mod pods;
mod support;
mod switches;
mod trace;
mod unknowns;
