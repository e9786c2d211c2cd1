//! The tables of cases in `tests`: each is a set of zones with some feature, and questions that lead to it.

use std::sync::Arc;

use meridian_engine::Engine;

use crate::common::table;
pub use crate::common::table::Table;

/// Shards of each zone: with more than one, answers are put together from several.
const SHARDS: usize = 16;

/// All tables, in the same order each time.
pub fn all() -> Vec<Table> {
    table::load_all()
}

/// An engine for each table, serving its zones.
pub fn engines() -> Vec<Arc<Engine>> {
    all().iter().map(|table| table.serve(SHARDS)).collect()
}
