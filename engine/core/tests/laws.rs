//! Laws of answering: what holds for any packet, any question, any draw and any image.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use common::image::{Group, Zone, arm, simple, to_records};
use common::message::{self, Edns, Message, Question};
use common::{CLIENT, ask, example, look_ahead, run::canonical, serving, table, text};
use meridian_engine::Engine;
use meridian_engine::ahead::TOGETHER;
use meridian_engine::counters::Counters;
use meridian_engine::explain::Overrides;
use meridian_engine::name::{self, Name, Owner};
use meridian_engine::place::Prefix;
use meridian_engine::respond::{Arrival, Transport, Workspace, respond, respond_foreseen};
use meridian_engine::snapshot::{Settings, Snapshot};
use meridian_engine::trace::NoTrace;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// The zones of one table served, every name and type that they or their cases know, and the clients of those.
struct Served {
    file: String,
    engine: Arc<Engine>,
    zones: Vec<Zone>,
    names: Vec<Vec<u8>>,
    types: Vec<u16>,
    clients: Vec<IpAddr>,
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)
    }
}

static SERVED: LazyLock<Vec<Served>> = LazyLock::new(|| {
    let tables = table::load_all().into_iter();
    let tables: Vec<table::Table> = tables.collect();
    tables.iter().enumerate().map(|(at, table)| served(table, [1, 16][at % 2])).collect()
});

fn served(table: &table::Table, shards: usize) -> Served {
    let zones = table.zones();
    let owners = zones.iter().flat_map(|zone| zone.groups.keys().map(|(owner, _)| owner.clone()));
    let asked = table.case.iter().filter_map(|case| case.asked()).map(|question| question.name);
    let names: BTreeSet<Vec<u8>> = owners.chain(asked).collect();
    let types: BTreeSet<u16> = zones.iter().flat_map(|zone| zone.groups.keys().map(|(_, rtype)| *rtype)).collect();
    let types = types.into_iter().chain([28, 43, 46, 255, 252, 200, 65280]).collect();
    let subnets = table.case.iter().filter_map(|case| case.prefix()).map(|prefix| prefix.address());
    let clients = table.case.iter().filter_map(|case| case.client).chain(subnets).collect();
    let names = names.into_iter().collect();
    Served { file: table.file.clone(), engine: table.serve(shards), zones, names, types, clients }
}

fn any_served() -> impl Strategy<Value = &'static Served> {
    any::<Index>().prop_map(|at| at.get(&SERVED[..]))
}

fn label() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => select(vec![b"www".to_vec(), b"*".to_vec(), b"_tcp".to_vec(), b"x".to_vec(), b"NS1".to_vec()]),
        1 => prop::collection::vec(any::<u8>(), 1..64),
    ]
}

/// A name that is known, or one above or below it, in any spelling.
fn name_near(names: &'static [Vec<u8>]) -> impl Strategy<Value = Vec<u8>> {
    let below = prop::collection::vec(label(), 0..3);
    (any::<Index>(), 0..3usize, below, any::<bool>()).prop_map(|(at, up, below, upper)| {
        let known = Name::from_wire(&names[at.index(names.len())]).expect("a name");
        let mut wire = known.suffix(if below.is_empty() { 0 } else { up.min(known.count()) }).to_vec();
        for label in below {
            let longer = [&[label.len() as u8][..], &label, &wire].concat();
            wire = if longer.len() <= 255 { longer } else { wire };
        }
        if upper { wire.to_ascii_uppercase() } else { wire }
    })
}

fn edns() -> impl Strategy<Value = Option<Edns>> {
    let subnet = Just((8, vec![0, 1, 24, 0, 198, 51, 100]));
    let other = (9..20u16, prop::collection::vec(any::<u8>(), 0..20));
    let options = prop::collection::vec(prop_oneof![subnet, other], 0..3);
    let payload = prop_oneof![0..1500u16, any::<u16>()];
    let edns = (payload, any::<bool>(), options).prop_map(|(payload, dnssec_ok, options)| Edns {
        payload,
        version: 0,
        dnssec_ok,
        options,
    });
    prop::option::weighted(0.7, edns)
}

/// An address of any network, or of one that some table knows.
fn address() -> impl Strategy<Value = IpAddr> {
    let known = select(vec!["198.51.100.7", "203.0.113.9", "192.0.2.200", "2001:db8::1", "::ffff:198.51.100.7"]);
    prop_oneof![
        any::<u32>().prop_map(|bits| IpAddr::V4(bits.into())),
        any::<u128>().prop_map(|bits| IpAddr::V6(bits.into())),
        known.prop_map(|text| text.parse().expect("an address")),
    ]
}

