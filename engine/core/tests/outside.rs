//! Aliases to outside names: what a connector says of the target is answered as if it were our own (R-ALI-14).

mod common;

use std::path::PathBuf;
use std::sync::Arc;

use allocation_counter::measure;
use common::image::{Arm, Group, Target, Zone, arm};
use common::message::{Edns, Message, Question, read};
use common::{CLIENT, ask, example, publish, text};
use meridian_engine::Engine;
use meridian_engine::counters::Counters;
use meridian_engine::explain::Overrides;
use meridian_engine::respond::{Arrival, Transport, Workspace, respond};
use meridian_engine::snapshot::Settings;
use serde::Serialize;
use serde_bytes::ByteBuf;

const TARGET: &str = "lb.example.org.";

#[derive(Serialize)]
struct Answers {
    ttl: u32,
    rdata: Vec<ByteBuf>,
    healthy: bool,
    asked_at: u64,
    near: Vec<Near>,
}

#[derive(Serialize)]
struct Near {
    address: ByteBuf,
    length: u8,
    area: (&'static str, &'static str, &'static str),
    ttl: u32,
    rdata: Vec<ByteBuf>,
}

fn addresses(texts: &[&str]) -> Vec<ByteBuf> {
    texts.iter().map(|text| ByteBuf::from(text::rdata(1, text))).collect()
}

fn answers(ttl: u32, texts: &[&str]) -> Answers {
    Answers { ttl, rdata: addresses(texts), healthy: true, asked_at: 1_800_000_000, near: vec![] }
}

fn near(address: [u8; 4], length: u8, area: (&'static str, &'static str, &'static str), text: &str) -> Near {
    Near { address: ByteBuf::from(address), length, area, ttl: 30, rdata: addresses(&[text]) }
}

fn set(engine: &Engine, answers: &Answers) {
    let octets = rmp_serde::to_vec_named(answers).unwrap();
    engine.set_outside(&text::name(TARGET), 1, &octets).unwrap();
}

fn alias(evaluate_target: bool) -> Arm {
    let target = Target::Outside { target: ByteBuf::from(text::name(TARGET)), r#type: 1 };
    Arm { evaluate_target, ..arm(target) }
}

/// A zone with an alias at the apex, and a failover pair whose PRIMARY is an alias.
fn zone() -> Zone {
    let mut zone = example(1, "");
    let apex = Group { kind: "simple".into(), arms: vec![alias(false)], ..Group::default() };
    zone.groups.insert((text::name("example.com."), 1), apex);
    let second = common::image::to_records(60, [text::rdata(1, "192.0.2.99")]);
    let arms = vec![Arm { id: "1".into(), ..alias(true) }, Arm { id: "2".into(), secondary: true, ..arm(second) }];
    let pair = Group { kind: "failover".into(), arms, ..Group::default() };
    zone.groups.insert((text::name("pair.example.com."), 1), pair);
    zone
}

fn engine() -> Arc<Engine> {
    let engine = Engine::new(Settings::default());
    publish(&engine, &zone(), 1);
    engine
}

fn lines(message: &Message) -> Vec<String> {
    let mut lines: Vec<String> = message.sections[0].iter().map(|record| format!("{record:?}")).collect();
    lines.sort();
    lines
}

fn expected(owner: &str, ttl: u32, texts: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> =
        texts.iter().map(|text| format!("{:?}", text::record(&format!("{owner} {ttl} A {text}")))).collect();
    lines.sort();
    lines
}

/// A query with a client subnet, and the scope of its answer.
fn ask_from(engine: &Engine, subnet: [u8; 3]) -> (Message, u8) {
    let option = [&[0, 1, 24, 0][..], &subnet].concat();
    let edns = Edns { payload: 1232, version: 0, dnssec_ok: false, options: vec![(8, option)] };
    let question = Question { edns: Some(edns), ..Question::new(&text::name("example.com."), 1) };
    let reply = engine.respond(&question.packet(1), CLIENT, Transport::Udp, Some(1)).unwrap();
    let message = read(&reply).unwrap();
    let scope = message.edns.as_ref().unwrap().options[0].1[3];
    (message, scope)
}

/// The owner is the name asked for, the TTL the target's own (R-TREE-11, R-TREE-12); new data replace the old.
#[test]
fn a_target_is_answered_as_if_it_stood_in_the_zone() {
    let engine = engine();
    set(&engine, &answers(17, &["203.0.113.1", "203.0.113.2"]));

    let reply = ask(&engine, "example.com.", "A", 1);

    assert_eq!(expected("example.com.", 17, &["203.0.113.1", "203.0.113.2"]), lines(&reply));
    assert_eq!((0, vec!["aa"]), (reply.rcode, reply.flags));

    set(&engine, &answers(5, &["203.0.113.3"]));

    assert_eq!(expected("example.com.", 5, &["203.0.113.3"]), lines(&ask(&engine, "example.com.", "A", 1)));
}

/// Before the first answer there is none to give; a name without such records is NODATA; one that is
/// no target any more is unknown again.
#[test]
fn no_data_yet_is_not_no_data() {
    let engine = engine();

    assert_eq!(2, ask(&engine, "example.com.", "A", 1).rcode);

    set(&engine, &answers(60, &[]));
    let reply = ask(&engine, "example.com.", "A", 1);

    assert_eq!((0, 0, 1), (reply.rcode, reply.sections[0].len(), reply.sections[1].len()));

    engine.set_outside(&text::name(TARGET), 1, &[]).unwrap();

    assert_eq!(2, ask(&engine, "example.com.", "A", 1).rcode);
}

/// R-TREE-10: a target's own state counts for an alias that evaluates it; unknown is healthy.
#[test]
fn an_unhealthy_target_fails_over() {
    let engine = engine();
    set(&engine, &answers(17, &["203.0.113.1"]));

    assert_eq!(expected("pair.example.com.", 17, &["203.0.113.1"]), lines(&ask(&engine, "pair.example.com.", "A", 1)));

    set(&engine, &Answers { healthy: false, ..answers(17, &[]) });

    assert_eq!(expected("pair.example.com.", 60, &["192.0.2.99"]), lines(&ask(&engine, "pair.example.com.", "A", 1)));
}

/// Where the target's operator answers by client subnet, so do we, and the scope says how far it holds.
#[test]
fn a_near_client_gets_the_near_answer() {
    let engine = engine();
    let geo = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/place/geo.table");
    engine.set_place("geo", &std::fs::read(geo).unwrap()).unwrap();
    let mut all = answers(17, &["203.0.113.1"]);
    all.near = vec![
        near([10, 1, 0, 0], 16, ("", "", ""), "203.0.113.2"),
        near([128, 30, 0, 0], 16, ("NA", "", ""), "203.0.113.3"),
    ];
    set(&engine, &all);

    let (block, scope) = ask_from(&engine, [10, 1, 7]);
    assert_eq!((expected("example.com.", 30, &["203.0.113.2"]), 16), (lines(&block), scope));

    let (area, scope) = ask_from(&engine, [198, 51, 100]);
    assert_eq!(expected("example.com.", 30, &["203.0.113.3"]), lines(&area));
    assert!(scope > 0);

    let (other, _) = ask_from(&engine, [10, 2, 7]);
    assert_eq!(expected("example.com.", 17, &["203.0.113.1"]), lines(&other));
}

/// Data that cannot be used are refused, and what was in force still is.
#[test]
fn damaged_data_change_nothing() {
    let engine = engine();
    set(&engine, &answers(17, &["203.0.113.1"]));
    let whole = rmp_serde::to_vec_named(&answers(5, &["203.0.113.9"])).unwrap();

    for end in 1..whole.len() {
        assert!(engine.set_outside(&text::name(TARGET), 1, &whole[..end]).is_err(), "{end} octets");
    }
    let mut nowhere = answers(5, &["203.0.113.9"]);
    nowhere.near = vec![near([0; 4], 0, ("EU", "DE", ""), "203.0.113.2")];
    assert!(engine.set_outside(&text::name(TARGET), 1, &rmp_serde::to_vec_named(&nowhere).unwrap()).is_err());
    assert!(engine.set_outside(&[1], 1, &whole).is_err());

    assert_eq!(expected("example.com.", 17, &["203.0.113.1"]), lines(&ask(&engine, "example.com.", "A", 1)));
}

/// The explanation names the target, whose answer it is and when it was asked.
#[test]
fn an_explanation_names_the_target_and_when_it_answered() {
    let engine = engine();
    set(&engine, &answers(17, &["203.0.113.1"]));

    let json = engine.explain(&text::name("example.com."), 1, CLIENT, &Overrides::drawn(1)).unwrap();
    let explained: serde_json::Value = serde_json::from_str(&json).unwrap();
    let step = explained["steps"].as_array().unwrap().iter().find(|step| step["step"] == "outside").unwrap();

    let expected = serde_json::json!({
        "step": "outside", "target": TARGET, "type": 1, "resolved": true, "healthy": true,
        "asked_at": 1_800_000_000_u64, "answer_for": "everyone", "ttl": 17, "records": 1,
    });
    assert_eq!(&expected, step);
}

/// Answering from outside data takes no memory, by block and for everyone.
#[test]
fn answering_allocates_nothing() {
    let engine = engine();
    let mut all = answers(17, &["203.0.113.1", "203.0.113.4"]);
    all.near = vec![
        near([10, 1, 0, 0], 16, ("", "", ""), "203.0.113.2"),
        near([11, 0, 0, 0], 8, ("EU", "", ""), "203.0.113.3"),
    ];
    set(&engine, &all);
    let option = |third| (8, vec![0, 1, 24, 0, 10, third, 0]);
    let edns = |third| Edns { payload: 1232, version: 0, dnssec_ok: false, options: vec![option(third)] };
    let question = |name| Question::new(&text::name(name), 1);
    let packets: Vec<Vec<u8>> = ["example.com.", "pair.example.com."]
        .into_iter()
        .flat_map(|name| [None, Some(edns(1)), Some(edns(2))].map(|edns| Question { edns, ..question(name) }.packet(1)))
        .collect();
    let counters = Counters::default();
    let mut cache = arc_swap::Cache::new(engine.snapshots());
    let mut out = vec![0; 65_535];
    cache.load();

    let taken = measure(|| {
        for packet in &packets {
            let length = respond(
                cache.load(),
                packet,
                &Arrival::new(CLIENT, Transport::Udp, 1),
                &counters,
                &mut Workspace::passing(),
                &mut out,
            );
            assert!(length > packet.len());
        }
    });

    assert_eq!(0, taken.count_total);
}
