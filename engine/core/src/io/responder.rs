//! What each thread brings to a packet: its snapshot, its counters, its random draws, and who watches.

use std::array::from_fn;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::Guard;

use super::fetch;
use crate::ahead::{Foreseen, TOGETHER, look_ahead};
use crate::counters::Counters;
use crate::decide::Draw;
use crate::engine::{Engine, system_draw, system_seconds, system_time};
use crate::limit::{Limiter, Verdict, slip};
use crate::name::Name;
use crate::observe::{Between, Watcher};
use crate::options::is_of_known_client;
use crate::respond::{Arrival, Transport, Work, Workspace, respond, respond_foreseen};
use crate::snapshot::Snapshot;
use crate::trace::NoTrace;
use crate::transfer::{self, Next, Stream};

const HEADER: usize = 12; // octets, RFC 1035 §4.1.1
const QR: u8 = 0x80; // of the third octet: this is a response
const OPCODE_AND_RD: u8 = 0x79; // of the third octet: what a reply repeats
const RCODE: u8 = 0x0f; // of the fourth octet
const NOERROR: u8 = 0; // RFC 1035 §4.1.1
const SERVFAIL: u8 = 2; // RFC 1035 §4.1.1

/// Between whom a datagram went.
pub(super) trait Ends: Copy {
    /// Who sent it; None: it has no address, and there is no reply to it.
    fn client(self) -> Option<SocketAddr>;

    /// Where it was sent to; `own` is what is known of the socket that it came to.
    fn server(self, own: SocketAddr) -> SocketAddr;
}

/// A datagram that came, with room for the reply.
pub(super) struct Asked<'b, E> {
    pub(super) packet: &'b [u8],
    pub(super) ends: E,
    pub(super) out: &'b mut [u8],
    /// Takes the reply's length; 0: no reply is due.
    pub(super) octets: &'b mut usize,
}

/// One thread's way to answer. Holds the snapshot that the thread answers from.
pub(super) struct Responder {
    engine: Arc<Engine>,
    snapshot: Arc<Snapshot>,
    pub(super) counters: Arc<Counters>,
    started: Instant,
    /// Where datagrams are received, as far as it is known.
    pub(super) own: SocketAddr,
    pub(super) desk: Desk,
}

/// What a thread answers with.
pub(super) struct Desk {
    draws: Draw, // a new one for each query
    work: Workspace,
    names: Box<[Name; TOGETHER]>, // of packets that were looked at before they are answered
    now: u32,                     // seconds, read once a batch, and only if something depends on it
    limiter: Option<Limiter>,
    watcher: Watcher,
    came: Duration, // when this batch came, since 1970; read only if somebody watches
    /// How long a TCP connection may be idle, in units of 100 ms.
    pub(super) idle: u16,
    /// Where the packet in question was received, as far as it is known.
    pub(super) server: SocketAddr,
}

impl Responder {
    /// A responder for one thread; its counters are summed with those of all others.
    pub(super) fn new(engine: &Arc<Engine>) -> Self {
        let unknown = (Ipv4Addr::UNSPECIFIED, 0).into();
        Self {
            engine: Arc::clone(engine),
            snapshot: engine.snapshots().load_full(),
            counters: engine.register_counters(),
            started: Instant::now(),
            own: unknown,
            desk: Desk {
                draws: Draw::new(system_draw()),
                work: Workspace::lasting(),
                names: Box::new(from_fn(|_| Name::root())),
                now: 0,
                limiter: None,
                watcher: engine.observing().watcher(),
                came: Duration::ZERO,
                idle: 0,
                server: unknown,
            },
        }
    }

    /// With the rate limit that is set, of which this thread has its share of `threads`.
    pub(super) fn limited(mut self, threads: usize) -> Self {
        let limit = self.snapshot.settings.rate_limit.as_ref();
        self.desk.limiter = limit.map(|limit| Limiter::new(limit, threads, system_draw()));
        self
    }

    /// Takes up the current snapshot and lets go of an older one; once for each batch, and when idle.
    pub(super) fn refresh(&mut self) {
        let current = self.engine.snapshots().load();
        if !Arc::ptr_eq(&current, &self.snapshot) {
            self.snapshot = Guard::into_inner(current);
            self.desk.work.shortcuts.forget();
        }
        let settings = &self.snapshot.settings;
        if settings.cookies.is_some() || !settings.transfers.keys.is_empty() {
            self.desk.now = system_seconds();
        }
        if let Some(limiter) = &mut self.desk.limiter {
            limiter.set_time(self.started.elapsed().as_nanos() as u64);
        }
        if self.is_tapped() {
            self.desk.came = system_time();
        }
    }

