//! The engine: the snapshot in force, and the writer's side of it.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;

use crate::counters::Counters;
use crate::decide::Draw;
use crate::explain::{self, ExplainError, Image, Overrides};
use crate::image::{ImageError, Shard, Zone, refuse, wire};
use crate::name::Owner;
use crate::observe::Observing;
use crate::outside::Answers;
use crate::place::PlaceError;
use crate::place::places::Table;
use crate::respond::{Arrival, Transport, Workspace, respond};
use crate::snapshot::{Catalog, Settings, Snapshot};
use crate::transfer::Transfers;
use crate::transfer::journal::Journal;

/// The data plane of one process.
///
/// Readers take the snapshot and never wait. Writers take `writer` in turn, build beside the
/// readers, and swap. A snapshot that was replaced is kept until no reader holds it, and then freed
/// by the next writer, never by a query.
pub struct Engine {
    snapshot: ArcSwap<Snapshot>,
    writer: Mutex<Writer>,
    /// Held by whoever changes places, before `writer`.
    places: Mutex<()>,
    counters: Mutex<Vec<Arc<Counters>>>,
    counts_zones: AtomicBool,
    /// Where threads leave what others are to see.
    observing: Observing,
    /// Counts what comes in through `respond` and `explain`.
    own: Mutex<Arc<Counters>>,
    /// Held by each zone transfer under way, so that they can be counted.
    pub(crate) transfers: Arc<()>,
}

#[derive(Default)]
struct Writer {
    zones: HashMap<Box<str>, Arc<Zone>>,
    /// Shards that were built ahead, by zone.
    staged: HashMap<Box<str>, Staged>,
    numbers: Numbers,
    retired: Vec<Arc<Snapshot>>,
}

/// Shards of one zone that wait for their head, by number.
struct Staged {
    apex: Owner,
    shards: HashMap<usize, Arc<Shard>>,
}

/// What shards of a zone there are already.
struct Present {
    held: Option<Arc<Zone>>,
    staged: HashMap<usize, Arc<Shard>>,
}

/// The numbers by which zones are counted.
#[derive(Default)]
struct Numbers {
    given: u32,     // so far; the next one is new
    free: Vec<u32>, // given back
}

impl Numbers {
    fn take(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.given += 1;
            self.given - 1
        })
    }
}

impl Engine {
    /// An engine that serves nothing yet.
    pub fn new(settings: Settings) -> Arc<Self> {
        let engine = Arc::new(Self {
            snapshot: ArcSwap::from_pointee(Snapshot { settings, ..Snapshot::default() }),
            writer: Mutex::default(),
            places: Mutex::default(),
            counters: Mutex::default(),
            counts_zones: AtomicBool::new(false),
            observing: Observing::default(),
            own: Mutex::default(),
            transfers: Arc::default(),
        });
        *hold(&engine.own) = engine.register_counters();
        engine
    }

    /// The snapshot in force; a reader keeps an `arc_swap::Cache` of it.
    pub fn snapshots(&self) -> &ArcSwap<Snapshot> {
        &self.snapshot
    }

    /// Where threads leave what others are to see.
    pub fn observing(&self) -> &Observing {
        &self.observing
    }

    /// Counters for one more thread.
    pub fn register_counters(&self) -> Arc<Counters> {
        let counts_zones = self.counts_zones.load(Relaxed);
        let counters = Arc::new(if counts_zones { Counters::with_zones() } else { Counters::default() });
        // The writer gives no number meanwhile that these counters would not hear of.
        let writer = hold(&self.writer);
        (0..writer.numbers.given).for_each(|number| counters.zones.hold(number));
        hold(&self.counters).push(Arc::clone(&counters));
        counters
    }

    /// Counts questions by zone, of zones that are published after this and in threads that start after it: 8 octets
    /// a zone and thread.
    pub fn count_zones(&self) {
        self.counts_zones.store(true, Relaxed);
        *hold(&self.own) = self.register_counters();
    }

