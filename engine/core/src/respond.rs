//! The one door to the data plane: a packet in, a reply out (architecture §6.1).
//!
//! A pure function of snapshot, packet, client, transport and draw: no lock, no allocation, no
//! clock. Sockets, tests, fuzzers, benches and `explain` all come through here.

use std::net::IpAddr;

use crate::ahead::Foreseen;
use crate::answer::{self, Full, Reply, Section, ede};
use crate::counters::Counters;
use crate::decide::{self, Circumstances, Client, Draw, Outcome, Shortcuts};
use crate::image::records::{FIXED, target_at};
use crate::image::{At, Found, RecordSet, Zone};
use crate::lookup::{Place, lookup};
use crate::name::{self, Name};
use crate::options::{Told, about_us};
use crate::query::{HEADER, Query, Unanswerable, rcode, rtype};
use crate::snapshot::Snapshot;
use crate::trace::{self, NoTrace, Step, Trace};
use crate::transfer;
use crate::tsig;

/// How a packet came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// One datagram; the reply has a size limit.
    Udp,
    /// A stream; the reply may have 65,535 octets.
    Tcp,
}

/// Where a packet came from, how and when, and what chance it is given.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// Who asks.
    pub resolver: IpAddr,
    /// How it came.
    pub transport: Transport,
    /// Where chance is taken from.
    pub draw: u64,
    /// Seconds since 1970, the low 32 bits; only cookies and signatures depend on it.
    pub now: u32,
    /// How long the connection may be idle, in units of 100 ms (RFC 7828 §3.1).
    pub idle: u16,
    /// Octets of the signature that comes behind the reply.
    pub signature: usize,
    /// Which of our keys has signed it (RFC 8945), once that was looked at.
    pub key: Option<usize>,
}

impl Arrival {
    /// A packet at the beginning of time, on a connection that may be idle for 10 s.
    pub const fn new(resolver: IpAddr, transport: Transport, draw: u64) -> Self {
        Self { resolver, transport, draw, now: 0, idle: 100, key: None, signature: 0 }
    }
}

/// What a thread works with from packet to packet: made once, as it is large.
#[derive(Debug)]
pub struct Workspace {
    /// The name in question.
    pub name: Name,
    /// Found under one snapshot: to be forgotten when that changes.
    pub shortcuts: Shortcuts,
}

impl Workspace {
    /// Of a thread that answers many packets.
    pub fn lasting() -> Self {
        Self { name: Name::root(), shortcuts: Shortcuts::kept() }
    }

    /// For one packet: takes no memory, and keeps no shortcuts.
    pub fn passing() -> Self {
        Self { name: Name::root(), shortcuts: Shortcuts::default() }
    }
}

/// What one packet is answered with: its name, and what was found under this snapshot.
#[derive(Debug)]
pub struct Work<'w> {
    /// The name in question.
    pub name: &'w mut Name,
    /// As in the workspace.
    pub shortcuts: &'w mut Shortcuts,
}

/// CNAMEs followed inside a zone for one answer; longer chains are cut, the resolver goes on.
const MAX_CHAIN: usize = 16;

/// Writes the reply to `packet` into `out` and returns its length in octets; 0: no reply is due.
///
/// The reply keeps to the room that `out` has: at least 512 octets for UDP, 65,535 for TCP. `work`
/// changes nothing in it.
pub fn respond(
    snapshot: &Snapshot,
    packet: &[u8],
    arrival: &Arrival,
    counters: &Counters,
    work: &mut Workspace,
    out: &mut [u8],
) -> usize {
    respond_traced(snapshot, packet, arrival, counters, work, out, &mut NoTrace)
}

/// As `respond`, telling `trace` each step.
pub fn respond_traced<T: Trace>(
    snapshot: &Snapshot,
    packet: &[u8],
    arrival: &Arrival,
    counters: &Counters,
    work: &mut Workspace,
    out: &mut [u8],
    trace: &mut T,
) -> usize {
    let foreseen = Foreseen::read(packet, &mut work.name);
    let work = Work { name: &mut work.name, shortcuts: &mut work.shortcuts };
    respond_foreseen(snapshot, packet, &foreseen, arrival, counters, work, out, trace)
}

