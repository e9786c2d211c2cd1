//! Domain names in wire form: lower-cased once, every ancestor hashed in one pass.

use std::fmt::{self, Write};

/// Octets of the longest name, with the root label (RFC 1035 §2.3.4).
pub const MAX_NAME: usize = 255;
/// Labels of the longest name, without the root: 127 of one octet each.
pub const MAX_LABELS: usize = 127;

/// The label that a wildcard begins with, in wire form (RFC 4592 §2.1.1).
pub const WILDCARD: &[u8; 2] = b"\x01*";

/// The hash of the root.
const ROOT_HASH: u64 = 0xcbf2_9ce4_8422_2325;
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// Octets that are made lower case and hashed at once.
const WORD: usize = 8;
/// Octets that a name is kept in: room for a word that begins at the end of the longest name.
const ROOM: usize = MAX_NAME.next_multiple_of(WORD) + WORD;

/// A name that is not well-formed, uncompressed wire form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadName;

/// A name in lower case, with the place and the hash of each of its suffixes.
///
/// Suffix `i` is the name without its `i` leftmost labels: suffix 0 is the whole name, suffix
/// `count()` the root. It lives on the stack and is filled in place, because a query must not
/// allocate.
#[derive(Clone)]
pub struct Name {
    /// What stands behind the name has no meaning.
    octets: [u8; ROOM],
    length: u8,
    count: u8,
    starts: [u8; MAX_LABELS + 1],
    hashes: [u64; MAX_LABELS + 1],
}

impl Name {
    /// The root; a place to `read` into.
    pub fn root() -> Self {
        let mut name =
            Self { octets: [0; ROOM], length: 1, count: 0, starts: [0; MAX_LABELS + 1], hashes: [0; MAX_LABELS + 1] };
        name.hashes[0] = ROOT_HASH;
        name
    }

    /// Makes a name from wire form that stands alone.
    pub fn from_wire(wire: &[u8]) -> Result<Self, BadName> {
        let mut name = Self::root();
        if name.read(wire)? == wire.len() { Ok(name) } else { Err(BadName) }
    }

    /// Reads the uncompressed name at the start of `wire` and returns how many octets it takes.
    ///
    /// A compression pointer is refused: the first name of a message has nothing to point to, and
    /// images hold names uncompressed. After an error the contents are unspecified.
    pub fn read(&mut self, wire: &[u8]) -> Result<usize, BadName> {
        let wire = &wire[..wire.len().min(MAX_NAME)];
        let mut at = 0;
        let mut count = 0;
        loop {
            let label = *wire.get(at).ok_or(BadName)?;
            // A name of so many octets has no more labels.
            self.starts[count & MAX_LABELS] = at as u8;
            if label == 0 {
                break;
            }
            // 64 and more are pointers and reserved label types (RFC 1035 §4.1.4).
            if label > 63 {
                return Err(BadName);
            }
            at += 1 + usize::from(label);
            count += 1;
        }
        self.length = (at + 1) as u8;
        self.count = count as u8;
        self.take_up(wire);
        Ok(at + 1)
    }

    /// Copies the name at the start of `wire` in lower case and hashes its suffixes, from the root up: one pass gives the
    /// hashes of all ancestors, at a step or two for each label.
    fn take_up(&mut self, wire: &[u8]) {
        let count = usize::from(self.count) & MAX_LABELS;
        let mut end = usize::from(self.starts[count]);
        let mut hash = ROOT_HASH;
        self.octets[end] = 0;
        self.hashes[count] = hash;
        for suffix in (0..count).rev() {
            let start = usize::from(self.starts[suffix]);
            hash = self.below(hash, wire, start, end);
            self.hashes[suffix] = hash;
            end = start;
        }
    }

    /// The hash of a name, from that of its parent and its own leftmost label, which stands in `wire` with its length
    /// octet from `start` to `end`; copies the label.
    ///
    /// It is taken in words of eight octets, the last one filled up with zeros.
    #[inline(always)]
    fn below(&mut self, parent: u64, wire: &[u8], start: usize, end: usize) -> u64 {
        let (mut hash, mut at) = (parent, start);
        while end - at > WORD {
            hash = step(hash, self.word(wire, at));
            at += WORD;
        }
        let spare = (WORD - (end - at)) as u32 * u8::BITS;
        step(hash, self.word(wire, at) & (u64::MAX >> spare))
    }

