//! Zones by name: 256 tables of hashes, of which a change copies one.

use std::ptr;
use std::sync::Arc;

use crate::fetch::Fetch;
use crate::image::Zone;
use crate::name::{self, Name, Owner};
use crate::query::rtype;

const BUCKETS: usize = 256;

/// Names of so many labels or more have one bit.
const LONG: usize = 63;

/// As few zones as this are in the processor's caches anyway.
const FEW: usize = 64;

/// Zones by name.
#[derive(Debug, Clone)]
pub struct Zones {
    buckets: Box<[Arc<Bucket>]>,
    /// A bit for each number of labels that a zone's name has or had, the last for all above: no other suffix of a
    /// name is looked for.
    labels: u64,
    count: usize,
}

/// Zones by the hashes of their names, each at the place that its hash says or the next free one behind it.
///
/// A name that several zones have stands there as often, the zone with the lowest rank first. A place has the hash and
/// the zone alone, so that a query reads nothing of other zones; the name stands in the zone, which it asks next.
#[derive(Debug, Clone)]
struct Bucket {
    /// A power of two, a third of them free at least.
    places: Box<[Option<Place>]>,
    count: usize,
}

#[derive(Debug, Clone)]
struct Place {
    hash: u64,
    zone: Arc<Zone>,
}

const _: () = assert!(size_of::<Option<Place>>() == 16);

impl Default for Zones {
    fn default() -> Self {
        Self { buckets: vec![Arc::default(); BUCKETS].into(), labels: 0, count: 0 }
    }
}

impl Zones {
    /// The zone whose apex is suffix `i` of a name.
    #[inline]
    pub fn at(&self, name: &Name, i: usize) -> Option<&Zone> {
        let hash = name.hash(i);
        self.bucket(hash).of(hash, name.suffix(i)).next().map(|zone| &**zone)
    }

    /// The zone closest to a name, from suffix `from` on, with that suffix (routing.md §3.1).
    pub fn closest(&self, name: &Name, from: usize) -> Option<(&Zone, usize)> {
        self.suffixes(name).filter(|&i| i >= from).find_map(|i| self.at(name, i).map(|zone| (zone, i)))
    }

    /// The zone that answers for a name and a type, with the suffix that is its own.
    #[inline(always)]
    pub fn answering(&self, name: &Name, rtype: u16) -> Option<(&Zone, usize)> {
        match self.closest(name, 0) {
            // DS stands on the parent's side of an apex (RFC 4035 §3.1.4.1), if we serve the parent.
            Some(at_apex @ (_, 0)) if rtype == rtype::DS => self.closest(name, 1).or(Some(at_apex)),
            closest => closest,
        }
    }

    /// The zones that answer, one for each name, in any order.
    pub fn zones(&self) -> impl Iterator<Item = &Zone> {
        self.buckets.iter().flat_map(|bucket| bucket.answering())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether there are so many that looking ahead for them pays.
    pub fn are_many(&self) -> bool {
        self.count > FEW
    }

    /// Fetches where the zones closest to a name would stand.
    #[inline]
    pub fn fetch_places(&self, name: &Name, fetch: impl Fetch) {
        self.suffixes(name).for_each(|i| fetch(ptr::from_ref(self.bucket(name.hash(i)).first(name.hash(i))).cast()));
    }

    /// The zone that is likely the closest to a name, by hashes alone: nothing of it is read.
    #[inline]
    pub fn likely(&self, name: &Name) -> Option<&Zone> {
        self.suffixes(name).find_map(|i| self.bucket(name.hash(i)).hashed(name.hash(i)).next().map(|zone| &**zone))
    }

    /// Puts a zone in, in place of an older version of it.
    pub fn put(&mut self, zone: Arc<Zone>) {
        self.labels |= labels_bit(zone.apex.labels());
        self.edit(&Arc::clone(&zone).apex, |zones| {
            zones.retain(|other| other.id != zone.id);
            zones.push(zone);
            zones.sort_by_key(|zone| zone.rank);
        });
    }

    /// Takes a zone out.
    pub fn remove(&mut self, zone: &Zone) {
        self.edit(&zone.apex, |zones| zones.retain(|other| other.id != zone.id));
    }

    /// Changes the zones of one name. The bucket is copied if others share it, which is once for any number of
    /// changes between two swaps.
    fn edit(&mut self, name: &Owner, change: impl FnOnce(&mut Vec<Arc<Zone>>)) {
        let bucket = Arc::make_mut(&mut self.buckets[name.hash() as usize % BUCKETS]);
        self.count -= bucket.count;
        bucket.edit(name, change);
        self.count += bucket.count;
    }

    /// The suffixes of a name that may be a zone's, the longest first.
    fn suffixes(&self, name: &Name) -> impl Iterator<Item = usize> {
        let count = name.count();
        let is_any_long = self.labels >> LONG != 0;
        let long = 0..count.checked_sub(LONG).filter(|_| is_any_long).map_or(0, |last| last + 1);
        let mut others = self.labels & (u64::MAX >> (LONG - count.min(LONG - 1)));
        long.chain(std::iter::from_fn(move || {
            let most = others.checked_ilog2()?;
            others ^= 1 << most;
            Some(count - most as usize)
        }))
    }

    fn bucket(&self, hash: u64) -> &Bucket {
        &self.buckets[hash as usize % BUCKETS]
    }
}

impl Default for Bucket {
    fn default() -> Self {
        Self::with_room_for(0)
    }
}

impl Bucket {
    fn with_room_for(count: usize) -> Self {
        Self { places: vec![None; places_for(count)].into(), count: 0 }
    }

