//! The tables of cases in `tests`: each is a set of zones with some feature, and questions that lead to it.

use std::sync::Arc;

use meridian_engine::Engine;
use meridian_engine::name::Owner;
use meridian_engine::networks::Networks;
use meridian_engine::transfer::{Secondary, Transfers};
use meridian_engine::tsig::{Algorithm, Key};

use crate::common::table;
pub use crate::common::table::Table;
use crate::signing;

/// Shards of each zone: with more than one, answers are put together from several.
pub const SHARDS: usize = 16;

/// All tables, in the same order each time.
pub fn all() -> Vec<Table> {
    table::load_all()
}

/// An engine for each table, serving its zones. Anybody may take them, and one key is known.
pub fn engines() -> Vec<Arc<Engine>> {
    let engines: Vec<_> = all().iter().map(|table| table.serve(SHARDS)).collect();
    for engine in &engines {
        let key = Key {
            name: Owner::from_wire(signing::KEY).expect("a name"),
            algorithm: Algorithm::Sha256,
            secret: signing::SECRET.into(),
        };
        let anybody = Secondary { networks: Networks::default(), key: None, zones: Vec::new() };
        engine.set_transfers(Transfers { keys: vec![key], secondaries: vec![anybody], at_once: 1 });
    }
    engines
}
