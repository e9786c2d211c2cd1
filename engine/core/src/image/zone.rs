//! One version of a zone: its head and its shards.

use std::ptr;
use std::sync::Arc;

use super::link::Way;
use super::nodes::Line;
use super::shard::{LINE, Slot};
use super::{Alias, Arm, Called, Group, ImageError, Node, RecordSet, Shard, Target, Weighed, records, refuse, wire};
use crate::fetch::Fetch;
use crate::name::{self, Name, Owner, WILDCARD};
use crate::query::rtype;
use crate::transfer::journal::Journal;

/// Octets of the longest name of a log group (R-LOG-1).
const MOST_LOG: usize = 512;

/// The number of a zone that is not counted.
const UNNUMBERED: u32 = u32::MAX;

/// One version of a zone. Shards that did not change are shared with the version before.
#[derive(Debug)]
pub struct Zone {
    /// The zone's id.
    pub id: Box<str>,
    /// Grows with each change.
    pub version: u64,
    /// Of several zones with one apex, the lowest rank answers.
    pub rank: u64,
    /// The network views that a private zone is seen from (R-PVT-13); None for a public zone.
    pub views: Option<Box<[Box<str>]>>,
    /// The zone's name.
    pub apex: Owner,
    /// Whether any name is a delegation; where none is, a name is found in one step.
    pub has_cuts: bool,
    /// Whether any name is a wildcard.
    pub has_wildcards: bool,
    /// The log group that its queries are logged to.
    pub log: Option<Box<str>>,
    /// Whether it is logged or counted; the engine says so when it serves the zone.
    pub is_watched: bool,
    /// By what it is counted; the engine gives it when it serves the zone.
    pub number: u32,
    /// What was counted by that number before, for a zone that had it earlier.
    pub before: u64,
    shards: Box<[Arc<Shard>]>,
    shift: u32,
    negative: Box<[u8]>,
    ns: Box<[u8]>,
    /// What its latest versions have changed, if somebody may take it.
    pub journal: Option<Box<Journal>>,
}

/// Where in a zone looking for a name begins.
#[derive(Debug, Clone, Copy)]
pub struct Start<'z> {
    shard: &'z Shard,
    line: &'z Line,
    hash: u64,
}

impl<'z> Start<'z> {
    /// Fetches what finding the name's node begins with.
    #[inline]
    pub fn fetch(self, fetch: impl Fetch) {
        self.line.fetch(fetch);
    }

    /// Fetches what the name's node leads to, once that is there.
    #[inline]
    pub fn fetch_name(self, fetch: impl Fetch) {
        if let Some(node) = self.line.likely(self.hash) {
            self.shard.fetch_name(node, fetch);
        }
    }

    /// The node of the name, whose wire form this is.
    #[inline(always)]
    pub fn find(self, owner: &[u8]) -> Option<Found<'z>> {
        let Self { shard, line, hash } = self;
        shard.find(line, hash, owner).map(|node| Found { shard, node })
    }
}

/// A node and the shard it stands in.
#[derive(Debug, Clone, Copy)]
pub struct Found<'z> {
    /// The shard.
    pub shard: &'z Shard,
    /// The node.
    pub node: &'z Node,
}

impl<'z> Found<'z> {
    /// Its group of one type.
    pub fn group(self, rtype: u16) -> Option<At<'z>> {
        self.shard.slot(self.node, rtype).map(|slot| At { shard: self.shard, slot })
    }

    /// The lowest type number that it has a group of; None at an empty non-terminal.
    pub fn first_type(self) -> Option<u16> {
        self.shard.first_type(self.node)
    }
}

/// A group, by the shard it stands in and where.
#[derive(Debug, Clone, Copy)]
pub struct At<'z> {
    pub(super) shard: &'z Shard,
    pub(super) slot: Slot,
}

/// Where in its zone a group or record set stands, the shard in the highest 16 bits: `Zone::at` gives it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position(u64);

impl Position {
    /// Where the first record set of a zone stands, or another.
    pub const ANY: Self = Self(0);
    /// Bits below the shard's number.
    const SHARD: u32 = 48;
}

