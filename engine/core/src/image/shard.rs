//! One shard: a part of a zone's names, laid out for looking up.

use std::mem::offset_of;
use std::ptr;

use super::decision::{Arm, By, Decision, Leads, Policy, Weighed};
use super::link::{Alias, Called, Link, Target, Way};
use super::nodes::{Line, Node, Nodes};
use super::{At, ImageError, MAX_ARMS, RecordSet, records, refuse, wire};
use crate::fetch::Fetch;
use crate::name::{self, Name, Named, Owner, WILDCARD};
use crate::place::Area;
use crate::place::geo::Code;
use crate::place::sphere::Point;

/// Octets of a line of the processor's cache.
pub(super) const LINE: usize = 64;

/// Type numbers the engine itself knows.
pub const NS: u16 = 2;

/// A part of a zone's names. Immutable once built.
///
/// A query touches memory that other work has pushed out of the processor's caches, so what it needs
/// stands together: what it needs of the shard itself in one line of the cache; a name's node in the
/// table, with where its group is; its record sets right behind its octets.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Shard {
    nodes: Nodes,
    /// Names in wire form, each with the record sets of its groups behind it.
    octets: Box<[u8]>,
    decisions: Box<[Decision]>,
    /// The groups of names that have several, each name's by type number.
    groups: Box<[Typed]>,
    hidden: Box<[(Box<str>, Slot)]>,
    /// Which of its zone's shards it is.
    pub(super) number: u16,
    /// The zone version it was compiled at.
    pub version: u64,
    /// How many shards the zone had then.
    pub count: usize,
    /// Whether any of its names, the apex aside, is a delegation.
    pub has_cuts: bool,
    /// Whether any of its names is a wildcard.
    pub has_wildcards: bool,
}

const _: () = assert!(offset_of!(Shard, groups) <= 64);

/// What a name holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Held {
    /// No group: it is an empty non-terminal.
    Nothing,
    /// One record set, without anything to decide, by where it stands.
    Plain { rtype: u16, start: u32 },
    /// One decision, by its number.
    Decision { rtype: u16, number: u32 },
    /// So many groups, from this one on.
    Several { count: u16, first: u32 },
}

#[derive(Debug, Clone, Copy)]
struct Typed {
    rtype: u16,
    slot: Slot,
}

/// Where in its shard a group stands. One word, so that it travels in a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot(u64);

/// What stands at a slot: most groups are one plain record set and need no decision.
#[derive(Debug, Clone, Copy)]
enum Stands {
    /// A record set, by its start.
    Plain(u32),
    /// A decision, by its number.
    Decision(u32),
}

impl Slot {
    /// Of a record set, by its start.
    pub(super) const fn plain(start: u32) -> Self {
        Self(start as u64)
    }

    const fn decision(number: u32) -> Self {
        Self(1 << u32::BITS | number as u64)
    }

    const fn stands(self) -> Stands {
        if self.0 >> u32::BITS == 0 { Stands::Plain(self.0 as u32) } else { Stands::Decision(self.0 as u32) }
    }

    /// Its 33 bits.
    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    /// From the lower 33 of these bits.
    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits & ((1 << (u32::BITS + 1)) - 1))
    }
}

