//! A group that takes a decision: its policy and its arms.

use std::ptr;

use super::link::Link;
use crate::fetch::Fetch;
use crate::name;
use crate::place::Area;
use crate::place::sphere::Point;

/// Arms to choose from, and by which policy.
#[derive(Debug)]
#[repr(align(64))]
pub struct Decision {
    /// How to choose.
    pub policy: Policy,
    /// At least 1, at most `MAX_ARMS`.
    pub arms: Box<[Arm]>,
    ahead: Ahead,
    /// The set identifier of each arm, empty in a simple group. Only explanations read them.
    pub ids: Box<Box<[Box<str>]>>,
}

const _: () = assert!(size_of::<Decision>() == 64); // A line of the processor's cache.

/// Arms that are fetched before one is chosen; of larger groups few clients ask for the same ones.
const ARMS_FETCHED: usize = 4;

/// What was made ahead of choosing.
#[derive(Debug)]
enum Ahead {
    /// Which arm has which key.
    Keys(Keys),
    /// What a weighted group asks of each arm.
    Weights(Box<[Weighed]>),
}

/// Most arms of a group whose weights stand side by side.
pub const MOST_WEIGHED: usize = 64;

const _: () = assert!(MOST_WEIGHED * u8::MAX as usize <= u16::MAX as usize);

/// What a weighted group asks of one arm, in twelve octets: all of a small group stand in one line of the cache, and
/// where they lead to records their arms need not be read.
#[derive(Debug, Clone, Copy)]
pub struct Weighed {
    /// As in the arm.
    pub health: u32,
    /// The weights of the arms up to this one, itself included.
    pub sum: u16,
    /// As in the arm.
    pub weight: u8,
    /// Where the arm leads.
    pub leads: Leads,
    /// Where in the shard the records stand that it leads to; 0 if it leads elsewhere.
    pub start: u32,
}

/// Where an arm leads, as far as choosing goes by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leads {
    /// To a record set of its own.
    ToRecords,
    /// Through an alias.
    Elsewhere,
    /// Through an alias whose target's health counts (R-TREE-2).
    ElsewhereIfHealthy,
}

const _: () = assert!(size_of::<Weighed>() == 12);

/// What a client's own arm is found by, in groups where one arm is for one kind of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'k> {
    /// In geolocation groups.
    Area(Area),
    /// A region or a location, in latency and cidr groups.
    Name {
        /// Its id or name.
        text: &'k str,
        /// The hash of that (`name::hash`).
        hash: u64,
    },
}

impl<'k> Key<'k> {
    /// The key of a region's id or a location's name.
    pub fn name(text: &'k str) -> Self {
        Self::Name { text, hash: name::hash(text.as_bytes()) }
    }

    /// The key of an arm; None in groups that have none.
    pub fn of(by: &'k By) -> Option<Self> {
        match by {
            By::Area(area) => Some(Self::Area(*area)),
            By::Region(name) | By::Location(name) => Some(Self::name(name)),
            By::Itself | By::Weight(_) | By::Role { .. } | By::Point { .. } => None,
        }
    }

    /// Whether it is the key of this arm.
    pub fn is_of(self, by: &By) -> bool {
        match (self, by) {
            (Self::Area(area), By::Area(own)) => area == *own,
            (Self::Name { text, .. }, By::Region(own) | By::Location(own)) => text == &**own,
            _ => false,
        }
    }

    fn hash(self) -> u64 {
        match self {
            Self::Area(area) => name::spread(area.bits()),
            Self::Name { hash, .. } => name::spread(hash),
        }
    }
}

impl Decision {
    /// A decision among these arms, of which there is at least one.
    pub(super) fn new(policy: Policy, arms: Box<[Arm]>, ids: Box<[Box<str>]>) -> Self {
        let ahead = match weighed(&arms) {
            Some(weights) => Ahead::Weights(weights),
            None => Ahead::Keys(Keys::new(&arms)),
        };
        Self { policy, arms, ahead, ids: Box::new(ids) }
    }

    /// Fetches what choosing begins with.
    pub fn fetch(&self, fetch: impl Fetch) {
        match &self.ahead {
            Ahead::Keys(_) => self.arms.iter().take(ARMS_FETCHED).for_each(|arm| fetch(ptr::from_ref(arm).cast())),
            Ahead::Weights(weights) => fetch(weights.as_ptr().cast()),
        }
    }

    /// Where the record set stands that its first arm leads to, by what `fetch` has fetched; None where that arm leads
    /// elsewhere.
    pub(super) fn first_set(&self) -> Option<u32> {
        match &self.ahead {
            Ahead::Keys(_) => match self.arms.first()?.link {
                Link::Set(start) => Some(start),
                _ => None,
            },
            Ahead::Weights(weights) => weights.first().filter(|arm| arm.leads == Leads::ToRecords).map(|arm| arm.start),
        }
    }

    /// The first arm with this key.
    pub fn arm(&self, key: Key<'_>) -> Option<usize> {
        match &self.ahead {
            Ahead::Keys(keys) => keys.find(&self.arms, key),
            Ahead::Weights(_) => None,
        }
    }