/// As `respond`, for a packet that was looked at before; `work` has its name.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "what `respond_traced` has, and what is known of the packet")]
pub fn respond_foreseen<T: Trace>(
    snapshot: &Snapshot,
    packet: &[u8],
    foreseen: &Foreseen<'_, '_>,
    arrival: &Arrival,
    counters: &Counters,
    work: Work<'_>,
    out: &mut [u8],
    trace: &mut T,
) -> usize {
    match arrival.transport {
        Transport::Udp => counters.queries_udp.add(),
        Transport::Tcp => counters.queries_tcp.add(),
    }
    let query = match &foreseen.read {
        Ok(query) => query,
        Err(Unanswerable::Signed(at)) => {
            return respond_signed(snapshot, packet, *at, arrival, counters, work, out, trace);
        }
        Err(Unanswerable::Runt) => {
            counters.dropped.add();
            return 0;
        }
        Err(Unanswerable::Response) => {
            counters.dropped.add();
            counters.dropped_responses.add();
            return 0;
        }
        Err(Unanswerable::Header(rcode)) => {
            count(counters, *rcode, false, 0);
            return answer::header_only(packet, *rcode, out);
        }
    };
    counters.types.add(query.rtype);
    if query.is_plain() {
        return reply(snapshot, query, foreseen, work, arrival, None, None, counters, out, trace);
    }
    reply_beside(snapshot, query, foreseen, work, arrival, counters, out, trace)
}

/// Looks at a query's signature, and signs the reply (RFC 8945 §5). `at` is where the signature begins.
#[cold]
#[expect(clippy::too_many_arguments, reason = "what `respond_traced` has, and where the signature is")]
fn respond_signed<T: Trace>(
    snapshot: &Snapshot,
    packet: &[u8],
    at: usize,
    arrival: &Arrival,
    counters: &Counters,
    work: Work<'_>,
    out: &mut [u8],
    trace: &mut T,
) -> usize {
    let (settings, now) = (&snapshot.settings, u64::from(arrival.now));
    let Some(mut opened) = tsig::open(&settings.transfers.keys, packet, at, now) else {
        count(counters, rcode::FORMERR, false, 0);
        return answer::header_only(packet, rcode::FORMERR, out);
    };
    let foreseen = Foreseen::read(&opened.packet, work.name);
    let Ok(query) = &foreseen.read else {
        count(counters, rcode::FORMERR, false, 0);
        let length = answer::header_only(packet, rcode::FORMERR, out);
        return opened.signer.sign(out, length, now);
    };
    // A datagram has as much less room as the signature takes, of which the names may be as long as names can be.
    let room = size_limit(query, arrival.transport, settings.udp_payload_without_cookie).min(out.len());
    let most = room.saturating_sub(opened.signer.octets());
    if most < query.question_end + answer::LEAST {
        count(counters, rcode::FORMERR, false, 0);
        return answer::header_only(packet, rcode::FORMERR, out);
    }
    let arrival = &Arrival { key: opened.key, signature: opened.signer.octets(), ..*arrival };
    let length = match opened.key {
        None => not_authorized(query, settings.udp_payload, most, counters, out),
        Some(_) => reply_beside(snapshot, query, &foreseen, work, arrival, counters, &mut out[..most], trace),
    };
    opened.signer.sign(out, length, now)
}

/// The signature shows nothing; it says itself why.
fn not_authorized(query: &Query<'_>, payload: u16, size: usize, counters: &Counters, out: &mut [u8]) -> usize {
    count(counters, rcode::NOTAUTH, false, 0);
    Reply::new(out, query, size, payload, None).finish(rcode::NOTAUTH)
}

/// Replies where more than an answer may be due: options that are asked for, or a word about ourselves.
#[cold]
#[expect(clippy::too_many_arguments, reason = "what `reply` has")]
fn reply_beside<T: Trace>(
    snapshot: &Snapshot,
    query: &Query<'_>,
    foreseen: &Foreseen<'_, '_>,
    work: Work<'_>,
    arrival: &Arrival,
    counters: &Counters,
    out: &mut [u8],
    trace: &mut T,
) -> usize {
    let settings = &snapshot.settings;
    let told = query.asked().map(|asked| Told::new(&asked, settings, arrival));
    let about_us = about_us(query, work.name.wire(), settings);
    reply(snapshot, query, foreseen, work, arrival, told.as_ref(), about_us, counters, out, trace)
}

