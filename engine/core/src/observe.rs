//! What the threads that answer leave for those who watch: dnstap frames and lines of query logs, in bounded rings.
//!
//! ```text
//!            ┌─ ring ── io::tap, a thread ── Unix socket or file
//! Watcher ───┤
//!            └─ ring ── Observing::drain_log ── Python ── sinks
//! ```
//!
//! Each thread has rings of its own and waits for nobody: a ring that is full costs what should have gone into it,
//! and that is counted.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rtrb::{Consumer, Producer, RingBuffer};

use crate::counters::Counters;
use crate::dnstap::{self, About, Exchange};
use crate::engine::hold;
use crate::image::Zone;
use crate::name::Name;
use crate::query::{self, HEADER, Unanswerable};
use crate::querylog::Line;
use crate::respond::Transport;
use crate::snapshot::Catalog;
use crate::tsig;

/// Octets of a ring: some 2,500 exchanges as dnstap frames, or 10,000 lines. The memory is touched once it is used.
pub const RING: usize = 1 << 20;

/// Octets of one exchange that a watcher has room for from the beginning; larger ones are over TCP.
const USUAL: usize = 1 << 14;

/// Octets of a log group's length and of a line's length in the ring.
const LENGTH: usize = 2;

/// What the threads of an engine leave for those who watch.
#[derive(Debug, Default)]
pub struct Observing {
    edge: Mutex<Arc<str>>,
    logs: Mutex<Vec<Consumer<u8>>>,
    tap: Mutex<Option<(Arc<About>, Rings)>>,
}

/// The rings of all threads, as their reader holds them.
pub type Rings = Arc<Mutex<Vec<Consumer<u8>>>>;

impl Observing {
    /// What this edge is called in lines of query logs, in threads that start after this.
    pub fn set_edge(&self, edge: &str) {
        *hold(&self.edge) = edge.into();
    }

    /// Has threads that start after this tell of each exchange; gives the rings that they fill with frames.
    pub fn tap(&self, about: About) -> Rings {
        let rings = Rings::default();
        *hold(&self.tap) = Some((Arc::new(about), Arc::clone(&rings)));
        rings
    }

    /// What one more thread needs to be watched.
    pub fn watcher(&self) -> Watcher {
        let tap = hold(&self.tap).as_ref().map(|(about, rings)| Tap { about: Arc::clone(about), ring: ring(rings) });
        Watcher { edge: hold(&self.edge).clone(), log: ring(&self.logs), tap, scratch: Vec::with_capacity(USUAL) }
    }

    /// Takes the lines that are there, by log group.
    pub fn drain_log(&self) -> BTreeMap<String, Vec<u8>> {
        let mut groups = BTreeMap::new();
        let mut taken = Vec::new();
        hold(&self.logs).retain_mut(|ring| {
            take(ring, &mut taken);
            !(ring.is_abandoned() && ring.is_empty())
        });
        let mut rest = &taken[..];
        while let Some((group, line, after)) = entry(rest) {
            let lines: &mut Vec<u8> = match groups.get_mut(group) {
                Some(lines) => lines,
                None => groups.entry(group.to_owned()).or_default(),
            };
            lines.extend_from_slice(line);
            rest = after;
        }
        groups
    }
}

/// A ring for one more thread; its other end goes among `others`.
fn ring(others: &Mutex<Vec<Consumer<u8>>>) -> Producer<u8> {
    let (producer, consumer) = RingBuffer::new(RING);
    hold(others).push(consumer);
    producer
}

/// Moves all that stands in a ring to the end of `out`. What is put in at once is taken out at once.
pub fn take(ring: &mut Consumer<u8>, out: &mut Vec<u8>) {
    if let Ok(chunk) = ring.read_chunk(ring.slots()) {
        let (first, second) = chunk.as_slices();
        out.extend_from_slice(first);
        out.extend_from_slice(second);
        chunk.commit_all();
    }
}

