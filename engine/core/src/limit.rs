//! Response rate limiting: how many answers of one kind a network of clients gets over UDP, where addresses can be
//! forged.
//!
//! Whoever forges a victim's address has every answer sent to the victim. So answers are counted by who gets them,
//! the network of the client, and by kind: floods of one kind leave the others alone. What goes beyond the rate gets
//! no reply, or a truncated one in place of it (`slip`), no larger than the question: a client that really asked
//! comes again over TCP, where addresses cannot be forged.
//!
//! ```text
//!                       ┌─ row 0 ── slot: the time by which all that was given is earned ─┐
//! network, kind ─ hash ─┤                                                                 ├─ the earlier of the two
//!                       └─ row 1 ── slot ─────────────────────────────────────────────────┘
//! ```
//!
//! The table never grows and forgets nothing, however many networks are forged: networks share slots. Each is in two,
//! chosen by a hash that nobody outside can know, and is limited only if both are exhausted. As an answer is charged
//! to both slots, neither is ever behind what its network has had: the rate holds always, and a network suffers
//! from others only if it meets exhausted ones twice.

use std::net::IpAddr;
use std::sync::Arc;

use crate::decide::Draw;
use crate::networks::Networks;
use crate::query::{HEADER, rcode, records_end, rtype};

/// What an operator sets for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// Answers of one kind a second to one network, at least 1.
    pub rate: u32,
    /// Answers that come at once, after a silence of `burst / rate` seconds; at least 1.
    pub burst: u32,
    /// Of the answers beyond the rate, one in `slip` is sent truncated, the others not at all; 0: none is.
    pub slip: u32,
    /// Whom it does not hold for.
    pub exempt: Networks,
}

/// Bits of an address that tell one network of clients from others: what is commonly routed as one.
const IPV4_BITS: u32 = 24;
const IPV6_BITS: u32 = 56;

/// Slots of a row: at 8 octets each, a thread's table takes 1 MiB.
///
/// A thousand networks under attack at once exhaust one slot in 65 of each row, so that one network in 4,200 meets two.
const SLOTS: usize = 1 << 16;

const NANOSECONDS: u64 = 1_000_000_000;

/// Bits of the third octet of a header, and where the counts of two sections stand (RFC 1035 §4.1.1).
const AA: u8 = 0x04;
const TC: u8 = 0x02;
const ANSWERS: usize = 6;
const AUTHORITY: usize = 8;

/// What kinds of answers are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Records that were asked for.
    Answer = 1,
    /// No such type.
    NoData,
    /// The way to other servers.
    Referral,
    /// No such name.
    NameError,
    /// Anything else.
    Error,
}

/// What becomes of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is sent.
    Whole,
    /// It is sent as `slip` leaves it.
    Slipped,
    /// It is not sent.
    Silence,
}

/// The limit of one thread, and what it has given to whom.
pub struct Limiter {
    limit: Arc<RateLimit>,
    interval: u64,  // ns in which one answer is earned
    tolerance: u64, // ns that a slot may be ahead and still give
    now: u64,       // ns since the thread's start
    seed: u64,
    rows: [Box<[u64]>; 2], // for each slot the time by which all that it gave is earned, in ns since the thread's start
    draw: Draw,
}

impl Limiter {
    /// The limit of one of `threads` that share it evenly. `seed` must be a secret of its own.
    ///
    /// Clients reach the threads of an address by a hash of address and port, so that each thread sees its part of
    /// them; one that always asks from the same port has the part of one thread. Each thread gives one answer at least.
    pub fn new(limit: &Arc<RateLimit>, threads: usize, seed: u64) -> Self {
        Self::with_slots(SLOTS, limit, threads, seed)
    }

    /// The same with rows of so many slots, a power of two.
    fn with_slots(slots: usize, limit: &Arc<RateLimit>, threads: usize, seed: u64) -> Self {
        let threads = threads.max(1) as u64;
        // Rounded up: rather a little less than a little more.
        let interval = (NANOSECONDS * threads).div_ceil(u64::from(limit.rate.max(1)));
        let burst = u64::from(limit.burst).saturating_mul(interval) / threads;
        let row = || vec![0; slots].into();
        let mut draw = Draw::new(seed);
        Self {
            limit: Arc::clone(limit),
            interval,
            tolerance: burst.saturating_sub(interval),
            now: 0,
            seed: draw.next(),
            rows: [row(), row()],
            draw,
        }
    }

