//! The tables of cases in `tests/vectors`: each is a set of zones with some feature, and questions that lead to it.

use std::sync::Arc;

use meridian_engine::Engine;

use crate::common::serving;
use crate::common::table;
pub use crate::common::table::Table;

/// Shards of each zone: with more than one, answers are put together from several.
const SHARDS: usize = 16;

/// All tables, in the same order each time.
pub fn all() -> Vec<Table> {
    ["answers", "decisions"].into_iter().flat_map(table::load).collect()
}

/// An engine for each table, serving its zones.
pub fn engines() -> Vec<Arc<Engine>> {
    all().iter().map(|table| serving(&table.zones(), SHARDS)).collect()
}
