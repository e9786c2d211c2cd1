//! Transaction signatures (RFC 8945): who shares a key with us can tell that a message is whole and ours, and we
//! that one is theirs.
//!
//! ```text
//! request   message ── TSIG: key, time, MAC ──▶ open ──▶ message without TSIG, by which key
//! reply     message ──▶ Signer::sign ──▶ message ── TSIG: key, time, MAC over the request's MAC as well
//! ```

use std::fmt;

use ring::hmac;

use crate::name::{MAX_NAME, Name, Owner};
use crate::query::{HEADER, rtype};

/// Seconds by which the clocks of both sides may differ in what we sign (RFC 8945 §10).
const FUDGE: u16 = 300;
/// Octets of the shortest MAC that may stand in a record, if it is half of the whole one as well (RFC 8945 §5.2.2.1).
const SHORTEST_MAC: usize = 10;
/// Octets of a record's fixed fields: type, class, TTL, length of its data; then time, fudge, lengths, id, error.
const FIELDS: usize = 10 + 16;
/// Octets of the time that a reply to a wrong clock tells (RFC 8945 §5.2.3).
const TIME: usize = 6;
const CLASS_ANY: u16 = 255;

/// What is wrong with a signature (RFC 8945 §3).
pub mod error {
    /// The MAC is of something else, or of another key.
    pub const BADSIG: u16 = 16;
    /// We have no such key.
    pub const BADKEY: u16 = 17;
    /// The clocks differ by too much.
    pub const BADTIME: u16 = 18;
    /// The MAC was cut short.
    pub const BADTRUNC: u16 = 22;
}

/// How MACs are made (RFC 8945 §6). SHA-1 and MD5 are not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-384.
    Sha384,
    /// HMAC-SHA-512.
    Sha512,
}

impl Algorithm {
    /// The algorithm of this name; None if it is not taken.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "hmac-sha256" => Some(Self::Sha256),
            "hmac-sha384" => Some(Self::Sha384),
            "hmac-sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// Its name in wire form.
    const fn wire(self) -> &'static [u8] {
        match self {
            Self::Sha256 => b"\x0bhmac-sha256\0",
            Self::Sha384 => b"\x0bhmac-sha384\0",
            Self::Sha512 => b"\x0bhmac-sha512\0",
        }
    }

    const fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

/// A key that is shared with others.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// What both sides call it.
    pub name: Owner,
    /// What it is used with.
    pub algorithm: Algorithm,
    /// What only they know.
    pub secret: Box<[u8]>,
}

impl fmt::Debug for Key {
    /// Secrets are not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.name).field(&self.algorithm).finish()
    }
}

/// A signed message that was looked at.
#[derive(Debug)]
pub struct Opened {
    /// The message without its signature.
    pub packet: Vec<u8>,
    /// Which of the keys has signed it; None: NOTAUTH is due, and what `signer` adds says why (RFC 8945 §5.2).
    pub key: Option<usize>,
    /// Signs what is sent in reply.
    pub signer: Signer,
}

/// Looks at a message whose last record, at `at`, is of type TSIG. None: that cannot be read (RFC 8945 §5.2).
///
/// `now` is in seconds since 1970.
pub fn open(keys: &[Key], packet: &[u8], at: usize, now: u64) -> Option<Opened> {
    let record = Record::read(packet, at)?;
    let is_named = |key: &Key| key.name.wire() == record.key.wire() && key.algorithm.wire() == record.algorithm.wire();
    let named = keys.iter().position(is_named);
    let bare = without_signature(packet, at, record.original_id)?;
    let mut signer = Signer::new(&record);
    let checked = match named {
        None => Err(error::BADKEY),
        Some(number) => record.check(&keys[number], &bare, now)?.map(|()| number),
    };
    match checked {
        // What is wrong with a key or a MAC is told without one: nobody has shown that they share it (§5.3.2).
        Err(error::BADKEY | error::BADSIG) => {}
        _ => signer.key = named.map(|number| secret(&keys[number])),
    }
    signer.error = checked.err().unwrap_or(0);
    if signer.error == error::BADTIME {
        signer.asked_at = Some(record.time);
    }
    let mut bare = bare;
    bare[..2].copy_from_slice(&packet[..2]);
    Some(Opened { packet: bare, key: checked.ok(), signer })
}

fn secret(key: &Key) -> hmac::Key {
    hmac::Key::new(key.algorithm.hmac(), &key.secret)
}

/// The message without the record at `at`, its last, whatever that says. None: it has none.
pub fn bare(packet: &[u8], at: usize) -> Option<Vec<u8>> {
    let id = u16::from_be_bytes(*packet.first_chunk()?);
    without_signature(packet, at, id)
}

