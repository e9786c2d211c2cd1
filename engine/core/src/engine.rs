//! The engine: the snapshot in force, and the writer's side of it.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use serde::Serialize;

use crate::counters::Counters;
use crate::decide::Draw;
use crate::image::{ImageError, Shard, Zone, refuse, wire};
use crate::name::{self, Name, Owner};
use crate::outside::Answers;
use crate::place::places::Table;
use crate::place::{PlaceError, Prefix};
use crate::respond::{Transport, respond, respond_traced};
use crate::snapshot::{Settings, Snapshot};
use crate::trace::{Step, Steps};

/// The data plane of one process.
///
/// Readers take the snapshot and never wait. Writers take `writer` in turn, build beside the
/// readers, and swap. A snapshot that was replaced is kept until no reader holds it, and then freed
/// by the next writer, never by a query.
pub struct Engine {
    snapshot: ArcSwap<Snapshot>,
    writer: Mutex<Writer>,
    counters: Mutex<Vec<Arc<Counters>>>,
    /// Counts what comes in through `respond` and `explain`.
    own: Mutex<Arc<Counters>>,
}

#[derive(Default)]
struct Writer {
    zones: HashMap<Box<str>, Arc<Zone>>,
    retired: Vec<Arc<Snapshot>>,
}

/// A question that cannot be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainError(pub String);

impl fmt::Display for ExplainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ExplainError {}

#[derive(Serialize)]
struct Explanation {
    name: String,
    r#type: u16,
    client: IpAddr,
    draw: u64,
    steps: Vec<Step>,
    /// The reply itself, in hexadecimal: what is explained is what is answered.
    reply: String,
}

impl Engine {
    /// An engine that serves nothing yet.
    pub fn new(settings: Settings) -> Arc<Self> {
        let engine = Arc::new(Self {
            snapshot: ArcSwap::from_pointee(Snapshot { settings, ..Snapshot::default() }),
            writer: Mutex::default(),
            counters: Mutex::default(),
            own: Mutex::default(),
        });
        *hold(&engine.own) = engine.register_counters();
        engine
    }

    /// The snapshot in force; a reader keeps an `arc_swap::Cache` of it.
    pub fn snapshots(&self) -> &ArcSwap<Snapshot> {
        &self.snapshot
    }

    /// Counters for one more thread.
    pub fn register_counters(&self) -> Arc<Counters> {
        let counters = Arc::new(Counters::default());
        hold(&self.counters).push(Arc::clone(&counters));
        counters
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
        let head = wire::head(head)?;
        let held = hold(&self.writer).zones.get(head.zone_id).cloned();
        if held.as_ref().is_some_and(|zone| zone.version >= head.version) {
            return Ok(None);
        }
        let missing = (0..head.shard_versions.len()).filter(|&at| reuse(held.as_deref(), &head, at).is_none());
        Ok(Some(missing.map(|at| at as u32).collect()))
    }

    /// Serves this version of a zone. Shards that are held already may be left out. False: the
    /// version is not newer, nothing was done (fencing).
    pub fn publish(&self, head: &[u8], shards: &[&[u8]]) -> Result<bool, ImageError> {
        let head = wire::head(head)?;
        let Ok(apex) = Owner::from_wire(head.apex) else {
            return refuse(format!("zone {}: its name is not a wire name", head.zone_id));
        };
        let held = hold(&self.writer).zones.get(head.zone_id).cloned();
        if held.as_ref().is_some_and(|zone| zone.version >= head.version) {
            return Ok(false);
        }
        let shards = assemble(&head, &apex, held.as_deref(), shards)?;
        let zone = Arc::new(Zone::build(&head, apex, shards)?);
        Ok(self.put(zone))
    }

    fn put(&self, zone: Arc<Zone>) -> bool {
        let mut writer = hold(&self.writer);
        let held = writer.zones.get(&zone.id);
        // Another writer may have been faster while this one built.
        if held.is_some_and(|held| held.version >= zone.version) {
            return false;
        }
        let moved = held.filter(|held| held.apex != zone.apex || !zone.is_public).cloned();
        writer.zones.insert(zone.id.clone(), Arc::clone(&zone));
        self.swap(&mut writer, |snapshot| {
            if let Some(moved) = moved {
                snapshot.catalog = snapshot.catalog.without(&moved);
            }
            if zone.is_public {
                snapshot.catalog = snapshot.catalog.with(zone);
            }
        });
        true
    }

