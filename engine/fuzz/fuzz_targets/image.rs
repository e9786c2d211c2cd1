//! Any octets as a head or as a shard: refused with an error, or served; and what is served answers properly.
//!
//! The input is one message of the feed as it is.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use meridian_engine::Engine;
use meridian_engine::counters::Counters;
use meridian_engine::explain::Overrides;
use meridian_engine::image::wire;
use meridian_engine::respond::{Arrival, Transport, Workspace, respond};
use meridian_engine::snapshot::Settings;
use meridian_engine_fuzz::common::image::Zone;
use meridian_engine_fuzz::common::message::Question;
use meridian_engine_fuzz::common::{CLIENT, example};
use meridian_engine_fuzz::reply;

const UDP_PAYLOAD: u16 = 4096;

/// Owners and types asked for; more of the same teach nothing and take time.
const MOST: usize = 8;

/// Shards that a head may have us make up.
const MOST_SHARDS: usize = 16;

fuzz_target!(|input: &[u8]| {
    let settings =
        Settings { udp_payload: UDP_PAYLOAD, udp_payload_without_cookie: UDP_PAYLOAD, ..Settings::default() };
    let engine = Engine::new(settings);
    let _ = engine.needs(input);
    if let Ok(shard) = wire::shard(input) {
        serve_shard(&engine, &shard, input);
    }
    if let Ok(head) = wire::head(input) {
        serve_head(&engine, &head, input);
    }
});

/// Publishes the input as the only shard of example.com., and asks for its owners.
fn serve_shard(engine: &Arc<Engine>, shard: &wire::Shard<'_>, input: &[u8]) {
    let zone = Zone { id: shard.zone_id.into(), ..example(1, "") };
    if engine.publish(&zone.head_of(&[shard.version]), &[input]) != Ok(true) {
        return;
    }
    for (owner, groups) in shard.names.0.iter().take(MOST) {
        for rtype in groups.0.iter().map(|(rtype, _)| *rtype).take(MOST).chain([1, 5, 255]) {
            ask(engine, owner, rtype);
        }
        ask(engine, &[b"\x01x", &owner[..]].concat(), 1);
    }
}

/// Publishes the input as the head of a zone whose shards are empty, and asks for its apex.
fn serve_head(engine: &Arc<Engine>, head: &wire::Head<'_>, input: &[u8]) {
    let count = head.shard_versions.len();
    if count > MOST_SHARDS {
        return;
    }
    let shards: Vec<Vec<u8>> = (0..count).map(|index| empty_shard(head, index)).collect();
    let shards: Vec<&[u8]> = shards.iter().map(|shard| &shard[..]).collect();
    if engine.publish(input, &shards) == Ok(true) {
        for rtype in [1, 2, 6, 255] {
            ask(engine, head.apex, rtype);
        }
        ask(engine, &[b"\x01x", &head.apex[..]].concat(), 1);
    }
}

fn empty_shard(head: &wire::Head<'_>, index: usize) -> Vec<u8> {
    let zone = Zone { id: head.zone_id.into(), version: head.shard_versions[index], ..Zone::default() };
    zone.shards(head.shard_versions.len()).swap_remove(index)
}

/// Asks with and without EDNS, over UDP and TCP, and explains.
fn ask(engine: &Arc<Engine>, name: &[u8], rtype: u16) {
    let plain = Question::new(name, rtype);
    for packet in [plain.packet(1), plain.with_edns(UDP_PAYLOAD).packet(2)] {
        for transport in [Transport::Udp, Transport::Tcp] {
            let mut out = vec![0; 65_535];
            let snapshot = engine.snapshots().load();
            let octets = respond(
                &snapshot,
                &packet,
                &Arrival::new(CLIENT, transport, 7),
                &Counters::default(),
                &mut Workspace::passing(),
                &mut out,
            );
            reply::check(&packet, &out[..octets], transport, UDP_PAYLOAD);
        }
    }
    let _ = engine.explain(name, rtype, CLIENT, &Overrides::drawn(7));
}
