//! What holds for every reply, whatever was asked and whatever is served.

use std::collections::BTreeSet;

use meridian_engine::respond::Transport;

use crate::common::message::{self, Message};

const HEADER: usize = 12;

/// Panics if `reply` is no proper reply to `query`: the fuzzer's finding.
///
/// `payload` is the largest reply over UDP that the engine is set to, in octets.
pub fn check(query: &[u8], reply: &[u8], transport: Transport, payload: u16) {
    assert!(query[2] & 0x80 == 0, "a reply to a response");
    let message = message::read(reply).expect("a whole message");
    assert_eq!(query[..2], reply[..2], "another id");
    assert_eq!(query[2] & 0x79, reply[2] & 0x79, "another opcode or RD");
    if let Some(question) = &message.question {
        assert_eq!(query[HEADER..].get(..question.len()), Some(&question[..]), "another question");
    }
    check_size(&message, reply.len(), transport, payload);
    check_options(query, &message, reply.len(), transport);
}

/// No option comes twice or unasked; idle time and padding are for TCP alone, BADCOOKIE for UDP.
fn check_options(query: &[u8], message: &Message, octets: usize, transport: Transport) {
    let options = message.edns.iter().flat_map(|edns| &edns.options);
    let mut codes = BTreeSet::new();
    for (code, data) in options {
        assert!(codes.insert(*code), "option {code} twice");
        let fits = match code {
            3 => !data.is_empty() && data.len() <= 128,
            8 => (4..=20).contains(&data.len()),
            // The client's own part comes back.
            10 => data.len() == 24 && query.windows(8).any(|part| part == &data[..8]),
            11 => data.len() == 2 && transport == Transport::Tcp,
            12 => transport == Transport::Tcp && (octets % 468 == 0 || octets == usize::from(u16::MAX)),
            15 => (2..=128).contains(&data.len()), // The code, and in some cases a text.
            _ => false,
        };
        assert!(fits, "option {code}: {data:02x?}");
    }
    assert!(message.rcode != 23 || (transport == Transport::Udp && codes.contains(&10)), "BADCOOKIE");
}

fn check_size(message: &Message, octets: usize, transport: Transport, payload: u16) {
    let limit = match (transport, &message.edns) {
        (Transport::Tcp, _) => u16::MAX,
        // Without EDNS in the query there is none in the reply, and 512 octets are all (RFC 1035 §4.2.1).
        (Transport::Udp, None) => 512,
        (Transport::Udp, Some(_)) => payload,
    };
    assert!(octets <= usize::from(limit), "{octets} octets, at most {limit}");
    let truncated = message.flags.contains(&"tc");
    assert!(!truncated || transport == Transport::Udp, "TC over TCP");
    assert!(!truncated || message.sections.iter().all(Vec::is_empty), "records in a truncated reply");
}
