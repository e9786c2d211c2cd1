//! What the latest versions of a zone have changed, for secondaries that have one of them (RFC 1995).
//!
//! The journal grows when a version takes another's place, and is in memory alone: after a start, a secondary gets
//! the whole zone once. Only shards that are another one than before are looked at, so its cost follows the change.

use std::sync::Arc;

use super::records::Records;
use crate::image::{Shard, Zone};
use crate::query::{SOA_NUMBERS, rtype};

/// Most octets of one zone's journal: some 10,000 records.
const MOST_OCTETS: usize = 1 << 20;
/// Octets that the journal of a small zone may have: some ten changes.
const FEW_OCTETS: usize = 4096;

/// What one version has changed: the older SOA, what went, the newer SOA, what came (RFC 1995 §4).
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    from: u32,
    to: u32,
    /// All of it, in that order.
    pub records: Records,
}

/// Differences that follow on each other, the oldest first. The last one leads to the version that is served.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal(Vec<Arc<Difference>>);

impl Journal {
    /// The journal of a zone that takes the place of `held`.
    ///
    /// It has no more octets than the zone itself, which would be sent instead, at least 4 KiB and at most 1 MiB. It
    /// begins anew where the serial does not grow, or where a transfer of either version would be a lie.
    pub fn after(held: &Zone, zone: &Zone) -> Self {
        let Some(latest) = Difference::between(held, zone) else {
            return Self::default();
        };
        let mut all = held.journal.as_ref().map_or_else(Vec::new, |journal| journal.0.clone());
        all.push(Arc::new(latest));
        let mut room = zone.octets().clamp(FEW_OCTETS, MOST_OCTETS);
        let fitting = all.iter().rev().take_while(|difference| {
            let octets = difference.records.octets();
            let fits = octets <= room;
            room = room.saturating_sub(octets);
            fits
        });
        let kept = fitting.count();
        Self(all.split_off(all.len() - kept))
    }

    /// The differences that lead from this serial to the version served; None if they are not at hand.
    pub fn since(&self, serial: u32) -> Option<&[Arc<Difference>]> {
        let first = self.0.iter().position(|difference| difference.from == serial)?;
        Some(&self.0[first..])
    }
}

impl Difference {
    fn between(held: &Zone, zone: &Zone) -> Option<Self> {
        let comparable = held.shards().len() == zone.shards().len() && held.is_plain() && zone.is_plain();
        let (old, new) = (held.soa()?.octets(), zone.soa()?.octets());
        let (from, to) = (serial(old), serial(new));
        if !comparable || !is_newer(to, from) {
            return None;
        }
        let (mut gone, mut come) = (Records::default(), Records::default());
        let apex = zone.apex.wire();
        gone.push(apex, old);
        come.push(apex, new);
        let changed = held.shards().iter().zip(zone.shards()).filter(|(one, other)| !Arc::ptr_eq(one, other));
        for (one, other) in changed {
            collect(one, other, apex, &mut gone);
            collect(other, one, apex, &mut come);
        }
        gone.extend(&come);
        Some(Self { from, to, records: gone })
    }
}

/// Collects the records of `one` that `other` does not have; the SOA has a place of its own.
fn collect(one: &Shard, other: &Shard, apex: &[u8], found: &mut Records) {
    for (owner, rtype, set) in one.sets() {
        let counterpart = other.set_of(owner, rtype);
        let is_same = counterpart.is_some_and(|other| other.octets() == set.octets());
        if is_same || (rtype == rtype::SOA && owner == apex) {
            continue;
        }
        let has = |record: &[u8]| counterpart.is_some_and(|other| other.records().any(|own| own == record));
        set.records().filter(|record| !has(record)).for_each(|record| found.push(owner, record));
    }
}

/// The serial of an encoded SOA record.
pub fn serial(soa: &[u8]) -> u32 {
    let start = soa.len().saturating_sub(SOA_NUMBERS);
    soa.get(start..start + 4).and_then(|octets| octets.try_into().ok()).map_or(0, u32::from_be_bytes)
}

/// Whether one serial is after the other (RFC 1982 §3.2).
pub fn is_newer(serial: u32, than: u32) -> bool {
    let ahead = serial.wrapping_sub(than);
    ahead != 0 && ahead < 1 << 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_go_round() {
        let cases = [
            (2, 1, true),
            (1, 1, false),
            (1, 2, false),
            (0, u32::MAX, true),
            (u32::MAX, 0, false),
            (1 << 31, 0, false), // RFC 1982 leaves it open.
            ((1 << 31) - 1, 0, true),
        ];
        for (serial, than, newer) in cases {
            assert_eq!(is_newer(serial, than), newer, "{serial} after {than}");
        }
    }
}
