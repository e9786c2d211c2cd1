//! What has been counted: one set a thread, so that counting shares nothing.

use std::array::from_fn;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A number that one thread raises and others read.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Raises it by one. Only its own thread may: a plain load and store, no locked instruction.
    pub fn add(&self) {
        self.add_many(1);
    }

    /// Raises it by `n`.
    pub fn add_many(&self, n: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(n), Relaxed);
    }

    /// Reads it, from any thread.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The counters of one thread.
        #[derive(Debug, Default)]
        #[repr(align(128))] // A cache line pair of its own: neighbours never wait for each other.
        pub struct Counters {
            $($(#[$doc])* pub $name: Counter,)*
            /// Questions by type.
            pub types: Types,
            /// Questions by zone.
            pub zones: Zones,
        }

        impl Counters {
            /// Every counter's name, in order.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// Every counter's value, in the order of `NAMES`.
            pub fn values(&self) -> Vec<u64> {
                vec![$(self.$name.get()),*]
            }
        }
    };
}

counters! {
    /// Packets over UDP that were looked at.
    queries_udp,
    /// Frames that came past the kernel's network stack, by AF_XDP.
    frames_xdp,
    /// Messages over TCP that were looked at.
    queries_tcp,
    /// Replies with RCODE NOERROR and at least one answer record.
    answers,
    /// Replies with RCODE NOERROR, no answer, an SOA: the name has no such record.
    no_data,
    /// Replies that lead to a delegated zone's name servers.
    referrals,
    /// Replies with RCODE NXDOMAIN.
    name_errors,
    /// Replies with RCODE REFUSED or NOTAUTH: no zone of ours, a kind of question we do not take, or not for them.
    refused,
    /// Replies with RCODE FORMERR.
    format_errors,
    /// Replies with RCODE NOTIMP.
    not_implemented,
    /// Replies with RCODE BADVERS.
    bad_versions,
    /// Replies with RCODE BADCOOKIE.
    bad_cookies,
    /// Replies with RCODE SERVFAIL.
    server_failures,
    /// Zone transfers begun that were asked for whole.
    axfr,
    /// Zone transfers begun that were asked for by what has changed.
    ixfr,
    /// Replies that did not fit and carry TC.
    truncated,
    /// Packets that get no reply: responses, runts, ports that nobody asks from.
    dropped,
    /// Of these, responses: what others answer to questions that were forged in our name.
    dropped_responses,
    /// Of these, packets from ports that nobody asks from.
    dropped_ports,
    /// Replies with RCODE REFUSED because of who asks.
    prohibited,
    /// Replies over UDP beyond the rate of their client's network.
    rate_limited,
    /// Of these, replies that were sent all the same, truncated.
    rate_slipped,
    /// Panics while answering, each turned into a SERVFAIL.
    panics,
    /// Replies that the socket did not take.
    send_errors,
    /// Failures to receive, other than that nothing came.
    receive_errors,
    /// TCP connections accepted.
    tcp_connections,
    /// TCP connections refused or closed because a limit was reached.
    tcp_limited,
    /// dnstap frames given to the thread that writes them.
    dnstap_frames,
    /// dnstap frames that were lost: their reader was away or too slow.
    dnstap_dropped,
    /// Questions that zones answered whose queries are logged.
    logged,
    /// Lines of query logs given to those who ask for them.
    query_log_lines,
    /// Lines of query logs that were lost: nobody fetched them in time.
    query_log_dropped,
}

/// Types above this one share a count. All that have a name today and are no private matter are below.
const LAST_TYPE: usize = 271;

/// Questions by type.
#[derive(Debug)]
pub struct Types([Counter; LAST_TYPE + 1]);

impl Default for Types {
    fn default() -> Self {
        Self(from_fn(|_| Counter::default()))
    }
}

impl Types {
    /// Counts a question of this type.
    pub fn add(&self, rtype: u16) {
        self.0[usize::from(rtype).min(LAST_TYPE)].add();
    }

    /// Each type that was asked for and how often; None stands for all that share a count.
    pub fn asked(&self) -> impl Iterator<Item = (Option<u16>, u64)> {
        let rtype = |at: usize| (at < LAST_TYPE).then_some(at as u16);
        (self.0.iter().enumerate()).map(move |(at, counter)| (rtype(at), counter.get())).filter(|(_, count)| *count > 0)
    }
}

/// Zones that can be counted; those beyond are served uncounted.
pub const MOST_ZONES: usize = 1 << 20;
/// Counters that are made at once.
const BLOCK: usize = 1 << 10;

/// Questions by zone, by the numbers that the engine gives to zones.
///
/// Blocks are made by whoever gives out numbers, so that counting takes no memory.
#[derive(Debug, Default)]
pub struct Zones(Box<[OnceLock<Box<[Counter; BLOCK]>>]>);

impl Zones {
    /// Counters for zones; `Zones::default()` counts none.
    fn counting() -> Self {
        Self((0..MOST_ZONES / BLOCK).map(|_| OnceLock::new()).collect())
    }

    /// Whether any zone is counted here.
    pub fn is_on(&self) -> bool {
        !self.0.is_empty()
    }

    /// Makes room for the zone with this number, from any thread.
    pub fn hold(&self, number: u32) {
        if let Some(block) = self.0.get(number as usize / BLOCK) {
            block.get_or_init(|| Box::new(from_fn(|_| Counter::default())));
        }
    }

    /// Counts a question for the zone with this number, if there is room for it.
    pub fn add(&self, number: u32) {
        if let Some(counter) = self.counter(number) {
            counter.add();
        }
    }

    /// The questions for the zone with this number.
    pub fn get(&self, number: u32) -> u64 {
        self.counter(number).map_or(0, Counter::get)
    }

    fn counter(&self, number: u32) -> Option<&Counter> {
        let block = self.0.get(number as usize / BLOCK)?.get()?;
        Some(&block[number as usize % BLOCK])
    }
}

impl Counters {
    /// Counters that count zones, too.
    pub fn with_zones() -> Self {
        Self { zones: Zones::counting(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_go_together() {
        let counters = Counters::default();
        counters.referrals.add_many(7);
        let at = Counters::NAMES.iter().position(|name| *name == "referrals").unwrap();

        assert_eq!(7, counters.values()[at]);
        assert_eq!(Counters::NAMES.len(), counters.values().len());
    }

    /// Every type below the last has a count of its own, and those above share one.
    #[test]
    fn types_are_counted() {
        let types = Types::default();
        for rtype in [1, 1, 257, 0, 270, 271, 65_280, u16::MAX] {
            types.add(rtype);
        }

        let asked: Vec<_> = types.asked().collect();
        assert_eq!(vec![(Some(0), 1), (Some(1), 2), (Some(257), 1), (Some(270), 1), (None, 3)], asked);
    }

    /// A zone is counted where there is room for its number, and nowhere else.
    #[test]
    fn zones_are_counted_where_there_is_room() {
        let zones = Zones::counting();
        zones.hold(7);
        zones.hold(1500);
        for (place, counted) in [(0, 1), (7, 1), (7, 2), (2047, 1), (2048, 0), (u32::MAX, 0)] {
            zones.add(place);
            assert_eq!(counted, zones.get(place), "{place}");
        }
        Zones::default().add(0);
        assert_eq!(0, Zones::default().get(0));
    }
}