    /// Stops serving a zone. False: it was not served.
    pub fn retire(&self, zone_id: &str) -> bool {
        let mut writer = hold(&self.writer);
        let Some(zone) = writer.zones.remove(zone_id) else {
            return false;
        };
        self.swap(&mut writer, |snapshot| snapshot.catalog = snapshot.catalog.without(&zone));
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
        let mut writer = hold(&self.writer);
        self.swap(&mut writer, |snapshot| snapshot.places = table.put(&snapshot.places));
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

    fn swap(&self, writer: &mut Writer, change: impl FnOnce(&mut Snapshot)) {
        let mut next = (**self.snapshot.load()).clone();
        change(&mut next);
        writer.retired.push(self.snapshot.swap(Arc::new(next)));
        // Only the list holds it: every reader has moved on, and it is freed here.
        writer.retired.retain(|snapshot| Arc::strong_count(snapshot) > 1);
    }

    /// The reply to one packet; None where none is due. `draw` None takes one from the system.
    pub fn respond(&self, packet: &[u8], client: IpAddr, transport: Transport, draw: Option<u64>) -> Option<Vec<u8>> {
        let counters = hold(&self.own);
        let mut out = vec![0; usize::from(u16::MAX)];
        let draw = draw.unwrap_or_else(system_draw);
        let length = respond(&self.snapshot.load(), packet, client, transport, draw, &counters, &mut out);
        out.truncate(length);
        (length > 0).then_some(out)
    }

    /// Answers a question as `respond` would and says why, as JSON. `name` is in wire form.
    pub fn explain(
        &self,
        name: &[u8],
        rtype: u16,
        client: IpAddr,
        subnet: Option<Prefix>,
        draw: Option<u64>,
    ) -> Result<String, ExplainError> {
        if Name::from_wire(name).is_err() {
            return Err(ExplainError(format!("{name:02x?}: not a wire name")));
        }
        let draw = draw.unwrap_or_else(system_draw);
        let packet = question(name, rtype, subnet);
        let mut out = vec![0; usize::from(u16::MAX)];
        let mut steps = Steps::default();
        let counters = Counters::default();
        let length = respond_traced(
            &self.snapshot.load(),
            &packet,
            client,
            Transport::Tcp,
            draw,
            &counters,
            &mut out,
            &mut steps,
        );
        let explanation = Explanation {
            name: name::text(name),
            r#type: rtype,
            client,
            draw,
            steps: steps.0,
            reply: out[..length].iter().map(|octet| format!("{octet:02x}")).collect(),
        };
        serde_json::to_string(&explanation).map_err(|error| ExplainError(error.to_string()))
    }
}

/// A query for a name and type, with EDNS and perhaps a client subnet.
fn question(name: &[u8], rtype: u16, subnet: Option<Prefix>) -> Vec<u8> {
    let option = subnet.map_or_else(Vec::new, subnet_option);
    let header = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    let opt = [0, 0, 41, 0xff, 0xff, 0, 0, 0, 0, 0, option.len() as u8];
    [&header[..], name, &rtype.to_be_bytes(), &[0, 1], &opt, &option].concat()
}

/// RFC 7871 §6: option code 8, length, family, source prefix length, scope 0, the octets it needs.
fn subnet_option(subnet: Prefix) -> Vec<u8> {
    let (family, mut address) = match subnet.address() {
        IpAddr::V4(address) => (1, address.octets().to_vec()),
        IpAddr::V6(address) => (2, address.octets().to_vec()),
    };
    address.truncate(usize::from(subnet.length()).div_ceil(8));
    [&[0, 8, 0, 4 + address.len() as u8, 0, family, subnet.length(), 0], &address[..]].concat()
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
    held: Option<&Zone>,
    given: &[&[u8]],
) -> Result<Box<[Arc<Shard>]>, ImageError> {
    let count = head.shard_versions.len();
    let mut shards: Vec<Option<Arc<Shard>>> = (0..count).map(|at| reuse(held, head, at)).collect();
    for octets in given {
        let image = wire::shard(octets)?;
        let at = image.index as usize;
        let fits = image.zone_id == head.zone_id && image.count as usize == count;
        if !fits || head.shard_versions.get(at) != Some(&image.version) {
            return refuse(format!(
                "zone {} version {}: shard {at} of {} version {} does not belong to it",
                head.zone_id, head.version, image.count, image.version
            ));
        }
        shards[at] = Some(Arc::new(Shard::build(&image, apex)?));
    }
    let missing = |at| ImageError(format!("zone {} version {}: shard {at} is missing", head.zone_id, head.version));
    shards.into_iter().enumerate().map(|(at, shard)| shard.ok_or_else(|| missing(at))).collect()
}

/// The shard held in this place, if it is the version the head names.
fn reuse(held: Option<&Zone>, head: &wire::Head<'_>, at: usize) -> Option<Arc<Shard>> {
    let zone = held.filter(|zone| zone.apex.wire() == head.apex.as_ref())?;
    let shard = zone.shards().get(at)?;
    (shard.count == head.shard_versions.len() && shard.version == head.shard_versions[at]).then(|| Arc::clone(shard))
}

/// A writer that panicked has swapped nothing: what it guards is whole, so its lock is taken all the same.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
