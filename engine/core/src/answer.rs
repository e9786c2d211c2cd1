//! From decisions to octets: the reply under construction.

use crate::decide::Draw;
use crate::image::RecordSet;
use crate::image::records::FIXED;
use crate::options::{self, BLOCK, Told, code};
use crate::query::{Edns, HEADER, Query, class, rtype};

/// A section of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// What was asked.
    Answer = 0,
    /// Who is responsible.
    Authority = 1,
    /// What helps.
    Additional = 2,
}

/// There is no room for the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// Extended DNS Error codes (RFC 8914 §4).
pub mod ede {
    /// "Prohibited": we do not do this for you.
    pub const PROHIBITED: u16 = 18;
    /// "Not Authoritative": no zone of ours.
    pub const NOT_AUTHORITATIVE: u16 = 20;
    /// "Not Supported": not this kind of question.
    pub const NOT_SUPPORTED: u16 = 21;
    /// "No Reachable Authority": an outside name could not be resolved.
    pub const NO_REACHABLE_AUTHORITY: u16 = 22;
    /// "Other".
    pub const OTHER: u16 = 0;
}

/// Sets shuffled whole; longer ones begin at a random record.
const MOST_SHUFFLED: usize = 64;
/// Most sets are as short as this, and spare the room for `MOST_SHUFFLED`.
const FEW: usize = 8;
/// The farthest a compression pointer reaches (RFC 1035 §4.1.4).
const MOST_POINTED: usize = 0x3fff;
/// Octets of a client subnet before its scope (RFC 7871 §6).
const SCOPE: usize = 3;
/// Octets of OPT without options, and of one Extended DNS Error without text.
const OPT: usize = 11;
/// Octets that a reply may have behind its question, if no record has room: OPT with subnet, cookie and identity.
pub const LEAST: usize = OPT + 24 + 28 + 132;
const EDE: usize = 6;

/// A reply under construction. Begins with header and question, which keep the asker's spelling
/// (R-DNS-4).
#[derive(Debug)]
pub struct Reply<'o, 'q> {
    out: &'o mut [u8],
    at: usize,
    /// Where sections must end, so that OPT still fits. An Extended DNS Error is only added where
    /// there is room: no record gives way to it.
    limit: usize,
    counts: [u16; 3],
    query: &'q Query<'q>,
    told: Option<&'q Told<'q>>,
    payload: u16,
    /// The answer is from a zone of ours, not a referral (RFC 1035 §4.1.1).
    pub authoritative: bool,
    /// The answer did not fit.
    pub truncated: bool,
    /// How many bits of the client subnet the answer depends on (RFC 7871 §7.2.1).
    pub scope: u8,
    /// Why there is no answer, for a reader of Extended DNS Errors.
    pub error: Option<u16>,
    /// The same in words, if the code is not enough.
    pub error_text: &'static str,
}

impl<'o, 'q> Reply<'o, 'q> {
    /// Begins the reply to a query. `size` is the transport's limit in octets; `payload` is what we
    /// advertise in OPT; `told` is what OPT says beside.
    pub fn new(out: &'o mut [u8], query: &'q Query<'q>, size: usize, payload: u16, told: Option<&'q Told<'q>>) -> Self {
        let size = size.min(out.len());
        let out = &mut out[..size];
        let end = query.question_end;
        out[..end].copy_from_slice(&query.packet[..end]);
        let subnet = |edns: &Edns<'_>| edns.client_subnet.map_or(0, |subnet| options::HEAD + subnet.len());
        let options = query.edns.as_ref().map_or(0, |edns| OPT + subnet(edns) + told.map_or(0, Told::octets));
        Self {
            out,
            at: end,
            limit: size.saturating_sub(options).max(end),
            counts: [0; 3],
            query,
            told,
            payload,
            authoritative: false,
            truncated: false,
            scope: 0,
            error: None,
            error_text: "",
        }
    }

    /// Where the next record will begin, in octets from the start of the message.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Octets of header and question: where the first record stands.
    pub fn question_end(&self) -> usize {
        self.query.question_end
    }

    /// How many records a section has so far.
    pub fn count(&self, section: Section) -> u16 {
        self.counts[section as usize]
    }

    /// The octets written so far.
    pub fn written(&self) -> &[u8] {
        &self.out[..self.at]
    }