    /// The weights of a weighted group's arms, in their order; None of other groups, and where there are more than
    /// `MOST_WEIGHED`.
    pub fn weights(&self) -> Option<&[Weighed]> {
        match &self.ahead {
            Ahead::Keys(_) => None,
            Ahead::Weights(weights) => Some(weights),
        }
    }
}

/// What a weighted group of few arms asks of each; None of other groups.
fn weighed(arms: &[Arm]) -> Option<Box<[Weighed]>> {
    let mut sum = 0;
    let own = |arm: &Arm| {
        let By::Weight(weight) = arm.by else { return None };
        sum += u16::from(weight);
        let (leads, start) = match (arm.link, arm.evaluate_target) {
            (Link::Set(start), _) => (Leads::ToRecords, start),
            (_, false) => (Leads::Elsewhere, 0),
            (_, true) => (Leads::ElsewhereIfHealthy, 0),
        };
        Some(Weighed { health: arm.health, sum, weight, leads, start })
    };
    if arms.len() > MOST_WEIGHED { None } else { arms.iter().map(own).collect() }
}

/// Arms by their keys: a hash table with places for twice as many.
///
/// A place holds 16 bits of the key's hash and the number of the arm: only an arm that is found is
/// looked at, and the first look is most often the last. Most keys asked for are no arm's: `any` has
/// a bit for each arm's key, which tells that of most.
#[derive(Debug)]
struct Keys {
    places: Box<[(u16, u16)]>,
    any: u64,
}

/// The number of no arm.
const FREE: u16 = u16::MAX;

impl Keys {
    fn new(arms: &[Arm]) -> Self {
        let keyed = arms.iter().filter(|arm| Key::of(&arm.by).is_some()).count();
        let places = if keyed == 0 { 0 } else { (2 * keyed).next_power_of_two() };
        let mut keys = Self { places: vec![(0, FREE); places].into(), any: 0 };
        for (number, arm) in arms.iter().enumerate() {
            if let Some(key) = Key::of(&arm.by).filter(|&key| keys.find(arms, key).is_none()) {
                let free = keys.probe(key.hash()).find(|&at| keys.places[at].1 == FREE);
                keys.places[free.expect("half of the places are free")] = (tag(key.hash()), number as u16);
                keys.any |= bit(key.hash());
            }
        }
        keys
    }

    fn find(&self, arms: &[Arm], key: Key<'_>) -> Option<usize> {
        let hash = key.hash();
        if self.any & bit(hash) == 0 {
            return None;
        }
        let places = self.probe(hash).map(|at| self.places[at]).take_while(|&(_, number)| number != FREE);
        let mut numbers = places.filter(|&(own, _)| own == tag(hash)).map(|(_, number)| usize::from(number));
        numbers.find(|&number| key.is_of(&arms[number].by))
    }

    /// Every place, from the key's own on.
    fn probe(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let count = self.places.len();
        (0..count).map(move |step| ((hash >> 48) as usize + step) & (count - 1))
    }
}

/// One of 64 bits, by bits of the hash that choose neither place nor tag.
const fn bit(hash: u64) -> u64 {
    1 << (hash & 63)
}

const fn tag(hash: u64) -> u16 {
    (hash >> 32) as u16
}

/// The routing policies (routing.md §1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Policy {
    /// One record set.
    Simple,
    /// In proportion to weights.
    Weighted,
    /// PRIMARY while it is healthy.
    Failover,
    /// Up to eight healthy ones at once.
    Multivalue,
    /// The smallest place that holds the client.
    Geolocation,
    /// The nearest, distances bent by bias.
    Geoproximity,
    /// The region with the lowest latency.
    Latency,
    /// The location of the client's block in a CIDR collection.
    Cidr {
        /// The collection's id.
        collection: Box<Box<str>>,
    },
    /// A policy of a newer control plane, by name: answered with SERVFAIL.
    Unknown(Box<Box<str>>),
}

impl Policy {
    /// Whether it goes by the client's place: all clients of one are answered alike, but for chance and measurements.
    pub fn is_by_place(&self) -> bool {
        matches!(self, Self::Geolocation | Self::Geoproximity | Self::Latency)
    }
}

/// One record set of a decision: 48 octets, as a query may look at each.
#[derive(Debug)]
pub struct Arm {
    /// Slot in the health table, 0 for none.
    pub health: u32,
    /// Whether its target's health counts (R-TREE-2).
    pub evaluate_target: bool,
    /// What the policy chooses by.
    pub by: By,
    /// What it leads to; read it with `At::target`.
    pub(super) link: Link,
}

/// What a policy chooses an arm by.
#[derive(Debug)]
pub enum By {
    /// Nothing: simple and multivalue groups.
    Itself,
    /// 0 to 255, in weighted groups.
    Weight(u8),
    /// In failover groups.
    Role {
        /// SECONDARY, not PRIMARY.
        secondary: bool,
    },
    /// In geolocation groups.
    Area(Area),
    /// In geoproximity groups.
    Point {
        /// Where the resource is.
        point: Point,
        /// -99 to 99: above zero it reaches farther (R-GPX-3).
        bias: i8,
    },
    /// A region's id, in latency groups.
    Region(Box<str>),
    /// A location's name, `*` for the default, in cidr groups.
    Location(Box<str>),
}

const _: () = assert!(size_of::<Arm>() == 48);