    /// Whether somebody is told of each packet, and where it was received.
    pub(super) fn is_tapped(&self) -> bool {
        self.desk.watcher.is_tapped()
    }

    /// Answers datagrams, `TOGETHER` at most, having looked ahead for all of them.
    pub(super) fn answer_all<'b, E: Ends>(&mut self, datagrams: impl Iterator<Item = Asked<'b, E>>) {
        let (own, is_tapped) = (self.own, self.is_tapped());
        let (snapshot, counters, desk) = (&*self.snapshot, &*self.counters, &mut self.desk);
        let mut all = [const { None }; TOGETHER];
        for (asked, own) in datagrams.zip(&mut all) {
            *own = Some(asked);
        }
        let mut foreseen = [Foreseen::NOTHING; TOGETHER];
        let nobody = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let sender = |ends: E| ends.client().map_or(nobody, |client| client.ip());
        let packets = all.iter().flatten().map(|asked| (asked.packet, sender(asked.ends)));
        let (names, shortcuts) = (&mut desk.names, &desk.work.shortcuts);
        let look = || look_ahead(snapshot, packets, names, shortcuts, &mut foreseen, fetch);
        let is_seen = catch_unwind(AssertUnwindSafe(look)).is_ok();
        counters.panics.add_many(u64::from(!is_seen)); // Then each is answered alone.
        for (at, (asked, foreseen)) in all.iter_mut().flatten().zip(&foreseen).enumerate() {
            let Some(client) = asked.ends.client() else { continue };
            if is_no_client(client.port()) {
                counters.dropped.add();
                counters.dropped_ports.add();
                continue;
            }
            if is_tapped {
                desk.server = asked.ends.server(own);
            }
            let foreseen = is_seen.then_some((foreseen, at));
            *asked.octets = desk.answer(snapshot, counters, asked.packet, client, Transport::Udp, foreseen, asked.out);
        }
    }

    /// Writes the reply to `packet` into `out` and returns its length in octets; 0: no reply is due.
    pub(super) fn answer(&mut self, packet: &[u8], client: SocketAddr, transport: Transport, out: &mut [u8]) -> usize {
        self.desk.answer(&self.snapshot, &self.counters, packet, client, transport, None, out)
    }

    /// Begins the transfer that a packet over TCP asks for. None: `answer` has the reply.
    pub(super) fn begin_transfer(&mut self, packet: &[u8], client: SocketAddr) -> Option<Box<Stream>> {
        let (snapshot, running, name) = (&self.snapshot, &self.engine.transfers, &mut self.desk.work.name);
        let arrival = Arrival { now: self.desk.now, ..Arrival::new(client.ip(), Transport::Tcp, 0) };
        let logged = self.counters.logged.get();
        let work = || transfer::begin(snapshot, running, packet, &arrival, &self.counters, name);
        let stream = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            self.counters.panics.add();
            None
        })?;
        let log = (self.counters.logged.get() != logged).then_some(NOERROR);
        self.desk.tell(&self.snapshot, &self.counters, packet, client, Transport::Tcp, &[], log);
        Some(stream)
    }

    /// Writes the next message of a transfer to this client into `out`.
    pub(super) fn next_of(&mut self, stream: &mut Stream, client: SocketAddr, out: &mut [u8]) -> Next {
        let now = u64::from(self.desk.now);
        let next = catch_unwind(AssertUnwindSafe(|| stream.next(out, now))).unwrap_or_else(|_| {
            self.counters.panics.add();
            Next::Stuck
        });
        if let Next::Message(octets) = next {
            self.desk.tell(&self.snapshot, &self.counters, &[], client, Transport::Tcp, &out[..octets], None);
        }
        next
    }
}