impl<'z> At<'z> {
    /// The group.
    pub fn group(self) -> Group<'z> {
        self.shard.group(self.slot)
    }

    /// What one of its arms leads to.
    pub fn target(self, arm: &Arm) -> Target<'z> {
        self.shard.target(arm.link)
    }

    /// The record set that one of its arms leads to, as a group of its own; None where the arm leads elsewhere.
    pub fn own(self, arm: &Arm) -> Option<Self> {
        self.shard.set_slot(arm.link).map(|slot| Self { slot, ..self })
    }

    /// The record set that one of the arms of a weighted group leads to; None where the arm leads elsewhere.
    #[inline]
    pub fn set_weighed(self, arm: &Weighed) -> Option<RecordSet<'z>> {
        self.shard.set_weighed(arm)
    }

    /// Fetches the group.
    pub fn fetch(self, fetch: impl Fetch) {
        self.shard.fetch(self.slot, fetch);
    }

    /// Fetches the record sets that its arms lead to, which stand one behind the other, once the arms are there.
    pub fn fetch_sets(self, fetch: impl Fetch) {
        self.shard.fetch_sets(self.slot, fetch);
    }

    /// Where it stands.
    pub fn position(self) -> Position {
        Position(u64::from(self.shard.number) << Position::SHARD | self.slot.bits())
    }
}

impl Zone {
    /// Joins a head with its shards, new ones and those held already.
    pub fn build(head: &wire::Head<'_>, apex: Owner, shards: Box<[Arc<Shard>]>) -> Result<Self, ImageError> {
        let [soa] = head.soa.rdata[..] else {
            return refuse(format!("zone {}: {} SOA records; exactly one", head.zone_id, head.soa.rdata.len()));
        };
        if head.log.len() > MOST_LOG {
            return refuse(format!("zone {}: the name of its log group is too long", head.zone_id));
        }
        let mut negative = Vec::new();
        records::encode(&mut negative, 6, negative_ttl(head.soa.ttl, soa)?, &[soa])?;
        let mut ns = Vec::new();
        let rdata: Vec<&[u8]> = head.ns.rdata.iter().map(|octets| octets.as_ref()).collect();
        records::encode(&mut ns, 2, head.ns.ttl, &rdata)?;
        let zone = Self {
            id: head.zone_id.into(),
            version: head.version,
            rank: head.rank,
            views: head.seen_from().map(|views| views.into_iter().map(Into::into).collect()),
            has_cuts: shards.iter().any(|shard| shard.has_cuts),
            has_wildcards: shards.iter().any(|shard| shard.has_wildcards),
            log: (!head.log.is_empty()).then(|| head.log.into()),
            is_watched: false,
            number: UNNUMBERED,
            before: 0,
            apex,
            shift: shift(shards.len()),
            shards,
            negative: negative.into(),
            ns: ns.into(),
            journal: None,
        };
        // Looking up begins there: without it a name would have no closest encloser.
        if zone.find_hashed(zone.apex.hash(), zone.apex.wire()).is_none() {
            return refuse(format!("zone {}: its own name is in no shard", zone.id));
        }
        Ok(zone)
    }

    /// Fetches the zone itself.
    #[inline]
    pub fn fetch(&self, fetch: impl Fetch) {
        let start = ptr::from_ref(self).cast::<u8>();
        (0..size_of::<Self>()).step_by(LINE).for_each(|at| fetch(start.wrapping_add(at)));
    }

    /// Fetches its name, its shard of a name below it, and what stands beside answers, once the zone is there.
    #[inline]
    pub fn fetch_parts(&self, name: &Name, fetch: impl Fetch) {
        let shard = &self.shards[name::slot(name.hash(0)) >> self.shift];
        [self.apex.wire().as_ptr(), ptr::from_ref(shard).cast(), self.ns.as_ptr()].into_iter().for_each(fetch);
    }

    /// Fetches that shard, once it is known where that is.
    #[inline]
    pub fn fetch_shard(&self, name: &Name, fetch: impl Fetch) {
        fetch(ptr::from_ref(self.shard_of(name.hash(0))).cast());
    }

