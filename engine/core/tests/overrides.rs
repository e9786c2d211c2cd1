//! Explanations under overrides: what would be answered, while nothing that is served changes.

mod common;

use std::sync::Arc;

use common::image::{Group, Zone, arm, index, to_records};
use common::message::Question;
use common::{CLIENT, ask, example, serving, text};
use meridian_engine::Engine;
use meridian_engine::access::Access;
use meridian_engine::explain::{ExplainError, Image, Overrides};
use meridian_engine::networks::Networks;
use meridian_engine::place::Prefix;
use meridian_engine::respond::Transport;
use meridian_engine::snapshot::Settings;
use proptest::prelude::*;

const PRIMARY: u32 = 7;

/// The addresses of the answer section that the explanation of `name` A holds.
fn explained(engine: &Engine, name: &str, overrides: &Overrides<'_>) -> Vec<Vec<u8>> {
    let json = engine.explain(&text::name(name), 1, CLIENT, overrides).expect("an explanation");
    let explained: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let hex = explained["reply"].as_str().expect("a reply");
    let octets: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal")).collect();
    let message = common::message::read(&octets).expect("a message");
    message.sections[0].iter().map(|record| record.rdata.clone()).collect()
}

fn answered(engine: &Engine, name: &str) -> Vec<Vec<u8>> {
    ask(engine, name, "A", 0).sections[0].iter().map(|record| record.rdata.clone()).collect()
}

/// A failover pair at `f.example.com.`: 192.0.2.1 while `PRIMARY` is healthy, else 192.0.2.2.
fn pair() -> Zone {
    let mut zone = example(1, "w.example.com. 60 A 192.0.2.9");
    let mut primary = arm(to_records(60, [vec![192, 0, 2, 1]]));
    let mut secondary = arm(to_records(60, [vec![192, 0, 2, 2]]));
    (primary.id, primary.health) = ("1".into(), PRIMARY);
    (secondary.id, secondary.secondary) = ("2".into(), true);
    let group = Group { kind: "failover".into(), arms: vec![primary, secondary], ..Group::default() };
    zone.groups.insert((text::name("f.example.com."), 1), group);
    zone
}

fn image<'a>(head: &'a [u8], shards: &'a [&'a [u8]]) -> Overrides<'a> {
    Overrides { image: Some(Image { head, shards }), ..Overrides::drawn(0) }
}

/// Health that is overridden decides, in both directions, and is nobody else's.
#[test]
fn health_is_overridden_for_one_explanation() {
    let engine = serving(&[pair()], 1);
    let (first, second) = (vec![vec![192, 0, 2, 1]], vec![vec![192, 0, 2, 2]]);
    for (served, overridden, expected) in [(true, false, &second), (false, true, &first)] {
        engine.set_health(&[(PRIMARY, served)]);
        let before = answered(&engine, "f.example.com.");
        let overrides = Overrides { health: &[(PRIMARY, overridden)], ..Overrides::drawn(0) };

        assert_eq!(expected, &explained(&engine, "f.example.com.", &overrides));
        assert_eq!(before, answered(&engine, "f.example.com."));
        assert_eq!(before, explained(&engine, "f.example.com.", &Overrides::drawn(0)));
    }
}

/// An unpublished image answers beside the snapshot, older versions too; the shards not given are those held.
#[test]
fn an_image_is_explained_without_being_served() {
    let served = example(2, "a.example.com. 60 A 192.0.2.1\nb.example.com. 60 A 192.0.2.2");
    let engine = serving(&[served], 16);
    let next = example(3, "a.example.com. 60 A 192.0.2.3\nb.example.com. 60 A 192.0.2.4");
    let changed = index(&text::name("a.example.com."), 16);
    assert_ne!(changed, index(&text::name("b.example.com."), 16));
    let head = next.head_of(&std::array::from_fn::<u64, 16, _>(|at| if at == changed { 3 } else { 2 }));
    let shard = &next.shards(16)[changed][..];
    let snapshot = engine.snapshots().load_full();

    assert_eq!(vec![vec![192, 0, 2, 3]], explained(&engine, "a.example.com.", &image(&head, &[shard])));
    assert_eq!(vec![vec![192, 0, 2, 2]], explained(&engine, "b.example.com.", &image(&head, &[shard])));

    let older = example(1, "a.example.com. 60 A 192.0.2.5");
    assert_eq!(
        vec![vec![192, 0, 2, 5]],
        explained(&engine, "a.example.com.", &image(&older.head(1), &[&older.shards(1)[0]]))
    );
    assert_eq!(vec![vec![192, 0, 2, 1]], answered(&engine, "a.example.com."));
    assert!(Arc::ptr_eq(&snapshot, &engine.snapshots().load_full()));
    assert_eq!(vec![("Z0".to_string(), 2)], engine.zones());
}