/// A group as the evaluator sees it.
#[derive(Debug, Clone, Copy)]
pub enum Group<'s> {
    /// One record set without alias or health: the answer itself.
    Plain(RecordSet<'s>),
    /// Something to decide.
    Decision(&'s Decision),
}

impl Shard {
    /// Builds a shard of the zone named `apex` from its image.
    pub fn build(image: &wire::Shard<'_>, apex: &Owner) -> Result<Self, ImageError> {
        let mut builder = Builder::new(image, apex);
        for (owner, groups) in &image.names.0 {
            builder.owner(owner, groups)?;
        }
        for (id, group) in &image.groups.0 {
            if group.r#type == 0 {
                return refuse(format!("hidden group {id}: no type"));
            }
            let slot = builder.group(group.r#type, group)?;
            builder.hidden.push(((*id).into(), slot));
        }
        builder.finish(image)
    }

    /// Where looking for the name of a hash begins.
    #[inline(always)]
    pub(super) fn line(&self, hash: u64) -> &Line {
        self.nodes.line(hash)
    }

    /// The node of a name, given as hash and wire form; `line` is where looking for it begins.
    #[inline(always)]
    pub(super) fn find<'s>(&'s self, line: &'s Line, hash: u64, owner: &[u8]) -> Option<&'s Node> {
        self.nodes.find(line, hash, |node| self.name(node) == owner)
    }

    /// Fetches what a node leads to: its name with the record sets behind it, and its decision.
    #[inline]
    pub(super) fn fetch_name(&self, node: &Node, fetch: impl Fetch) {
        self.fetch_octets(node.name, 2, fetch);
        if let Held::Decision { number, .. } = node.held {
            self.fetch_octets(node.name.saturating_add(2 * LINE as u32), 1, fetch);
            self.fetch(Slot::decision(number), fetch);
        }
    }

    /// Fetches what stands at a slot.
    pub(super) fn fetch(&self, slot: Slot, fetch: impl Fetch) {
        match slot.stands() {
            Stands::Plain(start) => self.fetch_octets(start, 1, fetch),
            Stands::Decision(number) => fetch(ptr::from_ref(&self.decisions[number as usize]).cast()),
        }
    }

    /// Fetches the record sets of a decision's first arms, once what choosing begins with is there.
    pub(super) fn fetch_sets(&self, slot: Slot, fetch: impl Fetch) {
        if let Stands::Decision(number) = slot.stands()
            && let Some(start) = self.decisions[number as usize].first_set()
        {
            self.fetch_octets(start, 2, fetch);
        }
    }

    /// Fetches so many lines of octets from `start` on, as far as there are any.
    fn fetch_octets(&self, start: u32, lines: usize, fetch: impl Fetch) {
        let rest = self.octets.get(start as usize..).unwrap_or_default();
        rest.iter().step_by(LINE).take(lines).for_each(|octet| fetch(ptr::from_ref(octet)));
    }

    /// A node's name in wire form.
    pub fn name(&self, node: &Node) -> &[u8] {
        self.read(node.name, node.name_length.into())
    }

    /// Where a node's group of one type stands.
    pub(super) fn slot(&self, node: &Node, rtype: u16) -> Option<Slot> {
        match node.held {
            Held::Plain { rtype: own, start } => (own == rtype).then_some(Slot::plain(start)),
            Held::Decision { rtype: own, number } => (own == rtype).then_some(Slot::decision(number)),
            Held::Nothing => None,
            Held::Several { count, first } => {
                let groups = &self.groups[first as usize..first as usize + usize::from(count)];
                groups.iter().find(|typed| typed.rtype == rtype).map(|typed| typed.slot)
            }
        }
    }

    /// The lowest type number that a node has a group of; None at an empty non-terminal.
    pub fn first_type(&self, node: &Node) -> Option<u16> {
        match node.held {
            Held::Nothing => None,
            Held::Plain { rtype, .. } | Held::Decision { rtype, .. } => Some(rtype),
            Held::Several { first, .. } => Some(self.groups[first as usize].rtype),
        }
    }

    /// Every plain record set with its owner, in wire form, and type, in no order.
    pub fn sets(&self) -> impl Iterator<Item = (&[u8], u16, RecordSet<'_>)> {
        self.nodes.iter().flat_map(|node| {
            let (alone, several) = match node.held {
                Held::Plain { rtype, start } => (Some((rtype, start)), &[][..]),
                Held::Several { count, first } => {
                    (None, &self.groups[first as usize..first as usize + usize::from(count)])
                }
                Held::Nothing | Held::Decision { .. } => (None, &[][..]),
            };
            let plain = several.iter().filter_map(|typed| match typed.slot.stands() {
                Stands::Plain(start) => Some((typed.rtype, start)),
                Stands::Decision(_) => None,
            });
            alone.into_iter().chain(plain).map(|(rtype, start)| (self.name(node), rtype, self.set(start)))
        })
    }

    /// The plain record set of this owner, in wire form, and type.
    pub fn set_of(&self, owner: &[u8], rtype: u16) -> Option<RecordSet<'_>> {
        let hash = Owner::from_wire(owner).ok()?.hash();
        match self.slot(self.find(self.line(hash), hash, owner)?, rtype)?.stands() {
            Stands::Plain(start) => Some(self.set(start)),
            Stands::Decision(_) => None,
        }
    }

    /// Whether all its groups are plain record sets: nothing depends on who asks or on what is healthy.
    pub fn is_plain(&self) -> bool {
        self.decisions.is_empty() && self.hidden.is_empty()
    }

    /// Octets of its names and records.
    pub fn octets(&self) -> usize {
        self.octets.len()
    }

    /// Where a hidden group stands.
    pub(super) fn hidden(&self, id: &[u8]) -> Option<Slot> {
        let at = self.hidden.binary_search_by(|(other, _)| other.as_bytes().cmp(id)).ok()?;
        Some(self.hidden[at].1)
    }

    /// The record set that stands there.
    fn set(&self, start: u32) -> RecordSet<'_> {
        RecordSet::at(&self.octets, start as usize)
    }

    /// What an arm of this shard leads to.
    pub(super) fn target(&self, link: Link) -> Target<'_> {
        let name = |start, length: u8, rtype| Called::Name(self.read(start, length.into()), rtype);
        let id = |start, length| Called::Id(self.read(start, length));
        let here = |slot| Way::Here(At { shard: self, slot });
        let (to, way) = match link {
            Link::Set(start) => return Target::Set(self.set(start)),
            Link::Outside { hash, start, length, rtype } => {
                let target = Named { hash, wire: self.read(start, length.into()) };
                return Target::Outside { target, rtype };
            }
            Link::Group { hash, start, length, rtype } => (name(start, length, rtype), Way::Hash(hash)),
            Link::GroupHere { slot, start, length, rtype } => (name(start, length, rtype), here(slot)),
            Link::Hidden { hash, start, length } => (id(start, length), Way::Hash(hash)),
            Link::HiddenHere { slot, start, length } => (id(start, length), here(slot)),
        };
        Target::Alias(Alias { to, way })
    }

    /// The same link, with where its group stands if that is in this shard.
    fn shortened(&self, link: Link, is_here: impl Fn(u64) -> bool) -> Link {
        match link {
            Link::Group { hash, start, length, rtype } if is_here(hash) => {
                let node = self.find(self.line(hash), hash, self.read(start, length.into()));
                let slot = node.and_then(|node| self.slot(node, rtype));
                slot.map_or(link, |slot| Link::GroupHere { slot, start, length, rtype })
            }
            Link::Hidden { hash, start, length } if is_here(hash) => {
                let slot = self.hidden(self.read(start, length));
                slot.map_or(link, |slot| Link::HiddenHere { slot, start, length })
            }
            _ => link,
        }
    }

    /// The record set that an arm of a weighted group leads to; None where it leads elsewhere.
    #[inline]
    pub(super) fn set_weighed(&self, arm: &Weighed) -> Option<RecordSet<'_>> {
        (arm.leads == Leads::ToRecords).then(|| self.set(arm.start))
    }

    /// Where the record set stands that an arm leads to; None where it leads elsewhere.
    pub(super) fn set_slot(&self, link: Link) -> Option<Slot> {
        match link {
            Link::Set(start) => Some(Slot::plain(start)),
            _ => None,
        }
    }

    fn read(&self, start: u32, length: u16) -> &[u8] {
        &self.octets[start as usize..start as usize + usize::from(length)]
    }

    /// The group that stands there.
    pub(super) fn group(&self, slot: Slot) -> Group<'_> {
        match slot.stands() {
            Stands::Plain(start) => Group::Plain(self.set(start)),
            Stands::Decision(number) => Group::Decision(&self.decisions[number as usize]),
        }
    }
}