/// How much of a client's address a subnet has, most often as much as resolvers send; None: there is none.
fn subnet_length() -> impl Strategy<Value = Option<u8>> {
    prop::option::weighted(0.7, prop_oneof![3 => Just(24), 1 => Just(48), 1 => 0..=64u8])
}

fn question() -> impl Strategy<Value = (&'static Served, Question)> {
    any_served().prop_flat_map(|served| {
        (name_near(&served.names), select(&served.types[..]), any::<bool>(), any::<bool>(), edns())
            .prop_map(move |(name, rtype, rd, cd, edns)| (served, Question { name, rtype, class: 1, rd, cd, edns }))
    })
}

/// Octets near a well-formed query: some changed, some inserted, the end cut.
fn mangled(packet: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let edits = prop::collection::vec((any::<Index>(), any::<u8>(), 0..4u8), 0..6);
    (edits, 0..40usize, any::<bool>()).prop_map(move |(edits, cut, cuts)| {
        let mut octets = packet.clone();
        for (at, octet, how) in edits {
            match (how, octets.is_empty()) {
                (0, false) => octets.insert(at.index(octets.len()), octet),
                (1, false) => drop(octets.remove(at.index(octets.len()))),
                (_, false) => {
                    let at = at.index(octets.len());
                    octets[at] ^= octet;
                }
                (_, true) => octets.push(octet),
            }
        }
        octets.truncate(if cuts { octets.len().saturating_sub(cut) } else { octets.len() });
        octets
    })
}

fn limit(question: &Question, transport: Transport) -> usize {
    match (transport, &question.edns) {
        (Transport::Tcp, _) => 65_535,
        (Transport::Udp, None) => 512,
        (Transport::Udp, Some(edns)) => usize::from(edns.payload.clamp(512, 1232)),
    }
}

