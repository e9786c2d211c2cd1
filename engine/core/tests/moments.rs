//! Readers see one version of a zone whole: a batch is atomic on the wire (architecture §3).

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use common::image::Zone;
use common::message::{self, Question};
use common::{CLIENT, example, publish, text};
use meridian_engine::Engine;
use meridian_engine::counters::Counters;
use meridian_engine::respond::{Arrival, Transport, Workspace, respond};
use meridian_engine::snapshot::{Settings, Snapshot};

const NAMES: usize = 100;
const VERSIONS: u64 = 150;
const READERS: usize = 4;

/// A zone of a hundred names in which every record says the version.
fn versioned(version: u64) -> Zone {
    let record = |n| format!("n{n}.example.com. 60 TXT \"{version}\"\n");
    example(version, &(0..NAMES).map(record).collect::<String>())
}

/// Asks for each name in one snapshot, as the query threads do, and returns the versions told.
fn versions(snapshot: &Snapshot, packets: &[Vec<u8>], counters: &Counters) -> Vec<u64> {
    let mut out = [0; 4096];
    let mut told = |packet: &Vec<u8>| {
        let length = respond(
            snapshot,
            packet,
            &Arrival::new(CLIENT, Transport::Udp, 0),
            counters,
            &mut Workspace::passing(),
            &mut out,
        );
        let reply = message::read(&out[..length]).expect("a whole message");
        let [record] = &reply.sections[0][..] else { panic!("{reply:?}") };
        std::str::from_utf8(&record.rdata[1..]).unwrap().parse().expect("a version")
    };
    packets.iter().map(&mut told).collect()
}

/// While a writer publishes batches that change a hundred names in sixteen shards, no reader sees two versions
/// at one moment, none sees time go back, and each sees new ones.
#[test]
fn no_reader_sees_half_a_batch() {
    let engine = Engine::new(Settings::default());
    publish(&engine, &versioned(1), 16);
    let packets: Vec<Vec<u8>> =
        (0..NAMES).map(|n| Question::new(&text::name(&format!("n{n}.example.com.")), 16).packet(1)).collect();
    let (done, rounds) = (AtomicBool::new(false), AtomicU64::new(0));
    let read = || {
        let counters = engine.register_counters();
        let mut cache = arc_swap::Cache::new(engine.snapshots());
        let (mut last, mut seen) = (0, 0);
        while !done.load(Relaxed) || last < VERSIONS {
            let told = versions(cache.load(), &packets, &counters);
            assert!(told.iter().all(|version| *version == told[0]), "a mixture: {told:?}");
            assert!(told[0] >= last, "version {} after {last}", told[0]);
            seen += u64::from(told[0] > last);
            last = told[0];
            rounds.fetch_add(1, Relaxed);
        }
        seen
    };
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS).map(|_| scope.spawn(read)).collect();
        for version in 2..=VERSIONS {
            let before = rounds.load(Relaxed);
            publish(&engine, &versioned(version), 16);
            // At least one reader goes round between two versions, or nothing would be shown.
            while rounds.load(Relaxed) == before && !readers.iter().any(|reader| reader.is_finished()) {
                std::thread::yield_now();
            }
        }
        done.store(true, Relaxed);
        let seen: Vec<u64> =
            readers.into_iter().map(|reader| reader.join().expect("a reader without failure")).collect();
        assert!(seen.iter().sum::<u64>() > VERSIONS / 2, "versions seen by each reader: {seen:?}");
    });
}

/// A snapshot that a reader holds stays as it was; when it is let go, the next writer frees it.
#[test]
fn a_snapshot_does_not_change() {
    let engine = Engine::new(Settings::default());
    publish(&engine, &versioned(1), 16);
    let packets = [Question::new(&text::name("n7.example.com."), 16).packet(1)];
    let held = engine.snapshots().load_full();
    let shard = Arc::downgrade(&held.catalog.public().at(&name("example.com."), 0).expect("the zone").shards()[0]);

    publish(&engine, &versioned(2), 16);
    engine.set_health(&[(1, false)]);
    assert_eq!(vec![1], versions(&held, &packets, &Counters::default()));
    assert_eq!(vec![2], versions(&engine.snapshots().load(), &packets, &Counters::default()));

    drop(held);
    assert!(shard.upgrade().is_some(), "freed by a reader");
    engine.set_health(&[(1, true)]);
    assert!(shard.upgrade().is_none(), "kept although nobody reads it");
}

fn name(text: &str) -> meridian_engine::name::Name {
    meridian_engine::name::Name::from_wire(&text::name(text)).expect("a name")
}