struct Builder<'a> {
    apex: &'a Owner,
    index: usize,
    shift: u32,
    scratch: Name,
    nodes: Nodes,
    octets: Vec<u8>,
    groups: Vec<Typed>,
    decisions: Vec<Decision>,
    hidden: Vec<(Box<str>, Slot)>,
    has_wildcards: bool,
}

impl<'a> Builder<'a> {
    fn new(image: &wire::Shard<'_>, apex: &'a Owner) -> Self {
        Self {
            apex,
            index: image.index as usize,
            shift: 12 - (image.count.max(1)).trailing_zeros().min(12),
            scratch: Name::root(),
            nodes: Nodes::with_room_for(image.names.0.len()),
            octets: Vec::new(),
            groups: Vec::new(),
            decisions: Vec::new(),
            hidden: Vec::new(),
            has_wildcards: false,
        }
    }

    fn owner(&mut self, owner: &[u8], groups: &wire::Groups<'_>) -> Result<(), ImageError> {
        let hash = self.check_owner(owner)?;
        let name = self.next()?;
        self.octets.extend_from_slice(owner);
        self.has_wildcards |= owner.starts_with(WILDCARD);
        let mut typed = Vec::with_capacity(groups.0.len());
        for (rtype, group) in &groups.0 {
            typed.push(Typed { rtype: *rtype, slot: self.group(*rtype, group)? });
        }
        typed.sort_by_key(|typed| typed.rtype);
        if typed.windows(2).any(|pair| pair[0].rtype == pair[1].rtype) {
            return refuse(format!("{}: one type twice", name::text(owner)));
        }
        let is_cut = owner != self.apex.wire() && typed.iter().any(|typed| typed.rtype == NS);
        let held = self.hold(&typed);
        self.nodes.put(hash, Node::new(hash, name, owner.len() as u8, is_cut, held));
        Ok(())
    }

