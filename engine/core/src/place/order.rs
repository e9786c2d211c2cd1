//! Which region is nearest to the clients of each place, made ahead of queries.
//!
//! All clients of a place have the same latencies, but for those whose own network was measured. So
//! a query need not compare: it goes along the place's row until a region has what it looks for.

use super::{Geo, Latency};

/// Fills up rows: no region has this number.
const NONE: u8 = u8::MAX;

/// For each place of a geolocation table, the regions by their latency.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Regions of a row.
    width: usize,
    /// A row for each place: numbers of regions, nearest first; then `NONE`.
    rows: Box<[u8]>,
}

impl Order {
    /// Orders the regions for every place: some 2 µs each, and an octet for each region.
    pub fn new(geo: &Geo, latency: &Latency) -> Self {
        let width = latency.regions().len();
        let mut rows = Vec::with_capacity(geo.classes().len() * width);
        for class in geo.classes() {
            let end = rows.len() + width;
            rows.extend(latency.order(class));
            rows.resize(end, NONE);
        }
        Self { width, rows: rows.into() }
    }

    /// Numbers of the regions whose latency is known in a place, nearest first; of equals the first by id (R-LAT-10).
    pub fn of(&self, place: u32) -> impl Iterator<Item = usize> {
        let start = place as usize * self.width;
        let row = self.rows.get(start..start + self.width).unwrap_or_default();
        row.iter().take_while(|&&region| region != NONE).map(|&region| usize::from(region))
    }
}