/// The reply to octets that may be nothing; checked to be whole and to belong to them.
fn checked(engine: &Engine, packet: &[u8], transport: Transport, draw: u64) -> Option<(Vec<u8>, Message)> {
    let reply = engine.respond(packet, CLIENT, transport, Some(draw))?;
    let message = message::read(&reply).unwrap_or_else(|why| panic!("{why}: {packet:02x?} -> {reply:02x?}"));
    assert_eq!(packet[..2], reply[..2], "id");
    assert_eq!(0x80 | packet[2] & 0x79, reply[2] & 0xf9, "QR, opcode and RD");
    assert_eq!(packet[3] & 0x10, reply[3] & 0xf0, "CD; RA, Z and AD clear");
    if let Some(question) = &message.question {
        assert_eq!(packet[12..12 + question.len()], question[..], "question");
    }
    let most = match (transport, &message.edns) {
        (Transport::Tcp, _) => 65_535,
        (Transport::Udp, None) => 512,
        (Transport::Udp, Some(_)) => 1232,
    };
    assert!(reply.len() <= most, "{} octets", reply.len());
    Some((reply, message))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Any octets get a whole reply within the limit, or none: a response and a runt get none.
    #[test]
    fn any_octets(octets in prop::collection::vec(any::<u8>(), 0..300), served in any_served(), draw: u64) {
        for transport in [Transport::Udp, Transport::Tcp] {
            let reply = checked(&served.engine, &octets, transport, draw);
            let is_query = octets.len() >= 12 && octets[2] & 0x80 == 0;
            prop_assert_eq!(is_query, reply.is_some());
        }
    }

    /// Octets near a query likewise.
    #[test]
    fn octets_near_a_query(
        (served, octets) in question().prop_flat_map(|(served, question)| (Just(served), mangled(question.packet(7)))),
        draw: u64,
    ) {
        for transport in [Transport::Udp, Transport::Tcp] {
            let reply = checked(&served.engine, &octets, transport, draw);
            let is_query = octets.len() >= 12 && octets[2] & 0x80 == 0;
            prop_assert_eq!(is_query, reply.is_some());
        }
    }

    /// UDP and TCP give the same octets where these fit; else what is left out is no part of the answer,
    /// or TC is set and nothing but the question is there (RFC 2181 §9). Idle time and padding are for TCP alone, BADCOOKIE for UDP.
    #[test]
    fn udp_and_tcp((served, mut question) in question(), draw: u64) {
        question.edns.iter_mut().for_each(|edns| edns.options.retain(|(code, _)| ![10, 11, 12].contains(code)));
        let packet = question.packet(7);
        let (udp_octets, udp) = checked(&served.engine, &packet, Transport::Udp, draw).expect("a reply");
        let (tcp_octets, tcp) = checked(&served.engine, &packet, Transport::Tcp, draw).expect("a reply");
        // Nobody shows a cookie here.
        let most = usize::from(served.engine.snapshots().load().settings.udp_payload_without_cookie).max(512);
        let limit = limit(&question, Transport::Udp).min(most);

        prop_assert!(udp_octets.len() <= limit);
        prop_assert!(!tcp.flags.contains(&"tc"));
        prop_assert_eq!(&udp.edns, &tcp.edns);
        prop_assert_eq!(question.edns.is_some(), udp.edns.is_some());
        if tcp_octets.len() <= limit {
            prop_assert_eq!(&udp_octets, &tcp_octets);
        } else if udp.flags.contains(&"tc") {
            prop_assert!(udp.sections.iter().all(Vec::is_empty));
        } else {
            prop_assert_eq!(udp.rcode, tcp.rcode);
            prop_assert_eq!(&udp.flags, &tcp.flags);
            prop_assert_eq!(&udp.sections[0], &tcp.sections[0]);
            for section in [1, 2] {
                prop_assert!(udp.sections[section].iter().all(|record| tcp.sections[section].contains(record)));
            }
        }
    }

    /// What a section says of a name and type has one TTL and no record twice (RFC 2181 §5).
    #[test]
    fn sections_hold_record_sets((served, question) in question(), draw: u64) {
        let reply = checked(&served.engine, &question.packet(7), Transport::Tcp, draw).expect("a reply").1;
        for section in &reply.sections {
            let records = canonical(section);
            prop_assert!(records.windows(2).all(|pair| pair[0] != pair[1]), "twice: {records:?}");
            let ttls: BTreeSet<_> = records.iter().map(|record| (&record.owner, record.rtype, record.ttl)).collect();
            let sets: BTreeSet<_> = records.iter().map(|record| (&record.owner, record.rtype)).collect();
            prop_assert_eq!(sets.len(), ttls.len(), "TTLs differ: {:?}", records);
        }
    }

    /// NXDOMAIN and no data carry one SOA, positive answers none beside them; AA is set but for referrals.
    #[test]
    fn shape_of_answers((served, question) in question(), draw: u64) {
        let reply = checked(&served.engine, &question.packet(7), Transport::Tcp, draw).expect("a reply").1;
        let [answer, authority, _] = &reply.sections;
        let soas = authority.iter().filter(|record| record.rtype == 6).count();
        let has_answer = answer.iter().any(|record| record.rtype != 5 || question.rtype == 5);
        match reply.rcode {
            0 if has_answer => prop_assert_eq!(0, soas),
            0 if !reply.flags.contains(&"aa") => {
                prop_assert!(answer.is_empty() && !authority.is_empty());
                prop_assert!(authority.iter().all(|record| record.rtype == 2));
            }
            3 => prop_assert_eq!(1, soas),
            0 if answer.is_empty() => prop_assert_eq!(1, soas),
            0 => {}
            1 | 2 | 4 | 5 | 9 | 23 => prop_assert!(authority.is_empty()),
            other => prop_assert!(false, "RCODE {}", other),
        }
    }

    /// The explanation's reply is the wire's for the same draw, resolver and client subnet.
    #[test]
    fn explained_as_answered(
        (served, question) in question(), draw: u64, client in address(), subnet in prop::option::of((address(), 0..=64u8)),
    ) {
        let mut question = Question { rd: false, cd: false, ..question }.with_edns(u16::MAX);
        let subnet = subnet.map(|(address, length)| Prefix::new(address, length));
        let option = subnet.map(|prefix| (8, message::subnet(prefix.address(), prefix.length(), 0)));
        question.edns.iter_mut().for_each(|edns| edns.options.extend(option.clone()));
        let reply = served.engine.respond(&question.packet(0), client, Transport::Tcp, Some(draw)).expect("a reply");
        let overrides = Overrides { subnet, ..Overrides::drawn(draw) };
        let json = served.engine.explain(&question.name, question.rtype, client, &overrides).expect("an explanation");
        let explained: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let hex: String = reply.iter().map(|octet| format!("{octet:02x}")).collect();
        prop_assert_eq!(Some(hex.as_str()), explained["reply"].as_str());
    }

    /// Packets that were looked at together are answered as each alone, whatever the others are: known names and others
    /// near them, clients of all places, octets that are no query.
    #[test]
    fn looking_ahead_changes_no_answer(
        served in any_served(),
        asked in prop::collection::vec(
            ((any::<Index>(), any::<Index>()), address(), prop::option::of((address(), 0..=64u8)), any::<u64>(), prop::option::of(0..80usize)),
            1..2 * TOGETHER,
        ),
        unhealthy in prop::collection::vec(1..40u32, 0..20),
    ) {
        let first = (**served.engine.snapshots().load()).clone();
        let pairs: Vec<_> = unhealthy.iter().map(|&slot| (slot, false)).collect();
        let snapshot = Snapshot { health: Arc::new(first.health.with(&pairs)), ..first };
        let packets: Vec<(Vec<u8>, IpAddr, u64)> = asked
            .into_iter()
            .map(|((name, rtype), client, subnet, draw, cut)| {
                let name = &served.names[name.index(served.names.len())];
                let mut question = Question::new(name, served.types[rtype.index(served.types.len())]).with_edns(4096);
                let subnet = subnet.map(|(address, length)| Prefix::new(address, length));
                let option = subnet.map(|prefix| (8, message::subnet(prefix.address(), prefix.length(), 0)));
                question.edns.iter_mut().for_each(|edns| edns.options.extend(option.clone()));
                let mut packet = question.packet(7);
                packet.truncate(cut.unwrap_or(packet.len()));
                (packet, client, draw)
            })
            .collect();
        let counters = [Counters::default(), Counters::default()];
        let (mut shortcuts, mut alone) = (Workspace::lasting().shortcuts, Workspace::lasting());
        // Twice, so that shortcuts are found.
        for group in packets.chunks(TOGETHER).chain(packets.chunks(TOGETHER)) {
            let senders: Vec<(&[u8], IpAddr)> = group.iter().map(|(packet, client, _)| (&packet[..], *client)).collect();
            let arrival = |at: usize| Arrival::new(group[at].1, Transport::Udp, group[at].2);
            let together = look_ahead(&snapshot, &senders, &mut shortcuts, |at, foreseen, work| {
                let mut out = vec![0; 4096];
                let packet = &group[at].0;
                let octets = respond_foreseen(
                    &snapshot, packet, foreseen, &arrival(at), &counters[0], work, &mut out, &mut NoTrace,
                );
                out.truncate(octets);
                out
            });
            for (at, reply) in together.into_iter().enumerate() {
                let mut out = vec![0; 4096];
                let octets = respond(&snapshot, &group[at].0, &arrival(at), &counters[1], &mut alone, &mut out);
                prop_assert_eq!(&out[..octets], &reply[..]);
            }
        }
        prop_assert_eq!(counters[0].values(), counters[1].values());
    }

    /// A thread that has answered before answers as one that has not: what it keeps changes nothing, under one snapshot
    /// and, once forgotten, under the next. Few names are asked for, mostly by the clients that the table is about, so
    /// that many take what others have left.
    #[test]
    fn what_a_thread_keeps_changes_no_answer(
        served in any_served(),
        names in prop::collection::vec(any::<Index>(), 1..4),
        asked in prop::collection::vec(
            ((any::<Index>(), select(vec![1, 1, 1, 5, 28])), (any::<Index>(), address()), subnet_length(), any::<u64>()),
            1..40,
        ),
        unhealthy in prop::collection::vec(1..40u32, 0..20),
    ) {
        let first = (**served.engine.snapshots().load()).clone();
        let pairs: Vec<_> = unhealthy.iter().map(|&slot| (slot, false)).collect();
        let second = Snapshot { health: Arc::new(first.health.with(&pairs)), ..first.clone() };
        let (counters, mut lasting, mut outs) = (Counters::default(), Workspace::lasting(), [[0; 4096]; 2]);
        for snapshot in [&first, &second, &first] {
            lasting.shortcuts.forget();
            // Twice, so that each has been asked before.
            for ((name, rtype), (known, other), length, draw) in asked.iter().chain(&asked) {
                let name = &served.names[name.get(&names).index(served.names.len())];
                let client = *served.clients.get(known.index(served.clients.len() + 1)).unwrap_or(other);
                let mut question = Question::new(name, *rtype).with_edns(4096);
                let subnet = length.map(|length| Prefix::new(client, length));
                let option = subnet.map(|prefix| (8, message::subnet(prefix.address(), prefix.length(), 0)));
                question.edns.iter_mut().for_each(|edns| edns.options.extend(option.clone()));
                let packet = question.packet(7);
                let arrival = Arrival::new(client, Transport::Udp, *draw);
                let works = [&mut lasting, &mut Workspace::passing()];
                for (work, out) in works.into_iter().zip(&mut outs) {
                    out.fill(0);
                    respond(snapshot, &packet, &arrival, &counters, work, out);
                }
                prop_assert_eq!(&outs[0], &outs[1]);
            }
        }
    }

    /// A name is read in lower case; each suffix hashes and compares as if it stood alone.
    #[test]
    fn names(labels in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..64), 0..12)) {
        let mut wire: Vec<u8> = labels.iter().flat_map(|label| [&[label.len() as u8][..], label].concat()).collect();
        wire.push(0);
        let read = Name::from_wire(&wire);
        prop_assert_eq!(wire.len() <= 255, read.is_ok());
        let Ok(read) = read else { return Ok(()) };
        prop_assert_eq!(labels.len(), read.count());
        // Lengths are below 64 and no letters.
        prop_assert_eq!(wire.to_ascii_lowercase(), read.wire());
        for i in 0..=read.count() {
            let alone = Owner::from_wire(read.suffix(i)).expect("a name");
            prop_assert_eq!(alone.hash(), read.hash(i));
            prop_assert_eq!(alone.labels(), read.count() - i);
            prop_assert!(read.is_at_or_below(&alone) && read.has_suffix(alone.wire()));
            if let Ok(wildcard) = Owner::from_wire(&[b"\x01*", read.suffix(i)].concat()) {
                prop_assert_eq!(wildcard.hash(), read.wildcard_hash(i));
            }
        }
        prop_assert_eq!(plain_slot(&wire), name::slot(read.hash(0)));
    }

    /// What is read is within the octets given, and reading it alone gives the same.
    #[test]
    fn names_in_octets(octets in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut read = Name::root();
        if let Ok(length) = read.read(&octets) {
            prop_assert_eq!(octets[..length].to_ascii_lowercase(), read.wire());
        }
    }
}

