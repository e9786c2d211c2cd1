//! Any packet over TCP as a query for a zone, unsigned or signed: a whole transfer, or one reply that says why not.
//!
//! The input is two octets, then the packet: which table's zones are served; whether the packet is signed (1), with a
//! key that the server has, and whether a difference is at hand for those who ask for one (2).

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use meridian_engine::Engine;
use meridian_engine::counters::Counters;
use meridian_engine::name::Name;
use meridian_engine::respond::{Arrival, Transport, Workspace, respond};
use meridian_engine::transfer::{self, Next};
use meridian_engine_fuzz::common::{CLIENT, message, publish};
use meridian_engine_fuzz::{reply, signing, tables};

const NOW: u32 = 1_559_731_985;

/// More messages than any zone of the tables fills.
const MOST: usize = 64;

static ENGINES: LazyLock<Vec<Arc<Engine>>> = LazyLock::new(tables::engines);

/// The same zones, each in a second version.
static CHANGED: LazyLock<Vec<Arc<Engine>>> = LazyLock::new(|| {
    let engines = tables::engines();
    for (engine, table) in engines.iter().zip(tables::all()) {
        for mut zone in table.zones() {
            zone.version += 1;
            publish(engine, &zone, tables::SHARDS);
        }
    }
    engines
});

fuzz_target!(|input: &[u8]| {
    let [table, choices, packet @ ..] = input else { return };
    let engines = if choices & 2 == 0 { &ENGINES } else { &CHANGED };
    let snapshot = engines[usize::from(*table) % engines.len()].snapshots().load_full();
    let packet = if choices & 1 == 0 { packet.to_vec() } else { signing::sign(packet, NOW.into()) };
    let arrival = Arrival { now: NOW, ..Arrival::new(CLIENT, Transport::Tcp, 0) };
    let (counters, mut name) = (Counters::default(), Name::root());
    let mut out = vec![0xEE; 65_535];

    let Some(mut stream) = transfer::begin(&snapshot, &Arc::default(), &packet, &arrival, &counters, &mut name) else {
        let octets = respond(&snapshot, &packet, &arrival, &counters, &mut Workspace::passing(), &mut out);
        if octets > 0 {
            reply::check(&packet, &out[..octets], Transport::Tcp, snapshot.settings.udp_payload);
        }
        return;
    };
    let mut soa = 0;
    for _ in 0..MOST {
        match stream.next(&mut out, NOW.into()) {
            Next::Message(octets) => {
                assert_eq!((&out[..2], out[2] & 0x80, out[3] & 0x0f), (&packet[..2], 0x80, 0));
                let read = message::read(&out[..octets]).expect("a whole message");
                soa += read.sections[0].iter().filter(|record| record.rtype == 6).count();
            }
            Next::End => {
                assert!(soa > 0, "no SOA record");
                return;
            }
            Next::Stuck => panic!("a record that does not fit"),
        }
    }
    panic!("no end");
});
