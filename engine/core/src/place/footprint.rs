//! Of which IPv4 networks a table says something: a bit for each /24, for tables that are silent on most.
//!
//! Most clients are of networks that nobody has measured. One word of 64 bits tells so, and how far around the client it
//! stays so: a search of the table has more places to read, and branches that the processor cannot foresee.

use std::net::IpAddr;

use super::{Prefix, Ranges};
use crate::fetch::Fetch;

/// Bits of an address that tell which /24 of its word it is in, and those behind them.
const OWN_BITS: u32 = 6;
const HOST_BITS: u32 = 8;
/// Length of the prefixes that have a word each.
const WORD_LENGTH: u8 = 18;

/// The /24s that have an address with something. Immutable; 2 MiB.
#[derive(Debug, Clone)]
pub struct Footprint {
    /// A bit for each /24, the first in the lowest.
    words: Box<[u64]>,
}

impl Footprint {
    /// Of a table whose 0 is nothing. Takes some 60 ns for each of its ranges.
    pub fn new(ranges: &Ranges) -> Self {
        let mut words = vec![0; 1 << WORD_LENGTH];
        let mut start = 0u64;
        while let Ok(first) = u32::try_from(start) {
            let (value, length) = ranges.find(&Prefix::host(IpAddr::V4(first.into())));
            let last = u64::from(first) | u64::from(u32::MAX) >> length;
            if value != 0 {
                mark(&mut words, start >> HOST_BITS, ((last - start) >> HOST_BITS) + 1);
            }
            start = last + 1;
        }
        Self { words: words.into() }
    }

    /// Length of the largest block around the client, of `within` bits or more, of which the table says nothing. None:
    /// ask the table.
    #[inline]
    pub fn silent(&self, client: &Prefix, within: u8) -> Option<u8> {
        if !client.is_v4() {
            return None;
        }
        let (word, network) = self.word(client);
        let is_known = within >= WORD_LENGTH || word != 0;
        if word >> network & 1 == 1 || !is_known {
            return None;
        }
        // A neighbour outside the word stands for none on that side.
        let before = word & ((1 << network) - 1);
        let after = word >> network;
        let lower = if before == 0 { network ^ 64 } else { 63 - before.leading_zeros() };
        let upper = if after == 0 { network ^ 64 } else { network + after.trailing_zeros() };
        Some(within.max(apart(network, lower)).max(apart(network, upper)))
    }

    /// Whether the table may say something of the client itself.
    pub fn has(&self, client: &Prefix) -> bool {
        let (word, network) = self.word(client);
        !client.is_v4() || word >> network & 1 == 1
    }

    /// Fetches what asking for a client reads.
    #[inline]
    pub fn fetch(&self, client: &Prefix, fetch: impl Fetch) {
        let at = client.bits() as u32 >> (OWN_BITS + HOST_BITS);
        fetch(self.words.as_ptr().wrapping_add(at as usize).cast());
    }

    /// Octets held in memory.
    pub fn octets(&self) -> usize {
        size_of_val(&*self.words)
    }

    fn word(&self, client: &Prefix) -> (u64, u32) {
        let network = client.bits() as u32 >> HOST_BITS;
        (self.words[(network >> OWN_BITS) as usize], network & 63)
    }
}

/// Sets the bits of so many /24s, a power of two, of a block that begins with this one.
fn mark(words: &mut [u64], network: u64, count: u64) {
    let at = (network >> OWN_BITS) as usize;
    match count >> OWN_BITS {
        0 => words[at] |= ((1 << count) - 1) << (network & 63),
        whole => words[at..at + whole as usize].fill(u64::MAX),
    }
}

/// Length of the prefixes that tell two different /24s of a word apart; with 64 away, the word's own.
fn apart(network: u32, other: u32) -> u8 {
    WORD_LENGTH + ((network ^ other) << 25).leading_zeros() as u8
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    /// Ranges with and without something by turns, so that no two neighbours are the same.
    fn ranges(starts: &[u32]) -> Ranges {
        let mut v4 = vec![(0, 0)];
        v4.extend(starts.iter().filter(|&&start| start > 0).zip(1..).map(|(&start, number)| (start, number % 2)));
        Ranges::new(&v4, &[(0, 0)]).unwrap()
    }

    fn client(bits: u32) -> Prefix {
        Prefix::host(IpAddr::V4(Ipv4Addr::from_bits(bits)))
    }

    #[test]
    fn the_nearest_networks_with_something_bound_the_block() {
        let net = |text: &str| text.parse::<Ipv4Addr>().unwrap().to_bits();
        let table = ranges(&[net("10.0.5.0"), net("10.0.6.0"), net("10.0.40.7"), net("10.0.40.9")]);
        let footprint = Footprint::new(&table);
        let cases = [
            ("10.0.4.1", 0, Some(24)),
            ("10.0.5.1", 0, None),
            ("10.0.6.1", 0, Some(23)),
            ("10.0.0.0", 0, Some(22)),
            ("10.0.8.0", 0, Some(21)),
            ("10.0.31.255", 0, Some(20)),
            ("10.0.31.255", 22, Some(22)),
            ("10.0.40.1", 24, None), // Its own /24 has something, but itself.
            ("10.0.41.1", 19, Some(24)),
            ("10.0.63.255", 0, Some(20)),
            ("10.0.64.0", 17, None), // Nothing in the word: nobody knows how far.
            ("10.0.64.0", 18, Some(18)),
            ("255.255.255.255", 30, Some(30)),
            ("0.0.0.0", 18, Some(18)),
        ];
        for (address, within, expected) in cases {
            assert_eq!(expected, footprint.silent(&client(net(address)), within), "{address} {within}");
        }
        assert_eq!(None, footprint.silent(&Prefix::host("2001:db8::1".parse().unwrap()), 48));
    }

    proptest! {
        /// Where it knows, it says what the table says; it knows of all whose /24 is silent and whose block fits a word.
        #[test]
        fn it_says_what_the_table_says(
            starts in prop::collection::btree_set(prop_oneof![any::<u32>(), 0x0a00_0000u32..0x0a02_0000], 0..200),
            near in prop::collection::vec(0u32..1 << 16, 20),
            within in 0u8..=32,
        ) {
            let starts: Vec<u32> = starts.into_iter().collect();
            let table = ranges(&starts);
            let footprint = Footprint::new(&table);
            let silent_network = |bits: u32| {
                let (value, length) = table.find(&client(bits & !0xff));
                value == 0 && length <= 24
            };

            for bits in starts.iter().flat_map(|start| near.iter().map(move |near| start ^ near)) {
                let (value, length) = table.find(&client(bits));
                let silent = footprint.silent(&client(bits), within);
                prop_assert_eq!(!silent_network(bits), footprint.has(&client(bits)));
                if let Some(silent) = silent {
                    prop_assert_eq!((0, length.max(within)), (value, silent), "{}", Ipv4Addr::from_bits(bits));
                } else {
                    prop_assert!(!silent_network(bits) || within < WORD_LENGTH && length <= WORD_LENGTH);
                }
            }
        }
    }
}