    /// Sets the time, in nanoseconds since the thread's start; it never goes back.
    pub fn set_time(&mut self, now: u64) {
        self.now = now;
    }

    /// Whether the client is of a network that is exempt.
    pub fn exempts(&self, client: IpAddr) -> bool {
        !self.limit.exempt.is_empty() && self.limit.exempt.contain(client)
    }

    /// What becomes of this reply to a client that is not exempt.
    pub fn judge(&mut self, client: IpAddr, reply: &[u8]) -> Verdict {
        let kind = kind(reply);
        if self.take(network(client) ^ (kind as u64) << 60) {
            return Verdict::Whole;
        }
        // By chance: whose questions come in step with a count would always be on the same side of it.
        match u64::from(self.limit.slip) {
            0 => Verdict::Silence,
            slip if self.draw.below(slip) > 0 => Verdict::Silence,
            _ => Verdict::Slipped,
        }
    }

    /// Takes one answer for this key, if there is one.
    fn take(&mut self, key: u64) -> bool {
        let hash = Draw::new(key ^ self.seed).next();
        let [one, other] = &mut self.rows;
        let within = one.len() - 1;
        let (one, other) = (&mut one[hash as usize & within], &mut other[(hash >> 32) as usize & within]);
        let ahead = (*one).min(*other).saturating_sub(self.now);
        let has = ahead <= self.tolerance;
        if has {
            *one = (*one).max(self.now).saturating_add(self.interval);
            *other = (*other).max(self.now).saturating_add(self.interval);
        }
        has
    }
}

/// The network of a client as a number: 56 bits and the family.
fn network(client: IpAddr) -> u64 {
    const IPV6: u64 = 1 << IPV6_BITS;
    match client.to_canonical() {
        IpAddr::V4(v4) => u64::from(v4.to_bits() >> (u32::BITS - IPV4_BITS)),
        IpAddr::V6(v6) => IPV6 | (v6.to_bits() >> (u128::BITS - IPV6_BITS)) as u64,
    }
}

/// The kind of a reply, told by its header.
fn kind(reply: &[u8]) -> Kind {
    let Some(header) = reply.first_chunk::<HEADER>() else {
        return Kind::Error;
    };
    let has = |section: usize| header[section] | header[section + 1] != 0;
    match u16::from(header[3] & 0x0f) {
        rcode::NOERROR if has(ANSWERS) || header[2] & TC != 0 => Kind::Answer,
        rcode::NOERROR if has(AUTHORITY) && header[2] & AA != 0 => Kind::NoData,
        rcode::NOERROR if has(AUTHORITY) => Kind::Referral,
        rcode::NXDOMAIN => Kind::NameError,
        _ => Kind::Error, // BADVERS among them, whose lower bits are those of NOERROR.
    }
}

