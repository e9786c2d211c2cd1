//! The parts of a transfer's messages: header and question, records, OPT.

use crate::image::records::FIXED;
use crate::query::{Edns, HEADER};

/// Octets of OPT without options.
pub const OPT: usize = 11;
/// The farthest that a compression pointer reaches (RFC 1035 §4.1.4).
const MOST_POINTED: usize = 0x3fff;

/// Where a message's records end, and what later ones can point to.
pub struct Writer<'o> {
    out: &'o mut [u8],
    end: usize,
    records: u16,
    /// Where the zone's name stands in lower case.
    apex_at: Option<usize>,
    /// Where the owner of the record before stands, and its octets before the zone's name.
    owner: Option<(usize, usize)>,
}

impl<'o> Writer<'o> {
    /// Begins a message of the reply to a query of this header and question: AA, and RD and CD as asked
    /// (RFC 5936 §2.2.1).
    pub fn new(asked: &[u8], out: &'o mut [u8]) -> Self {
        let end = asked.len();
        out[..end].copy_from_slice(asked);
        out[2] = 0x84 | (asked[2] & 0x79);
        out[3] = asked[3] & 0x10;
        out[4..HEADER].copy_from_slice(&[0, 1, 0, 0, 0, 0, 0, 0]);
        Self { out, end, records: 0, apex_at: None, owner: None }
    }

    /// Whether it has no record yet.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Adds a record of the zone `apex`, whose owner is at or below it, if the message keeps to `limit` octets with it.
    ///
    /// Of names, the owner alone is compressed, and never onto another spelling (RFC 5936 §3.4).
    pub fn put(&mut self, apex: &[u8], owner: &[u8], record: &[u8], limit: usize) -> bool {
        let most = owner.len() + record.len() - 2; // Of the encoding, a pointer is left out.
        if self.end + most > limit {
            return false;
        }
        let prefix = &owner[..owner.len() - apex.len()];
        match self.owner {
            Some((at, length)) if &self.out[at..at + length] == prefix => self.pointer(at),
            _ => self.owner(apex, prefix),
        }
        self.write(&record[2..]);
        self.records += 1;
        true
    }

    fn owner(&mut self, apex: &[u8], prefix: &[u8]) {
        let start = self.end;
        self.write(prefix);
        // The question has the zone's name, in the asker's spelling.
        let asked = &self.out[HEADER..HEADER + apex.len()];
        let known = self.apex_at.or_else(|| (asked == apex).then_some(HEADER));
        match known {
            Some(at) => self.pointer(at),
            None => {
                self.apex_at = Some(self.end).filter(|&at| at <= MOST_POINTED);
                self.write(apex);
            }
        }
        self.owner = (start <= MOST_POINTED).then_some((start, prefix.len()));
    }

    fn pointer(&mut self, at: usize) {
        self.write(&(0xc000 | at as u16).to_be_bytes());
    }

    fn write(&mut self, octets: &[u8]) {
        self.out[self.end..self.end + octets.len()].copy_from_slice(octets);
        self.end += octets.len();
    }

    /// Adds OPT if the query had it, and ends the message.
    pub fn finish(mut self, edns: Option<Reached>) -> usize {
        self.out[6..8].copy_from_slice(&self.records.to_be_bytes());
        if let Some(edns) = edns {
            let [high, low] = edns.payload.to_be_bytes();
            self.write(&[0, 0, 41, high, low, 0, 0, if edns.dnssec_ok { 0x80 } else { 0 }, 0, 0, 0]);
            self.out[HEADER - 1] = 1;
        }
        self.end
    }
}

/// What OPT of a reply says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Reached {
    payload: u16,
    dnssec_ok: bool,
}

impl Reached {
    /// For the reply to a query with this OPT; `payload` is what we take over UDP.
    pub fn new(edns: Option<Edns<'_>>, payload: u16) -> Option<Self> {
        edns.map(|edns| Self { payload, dnssec_ok: edns.dnssec_ok })
    }
}

const _: () = assert!(FIXED == 12, "`put` leaves out the pointer of 2 octets");
