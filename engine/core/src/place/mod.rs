//! Where a client is: places, distances, latencies and blocks of addresses.
//!
//! Everything here is an immutable value, built off the query threads and looked up without
//! allocation. A lookup takes the client's `Prefix` and gives, beside its result, the length of the
//! largest block around the client that has the same result: the smallest honest scope of an answer
//! (R-ECS-5, RFC 7871 §7.2.1). Callers cap it.
//!
//! `ranges` is the search structure, `geo` says where an address is, `sphere` how far that is from
//! elsewhere, `latency` how long a packet takes, `footprint` whose own network was measured for that, `order` to which
//! region it is shortest, and `cidr` which location of a collection a client is in.

pub mod area;
pub mod cidr;
mod footprint;
pub mod geo;
pub mod latency;
pub mod locations;
mod octets;
pub mod order;
pub mod places;
pub mod prefix;
pub mod ranges;
pub mod sphere;
pub mod views;

use std::fmt;

pub use area::Area;
pub use cidr::Collection;
pub use footprint::Footprint;
pub use geo::{Class, Geo, Located};
pub use latency::{Estimate, Latency, Origin};
pub use locations::Locations;
pub use order::Order;
pub use places::Places;
pub use prefix::Prefix;
pub use ranges::Ranges;
pub use views::{View, Views};

/// A table that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceError(pub String);

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PlaceError {}

pub(crate) fn refuse<T>(why: impl Into<String>) -> Result<T, PlaceError> {
    Err(PlaceError(why.into()))
}