    /// Questions by type, over all threads since start; None stands for all types without a count of their own.
    pub fn types(&self) -> BTreeMap<Option<u16>, u64> {
        let mut sums = BTreeMap::new();
        for counters in hold(&self.counters).iter() {
            for (rtype, count) in counters.types.asked() {
                *sums.entry(rtype).or_default() += count;
            }
        }
        sums
    }

    /// Of the zones that are served, those with most questions, most first: id, name in wire form, questions.
    pub fn busiest(&self, most: usize) -> Vec<(String, Vec<u8>, u64)> {
        let counters = hold(&self.counters).clone();
        let snapshot = self.snapshot.load();
        let counted = |zone: &Zone| questions(&counters, zone.number).saturating_sub(zone.before);
        let mut zones: Vec<(u64, &Zone)> = snapshot.catalog.zones().map(|zone| (counted(zone), zone)).collect();
        zones.retain(|(count, _)| *count > 0);
        zones.sort_unstable_by(|(one, a), (other, b)| other.cmp(one).then_with(|| a.id.cmp(&b.id)));
        zones.truncate(most);
        zones.into_iter().map(|(count, zone)| (zone.id.to_string(), zone.apex.wire().to_vec(), count)).collect()
    }

    /// Sums over all threads since start, by name.
    pub fn counters(&self) -> Vec<(&'static str, u64)> {
        let mut sums = vec![0; Counters::NAMES.len()];
        for counters in hold(&self.counters).iter() {
            for (sum, value) in sums.iter_mut().zip(counters.values()) {
                *sum += value;
            }
        }
        Counters::NAMES.iter().copied().zip(sums).collect()
    }

    /// Which shards a head asks for that are not held; None if its version is not newer than the
    /// one held.
    pub fn needs(&self, head: &[u8]) -> Result<Option<Vec<u32>>, ImageError> {
        let (head, apex) = read(head)?;
        let present = hold(&self.writer).present(&head, &apex);
        if !present.is_older_than(&head) {
            return Ok(None);
        }
        let missing = (0..head.shard_versions.len()).filter(|&at| present.shard(&head, &apex, at).is_none());
        Ok(Some(missing.map(|at| at as u32).collect()))
    }

    /// Builds some shards of a zone ahead of `publish`, so that nobody has to hold all their octets at once.
    ///
    /// They are kept until the zone is published or retired.
    pub fn stage(&self, head: &[u8], shards: &[&[u8]]) -> Result<(), ImageError> {
        let (head, apex) = read(head)?;
        let built = shards.iter().map(|octets| build(&head, &apex, octets)).collect::<Result<Vec<_>, _>>()?;
        let mut writer = hold(&self.writer);
        let staged = writer.staged.entry(head.zone_id.into());
        let staged = staged.or_insert_with(|| Staged { apex: apex.clone(), shards: HashMap::new() });
        if staged.apex != apex {
            *staged = Staged { apex, shards: HashMap::new() };
        }
        staged.shards.extend(built);
        Ok(())
    }

    /// Serves this version of a zone. Shards that are held already may be left out. False: the
    /// version is not newer, nothing was done (fencing).
    pub fn publish(&self, head: &[u8], shards: &[&[u8]]) -> Result<bool, ImageError> {
        let zone = self.prepare(head, shards)?;
        Ok(self.put([zone]) == [true])
    }

    /// Serves a version of each of several zones, by head and shards, with one swap for all. For each
    /// it says what `publish` would; what stops one holds up none of the others.
    pub fn publish_all(&self, images: &[(&[u8], Vec<&[u8]>)]) -> Vec<Result<bool, ImageError>> {
        let mut zones: Vec<_> = images.iter().map(|(head, shards)| self.prepare(head, shards)).collect();
        let put = self.put(zones.iter_mut().map(|zone| zone.as_mut().ok().and_then(Option::take)));
        zones.into_iter().zip(put).map(|(zone, put)| zone.map(|_| put)).collect()
    }