/// Replies to a query that was understood.
///
/// Inlined, so that plain queries pay for nothing that they do not ask for.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "one body of two callers, each of which knows some of it before")]
fn reply<T: Trace>(
    snapshot: &Snapshot,
    query: &Query<'_>,
    foreseen: &Foreseen<'_, '_>,
    work: Work<'_>,
    arrival: &Arrival,
    told: Option<&Told<'_>>,
    about_us: Option<&[u8]>,
    counters: &Counters,
    out: &mut [u8],
    trace: &mut T,
) -> usize {
    let payload = snapshot.settings.udp_payload;
    let is_known = told.is_some_and(Told::is_of_known_client);
    let most = if is_known { payload } else { snapshot.settings.udp_payload_without_cookie };
    let size = size_limit(query, arrival.transport, most);
    let mut reply = Reply::new(out, query, size, payload, told);
    let subnet = query.edns.as_ref().and_then(|edns| edns.client_subnet);
    let mut circumstances = Circumstances::new(
        &snapshot.health,
        &snapshot.outside,
        Client::new(&snapshot.places, &snapshot.settings, arrival.resolver, subnet)
            .foreseen(foreseen.address, foreseen.located),
        Draw::new(arrival.draw),
    );
    trace.step(|| client_step(&circumstances.client));
    let is_prohibited = snapshot.settings.access.as_ref().is_some_and(|access| access.refuses(arrival.resolver));
    if is_prohibited {
        counters.prohibited.add();
        trace.step(|| Step::Prohibited { client: arrival.resolver.to_string() });
    }
    let Work { name, shortcuts } = work;
    let mut answering =
        Answering { reply: &mut reply, name, circumstances: &mut circumstances, shortcuts, counters, trace };
    let refusal = if is_prohibited {
        Some((rcode::REFUSED, Some(ede::PROHIBITED)))
    } else {
        refusal(query, told, about_us.is_some())
    };
    let rcode = match (refusal, about_us) {
        (None, Some(text)) => answering.about_us(text),
        (None, None) => {
            let rcode = answering.in_catalog(snapshot, query, foreseen, arrival);
            let scope = answering.circumstances.client.scope();
            reply.scope = scope;
            rcode
        }
        // Without a reason of its own: it is about a transfer, and `transfer` knows more.
        (Some((rcode::REFUSED, None)), _) => answering.transfer(snapshot, query, arrival),
        (Some((rcode, error)), _) => {
            reply.error = error;
            rcode
        }
    };
    count(counters, rcode, reply.truncated, referral_or_answers(&reply));
    if reply.truncated {
        counters.truncated.add();
    }
    reply.finish(rcode)
}

/// Largest reply in octets (RFC 6891 §6.2.3, R-DNS-1); `payload` is the most that we send over UDP.
fn size_limit(query: &Query<'_>, transport: Transport, payload: u16) -> usize {
    match (transport, query.edns) {
        (Transport::Tcp, _) => usize::from(u16::MAX),
        (Transport::Udp, None) => 512,
        (Transport::Udp, Some(edns)) => usize::from(edns.payload.clamp(512, payload.max(512))),
    }
}

/// Questions that are understood but not taken, with RCODE and Extended DNS Error. `is_about_us`: we have a text of
/// class CHAOS for it.
fn refusal(query: &Query<'_>, told: Option<&Told<'_>>, is_about_us: bool) -> Option<(u16, Option<u16>)> {
    if query.edns.is_some_and(|edns| edns.version != 0) {
        return Some((rcode::BADVERS, None));
    }
    if let Some(rcode) = told.and_then(|told| told.refusal) {
        return Some((rcode, None));
    }
    match query.rtype {
        _ if is_about_us => None,
        _ if !query.is_internet() => Some((rcode::REFUSED, Some(ede::NOT_SUPPORTED))),
        rtype::AXFR | rtype::IXFR => Some((rcode::REFUSED, None)),
        128..=254 => Some((rcode::NOTIMP, Some(ede::NOT_SUPPORTED))), // Meta types (RFC 6895 §3.1).
        _ => None,
    }
}

