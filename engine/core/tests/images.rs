//! Images: what is read from them, and what is refused.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::image::{self, Group, Zone};
use common::{example, text};
use meridian_engine::Engine;
use meridian_engine::image::wire;
use meridian_engine::name::{Name, slot};
use meridian_engine::snapshot::Settings;
use serde::Deserialize;
use serde_json::{Map, Value, json};

fn vectors(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(folder)
}

/// The octets of each image vector mean here what they mean to the control plane that writes them.
#[test]
fn image_vectors() {
    let folder = vectors("image");
    let octets: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "msgpack"))
        .collect();
    assert!(octets.len() >= 12);
    for path in octets {
        let image = std::fs::read(&path).expect("octets");
        let is_head = path.file_name().unwrap().to_string_lossy().starts_with("head-");
        let seen = if is_head { head(&wire::head(&image).unwrap()) } else { shard(&wire::shard(&image).unwrap()) };
        let meaning = std::fs::read_to_string(path.with_extension("json")).expect("a meaning");
        let expected: Value = serde_json::from_str(&meaning).expect("JSON");
        assert_eq!(expected, seen, "{}", path.display());
    }
}

/// A target of an unknown kind is refused, and one that lacks a field of its kind; the fields may come in any order,
/// and those of other kinds and unknown ones are passed over.
#[test]
fn targets() {
    let read = |value: Value| {
        let octets = rmp_serde::to_vec(&value).expect("MessagePack");
        rmp_serde::from_slice::<wire::Target<'_>>(&octets).map(|_| ()).map_err(|error| error.to_string())
    };
    let cases = [
        (json!({"id": "i", "ttl": 60, "rdata": [], "kind": "records", "newer": {"x": [1]}}), Ok(())),
        (json!({"kind": "records", "ttl": 60}), Err("a target of kind records that lacks a field".to_string())),
        (json!({"kind": "hidden", "id": "x"}), Err("a target of kind hidden that lacks a field".to_string())),
        (json!({"kind": "newer"}), Err("a target of the unknown kind newer".to_string())),
        (json!({"ttl": 60, "rdata": []}), Err("missing field `kind`".to_string())),
    ];
    for (value, expected) in cases {
        assert_eq!(expected, read(value.clone()), "{value}");
    }
}

fn head(head: &wire::Head<'_>) -> Value {
    json!({
        "format": head.format, "zone_id": head.zone_id, "version": head.version, "apex": hex(head.apex),
        "rank": head.rank, "soa": records(head.soa.ttl, &head.soa.rdata), "ns": records(head.ns.ttl, &head.ns.rdata),
        "shard_versions": head.shard_versions, "view": head.view, "log": head.log, "views": head.views,
    })
}

fn shard(shard: &wire::Shard<'_>) -> Value {
    let types = |groups: &wire::Groups<'_>| object(groups.0.iter().map(|(rtype, it)| (rtype.to_string(), group(it))));
    json!({
        "format": shard.format, "zone_id": shard.zone_id, "index": shard.index, "count": shard.count,
        "version": shard.version, "names": object(shard.names.0.iter().map(|(owner, it)| (hex(owner), types(it)))),
        "groups": object(shard.groups.0.iter().map(|(id, it)| ((*id).into(), group(it)))),
    })
}

fn group(group: &wire::Group<'_>) -> Value {
    json!({
        "kind": group.kind, "arms": group.arms.iter().map(arm).collect::<Vec<_>>(), "collection": group.collection,
    })
}

fn arm(arm: &wire::Arm<'_>) -> Value {
    json!({
        "target": target(&arm.target), "id": arm.id, "health": arm.health, "evaluate_target": arm.evaluate_target,
        "weight": arm.weight, "secondary": arm.secondary, "continent": arm.continent, "country": arm.country,
        "subdivision": arm.subdivision, "latitude": arm.latitude, "longitude": arm.longitude, "bias": arm.bias,
        "region": arm.region, "location": arm.location,
    })
}