    /// Copies eight octets in lower case, and returns them. What they have of the labels behind is copied once more;
    /// length octets are below 64 and no letters.
    ///
    /// The hash takes them from here, and not from where they were written: two words that were written cannot be read
    /// as one before they have reached the cache.
    #[inline(always)]
    fn word(&mut self, wire: &[u8], at: usize) -> u64 {
        let octets = wire
            .get(at..at + WORD)
            .map_or_else(|| last_word(&wire[at..]), |octets| octets.try_into().unwrap_or_default());
        let word = lower_case(u64::from_le_bytes(octets));
        self.octets[at..at + WORD].copy_from_slice(&word.to_le_bytes());
        word
    }

    /// How many labels it has, the root not counted: 0 to 127.
    pub fn count(&self) -> usize {
        usize::from(self.count)
    }

    /// The whole name in wire form.
    pub fn wire(&self) -> &[u8] {
        &self.octets[..usize::from(self.length)]
    }

    /// Suffix `i` in wire form, `0 <= i <= count()`.
    pub fn suffix(&self, i: usize) -> &[u8] {
        &self.octets[self.start(i)..usize::from(self.length)]
    }

    /// Where suffix `i` begins, in octets from the start of the name.
    pub fn start(&self, i: usize) -> usize {
        usize::from(self.starts[i])
    }

    /// The hash of suffix `i`.
    pub fn hash(&self, i: usize) -> u64 {
        self.hashes[i]
    }

    /// The hash of `*` under suffix `i`.
    pub fn wildcard_hash(&self, i: usize) -> u64 {
        step(self.hashes[i], u64::from_le_bytes([1, b'*', 0, 0, 0, 0, 0, 0]))
    }

    /// Whether it is `apex` or below.
    pub fn is_at_or_below(&self, apex: &Owner) -> bool {
        self.count() >= apex.labels() && self.suffix(self.count() - apex.labels()) == apex.wire()
    }

    /// Whether it is `wire`, a name in lower-case wire form, or below it.
    pub fn has_suffix(&self, wire: &[u8]) -> bool {
        (0..=self.count()).any(|i| self.suffix(i) == wire)
    }

    /// The name in the form to keep.
    pub fn keep(&self) -> Owner {
        Owner { wire: self.wire().into(), hash: self.hashes[0], labels: self.count }
    }
}

/// A name to keep: its wire form in lower case and its hash, without the working space of `Name`.
#[derive(Clone, PartialEq, Eq)]
pub struct Owner {
    wire: Box<[u8]>,
    hash: u64,
    labels: u8,
}

impl Owner {
    /// Reads a name in wire form that stands alone.
    pub fn from_wire(wire: &[u8]) -> Result<Self, BadName> {
        Ok(Name::from_wire(wire)?.keep())
    }

    /// The name in wire form.
    pub fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// Its hash.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// How many labels it has, the root not counted.
    pub fn labels(&self) -> usize {
        usize::from(self.labels)
    }
}

/// A name kept elsewhere: its wire form in lower case and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named<'n> {
    /// Its hash.
    pub hash: u64,
    /// The name in wire form.
    pub wire: &'n [u8],
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(&self.wire))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(self.wire()))
    }
}

/// Takes up to eight octets into a hash.
///
/// A product carries upward only; the shift brings what it has made of the high bits down again.
const fn step(hash: u64, word: u64) -> u64 {
    let product = (hash ^ word).wrapping_mul(GOLDEN);
    product ^ (product >> 32)
}

/// Less than a word, filled up with zeros.
#[cold]
fn last_word(rest: &[u8]) -> [u8; WORD] {
    let mut octets = [0; WORD];
    octets.iter_mut().zip(rest).for_each(|(octet, own)| *octet = *own);
    octets
}

