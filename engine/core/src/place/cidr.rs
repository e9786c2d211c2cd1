//! A CIDR collection: which of its locations a client is in (R-CID-1).

use std::net::IpAddr;

use super::{PlaceError, Prefix, Ranges, refuse};

/// Longest block of IPv6 that can be told from others: `Ranges` holds the upper 64 bits.
const MAX_IPV6_LENGTH: u8 = 64;
/// Stands for "no block" among the blocks.
const NONE: u32 = 0;

/// The blocks of a collection. Immutable; `find` allocates nothing.
#[derive(Debug, Clone)]
pub struct Collection {
    /// For each address the longest block that has it, by number.
    ranges: Ranges,
    /// By number; the first stands for no block.
    blocks: Box<[Block]>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    length: u8,
    /// Number of the next shorter block around this one.
    parent: u32,
    location: u32,
}

/// Where a client is in a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matched {
    /// The location's number as given to `new`; None for the default location `*`.
    pub location: Option<u32>,
    /// Length of the largest block around the client's first address in which no other block begins
    /// or ends: the matched block's own length, unless longer blocks lie inside it; for the default,
    /// the shortest prefix that keeps clear of all blocks. Not capped (R-ECS-5).
    pub prefix_length: u8,
}

impl Collection {
    /// From blocks with the number of the location that each belongs to.
    ///
    /// Blocks may nest, but none may come twice (R-CID-4). IPv6 blocks have up to 64 bits; the API
    /// allows 48 (R-CID-3).
    pub fn new(blocks: &[(Prefix, u32)]) -> Result<Self, PlaceError> {
        let mut sorted = blocks.to_vec();
        sorted.sort_by_key(|(prefix, _)| (prefix.address(), prefix.length()));
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return refuse(format!("block {}/{} comes twice", pair[0].0.address(), pair[0].0.length()));
        }
        if let Some((prefix, _)) = sorted.iter().find(|(p, _)| p.address().is_ipv6() && p.length() > MAX_IPV6_LENGTH) {
            return refuse(format!("block {}/{}: IPv6 blocks have up to 64 bits", prefix.address(), prefix.length()));
        }
        let mut kept = vec![Block { length: 0, parent: NONE, location: 0 }];
        let (v4, v6) = sorted.split_at(sorted.partition_point(|(prefix, _)| prefix.address().is_ipv4()));
        let v4: Vec<(u32, u32)> =
            flatten(v4, 32, &mut kept).into_iter().map(|(start, block)| (start as u32, block)).collect();
        let v6 = flatten(v6, 64, &mut kept);
        Ok(Self { ranges: Ranges::new(&v4, &v6)?, blocks: kept.into() })
    }

    /// The location of the longest block that has the whole of the client's prefix (R-CID-5).
    pub fn find(&self, client: Prefix) -> Matched {
        let (mut number, prefix_length) = self.ranges.find(&client);
        while number != NONE && self.blocks[number as usize].length > client.length() {
            number = self.blocks[number as usize].parent;
        }
        let location = (number != NONE).then(|| self.blocks[number as usize].location);
        Matched { location, prefix_length }
    }

    /// How many blocks it has.
    pub fn len(&self) -> usize {
        self.blocks.len() - 1
    }

    /// Whether it has no block: every client is in the default location.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Nested blocks, sorted by address and length, as ranges of `bits`-bit keys; adds the blocks to `kept`.
fn flatten(sorted: &[(Prefix, u32)], bits: u32, kept: &mut Vec<Block>) -> Vec<(u64, u32)> {
    let last_key = u64::MAX >> (64 - bits);
    let mut ranges = vec![(0, NONE)];
    let mut around: Vec<(u64, u32)> = Vec::new(); // last key and number of each block that is open
    for &(prefix, location) in sorted {
        let start = key(prefix.address());
        let end = start | last_key.checked_shr(prefix.length().into()).unwrap_or(0);
        close(&mut around, &mut ranges, Some(start), last_key);
        let number = kept.len() as u32;
        let parent = around.last().map_or(NONE, |&(_, number)| number);
        kept.push(Block { length: prefix.length(), parent, location });
        begin(&mut ranges, start, number);
        around.push((end, number));
    }
    close(&mut around, &mut ranges, None, last_key);
    ranges
}

/// Ends the open blocks that lie before `next`; all of them for None.
fn close(around: &mut Vec<(u64, u32)>, ranges: &mut Vec<(u64, u32)>, next: Option<u64>, last_key: u64) {
    while let Some((end, _)) = around.pop_if(|(end, _)| next.is_none_or(|next| *end < next)) {
        if end < last_key {
            begin(ranges, end + 1, around.last().map_or(NONE, |&(_, number)| number));
        }
    }
}

/// From `start` on, this number; a range that began there too is empty and gives way.
fn begin(ranges: &mut Vec<(u64, u32)>, start: u64, number: u32) {
    ranges.pop_if(|(other, _)| *other == start);
    ranges.push((start, number));
}