    /// The zone of an image; None if its version is not newer than the one held.
    fn prepare(&self, head: &[u8], shards: &[&[u8]]) -> Result<Option<Zone>, ImageError> {
        let (head, apex) = read(head)?;
        let present = hold(&self.writer).present(&head, &apex);
        if !present.is_older_than(&head) {
            return Ok(None);
        }
        let shards = assemble(&head, &apex, &present, shards)?;
        let mut zone = Zone::build(&head, apex, shards)?;
        if let Some(held) = present.held.filter(|_| self.snapshot.load().settings.transfers.has(&zone.apex)) {
            zone.journal = Some(Box::new(Journal::after(&held, &zone)));
        }
        Ok(Some(zone))
    }

    /// Swaps zones in, and tells of each whether it is newer than the one held.
    fn put(&self, zones: impl IntoIterator<Item = Option<Zone>>) -> Vec<bool> {
        let mut writer = hold(&self.writer);
        let counters = hold(&self.counters).clone();
        let mut catalog = self.snapshot.load().catalog.clone();
        let put = |zone: Option<_>| zone.is_some_and(|zone| writer.put(&mut catalog, zone, &counters));
        let put: Vec<bool> = zones.into_iter().map(put).collect();
        if put.contains(&true) {
            self.swap(&mut writer, |snapshot| snapshot.catalog = catalog);
        }
        put
    }

    /// Stops serving a zone. False: it was not served.
    pub fn retire(&self, zone_id: &str) -> bool {
        let mut writer = hold(&self.writer);
        writer.staged.remove(zone_id);
        let Some(zone) = writer.zones.remove(zone_id) else {
            return false;
        };
        writer.numbers.free.push(zone.number);
        self.swap(&mut writer, |snapshot| snapshot.catalog.remove(&zone));
        true
    }

    /// Each zone held and its version.
    pub fn zones(&self) -> Vec<(String, u64)> {
        hold(&self.writer).zones.values().map(|zone| (zone.id.to_string(), zone.version)).collect()
    }

    /// Sets slots of the health table.
    pub fn set_health(&self, pairs: &[(u32, bool)]) {
        let mut writer = hold(&self.writer);
        self.swap(&mut writer, |snapshot| snapshot.health = Arc::new(snapshot.health.with(pairs)));
    }

    /// Puts one table of places in force: `geo`, `latency`, or `cidr/` and a collection's id. No
    /// octets: the table is gone, and what it said is unknown again.
    ///
    /// Queries go on meanwhile and see the old table or the new one.
    pub fn set_place(&self, kind: &str, octets: &[u8]) -> Result<(), PlaceError> {
        let table = Table::load(kind, octets)?;
        // Places have a turn of their own: to order the regions for each takes a while, and zones shall not wait.
        let _turn = hold(&self.places);
        let places = table.put(&self.snapshot.load().places);
        let mut writer = hold(&self.writer);
        self.swap(&mut writer, |snapshot| snapshot.places = places);
        Ok(())
    }

    /// Says what an outside alias target answers for a type; `name` is in wire form. No octets: it is
    /// no target any more.
    pub fn set_outside(&self, name: &[u8], rtype: u16, octets: &[u8]) -> Result<(), ImageError> {
        let Ok(target) = Owner::from_wire(name) else {
            return refuse(format!("{name:02x?}: not a wire name"));
        };
        let answers = match octets {
            [] => None,
            octets => Some(Arc::new(Answers::load(target.clone(), rtype, octets)?)),
        };
        let mut writer = hold(&self.writer);
        self.swap(&mut writer, |snapshot| snapshot.outside = Arc::new(snapshot.outside.with(&target, rtype, answers)));
        Ok(())
    }

    /// Says who may take zones, and which keys are shared with them.
    ///
    /// Differences between versions of a zone are kept from then on, if somebody may take it.
    pub fn set_transfers(&self, transfers: Transfers) {
        let mut writer = hold(&self.writer);
        self.swap(&mut writer, |snapshot| snapshot.settings.transfers = Arc::new(transfers));
    }

