//! What holds for every reply, whatever was asked and whatever is served.

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
