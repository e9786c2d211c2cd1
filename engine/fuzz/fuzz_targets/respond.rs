//! Any packet, to zones with every feature: no panic, and every reply is a proper one.
//!
//! The input is three octets of circumstances, then the packet: which table's zones are served; the draw;
//! transport (1) and the client's family (2).

#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use meridian_engine::Engine;
use meridian_engine::counters::Counters;
use meridian_engine::respond::{Arrival, Transport, respond};
use meridian_engine_fuzz::{reply, tables};

static ENGINES: LazyLock<Vec<Arc<Engine>>> = LazyLock::new(tables::engines);

fuzz_target!(|input: &[u8]| {
    let [table, draw, choices, packet @ ..] = input else { return };
    let transport = if choices & 1 == 0 { Transport::Udp } else { Transport::Tcp };
    let client = if choices & 2 == 0 { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { IpAddr::V6(Ipv6Addr::LOCALHOST) };
    let snapshot = ENGINES[usize::from(*table) % ENGINES.len()].snapshots().load();
    let mut out = vec![0xEE; if transport == Transport::Udp { 4096 } else { 65_535 }];

    let octets =
        respond(&snapshot, packet, &Arrival::new(client, transport, u64::from(*draw)), &Counters::default(), &mut out);

    if octets > 0 {
        reply::check(packet, &out[..octets], transport, snapshot.settings.udp_payload);
    }
});