    fn hold(&mut self, groups: &[Typed]) -> Held {
        match *groups {
            [] => Held::Nothing,
            [Typed { rtype, slot }] => match slot.stands() {
                Stands::Plain(start) => Held::Plain { rtype, start },
                Stands::Decision(number) => Held::Decision { rtype, number },
            },
            _ => {
                let first = self.groups.len() as u32;
                self.groups.extend_from_slice(groups);
                Held::Several { count: groups.len() as u16, first } // Types are 16 bits and differ.
            }
        }
    }

    fn is_here(&self, hash: u64) -> bool {
        name::slot(hash) >> self.shift == self.index
    }

    /// Where the next octets will stand.
    fn next(&self) -> Result<u32, ImageError> {
        u32::try_from(self.octets.len()).or_else(|_| refuse("more than 4 GiB of names and records in one shard"))
    }

    fn check_owner(&mut self, owner: &[u8]) -> Result<u64, ImageError> {
        if self.scratch.read(owner) != Ok(owner.len()) || self.scratch.wire() != owner {
            return refuse(format!("{owner:02x?}: not a lower-case wire name"));
        }
        if !self.scratch.is_at_or_below(self.apex) {
            return refuse(format!("{} is not in {}", name::text(owner), name::text(self.apex.wire())));
        }
        let hash = self.scratch.hash(0);
        if !self.is_here(hash) {
            return refuse(format!("{} does not belong to shard {}", name::text(owner), self.index));
        }
        Ok(hash)
    }

    fn group(&mut self, rtype: u16, group: &wire::Group<'_>) -> Result<Slot, ImageError> {
        if group.arms.is_empty() || group.arms.len() > MAX_ARMS {
            return refuse(format!("a group of {} record sets; 1 to {MAX_ARMS}", group.arms.len()));
        }
        if let ("simple", [wire::Arm { target: wire::Target::Records { ttl, rdata }, health: 0, .. }]) =
            (group.kind, &group.arms[..])
        {
            return Ok(Slot::plain(self.set(rtype, *ttl, rdata)?));
        }
        let policy = policy(group);
        let arms = group.arms.iter().map(|arm| self.arm(rtype, &policy, arm)).collect::<Result<Box<[_]>, _>>()?;
        if policy == Policy::Multivalue && arms.iter().any(|arm| !matches!(arm.link, Link::Set(_))) {
            return refuse("a multivalue record set is an alias (R-MVA-1)");
        }
        let ids = group.arms.iter().map(|arm| arm.id.into()).collect();
        self.decisions.push(Decision::new(policy, arms, ids));
        Ok(Slot::decision((self.decisions.len() - 1) as u32))
    }

    fn arm(&mut self, rtype: u16, policy: &Policy, arm: &wire::Arm<'_>) -> Result<Arm, ImageError> {
        Ok(Arm {
            health: arm.health,
            evaluate_target: arm.evaluate_target,
            by: by(policy, arm)?,
            link: self.link(rtype, &arm.target)?,
        })
    }