    /// The place that a hash says.
    fn first(&self, hash: u64) -> &Option<Place> {
        &self.places[first(hash) & (self.places.len() - 1)]
    }

    /// The zones with this hash, of those of one name the lowest rank first.
    #[inline]
    fn hashed(&self, hash: u64) -> impl Iterator<Item = &Arc<Zone>> {
        let places = (first(hash)..).map_while(|at| self.places[at & (self.places.len() - 1)].as_ref());
        places.filter(move |place| place.hash == hash).map(|place| &place.zone)
    }

    /// The zones of a name, the lowest rank first.
    #[inline]
    fn of<'z>(&'z self, hash: u64, name: &[u8]) -> impl Iterator<Item = &'z Arc<Zone>> {
        self.hashed(hash).filter(move |zone| zone.apex.wire() == name)
    }

    /// One zone of each name, that of the lowest rank.
    fn answering(&self) -> impl Iterator<Item = &Zone> {
        let is_first = |zone: &&Zone| {
            let first = self.of(zone.apex.hash(), zone.apex.wire()).next();
            first.is_some_and(|first| ptr::eq(&raw const **first, *zone))
        };
        self.places.iter().flatten().map(|place| &*place.zone).filter(is_first)
    }

    /// Changes the zones of one name.
    fn edit(&mut self, name: &Owner, change: impl FnOnce(&mut Vec<Arc<Zone>>)) {
        let held: Vec<usize> = self.numbers_of(name).collect();
        let mut zones: Vec<Arc<Zone>> =
            held.iter().flat_map(|&at| &self.places[at]).map(|it| it.zone.clone()).collect();
        change(&mut zones);
        let hash = name.hash();
        let places = zones.into_iter().map(|zone| Place { hash, zone });
        if held.len() == places.len() {
            held.into_iter().zip(places).for_each(|(at, place)| self.places[at] = Some(place));
            return;
        }
        // From the last, as those behind it move up.
        held.into_iter().rev().for_each(|at| self.take_out(at));
        if self.places.len() < places_for(self.count + places.len()) {
            let mut others = std::mem::replace(self, Self::with_room_for(self.count + places.len()));
            // From a free place on, so that those of one name come in their order, also round the end.
            let free = others.places.iter().position(Option::is_none).unwrap_or_default();
            others.places.rotate_left(free);
            others.places.into_iter().flatten().for_each(|place| self.add(place));
        }
        places.for_each(|place| self.add(place));
    }

    /// The numbers of the places of a name, in the order in which they are looked at.
    fn numbers_of(&self, name: &Owner) -> impl Iterator<Item = usize> {
        let within = self.places.len() - 1;
        let taken = (first(name.hash())..).map(move |at| at & within).take_while(|&at| self.places[at].is_some());
        taken.filter(|&at| self.places[at].as_ref().is_some_and(|place| place.zone.apex == *name))
    }

    /// Frees a place, and moves up those behind it that stand there because it was taken.
    fn take_out(&mut self, at: usize) {
        let within = self.places.len() - 1;
        let (mut free, mut next) = (at, (at + 1) & within);
        self.places[free] = None;
        self.count -= 1;
        while let Some(place) = &self.places[next] {
            let own = first(place.hash) & within;
            // Whether its own place is not between the free one and where it stands.
            if next.wrapping_sub(own) & within >= next.wrapping_sub(free) & within {
                self.places.swap(free, next);
                free = next;
            }
            next = (next + 1) & within;
        }
    }

    /// Adds a zone behind others of its name; there is room.
    fn add(&mut self, place: Place) {
        let within = self.places.len() - 1;
        let free = (first(place.hash)..).find(|at| self.places[at & within].is_none());
        self.places[free.unwrap_or_default() & within] = Some(place);
        self.count += 1;
    }
}

/// Places for so many zones.
fn places_for(count: usize) -> usize {
    (count + count / 2 + 1).next_power_of_two()
}

/// Where looking for a hash begins, in tables of any size.
fn first(hash: u64) -> usize {
    (name::spread(hash) >> 20) as usize
}

fn labels_bit(labels: usize) -> u64 {
    1 << labels.min(LONG)
}
