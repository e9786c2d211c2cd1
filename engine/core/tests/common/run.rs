//! Runs the cases of tables: the loop that each case goes through, written once.

use std::collections::BTreeSet;

use meridian_engine::Engine;
use meridian_engine::explain::Overrides;
use meridian_engine::respond::Transport;

use super::message::{self, Edns, Message};
use super::table::{self, Case, Table};
use super::text::Record;

/// Draws for a case whose answer is left to chance; each outcome of the tables has at least 1 in 20.
const DRAWS: u64 = 600;
/// Draws for a case whose answer is not: it must not depend on them.
const FEW: u64 = 6;

/// Runs every case of a folder's tables, in one shard and in sixteen.
pub fn folder(folder: &str) {
    let mut failures = Vec::new();
    for table in table::load(folder) {
        for shards in [1, 16] {
            let engine = table.serve(shards);
            for case in &table.case {
                if let Err(why) = run(&engine, &table, case) {
                    failures.push(format!("{} in {shards} shards: {}\n    {why}", table.file, case.what));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

fn run(engine: &Engine, table: &Table, case: &Case) -> Result<(), String> {
    let unhealthy = |healthy| case.unhealthy.iter().map(|&slot| (slot, healthy)).collect::<Vec<_>>();
    engine.set_health(&unhealthy(false));
    let result = replies(engine, table, case).and_then(|()| explanation(engine, case));
    engine.set_health(&unhealthy(true));
    result
}

fn replies(engine: &Engine, table: &Table, case: &Case) -> Result<(), String> {
    let packet = case.octets();
    let by_chance = case.one_of.is_some() || case.sample.is_some();
    let mut answers = BTreeSet::new();
    for draw in 0..if by_chance { DRAWS } else { FEW } {
        let Some(reply) = engine.respond_to(&packet, &case.arrival(draw)) else {
            expect("whether there is a reply", case.silent, true)?;
            continue;
        };
        expect("whether there is a reply", case.silent, false)?;
        expect("at most so many octets", reply.len() <= case.size.unwrap_or(usize::MAX), true)
            .map_err(|why| format!("{why}: {} octets", reply.len()))?;
        let message = message::read(&reply)?;
        check_frame(case, &packet, &reply, &message)?;
        let [answer, authority, additional] = message.sections.map(|section| canonical(&section));
        expect("authority", table.lines(case.authority.as_ref()), authority)?;
        expect("additional", table.lines(case.additional.as_ref()), additional)?;
        answers.insert(answer);
    }
    if case.silent { Ok(()) } else { check_answers(table, case, answers) }
}

/// Everything but the sections.
fn check_frame(case: &Case, packet: &[u8], reply: &[u8], message: &Message) -> Result<(), String> {
    expect("RCODE", table::rcode(&case.rcode), message.rcode)?;
    expect("id", u16::from_be_bytes([packet[0], packet[1]]), message.id)?;
    expect("opcode", case.opcode, message.opcode)?;
    let mut flags: Vec<&str> = case.flags.iter().map(String::as_str).collect();
    flags.extend(case.rd.then_some("rd"));
    flags.extend(case.cd.then_some("cd"));
    expect("flags", flags.iter().collect::<BTreeSet<_>>(), message.flags.iter().collect())?;
    let question = case.asked().map(|question| question.packet(0)[12..question.name.len() + 16].to_vec());
    if let Some(question) = question {
        expect("question", case.question.then_some(question), message.question.clone())?;
    } else {
        expect("whether the question is echoed", case.question, message.question.is_some())?;
    }
    check_case(message)?;
    let edns = case.edns().map(|edns| Edns {
        payload: 1232,
        version: 0,
        dnssec_ok: edns.dnssec_ok,
        options: case.expected_options(),
    });
    let mut seen = message.edns.clone();
    if case.padded {
        check_padding(reply, seen.as_mut())?;
    }
    seen.iter_mut().for_each(|edns| edns.options.sort());
    expect("EDNS", edns, seen)
}

/// Takes the padding away: the last option, of zeros, that makes the reply a multiple of 468 octets (RFC 8467 §4.1).
fn check_padding(reply: &[u8], edns: Option<&mut Edns>) -> Result<(), String> {
    expect("octets beyond whole blocks", 0, reply.len() % 468)?;
    let last = edns.and_then(|edns| edns.options.pop()).ok_or("no option")?;
    expect("the last option", (12, true), (last.0, last.1.iter().all(|&octet| octet == 0)))
}

/// An owner that is the name asked for keeps the asker's spelling (RFC 4343 §4.1, R-DNS-4).
fn check_case(message: &Message) -> Result<(), String> {
    let Some(question) = &message.question else { return Ok(()) };
    let asked = &question[..question.len() - 4];
    for record in &message.sections[0] {
        let same = record.owner.eq_ignore_ascii_case(asked);
        expect("case of an owner", same, same && record.owner == asked)?;
    }
    Ok(())
}

fn check_answers(table: &Table, case: &Case, answers: BTreeSet<Vec<Record>>) -> Result<(), String> {
    if let Some(sample) = &case.sample {
        return check_sample(&table::sorted(&sample.of), sample.size, &answers);
    }
    let expected = match &case.one_of {
        Some(one_of) => one_of.iter().map(|lines| table::sorted(lines)).collect(),
        None => BTreeSet::from([table.lines(case.answer.as_ref())]),
    };
    expect("answer", expected, answers)
}

/// Each answer has `size` records of `of`; every one of these is seen, and not always the same ones.
fn check_sample(of: &[Record], size: usize, answers: &BTreeSet<Vec<Record>>) -> Result<(), String> {
    for answer in answers {
        expect("size of the sample", size, answer.iter().collect::<BTreeSet<_>>().len())?;
    }
    let seen: BTreeSet<Record> = answers.iter().flatten().cloned().collect();
    expect("sampled from", of.iter().cloned().collect::<BTreeSet<_>>(), seen)?;
    expect("whether samples differ", of.len() > size, answers.len() > 1)
}

/// The explanation's reply is the wire's, draw for draw, and its first choice has these odds.
fn explanation(engine: &Engine, case: &Case) -> Result<(), String> {
    let Some(question) = case.asked().filter(|question| question.class == 1) else {
        return Ok(());
    };
    let mut plain = message::Question { rd: false, cd: false, ..question.clone() }.with_edns(u16::MAX);
    let subnet = case.prefix().map(|prefix| (8, message::subnet(prefix.address(), prefix.length(), 0)));
    plain.edns.iter_mut().for_each(|edns| edns.options.extend(subnet.clone()));
    let packet = plain.packet(0);
    for draw in 0..FEW {
        let explained = explain(engine, case, &question, draw);
        let reply = engine.respond(&packet, case.resolver(), Transport::Tcp, Some(draw)).expect("a reply");
        let hex: String = reply.iter().map(|octet| format!("{octet:02x}")).collect();
        expect("reply explained", Some(hex.as_str()), explained["reply"].as_str())?;
    }
    check_odds(case, &explain(engine, case, &question, 0))
}

fn explain(engine: &Engine, case: &Case, question: &message::Question, draw: u64) -> serde_json::Value {
    let overrides = Overrides { subnet: case.prefix(), ..Overrides::drawn(draw) };
    let json = engine.explain(&question.name, question.rtype, case.resolver(), &overrides).expect("an explanation");
    serde_json::from_str(&json).expect("JSON")
}

fn check_odds(case: &Case, explained: &serde_json::Value) -> Result<(), String> {
    let steps = explained["steps"].as_array().expect("steps");
    let Some(group) = steps.iter().find(|step| step["step"] == "group") else {
        let expected = case.probability.is_some() || case.excluded.is_some() || case.last_resort.is_some();
        return expect("whether a group decides", expected, false);
    };
    if let Some(last_resort) = case.last_resort {
        expect("last resort", Some(last_resort), group["last_resort"].as_bool())?;
    }
    let arms = group["arms"].as_array().expect("arms");
    if let Some(excluded) = &case.excluded {
        let text = |value: &serde_json::Value| value.as_str().map(str::to_string);
        let seen = arms.iter().filter_map(|arm| Some((text(&arm["set_identifier"])?, text(&arm["excluded"])?)));
        expect("excluded", excluded, &seen.collect())?;
    }
    for (id, probability) in case.probability.iter().flatten() {
        let arm = arms.iter().find(|arm| arm["set_identifier"] == id.as_str()).ok_or(format!("no arm {id}"))?;
        let seen = arm["probability"].as_f64().expect("a number");
        expect(&format!("probability of {id}"), true, (seen - probability).abs() < 1e-9)
            .map_err(|_| format!("probability of {id}: expected {probability}, got {seen}"))?;
    }
    Ok(())
}

/// Records in sorted order, owners in lower case.
pub fn canonical(section: &[Record]) -> Vec<Record> {
    let lower = |record: &Record| Record { owner: record.owner.to_ascii_lowercase(), ..record.clone() };
    let mut records: Vec<Record> = section.iter().map(lower).collect();
    records.sort();
    records
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, expected: T, seen: T) -> Result<(), String> {
    if expected == seen { Ok(()) } else { Err(format!("{what}: expected {expected:?}, got {seen:?}")) }
}
