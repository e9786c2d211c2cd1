//! Zone images: from MessagePack to structures that a query can search.
//!
//! `wire` is the encoding as the control plane writes it, `shard` and `zone` are what it becomes:
//! `nodes` find names, `records` are record sets encoded ahead, a `decision` has arms to choose from, and a `link` is
//! what an arm leads to.

mod decision;
mod link;
mod nodes;
pub mod records;
mod shard;
pub mod wire;
mod zone;

use std::fmt;

pub use decision::{Arm, By, Decision, Key, Leads, MOST_WEIGHED, Policy, Weighed};
pub use link::{Alias, Called, Target};
pub use nodes::Node;
pub use records::RecordSet;
pub use shard::{Group, Shard};
pub use zone::{At, Found, Position, Start, Zone};

/// The encoding this engine reads.
pub const FORMAT: u32 = 1;
/// Most arms of one group: the evaluator keeps a bit for each on its stack.
pub const MAX_ARMS: usize = 1024;
/// Most shards of one zone: 12 bits of slot.
pub const MAX_SHARDS: usize = 4096;

/// An image that cannot be served, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageError(pub String);

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ImageError {}

pub(crate) fn refuse<T>(why: impl Into<String>) -> Result<T, ImageError> {
    Err(ImageError(why.into()))
}
