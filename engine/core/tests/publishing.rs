//! Sequences of publishing: versions go forward only, what did not change is shared, what is retired is gone.

mod common;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use common::image::{Zone, index};
use common::place::{View, put_views};
use common::{ask, example, message, publish, serving, text};
use meridian_engine::Engine;
use meridian_engine::explain::Overrides;
use meridian_engine::image::Shard;
use meridian_engine::name::Name;
use meridian_engine::respond::Transport;
use meridian_engine::snapshot::Settings;
use proptest::prelude::*;

/// A zone whose one address says its version.
fn versioned(version: u64) -> Zone {
    example(version, &format!("v.example.com. 60 A 192.0.2.{version}"))
}

/// The version that `v.example.com.` tells; None if the zone is not served.
fn served(engine: &Engine) -> Option<u64> {
    let answer = ask(engine, "v.example.com.", "A", 0).sections[0].clone();
    answer.first().map(|record| u64::from(record.rdata[3]))
}

fn try_publish(engine: &Engine, zone: &Zone, shards: usize) -> bool {
    let images = zone.shards(shards);
    engine.publish(&zone.head(shards), &images.iter().map(|image| &image[..]).collect::<Vec<_>>()).expect("an image")
}

fn shards(engine: &Engine, apex: &str) -> Vec<Arc<Shard>> {
    let snapshot = engine.snapshots().load();
    let name = Name::from_wire(&text::name(apex)).unwrap();
    snapshot.catalog.public().at(&name, 0).expect("the zone").shards().to_vec()
}

/// An older version, or the same once more, is not served; `publish` and `needs` say so.
#[test]
fn versions_do_not_go_back() {
    let engine = serving(&[versioned(5)], 1);
    for (version, expected) in [(4, false), (5, false), (6, true), (5, false)] {
        assert_eq!(expected, engine.needs(&versioned(version).head(1)).unwrap().is_some(), "{version}");
        assert_eq!(expected, try_publish(&engine, &versioned(version), 1), "{version}");
    }

    assert_eq!(Some(6), served(&engine));
    assert_eq!(vec![("Z0".to_string(), 6)], engine.zones());
}

/// A head that changes some shards asks for these alone, and the others are shared with the version before.
#[test]
fn unchanged_shards_are_shared() {
    let engine = serving(&[example(1, "www.example.com. 60 A 192.0.2.1")], 16);
    let before = shards(&engine, "example.com.");
    let changed = index(&text::name("www.example.com."), 16);
    let next = example(2, "www.example.com. 60 A 192.0.2.2");
    let head = next.head_of(&std::array::from_fn::<u64, 16, _>(|at| if at == changed { 2 } else { 1 }));

    assert_eq!(Some(vec![changed as u32]), engine.needs(&head).unwrap());
    assert!(engine.publish(&head, &[&next.shards(16)[changed]]).unwrap());

    let after = shards(&engine, "example.com.");
    for at in 0..16 {
        assert_eq!(at != changed, Arc::ptr_eq(&before[at], &after[at]), "shard {at}");
    }
    assert_eq!(text::rdata(1, "192.0.2.2"), ask(&engine, "www.example.com.", "A", 0).sections[0][0].rdata);
}

/// Shards that were built ahead count as held by `needs` and `publish`, and by no other head or zone name.
#[test]
fn shards_may_be_built_ahead() {
    let engine = Engine::new(Settings::default());
    let zone = versioned(3);
    let images = zone.shards(16);
    let octets: Vec<&[u8]> = images.iter().map(|image| &image[..]).collect();

    engine.stage(&zone.head(16), &octets[..9]).unwrap();
    engine.stage(&zone.head(16), &octets[9..12]).unwrap();

    assert_eq!(Some((12..16).collect()), engine.needs(&zone.head(16)).unwrap());
    assert_eq!(Some((0..16).collect()), engine.needs(&versioned(4).head(16)).unwrap());
    let renamed = Zone { id: "Z0".into(), ..numbered(0, 3) };
    assert_eq!(Some((0..16).collect()), engine.needs(&renamed.head(16)).unwrap());
    assert!(engine.stage(&versioned(4).head(16), &octets[..1]).is_err());
    assert_eq!(None, served(&engine));

    assert!(engine.publish(&zone.head(16), &octets[12..]).unwrap());
    assert_eq!(Some(3), served(&engine));
}