/// What is added for a name that an answer leads to.
const ADDRESSES: [u16; 2] = [rtype::A, rtype::AAAA];
/// Octets of a service binding's RDATA before its target: the priority (RFC 9460 §2.2).
const SERVICE_TARGET: usize = 2;

/// What is at hand while one question is answered.
struct Answering<'w, 'a, 'o, 'q, T> {
    reply: &'w mut Reply<'o, 'q>,
    /// The name in question: the one asked for, then each that a CNAME leads to.
    name: &'w mut Name,
    circumstances: &'w mut Circumstances<'a>,
    shortcuts: &'w mut Shortcuts,
    counters: &'w Counters,
    trace: &'w mut T,
}

/// What one name of a CNAME chain came to.
enum Link {
    /// The answer is complete, with this RCODE.
    Done(u16),
    /// A CNAME was added whose RDATA begins there.
    Follow(usize),
}

impl<'a, T: Trace> Answering<'_, 'a, '_, '_, T> {
    /// What we say of ourselves.
    fn about_us(&mut self, text: &[u8]) -> u16 {
        self.reply.authoritative = true;
        self.reply.add_text(text).unwrap_or_else(|Full| self.reply.truncate());
        rcode::NOERROR
    }

    /// A query for a transfer that is none of a stream's: why not, or the SOA record, which tells whether TCP is
    /// worth it and fits for sure (RFC 1995 §2).
    #[cold]
    fn transfer(&mut self, snapshot: &Snapshot, query: &Query<'_>, arrival: &Arrival) -> u16 {
        match transfer::for_datagram(snapshot, query, self.name, arrival) {
            Ok(soa) => {
                self.reply.authoritative = true;
                let added = self.reply.add(Section::Answer, soa, HEADER, &mut self.circumstances.draw);
                added.unwrap_or_else(|Full| self.reply.truncate());
                rcode::NOERROR
            }
            Err(refusal) => {
                let (rcode, error, text) = refusal.told();
                (self.reply.error, self.reply.error_text) = (Some(error), text);
                rcode
            }
        }
    }

    /// Finds the zone (routing.md §3.1) and answers from it.
    fn in_catalog(
        &mut self,
        snapshot: &'a Snapshot,
        query: &Query<'_>,
        foreseen: &Foreseen<'_, 'a>,
        arrival: &Arrival,
    ) -> u16 {
        let (mut found, mut node) = (None, None);
        if snapshot.catalog.has_private() {
            found = self.in_view(snapshot, query.rtype, arrival.resolver);
        }
        if found.is_none() {
            found = foreseen.zone.or_else(|| snapshot.catalog.public().answering(self.name, query.rtype));
            node = foreseen.found;
            self.trace.step(|| zone_step(found.map(|(zone, _)| zone), None));
        }
        let Some((zone, apex)) = found else {
            self.reply.error = Some(ede::NOT_AUTHORITATIVE);
            return rcode::REFUSED;
        };
        if zone.is_watched {
            count_for(zone, self.counters);
        }
        let apex = HEADER + self.name.start(apex);
        self.in_zone(zone, apex, query.rtype, node).unwrap_or_else(|Full| {
            self.reply.truncate();
            rcode::NOERROR
        })
    }

    /// The private zone that holds the name, for a client of a network view (R-PVT-6): by the address that it asks
    /// from, as anybody can write a client subnet.
    #[inline(never)]
    fn in_view(&mut self, snapshot: &'a Snapshot, asked: u16, resolver: IpAddr) -> Option<(&'a Zone, usize)> {
        let view = snapshot.places.views.as_deref()?.find(resolver)?;
        let found = snapshot.catalog.seen_from(&view.id)?.answering(self.name, asked)?;
        self.circumstances.client = Client::in_view(&snapshot.places, &snapshot.settings, resolver, view);
        self.trace.step(|| client_step(&self.circumstances.client));
        self.trace.step(|| zone_step(Some(found.0), Some(&view.id)));
        Some(found)
    }

    /// Answers from a zone, along CNAMEs as long as they stay in it (R-SEL-9). `apex` is where
    /// the zone's name stands in the message.
    fn in_zone(
        &mut self,
        zone: &Zone,
        apex: usize,
        asked: u16,
        foreseen: Option<Option<Found<'_>>>,
    ) -> Result<u16, Full> {
        self.reply.authoritative = true;
        let (mut owner, mut foreseen) = (HEADER, foreseen);
        for _ in 0..MAX_CHAIN {
            match self.one_name(zone, apex, owner, asked, foreseen.take())? {
                Link::Done(rcode) => return Ok(rcode),
                Link::Follow(target) if self.moves_to(zone, target) => owner = target,
                Link::Follow(_) => break,
            }
        }
        // The chain leads on elsewhere, or round: its CNAMEs are a positive answer.
        self.authority(zone, apex, rtype::CNAME);
        Ok(rcode::NOERROR)
    }

    /// Answers for the name in question, whose own place in the message is `owner`.
    fn one_name<'z>(
        &mut self,
        zone: &'z Zone,
        apex: usize,
        owner: usize,
        asked: u16,
        foreseen: Option<Option<Found<'z>>>,
    ) -> Result<Link, Full> {
        let exact = foreseen.unwrap_or_else(|| zone.find(self.name, 0));
        let place = lookup(zone, self.name, asked, exact);
        self.trace.step(|| name_step(self.name, place));
        match place {
            Place::AtName(found) | Place::AtWildcard(found, _) => self.at_node(zone, apex, owner, asked, found),
            Place::BelowCut(cut, suffix) => {
                let ancestor = owner + self.name.start(suffix);
                self.referral(zone, cut, ancestor).map(Link::Done)
            }
            Place::Nothing(_) => self.negative(zone, apex, rcode::NXDOMAIN).map(Link::Done),
        }
    }

    fn at_node(&mut self, zone: &Zone, apex: usize, owner: usize, asked: u16, found: Found<'_>) -> Result<Link, Full> {
        // Of all types, one RRset is answer enough (RFC 8482 §4.1).
        let rtype = if asked == rtype::ANY { found.first_type().unwrap_or(asked) } else { asked };
        if let Some(at) = found.group(rtype) {
            return self.group(zone, apex, owner, rtype, at).map(Link::Done);
        }
        match found.group(rtype::CNAME) {
            Some(at) => self.cname(zone, apex, owner, at),
            None => self.negative(zone, apex, rcode::NOERROR).map(Link::Done),
        }
    }

    fn group(&mut self, zone: &Zone, apex: usize, owner: usize, rtype: u16, at: At<'_>) -> Result<u16, Full> {
        let start = self.reply.position();
        match self.decide(zone, rtype, at) {
            Outcome::One(set) => self.reply.add(Section::Answer, set, owner, &mut self.circumstances.draw)?,
            Outcome::Several(sets) => self.several(&sets, owner)?,
            Outcome::NoData => return self.negative(zone, apex, rcode::NOERROR),
            Outcome::Unresolved => return Ok(self.unresolved()),
            Outcome::Failure(reason) => return Ok(self.failure(reason)),
        }
        let end = self.reply.position();
        self.authority(zone, apex, rtype);
        match rtype {
            rtype::SVCB | rtype::HTTPS => self.services(zone, rtype, owner, start, end),
            _ => self.addresses(zone, rtype, start, end),
        }
        Ok(rcode::NOERROR)
    }

    fn cname(&mut self, zone: &Zone, apex: usize, owner: usize, at: At<'_>) -> Result<Link, Full> {
        let start = self.reply.position();
        match self.decide(zone, rtype::CNAME, at) {
            Outcome::One(set) => self.reply.add(Section::Answer, set, owner, &mut self.circumstances.draw)?,
            Outcome::NoData => return self.negative(zone, apex, rcode::NOERROR).map(Link::Done),
            Outcome::Several(_) => return Ok(Link::Done(self.failure("several CNAME records"))),
            Outcome::Unresolved => return Ok(Link::Done(self.unresolved())),
            Outcome::Failure(reason) => return Ok(Link::Done(self.failure(reason))),
        }
        Ok(Link::Follow(self.reply.rdata(start)))
    }

    fn decide<'z>(&mut self, zone: &'z Zone, rtype: u16, at: At<'z>) -> Outcome<'z>
    where
        'a: 'z,
    {
        decide::decide(zone, self.name.wire(), rtype, at, self.circumstances, self.shortcuts, self.trace)
    }

    fn unresolved(&mut self) -> u16 {
        self.reply.error = Some(ede::NO_REACHABLE_AUTHORITY);
        rcode::SERVFAIL
    }

    fn failure(&mut self, reason: &'static str) -> u16 {
        self.trace.step(|| Step::Failure { reason: reason.into() });
        self.reply.error = Some(ede::OTHER);
        rcode::SERVFAIL
    }

    /// Several sets as one RRset: no value twice, the lowest TTL for all (R-MVA-5, R-MVA-6).
    fn several(&mut self, sets: &[Option<RecordSet<'_>>], owner: usize) -> Result<(), Full> {
        let start = self.reply.position();
        let ttl = sets.iter().flatten().filter_map(|set| set.ttl()).min().unwrap_or(0);
        for record in sets.iter().flatten().flat_map(|set| set.records()) {
            self.reply.add_distinct(Section::Answer, record, ttl, start, owner)?;
        }
        Ok(())
    }

    /// Makes the CNAME target at `position` the name in question. False: the chain ends here, as
    /// the target is outside the zone or was there before.
    fn moves_to(&mut self, zone: &Zone, position: usize) -> bool {
        let written = self.reply.written();
        if self.name.read(&written[position..]).is_err() || !self.name.is_at_or_below(&zone.apex) {
            return false;
        }
        let wire = self.name.wire();
        let is = |at: usize| written[at..].get(..wire.len()).is_some_and(|owner| owner.eq_ignore_ascii_case(wire));
        let mut record = self.reply.question_end();
        // Each CNAME so far has its owner at the question or in the RDATA of the one before.
        let mut owner = HEADER;
        while record < written.len() {
            if is(owner) {
                return false;
            }
            owner = self.reply.rdata(record);
            record = self.reply.rdata_end(record);
        }
        self.trace.step(|| Step::Cname { target: name::text(wire) });
        true
    }

    /// No such name, or no such type: the SOA tells for how long (RFC 2308 §3).
    fn negative(&mut self, zone: &Zone, apex: usize, rcode: u16) -> Result<u16, Full> {
        self.reply.add_in_order(Section::Authority, zone.negative(), apex)?;
        Ok(rcode)
    }

    /// The zone's NS records beside a positive answer (R-SEL-7); left out where there is no room,
    /// or where they are the answer.
    fn authority(&mut self, zone: &Zone, apex: usize, rtype: u16) {
        if rtype == rtype::NS && self.name.count() == zone.apex.labels() {
            return;
        }
        // No room is no harm here.
        let _ = self.reply.add_in_order(Section::Authority, zone.ns(), apex);
    }

    /// The way to a delegated zone: its NS records and the addresses of those that lie in our
    /// zone (RFC 1034 §4.3.2 step 3b). `owner` is where the delegation's name stands.
    fn referral(&mut self, zone: &Zone, cut: Found<'_>, owner: usize) -> Result<u16, Full> {
        let Some(at) = cut.group(rtype::NS) else {
            return Ok(self.failure("a delegation without NS records"));
        };
        let Outcome::One(set) = self.decide(zone, rtype::NS, at) else {
            return Ok(self.failure("a delegation that is no plain record set"));
        };
        self.reply.authoritative = self.reply.count(Section::Answer) > 0;
        let start = self.reply.position();
        self.reply.add_in_order(Section::Authority, set, owner)?;
        let end = self.reply.position();
        self.glue(zone, cut, start, end)
    }

    /// Addresses of the name servers named in the records of `start..end`. Those below the cut
    /// cannot be learned elsewhere: without room for them the reply is truncated (RFC 9471 §3).
    fn glue(&mut self, zone: &Zone, cut: Found<'_>, start: usize, end: usize) -> Result<u16, Full> {
        let cut_name = cut.shard.name(cut.node);
        let mut at = start;
        while at < end {
            let position = self.reply.rdata(at);
            let added = self.records_of(zone, position, &ADDRESSES);
            if added.is_err() && self.name.has_suffix(cut_name) {
                return Err(Full);
            }
            at = self.reply.rdata_end(at);
        }
        Ok(rcode::NOERROR)
    }

    /// Addresses of the in-zone targets of the NS, MX or SRV records of `start..end` (R-SEL-7),
    /// as far as there is room.
    fn addresses(&mut self, zone: &Zone, rtype: u16, start: usize, end: usize) {
        let (Some(offset), false) = (target_at(rtype), rtype == rtype::CNAME) else {
            return;
        };
        let mut at = start;
        while at < end {
            let known = self.leads_where_one_before_did(start, at, offset);
            if !known && self.records_of(zone, self.reply.rdata(at) + offset, &ADDRESSES).is_err() {
                return;
            }
            at = self.reply.rdata_end(at);
        }
    }

    /// Whether a record of `start..at` has the same target as the one at `at`: SRV records of one
    /// host on several ports do. The target begins `offset` octets into the RDATA.
    fn leads_where_one_before_did(&self, start: usize, at: usize, offset: usize) -> bool {
        let target = |record| &self.reply.written()[self.reply.rdata(record) + offset..self.reply.rdata_end(record)];
        let mut record = start;
        while record < at && !target(record).eq_ignore_ascii_case(target(at)) {
            record = self.reply.rdata_end(record);
        }
        record < at
    }

    /// What helps with the service bindings of `start..end` (RFC 9460 §4.1): the addresses of their in-zone targets,
    /// and of an alias's target the bindings as well, as far as there is room. `owner` is where their name stands.
    #[inline(never)]
    fn services(&mut self, zone: &Zone, rtype: u16, owner: usize, start: usize, end: usize) {
        let mut at = start;
        while at < end {
            let target = self.service_target(at, owner);
            let known = self.services_before(start, at, owner).any(|before| self.is_same_name(before, target));
            let alone = [rtype, rtype::A, rtype::AAAA];
            let types = if self.is_alias_mode(at) { &alone[..] } else { &ADDRESSES };
            // An alias of itself is an answer already.
            let of_itself = self.is_alias_mode(at) && self.is_same_name(owner, target);
            if !known && !of_itself && self.records_of(zone, target, types).is_err() {
                return;
            }
            at = self.reply.rdata_end(at);
        }
    }

    /// Where the target of the service binding at `at` stands; the root means the owner in ServiceMode
    /// (RFC 9460 §2.5.2), and in AliasMode that there is no service, which has no address (§2.5.1).
    fn service_target(&self, at: usize, owner: usize) -> usize {
        let target = self.reply.rdata(at) + SERVICE_TARGET;
        let is_root = self.reply.written().get(target) == Some(&0);
        if is_root && !self.is_alias_mode(at) { owner } else { target }
    }

    /// The targets of the service bindings of `start..at`.
    fn services_before(&self, start: usize, at: usize, owner: usize) -> impl Iterator<Item = usize> {
        let next = |&record: &usize| Some(self.reply.rdata_end(record));
        let records = std::iter::successors(Some(start), next).take_while(move |&record| record < at);
        records.map(move |record| self.service_target(record, owner))
    }

    /// Whether the service binding at `at` has priority 0 (RFC 9460 §2.4.1).
    fn is_alias_mode(&self, at: usize) -> bool {
        self.reply.written()[self.reply.rdata(at)..].starts_with(&[0, 0])
    }

    /// Whether the same name stands in both places, in any spelling.
    fn is_same_name(&self, one: usize, other: usize) -> bool {
        let written = self.reply.written();
        name::uncompressed(written, one).is_some_and(|name| {
            name::uncompressed(written, other).is_some_and(|other| name.eq_ignore_ascii_case(other))
        })
    }

    /// Adds the records of these types of the name at `position` of the message, if it is in the zone.
    fn records_of(&mut self, zone: &Zone, position: usize, types: &[u16]) -> Result<(), Full> {
        if self.name.read(&self.reply.written()[position..]).is_err() || !self.name.is_at_or_below(&zone.apex) {
            return Ok(());
        }
        let Some(found) = zone.find(self.name, 0) else {
            return Ok(());
        };
        for &rtype in types {
            let Some(at) = found.group(rtype) else { continue };
            match decide::decide(zone, self.name.wire(), rtype, at, self.circumstances, self.shortcuts, &mut NoTrace) {
                Outcome::One(set) => {
                    self.reply.add(Section::Additional, set, position, &mut self.circumstances.draw)?;
                }
                // Help is not owed: what is not one plain set is left to a question of its own.
                Outcome::Several(_) | Outcome::Unresolved | Outcome::NoData | Outcome::Failure(_) => {}
            }
        }
        Ok(())
    }
}

