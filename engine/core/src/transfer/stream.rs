//! A transfer under way: message after message, each made when there is room for it.
//!
//! ```text
//! AXFR   SOA ─ shard ─ shard ─ … ─ SOA              (RFC 5936 §2.2)
//! IXFR   SOA ─ difference ─ difference ─ … ─ SOA    (RFC 1995 §4)
//! IXFR   SOA                                        nothing has changed, or the sender is ahead (RFC 1995 §2)
//! ```
//!
//! Memory: the records of one part, which is a shard or a difference, each at most about 1 MiB.

use std::sync::Arc;

use super::journal::{self, Difference};
use super::message::{OPT, Reached, Writer};
use super::records::Records;
use crate::image::Zone;
use crate::name::{Name, Owner};
use crate::query::{Query, rtype, serial_held};
use crate::snapshot::Snapshot;
use crate::tsig::Signer;

/// Octets of a message: compression reaches no further, so that longer ones would hold no more (RFC 5936 §3.4).
const USUAL: usize = 16_384;
/// Octets of a message with one record that is longer.
const LONGEST: usize = 65_535;

/// A transfer under way.
pub struct Stream {
    _running: Arc<()>,
    snapshot: Arc<Snapshot>,
    apex: Owner,
    /// Header and question of the query.
    asked: Box<[u8]>,
    /// OPT of the first message, if the query had one (RFC 5936 §2.2.5).
    edns: Option<Reached>,
    signer: Option<Signer>,
    body: Body,
    /// The part that comes next.
    part: usize,
    /// The part that is being sent.
    records: Records,
    at: usize,
}

/// What stands between the SOA records at both ends.
enum Body {
    /// Every shard.
    Whole,
    /// What has changed.
    Changes(Box<[Arc<Difference>]>),
    /// Nothing: one SOA record is all.
    Nothing,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// A message of so many octets.
    Message(usize),
    /// It was sent whole.
    End,
    /// It cannot go on: a record is larger than any message.
    Stuck,
}

impl Stream {
    /// Begins to send a zone of this snapshot, which may be sent.
    pub(super) fn new(
        snapshot: &Arc<Snapshot>,
        running: &Arc<()>,
        zone: &Zone,
        query: &Query<'_>,
        signer: Option<Signer>,
    ) -> Self {
        let body = match serial_held(query).filter(|_| query.rtype == rtype::IXFR) {
            Some(serial) => Body::since(zone, serial),
            None => Body::Whole,
        };
        Self {
            _running: Arc::clone(running),
            snapshot: Arc::clone(snapshot),
            apex: zone.apex.clone(),
            asked: query.packet[..query.question_end].into(),
            edns: Reached::new(query.edns, snapshot.settings.udp_payload),
            signer,
            body,
            part: 0,
            records: Records::default(),
            at: 0,
        }
    }

    /// Writes the next message into `out`, which has room for the longest. `now` is in seconds since 1970.
    pub fn next(&mut self, out: &mut [u8], now: u64) -> Next {
        let reserved = self.signer.as_ref().map_or(0, Signer::octets) + OPT;
        let mut writer = Writer::new(&self.asked, out);
        loop {
            let Some((owner, record, after)) = self.records.at(self.at) else {
                if self.take_up_next() { continue } else { break }
            };
            let limit = if writer.is_empty() { LONGEST } else { USUAL };
            if !writer.put(self.apex.wire(), owner, record, limit - reserved) {
                break;
            }
            self.at = after;
        }
        if writer.is_empty() {
            return if self.records.at(self.at).is_none() { Next::End } else { Next::Stuck };
        }
        let length = writer.finish(self.edns.take());
        Next::Message(self.signer.as_mut().map_or(length, |signer| signer.sign(out, length, now)))
    }

    /// Takes up the records of the next part; false: there is none.
    fn take_up_next(&mut self) -> bool {
        let name = Name::from_wire(self.apex.wire()).ok();
        let Some(zone) = name.and_then(|name| self.snapshot.catalog.public().at(&name, 0)) else {
            return false; // Not so: the snapshot has had it from the start.
        };
        let between = match &self.body {
            Body::Whole => zone.shards().len(),
            Body::Changes(differences) => differences.len(),
            Body::Nothing => 0,
        };
        let last = if matches!(self.body, Body::Nothing) { 0 } else { between + 1 };
        if self.part > last {
            return false;
        }
        self.records.clear();
        self.at = 0;
        match (&self.body, self.part) {
            (_, part) if part == 0 || part == last => put_soa(zone, &mut self.records),
            (Body::Changes(differences), part) => self.records.extend(&differences[part - 1].records),
            (_, part) => put_shard(zone, part - 1, &mut self.records),
        }
        self.part += 1;
        true
    }
}

impl Body {
    /// What a sender needs who has this serial (RFC 1995 §4: what is not at hand is replaced by the whole zone).
    fn since(zone: &Zone, serial: u32) -> Self {
        let current = zone.soa().map_or(0, |soa| journal::serial(soa.octets()));
        if !journal::is_newer(current, serial) {
            return Self::Nothing;
        }
        let differences = zone.journal.as_ref().and_then(|journal| journal.since(serial));
        differences.map_or(Self::Whole, |differences| Self::Changes(differences.into()))
    }
}

fn put_soa(zone: &Zone, records: &mut Records) {
    if let Some(soa) = zone.soa() {
        records.push(zone.apex.wire(), soa.octets());
    }
}

/// The records of one shard but the SOA, which stands at both ends (RFC 5936 §2.2).
fn put_shard(zone: &Zone, index: usize, records: &mut Records) {
    for (owner, rtype, set) in zone.shards()[index].sets() {
        if rtype != rtype::SOA || owner != zone.apex.wire() {
            set.records().for_each(|record| records.push(owner, record));
        }
    }
}