/// Takes all records but OPT out of a reply, sets TC, and returns the length that is left. An error stays as it is.
///
/// OPT stays for the sake of a cookie in it, with which the client's next question is exempt.
pub fn slip(reply: &mut [u8]) -> usize {
    if kind(reply) == Kind::Error {
        return reply.len(); // Nothing in it could be left out.
    }
    let Some(records) = records_end(reply, 0) else {
        return 0; // No reply of ours.
    };
    let count: usize =
        reply[ANSWERS..HEADER].chunks(2).map(|count| usize::from(count[0]) << 8 | usize::from(count[1])).sum();
    let last = count.checked_sub(1).and_then(|before| records_end(reply, before));
    let opt = last.filter(|&at| reply[at..].starts_with(&[0, 0, rtype::OPT as u8]));
    reply[2] |= TC;
    reply[3] &= 0xf0;
    reply[ANSWERS..HEADER].fill(0);
    let Some(opt) = opt else {
        return records;
    };
    reply[HEADER - 1] = 1;
    reply.copy_within(opt.., records);
    records + reply.len() - opt
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::place::Prefix;

    const SECOND: u64 = NANOSECONDS;

    fn limit(rate: u32, burst: u32, slip: u32) -> Arc<RateLimit> {
        Arc::new(RateLimit { rate, burst, slip, exempt: Networks::default() })
    }

    /// Headers of replies of each kind: flags, and the number of answers.
    const REPLIES: [[u8; HEADER]; 5] = [
        [0, 0, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0],
        [0, 0, 0x84, 0, 0, 1, 0, 0, 0, 1, 0, 0],
        [0, 0, 0x80, 0, 0, 1, 0, 0, 0, 2, 0, 0],
        [0, 0, 0x84, 3, 0, 1, 0, 0, 0, 1, 0, 0],
        [0, 0, 0x80, 5, 0, 1, 0, 0, 0, 0, 0, 0],
    ];

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    /// How many of `asked` replies at one moment are sent whole.
    fn whole(limiter: &mut Limiter, client: &str, reply: &[u8], asked: usize) -> usize {
        (0..asked).filter(|_| limiter.judge(address(client), reply) == Verdict::Whole).count()
    }

    /// After a silence a network gets the burst at once, and then what the rate earns.
    #[test]
    fn a_burst_and_then_the_rate() {
        let mut limiter = Limiter::new(&limit(10, 25, 0), 1, 1);
        for (seconds, expected) in [(0, 25), (0, 0), (1, 10), (2, 10), (4, 20), (100, 25), (100, 0)] {
            limiter.set_time(seconds * SECOND);

            assert_eq!(expected, whole(&mut limiter, "192.0.2.1", &REPLIES[0], 1000), "after {seconds} s");
        }
    }

    /// Clients of one /24 or /56 share a rate, those of two do not; an IPv4-mapped address is the IPv4 address.
    #[test]
    fn networks_are_told_apart() {
        let cases = [
            ("192.0.2.1", "192.0.2.254", true),
            ("192.0.2.1", "192.0.3.1", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("2001:db8:0:1::1", "2001:db8:0:ff:ffff::1", true),
            ("2001:db8:0:1::1", "2001:db8:0:100::1", false),
            ("0.0.2.1", "::2:0:0", false),
        ];
        for (one, other, share) in cases {
            let mut limiter = Limiter::new(&limit(1, 1, 0), 1, 1);
            whole(&mut limiter, one, &REPLIES[0], 1);

            assert_eq!(usize::from(!share), whole(&mut limiter, other, &REPLIES[0], 1), "{one} {other}");
        }
    }

    /// Each kind of reply has a rate of its own.
    #[test]
    fn kinds_are_told_apart() {
        let mut limiter = Limiter::new(&limit(1, 3, 0), 1, 1);
        for reply in REPLIES {
            assert_eq!(3, whole(&mut limiter, "192.0.2.1", &reply, 10), "{reply:02x?}");
        }
        let did_not_fit = [0, 0, 0x86, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        assert_eq!(0, whole(&mut limiter, "192.0.2.1", &did_not_fit, 10), "a truncated answer is an answer");
    }

    /// Of what is beyond the rate, one in `slip` is sent, whoever asks in between.
    #[test]
    fn one_in_slip_is_sent() {
        for (slip, expected) in [(0, 0..=0), (1, 10_000..=10_000), (2, 4_800..=5_200), (10, 850..=1_150)] {
            let mut limiter = Limiter::new(&limit(1, 1, slip), 1, 1);
            let mut slipped = 0;
            for _ in 0..=10_000 {
                slipped += usize::from(limiter.judge(address("192.0.2.1"), &REPLIES[0]) == Verdict::Slipped);
                limiter.judge(address("198.51.100.1"), &REPLIES[0]);
            }

            assert!(expected.contains(&slipped), "{slipped} with a slip of {slip}");
        }
    }

    /// Networks that are exempt are told from others.
    #[test]
    fn some_are_exempt() {
        let exempt = Networks::new(&[Prefix::new(address("192.0.2.0"), 25)]);
        let limiter = Limiter::new(&Arc::new(RateLimit { exempt, ..(*limit(1, 1, 0)).clone() }), 1, 1);

        assert!(limiter.exempts(address("192.0.2.127")));
        assert!(!limiter.exempts(address("192.0.2.128")));
    }

    /// Settings at their ends make no rate that overflows.
    #[test]
    fn extremes_hold() {
        for (rate, burst, threads) in [(1, u32::MAX, 256), (u32::MAX, 1, 1), (u32::MAX, u32::MAX, 256), (0, 0, 0)] {
            let mut limiter = Limiter::new(&limit(rate, burst, 0), threads, 1);
            limiter.set_time(u64::MAX / 2);

            assert_eq!(1, whole(&mut limiter, "192.0.2.1", &REPLIES[0], 1), "{rate} {burst} {threads}");
        }
    }

    /// Networks in the thousands under attack leave others alone.
    #[test]
    fn a_thousand_networks_under_attack_limit_few_others() {
        let mut limiter = Limiter::new(&limit(1, 1, 0), 1, 7);
        for network in 0..1_000u32 {
            limiter.judge(std::net::Ipv4Addr::from_bits(network << 8).into(), &REPLIES[0]);
        }
        // Each of the others asks a table as the attack has left it.
        let attacked = limiter.rows.clone();
        let others = (1_000..11_000u32).filter(|network| {
            limiter.rows.clone_from(&attacked);
            limiter.take(u64::from(*network) | 1 << 60)
        });

        assert!(others.count() >= 9_985, "one in 4,200 meets two exhausted slots");
    }

    proptest! {
        /// Over any window, whatever others do meanwhile and however few slots there are, a network gets no more whole
        /// answers of a kind than rate × window + burst.
        #[test]
        fn no_window_has_more_than_its_rate_and_the_burst(
            rate in 1u32..50,
            burst in 1u32..20,
            slots in prop::sample::select(vec![1usize, 2, 8, 1024]),
            seed in any::<u64>(),
            events in prop::collection::vec((0u64..SECOND / 5, 0u32..6, 0usize..2), 1..300),
        ) {
            let mut limiter = Limiter::with_slots(slots, &limit(rate, burst, 2), 1, seed);
            let mut now = 0;
            let mut given = std::collections::HashMap::<_, Vec<u64>>::new();
            for (gap, network, kind) in events {
                now += gap;
                limiter.set_time(now);
                let client = std::net::Ipv4Addr::from_bits(network << 8).into();
                if limiter.judge(client, &REPLIES[kind]) == Verdict::Whole {
                    given.entry((network, kind)).or_default().push(now);
                }
            }

            for times in given.values() {
                for (i, &start) in times.iter().enumerate() {
                    for (j, &end) in times.iter().enumerate().skip(i) {
                        let earned = u128::from(end - start) * u128::from(rate) / u128::from(SECOND);
                        prop_assert!((j - i + 1) as u128 <= earned + u128::from(burst), "{start} to {end}");
                    }
                }
            }
        }

        /// Threads share the rate: together they give no more than it, and one answer more each at most.
        #[test]
        fn threads_share_the_rate(rate in 1u32..1000, burst in 1u32..1000, threads in 1usize..16, seconds in 0u64..10) {
            let settings = limit(rate, burst, 0);
            let mut limiters: Vec<_> = (0..threads).map(|seed| Limiter::new(&settings, threads, seed as u64)).collect();
            let mut total = 0;
            for time in [0, seconds * SECOND] {
                for limiter in &mut limiters {
                    limiter.set_time(time);
                    total += whole(limiter, "192.0.2.1", &REPLIES[0], 11_000);
                }
            }
            let earned = seconds as usize * rate as usize + burst as usize;

            prop_assert!(total <= earned + threads);
            prop_assert!(total + 2 * threads >= earned.min(2 * burst as usize));
        }

        /// A network that asks no faster than the rate, and meets nobody, is never limited.
        #[test]
        fn who_keeps_to_the_rate_is_never_limited(rate in 1u32..1000, gaps in prop::collection::vec(0u64..SECOND, 1..100)) {
            let mut limiter = Limiter::new(&limit(rate, 1, 0), 1, 1);
            let mut now = 0;
            for gap in gaps {
                now += SECOND.div_ceil(u64::from(rate)) + gap;
                limiter.set_time(now);

                prop_assert_eq!(Verdict::Whole, limiter.judge(address("192.0.2.1"), &REPLIES[0]));
            }
        }
    }
}
