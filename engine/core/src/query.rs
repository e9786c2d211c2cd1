//! From packet to query: one pass over hostile octets (RFC 1035 §4.1, RFC 6891).

use crate::name::Name;
use crate::options::code;

/// The response codes used here (RFC 1035 §4.1.1, RFC 6891 §9).
pub mod rcode {
    /// No error.
    pub const NOERROR: u16 = 0;
    /// The packet makes no sense.
    pub const FORMERR: u16 = 1;
    /// We could not do it.
    pub const SERVFAIL: u16 = 2;
    /// The name does not exist.
    pub const NXDOMAIN: u16 = 3;
    /// We do not do that kind of query.
    pub const NOTIMP: u16 = 4;
    /// We do not do that for you, or not for that name.
    pub const REFUSED: u16 = 5;
    /// No zone of ours, or a signature that shows nothing (RFC 5936 §2.2.1, RFC 8945 §5.2).
    pub const NOTAUTH: u16 = 9;
    /// EDNS of a version we do not speak.
    pub const BADVERS: u16 = 16;
    /// Come again with this cookie (RFC 7873 §8).
    pub const BADCOOKIE: u16 = 23;
}

/// Type numbers that the answer path itself knows.
pub mod rtype {
    /// A host address.
    pub const A: u16 = 1;
    /// A name server.
    pub const NS: u16 = 2;
    /// The canonical name.
    pub const CNAME: u16 = 5;
    /// The start of a zone of authority.
    pub const SOA: u16 = 6;
    /// Text.
    pub const TXT: u16 = 16;
    /// An IPv6 host address.
    pub const AAAA: u16 = 28;
    /// EDNS.
    pub const OPT: u16 = 41;
    /// A delegation signer.
    pub const DS: u16 = 43;
    /// A service binding (RFC 9460).
    pub const SVCB: u16 = 64;
    /// The service binding of web sites.
    pub const HTTPS: u16 = 65;
    /// A transaction signature (RFC 8945).
    pub const TSIG: u16 = 250;
    /// Incremental zone transfer.
    pub const IXFR: u16 = 251;
    /// Zone transfer.
    pub const AXFR: u16 = 252;
    /// Any type.
    pub const ANY: u16 = 255;
}

/// Classes (RFC 1035 §3.2.4).
pub mod class {
    /// Internet.
    pub const INTERNET: u16 = 1;
    /// Chaosnet, in which servers speak of themselves (RFC 4892).
    pub const CHAOS: u16 = 3;
}

/// The fixed header (RFC 1035 §4.1.1).
pub const HEADER: usize = 12;

/// A query that was understood. Its name was put into the `Name` given to `read`.
#[derive(Debug, Clone, Copy)]
pub struct Query<'p> {
    /// The whole message.
    pub packet: &'p [u8],
    /// The type asked for.
    pub rtype: u16,
    /// The class asked for.
    pub class: u16,
    /// Octets of header and question.
    pub question_end: usize,
    /// What EDNS said, if it was there.
    pub edns: Option<Edns<'p>>,
}

/// The OPT record of a query (RFC 6891 §6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edns<'p> {
    /// Largest UDP payload the sender takes, in octets, as given.
    pub payload: u16,
    /// EDNS version.
    pub version: u8,
    /// DNSSEC OK.
    pub dnssec_ok: bool,
    /// The client-subnet option's data, well-formed (RFC 7871 §6).
    pub client_subnet: Option<&'p [u8]>,
    /// Whether it asks for anything of `Asked`.
    pub asks: bool,
    /// Octets of the message before the options.
    pub options_at: u16,
}

/// What a query's options ask for (`options` says what they get).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked<'p> {
    /// The cookie option's data, of any length.
    pub cookie: Option<&'p [u8]>,
    /// Who we are (RFC 5001).
    pub identity: bool,
    /// How long a connection may be idle (RFC 7828).
    pub keepalive: bool,
    /// A padded reply (RFC 7830).
    pub padding: bool,
}

/// Why a packet is no query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswerable {
    /// Less than a header; no reply is due.
    Runt,
    /// A response; no reply is due.
    Response,
    /// A reply of the header alone with this RCODE.
    Header(u16),
    /// It may be one: its last record, which begins there, is a signature to be looked at first (RFC 8945 §5.2).
    Signed(usize),
}

/// Reads a packet. `name` takes the name asked for, in lower case.
#[inline(always)]
pub fn read<'p>(packet: &'p [u8], name: &mut Name) -> Result<Query<'p>, Unanswerable> {
    let Some(header) = packet.first_chunk::<HEADER>() else {
        return Err(Unanswerable::Runt);
    };
    if header[2] & 0x80 != 0 {
        return Err(Unanswerable::Response);
    }
    if header[2] & 0x78 != 0 {
        return Err(Unanswerable::Header(rcode::NOTIMP));
    }
    question(packet, header, name).ok_or_else(|| signed(packet, header))
}