/// Label by label from the root, in words of eight octets, as `model/name.py` says it.
fn plain_slot(wire: &[u8]) -> usize {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let lower = wire.to_ascii_lowercase();
    let (mut labels, mut rest) = (Vec::new(), &lower[..]);
    while rest[0] != 0 {
        let (label, after) = rest.split_at(1 + usize::from(rest[0]));
        labels.push(label);
        rest = after;
    }
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for word in labels.iter().rev().flat_map(|label| label.chunks(8)) {
        let number = word.iter().rev().fold(0, |number, &octet| number << 8 | u64::from(octet));
        hash = (hash ^ number).wrapping_mul(GOLDEN);
        hash ^= hash >> 32;
    }
    ((hash ^ (hash >> 32)).wrapping_mul(GOLDEN) >> 52) as usize
}

/// Publishes images that may be anything; where they are taken, every question gets a whole reply.
fn survive(head: &[u8], shards: &[Vec<u8>], names: &[Vec<u8>], draw: u64) {
    let engine = Engine::new(Settings::default());
    let shards: Vec<&[u8]> = shards.iter().map(|shard| &shard[..]).collect();
    let _ = engine.needs(head);
    if engine.publish(head, &shards).is_err() {
        return;
    }
    for name in names {
        for rtype in [1, 2, 5, 6, 15, 33, 43, 255] {
            let question = Question::new(name, rtype).with_edns(1232);
            for transport in [Transport::Udp, Transport::Tcp] {
                checked(&engine, &question.packet(7), transport, draw).expect("a reply");
            }
            engine.explain(name, rtype, CLIENT, &Overrides::drawn(draw)).expect("an explanation");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Images with any octets changed are refused, or served without a panic.
    #[test]
    fn mangled_images(
        served in any_served(), in_head: bool, draw: u64,
        edits in prop::collection::vec((any::<Index>(), any::<u8>()), 1..5),
    ) {
        let zone = &served.zones[0];
        let (mut head, mut shards) = (zone.head(1), zone.shards(1));
        let image = if in_head { &mut head } else { &mut shards[0] };
        for (at, octet) in edits {
            let at = at.index(image.len());
            image[at] = octet;
        }
        survive(&head, &shards, &served.names[..served.names.len().min(6)], draw);
    }

    /// So are images without some of the names, as empty non-terminals and targets too.
    #[test]
    fn images_with_gaps(
        served in any_served(), draw: u64, gone in prop::collection::vec(any::<Index>(), 0..8), shards in select(vec![1usize, 16]),
    ) {
        let mut zone = served.zones[0].clone();
        let keys: Vec<_> = zone.groups.keys().cloned().collect();
        for at in gone {
            let key = at.get(&keys);
            if key.0 != zone.apex {
                zone.groups.remove(key);
                zone.gaps.insert(key.0.clone());
            }
        }
        survive(&zone.head(shards), &zone.shards(shards), &served.names[..served.names.len().min(6)], draw);
    }

    /// Any wiring of groups to each other ends: with an answer, no data, or SERVFAIL.
    #[test]
    fn any_wiring_ends(
        arms in prop::collection::vec((0..6usize, 0..7usize, any::<bool>(), 0..4u32, 0..3u8, any::<bool>()), 1..40),
        kinds in prop::collection::vec(select(vec!["simple", "weighted", "failover"]), 6),
        unhealthy in prop::collection::vec(1..4u32, 0..4),
        draw: u64,
    ) {
        let owner = |n: usize| text::name(&format!("g{n}.example.com."));
        let mut zone = example(1, "");
        for (from, to, evaluate_target, health, weight, secondary) in arms {
            let target = match to {
                6 => to_records(60, [vec![192, 0, 2, 1]]),
                _ => common::image::Target::Group { owner: owner(to).into(), r#type: 1 },
            };
            let arm = common::image::Arm { health, evaluate_target, weight, secondary, ..arm(target) };
            let empty = || Group { kind: kinds[from].into(), arms: vec![], ..Group::default() };
            zone.groups.entry((owner(from), 1)).or_insert_with(empty).arms.push(arm);
        }
        let engine = serving(&[zone], 16);
        engine.set_health(&unhealthy.iter().map(|&slot| (slot, false)).collect::<Vec<_>>());
        for n in 0..6 {
            let reply = ask(&engine, &format!("g{n}.example.com."), "A", draw);
            prop_assert!([0, 2, 3].contains(&reply.rcode));
            let packet = Question::new(&owner(n), 1).with_edns(u16::MAX).packet(0);
            let wire = engine.respond(&packet, CLIENT, Transport::Tcp, Some(draw)).expect("a reply");
            let json = engine.explain(&owner(n), 1, CLIENT, &Overrides::drawn(draw)).expect("an explanation");
            let hex: String = wire.iter().map(|octet| format!("{octet:02x}")).collect();
            prop_assert!(json.contains(&hex), "{json}");
        }
    }
}

/// A tree so wide that health alone takes most of the work allowed is explained by the reply it gives.
#[test]
fn explaining_uses_up_no_work_of_answering() {
    let mut zone = example(1, "");
    let group = |kind: &str, arms| Group { kind: kind.into(), arms, ..Group::default() };
    let evaluated = |owner: &str| common::image::Arm {
        evaluate_target: true,
        weight: 1,
        ..arm(common::image::Target::Group { owner: text::name(owner).into(), r#type: 1 })
    };
    let sick = common::image::Arm { health: 1, weight: 1, ..arm(to_records(60, [vec![192, 0, 2, 2]])) };
    zone.groups.insert((text::name("wide.example.com."), 1), group("weighted", vec![sick; 100]));
    let well = common::image::Arm { weight: 1, ..arm(to_records(60, [vec![192, 0, 2, 1]])) };
    zone.groups.insert((text::name("last.example.com."), 1), group("weighted", vec![well; 2]));
    let arms = [vec![evaluated("wide.example.com."); 140], vec![evaluated("last.example.com.")]].concat();
    zone.groups.insert((text::name("top.example.com."), 1), group("weighted", arms));
    zone.groups.insert(
        (text::name("outer.example.com."), 1),
        group(
            "simple",
            vec![arm(common::image::Target::Group { owner: text::name("top.example.com.").into(), r#type: 1 })],
        ),
    );
    let engine = serving(&[zone], 1);
    engine.set_health(&[(1, false)]);
    let packet = Question::new(&text::name("outer.example.com."), 1).with_edns(u16::MAX).packet(0);

    let reply = engine.respond(&packet, CLIENT, Transport::Tcp, Some(0)).expect("a reply");
    let json =
        engine.explain(&text::name("outer.example.com."), 1, CLIENT, &Overrides::drawn(0)).expect("an explanation");

    assert_eq!(0, message::read(&reply).unwrap().rcode);
    assert!(json.contains(&reply.iter().map(|octet| format!("{octet:02x}")).collect::<String>()));
}

/// A zone whose apex has so many labels, of one letter each.
fn deep_zone(labels: usize) -> Zone {
    let apex = "a.".repeat(labels);
    let records = format!(
        "{apex} 900 SOA ns1.example.net. hostmaster.example.net. 1 7200 900 1209600 300\n{apex} 900 NS ns1.example.net."
    );
    Zone::new(&format!("Z{labels}"), 1, &text::name(&apex), &text::records(&records))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// Of zones below each other the closest answers, however many labels names have (routing.md §3.1).
    #[test]
    fn the_closest_zone_answers(apexes in prop::collection::btree_set(1usize..=127, 0..12)) {
        let zones: Vec<Zone> = apexes.iter().map(|&labels| deep_zone(labels)).collect();
        let engine = serving(&zones, 1);

        for labels in 1..=127 {
            let reply = ask(&engine, &"a.".repeat(labels), "TXT", 0);
            let closest = apexes.range(..=labels).next_back();
            let soa = reply.sections[1].first().map(|record| record.owner.len() / 2);
            prop_assert_eq!(closest, soa.as_ref(), "a name of {} labels", labels);
        }
    }
}

/// Pearson's statistic of counts against shares.
fn chi_square(counts: &[u64], shares: &[f64]) -> f64 {
    let total = counts.iter().sum::<u64>() as f64;
    let term = |(&count, share): (&u64, &f64)| (count as f64 - total * share).powi(2) / (total * share);
    counts.iter().zip(shares).map(term).sum()
}

/// The value that chi-square exceeds with a probability of 1 in 10,000 (Wilson and Hilferty's approximation).
fn critical(degrees: usize) -> f64 {
    let degrees = degrees as f64;
    let part = 2.0 / (9.0 * degrees);
    degrees * (1.0 - part + 3.719 * part.sqrt()).powi(3)
}

fn group_of(kind: &str, count: usize, weight: impl Fn(usize) -> u8) -> Zone {
    let mut zone = example(1, "");
    let arms = (0..count).map(|n| common::image::Arm {
        weight: weight(n),
        ..arm(to_records(60, [vec![192, 0, (n / 256) as u8, (n % 256) as u8]]))
    });
    let group = Group { kind: kind.into(), arms: arms.collect(), ..Group::default() };
    zone.groups.insert((text::name("g.example.com."), 1), group);
    zone
}

/// The answers' addresses as numbers, in the order given, for draws 0, 1, 2, ….
fn drawn(engine: &Engine, name: &str, draws: u64) -> Vec<Vec<usize>> {
    let packet = Question::new(&text::name(name), 1).packet(1);
    let (snapshot, counters, mut out) = (engine.snapshots().load(), Counters::default(), vec![0; 65_535]);
    let number = |rdata: &[u8]| usize::from(rdata[2]) * 256 + usize::from(rdata[3]);
    let mut answer = |draw| {
        let length = respond(
            &snapshot,
            &packet,
            &Arrival::new(CLIENT, Transport::Tcp, draw),
            &counters,
            &mut Workspace::passing(),
            &mut out,
        );
        let reply = message::read(&out[..length]).expect("a whole message");
        reply.sections[0].iter().map(|record| number(&record.rdata)).collect()
    };
    (0..draws).map(&mut answer).collect()
}

/// Shares follow weights (R-WEI-2, R-TV-1, R-TV-4, R-TV-7).
#[test]
fn weighted_shares() {
    let cases: [&[u8]; 8] =
        [&[80, 20], &[1, 3, 1], &[0, 0], &[255, 255, 1], &[10, 0, 30], &[1; 100], &[0; 7], &[255, 128, 64, 32, 16, 8]];
    for weights in cases {
        let engine = serving(&[group_of("weighted", weights.len(), |n| weights[n])], 1);
        let mut counts = vec![0; weights.len()];
        drawn(&engine, "g.example.com.", 20_000).iter().for_each(|answer| counts[answer[0]] += 1);
        let total: u32 = weights.iter().map(|&weight| u32::from(weight)).sum();
        let share =
            |weight: u8| if total == 0 { 1.0 / weights.len() as f64 } else { f64::from(weight) / f64::from(total) };
        let (mut seen, mut shares) = (Vec::new(), Vec::new());
        for (&count, &weight) in counts.iter().zip(weights) {
            if share(weight) == 0.0 {
                assert_eq!(0, count, "{weights:?}: {counts:?}");
            } else {
                seen.push(count);
                shares.push(share(weight));
            }
        }
        let statistic = chi_square(&seen, &shares);
        assert!(statistic < critical(seen.len() - 1), "{weights:?}: {counts:?}, chi-square {statistic}");
    }
}

/// Eight of ten: each member as likely as the other, in each place as likely (R-MVA-2, R-MVA-3).
#[test]
fn multivalue_samples_and_orders() {
    let engine = serving(&[group_of("multivalue", 10, |_| 0)], 1);
    let answers = drawn(&engine, "g.example.com.", 20_000);
    for place in 0..8 {
        let mut counts = [0; 10];
        answers.iter().for_each(|answer| counts[answer[place]] += 1);
        let statistic = chi_square(&counts, &[0.1; 10]);
        assert!(statistic < critical(9), "place {place}: {counts:?}, chi-square {statistic}");
    }
    let sets: BTreeSet<BTreeSet<usize>> = answers.iter().map(|answer| answer.iter().copied().collect()).collect();
    assert_eq!(45, sets.len(), "every choice of 8 of 10");
}

/// The values of one record set come in random order, each order as likely (R-SIM-1, R-SEL-6).
#[test]
fn orders_of_one_record_set() {
    let mut zone = example(1, "");
    zone.groups.insert((text::name("s.example.com."), 1), simple(60, (0..4).map(|n| vec![192, 0, 0, n])));
    let mut orders: BTreeMap<Vec<usize>, u64> = BTreeMap::new();
    for order in drawn(&serving(&[zone], 1), "s.example.com.", 24_000) {
        *orders.entry(order).or_default() += 1;
    }

    let counts: Vec<u64> = orders.into_values().collect();

    assert_eq!(24, counts.len());
    assert!(chi_square(&counts, &[1.0 / 24.0; 24]) < critical(23), "{counts:?}");
}

/// A long record set begins at each of its values, so that none is always first (R-SIM-1).
#[test]
fn long_record_sets_begin_anywhere() {
    let mut zone = example(1, "");
    zone.groups.insert((text::name("l.example.com."), 1), simple(60, (0..200).map(|n| vec![192, 0, 0, n])));
    let answers = drawn(&serving(&[zone], 1), "l.example.com.", 4_000);

    let first: BTreeSet<usize> = answers.iter().map(|answer| answer[0]).collect();

    assert_eq!(200, first.len());
    assert!(answers.iter().all(|answer| answer.iter().collect::<BTreeSet<_>>().len() == 200));
}

/// The same draw gives the same octets (architecture §1.2).
#[test]
fn a_draw_is_all_there_is_to_chance() {
    let engine = serving(&[group_of("multivalue", 40, |_| 0)], 16);
    let packet = Question::new(&text::name("g.example.com."), 1).packet(1);
    let reply = |draw| engine.respond(&packet, CLIENT, Transport::Udp, Some(draw));

    assert!((0..200).all(|draw| reply(draw) == reply(draw)));
    assert!((0..200).map(reply).collect::<BTreeSet<_>>().len() > 190);
}

/// What one client has left in a thread changes no answer to another: of every table, every name, and every two clients
/// of its cases, one after the other.
#[test]
fn what_one_client_leaves_changes_no_answer_to_another() {
    let (counters, mut lasting, mut passing) = (Counters::default(), Workspace::lasting(), Workspace::passing());
    for served in &*SERVED {
        let snapshot = served.engine.snapshots().load();
        let clients: BTreeSet<IpAddr> = served.clients.iter().copied().collect();
        for name in &served.names {
            let ask = |client: IpAddr, work: &mut Workspace| {
                let mut question = Question::new(name, 1).with_edns(4096);
                let prefix = Prefix::new(client, if client.is_ipv4() { 24 } else { 48 });
                let option = (8, message::subnet(prefix.address(), prefix.length(), 0));
                question.edns.iter_mut().for_each(|edns| edns.options.push(option.clone()));
                let (arrival, mut out) = (Arrival::new(client, Transport::Udp, 7), vec![0; 4096]);
                let octets = respond(&snapshot, &question.packet(7), &arrival, &counters, work, &mut out);
                out.truncate(octets);
                out
            };
            for (&first, &second) in clients.iter().flat_map(|first| clients.iter().map(move |second| (first, second)))
            {
                lasting.shortcuts.forget();
                ask(first, &mut lasting);
                let kept = ask(second, &mut lasting);
                assert_eq!(ask(second, &mut passing), kept, "{}: {name:?} {first}, then {second}", served.file);
            }
        }
    }
}