    fn link(&mut self, rtype: u16, target: &wire::Target<'_>) -> Result<Link, ImageError> {
        Ok(match target {
            wire::Target::Records { ttl, rdata } => Link::Set(self.set(rtype, *ttl, rdata)?),
            wire::Target::Group { owner, r#type } => {
                let (hash, start, length) = self.named(owner)?;
                Link::Group { hash, start, length, rtype: *r#type }
            }
            wire::Target::Hidden { id, owner } => {
                let Ok(length) = u16::try_from(id.len()) else {
                    return refuse(format!("a hidden group's id of {} octets", id.len()));
                };
                let start = self.next()?;
                self.octets.extend_from_slice(id.as_bytes());
                Link::Hidden { hash: read_name(owner)?.hash(), start, length }
            }
            wire::Target::Outside { target, r#type } => {
                let (hash, start, length) = self.named(target)?;
                Link::Outside { hash, start, length, rtype: *r#type }
            }
        })
    }

    /// Takes up a name: its hash, where it stands and how long it is.
    fn named(&mut self, wire: &[u8]) -> Result<(u64, u32, u8), ImageError> {
        let (name, start) = (read_name(wire)?, self.next()?);
        self.octets.extend_from_slice(name.wire());
        Ok((name.hash(), start, name.wire().len() as u8)) // A name has at most 255 octets.
    }

    fn set(&mut self, rtype: u16, ttl: u32, rdata: &[&serde_bytes::Bytes]) -> Result<u32, ImageError> {
        let start = self.next()?;
        let rdata: Vec<&[u8]> = rdata.iter().map(|octets| octets.as_ref()).collect();
        records::encode(&mut self.octets, rtype, ttl, &rdata)?;
        Ok(start)
    }

    fn finish(mut self, image: &wire::Shard<'_>) -> Result<Shard, ImageError> {
        self.hidden.sort_by(|a, b| a.0.cmp(&b.0));
        let is_here = |hash| name::slot(hash) >> self.shift == self.index;
        let has_cuts = self.nodes.iter().any(|node| node.is_cut);
        let mut shard = Shard {
            number: self.index as u16, // At most `MAX_SHARDS`.
            version: image.version,
            count: image.count as usize,
            has_cuts,
            has_wildcards: self.has_wildcards,
            nodes: self.nodes,
            octets: self.octets.into(),
            groups: self.groups.into(),
            decisions: [].into(),
            hidden: self.hidden.into(),
        };
        for arm in self.decisions.iter_mut().flat_map(|decision| &mut decision.arms) {
            arm.link = shard.shortened(arm.link, is_here);
        }
        shard.decisions = self.decisions.into();
        Ok(shard)
    }
}

fn policy(group: &wire::Group<'_>) -> Policy {
    match group.kind {
        "simple" => Policy::Simple,
        "weighted" => Policy::Weighted,
        "failover" => Policy::Failover,
        "multivalue" => Policy::Multivalue,
        "geo" => Policy::Geolocation,
        "geoproximity" => Policy::Geoproximity,
        "latency" => Policy::Latency,
        "cidr" => Policy::Cidr { collection: Box::new(group.collection.into()) },
        other => Policy::Unknown(Box::new(other.into())),
    }
}

fn by(policy: &Policy, arm: &wire::Arm<'_>) -> Result<By, ImageError> {
    Ok(match policy {
        Policy::Simple | Policy::Multivalue | Policy::Unknown(_) => By::Itself,
        Policy::Weighted => By::Weight(arm.weight),
        Policy::Failover => By::Role { secondary: arm.secondary },
        Policy::Geolocation => By::Area(area(arm)?),
        Policy::Geoproximity => By::Point {
            point: Point::new(arm.latitude, arm.longitude).map_err(|error| ImageError(error.0))?,
            bias: arm.bias,
        },
        Policy::Latency => By::Region(arm.region.into()),
        Policy::Cidr { .. } => By::Location(arm.location.into()),
    })
}

fn area(arm: &wire::Arm<'_>) -> Result<Area, ImageError> {
    let wrong = || ImageError(format!("{:?}: not a place", (arm.continent, arm.country, arm.subdivision)));
    match (arm.continent, arm.country, arm.subdivision) {
        ("", "*", "") => Ok(Area::Default),
        ("", "", _) => Err(wrong()),
        ("", country, "") => Code::new(country).map(Area::Country).ok_or_else(wrong),
        ("", country, subdivision) => {
            let (country, subdivision) = (Code::new(country), Code::new(subdivision));
            country
                .zip(subdivision)
                .map(|(country, subdivision)| Area::Subdivision(country, subdivision))
                .ok_or_else(wrong)
        }
        (continent, "", "") => Code::new(continent).map(Area::Continent).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

fn read_name(wire: &[u8]) -> Result<Owner, ImageError> {
    Owner::from_wire(wire).or_else(|_| refuse(format!("{wire:02x?}: not a wire name")))
}