#[inline(always)]
fn question<'p>(packet: &'p [u8], header: &[u8; HEADER], name: &mut Name) -> Option<Query<'p>> {
    // Exactly one question (RFC 9619).
    if number(header, 4)? != 1 {
        return None;
    }
    let end = HEADER + name.read(&packet[HEADER..]).ok()?;
    let [a, b, c, d] = *packet.get(end..)?.first_chunk()?;
    let (rtype, class) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    let question_end = end + 4;
    if rtype == rtype::OPT {
        return None;
    }
    // Each arm makes its own: what is put together in memory and moved from there at once has to wait for the cache.
    match header.last_chunk() {
        Some(&NO_RECORDS) => Some(Query { packet, rtype, class, question_end, edns: None }),
        Some(&ONE_ADDITIONAL) if let Some((fixed, options)) = opt_alone(packet, question_end) => {
            // A message has at most 65,535 octets.
            let edns = read_edns(fixed, options, (question_end + OPT) as u16)?;
            Some(Query { packet, rtype, class, question_end, edns: Some(edns) })
        }
        _ => Some(Query { packet, rtype, class, question_end, edns: records(packet, question_end, header)? }),
    }
}

/// The counts of answer, authority and additional section in a query without EDNS.
const NO_RECORDS: [u8; 6] = [0; 6];
/// The same with nothing but OPT, as most queries have them.
const ONE_ADDITIONAL: [u8; 6] = [0, 0, 0, 0, 0, 1];
/// Octets of OPT before its options.
const OPT: usize = 11;

/// The one record behind the question, if it is OPT: its fixed octets behind the owner, which is the root, and its
/// options.
#[inline(always)]
fn opt_alone(packet: &[u8], start: usize) -> Option<(&[u8; 10], &[u8])> {
    let ([0, fixed @ ..], rest) = packet.get(start..)?.split_first_chunk::<OPT>()? else {
        return None;
    };
    (number(fixed, 0)? == rtype::OPT).then_some((fixed, rest.get(..usize::from(number(fixed, 8)?))?))
}

impl Query<'_> {
    /// What its options ask for; None if they ask for nothing. Read a second time, as few queries do.
    pub fn asked(&self) -> Option<Asked<'_>> {
        match &self.edns {
            Some(edns) if edns.asks => Some(read_asked(self.packet, usize::from(edns.options_at))),
            _ => None,
        }
    }

    /// Whether an answer is all that it asks for: class Internet, no option of `Asked`.
    pub fn is_plain(&self) -> bool {
        self.is_internet() && !self.edns.as_ref().is_some_and(|edns| edns.asks)
    }

    /// Whether the class is Internet.
    pub const fn is_internet(&self) -> bool {
        self.class == class::INTERNET
    }
}

/// Walks the records after the question.
///
/// Outer None: malformed, or something is signed, which is for `signed` to see.
#[cold]
fn records<'p>(packet: &'p [u8], start: usize, header: &[u8; HEADER]) -> Option<Option<Edns<'p>>> {
    let before = usize::from(number(header, 6)?) + usize::from(number(header, 8)?);
    let additional = usize::from(number(header, 10)?);
    let mut at = start;
    let mut edns = None;
    for place in 0..before + additional {
        let (owner, fixed, data) = record(packet, at)?;
        match number(fixed, 0)? {
            rtype::OPT => {
                // One, at the root, in the additional section (RFC 6891 §6.1.1).
                if edns.is_some() || owner != at + 1 || place < before {
                    return None;
                }
                edns = Some(read_edns(fixed, data, (owner + 10) as u16)?); // A message has at most 65,535 octets.
            }
            rtype::TSIG => return None,
            _ => {}
        }
        at = owner + 10 + data.len();
    }
    Some(edns)
}

/// Why what could not be read is no query: a signature is to be looked at first, or it is malformed.
///
/// A signature is the last of all records (RFC 8945 §5.1).
#[cold]
fn signed(packet: &[u8], header: &[u8; HEADER]) -> Unanswerable {
    let count = |at| usize::from(u16::from_be_bytes([header[at], header[at + 1]]));
    let last = || {
        let mut at = skip_name(packet, HEADER)? + 4;
        for _ in 1..count(6) + count(8) + count(10) {
            let (owner, fixed, data) = record(packet, at)?;
            (number(fixed, 0)? != rtype::TSIG).then_some(())?;
            at = owner + 10 + data.len();
        }
        let (_, fixed, _) = record(packet, at)?;
        (number(fixed, 0)? == rtype::TSIG && count(4) == 1 && count(10) > 0).then_some(at)
    };
    last().map_or(Unanswerable::Header(rcode::FORMERR), Unanswerable::Signed)
}

/// The record at `at`: where its owner ends, its ten fixed octets, its data.
fn record(packet: &[u8], at: usize) -> Option<(usize, &[u8; 10], &[u8])> {
    let owner = skip_name(packet, at)?;
    let (fixed, rest) = packet.get(owner..)?.split_first_chunk::<10>()?;
    Some((owner, fixed, rest.get(..usize::from(number(fixed, 8)?))?))
}