/// The first entry of a log ring: the group, the line, and what follows.
fn entry(octets: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let (group, rest) = counted(octets)?;
    let (line, rest) = counted(rest)?;
    Some((str::from_utf8(group).ok()?, line, rest))
}

/// Octets with their length before them, and what follows.
fn counted(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = octets.split_first_chunk::<LENGTH>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

/// The zone that answers, and its log group if it has one.
fn logged<'c>(catalog: &'c Catalog, name: &Name, rtype: u16) -> Option<(&'c Zone, &'c str)> {
    let (zone, _) = catalog.public().answering(name, rtype)?;
    zone.log.as_deref().map(|group| (zone, group))
}

/// One thread's side.
#[derive(Debug)]
pub struct Watcher {
    edge: Arc<str>,
    log: Producer<u8>,
    tap: Option<Tap>,
    scratch: Vec<u8>,
}

#[derive(Debug)]
struct Tap {
    about: Arc<About>,
    ring: Producer<u8>,
}

/// What is known of a packet beside itself and the reply.
#[derive(Debug, Clone, Copy)]
pub struct Between {
    /// Who asked.
    pub client: SocketAddr,
    /// Who was asked.
    pub server: SocketAddr,
    /// How the packet came.
    pub transport: Transport,
    /// When it came, since 1970; only dnstap asks for it.
    pub asked: Duration,
}

impl Watcher {
    /// Whether every exchange is told, so that its times are needed.
    pub fn is_tapped(&self) -> bool {
        self.tap.is_some()
    }

    /// Tells dnstap of an exchange, or of its further replies, if that is on.
    ///
    /// Either may be empty: no reply is due yet or at all; the packet was told with an earlier reply.
    pub fn tell(&mut self, packet: &[u8], reply: &[u8], between: &Between, now: Duration, counters: &Counters) {
        if let (Some(tap), true) = (&mut self.tap, packet.is_empty() || packet.len() >= HEADER) {
            let Between { client, server, transport, asked } = *between;
            let exchange = Exchange { client, server, transport, query: packet, reply, asked, answered: now };
            self.scratch.clear();
            let frames = dnstap::put_frames(&mut self.scratch, &tap.about, &exchange);
            match tap.ring.push_entire_slice(&self.scratch) {
                Ok(()) => counters.dnstap_frames.add_many(frames),
                Err(_) => counters.dnstap_dropped.add_many(frames),
            }
        }
    }

    /// Logs an answer with this RCODE if the zone that answered is logged. To be called where it is, as it asks for
    /// the zone anew.
    pub fn log(
        &mut self,
        catalog: &Catalog,
        packet: &[u8],
        rcode: u8,
        between: &Between,
        now: Duration,
        counters: &Counters,
    ) {
        let mut name = Name::root();
        let bare = match query::read(packet, &mut name) {
            Err(Unanswerable::Signed(at)) => tsig::bare(packet, at).map(Cow::Owned),
            _ => Some(Cow::Borrowed(packet)),
        };
        let Some(Ok(query)) = bare.as_deref().map(|bare| query::read(bare, &mut name)) else {
            return; // No zone answered.
        };
        let Some((zone, group)) = logged(catalog, &name, query.rtype) else {
            return;
        };
        let line = Line {
            at: now,
            zone_id: &zone.id,
            query: &query,
            rcode,
            transport: between.transport,
            edge: &self.edge,
            resolver: between.client.ip(),
        };
        let entry = &mut self.scratch;
        entry.clear();
        entry.extend_from_slice(&(group.len() as u16).to_be_bytes()); // At most 512 (R-LOG-1).
        entry.extend_from_slice(group.as_bytes());
        let at = entry.len();
        entry.extend_from_slice(&[0; LENGTH]);
        line.write(entry);
        let octets = (entry.len() - at - LENGTH) as u16; // A name takes at most 1,004 octets, the rest less.
        entry[at..at + LENGTH].copy_from_slice(&octets.to_be_bytes());
        match self.log.push_entire_slice(entry) {
            Ok(()) => counters.query_log_lines.add(),
            Err(_) => counters.query_log_dropped.add(),
        }
    }
}