/// What was built ahead is forgotten with the zone's next version, and when it is retired.
#[test]
fn what_was_built_ahead_is_forgotten() {
    let ahead = versioned(9);
    let engine = serving(&[versioned(1)], 1);
    for forget in [|engine: &Engine| publish(engine, &versioned(2), 1), |engine: &Engine| assert!(engine.retire("Z0"))]
    {
        engine.stage(&ahead.head(1), &[&ahead.shards(1)[0]]).unwrap();
        assert_eq!(Some(vec![]), engine.needs(&ahead.head(1)).unwrap());
        forget(&engine);
        assert_eq!(Some(vec![0]), engine.needs(&ahead.head(1)).unwrap());
    }
}

/// Zones are swapped in together; one that is refused or not newer, or comes twice, holds up no other.
#[test]
fn zones_are_published_together() {
    let engine = serving(&[versioned(5)], 1);
    let other = Zone { id: "other".into(), rank: 9, ..versioned(7) };
    let broken = Zone { id: "broken".into(), ..versioned(8) };
    let (old, same) = (versioned(4).shards(1), versioned(6).shards(1));
    let (heads, shards) = ([4, 6, 6].map(|version| versioned(version).head(1)), other.shards(1));

    let done = engine.publish_all(&[
        (&heads[0], vec![&old[0]]),
        (&broken.head(1), vec![]),
        (&heads[1], vec![&same[0]]),
        (&other.head(1), vec![&shards[0]]),
        (&heads[2], vec![&same[0]]),
    ]);

    let done: Vec<Option<bool>> = done.into_iter().map(Result::ok).collect();
    assert_eq!([Some(false), None, Some(true), Some(true), Some(false)], done[..]);
    assert_eq!(Some(6), served(&engine));
    let mut zones = engine.zones();
    zones.sort();
    assert_eq!(vec![("Z0".to_string(), 6), ("other".to_string(), 7)], zones);
}

/// Of writers that publish one version at the same time one serves it, and the others are told that they did not.
#[test]
fn one_writer_wins_a_race() {
    let engine = serving(&[versioned(1)], 1);
    for version in 2..60 {
        let zone = versioned(version);
        let start = std::sync::Barrier::new(4);
        let race = || {
            start.wait();
            try_publish(&engine, &zone, 16)
        };
        let won = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4).map(|_| scope.spawn(race)).collect();
            writers.into_iter().map(|writer| writer.join().expect("a writer")).filter(|won| *won).count()
        });
        assert_eq!((1, Some(version)), (won, served(&engine)));
    }
}

/// A zone that goes over to another number of shards takes all of them anew.
#[test]
fn another_number_of_shards_shares_nothing() {
    let engine = serving(&[versioned(1)], 1);

    assert_eq!(Some((0..16).collect()), engine.needs(&versioned(2).head(16)).unwrap());
    publish(&engine, &versioned(2), 16);

    assert_eq!(16, shards(&engine, "example.com.").len());
    assert_eq!(Some(2), served(&engine));
}

/// A refused version leaves the one before in service.
#[test]
fn a_refused_version_changes_nothing() {
    let engine = serving(&[versioned(1)], 1);

    assert!(engine.publish(&versioned(2).head(1), &[b"no shard"]).is_err());
    assert!(engine.publish(&versioned(2).head(1), &[]).is_err());

    assert_eq!(Some(1), served(&engine));
    assert!(try_publish(&engine, &versioned(2), 1));
}

/// A retired zone is REFUSED at once; retiring it again says that it was not there.
#[test]
fn retiring() {
    let engine = serving(&[versioned(1)], 16);

    assert!(engine.retire("Z0"));
    assert_eq!(5, ask(&engine, "v.example.com.", "A", 0).rcode);
    assert!(!engine.retire("Z0"));
    assert!(engine.zones().is_empty());
}