/// -1: a referral; else how many answers.
fn referral_or_answers(reply: &Reply<'_, '_>) -> i32 {
    if reply.authoritative { i32::from(reply.count(Section::Answer)) } else { -1 }
}

fn count(counters: &Counters, rcode: u16, truncated: bool, answers: i32) {
    let counter = match (rcode, answers) {
        (rcode::NOERROR, _) if truncated => &counters.answers,
        (rcode::NOERROR, ..0) => &counters.referrals,
        (rcode::NOERROR, 0) => &counters.no_data,
        (rcode::NOERROR, _) => &counters.answers,
        (rcode::NXDOMAIN, _) => &counters.name_errors,
        (rcode::REFUSED | rcode::NOTAUTH, _) => &counters.refused,
        (rcode::FORMERR, _) => &counters.format_errors,
        (rcode::NOTIMP, _) => &counters.not_implemented,
        (rcode::BADVERS, _) => &counters.bad_versions,
        (rcode::BADCOOKIE, _) => &counters.bad_cookies,
        _ => &counters.server_failures,
    };
    counter.add();
}

/// Counts a question for its zone. Apart, so that questions pay one comparison where nobody asks for it.
#[inline(never)]
pub(crate) fn count_for(zone: &Zone, counters: &Counters) {
    counters.zones.add(zone.number);
    if zone.log.is_some() {
        counters.logged.add();
    }
}

