//! The data plane of Meridian: answers DNS questions from zone images, and says why.
//!
//! A query walks through seven rooms in one direction (docs/architecture.md §6):
//! `io` → `respond` → `query` → `lookup` → `decide` → `answer` → `io`. Everything it needs stands
//! in one immutable `Snapshot`.

pub mod access;
pub mod ahead;
pub mod answer;
pub mod cookie;
pub mod counters;
pub mod decide;
pub mod dnstap;
pub mod engine;
pub mod explain;
pub mod fetch;
pub mod health;
pub mod image;
pub mod io;
pub mod limit;
pub mod lookup;
pub mod name;
pub mod networks;
pub mod observe;
pub mod options;
pub mod outside;
pub mod place;
pub mod query;
pub mod querylog;
pub mod respond;
pub mod snapshot;
pub mod trace;
pub mod transfer;
pub mod tsig;
pub mod zones;

pub use engine::Engine;