/// Of two zones with one name the lower rank answers, in whichever order they come; the other takes over.
#[test]
fn rank_decides_between_zones_of_one_name() {
    let first = Zone { id: "first".into(), rank: 1, ..versioned(1) };
    let second = Zone { id: "second".into(), rank: 2, ..versioned(2) };
    for zones in [[&first, &second], [&second, &first]] {
        let engine = Engine::new(Settings::default());
        zones.into_iter().for_each(|zone| publish(&engine, zone, 1));
        assert_eq!(Some(1), served(&engine));

        assert!(engine.retire("first"));
        assert_eq!(Some(2), served(&engine));

        publish(&engine, &Zone { id: "first".into(), rank: 1, ..versioned(9) }, 1);
        assert_eq!(Some(9), served(&engine));
    }
}

/// A child zone answers for its names while it is there, the parent with it and without it for its own.
#[test]
fn the_closest_zone_answers() {
    let parent = versioned(1);
    let mut child = Zone::new(
        "child",
        1,
        &text::name("v.example.com."),
        &text::records(
            "v.example.com. 900 SOA ns.test. host.test. 1 7200 900 1209600 86400
         v.example.com. 900 NS ns.test.
         v.example.com. 60 A 192.0.2.77",
        ),
    );
    child.rank = 99;
    let engine = serving(&[parent, child], 1);

    assert_eq!(Some(77), served(&engine));
    assert!(engine.retire("child"));
    assert_eq!(Some(1), served(&engine));
}

/// A zone of a network view is held but not served to the public (R-PVT-13), also when it was public before.
#[test]
fn views_are_not_public() {
    let private = Zone { views: vec!["office".into()], ..versioned(2) };
    let engine = serving(&[versioned(1)], 1);
    assert_eq!(Some(1), served(&engine));

    publish(&engine, &private, 1);
    assert_eq!(None, served(&engine));
    assert_eq!(vec![("Z0".to_string(), 2)], engine.zones());

    publish(&engine, &versioned(3), 1);
    assert_eq!(Some(3), served(&engine));
}

/// A private zone is seen from the views of its last version alone, and from none when it is retired (R-PVT-2).
#[test]
fn a_private_zone_may_change_its_views() {
    let view = |id: &str, client: &str| View {
        id: id.into(),
        clients: vec![client.into()],
        continent: "EU".into(),
        country: "DE".into(),
        subdivision: String::new(),
        latitude: 50.11,
        longitude: 8.68,
    };
    let engine = Engine::new(Settings::default());
    put_views(&engine, &[view("vpc-a", "10.1.0.0/16"), view("vpc-b", "10.2.0.0/16")]);
    let clients = ["10.1.0.1", "10.2.0.1", "10.3.0.1"].map(|client| client.parse().unwrap());
    let seen = |engine: &Engine| clients.map(|client| rcode_for(engine, client) == 0);
    let private =
        |version, views: &[&str]| Zone { views: views.iter().map(|&view| view.into()).collect(), ..versioned(version) };

    for (version, views, expected) in [
        (1, &["vpc-a"][..], [true, false, false]),
        (2, &["vpc-a", "vpc-b"], [true, true, false]),
        (3, &["vpc-b"], [false, true, false]),
        (4, &[], [true, true, true]),
        (5, &["vpc-b"], [false, true, false]),
    ] {
        publish(&engine, &private(version, views), 1);
        assert_eq!(expected, seen(&engine), "{version}");
    }
    assert!(engine.retire("Z0"));
    assert_eq!([false; 3], seen(&engine));
    assert!(!engine.snapshots().load().catalog.has_private());

    engine.set_place("views", &[]).unwrap();
    publish(&engine, &private(6, &["vpc-a"]), 1);
    assert_eq!([false; 3], seen(&engine));
}

fn rcode_for(engine: &Engine, client: IpAddr) -> u16 {
    let question = message::Question::new(&text::name("v.example.com."), 1);
    let reply = engine.respond(&question.packet(1), client, Transport::Tcp, Some(0)).expect("a reply");
    message::read(&reply).expect("a whole message").rcode
}