fn key(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(v4) => v4.to_bits().into(),
        IpAddr::V6(v6) => (v6.to_bits() >> 64) as u64,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn prefix(text: &str) -> Prefix {
        let (address, length) = text.split_once('/').unwrap();
        Prefix::new(address.parse().unwrap(), length.parse().unwrap())
    }

    fn collection(blocks: &[(&str, u32)]) -> Collection {
        let blocks: Vec<_> = blocks.iter().map(|&(block, location)| (prefix(block), location)).collect();
        Collection::new(&blocks).unwrap()
    }

    fn holds(block: Prefix, client: Prefix) -> bool {
        block.address().is_ipv4() == client.address().is_ipv4()
            && block.length() <= client.length()
            && Prefix::new(client.address(), block.length()).address() == block.address()
    }

    /// The longest of all blocks that hold the client, by looking at each (R-CID-5).
    fn scan(blocks: &[(Prefix, u32)], client: Prefix) -> Option<u32> {
        let held = blocks.iter().filter(|(block, _)| holds(*block, client));
        held.max_by_key(|(block, _)| block.length()).map(|&(_, location)| location)
    }

    #[test]
    fn the_longest_block_that_has_the_whole_prefix_wins() {
        let blocks = [
            ("10.0.0.0/8", 1),
            ("10.1.0.0/16", 2),
            ("10.1.128.0/24", 3),
            ("0.0.0.0/24", 4),
            ("255.255.255.0/24", 5),
            ("2001:db8::/32", 6), // R-TV-25
            ("ffff:ffff:ffff::/48", 7),
            ("::/48", 8),
        ];
        let collection = collection(&blocks);
        let cases = [
            ("10.2.0.0/24", Some(1), 15),
            ("10.1.0.0/24", Some(2), 17),
            ("10.1.128.255/32", Some(3), 24),
            ("10.1.128.0/24", Some(3), 24),
            ("10.1.128.0/23", Some(2), 24), // shorter than the /24
            ("10.1.0.0/12", Some(1), 16),   // shorter than the /16
            ("10.0.0.0/7", None, 16),       // shorter than all
            ("9.0.0.0/24", None, 7),
            ("0.0.0.0/32", Some(4), 24),
            ("0.0.0.0/0", None, 24),
            ("0.0.1.0/24", None, 24),
            ("255.255.255.255/32", Some(5), 24),
            ("2001:db8:0:1234::/48", Some(6), 32),
            ("2001::/16", None, 21),
            ("::/128", Some(8), 48),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", Some(7), 48),
            ("ffff:ffff:ffff::/47", None, 48),
            ("::ffff:10.1.128.7/128", Some(3), 24),
        ];
        assert_eq!(blocks.len(), collection.len());
        for (client, location, prefix_length) in cases {
            assert_eq!(Matched { location, prefix_length }, collection.find(prefix(client)), "{client}");
        }
    }

    #[test]
    fn a_collection_without_blocks_has_the_default_alone() {
        let empty = Collection::new(&[]).unwrap();

        assert!(empty.is_empty());
        assert_eq!(Matched { location: None, prefix_length: 0 }, empty.find(prefix("192.0.2.1/32")));
    }

    #[test]
    fn a_block_that_comes_twice_or_is_too_long_is_refused() {
        let cases: [&[(Prefix, u32)]; 3] = [
            &[(prefix("10.0.0.0/8"), 1), (prefix("10.0.0.0/8"), 2)],
            &[(prefix("10.0.0.0/8"), 1), (prefix("10.9.0.0/8"), 1)],
            &[(prefix("2001:db8::/65"), 1)],
        ];
        for blocks in cases {
            assert!(Collection::new(blocks).is_err(), "{blocks:?}");
        }
    }

    /// Blocks and clients from a small corner, so that they nest and meet.
    fn corner() -> impl Strategy<Value = Prefix> {
        let v4 = (prop_oneof![0u32..64, (u32::MAX - 63)..=u32::MAX], 24u8..=32)
            .prop_map(|(bits, length)| Prefix::new(IpAddr::V4(bits.into()), length));
        let v6 = (0u64..64, 56u8..=64)
            .prop_map(|(bits, length)| Prefix::new(IpAddr::V6(u128::from(bits).wrapping_shl(64).into()), length));
        prop_oneof![v4, v6]
    }

    proptest! {
        #[test]
        fn finding_equals_a_look_at_each_block(
            blocks in prop::collection::btree_map(corner().prop_map(|p| (p.address(), p.length())), 0u32..5, 0..20),
            clients in prop::collection::vec(corner(), 20),
            bits in 0u32..64,
        ) {
            let blocks: Vec<(Prefix, u32)> =
                blocks.into_iter().map(|((address, length), location)| (Prefix::new(address, length), location)).collect();
            let collection = Collection::new(&blocks).unwrap();

            for client in clients {
                let found = collection.find(client);
                prop_assert_eq!(scan(&blocks, client), found.location, "{:?}", client);
                // Whoever knows all bits, and lies within the stated scope, gets one and the same answer.
                let host = Prefix::host(client.address());
                let scope = Prefix::new(client.address(), found.prefix_length);
                let near = match client.address() {
                    IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() ^ bits).into()),
                    IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() ^ u128::from(bits) << 64).into()),
                };
                if holds(scope, Prefix::host(near)) {
                    prop_assert_eq!(collection.find(host), collection.find(Prefix::host(near)));
                }
                // The scope is the shortest such: one bit less takes in the edge of a block.
                if let Some(wider) = found.prefix_length.checked_sub(1).map(|length| Prefix::new(client.address(), length)) {
                    let cut = blocks.iter().any(|(block, _)| holds(wider, *block) && !holds(*block, wider))
                        || blocks.iter().any(|(block, _)| holds(*block, host) && !holds(*block, wider));
                    prop_assert!(cut, "{:?} {:?}", client, found);
                }
            }
        }
    }
}