    /// Adds all records of a set in random order (R-SEL-6), or none.
    ///
    /// `owner` is where in the message the owner name stands.
    #[inline]
    pub fn add(&mut self, section: Section, set: RecordSet<'_>, owner: usize, draw: &mut Draw) -> Result<(), Full> {
        if set.octets().len() > self.limit - self.at || owner > MOST_POINTED {
            return Err(Full);
        }
        match usize::from(set.count()) {
            1 => self.put_records(set.octets(), owner),
            count if count <= FEW => self.put_shuffled::<FEW>(set, owner, draw),
            count if count <= MOST_SHUFFLED => self.put_shuffled::<MOST_SHUFFLED>(set, owner, draw),
            count => {
                let first = draw.below(count as u64) as usize;
                let records = set.records().skip(first).chain(set.records().take(first));
                records.for_each(|record| self.put_records(record, owner));
            }
        }
        self.counts[section as usize] += set.count();
        Ok(())
    }

    /// Adds all records of a set in the order in which they are kept, or none.
    ///
    /// For name servers: a resolver goes by what it has measured of them, not by their order.
    pub fn add_in_order(&mut self, section: Section, set: RecordSet<'_>, owner: usize) -> Result<(), Full> {
        if set.octets().len() > self.limit - self.at || owner > MOST_POINTED {
            return Err(Full);
        }
        self.put_records(set.octets(), owner);
        self.counts[section as usize] += set.count();
        Ok(())
    }

    /// A set of up to `N` records in random order.
    fn put_shuffled<const N: usize>(&mut self, set: RecordSet<'_>, owner: usize, draw: &mut Draw) {
        let count = usize::from(set.count());
        let mut starts = [0; N];
        for (place, start) in starts.iter_mut().zip(set.starts()) {
            *place = start;
        }
        draw.shuffle(&mut starts[..count], count);
        starts[..count].iter().for_each(|&start| self.put_records(set.record_at(start), owner));
    }

    /// Adds one text of class CHAOS, owned by the name asked for, which is not to be kept (RFC 4892 §3).
    ///
    /// `text` has at most 255 octets.
    pub fn add_text(&mut self, text: &[u8]) -> Result<(), Full> {
        let octets = FIXED + 1 + text.len();
        if octets > self.limit - self.at {
            return Err(Full);
        }
        self.put(&(0xc000 | HEADER as u16).to_be_bytes());
        self.put(&rtype::TXT.to_be_bytes());
        self.put(&class::CHAOS.to_be_bytes());
        self.put(&[0; 4]);
        self.put(&(1 + text.len() as u16).to_be_bytes());
        self.put(&[text.len() as u8]);
        self.put(text);
        self.counts[Section::Answer as usize] += 1;
        Ok(())
    }

    /// Records one after the other, the owner of each a pointer to where the name stands.
    fn put_records(&mut self, records: &[u8], owner: usize) {
        let owner = (0xc000 | owner as u16).to_be_bytes();
        let room = &mut self.out[self.at..self.at + records.len()];
        self.at += records.len();
        copy(records, room);
        let mut rest = room;
        while let Some((fixed, data)) = rest.split_first_chunk_mut::<FIXED>() {
            [fixed[0], fixed[1]] = owner;
            let length = usize::from(u16::from_be_bytes([fixed[10], fixed[11]]));
            rest = data.get_mut(length..).unwrap_or_default();
        }
    }

    fn put(&mut self, octets: &[u8]) {
        self.out[self.at..self.at + octets.len()].copy_from_slice(octets);
        self.at += octets.len();
    }

    /// So many octets more, to be written in one piece.
    fn room<const N: usize>(&mut self) -> &mut [u8; N] {
        let start = self.at;
        self.at += N;
        self.out[start..].first_chunk_mut().expect("there is room for what `limit` counts with")
    }

    /// Where the RDATA of the record at `at` begins; it was written by us, its owner a pointer.
    pub fn rdata(&self, at: usize) -> usize {
        at + FIXED
    }

    /// Where the record at `at` ends.
    pub fn rdata_end(&self, at: usize) -> usize {
        at + FIXED + usize::from(u16::from_be_bytes([self.out[at + 10], self.out[at + 11]]))
    }

    /// Adds one record of a set, if its RDATA is not in the section already and there is room.
    ///
    /// For multivalue answers, which may hold one value twice (R-MVA-6). `ttl` is put in place of
    /// the set's own (R-MVA-5); `start` is where the RRset began, and `owner` where its name stands.
    pub fn add_distinct(
        &mut self,
        section: Section,
        record: &[u8],
        ttl: u32,
        start: usize,
        owner: usize,
    ) -> Result<(), Full> {
        let mut at = start;
        while at < self.at {
            if self.out[self.rdata(at)..self.rdata_end(at)] == record[FIXED..] {
                return Ok(());
            }
            at = self.rdata_end(at);
        }
        if record.len() > self.limit - self.at {
            return Err(Full);
        }
        self.put_records(record, owner);
        self.out[at + 6..at + 10].copy_from_slice(&ttl.to_be_bytes());
        self.counts[section as usize] += 1;
        Ok(())
    }