/// An explanation says from which view a private zone is seen; a public one is seen from none.
#[test]
fn the_view_is_explained() {
    let engine = serving(&[versioned(1)], 1);
    let explained = |engine: &Engine| {
        let name = text::name("v.example.com.");
        let json = engine.explain(&name, 1, "10.1.0.1".parse().unwrap(), &Overrides::drawn(0)).unwrap();
        let steps: serde_json::Value = serde_json::from_str(&json).unwrap();
        let zone = steps["steps"].as_array().unwrap().iter().find(|step| step["step"] == "zone").unwrap().clone();
        zone.get("view").cloned()
    };
    assert_eq!(None, explained(&engine));

    let view = View {
        id: "vpc-a".into(),
        clients: vec!["10.1.0.0/16".into()],
        continent: String::new(),
        country: String::new(),
        subdivision: String::new(),
        latitude: 0.0,
        longitude: 0.0,
    };
    put_views(&engine, &[view]);
    publish(&engine, &Zone { views: vec!["vpc-a".into()], ..versioned(2) }, 1);
    assert_eq!(Some("vpc-a".into()), explained(&engine));
}

/// A zone that takes another name leaves the old one.
#[test]
fn a_zone_may_move() {
    let engine = serving(&[versioned(1)], 1);
    let moved = Zone::new(
        "Z0",
        2,
        &text::name("example.net."),
        &text::records(
            "example.net. 900 SOA ns.test. host.test. 1 7200 900 1209600 86400
         example.net. 900 NS ns.test.",
        ),
    );

    publish(&engine, &moved, 1);

    assert_eq!(5, ask(&engine, "v.example.com.", "A", 0).rcode);
    assert_eq!(0, ask(&engine, "example.net.", "SOA", 0).rcode);
}

/// Health slots that were never set are healthy, and set ones stay until they are set again.
#[test]
fn health_outlives_publishing() {
    let group = |version| {
        let mut zone = versioned(version);
        let mut arms = [1, 2].map(|n| common::image::arm(common::image::to_records(60, [vec![192, 0, 2, n]])));
        (arms[0].health, arms[1].secondary) = (70, true);
        let group =
            common::image::Group { kind: "failover".into(), arms: arms.into(), ..common::image::Group::default() };
        zone.groups.insert((text::name("f.example.com."), 1), group);
        zone
    };
    let engine = serving(&[group(1)], 16);
    let answer = |engine: &Engine| ask(engine, "f.example.com.", "A", 0).sections[0][0].rdata[3];

    assert_eq!(1, answer(&engine));
    engine.set_health(&[(70, false)]);
    assert_eq!(2, answer(&engine));
    publish(&engine, &group(2), 16);
    assert_eq!(2, answer(&engine));
    engine.set_health(&[(70, true)]);
    assert_eq!(1, answer(&engine));
}

