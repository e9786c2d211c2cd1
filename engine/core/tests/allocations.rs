//! The answer path takes no memory: the allocator under this program counts.

mod common;

use std::array::from_fn;
use std::net::Ipv4Addr;
use std::sync::Arc;

use allocation_counter::measure;
use common::message::{Edns, Question};
use common::{CLIENT, table, text};
use meridian_engine::Engine;
use meridian_engine::ahead::{Foreseen, TOGETHER, look_ahead};
use meridian_engine::counters::Counters;
use meridian_engine::io::fetch;
use meridian_engine::limit::{Limiter, RateLimit, slip};
use meridian_engine::name::Name;
use meridian_engine::networks::Networks;
use meridian_engine::place::Prefix;
use meridian_engine::respond::{Arrival, Transport, Work, Workspace, respond, respond_foreseen};
use meridian_engine::trace::NoTrace;

/// A client subnet, and all that OPT may ask for: identity, cookie, idle time, padding.
const OPTIONS: [(u16, &str); 5] = [
    (8, "0001 18 00 c63364"),
    (3, ""),
    (10, "2464c4abcf10c957 010000005cf79f111f8130c3eee29480"),
    (11, ""),
    (12, "00"),
];

/// How often memory was taken while these packets were answered.
fn allocations(engine: &Engine, packets: &[Vec<u8>]) -> u64 {
    let counters = Counters::default();
    let mut cache = arc_swap::Cache::new(engine.snapshots());
    let mut out = vec![0; 65_535];
    cache.load();
    let mut work = Workspace::lasting();
    let mut answer = |packet: &[u8], transport, draw| {
        respond(cache.load(), packet, &Arrival::new(CLIENT, transport, draw), &counters, &mut work, &mut out);
    };
    let all = || {
        for (packet, draw) in packets.iter().flat_map(|packet| (0..16).map(move |draw| (packet, draw))) {
            answer(packet, Transport::Udp, draw);
            answer(packet, Transport::Tcp, draw);
        }
    };
    let alone = measure(all).count_total;
    let (mut cache, mut names) = (arc_swap::Cache::new(engine.snapshots()), from_fn(|_| Name::root()));
    let snapshot = cache.load();
    let together = || {
        for group in packets.chunks(TOGETHER) {
            let senders = group.iter().map(|packet| (&packet[..], CLIENT));
            let mut foreseen = [Foreseen::NOTHING; TOGETHER];
            look_ahead(snapshot, senders, &mut names, &work.shortcuts, &mut foreseen, fetch);
            for ((packet, foreseen), name) in group.iter().zip(&foreseen).zip(&mut names) {
                let (arrival, work) =
                    (Arrival::new(CLIENT, Transport::Udp, 1), Work { name, shortcuts: &mut work.shortcuts });
                respond_foreseen(snapshot, packet, foreseen, &arrival, &counters, work, &mut out, &mut NoTrace);
            }
        }
    };
    alone + measure(together).count_total
}

/// The counter counts.
#[test]
fn allocations_are_counted() {
    assert_eq!(1, measure(|| drop(std::hint::black_box(vec![0_u8; 100]))).count_total);
}

/// No answer of any kind takes memory: every case of every table, with and without EDNS and all its options, healthy and not.
#[test]
fn answering_allocates_nothing() {
    for table in table::load_all().into_iter() {
        for shards in [1, 16] {
            let engine = table.serve(shards);
            for case in &table.case {
                engine.set_health(&case.unhealthy.iter().map(|&slot| (slot, false)).collect::<Vec<_>>());
                let options = OPTIONS.iter().map(|(code, data)| (*code, text::hex(data))).collect();
                let edns = Edns { payload: 4096, version: 0, dnssec_ok: true, options };
                let with_edns = case.asked().map(|question| Question { edns: Some(edns), ..question }.packet(1));
                let packets: Vec<Vec<u8>> = [case.octets()].into_iter().chain(with_edns).collect();

                assert_eq!(0, allocations(&engine, &packets), "{}: {}", table.file, case.what);

                engine.set_health(&case.unhealthy.iter().map(|&slot| (slot, true)).collect::<Vec<_>>());
            }
        }
    }
}

/// The rate limit takes none either, for those that it limits and for those that it does not.
#[test]
fn limiting_allocates_nothing() {
    let limit = RateLimit { rate: 1, burst: 10, slip: 2, exempt: Networks::new(&[Prefix::new(CLIENT, 32)]) };
    let mut limiter = Limiter::new(&Arc::new(limit), 1, 1);
    let mut reply = text::hex(
        "1234 8400 0001 0001 0000 0001 00 0001 0001 c00c 0001 0001 0000003c 0004 c0000201 00 0029 04d0 00000000 0000",
    );
    let clients = (0..1000u32).map(|at| Ipv4Addr::from_bits(at << 7).into());

    let judged = measure(|| {
        for client in clients {
            limiter.set_time(u64::from(u32::MAX));
            limiter.exempts(client);
            (0..20).for_each(|_| _ = limiter.judge(client, &reply));
        }
        slip(&mut reply);
    });

    assert_eq!(0, judged.count_total);
}
