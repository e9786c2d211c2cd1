//! Master-file text to wire form, for the types that the tables use.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A record as a line of a table says it: owner in lower case, RDATA octets as they are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    pub owner: Vec<u8>,
    pub rtype: u16,
    pub ttl: u32,
    pub rdata: Vec<u8>,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rdata: String = self.rdata.iter().map(|octet| format!("{octet:02x}")).collect();
        write!(f, "{} {} TYPE{} {rdata}", meridian_engine::name::text(&self.owner), self.ttl, self.rtype)
    }
}

/// `owner TTL TYPE RDATA…`.
pub fn record(line: &str) -> Record {
    let words = words(line);
    let [owner, ttl, rtype, rdata @ ..] = &words[..] else { panic!("no record: {line}") };
    let rtype = rtype_number(rtype);
    let ttl = ttl.parse().unwrap_or_else(|_| panic!("no TTL: {line}"));
    Record { owner: name(owner).to_ascii_lowercase(), rtype, ttl, rdata: rdata_words(rtype, rdata) }
}

/// All lines of a text that are not empty.
pub fn records(text: &str) -> Vec<Record> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(record).collect()
}

/// RDATA from its text.
pub fn rdata(rtype: u16, text: &str) -> Vec<u8> {
    rdata_words(rtype, &words(text))
}

fn rdata_words(rtype: u16, words: &[String]) -> Vec<u8> {
    let short = |at: usize| number(&words[at]).to_be_bytes();
    if words.first().is_some_and(|word| word == "\\#") {
        let octets = hex(&words[2..].concat()); // RFC 3597 §5
        assert_eq!(usize::from(number(&words[1])), octets.len(), "octets of {words:?}");
        return octets;
    }
    match rtype {
        1 => words[0].parse::<Ipv4Addr>().expect("an address").octets().to_vec(),
        28 => words[0].parse::<Ipv6Addr>().expect("an address").octets().to_vec(),
        2 | 5 => name(&words[0]),
        6 => {
            let numbers = words[2..7].iter().flat_map(|word| word.parse::<u32>().expect("a number").to_be_bytes());
            [name(&words[0]), name(&words[1])].concat().into_iter().chain(numbers).collect()
        }
        15 => [&short(0)[..], &name(&words[1])].concat(),
        64 | 65 if words.len() == 2 => [&short(0)[..], &name(&words[1])].concat(),
        16 => words.iter().flat_map(|word| character_string(word)).collect(),
        33 => [&short(0)[..], &short(1), &short(2), &name(&words[3])].concat(),
        43 => {
            let bytes = words[1..3].iter().map(|word| number(word) as u8);
            short(0).into_iter().chain(bytes).chain(hex(&words[3..].concat())).collect()
        }
        _ => panic!("type {rtype} is not for tables"),
    }
}

/// A name from its text, absolute, escapes `\DDD` in decimal (RFC 1035 §5.1).
pub fn name(text: &str) -> Vec<u8> {
    if text == "." {
        return vec![0];
    }
    let text = text.strip_suffix('.').unwrap_or_else(|| panic!("{text}: not absolute"));
    let mut wire = Vec::new();
    for label in split_labels(text) {
        let octets = unescape(label);
        assert!((1..=63).contains(&octets.len()), "{text}: a label of {} octets", octets.len());
        wire.push(octets.len() as u8);
        wire.extend(octets);
    }
    wire.push(0);
    wire
}

fn split_labels(text: &str) -> Vec<&str> {
    let (mut labels, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, char) in text.char_indices() {
        if char == '.' && !escaped {
            labels.push(&text[start..at]);
            start = at + 1;
        }
        escaped = char == '\\' && !escaped;
    }
    labels.push(&text[start..]);
    labels
}

fn unescape(text: &str) -> Vec<u8> {
    let octets = text.as_bytes();
    let (mut plain, mut at) = (Vec::new(), 0);
    while at < octets.len() {
        let digits = octets.get(at + 1..at + 4).filter(|digits| digits.iter().all(u8::is_ascii_digit));
        match (octets[at], digits) {
            (b'\\', Some(digits)) => {
                plain.push(std::str::from_utf8(digits).unwrap().parse().expect("an octet"));
                at += 4;
            }
            (b'\\', None) => {
                plain.push(octets[at + 1]);
                at += 2;
            }
            (octet, _) => {
                plain.push(octet);
                at += 1;
            }
        }
    }
    plain
}

fn character_string(word: &str) -> Vec<u8> {
    let octets = unescape(word.trim_matches('"'));
    [&[u8::try_from(octets.len()).expect("at most 255 octets")], &octets[..]].concat()
}

/// Splits at blanks outside quotes; quotes stay on.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for char in line.chars() {
        quoted ^= char == '"';
        if char.is_whitespace() && !quoted {
            words.push(String::new());
        } else {
            words.last_mut().unwrap().push(char);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Octets from hexadecimal text; blanks do not matter.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let pairs = digits.chunks_exact(2);
    assert!(pairs.remainder().is_empty(), "an odd number of digits: {text}");
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).expect("hexadecimal digits");
    pairs.map(pair).collect()
}

fn number(word: &str) -> u16 {
    word.parse().unwrap_or_else(|_| panic!("no number: {word}"))
}

const TYPES: [(&str, u16); 26] = [
    ("A", 1),
    ("NS", 2),
    ("CNAME", 5),
    ("SOA", 6),
    ("NULL", 10),
    ("PTR", 12),
    ("MX", 15),
    ("TXT", 16),
    ("AAAA", 28),
    ("SRV", 33),
    ("OPT", 41),
    ("DS", 43),
    ("RRSIG", 46),
    ("DNSKEY", 48),
    ("DNAME", 39),
    ("SVCB", 64),
    ("HTTPS", 65),
    ("SPF", 99),
    ("CAA", 257),
    ("TKEY", 249),
    ("TSIG", 250),
    ("IXFR", 251),
    ("AXFR", 252),
    ("MAILB", 253),
    ("MAILA", 254),
    ("ANY", 255),
];

/// A type's number from its mnemonic, or from `TYPE123` (RFC 3597 §5).
pub fn rtype_number(text: &str) -> u16 {
    let known = TYPES.iter().find(|(name, _)| *name == text).map(|(_, number)| *number);
    let unknown = || text.strip_prefix("TYPE").and_then(|digits| digits.parse().ok());
    known.or_else(unknown).unwrap_or_else(|| panic!("no type: {text}"))
}

/// A class's number from its mnemonic.
pub fn class_number(text: &str) -> u16 {
    match text {
        "IN" => 1,
        "CH" => 3,
        "HS" => 4,
        "NONE" => 254,
        "ANY" => 255,
        _ => panic!("no class: {text}"),
    }
}