/// Zones by name, each with an address that says its number and version.
fn numbered(number: usize, version: u64) -> Zone {
    let apex = format!("zone{number}.test.");
    let records = format!(
        "{apex} 900 SOA ns.test. host.test. 1 7200 900 1209600 86400
         {apex} 900 NS ns.test.
         {apex} 60 A 192.0.{number}.{version}"
    );
    Zone::new(&format!("Z{number}"), version, &text::name(&apex), &text::records(&records))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Zones published together answer as if they had been published one after the other, whatever is retired between.
    #[test]
    fn together_is_one_after_the_other(
        batches in prop::collection::vec((prop::collection::vec((0..12usize, 1..9u64), 0..20), 0..12usize), 1..6),
    ) {
        let (together, apart) = (Engine::new(Settings::default()), Engine::new(Settings::default()));
        for (batch, retired) in batches {
            let zones: Vec<_> = batch.iter().map(|&(number, version)| numbered(number, version)).collect();
            let images: Vec<_> = zones.iter().map(|zone| (zone.head(1), zone.shards(1))).collect();
            let octets: Vec<_> = images.iter().map(|(head, shards)| (&head[..], vec![&shards[0][..]])).collect();
            let one_by_one: Vec<_> = octets.iter().map(|(head, shards)| apart.publish(head, shards)).collect();
            prop_assert_eq!(one_by_one, together.publish_all(&octets));
            for number in 0..12 {
                let name = format!("zone{number}.test.");
                let [left, right] = [&together, &apart].map(|engine| ask(engine, &name, "A", 0));
                prop_assert_eq!(left.rcode, right.rcode);
                prop_assert_eq!(&left.sections, &right.sections);
            }
            prop_assert_eq!(apart.retire(&format!("Z{retired}")), together.retire(&format!("Z{retired}")));
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Publish { zone: usize, version: u64, shards: usize },
    Retire { zone: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let publish = (0..3usize, 1..9u64, prop_oneof![Just(1usize), Just(16)])
        .prop_map(|(zone, version, shards)| Step::Publish { zone, version, shards });
    let step = prop_oneof![4 => publish, 1 => (0..3usize).prop_map(|zone| Step::Retire { zone })];
    prop::collection::vec(step, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// After any sequence of publishing and retiring, what answers is the newest version published since the
    /// zone was last retired, of the zone with the lowest rank.
    #[test]
    fn any_sequence_serves_the_newest_of_the_lowest_rank(steps in steps()) {
        let engine = Engine::new(Settings::default());
        let mut held: [Option<u64>; 3] = [None; 3];
        for step in steps {
            match step {
                Step::Publish { zone, version, shards } => {
                    let mut image = example(version, &format!("v.example.com. 60 A 192.0.{zone}.{version}"));
                    (image.id, image.rank) = (format!("Z{zone}"), zone as u64);
                    let newer = held[zone].is_none_or(|held| version > held);
                    prop_assert_eq!(newer, try_publish(&engine, &image, shards));
                    if newer {
                        held[zone] = Some(version);
                    }
                }
                Step::Retire { zone } => {
                    prop_assert_eq!(held[zone].take().is_some(), engine.retire(&format!("Z{zone}")));
                }
            }
            let expected = (0..3).find_map(|zone| held[zone].map(|version| vec![192, 0, zone as u8, version as u8]));
            let seen = ask(&engine, "v.example.com.", "A", 0).sections[0].first().map(|record| record.rdata.clone());
            prop_assert_eq!(expected, seen);
        }
    }
}

/// Names whose zones stand in one bucket of the catalog, and most of them near each other there.
fn neighbours() -> Vec<String> {
    let bucket = |name: &String| Name::from_wire(&text::name(name)).expect("a name").hash(0) % 256;
    let names = (0..).map(|number| format!("n{number}.test."));
    names.filter(|name| bucket(name) == 7).take(24).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The catalog finds what a map of names would, whatever came and went, for each name the zone of the lowest rank.
    #[test]
    fn a_catalog_is_a_map(edits in prop::collection::vec((0..24usize, 0..3u64, any::<bool>()), 1..150)) {
        let names = neighbours();
        let (engine, mut expected) = (Engine::new(Settings::default()), BTreeMap::<usize, BTreeMap<u64, u64>>::new());
        for (version, (at, rank, is_put)) in (1..).zip(edits) {
            let apex = &names[at];
            let id = format!("{apex}{rank}");
            let records = format!("{apex} 900 SOA ns.test. h.test. 1 7200 900 1209600 86400\n{apex} 60 NS ns.test.");
            let zone = Zone { rank, ..Zone::new(&id, version, &text::name(apex), &text::records(&records)) };
            if is_put { publish(&engine, &zone, 1) } else { _ = engine.retire(&id) }
            let known = expected.entry(at).or_default();
            known.remove(&rank);
            known.extend(is_put.then_some((rank, version)));
        }

        let snapshot = engine.snapshots().load();
        let zones = snapshot.catalog.public();
        for (at, name) in names.iter().enumerate() {
            let found = zones.at(&Name::from_wire(&text::name(name)).expect("a name"), 0);
            let first = expected.get(&at).and_then(|known| known.first_key_value());
            prop_assert_eq!(first.map(|(&rank, &version)| (rank, version)), found.map(|zone| (zone.rank, zone.version)));
        }
        let served = expected.values().filter(|known| !known.is_empty()).count();
        prop_assert_eq!((served, served == 0), (zones.zones().count(), zones.is_empty()));
    }
}