impl Desk {
    /// As the responder's. `foreseen` is what is known of the packet already, and which of `names` is its name.
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "what a responder has beside its desk")]
    fn answer(
        &mut self,
        snapshot: &Snapshot,
        counters: &Counters,
        packet: &[u8],
        client: SocketAddr,
        transport: Transport,
        foreseen: Option<(&Foreseen<'_, '_>, usize)>,
        out: &mut [u8],
    ) -> usize {
        let draw = self.draws.next();
        let arrival = Arrival { now: self.now, idle: self.idle, ..Arrival::new(client.ip(), transport, draw) };
        let (work, names) = (&mut self.work, &mut self.names);
        let logged = counters.logged.get();
        let octets = guarded(packet, counters, out, |out| match foreseen {
            None => respond(snapshot, packet, &arrival, counters, work, out),
            Some((foreseen, at)) => {
                let work = Work { name: &mut names[at], shortcuts: &mut work.shortcuts };
                respond_foreseen(snapshot, packet, foreseen, &arrival, counters, work, out, &mut NoTrace)
            }
        });
        let is_logged = counters.logged.get() != logged;
        let octets = match &mut self.limiter {
            Some(limiter) if octets > 0 => {
                let (client, reply) = (client.ip(), &mut out[..octets]);
                let is_known = is_of_known_client(packet, reply, &snapshot.settings, &arrival, &mut self.work.name);
                if is_known || limiter.exempts(client) { octets } else { limited(limiter, client, reply, counters) }
            }
            _ => octets,
        };
        if is_logged || self.watcher.is_tapped() {
            // Without a reply, which the rate limit has taken, there is nothing to log.
            let log = out[..octets].get(3).filter(|_| is_logged).map(|flags| flags & RCODE);
            self.tell(snapshot, counters, packet, client, transport, &out[..octets], log);
        }
        octets
    }

    /// Tells those who watch, the zone's log with this RCODE.
    #[cold]
    #[expect(clippy::too_many_arguments, reason = "what a responder has beside its desk")]
    fn tell(
        &mut self,
        snapshot: &Snapshot,
        counters: &Counters,
        packet: &[u8],
        client: SocketAddr,
        transport: Transport,
        reply: &[u8],
        log: Option<u8>,
    ) {
        let between = Between { client, server: self.server, transport, asked: self.came };
        let now = system_time();
        self.watcher.tell(packet, reply, &between, now, counters);
        if let Some(rcode) = log {
            self.watcher.log(&snapshot.catalog, packet, rcode, &between, now, counters);
        }
    }
}

/// Ports from which a question is forged: 0 is none, and no reply could reach it; at the others stand services that
/// answer whatever they get, and a reply would go to and fro for ever: echo, daytime, chargen, time, kpasswd.
const fn is_no_client(port: u16) -> bool {
    matches!(port, 0 | 7 | 13 | 19 | 37 | 464)
}

/// What the rate limit leaves of a reply to a client that is not exempt, in octets.
fn limited(limiter: &mut Limiter, client: IpAddr, reply: &mut [u8], counters: &Counters) -> usize {
    let verdict = limiter.judge(client, reply);
    if verdict == Verdict::Whole {
        return reply.len();
    }
    counters.rate_limited.add();
    if verdict == Verdict::Silence {
        return 0;
    }
    counters.rate_slipped.add();
    slip(reply)
}

/// Runs `work`; a panic in it costs one SERVFAIL and a count (architecture §6.1).
///
/// Nothing is left half changed by a panic: the snapshot is immutable, counters are single words, and
/// what `work` wrote into `out` is written over.
fn guarded(packet: &[u8], counters: &Counters, out: &mut [u8], work: impl FnOnce(&mut [u8]) -> usize) -> usize {
    catch_unwind(AssertUnwindSafe(|| work(out))).unwrap_or_else(|_| {
        counters.panics.add();
        counters.server_failures.add();
        servfail(packet, out)
    })
}

/// A SERVFAIL of a header alone: the question is left out, since reading it may be what went wrong.
fn servfail(packet: &[u8], out: &mut [u8]) -> usize {
    let (Some(header), Some(reply)) = (packet.get(..HEADER), out.get_mut(..HEADER)) else {
        return 0;
    };
    if header[2] & QR != 0 {
        return 0;
    }
    reply.fill(0);
    reply[..2].copy_from_slice(&header[..2]);
    reply[2] = QR | (header[2] & OPCODE_AND_RD);
    reply[3] = SERVFAIL;
    HEADER
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: [u8; 14] = [0xAB, 0xCD, 0x01, 0x20, 0, 1, 0, 0, 0, 0, 0, 0, 7, 7];

    /// A panic becomes a SERVFAIL with the query's id, opcode and RD, and is counted.
    #[test]
    fn panic_costs_one_servfail() {
        let counters = Counters::default();
        let mut out = [0xFF; 64];

        let length = guarded(&QUERY, &counters, &mut out, |_| panic!("for the test"));

        assert_eq!(&out[..length], [0xAB, 0xCD, 0x81, 0x02, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(counters.panics.get(), 1);
    }

    /// A panic over a runt or over a response is answered with silence.
    #[test]
    fn panic_answers_only_queries() {
        let mut response = QUERY;
        response[2] |= QR;
        for packet in [&QUERY[..11], &response[..], &[]] {
            assert_eq!(guarded(packet, &Counters::default(), &mut [0; 64], |_| panic!("for the test")), 0);
        }
    }
}