/// Eight octets with A to Z made lower case: no sum of two of seven bits carries into the next.
const fn lower_case(word: u64) -> u64 {
    const EACH: u64 = u64::MAX / 0xff;
    let letters = word & (EACH * 0x7f);
    let (from_a, past_z) = (letters + EACH * (0x80 - b'A' as u64), letters + EACH * (0x7f - b'Z' as u64));
    word | ((from_a ^ past_z) & !word & (EACH * 0x80)) >> 2
}

/// A hash of octets that are no name.
pub fn hash(octets: &[u8]) -> u64 {
    octets.iter().fold(ROOT_HASH, |hash, &octet| step(hash, octet.into()))
}

/// Spreads a name's hash over 64 bits. The 12 highest choose the shard (`slot` in the control
/// plane's `model/name.py`), the others the place in its table.
pub const fn spread(hash: u64) -> u64 {
    (hash ^ (hash >> 32)).wrapping_mul(GOLDEN)
}

/// The slot of a name, 0 to 4095: which shard of a zone holds it (architecture §3).
pub const fn slot(hash: u64) -> usize {
    (spread(hash) >> 52) as usize
}

/// The octets of the name that begins there, its letter case kept; None if it is compressed or ends early.
pub fn uncompressed(octets: &[u8], start: usize) -> Option<&[u8]> {
    let mut end = start;
    loop {
        match *octets.get(end)? {
            0 => return Some(&octets[start..=end]),
            length @ 1..=63 => end += 1 + usize::from(length),
            _ => return None,
        }
    }
}

/// A wire-form name as the API shows it: `\ooo` for all but letters, digits, `-` and `_` (R-NAM-5).
pub fn text(wire: &[u8]) -> String {
    Shown(wire).to_string()
}

/// Shows a wire-form name as `text` does, without taking memory.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'w>(pub &'w [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(wire) = *self;
        let mut at = 0;
        while let Some(&length @ 1..) = wire.get(at) {
            let end = (at + 1 + usize::from(length)).min(wire.len());
            for &octet in &wire[at + 1..end] {
                match octet {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => f.write_char(char::from(octet))?,
                    _ => write!(f, "\\{octet:03o}")?,
                }
            }
            f.write_char('.')?;
            at = end;
        }
        if at == 0 { f.write_char('.') } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_lower_cased_with_its_suffixes() {
        let name = Name::from_wire(b"\x03WWW\x07Example\x03com\0").unwrap();

        assert_eq!(b"\x03www\x07example\x03com\0", name.wire());
        assert_eq!(3, name.count());
        assert_eq!(b"\x07example\x03com\0", name.suffix(1));
        assert_eq!(b"\0", name.suffix(3));
        assert_eq!("www.example.com.", text(name.wire()));
    }

    #[test]
    fn letters_and_nothing_else_become_lower_case() {
        for octet in 0..=u8::MAX {
            // Beside others, as one must not carry into the next.
            let octets = [octet, u8::MAX, octet, b'Z', octet, 0, octet, b'A'];
            let lower = octets.map(|octet| octet.to_ascii_lowercase());
            assert_eq!(lower, lower_case(u64::from_le_bytes(octets)).to_le_bytes());
        }
    }

    #[test]
    fn the_hash_of_a_suffix_is_the_hash_of_that_name() {
        let name = Name::from_wire(b"\x03www\x07example\x03com\0").unwrap();
        let parent = Name::from_wire(b"\x07example\x03com\0").unwrap();
        let wildcard = Name::from_wire(b"\x01*\x07example\x03com\0").unwrap();

        assert_eq!(parent.hash(0), name.hash(1));
        assert_eq!(wildcard.hash(0), name.wildcard_hash(1));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let too_long = [[1, b'a'].repeat(127), vec![1, b'a', 0]].concat();
        let no_end = b"\x03www";
        let pointer = b"\xc0\x0c";
        let cases: [&[u8]; 4] = [&too_long, no_end, pointer, b""];
        for wire in cases {
            assert!(Name::from_wire(wire).is_err(), "{wire:?}");
        }
    }

    #[test]
    fn the_longest_name_is_read() {
        let wire = [[1, b'a'].repeat(127), vec![0]].concat();
        assert_eq!(127, Name::from_wire(&wire).unwrap().count());
    }
}