/// The message as it was signed: without the record at `at`, and with the id that it had then.
fn without_signature(packet: &[u8], at: usize, id: u16) -> Option<Vec<u8>> {
    let mut bare = packet.get(..at)?.to_vec();
    let count = u16::from_be_bytes([*bare.get(10)?, *bare.get(11)?]).checked_sub(1)?;
    bare[..2].copy_from_slice(&id.to_be_bytes());
    bare[10..HEADER].copy_from_slice(&count.to_be_bytes());
    Some(bare)
}

/// A TSIG record (RFC 8945 §4.2).
struct Record<'p> {
    key: Name,
    algorithm: Name,
    time: u64,
    fudge: u16,
    mac: &'p [u8],
    original_id: u16,
    error: u16,
    other: &'p [u8],
}

impl<'p> Record<'p> {
    /// Reads the record at `at`, with which the message must end.
    fn read(packet: &'p [u8], at: usize) -> Option<Self> {
        let (key, end) = read_name(packet, at)?;
        let mut rest = packet.get(end..)?;
        let is_signature = number(&mut rest)? == rtype::TSIG && number(&mut rest)? == CLASS_ANY;
        let ttl = take(&mut rest, 4)?;
        let length = usize::from(number(&mut rest)?);
        if !is_signature || ttl != [0; 4] || length != rest.len() {
            return None;
        }
        let mut algorithm = Name::root();
        let octets = algorithm.read(rest).ok()?;
        take(&mut rest, octets)?;
        let time = take(&mut rest, TIME)?.iter().fold(0, |time, &octet| time << 8 | u64::from(octet));
        let fudge = number(&mut rest)?;
        let mac = counted(&mut rest)?;
        let (original_id, error) = (number(&mut rest)?, number(&mut rest)?);
        let other = counted(&mut rest)?;
        rest.is_empty().then_some(Self { key, algorithm, time, fudge, mac, original_id, error, other })
    }

    /// Whether the key has signed `bare`, a short while ago: MAC, then time, then length (RFC 8945 §5.2). Outer None:
    /// the MAC has a length that none can have.
    fn check(&self, key: &Key, bare: &[u8], now: u64) -> Option<Result<(), u16>> {
        let whole = self.mac_of(key, bare);
        let whole = whole.as_ref();
        if self.mac.len() > whole.len() || self.mac.len() < SHORTEST_MAC.max(whole.len() / 2) {
            return None;
        }
        if !is_same(self.mac, &whole[..self.mac.len()]) {
            return Some(Err(error::BADSIG));
        }
        if now.abs_diff(self.time) > u64::from(self.fudge) {
            return Some(Err(error::BADTIME));
        }
        Some(if self.mac.len() < whole.len() { Err(error::BADTRUNC) } else { Ok(()) })
    }

    fn mac_of(&self, key: &Key, bare: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&secret(key));
        context.update(bare);
        let (name, algorithm) = (self.key.wire(), self.algorithm.wire());
        variables(&mut context, name, algorithm, self.time, self.fudge, self.error, self.other);
        context.sign()
    }
}

/// Compares in a time that does not depend on where the two differ.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// What is signed beside the message (RFC 8945 §4.3.3).
fn variables(
    context: &mut hmac::Context,
    name: &[u8],
    algorithm: &[u8],
    time: u64,
    fudge: u16,
    error: u16,
    other: &[u8],
) {
    context.update(name);
    context.update(&CLASS_ANY.to_be_bytes());
    context.update(&[0; 4]);
    context.update(algorithm);
    timers(context, time, fudge);
    context.update(&error.to_be_bytes());
    context.update(&(other.len() as u16).to_be_bytes()); // Told or read with 16 bits.
    context.update(other);
}

fn timers(context: &mut hmac::Context, time: u64, fudge: u16) {
    context.update(&octets(time));
    context.update(&fudge.to_be_bytes());
}

/// A time as records have it: 48 bits.
fn octets(time: u64) -> [u8; TIME] {
    let [_, _, octets @ ..] = time.to_be_bytes();
    octets
}

/// Signs the replies to one request, one after the other.
pub struct Signer {
    name: Box<[u8]>,
    algorithm: Box<[u8]>,
    /// None: replies are not signed, they only say what is wrong.
    key: Option<hmac::Key>,
    /// The MAC before: the request's, then that of each reply (RFC 8945 §5.3.1).
    prior: Vec<u8>,
    is_first: bool,
    error: u16,
    /// When the request says it was made, where that is what is wrong with it.
    asked_at: Option<u64>,
}

impl fmt::Debug for Signer {
    /// Secrets are not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("error", &self.error).finish_non_exhaustive()
    }
}

impl Signer {
    fn new(record: &Record<'_>) -> Self {
        Self {
            name: record.key.wire().into(),
            algorithm: record.algorithm.wire().into(),
            key: None,
            prior: record.mac.into(),
            is_first: true,
            error: 0,
            asked_at: None,
        }
    }