    fn swap(&self, writer: &mut Writer, change: impl FnOnce(&mut Snapshot)) {
        let mut next = (**self.snapshot.load()).clone();
        change(&mut next);
        writer.retired.push(self.snapshot.swap(Arc::new(next)));
        // Only the list holds it: every reader has moved on, and it is freed here.
        writer.retired.retain(|snapshot| Arc::strong_count(snapshot) > 1);
    }

    /// The reply to one packet; None where none is due. `draw` None takes one from the system.
    pub fn respond(&self, packet: &[u8], client: IpAddr, transport: Transport, draw: Option<u64>) -> Option<Vec<u8>> {
        let draw = draw.unwrap_or_else(system_draw);
        self.respond_to(packet, &Arrival { now: system_seconds(), ..Arrival::new(client, transport, draw) })
    }

    /// As `respond`, with all that is known of the packet's arrival.
    pub fn respond_to(&self, packet: &[u8], arrival: &Arrival) -> Option<Vec<u8>> {
        let counters = hold(&self.own);
        let mut out = vec![0; usize::from(u16::MAX)];
        let length = respond(&self.snapshot.load(), packet, arrival, &counters, &mut Workspace::passing(), &mut out);
        out.truncate(length);
        (length > 0).then_some(out)
    }

    /// Answers a question as `respond` would, and says why, as JSON. `name` is in wire form.
    ///
    /// What is overridden is so in a snapshot of this call's own; nothing is swapped.
    pub fn explain(
        &self,
        name: &[u8],
        rtype: u16,
        client: IpAddr,
        overrides: &Overrides<'_>,
    ) -> Result<String, ExplainError> {
        let snapshot = self.overridden(overrides)?;
        let draw = overrides.draw.unwrap_or_else(system_draw);
        explain::explain(&snapshot, name, rtype, client, overrides.subnet, draw)
    }

    /// The snapshot in force, but for what is overridden.
    fn overridden(&self, overrides: &Overrides<'_>) -> Result<Snapshot, ImageError> {
        let image = overrides.image.map(|image| self.build(image)).transpose()?;
        let held = |id: &str| hold(&self.writer).zones.get(id).cloned();
        let mut snapshot = (**self.snapshot.load()).clone();
        if !overrides.health.is_empty() {
            snapshot.health = Arc::new(snapshot.health.with(overrides.health));
        }
        if let Some(zone) = &image {
            snapshot.catalog.replace(held(&zone.id).as_ref(), Arc::clone(zone));
        }
        if let Some(id) = overrides.only {
            snapshot.settings.access = None;
            let zone = image.filter(|zone| *zone.id == *id).or_else(|| held(id)).filter(|zone| zone.views.is_none());
            snapshot.catalog = Catalog::default();
            zone.into_iter().for_each(|zone| snapshot.catalog.replace(None, zone));
        }
        Ok(snapshot)
    }

    /// A zone of an image that is not to be served.
    fn build(&self, image: Image<'_>) -> Result<Arc<Zone>, ImageError> {
        let (head, apex) = read(image.head)?;
        let present = hold(&self.writer).present(&head, &apex);
        let shards = assemble(&head, &apex, &present, image.shards)?;
        Ok(Arc::new(Zone::build(&head, apex, shards)?))
    }
}

/// The questions that were counted by a zone's number, over all threads.
fn questions(counters: &[Arc<Counters>], number: u32) -> u64 {
    counters.iter().map(|each| each.zones.get(number)).sum()
}

/// A head, and the name of its zone.
fn read(head: &[u8]) -> Result<(wire::Head<'_>, Owner), ImageError> {
    let head = wire::head(head)?;
    match Owner::from_wire(head.apex) {
        Ok(apex) => Ok((head, apex)),
        Err(_) => refuse(format!("zone {}: its name is not a wire name", head.zone_id)),
    }
}

/// The system's clock: the time since 1970.
pub fn system_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The system's clock, in seconds since 1970; the low 32 bits, as cookies have them (RFC 9018 §4.3). Signatures have
/// 48 bits, of which no more are set before 2106.
pub fn system_seconds() -> u32 {
    system_time().as_secs() as u32
}

