//! What the tests of answering share: tables of cases, and readers and writers independent of the engine.

#![allow(dead_code, missing_docs)] // Each test file uses a part; the tables' README says what they mean.

pub mod image;
pub mod message;
pub mod place;
pub mod run;
pub mod table;
pub mod text;

use std::array::from_fn;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use meridian_engine::Engine;
use meridian_engine::ahead::{self, Foreseen, TOGETHER};
use meridian_engine::decide::Shortcuts;
use meridian_engine::name::Name;
use meridian_engine::respond::{Transport, Work};
use meridian_engine::snapshot::{Settings, Snapshot};

/// The resolver that asks, where it does not matter which.
pub const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 53));

/// An engine that serves these zones, each in `shards` shards.
pub fn serving(zones: &[image::Zone], shards: usize) -> Arc<Engine> {
    let engine = Engine::new(Settings::default());
    zones.iter().for_each(|zone| publish(&engine, zone, shards));
    engine
}

/// Publishes a zone whole.
pub fn publish(engine: &Engine, zone: &image::Zone, shards: usize) {
    let images = zone.shards(shards);
    let images: Vec<&[u8]> = images.iter().map(|image| &image[..]).collect();
    assert_eq!(Ok(true), engine.publish(&zone.head(shards), &images));
}

/// The reply to a question over TCP, which has room for all.
pub fn ask(engine: &Engine, name: &str, rtype: &str, draw: u64) -> message::Message {
    let question = message::Question::new(&text::name(name), text::rtype_number(rtype));
    let reply = engine.respond(&question.packet(1), CLIENT, Transport::Tcp, Some(draw)).expect("a reply");
    message::read(&reply).expect("a whole message")
}

/// What `answer` makes of each packet, at most `TOGETHER`, when all were looked at before the first is answered: it is
/// given the packet's number, what is known of it, and its name.
pub fn look_ahead<R>(
    snapshot: &Snapshot,
    packets: &[(&[u8], IpAddr)],
    shortcuts: &mut Shortcuts,
    mut answer: impl FnMut(usize, &Foreseen<'_, '_>, Work<'_>) -> R,
) -> Vec<R> {
    let mut names = from_fn(|_| Name::root());
    let mut foreseen = [Foreseen::NOTHING; TOGETHER];
    ahead::look_ahead(snapshot, packets.iter().copied(), &mut names, shortcuts, &mut foreseen, |_| ());
    let numbers = 0..packets.len();
    let known = numbers.zip(&foreseen).zip(&mut names);
    known.map(|((number, foreseen), name)| answer(number, foreseen, Work { name, shortcuts })).collect()
}

/// The small zone that laws and sequences are shown on: SOA, two name servers.
pub const APEX_RECORDS: &str = "
    example.com. 900 SOA ns1.example.com. hostmaster.example.com. 1 7200 900 1209600 86400
    example.com. 172800 NS ns1.example.com.
    example.com. 172800 NS ns2.example.net.
    ns1.example.com. 300 A 192.0.2.1";

/// A zone example.com. of `APEX_RECORDS` and these.
pub fn example(version: u64, records: &str) -> image::Zone {
    let records = text::records(&[APEX_RECORDS, records].join("\n"));
    image::Zone::new("Z0", version, &text::name("example.com."), &records)
}
