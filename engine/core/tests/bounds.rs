//! The work of one query has a bound, whatever the zone and whoever asks: chains, trees and replies end.

mod common;

use std::fmt::Write;

use common::message::{self, Question};
use common::table::Table;
use common::{APEX_RECORDS, CLIENT, ask, text};
use meridian_engine::Engine;
use meridian_engine::explain::Overrides;
use meridian_engine::respond::Transport;

/// An engine with a zone example.com. of these records and groups, the latter as a table of cases has them.
fn serving(records: &str, groups: &str) -> std::sync::Arc<Engine> {
    let zone = format!("[[zone]]\napex = 'example.com.'\nrecords = '''\n{APEX_RECORDS}\n{records}'''\n{groups}");
    let table: Table = toml::from_str(&format!("about = ''\ncase = []\n{zone}")).expect("a table");
    table.serve(16)
}

/// The last step of the explanation, as JSON.
fn last_step(engine: &Engine, name: &str) -> String {
    let json = engine.explain(&text::name(name), 1, CLIENT, &Overrides::drawn(1)).expect("an explanation");
    let explained: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    explained["steps"].as_array().and_then(|steps| steps.last()).expect("a step").to_string()
}

/// A chain of CNAMEs is followed for 16 of them; the resolver goes on from there.
#[test]
fn a_chain_ends_after_16() {
    let chain = (0..40).fold(String::new(), |mut lines, at| {
        writeln!(lines, "c{at}.example.com. 60 CNAME c{}.example.com.", at + 1).expect("written");
        lines
    });
    let engine = serving(&format!("{chain}c40.example.com. 60 A 192.0.2.40"), "");
    for (from, records, ends) in [(0, 16, false), (24, 16, false), (25, 16, true), (40, 1, true)] {
        let reply = ask(&engine, &format!("c{from}.example.com."), "A", 1);

        assert_eq!((0, records), (reply.rcode, reply.sections[0].len()), "from {from}");
        assert_eq!(ends, reply.sections[0].iter().any(|record| record.rtype == 1), "from {from}");
    }
}

/// Aliases are followed 32 deep; deeper ones are SERVFAIL, and so are those that lead to each other.
#[test]
fn aliases_end_after_32() {
    let alias = |from: usize, to: usize| {
        format!(
            "[[zone.group]]\nowner = 'a{from}.example.com.'\ntype = 'A'\nkind = 'simple'\n\
             arms = [{{ alias = 'a{to}.example.com.' }}]\n"
        )
    };
    let deep: String = (0..40).map(|at| alias(at, at + 1)).collect();
    let round: String = [alias(50, 51), alias(51, 50)].concat();
    let engine = serving("a40.example.com. 60 A 192.0.2.40", &(deep + &round));
    for (from, rcode) in [(8, 0), (7, 2), (0, 2), (50, 2)] {
        assert_eq!(rcode, ask(&engine, &format!("a{from}.example.com."), "A", 1).rcode, "from {from}");
    }
    assert!(last_step(&engine, "a50.example.com.").contains("loop"));
}

/// Trees that share their branches have more ways through them than could ever be walked; it is given up after 20,000
/// arms.
#[test]
fn trees_end_after_20_000_arms() {
    let level = |at: usize| {
        let arm = format!("{{ id = 'x', weight = 1, evaluate_target = true, alias = 't{}.example.com.' }}", at + 1);
        let arms = [&arm[..]; 4].join(", ").replacen('x', "w", 1).replacen("'x'", "'y'", 1).replacen("'x'", "'z'", 1);
        format!("[[zone.group]]\nowner = 't{at}.example.com.'\ntype = 'A'\nkind = 'weighted'\narms = [{arms}]\n")
    };
    let leaf = "[[zone.group]]\nowner = 't20.example.com.'\ntype = 'A'\nkind = 'weighted'\n\
                arms = [{ id = 'a', weight = 1, health = 1, values = ['192.0.2.1'] }]\n";
    let engine = serving("", &((0..20).map(level).collect::<String>() + leaf));
    assert_eq!(0, ask(&engine, "t0.example.com.", "A", 1).rcode);

    // Where all is unhealthy, nothing cuts the search short: 4^20 ways.
    engine.set_health(&[(1, false)]);

    assert_eq!(2, ask(&engine, "t0.example.com.", "A", 1).rcode);
    let step = last_step(&engine, "t0.example.com.");
    assert!(step.contains("too much work"), "{step}");
}

/// A reply keeps to its size, however much there is to say: the most records of the most octets, and help for each.
#[test]
fn replies_keep_to_their_size() {
    let records = (0..400).fold(String::new(), |mut lines, at| {
        writeln!(lines, "srv.example.com. 60 SRV 1 1 {at} h{at}.example.com.").expect("written");
        writeln!(lines, "h{at}.example.com. 60 A 192.0.2.{}", at % 250).expect("written");
        lines
    });
    let engine = serving(&records, "");
    let question = Question::new(&text::name("srv.example.com."), text::rtype_number("SRV"));
    for payload in [0, 512, 1232, 4096, u16::MAX] {
        let packet = question.clone().with_edns(payload).packet(1);
        let reply = engine.respond(&packet, CLIENT, Transport::Udp, Some(1)).expect("a reply");

        assert!(reply.len() <= usize::from(payload.clamp(512, 1232)), "{payload}");
        assert!(message::read(&reply).expect("whole").flags.contains(&"tc"), "{payload}");
    }
    let whole = engine.respond(&question.packet(1), CLIENT, Transport::Tcp, Some(1)).expect("a reply");
    let whole = message::read(&whole).expect("whole");
    assert_eq!((400, 400), (whole.sections[0].len(), whole.sections[2].len()));
}