#[inline(always)]
fn read_edns<'p>(fixed: &[u8; 10], options: &'p [u8], options_at: u16) -> Option<Edns<'p>> {
    let version = fixed[5];
    let (mut client_subnet, mut asks) = (None, false);
    // What options of another version look like is not known (RFC 6891 §6.1.3).
    let mut rest = if version == 0 { options } else { &[] };
    while !rest.is_empty() {
        let (head, behind) = rest.split_first_chunk::<4>()?;
        let (data, after) = behind.split_at_checked(usize::from(number(head, 2)?))?;
        match number(head, 0)? {
            code::CLIENT_SUBNET => {
                check_client_subnet(data)?;
                client_subnet = client_subnet.or(Some(data));
            }
            code::COOKIE | code::NSID | code::TCP_KEEPALIVE | code::PADDING => asks = true,
            _ => {}
        }
        rest = after;
    }
    Some(Edns { payload: number(fixed, 2)?, version, dnssec_ok: fixed[6] & 0x80 != 0, client_subnet, asks, options_at })
}

/// Whether a packet asks for a zone to be transferred: what a look at the question says, before all else.
pub fn is_for_transfer(packet: &[u8]) -> bool {
    let asked = skip_name(packet, HEADER).and_then(|end| number(packet, end));
    matches!(asked, Some(rtype::AXFR | rtype::IXFR))
}

/// The serial of the zone's version that an IXFR query's sender has, from the authority section (RFC 1995 §3).
pub fn serial_held(query: &Query<'_>) -> Option<u32> {
    let (_, fixed, data) = record(query.packet, query.question_end)?;
    let is_first = number(query.packet, 6)? == 0 && number(query.packet, 8)? > 0;
    (is_first && number(fixed, 0)? == rtype::SOA).then_some(())?;
    let serial = data.len().checked_sub(SOA_NUMBERS)?;
    Some(u32::from_be_bytes(data[serial..serial + 4].try_into().ok()?))
}

/// Octets of the five numbers with which an SOA record ends; the serial is the first (RFC 1035 §3.3.13).
pub const SOA_NUMBERS: usize = 20;

/// What the options that begin there ask for; they were found whole before.
#[cold]
fn read_asked(packet: &[u8], start: usize) -> Asked<'_> {
    let mut asked = Asked::default();
    let length = number(packet, start - 2).map_or(0, usize::from);
    let mut rest = packet.get(start..start + length).unwrap_or_default();
    while let (Some(code), Some(length)) = (number(rest, 0), number(rest, 2)) {
        let (data, after) = rest[4..].split_at_checked(usize::from(length)).unwrap_or_default();
        match code {
            code::COOKIE => asked.cookie = asked.cookie.or(Some(data)),
            code::NSID => asked.identity = true,
            code::TCP_KEEPALIVE => asked.keepalive = true,
            code::PADDING => asked.padding = true,
            _ => {}
        }
        rest = after;
    }
    asked
}

/// RFC 7871 §6, §7.1.2: a known family, the address cut to the prefix, no bit set after it, scope 0.
fn check_client_subnet(data: &[u8]) -> Option<()> {
    let [_, _, prefix, scope, address @ ..] = data else {
        return None;
    };
    let bits = match number(data, 0)? {
        0 => 0, // "No client data", as `dig +subnet=0` says it; so it has no address either.
        1 => 32,
        2 => 128,
        _ => return None,
    };
    let octets = usize::from(*prefix).div_ceil(8);
    let spare = octets * 8 - usize::from(*prefix);
    let clean = address.last().is_none_or(|last| last.trailing_zeros() as usize >= spare);
    (*prefix <= bits && *scope == 0 && address.len() == octets && clean).then_some(())
}

/// The octet after the one question of a message and so many of the records behind it. None: they are not there.
pub fn records_end(message: &[u8], count: usize) -> Option<usize> {
    let mut at = skip_name(message, HEADER)? + 4;
    for _ in 0..count {
        let fixed = skip_name(message, at)?;
        at = fixed + 10 + usize::from(number(message, fixed + 8)?);
    }
    (at <= message.len()).then_some(at)
}

/// The octet after a name that may be compressed; its contents do not matter.
fn skip_name(packet: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        match *packet.get(at)? {
            0 => return Some(at + 1),
            length @ 1..=63 => at += 1 + usize::from(length),
            0xc0.. => return Some(at + 2),
            _ => return None,
        }
    }
}

fn number(octets: &[u8], at: usize) -> Option<u16> {
    octets.get(at..)?.first_chunk().map(|octets| u16::from_be_bytes(*octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Not in the tables: dnspython, which reads them too, knows no option without a family.
    #[test]
    fn a_client_subnet_without_family_and_address_is_an_opt_out() {
        assert_eq!(Some(()), check_client_subnet(&[0, 0, 0, 0]));
        assert_eq!(None, check_client_subnet(&[0, 0, 8, 0, 10]));
        assert_eq!(None, check_client_subnet(&[0, 3, 0, 0]));
    }
}