    /// The node of a name's suffix `i`.
    pub fn find(&self, name: &Name, i: usize) -> Option<Found<'_>> {
        self.find_hashed(name.hash(i), name.suffix(i))
    }

    /// Where finding a name's node begins.
    #[inline(always)]
    pub fn start(&self, name: &Name) -> Start<'_> {
        self.start_of(name.hash(0))
    }

    #[inline(always)]
    fn start_of(&self, hash: u64) -> Start<'_> {
        let shard = self.shard_of(hash);
        Start { shard, line: shard.line(hash), hash }
    }

    /// The node of `*` under suffix `i` of a name.
    pub fn find_wildcard(&self, name: &Name, i: usize) -> Option<Found<'_>> {
        if !self.has_wildcards {
            return None;
        }
        let mut owner = [0; name::MAX_NAME + 2];
        let suffix = name.suffix(i);
        owner[..2].copy_from_slice(WILDCARD);
        owner[2..2 + suffix.len()].copy_from_slice(suffix);
        self.find_hashed(name.wildcard_hash(i), &owner[..2 + suffix.len()])
    }

    fn find_hashed(&self, hash: u64, owner: &[u8]) -> Option<Found<'_>> {
        self.start_of(hash).find(owner)
    }

    /// The group that an alias leads to; None where there is none.
    pub fn follow<'z>(&'z self, alias: Alias<'z>) -> Option<At<'z>> {
        match (alias.way, alias.to) {
            (Way::Here(at), _) => Some(at),
            (Way::Hash(hash), Called::Name(owner, rtype)) => self.find_hashed(hash, owner)?.group(rtype),
            (Way::Hash(hash), Called::Id(id)) => {
                let shard = self.shard_of(hash);
                shard.hidden(id).map(|slot| At { shard, slot })
            }
        }
    }

    /// What stands at a position of this version.
    pub fn at(&self, position: Position) -> At<'_> {
        let Position(bits) = position;
        At { shard: &self.shards[(bits >> Position::SHARD) as usize], slot: Slot::from_bits(bits) }
    }

    /// The SOA record with the TTL of negative answers (RFC 2308 §3).
    pub fn negative(&self) -> RecordSet<'_> {
        RecordSet::at(&self.negative, 0)
    }

    /// The apex NS record set.
    pub fn ns(&self) -> RecordSet<'_> {
        RecordSet::at(&self.ns, 0)
    }

    /// The SOA record; None where it is not one plain record set.
    pub fn soa(&self) -> Option<RecordSet<'_>> {
        self.shard_of(self.apex.hash()).set_of(self.apex.wire(), rtype::SOA)
    }

    /// Whether all it has are plain record sets, as a transfer has them.
    pub fn is_plain(&self) -> bool {
        self.shards.iter().all(|shard| shard.is_plain())
    }

    /// Octets of its names and records.
    pub fn octets(&self) -> usize {
        self.shards.iter().map(|shard| shard.octets()).sum()
    }

    /// The shards, in order.
    pub fn shards(&self) -> &[Arc<Shard>] {
        &self.shards
    }

    fn shard_of(&self, hash: u64) -> &Shard {
        &self.shards[name::slot(hash) >> self.shift]
    }
}

/// How far a slot is shifted to give the shard's number, for a power of two of shards.
fn shift(count: usize) -> u32 {
    12 - count.trailing_zeros().min(12)
}

/// `min(TTL of the SOA, its MINIMUM field)` in seconds (RFC 2308 §3, R-APX-3).
fn negative_ttl(ttl: u32, soa: &[u8]) -> Result<u32, ImageError> {
    let mut name = Name::root();
    let mname = name.read(soa).unwrap_or(soa.len());
    let rname = name.read(&soa[mname..]).unwrap_or(soa.len());
    match soa.get(mname + rname..) {
        Some(&[.., a, b, c, d]) if soa.len() == mname + rname + 20 => Ok(ttl.min(u32::from_be_bytes([a, b, c, d]))),
        _ => refuse("SOA: RDATA is not two names and five numbers"),
    }
}