/// 64 bits from the system's random source.
pub fn system_draw() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    // The standard library seeds each RandomState from the operating system.
    Draw::new(RandomState::new().hash_one(0)).next()
}

fn assemble(
    head: &wire::Head<'_>,
    apex: &Owner,
    present: &Present,
    given: &[&[u8]],
) -> Result<Box<[Arc<Shard>]>, ImageError> {
    let count = head.shard_versions.len();
    let mut shards: Vec<_> = (0..count).map(|at| present.shard(head, apex, at).cloned()).collect();
    for octets in given {
        let (at, shard) = build(head, apex, octets)?;
        shards[at] = Some(shard);
    }
    let missing = |at| ImageError(format!("zone {} version {}: shard {at} is missing", head.zone_id, head.version));
    shards.into_iter().enumerate().map(|(at, shard)| shard.ok_or_else(|| missing(at))).collect()
}

/// A shard of this head, with its number.
fn build(head: &wire::Head<'_>, apex: &Owner, octets: &[u8]) -> Result<(usize, Arc<Shard>), ImageError> {
    let image = wire::shard(octets)?;
    let at = image.index as usize;
    let fits = image.zone_id == head.zone_id && image.count as usize == head.shard_versions.len();
    if !fits || head.shard_versions.get(at) != Some(&image.version) {
        return refuse(format!(
            "zone {} version {}: shard {at} of {} version {} does not belong to it",
            head.zone_id, head.version, image.count, image.version
        ));
    }
    Ok((at, Arc::new(Shard::build(&image, apex)?)))
}

impl Writer {
    /// What there is of the zone that a head is of.
    fn present(&self, head: &wire::Head<'_>, apex: &Owner) -> Present {
        let staged = self.staged.get(head.zone_id).filter(|staged| staged.apex == *apex);
        Present {
            held: self.zones.get(head.zone_id).cloned(),
            staged: staged.map_or_else(HashMap::new, |staged| staged.shards.clone()),
        }
    }

    /// Puts a zone into a catalog and holds it. False: what is held is as new.
    fn put(&mut self, catalog: &mut Catalog, mut zone: Zone, counters: &[Arc<Counters>]) -> bool {
        let held = self.zones.get(&zone.id);
        // Another writer may have been faster while this one built.
        if held.is_some_and(|held| held.version >= zone.version) {
            return false;
        }
        (zone.number, zone.before) = match held {
            Some(held) => (held.number, held.before),
            None => self.number(counters),
        };
        zone.is_watched = zone.log.is_some() || counters.iter().any(|each| each.zones.is_on());
        self.staged.remove(&zone.id);
        let zone = Arc::new(zone);
        let held = self.zones.insert(zone.id.clone(), Arc::clone(&zone));
        catalog.replace(held.as_ref(), zone);
        true
    }

    /// A number to count a new zone by, and what was counted by it for others before.
    fn number(&mut self, counters: &[Arc<Counters>]) -> (u32, u64) {
        let number = self.numbers.take();
        counters.iter().for_each(|each| each.zones.hold(number));
        (number, questions(counters, number))
    }
}

impl Present {
    fn is_older_than(&self, head: &wire::Head<'_>) -> bool {
        self.held.as_ref().is_none_or(|zone| zone.version < head.version)
    }

    /// The shard with this number, if there is one of the version that the head names.
    fn shard(&self, head: &wire::Head<'_>, apex: &Owner, at: usize) -> Option<&Arc<Shard>> {
        let held = self.held.as_ref().filter(|zone| zone.apex == *apex).and_then(|zone| zone.shards().get(at));
        let mut known = self.staged.get(&at).into_iter().chain(held);
        known.find(|shard| shard.count == head.shard_versions.len() && shard.version == head.shard_versions[at])
    }
}

/// A writer that panicked has swapped nothing: what it guards is whole, so its lock is taken all the same.
pub(crate) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