    /// Takes back everything but the question and sets TC (RFC 2181 §9): a part would mislead.
    pub fn truncate(&mut self) {
        self.at = self.question_end();
        self.counts = [0; 3];
        self.truncated = true;
    }

    /// Writes header and OPT and returns the reply's length in octets.
    #[inline]
    pub fn finish(&mut self, rcode: u16) -> usize {
        self.counts[2] += self.opt(rcode);
        self.header(rcode);
        self.at
    }

    /// QR set; opcode, RD and CD as asked (RFC 4035 §3.1.6); RA and AD clear; one question.
    fn header(&mut self, rcode: u16) {
        let Some(header) = self.out.first_chunk_mut::<HEADER>() else { return };
        let aa = if self.authoritative { 0x04 } else { 0 };
        let tc = if self.truncated { 0x02 } else { 0 };
        let flags = [0x80 | (header[2] & 0x79) | aa | tc, (header[3] & 0x10) | (rcode & 0x0f) as u8];
        let [answers, authority, additional] = self.counts.map(u16::to_be_bytes);
        for (pair, own) in
            [flags, [0, 1], answers, authority, additional].into_iter().zip(header[2..].as_chunks_mut().0)
        {
            *own = pair;
        }
    }

    fn opt(&mut self, rcode: u16) -> u16 {
        let Some(edns) = &self.query.edns else {
            return 0;
        };
        let start = self.at;
        let flags = if edns.dnssec_ok { 0x80 } else { 0 };
        let [high, low] = self.payload.to_be_bytes();
        *self.room() = [0, 0, 41, high, low, (rcode >> 4) as u8, 0, flags, 0, 0, 0];
        if let Some(subnet) = edns.client_subnet {
            // Family, source prefix and address as asked; the scope is ours (R-ECS-6).
            self.option(code::CLIENT_SUBNET, &[subnet]);
            let scope = self.at - subnet.len() + SCOPE;
            self.out[scope] = self.scope;
        }
        if let Some(error) = self.error.filter(|_| self.at + EDE + self.error_text.len() <= self.out.len()) {
            self.option(code::ERROR, &[&error.to_be_bytes(), self.error_text.as_bytes()]);
        }
        if let Some(told) = self.told {
            self.tell(told);
        }
        if self.at > start + OPT {
            let length = (self.at - start - OPT) as u16; // Options are less than a message.
            self.out[start + 9..start + OPT].copy_from_slice(&length.to_be_bytes());
        }
        1
    }

    /// What was asked for; padding is last, as it makes up for all the rest.
    #[cold]
    fn tell(&mut self, told: &Told<'_>) {
        if let Some(seen) = told.cookie {
            self.option(code::COOKIE, &[&seen.option]);
        }
        if !told.identity.is_empty() {
            self.option(code::NSID, &[told.identity]);
        }
        if let Some(idle) = told.idle {
            self.option(code::TCP_KEEPALIVE, &[&idle.to_be_bytes()]);
        }
        if told.is_padded && self.at + options::HEAD <= self.out.len() {
            // A block that no message has room for is cut short.
            let begin = self.at + options::HEAD;
            let end = ((begin + told.signature).next_multiple_of(BLOCK) - told.signature).min(self.out.len());
            let octets = end - begin;
            self.option(code::PADDING, &[&[0; BLOCK][..octets]]);
        }
    }

    #[inline]
    fn option(&mut self, code: u16, parts: &[&[u8]]) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let ([a, b], [c, d]) = (code.to_be_bytes(), (length as u16).to_be_bytes());
        *self.room() = [a, b, c, d];
        parts.iter().for_each(|part| self.put(part));
    }
}

/// Copies octets of one length. Addresses, which most answers are, are copied without a call.
fn copy(from: &[u8], to: &mut [u8]) {
    const IPV4: usize = FIXED + 4;
    match (<&[u8; IPV4]>::try_from(from), <&mut [u8; IPV4]>::try_from(&mut *to)) {
        (Ok(from), Ok(to)) => *to = *from,
        _ => to.copy_from_slice(from),
    }
}

/// Writes a reply of the header alone, all counts zero, and returns its length.
///
/// For packets whose question cannot be read; `packet` has at least a header.
pub fn header_only(packet: &[u8], rcode: u16, out: &mut [u8]) -> usize {
    out[..HEADER].fill(0);
    out[..2].copy_from_slice(&packet[..2]);
    out[2] = 0x80 | (packet[2] & 0x79);
    out[3] = (packet[3] & 0x10) | (rcode & 0x0f) as u8;
    HEADER
}
