//! Whether an answer is the one that was expected.

use std::time::Instant;

use crate::questions::Question;
use crate::wire::{copy_name, name_length, u16_at};

/// Record types whose data may hold compressed names (RFC 3597 §4), with the octets before the
/// names and how many names there are.
const NAMES_IN_DATA: [(u16, usize, usize); 5] = [(2, 0, 1), (5, 0, 1), (6, 0, 2), (12, 0, 1), (15, 2, 1)];

/// Flags in the third octet of a packet (RFC 1035 §4.1.1).
const QR: u8 = 0x80;
const TC: u8 = 0x02;

/// Room that checking reuses from answer to answer.
#[derive(Default)]
pub struct Scratch {
    /// Hash of each record of the answer section.
    records: Vec<u64>,
    /// One record in canonical form.
    record: Vec<u8>,
}

/// Tells whether `reply` answers `question` rightly: QR set, the question repeated to the octet,
/// the RCODE expected, and the answer section one that was right when it was asked, or became so since. The id
/// is the caller's to check.
pub fn is_right(reply: &[u8], question: &Question, asked_at: Instant, scratch: &mut Scratch) -> bool {
    let asked = &question.packet[12..12 + question.question_length];
    let repeats_question = reply.get(12..12 + asked.len()) == Some(asked);
    if !repeats_question || reply[2] & QR == 0 || question.rcode.is_some_and(|rcode| reply[3] & 0x0F != rcode) {
        return false;
    }
    question.answers.is_empty()
        || reply[2] & TC == 0
            && hash_answers(reply, 12 + asked.len(), scratch)
                .is_some_and(|hash| question.answers.iter().any(|right| right.holds(hash, asked_at)))
}

/// Hashes the answer section as a set: each record in canonical form (owner in lower case, type,
/// class, TTL, data without compression), their hashes sorted, and those hashed again.
fn hash_answers(reply: &[u8], start: usize, scratch: &mut Scratch) -> Option<u64> {
    scratch.records.clear();
    let mut at = start;
    for _ in 0..u16_at(reply, 6)? {
        scratch.record.clear();
        at += copy_record(reply, at, &mut scratch.record)?;
        scratch.records.push(fnv1a(FNV_OFFSET, &scratch.record));
    }
    scratch.records.sort_unstable();
    Some(scratch.records.iter().fold(FNV_OFFSET, |hash, record| fnv1a(hash, &record.to_be_bytes())))
}

/// Appends the record at `at` in canonical form; returns the octets it takes in the packet.
fn copy_record(packet: &[u8], at: usize, out: &mut Vec<u8>) -> Option<usize> {
    let fixed = at + copy_name(packet, at, out)?;
    let data = fixed + 10;
    let end = data + usize::from(u16_at(packet, fixed + 8)?);
    out.extend(packet.get(fixed..fixed + 8)?);
    let kind = u16_at(packet, fixed)?;
    let mut here = data;
    if let Some(&(_, before, names)) = NAMES_IN_DATA.iter().find(|(known, ..)| *known == kind) {
        out.extend(packet.get(data..data + before)?);
        here += before;
        for _ in 0..names {
            copy_name(packet, here, out)?;
            here += name_length(packet, here)?;
        }
    }
    out.extend(packet.get(here..end)?);
    Some(end - at)
}

const FNV_OFFSET: u64 = 0xCBF2_9CE4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01B3;

/// FNV-1a, 64 bits: bench/answers computes the same.
fn fnv1a(start: u64, octets: &[u8]) -> u64 {
    octets.iter().fold(start, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(FNV_PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::Right;

    const ASKED: &[u8] = b"\x03www\x00\x00\x01\x00\x01";

    fn reply(flags: [u8; 2], records: &[&[u8]]) -> Vec<u8> {
        let count = records.len() as u8;
        [&[0, 0, flags[0], flags[1], 0, 1, 0, count, 0, 0, 0, 0], ASKED, &records.concat()].concat()
    }

    fn question(rcode: u8, answers: Vec<u64>) -> Question {
        let packet = [&[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], ASKED].concat();
        let answers = answers.into_iter().map(|hash| Right { hash, until: None }).collect();
        Question { packet, question_length: ASKED.len(), rcode: Some(rcode), answers }
    }

    const ONE: &[u8] = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01";
    const TWO: &[u8] = b"\x03WWW\x00\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x02";

    fn hash_of(reply: &[u8]) -> u64 {
        hash_answers(reply, 12 + ASKED.len(), &mut Scratch::default()).expect("a readable reply")
    }

    /// The order of records, compression and the case of owners do not count; data and TTL do.
    #[test]
    fn sets() {
        let both = hash_of(&reply([0x84, 0], &[ONE, TWO]));
        assert_eq!(hash_of(&reply([0x84, 0], &[TWO, ONE])), both);
        assert_ne!(hash_of(&reply([0x84, 0], &[ONE])), both);
        assert_ne!(hash_of(&reply([0x84, 0], &[ONE, ONE])), both);
    }

    /// Each fault makes an answer wrong.
    #[test]
    fn faults() {
        let right = reply([0x84, 0], &[ONE]);
        let asked = question(0, vec![hash_of(&right)]);
        let is_right = |reply: &[u8]| is_right(reply, &asked, Instant::now(), &mut Scratch::default());
        assert!(is_right(&right));
        let mut other_question = right.clone();
        other_question[13] = b'x';
        for (fault, wrong) in [
            ("QR is not set", reply([0x04, 0], &[ONE])),
            ("truncated", reply([0x86, 0], &[ONE])),
            ("another RCODE", reply([0x84, 3], &[ONE])),
            ("no record", reply([0x84, 0], &[])),
            ("another record", reply([0x84, 0], &[TWO])),
            ("another question", other_question),
            ("cut off", right[..right.len() - 1].to_vec()),
            ("a runt", right[..11].to_vec()),
        ] {
            assert!(!is_right(&wrong), "{fault}");
        }
    }
}
