//! Any packet, answered and told: a logged zone gets one line of ten fields and no more, and dnstap whole frames.
//!
//! The input is one octet, which table's zones are served, then the packet.

#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use meridian_engine::Engine;
use meridian_engine::counters::Counters;
use meridian_engine::dnstap::About;
use meridian_engine::observe::{Between, take};
use meridian_engine::respond::{Arrival, Transport, Workspace, respond};
use meridian_engine_fuzz::common::{CLIENT, publish};
use meridian_engine_fuzz::tables;

/// Fields of a line (R-LOG-2).
const FIELDS: usize = 10;

static ENGINES: LazyLock<Vec<Arc<Engine>>> = LazyLock::new(|| {
    let engines = tables::engines();
    for (engine, table) in engines.iter().zip(tables::all()) {
        for mut zone in table.zones() {
            zone.version += 1;
            zone.log = "/group".into();
            publish(engine, &zone, tables::SHARDS);
        }
    }
    engines
});

fuzz_target!(|input: &[u8]| {
    let [table, packet @ ..] = input else { return };
    let engine = &ENGINES[usize::from(*table) % ENGINES.len()];
    let rings =
        engine.observing().tap(About { identity: "e".into(), version: "v".into(), queries: true, responses: true });
    let mut watcher = engine.observing().watcher();
    let (snapshot, counters) = (engine.snapshots().load_full(), Counters::default());
    let mut out = vec![0xEE; 65_535];
    let arrival = Arrival::new(CLIENT, Transport::Tcp, 7);
    let octets = respond(&snapshot, packet, &arrival, &counters, &mut Workspace::passing(), &mut out);

    let server = ([127, 0, 0, 1], 53).into();
    let between = Between { client: (CLIENT, 5353).into(), server, transport: Transport::Tcp, asked: Duration::ZERO };
    let now = Duration::from_secs(1_790_000_000);
    watcher.tell(packet, &out[..octets], &between, now, &counters);
    if counters.logged.get() > 0 {
        watcher.log(&snapshot.catalog, packet, out[3] & 0x0f, &between, now, &counters);
    }

    let lines: Vec<u8> = engine.observing().drain_log().into_values().flatten().collect();
    let text = str::from_utf8(&lines).expect("a line is ASCII");
    assert_eq!(text.lines().count() as u64, counters.query_log_lines.get(), "{text}");
    assert!(text.is_ascii() && text.lines().all(|line| line.split(' ').count() == FIELDS), "{text}");
    let mut frames = Vec::new();
    rings.lock().expect("whole").iter_mut().for_each(|ring| take(ring, &mut frames));
    assert_eq!(count(&frames), counters.dnstap_frames.get());
});

/// How many frames there are, each with its length before it.
fn count(mut octets: &[u8]) -> u64 {
    let mut count = 0;
    while let Some((length, rest)) = octets.split_first_chunk::<4>() {
        octets = &rest[u32::from_be_bytes(*length) as usize..];
        count += 1;
    }
    count
}