fn target(target: &wire::Target<'_>) -> Value {
    match target {
        wire::Target::Records { ttl, rdata } => records(*ttl, rdata),
        wire::Target::Group { owner, r#type } => json!({"kind": "group", "owner": hex(owner), "type": r#type}),
        wire::Target::Hidden { id, owner } => json!({"kind": "hidden", "id": id, "owner": hex(owner)}),
        wire::Target::Outside { target, r#type } => json!({"kind": "outside", "target": hex(target), "type": r#type}),
    }
}

fn records(ttl: u32, rdata: &[&serde_bytes::Bytes]) -> Value {
    json!({"kind": "records", "ttl": ttl, "rdata": rdata.iter().map(|octets| hex(octets)).collect::<Vec<_>>()})
}

fn object(pairs: impl Iterator<Item = (String, Value)>) -> Value {
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[derive(Deserialize)]
struct Slots {
    name: Vec<Slot>,
}

#[derive(Deserialize)]
struct Slot {
    text: String,
    wire: String,
    slot: usize,
}

/// The engine finds each name in the shard where the control plane puts it.
#[test]
fn slot_vectors() {
    let file = std::fs::read_to_string(vectors("names").join("slots.toml")).expect("a table");
    let slots: Slots = toml::from_str(&file).expect("TOML");
    assert!(slots.name.len() >= 10);
    for expected in slots.name {
        let name = Name::from_wire(&text::hex(&expected.wire)).expect("a name");
        assert_eq!(expected.slot, slot(name.hash(0)), "{}", expected.text);
    }
}

/// A zone of one name beside the apex, with this group.
fn with_group(group: Group) -> Zone {
    let mut zone = example(1, "");
    zone.groups.insert((text::name("x.example.com."), 1), group);
    zone
}

fn edited(edit: impl FnOnce(&mut Zone)) -> Zone {
    let mut zone = example(1, "");
    edit(&mut zone);
    zone
}

fn arms(kind: &str, count: usize, target: &image::Target) -> Group {
    Group { kind: kind.into(), arms: vec![image::arm(target.clone()); count], ..Group::default() }
}

/// What could not be served whole is refused with the reason, and nothing of it is served.
#[test]
fn refusals() {
    let a = || image::to_records(60, [vec![192, 0, 2, 1]]);
    let alias = image::Target::Group { owner: text::name("www.example.com.").into(), r#type: 1 };
    let set = |name: &str, rtype, group| {
        edited(|zone| {
            zone.groups.insert((text::name(name), rtype), group);
        })
    };
    let cases: [(&str, Zone); 14] = [
        (
            "hidden group h: no type",
            edited(|zone| {
                zone.hidden.push(("h".into(), text::name("example.com."), arms("simple", 1, &a())));
            }),
        ),
        ("record set without records", with_group(image::simple(60, []))),
        ("a group of 0 record sets", with_group(arms("weighted", 0, &a()))),
        ("a group of 1025 record sets", with_group(arms("weighted", 1025, &a()))),
        ("a multivalue record set is an alias", with_group(arms("multivalue", 2, &alias))),
        ("no well-formed name", set("x.example.com.", 5, image::simple(60, [vec![3, b'w']]))),
        ("no well-formed name", set("x.example.com.", 5, image::simple(60, [vec![0xc0, 12]]))),
        ("no well-formed name", set("x.example.com.", 15, image::simple(60, [vec![0]]))),
        ("no well-formed name", set("x.example.com.", 33, image::simple(60, [vec![0; 6]]))),
        ("not a wire name", with_group(arms("simple", 1, &image::Target::Group { owner: vec![5].into(), r#type: 1 }))),
        ("SOA: RDATA is not", set("example.com.", 6, image::simple(60, [vec![0; 21]]))),
        ("2 SOA records; exactly one", set("example.com.", 6, image::simple(60, [vec![0; 22], vec![1; 22]]))),
        ("record set without records", set("example.com.", 2, image::simple(60, []))),
        ("RDATA of 65536 octets", with_group(image::simple(60, [vec![0; 65536]]))),
    ];
    for (reason, zone) in cases {
        assert_refused(reason, &zone.head(1), &zone.shards(1));
    }
}

/// Shards that are not what the head says, and heads that cannot be.
#[test]
fn refused_images() {
    let zone = example(1, "www.example.com. 60 A 192.0.2.1");
    let other = Zone { id: "Z1".into(), ..zone.clone() };
    let later = Zone { version: 2, ..zone.clone() };
    let foreign = Zone { apex: text::name("example.net."), ..moved_apex(&zone, "example.net.") };
    let without_apex = Zone { groups: BTreeMap::new(), ..zone.clone() };
    let cases: [(_, Vec<u8>, Vec<_>); 10] = [
        ("shard 0 is missing", zone.head(1), vec![]),
        ("does not belong to it", zone.head(1), other.shards(1)),
        ("does not belong to it", zone.head(1), later.shards(1)),
        ("does not belong to it", zone.head(1), zone.shards(16)),
        ("does not belong to it", zone.head(16), zone.shards(1)),
        ("is not in", foreign.head(1), zone.shards(1)),
        ("its own name is in no shard", zone.head(1), without_apex.shards(1)),
        ("3 shards; 1 to 4096, a power of two", zone.head(3), vec![]),
        ("8192 shards; 1 to 4096, a power of two", zone.head(8192), vec![]),
        ("not readable", vec![0x80], vec![]),
    ];
    for (reason, head, shards) in cases {
        assert_refused(reason, &head, &shards);
    }
}

/// The zone with its apex records under another name as well.
fn moved_apex(zone: &Zone, apex: &str) -> Zone {
    let mut moved = zone.clone();
    for rtype in [2, 6] {
        let group = zone.groups[&(zone.apex.clone(), rtype)].clone();
        moved.groups.insert((text::name(apex), rtype), group);
    }
    moved
}

/// Names in a shard that is not theirs would never be found.
#[test]
fn refused_name_in_another_shard() {
    let zone = example(1, "www.example.com. 60 A 192.0.2.1");
    let moved = image::index(&text::name("www.example.com."), 16);
    let mut shards = zone.shards(16);
    shards[(moved + 1) % 16] = zone.shard_as(moved, (moved + 1) % 16, 16);

    assert_refused("does not belong to shard", &zone.head(16), &shards);
}

/// What another format means is not guessed at.
#[test]
fn refused_format() {
    let zone = example(1, "");
    let mut head = zone.head(1);
    let at = head.windows(7).position(|part| part == b"\xa6format").expect("the key") + 7;
    assert_eq!(1, head[at]);
    head[at] = 2;

    assert_refused("format 2; this engine reads 1", &head, &zone.shards(1));
}

fn assert_refused(reason: &str, head: &[u8], shards: &[Vec<u8>]) {
    let engine = Engine::new(Settings::default());
    let shards: Vec<&[u8]> = shards.iter().map(|shard| &shard[..]).collect();

    let why = engine.publish(head, &shards).expect_err(reason).to_string();

    assert!(why.contains(reason), "expected {reason:?}, got {why:?}");
    assert!(engine.zones().is_empty());
}
