//! What an answer costs inside the engine, without sockets or kernel.
//!
//! `cargo run --release --example answers -- FOLDER QUESTIONS ROUNDS [limits]`, as `python -m bench.engine` does.
//! FOLDER holds `head`, `shard-…`, `geo` and `latency` as the control plane makes them; QUESTIONS has a packet in
//! hexadecimal at the start of each line; with `limits`, some networks are denied and the others have a rate limit, which
//! they keep to. Prints the nanoseconds for each answer, of the quickest round: with warm
//! caches, and where the kernel's work between two batches has used the caches for its own.

use std::array::from_fn;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs};

use meridian_engine::Engine;
use meridian_engine::access::Access;
use meridian_engine::ahead::{Foreseen, TOGETHER, look_ahead};
use meridian_engine::cookie::Cookies;
use meridian_engine::counters::Counters;
use meridian_engine::io::fetch;
use meridian_engine::limit::{Limiter, RateLimit, Verdict};
use meridian_engine::name::Name;
use meridian_engine::networks::Networks;
use meridian_engine::options::is_of_known_client;
use meridian_engine::place::Prefix;
use meridian_engine::respond::{Arrival, Transport, Work, Workspace, respond_foreseen};
use meridian_engine::snapshot::{Settings, Snapshot};
use meridian_engine::trace::NoTrace;

const RESOLVER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Packets that come at once.
const BATCH: usize = 64;
/// Octets that are touched between two batches, about as many as a second-level cache holds.
const ELSEWHERE: usize = 1 << 20;
/// Octets of a line of the cache.
const LINE: usize = 64;

fn main() {
    let [folder, questions, rounds, limits @ ..] = &env::args().skip(1).collect::<Vec<_>>()[..] else {
        panic!("give a folder, a file of questions and a number of rounds");
    };
    let settings = if limits.is_empty() { Settings::default() } else { limited() };
    let engine = engine(Path::new(folder), settings);
    let snapshot = engine.snapshots().load_full();
    let mut limiter = snapshot.settings.rate_limit.as_ref().map(|limit| Limiter::new(limit, 1, 1));
    let packets = packets(&fs::read_to_string(questions).expect("the questions can be read"));
    let rounds: usize = rounds.parse().expect("a number of rounds");
    let counters = engine.register_counters();
    let mut work = Workspace::lasting();
    let (warm, cold) = (vec![0; 0], vec![1; ELSEWHERE]);
    for elsewhere in [warm, cold] {
        let once = |_| round(&snapshot, &counters, &packets, &elsewhere, &mut work, &mut limiter);
        let quickest = (0..rounds).map(once).min().unwrap_or_default();
        println!("{:.1}", quickest.as_secs_f64() * 1e9 / packets.len() as f64);
    }
}

/// Answers every packet once, batch by batch; the time between batches does not count.
fn round(
    snapshot: &Snapshot,
    counters: &Counters,
    packets: &[Vec<u8>],
    elsewhere: &[u8],
    work: &mut Workspace,
    limiter: &mut Option<Limiter>,
) -> Duration {
    let (mut out, mut names) = ([0; 4096], from_fn(|_| Name::root()));
    let mut batch = |batch: &[Vec<u8>]| {
        black_box(elsewhere.iter().step_by(LINE).fold(0, |all, &octet| all ^ octet));
        let start = Instant::now();
        answer(snapshot, counters, batch, &mut names, work, limiter, &mut out);
        start.elapsed()
    };
    packets.chunks(BATCH).map(&mut batch).sum()
}

/// The name by which profilers find where the work begins.
#[inline(never)]
fn answer(
    snapshot: &Snapshot,
    counters: &Counters,
    packets: &[Vec<u8>],
    names: &mut [Name; TOGETHER],
    work: &mut Workspace,
    limiter: &mut Option<Limiter>,
    out: &mut [u8],
) {
    for packets in packets.chunks(TOGETHER) {
        let senders = packets.iter().map(|packet| (&packet[..], RESOLVER));
        let mut foreseen = [Foreseen::NOTHING; TOGETHER];
        look_ahead(snapshot, senders, names, &work.shortcuts, &mut foreseen, fetch);
        for (draw, ((packet, foreseen), name)) in packets.iter().zip(&foreseen).zip(&mut *names).enumerate() {
            let arrival = Arrival::new(RESOLVER, Transport::Udp, draw as u64);
            let own = Work { name, shortcuts: &mut work.shortcuts };
            let length = respond_foreseen(snapshot, packet, foreseen, &arrival, counters, own, out, &mut NoTrace);
            assert!(length > packet.len(), "an answer");
            if let Some(limiter) = limiter {
                let reply = &out[..length];
                let is_known = is_of_known_client(packet, reply, &snapshot.settings, &arrival, &mut work.name);
                assert!(!is_known && !limiter.exempts(RESOLVER) && limiter.judge(RESOLVER, reply) == Verdict::Whole);
            }
        }
    }
}

/// Limits that the questions keep to, with cookies as they belong to them.
fn limited() -> Settings {
    let denied = |at| Prefix::new(Ipv4Addr::new(198, 18, at, 0).into(), 25);
    let networks = Networks::new(&(0..=u8::MAX).map(denied).collect::<Vec<_>>());
    let limit = RateLimit { rate: u32::MAX, burst: u32::MAX, slip: 2, exempt: networks.clone() };
    Settings {
        cookies: Some(Cookies { secret: [7; 16], other: None, required: false }),
        access: Some(Access { allow: None, deny: networks }.into()),
        rate_limit: Some(limit.into()),
        ..Settings::default()
    }
}

fn engine(folder: &Path, settings: Settings) -> Arc<Engine> {
    let read = |name: &str| fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let shards: Vec<Vec<u8>> = (0..).map_while(|at| fs::read(folder.join(format!("shard-{at}"))).ok()).collect();
    let shards: Vec<&[u8]> = shards.iter().map(Vec::as_slice).collect();
    let engine = Engine::new(settings);
    if env::var_os("COUNT_ZONES").is_some() {
        engine.count_zones();
    }
    for kind in ["geo", "latency"] {
        engine.set_place(kind, &read(kind)).expect("the table is good");
    }
    engine.publish(&read("head"), &shards).expect("the image is good");
    engine
}

fn packets(lines: &str) -> Vec<Vec<u8>> {
    let octet = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let packet = |line: &str| {
        let hex = line.split(' ').next().unwrap_or_default();
        hex.as_bytes().chunks(2).map(|pair| octet(pair).expect("hexadecimal")).collect()
    };
    lines.lines().map(packet).collect()
}
