//! Zone transfers: to whom, of what, and in which form (RFC 5936, RFC 1995).
//!
//! ```text
//! io/tcp ──▶ begin ──▶ stream: the zone, or what has changed, message by message
//!              └─ refused ──▶ respond ──▶ one message that says why
//! io/udp ────────────────────▶ respond ──▶ likewise, or the SOA record that tells whether TCP is worth it
//! ```
//!
//! A stream holds the snapshot that it began with, so it is of one version whatever is swapped meanwhile.

pub mod journal;
mod message;
mod records;
mod refusal;
mod stream;

use std::net::IpAddr;
use std::sync::Arc;

pub use refusal::Refusal;
pub use stream::{Next, Stream};

use crate::counters::Counters;
use crate::image::{RecordSet, Zone};
use crate::name::{Name, Owner};
use crate::networks::Networks;
use crate::query::{self, Query, Unanswerable, is_for_transfer, rtype, serial_held};
use crate::respond::{Arrival, Transport, count_for};
use crate::snapshot::Snapshot;
use crate::tsig::{self, Key};

/// Who may take zones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transfers {
    /// The keys that sign queries, of transfers and of any other kind.
    pub keys: Vec<Key>,
    /// Those who may.
    pub secondaries: Vec<Secondary>,
    /// Streams at once, of all connections.
    pub at_once: usize,
}

/// Somebody who may take zones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secondary {
    /// Where it asks from; none: from anywhere.
    pub networks: Networks,
    /// With which of the keys it signs; None: it need not.
    pub key: Option<usize>,
    /// What it may take; none: every zone.
    pub zones: Vec<Owner>,
}

impl Transfers {
    /// Whether anybody may take the zone of this name.
    pub fn has(&self, apex: &Owner) -> bool {
        self.secondaries.iter().any(|secondary| secondary.has(apex))
    }

    fn allows(&self, apex: &Owner, client: IpAddr, key: Option<usize>) -> bool {
        let mut asked = self.secondaries.iter().filter(|secondary| secondary.has(apex));
        asked.any(|secondary| secondary.is_at(client) && (secondary.key.is_none() || secondary.key == key))
    }
}

impl Secondary {
    fn has(&self, apex: &Owner) -> bool {
        self.zones.is_empty() || self.zones.contains(apex)
    }

    fn is_at(&self, client: IpAddr) -> bool {
        self.networks.is_empty() || self.networks.contain(client)
    }
}

/// Begins the transfer that a packet over TCP asks for. None: it asks for none, or not for one that may be, or there
/// is no room for it now; `respond` has the reply.
///
/// `running` is held by each stream that there is, and by one more. `name` is working space.
pub fn begin(
    snapshot: &Arc<Snapshot>,
    running: &Arc<()>,
    packet: &[u8],
    arrival: &Arrival,
    counters: &Counters,
    name: &mut Name,
) -> Option<Box<Stream>> {
    let transfers = &snapshot.settings.transfers;
    if !is_for_transfer(packet) || Arc::strong_count(running) > transfers.at_once {
        return None;
    }
    if snapshot.settings.access.as_ref().is_some_and(|access| access.refuses(arrival.resolver)) {
        return None;
    }
    let opened = match query::read(packet, name) {
        Err(Unanswerable::Signed(at)) => Some(tsig::open(&transfers.keys, packet, at, arrival.now.into())?),
        _ => None,
    };
    let key = opened.as_ref().and_then(|opened| opened.key);
    let (bare, signer) = opened.map_or((packet.into(), None), |opened| (opened.packet, Some(opened.signer)));
    let query = query::read(&bare, name).ok()?;
    let is_taken = query.is_internet() && query.edns.is_none_or(|edns| edns.version == 0);
    if !is_taken || (signer.is_some() && key.is_none()) {
        return None;
    }
    let zone = judge(snapshot, &query, name, &Arrival { key, ..*arrival }).ok()?;
    counters.queries_tcp.add();
    match query.rtype {
        rtype::IXFR => counters.ixfr.add(),
        _ => counters.axfr.add(),
    }
    counters.types.add(query.rtype);
    if zone.is_watched {
        count_for(zone, counters);
    }
    Some(Box::new(Stream::new(snapshot, running, zone, &query, signer)))
}

/// What a reply of one message says to a query for a transfer: why not, or the SOA record of the version served.
///
/// Over TCP, what may be sent and has come here has found no room.
pub fn for_datagram<'s>(
    snapshot: &'s Snapshot,
    query: &Query<'_>,
    name: &Name,
    arrival: &Arrival,
) -> Result<RecordSet<'s>, Refusal> {
    let zone = judge(snapshot, query, name, arrival)?;
    match (arrival.transport, query.rtype) {
        (Transport::Tcp, _) => Err(Refusal::Busy),
        (Transport::Udp, rtype::AXFR) => Err(Refusal::NotOverUdp),
        (Transport::Udp, _) => zone.soa().ok_or(Refusal::NotPlain),
    }
}

/// The zone that is asked for, if it may be sent.
fn judge<'s>(snapshot: &'s Snapshot, query: &Query<'_>, name: &Name, arrival: &Arrival) -> Result<&'s Zone, Refusal> {
    let zone = snapshot.catalog.public().at(name, 0).ok_or(Refusal::NoZone)?;
    if !snapshot.settings.transfers.allows(&zone.apex, arrival.resolver, arrival.key) {
        return Err(Refusal::NotAllowed);
    }
    if query.rtype == rtype::IXFR && serial_held(query).is_none() {
        return Err(Refusal::NoSerial);
    }
    if !zone.is_plain() || zone.soa().is_none() {
        return Err(Refusal::NotPlain);
    }
    Ok(zone)
}