/// An image that cannot be served cannot be explained; the error is that of publishing it.
#[test]
fn a_wrong_image_is_refused() {
    let engine = serving(&[example(1, "a.example.com. 60 A 192.0.2.1")], 1);
    let next = example(2, "a.example.com. 60 A 192.0.2.2");
    for (head, shards) in [(next.head(1), vec![]), (b"\xc1".to_vec(), next.shards(1))] {
        let shards: Vec<&[u8]> = shards.iter().map(|shard| &shard[..]).collect();

        let refused = engine.explain(&text::name("a.example.com."), 1, CLIENT, &image(&head, &shards));

        assert_eq!(ExplainError::Image(engine.publish(&head, &shards).unwrap_err()), refused.unwrap_err());
    }
}

/// One zone alone answers: neither the older zone of its name nor one below it; a zone not held, nothing.
#[test]
fn one_zone_alone() {
    let zone = |id: &str, rank, apex: &str, address: &str| {
        let records = format!("{apex} 60 SOA a. b. 1 1 1 1 1\n{apex} 60 NS a.\nw.sub.example.com. 60 A {address}");
        Zone { rank, ..Zone::new(id, 1, &text::name(apex), &text::records(&records)) }
    };
    let engine = serving(
        &[
            zone("old", 1, "example.com.", "192.0.2.1"),
            zone("young", 2, "example.com.", "192.0.2.2"),
            zone("below", 3, "sub.example.com.", "192.0.2.3"),
        ],
        1,
    );
    for (only, expected) in [("old", Some(1)), ("young", Some(2)), ("below", Some(3)), ("none", None)] {
        let overrides = Overrides { only: Some(only), ..Overrides::drawn(0) };

        let seen = explained(&engine, "w.sub.example.com.", &overrides);

        assert_eq!(expected.map(|last| vec![192, 0, 2, last]).into_iter().collect::<Vec<_>>(), seen, "{only}");
    }
    assert_eq!(vec![vec![192, 0, 2, 3]], answered(&engine, "w.sub.example.com."));
}

proptest! {
    /// What an image and a state of health would answer is what they answer once they are served.
    #[test]
    fn explained_as_it_will_be_answered(draw: u64, last: u8, shards in prop::sample::select(vec![1_usize, 16]), healthy: bool) {
        let mut next = pair();
        next.version = 2;
        next.groups.insert((text::name("w.example.com."), 1), common::image::simple(60, [vec![192, 0, 2, last]]));
        let (head, images) = (next.head(shards), next.shards(shards));
        let images: Vec<&[u8]> = images.iter().map(|shard| &shard[..]).collect();
        let engine = serving(&[pair()], shards);
        let health = [(PRIMARY, healthy)];
        let overrides = Overrides { draw: Some(draw), health: &health, ..image(&head, &images) };
        for name in ["w.example.com.", "f.example.com.", "none.example.com."] {
            let foreseen = engine.explain(&text::name(name), 1, CLIENT, &overrides).expect("an explanation");
            let later = serving(&[pair()], shards);
            later.publish(&head, &images).expect("an image");
            later.set_health(&health);
            let packet = Question { rd: false, cd: false, ..Question::new(&text::name(name), 1) }.with_edns(u16::MAX).packet(0);
            let reply = later.respond(&packet, CLIENT, Transport::Tcp, Some(draw)).expect("a reply");
            let hex: String = reply.iter().map(|octet| format!("{octet:02x}")).collect();
            let foreseen: serde_json::Value = serde_json::from_str(&foreseen).expect("JSON");
            prop_assert_eq!(Some(hex.as_str()), foreseen["reply"].as_str());
        }
    }
}

/// A client that may not ask is told so in the explanation, as on the wire; one zone alone answers everybody.
#[test]
fn who_may_not_ask_is_explained() {
    let deny = Networks::new(&[Prefix::new(CLIENT, 24)]);
    let engine = Engine::new(Settings { access: Some(Access { allow: None, deny }.into()), ..Settings::default() });
    common::publish(&engine, &pair(), 1);
    let steps = |overrides: &Overrides<'_>| {
        let json = engine.explain(&text::name("w.example.com."), 1, CLIENT, overrides).expect("an explanation");
        let explained: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        explained["steps"].as_array().expect("steps").iter().map(|step| step["step"].to_string()).collect::<Vec<_>>()
    };
    let only = Overrides { only: Some("Z0"), ..Overrides::drawn(0) };

    assert!(answered(&engine, "w.example.com.").is_empty());
    assert_eq!(vec!["\"client\"", "\"prohibited\""], steps(&Overrides::drawn(0)));
    assert_eq!(vec![vec![192, 0, 2, 9]], explained(&engine, "w.example.com.", &only));
}
