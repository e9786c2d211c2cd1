//! Any octets as a table of places: refused with an error, or in force; and what is in force answers every client.
//!
//! The input is one octet of choices, then the table: of which kind (low two bits), and whether the checksum of a
//! geolocation table is put right (4), which chance does not find.

#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use meridian_engine::Engine;
use meridian_engine::counters::Counters;
use meridian_engine::explain::Overrides;
use meridian_engine::respond::{Arrival, Transport, Workspace, respond};
use meridian_engine_fuzz::common::message::{Question, subnet};
use meridian_engine_fuzz::{reply, tables};

const KINDS: [&str; 4] = ["geo", "latency", "views", "cidr/offices"];

/// Tables of cases whose zones go by places.
const TABLES: [&str; 3] = ["cidr.toml", "places_in_trees.toml", "views.toml"];

static ENGINES: LazyLock<Vec<(tables::Table, Arc<Engine>)>> = LazyLock::new(|| {
    let all = tables::all().into_iter().zip(tables::engines());
    all.filter(|(table, _)| TABLES.contains(&&*table.file)).collect()
});

fuzz_target!(|input: &[u8]| {
    let [choices, octets @ ..] = input else { return };
    let kind = KINDS[usize::from(choices & 3)];
    let mut octets = octets.to_vec();
    if choices & 4 != 0
        && let Some(end) = octets.len().checked_sub(4)
    {
        let sum = crc32fast::hash(&octets[..end]);
        octets[end..].copy_from_slice(&sum.to_le_bytes());
    }
    for (table, engine) in ENGINES.iter() {
        if engine.set_place(kind, &octets).is_ok() {
            ask(table, engine, &octets);
        }
        engine.set_place(kind, &[]).expect("nothing can be put in force");
    }
});

/// Asks the first questions of the table from addresses that the octets themselves name, and for such networks.
fn ask(table: &tables::Table, engine: &Arc<Engine>, octets: &[u8]) {
    let clients = [
        octets.first_chunk().map_or(Ipv4Addr::LOCALHOST.into(), |octets: &[u8; 4]| IpAddr::from(*octets)),
        octets.last_chunk().map_or(Ipv6Addr::LOCALHOST.into(), |octets: &[u8; 16]| IpAddr::from(*octets)),
        Ipv4Addr::BROADCAST.into(),
        Ipv6Addr::UNSPECIFIED.into(),
    ];
    let snapshot = engine.snapshots().load();
    for case in table.case.iter().take(4) {
        let Some(question) = case.asked() else { continue };
        for client in clients {
            let length = if client.is_ipv4() { 24 } else { 56 };
            let mut with_subnet = Question::new(&question.name, question.rtype).with_edns(4096);
            if let Some(edns) = &mut with_subnet.edns {
                edns.options.push((8, subnet(client, length, 0)));
            }
            for packet in [question.packet(1), with_subnet.packet(2)] {
                let mut out = vec![0xEE; 4096];
                let arrival = Arrival::new(client, Transport::Udp, 7);
                let length =
                    respond(&snapshot, &packet, &arrival, &Counters::default(), &mut Workspace::passing(), &mut out);
                reply::check(&packet, &out[..length], Transport::Udp, snapshot.settings.udp_payload);
            }
            let _ = engine.explain(&question.name, question.rtype, client, &Overrides::drawn(7));
        }
    }
}
