//! The answer path takes no memory: the allocator under this program counts.

mod common;

use allocation_counter::measure;
use common::message::{Edns, Question};
use common::{CLIENT, serving, table, text};
use meridian_engine::Engine;
use meridian_engine::counters::Counters;
use meridian_engine::respond::{Transport, respond};

/// How often memory was taken while these packets were answered.
fn allocations(engine: &Engine, packets: &[Vec<u8>]) -> u64 {
    let counters = Counters::default();
    let mut cache = arc_swap::Cache::new(engine.snapshots());
    let mut out = vec![0; 65_535];
    cache.load();
    let mut answer = |packet: &[u8], transport, draw| {
        respond(cache.load(), packet, CLIENT, transport, draw, &counters, &mut out);
    };
    let all = || {
        for (packet, draw) in packets.iter().flat_map(|packet| (0..16).map(move |draw| (packet, draw))) {
            answer(packet, Transport::Udp, draw);
            answer(packet, Transport::Tcp, draw);
        }
    };
    measure(all).count_total
}

/// The counter counts.
#[test]
fn allocations_are_counted() {
    assert_eq!(1, measure(|| drop(std::hint::black_box(vec![0_u8; 100]))).count_total);
}

/// No answer of any kind takes memory: every case of every table, with and without EDNS, healthy and not.
#[test]
fn answering_allocates_nothing() {
    for table in table::load("answers").into_iter().chain(table::load("decisions")) {
        for shards in [1, 16] {
            let engine = serving(&table.zones(), shards);
            for case in &table.case {
                engine.set_health(&case.unhealthy.iter().map(|&slot| (slot, false)).collect::<Vec<_>>());
                let options = vec![(8, text::hex("0001 18 00 c63364"))];
                let edns = Edns { payload: 4096, version: 0, dnssec_ok: true, options };
                let with_edns = case.asked().map(|question| Question { edns: Some(edns), ..question }.packet(1));
                let packets: Vec<Vec<u8>> = [case.octets()].into_iter().chain(with_edns).collect();

                assert_eq!(0, allocations(&engine, &packets), "{}: {}", table.file, case.what);

                engine.set_health(&case.unhealthy.iter().map(|&slot| (slot, true)).collect::<Vec<_>>());
            }
        }
    }
}