    /// Octets that it adds to a message.
    pub fn octets(&self) -> usize {
        let mac = self.key.as_ref().map_or(0, |key| key.algorithm().digest_algorithm().output_len());
        let other = self.asked_at.map_or(0, |_| TIME);
        self.name.len() + FIELDS + self.algorithm.len() + mac + other
    }

    /// Signs the message that takes the first `length` octets of `out`, and returns its new length; `out` has room.
    ///
    /// `now` is in seconds since 1970.
    pub fn sign(&mut self, out: &mut [u8], length: usize, now: u64) -> usize {
        let told = octets(now);
        let (time, other) = self.asked_at.map_or((now, &[][..]), |asked_at| (asked_at, &told[..]));
        let mac = self.mac_of(&out[..length], time, other);
        let data = self.algorithm.len() + 16 + mac.len() + other.len();
        let mut end = length;
        for part in [
            &self.name[..],
            &rtype::TSIG.to_be_bytes(),
            &CLASS_ANY.to_be_bytes(),
            &[0; 4],
            &(data as u16).to_be_bytes(),
            &self.algorithm,
            &octets(time),
            &FUDGE.to_be_bytes(),
            &(mac.len() as u16).to_be_bytes(),
            &mac,
            &[out[0], out[1]],
            &self.error.to_be_bytes(),
            &(other.len() as u16).to_be_bytes(),
            other,
        ] {
            out[end..end + part.len()].copy_from_slice(part);
            end += part.len();
        }
        let additional = u16::from_be_bytes([out[10], out[11]]) + 1;
        out[10..HEADER].copy_from_slice(&additional.to_be_bytes());
        self.prior = mac;
        self.is_first = false;
        end
    }

    fn mac_of(&self, message: &[u8], time: u64, other: &[u8]) -> Vec<u8> {
        let Some(key) = &self.key else {
            return Vec::new();
        };
        let mut context = hmac::Context::with_key(key);
        // Nothing is before a request.
        if !self.prior.is_empty() {
            context.update(&(self.prior.len() as u16).to_be_bytes());
            context.update(&self.prior);
        }
        context.update(message);
        if self.is_first {
            variables(&mut context, &self.name, &self.algorithm, time, FUDGE, self.error, other);
        } else {
            timers(&mut context, time, FUDGE);
        }
        context.sign().as_ref().into()
    }
}

/// The name at `at`, which may be compressed, and where what follows it begins.
fn read_name(packet: &[u8], at: usize) -> Option<(Name, usize)> {
    let (mut wire, mut next, mut end) = (Vec::with_capacity(MAX_NAME), at, None);
    loop {
        let length = *packet.get(next)?;
        match length {
            0 => break,
            1..=63 => {
                wire.extend_from_slice(packet.get(next..=next + usize::from(length))?);
                next += 1 + usize::from(length);
                if wire.len() > MAX_NAME {
                    return None;
                }
            }
            0xc0.. => {
                let target = usize::from(u16::from_be_bytes([length & 0x3f, *packet.get(next + 1)?]));
                end = end.or(Some(next + 2));
                // Back alone, so that there is an end (RFC 1035 §4.1.4: "a prior occurrence").
                if target >= next {
                    return None;
                }
                next = target;
            }
            _ => return None,
        }
    }
    wire.push(0);
    Some((Name::from_wire(&wire).ok()?, end.unwrap_or(next + 1)))
}

fn take<'p>(rest: &mut &'p [u8], count: usize) -> Option<&'p [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

fn number(rest: &mut &[u8]) -> Option<u16> {
    take(rest, 2).map(|octets| u16::from_be_bytes([octets[0], octets[1]]))
}