/// Which zone answers, None for no zone of ours; and the view that a private one is seen from.
fn zone_step(zone: Option<&Zone>, view: Option<&str>) -> Step {
    Step::Zone {
        id: zone.map(|zone| zone.id.to_string()),
        apex: zone.map(|zone| name::text(zone.apex.wire())),
        version: zone.map(|zone| zone.version),
        view: view.map(Into::into),
    }
}

fn client_step(client: &Client<'_>) -> Step {
    let places = client.places();
    let located = client.whereabouts();
    let known = |code: &str| (!code.is_empty()).then(|| code.to_owned());
    Step::Client {
        address: client.prefix().address().to_string(),
        prefix: client.prefix().length(),
        from: if client.is_subnet() { "client subnet" } else { "resolver" },
        continent: known(located.class.continent.as_str()),
        country: known(located.class.country.as_str()),
        subdivision: known(located.class.subdivision.as_str()),
        latitude: located.class.point.map(|point| point.latitude()),
        longitude: located.class.point.map(|point| point.longitude()),
        matched_prefix: located.prefix_length,
        source: places.geo.about().source.clone(),
        date: places.geo.about().date.clone(),
    }
}

fn name_step(name: &Name, place: Place<'_>) -> Step {
    let (found, by) = match place {
        Place::AtName(found) if found.first_type().is_none() => (trace::Place::EmptyNonTerminal, name.wire()),
        Place::AtName(_) => (trace::Place::Exact, name.wire()),
        Place::AtWildcard(found, _) => (trace::Place::Wildcard, found.shard.name(found.node)),
        Place::BelowCut(_, suffix) => (trace::Place::Delegation, name.suffix(suffix)),
        Place::Nothing(encloser) => (trace::Place::Nothing, name.suffix(encloser)),
    };
    Step::Name { name: name::text(name.wire()), found, by: name::text(by) }
}

const _: () = assert!(FIXED == 12, "rdata() and the encoding agree");
