//! Record sets encoded ahead: a static answer is one copy.
//!
//! An encoded set is a head – the octets of its records, u32, and their number, u16, little-endian –
//! and its records as they go on the wire. So one number says where it stands, and whoever reads
//! the head has the records in the same line of the processor's cache.

use super::{ImageError, refuse};
use crate::name::Name;

/// Octets before the RDATA of an encoded record: owner pointer, type, class, TTL, RDLENGTH.
pub const FIXED: usize = 12;
/// Octets of a set's head: of its length, and of its number.
const LENGTH: usize = 4;
const NUMBER: usize = 2;

/// A record set as it goes on the wire.
///
/// Each record is `C0 0C`, type, class IN, TTL, RDLENGTH, RDATA; the owner pointer leads to the
/// question and is written over where the owner stands elsewhere.
/// Kept as one slice of number and records, so that it travels in registers.
#[derive(Debug, Clone, Copy)]
pub struct RecordSet<'s>(&'s [u8]);

impl<'s> RecordSet<'s> {
    /// The set that `encode` put there.
    pub fn at(octets: &'s [u8], start: usize) -> Self {
        let Some((length, rest)) = octets[start..].split_first_chunk::<LENGTH>() else {
            return Self(&[0; NUMBER]);
        };
        Self(&rest[..NUMBER + u32::from_le_bytes(*length) as usize])
    }

    /// The encoded records, one after the other.
    pub fn octets(self) -> &'s [u8] {
        &self.0[NUMBER..]
    }

    /// How many there are, at least one.
    pub fn count(self) -> u16 {
        u16::from_le_bytes([self.0[0], self.0[1]])
    }

    /// The encoded records one by one.
    pub fn records(self) -> impl Iterator<Item = &'s [u8]> {
        let mut rest = self.octets();
        std::iter::from_fn(move || {
            let (record, after) = split(rest)?;
            rest = after;
            Some(record)
        })
    }

    /// Where each record begins, in octets.
    pub fn starts(self) -> impl Iterator<Item = usize> {
        self.records().scan(0, |next, record| Some(std::mem::replace(next, *next + record.len())))
    }

    /// The record that begins there; none is an empty one.
    pub fn record_at(self, start: usize) -> &'s [u8] {
        self.octets().get(start..).and_then(split).map_or(&[], |(record, _)| record)
    }

    /// The type number of its records; None if it has none.
    pub fn rtype(self) -> Option<u16> {
        Some(u16::from_be_bytes(self.octets().get(2..4)?.try_into().ok()?))
    }

    /// The TTL in seconds; None if it has no record.
    pub fn ttl(self) -> Option<u32> {
        Some(u32::from_be_bytes(self.octets().get(6..10)?.try_into().ok()?))
    }
}

fn split(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = octets.get(10..12)?;
    octets.split_at_checked(FIXED + usize::from(u16::from_be_bytes([length[0], length[1]])))
}

/// Appends the encoding of one record set to `out`.
pub fn encode(out: &mut Vec<u8>, rtype: u16, ttl: u32, rdata: &[&[u8]]) -> Result<(), ImageError> {
    let Ok(count) = u16::try_from(rdata.len()) else {
        return refuse(format!("{} records in one set; at most 65535", rdata.len()));
    };
    if count == 0 {
        return refuse(format!("type {rtype}: a record set without records"));
    }
    let Ok(length) = u32::try_from(rdata.iter().map(|octets| FIXED + octets.len()).sum::<usize>()) else {
        return refuse("a record set of more than 4 GiB");
    };
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    for octets in rdata {
        let Ok(length) = u16::try_from(octets.len()) else {
            return refuse(format!("RDATA of {} octets; at most 65535", octets.len()));
        };
        check(rtype, octets)?;
        out.extend_from_slice(&[0xc0, 0x0c]);
        out.extend_from_slice(&rtype.to_be_bytes());
        out.extend_from_slice(&1u16.to_be_bytes());
        out.extend_from_slice(&ttl.to_be_bytes());
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(octets);
    }
    Ok(())
}

/// Where the name that a record's RDATA leads to begins, in octets: for the types whose target
/// the engine itself follows or adds addresses for (NS, CNAME, MX, SRV).
pub fn target_at(rtype: u16) -> Option<usize> {
    match rtype {
        2 | 5 => Some(0),
        15 => Some(2),
        33 => Some(6),
        _ => None,
    }
}

fn check(rtype: u16, rdata: &[u8]) -> Result<(), ImageError> {
    let well_formed = match target_at(rtype) {
        Some(at) => rdata.get(at..).is_some_and(|name| Name::from_wire(name).is_ok()),
        None => true,
    };
    if well_formed { Ok(()) } else { refuse(format!("type {rtype}: RDATA holds no well-formed name")) }
}