/// Octets with their number before them.
fn counted<'p>(rest: &mut &'p [u8]) -> Option<&'p [u8]> {
    let count = number(rest)?;
    take(rest, count.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: u64 = 1_800_000_000;
    const QUERY: &[u8] = b"\xab\xcd\0\0\0\x01\0\0\0\0\0\0\x07example\x03com\0\0\x06\0\x01";

    fn key(algorithm: Algorithm, secret: &[u8]) -> Key {
        Key { name: Owner::from_wire(b"\x03xfr\0").unwrap(), algorithm, secret: secret.into() }
    }

    /// A request that this key signs at this time.
    fn signed(key: &Key, packet: &[u8], now: u64) -> Vec<u8> {
        let mut signer = Signer {
            name: key.name.wire().into(),
            algorithm: key.algorithm.wire().into(),
            key: Some(secret(key)),
            prior: Vec::new(),
            is_first: true,
            error: 0,
            asked_at: None,
        };
        let mut out = vec![0; packet.len() + signer.octets()];
        out[..packet.len()].copy_from_slice(packet);
        assert_eq!(signer.sign(&mut out, packet.len(), now), out.len());
        out
    }

    #[test]
    fn what_a_key_signs_it_opens() {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512] {
            let keys = [key(Algorithm::Sha256, b"other"), key(algorithm, b"secret")];
            let packet = signed(&keys[1], QUERY, NOW);
            let opened = open(&keys[1..], &packet, QUERY.len(), NOW + 300).unwrap();
            assert_eq!((opened.key, opened.signer.error), (Some(0), 0), "{algorithm:?}");
            assert_eq!(opened.packet, QUERY);
        }
    }

    /// An octet that is another one is noticed: it makes the record unreadable, of an unknown key, or wrong.
    #[test]
    fn nothing_can_be_changed() {
        let keys = [key(Algorithm::Sha256, b"secret")];
        let packet = signed(&keys[0], QUERY, NOW);
        for at in 0..packet.len() {
            let mut forged = packet.clone();
            forged[at] ^= 1;
            let is_id = at < 2; // Forwarders may change it: the record has the one that was signed.
            let is_taken = open(&keys, &forged, QUERY.len(), NOW).is_some_and(|opened| opened.key.is_some());
            assert_eq!(is_taken, is_id, "octet {at}");
        }
    }

    #[test]
    fn clocks_may_differ_by_the_fudge() {
        let keys = [key(Algorithm::Sha256, b"secret")];
        let packet = signed(&keys[0], QUERY, NOW);
        for (now, error) in [(NOW - 300, 0), (NOW - 301, error::BADTIME), (NOW + 301, error::BADTIME)] {
            assert_eq!(open(&keys, &packet, QUERY.len(), now).unwrap().signer.error, error, "{now}");
        }
    }

    /// Whether this octet of a signed query is one of the names in its signature, which are signed in lower case
    /// (RFC 8945 §4.3.3).
    fn is_of_name(key: &Key, at: usize) -> bool {
        let owner = QUERY.len()..QUERY.len() + key.name.wire().len();
        let algorithm = owner.end + 10..owner.end + 10 + key.algorithm.wire().len();
        owner.contains(&at) || algorithm.contains(&at)
    }

    #[test]
    fn names_may_be_spelt_in_any_case() {
        let keys = [key(Algorithm::Sha256, b"secret")];
        let packet = signed(&keys[0], QUERY, NOW);
        for at in QUERY.len()..packet.len() {
            let mut spelt = packet.clone();
            spelt[at] ^= 0x20;
            let is_taken = open(&keys, &spelt, QUERY.len(), NOW).is_some_and(|opened| opened.key.is_some());
            assert_eq!(is_taken, is_of_name(&keys[0], at) && packet[at].is_ascii_alphabetic(), "octet {at}");
        }
    }

    proptest! {
        /// Whatever stands behind a question is read or refused, and only the key's own signature is taken.
        #[test]
        fn hostile_octets_are_no_signature(tail in proptest::collection::vec(any::<u8>(), 0..400), count in 0..3u16) {
            let mut packet = [QUERY, &tail].concat();
            packet[10..12].copy_from_slice(&count.to_be_bytes());
            let keys = [key(Algorithm::Sha512, b"secret")];
            let opened = open(&keys, &packet, QUERY.len(), NOW);
            prop_assert!(opened.is_none_or(|opened| opened.key.is_none()));
        }

        /// A signature that is damaged, cut short or made longer is refused, and what is told of it has its room.
        #[test]
        fn damaged_signatures(at in 0usize..120, octet in any::<u8>(), cut in 0usize..120, more in 0usize..20) {
            let keys = [key(Algorithm::Sha256, b"secret")];
            let mut packet = signed(&keys[0], QUERY, NOW);
            let at = 2 + at % (packet.len() - 2);
            let is_same = packet[at] == octet || (is_of_name(&keys[0], at) && packet[at].eq_ignore_ascii_case(&octet));
            let untouched = is_same && cut % 4 != 0 && more == 0;
            packet[at] = octet;
            if cut % 4 == 0 {
                packet.truncate(packet.len().saturating_sub(cut + 1).max(QUERY.len()));
            }
            packet.resize(packet.len() + more, octet);
            if let Some(mut opened) = open(&keys, &packet, QUERY.len(), NOW) {
                let mut out = vec![0; opened.packet.len() + opened.signer.octets()];
                out[..opened.packet.len()].copy_from_slice(&opened.packet);
                let length = opened.signer.sign(&mut out, opened.packet.len(), NOW);
                prop_assert_eq!(length, out.len());
                prop_assert!(untouched || opened.key.is_none());
            } else {
                prop_assert!(!untouched);
            }
        }
    }
}
