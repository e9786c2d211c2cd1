//! Looking ahead: packets that came together have what their answers will read fetched from memory together.
//!
//! A site does not fit into the processor's caches, which the kernel fills with its own work between two batches, and an
//! answer reads some places of it one after the other, as each says where the next is. So all packets of a group take
//! the first step before any takes the second: while one would wait for memory, that of the others is on its way. What
//! the steps find is kept for the answer; it is what the answer would have found by itself.

use std::net::IpAddr;

use crate::decide::{Address, Shortcuts};
use crate::fetch::Fetch;
use crate::image::{At, Decision, Found, Group, Start, Zone};
use crate::name::Name;
use crate::place::Located;
use crate::query::{self, Edns, Query, Unanswerable};
use crate::snapshot::Snapshot;
use crate::zones::Zones;

/// Packets that are looked at together.
pub const TOGETHER: usize = 16;

/// What is known of a packet before it is answered.
#[derive(Debug, Clone, Copy)]
pub struct Foreseen<'p, 's> {
    /// What it asks.
    pub(crate) read: Result<Query<'p>, Unanswerable>,
    /// The public zone that answers for its name and type, with the suffix that is its own; None: not looked for, or
    /// there is none.
    pub(crate) zone: Option<(&'s Zone, usize)>,
    /// The node of its name in that zone, if it has one; None: not looked for.
    pub(crate) found: Option<Option<Found<'s>>>,
    /// The address of its client; None: not looked for.
    pub(crate) address: Option<Address>,
    /// Where its client is; None: not looked for.
    pub(crate) located: Option<Located<'s>>,
}

impl<'p, 's> Foreseen<'p, 's> {
    /// Nothing is known.
    pub const NOTHING: Self =
        Self { read: Err(Unanswerable::Runt), zone: None, found: None, address: None, located: None };

    /// What the packet itself says. `name` takes the name asked for.
    #[inline(always)]
    pub fn read(packet: &'p [u8], name: &mut Name) -> Self {
        Self { read: query::read(packet, name), ..Self::NOTHING }
    }
}

/// What is found on the way, and not kept.
#[derive(Clone, Copy)]
struct Way<'s> {
    /// Where looking for the name begins.
    start: Option<Start<'s>>,
    /// The group in question, if it is decided by the client's place.
    group: Option<&'s Decision>,
    /// Where the clients of that place are led from there.
    target: Option<At<'s>>,
}

/// Looks ahead for the first `TOGETHER` packets, each with its sender. `names` takes the names that they ask for, and
/// `all`, of which nothing is known, what is known of each then.
pub fn look_ahead<'p, 's>(
    snapshot: &'s Snapshot,
    packets: impl Iterator<Item = (&'p [u8], IpAddr)>,
    names: &mut [Name; TOGETHER],
    shortcuts: &Shortcuts,
    all: &mut [Foreseen<'p, 's>; TOGETHER],
    fetch: impl Fetch,
) {
    let mut ways = [Way { start: None, group: None, target: None }; TOGETHER];
    let count = read(snapshot, packets, names, all, fetch);
    let all = &mut all[..count];
    if snapshot.catalog.public().are_many() {
        fetch_zones(snapshot.catalog.public(), names, all, fetch);
    }
    for ((own, name), way) in all.iter_mut().zip(&*names).zip(&mut ways) {
        let Ok(query) = &own.read else { continue };
        own.zone = snapshot.catalog.public().answering(name, query.rtype);
        way.start = own.zone.map(|(zone, _)| zone.start(name));
        if let Some(start) = way.start {
            start.fetch(fetch);
        }
    }
    for (own, way) in all.iter().zip(&ways) {
        if let Some(start) = way.start {
            start.fetch_name(fetch);
        }
        if let Some(address) = &own.address {
            snapshot.places.fetch_ranges(&address.prefix, fetch);
        }
    }
    find(snapshot, names, shortcuts, all, &mut ways, fetch);
    if ways.iter().any(|way| way.group.is_some()) {
        follow(shortcuts, all, &mut ways, fetch);
    }
}

/// What the packets say, and how many there are; fetches what finding places begins with.
fn read<'p, 's>(
    snapshot: &'s Snapshot,
    packets: impl Iterator<Item = (&'p [u8], IpAddr)>,
    names: &mut [Name; TOGETHER],
    all: &mut [Foreseen<'p, 's>; TOGETHER],
    fetch: impl Fetch,
) -> usize {
    let mut count = 0;
    for (((packet, sender), name), own) in packets.zip(names).zip(all) {
        count += 1;
        let read = query::read(packet, name);
        if let Ok(Query { edns: Some(Edns { client_subnet: Some(subnet), .. }), .. }) = read {
            let address = own.address.insert(Address::new(sender, Some(subnet)));
            snapshot.places.fetch_blocks(&address.prefix, fetch);
        }
        own.read = read;
    }
    count
}

/// Fetches the zones that are likely to answer, as far as they are needed to find names.
fn fetch_zones(zones: &Zones, names: &[Name], all: &[Foreseen<'_, '_>], fetch: impl Fetch) {
    let asked = || all.iter().zip(names).filter(|(own, _)| own.read.is_ok()).map(|(_, name)| name);
    asked().for_each(|name| zones.fetch_places(name, fetch));
    let mut likely = [None; TOGETHER];
    for (zone, name) in likely.iter_mut().zip(asked()) {
        *zone = zones.likely(name);
        zone.iter().for_each(|zone| zone.fetch(fetch));
    }
    let likely = || likely.iter().zip(asked()).filter_map(|(zone, name)| zone.map(|zone| (zone, name)));
    likely().for_each(|(zone, name)| zone.fetch_parts(name, fetch));
    likely().for_each(|(zone, name)| zone.fetch_shard(name, fetch));
}

/// Where names and places are; fetches what deciding begins with.
fn find<'s>(
    snapshot: &'s Snapshot,
    names: &[Name],
    shortcuts: &Shortcuts,
    all: &mut [Foreseen<'_, 's>],
    ways: &mut [Way<'s>],
    fetch: impl Fetch,
) {
    for ((own, name), way) in all.iter_mut().zip(names).zip(ways) {
        let (Ok(query), Some(start)) = (&own.read, way.start) else { continue };
        let found = start.find(name.wire());
        own.found = Some(found);
        let Some(Group::Decision(decision)) = found.and_then(|found| found.group(query.rtype)).map(At::group) else {
            continue;
        };
        match &own.address {
            Some(address) if decision.policy.is_by_place() => {
                let located = snapshot.places.geo.locate(&address.prefix);
                shortcuts.fetch(decision, located.number, fetch);
                own.located = Some(located);
                way.group = Some(decision);
            }
            _ => decision.fetch(fetch),
        }
    }
}

/// Where the clients of places are led; fetches what they get there.
fn follow<'s>(shortcuts: &Shortcuts, all: &[Foreseen<'_, 's>], ways: &mut [Way<'s>], fetch: impl Fetch) {
    for (own, way) in all.iter().zip(&mut *ways) {
        if let (Some((zone, _)), Some(located), Some(group)) = (own.zone, own.located, way.group) {
            way.target = shortcuts.position(group, located.number).map(|position| zone.at(position));
            way.target.iter().for_each(|target| target.fetch(fetch));
        }
    }
    let targets = || ways.iter().filter_map(|way| way.target);
    for target in targets() {
        if let Group::Decision(decision) = target.group() {
            decision.fetch(fetch);
        }
    }
    targets().for_each(|target| target.fetch_sets(fetch));
}
