//! Ranges of addresses with a value each: the search structure of every table of addresses.
//!
//! Starts of ranges are kept in two halves. All starts with the same upper half form a *block*, which keeps that half
//! once, and the lower halves in order with the values behind them. So a range takes 6 octets in IPv4 and 8 in the upper
//! 64 bits of IPv6. The range that reaches into a block from before begins there once more, so that one block has all
//! that a search needs; what the neighbours add to it, how long a prefix has to be to keep them out, stands in the block.
//!
//! Finding a range is a look at the block and a binary search inside it. Where IPv4 has many blocks it has one for each
//! upper half, which is then found by its number; else an index on the upper bits leads to a few neighbours. On the
//! answer path what is not in the processor's caches costs most, and then what it cannot foresee.

use super::octets::{Packed, numbers};
use super::{PlaceError, Prefix, refuse};
use crate::fetch::Fetch;

/// Fewer blocks than this are searched without an index, and do without blocks for the other upper halves.
const MANY_BLOCKS: usize = 2048;

/// A number for every address, in ranges.
///
/// Of IPv6 addresses the upper 64 bits count. Immutable; `find` allocates nothing.
#[derive(Debug, Clone)]
pub struct Ranges {
    v4: Family<u16>,
    v6: Family<u32>,
}

/// One family's sections as the control plane packs them, little-endian.
#[derive(Debug, Clone, Copy)]
pub struct Sections<'a> {
    /// Upper half of each block, ascending: u16 for IPv4, u32 for IPv6.
    pub heads: &'a [u8],
    /// Number of each block's first range, u32.
    pub first: &'a [u8],
    /// Lower half of each range's start, ascending within a block: u16 for IPv4, u32 for IPv6.
    pub lows: &'a [u8],
    /// Each range's value, u32.
    pub values: &'a [u8],
}

impl Ranges {
    /// One value everywhere.
    pub fn everywhere(value: u32) -> Self {
        Self { v4: Family::everywhere(value), v6: Family::everywhere(value) }
    }

    /// From starts and values; each family ascends from 0 and an IPv6 start is an address's upper 64 bits.
    pub fn new(v4: &[(u32, u32)], v6: &[(u64, u32)]) -> Result<Self, PlaceError> {
        let v4 = Family::new(v4.iter().map(|&(start, value)| (start.into(), value)), "IPv4")?;
        let v6 = Family::new(v6.iter().copied(), "IPv6")?;
        Ok(Self { v4, v6 })
    }

    /// From packed sections; each value must be below `limit`.
    pub fn read(v4: Sections<'_>, v6: Sections<'_>, limit: u32) -> Result<Self, PlaceError> {
        Ok(Self { v4: Family::read(v4, limit, "IPv4")?, v6: Family::read(v6, limit, "IPv6")? })
    }

    /// The value at a prefix's first address, and the length of the largest block of addresses around that inside its
    /// range.
    ///
    /// The length is 0 to 32 for IPv4 and IPv4-mapped addresses, 0 to 64 for other IPv6 addresses.
    pub fn find(&self, at: &Prefix) -> (u32, u8) {
        if at.is_v4() { self.v4.find(at.bits() as u64) } else { self.v6.find((at.bits() >> 64) as u64) }
    }

    /// Fetches the block that finding a prefix looks at, where it is found by its number.
    #[inline]
    pub fn fetch_block(&self, at: &Prefix, fetch: impl Fetch) {
        if at.is_v4() {
            self.v4.fetch_block(at.bits() as u64, fetch);
        }
    }

    /// Fetches the middle of that block's ranges, where searching them begins.
    #[inline]
    pub fn fetch_range(&self, at: &Prefix, fetch: impl Fetch) {
        if at.is_v4() {
            self.v4.fetch_range(at.bits() as u64, fetch);
        }
    }

    /// Ranges of IPv4 and of IPv6.
    pub fn counts(&self) -> (usize, usize) {
        (self.v4.count, self.v6.count)
    }

    /// Octets held in memory.
    pub fn octets(&self) -> usize {
        self.v4.octets() + self.v6.octets()
    }
}

/// Half of a key: u16 of the 32 bits of IPv4, u32 of the upper 64 bits of IPv6.
trait Half: Packed + Ord + Into<u64> {
    /// Bits of a half.
    const BITS: u32;
    /// Whether many blocks are worth one for each upper half.
    const IS_DENSE: bool;
    /// Halves that a value takes.
    const VALUE: usize;

    /// The lower half of a key.
    fn low(key: u64) -> Self;

    /// Appends a value to cells.
    fn put(value: u32, cells: &mut Vec<Self>);

    /// The value that begins the cells.
    fn value(cells: &[Self]) -> u32;

    /// The upper half of a key.
    fn head(key: u64) -> Self {
        Self::low(key >> Self::BITS)
    }

    /// Bits that this half must be known to, so that it is not the other one: 1 to `BITS`.
    fn apart(self, other: u64) -> u8 {
        ((self.into() ^ other).leading_zeros() + 1 + Self::BITS - u64::BITS) as u8
    }
}

impl Half for u16 {
    const BITS: u32 = 16;
    const IS_DENSE: bool = true;
    const VALUE: usize = 2;

    fn low(key: u64) -> Self {
        key as Self
    }

    fn put(value: u32, cells: &mut Vec<Self>) {
        cells.extend([value as Self, (value >> 16) as Self]);
    }

    fn value(cells: &[Self]) -> u32 {
        u32::from(cells[0]) | u32::from(cells[1]) << 16
    }
}

impl Half for u32 {
    const BITS: u32 = 32;
    const IS_DENSE: bool = false;
    const VALUE: usize = 1;

    fn low(key: u64) -> Self {
        key as Self
    }

    fn put(value: u32, cells: &mut Vec<Self>) {
        cells.push(value);
    }

    fn value(cells: &[Self]) -> u32 {
        cells[0]
    }
}

/// Upper bits of a head that the index goes by.
const INDEX_BITS: u32 = 16;

/// The ranges of one family, all keys between them.
#[derive(Debug, Clone)]
struct Family<H> {
    /// For each value of the upper bits, the first block at or above it, then the number of blocks;
    /// empty where there are few blocks, or one for each head.
    index: Box<[u32]>,
    /// Ascending, the first of head 0; then one more, whose start is where the cells end.
    blocks: Box<[Block<H>]>,
    /// Of each block the lower halves of its ranges' starts, ascending from 0, then their values.
    cells: Box<[H]>,
    /// Ranges.
    count: usize,
}

/// The ranges around the keys of one upper half: at least one, the first of which may have begun before.
#[derive(Debug, Clone, Copy)]
struct Block<H> {
    head: H,
    /// Number of its first cell.
    start: u32,
    /// Length of the prefixes that keep out what is before the first range; 0: there is nothing.
    before: u8,
    /// The same of what is after the last range.
    after: u8,
}

impl<H: Half> Family<H> {
    fn everywhere(value: u32) -> Self {
        let mut cells = vec![H::low(0)];
        H::put(value, &mut cells);
        let block = Block { head: H::low(0), start: 0, before: 0, after: 0 };
        let blocks = [block, Block { start: cells.len() as u32, ..block }].into();
        Self { index: [].into(), blocks, cells: cells.into(), count: 1 }
    }

    fn new(starts: impl Iterator<Item = (u64, u32)>, what: &str) -> Result<Self, PlaceError> {
        let (mut heads, mut first, mut lows, mut values) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (start, value) in starts {
            if heads.last() != Some(&H::head(start)) {
                heads.push(H::head(start));
                first.push(lows.len() as u32);
            }
            lows.push(H::low(start));
            values.push(value);
        }
        Self::build(&heads, first, &lows, &values, what)
    }

    fn read(sections: Sections<'_>, limit: u32, what: &str) -> Result<Self, PlaceError> {
        let values = numbers::<u32>(sections.values, what)?;
        if let Some(value) = values.iter().find(|&&value| value >= limit) {
            return refuse(format!("{what}: a range has value {value}; there are {limit}"));
        }
        let (heads, first) = (numbers::<H>(sections.heads, what)?, numbers::<u32>(sections.first, what)?);
        Self::build(&heads, first.into(), &numbers::<H>(sections.lows, what)?, &values, what)
    }

    /// From the upper half and the first range of each block, and the lower half and value of each range.
    fn build(heads: &[H], mut first: Vec<u32>, lows: &[H], values: &[u32], what: &str) -> Result<Self, PlaceError> {
        first.push(lows.len() as u32);
        let ascend = |part: &[H]| part.windows(2).all(|pair| pair[0] < pair[1]);
        let blocks_fit = first.len() == heads.len() + 1
            && first[0] == 0
            && first.windows(2).all(|pair| pair[0] < pair[1])
            && lows.len() == values.len();
        if !blocks_fit || !ascend(heads) {
            return refuse(format!("{what}: the blocks of ranges do not fit together"));
        }
        if (heads.first(), lows.first()) != (Some(&H::low(0)), Some(&H::low(0))) {
            return refuse(format!("{what}: the first range does not start at address 0"));
        }
        if let Some(pair) = first.windows(2).find(|pair| !ascend(&lows[pair[0] as usize..pair[1] as usize])) {
            return refuse(format!("{what}: the ranges from {} on do not ascend", pair[0]));
        }
        let is_dense = H::IS_DENSE && heads.len() >= MANY_BLOCKS;
        let ranges = lows.len() + if is_dense { 1 << H::BITS } else { heads.len() };
        if u32::try_from(ranges * (1 + H::VALUE)).is_err() {
            return refuse(format!("{what}: too many ranges"));
        }
        let mut blocks = Blocks::with_room_for(ranges);
        for (at, (&head, pair)) in heads.iter().zip(first.windows(2)).enumerate() {
            let own = pair[0] as usize..pair[1] as usize;
            let next = heads.get(at + 1).copied();
            blocks.add(head, &lows[own.clone()], &values[own], next);
            if is_dense {
                let gap = head.into() + 1..next.map_or(1 << H::BITS, Into::into);
                gap.for_each(|head| blocks.add(H::low(head), &[], &[], next));
            }
        }
        Ok(blocks.finish(lows.len()))
    }

    #[inline]
    fn find(&self, key: u64) -> (u32, u8) {
        let (head, low) = (H::head(key), H::low(key));
        let number = self.block_of(head);
        let block = self.blocks[number];
        let cells = &self.cells[block.start as usize..self.blocks[number + 1].start as usize];
        let (lows, values) = cells.split_at(cells.len() / (1 + H::VALUE));
        if block.head != head {
            return self.between(number, head, lows, values);
        }
        // So many of the block's ranges start at or before the key; the first always does.
        let begun = lows.partition_point(|&own| own <= low).max(1);
        let before = if begun == 1 { block.before } else { within(low, lows[begun - 1].into() - 1) };
        let after = lows.get(begun).map_or(block.after, |&next| within(low, next.into()));
        (H::value(&values[(begun - 1) * H::VALUE..]), before.max(after))
    }

    fn fetch_block(&self, key: u64, fetch: impl Fetch) {
        if self.is_dense() {
            fetch(self.blocks.as_ptr().wrapping_add(H::head(key).into() as usize).cast());
        }
    }

    fn fetch_range(&self, key: u64, fetch: impl Fetch) {
        if self.is_dense() {
            let number = H::head(key).into() as usize;
            let (start, end) = (self.blocks[number].start as usize, self.blocks[number + 1].start as usize);
            let count = (end - start) / (1 + H::VALUE);
            let lows = self.cells.as_ptr().wrapping_add(start);
            fetch(lows.wrapping_add(count / 2).cast());
            fetch(lows.wrapping_add(count + count / 2 * H::VALUE).cast());
        }
    }

    /// Whether each head has a block, found by its number.
    fn is_dense(&self) -> bool {
        H::IS_DENSE && self.blocks.len() > 1 << H::BITS
    }

    /// The same for a key between two blocks, the first of which holds these starts and values.
    fn between(&self, number: usize, head: H, lows: &[H], values: &[H]) -> (u32, u8) {
        let start = join(self.blocks[number].head, lows[lows.len() - 1]);
        let next = self.blocks[..self.blocks.len() - 1].get(number + 1);
        let after = next.map_or(0, |next| head.apart(next.head.into()));
        (H::value(&values[values.len() - H::VALUE..]), before(head, start).max(after))
    }

    /// The last block up to and with a head; the first is of head 0, so there is one.
    #[inline]
    fn block_of(&self, head: H) -> usize {
        if self.is_dense() { head.into() as usize } else { self.search(head) }
    }

    fn search(&self, head: H) -> usize {
        let slot = (head.into() >> (H::BITS - INDEX_BITS)) as usize;
        let (from, to) = match self.index.get(slot..slot + 2) {
            Some(pair) => (pair[0] as usize, pair[1] as usize),
            None => (0, self.blocks.len() - 1),
        };
        from + self.blocks[from..to].partition_point(|block| block.head <= head) - 1
    }

    fn octets(&self) -> usize {
        size_of_val(&*self.index) + size_of_val(&*self.blocks) + size_of_val(&*self.cells)
    }
}

/// Blocks in the making.
struct Blocks<H> {
    blocks: Vec<Block<H>>,
    cells: Vec<H>,
    /// Start and value of the range that the next block begins in, if none starts there.
    last: (u64, u32),
}

impl<H: Half> Blocks<H> {
    fn with_room_for(ranges: usize) -> Self {
        Self { blocks: Vec::new(), cells: Vec::with_capacity(ranges * (1 + H::VALUE)), last: (0, 0) }
    }

    /// Adds a block with the ranges that start in it; `next` is the head of the next block in which one starts.
    fn add(&mut self, head: H, lows: &[H], values: &[u32], next: Option<H>) {
        let reaches_in = lows.first() != Some(&H::low(0));
        let first = if reaches_in { self.last.0 } else { join(head, H::low(0)) };
        let after = next.map_or(0, |next| head.apart(next.into()));
        self.blocks.push(Block { head, start: self.cells.len() as u32, before: before(head, first), after });
        self.cells.extend(reaches_in.then_some(H::low(0)));
        self.cells.extend_from_slice(lows);
        let values = reaches_in.then_some(self.last.1).into_iter().chain(values.iter().copied());
        values.for_each(|value| {
            H::put(value, &mut self.cells);
            self.last.1 = value;
        });
        self.last.0 = lows.last().map_or(self.last.0, |&low| join(head, low));
    }

    fn finish(mut self, count: usize) -> Family<H> {
        let is_dense = self.blocks.len() == 1 << H::BITS;
        let index = if is_dense { [].into() } else { index(&self.blocks) };
        self.blocks.push(Block { head: H::low(0), start: self.cells.len() as u32, before: 0, after: 0 });
        self.cells.shrink_to_fit();
        Family { index, blocks: self.blocks.into(), cells: self.cells.into(), count }
    }
}

/// Length of the prefixes that tell two keys of one block apart, by their lower halves.
fn within<H: Half>(low: H, other: u64) -> u8 {
    H::BITS as u8 + low.apart(other)
}

/// Length of the prefixes of a head that keep out what is before a start, itself at or before the head's keys.
fn before<H: Half>(head: H, start: u64) -> u8 {
    start.checked_sub(1).map_or(0, |last| head.apart(last >> H::BITS))
}

fn join<H: Half>(head: H, low: H) -> u64 {
    head.into() << H::BITS | low.into()
}

fn index<H: Half>(blocks: &[Block<H>]) -> Box<[u32]> {
    if blocks.len() < MANY_BLOCKS {
        return [].into();
    }
    let mut index = vec![0; (1 << INDEX_BITS) + 1];
    for block in blocks {
        index[(block.head.into() >> (H::BITS - INDEX_BITS)) as usize + 1] += 1;
    }
    let mut sum = 0;
    for blocks in &mut index {
        sum += *blocks;
        *blocks = sum;
    }
    index.into()
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    /// The last start at or before the key has the value; the length is tried from 0 up.
    fn scan(starts: &[(u64, u32)], bits: u32, key: u64) -> (u32, u8) {
        let at = starts.iter().rposition(|&(start, _)| start <= key).unwrap();
        let last = starts.get(at + 1).map_or(u64::MAX >> (64 - bits), |&(next, _)| next - 1);
        let inside = |length: &u32| {
            let size = (u64::MAX >> (64 - bits)).checked_shr(*length).unwrap_or(0);
            key & !size >= starts[at].0 && key | size <= last
        };
        (starts[at].1, (0..=bits).find(inside).unwrap() as u8)
    }

    fn starts(bits: u32) -> impl Strategy<Value = Vec<(u64, u32)>> {
        let last = u64::MAX >> (64 - bits);
        let aligned = (0..=last, 0..bits).prop_map(|(start, zeros)| start >> zeros << zeros);
        let near_end = (0u64..3).prop_map(move |back| last - back);
        let start = prop_oneof![8 => aligned, 1 => 0u64..3, 1 => near_end];
        prop::collection::btree_map(start, 0u32..5, 0..40).prop_map(|mut starts| {
            starts.insert(0, 7);
            starts.into_iter().collect()
        })
    }

    /// Keys at the boundaries of ranges, at the ends of the family, and anywhere.
    fn keys(starts: &[(u64, u32)], bits: u32, anywhere: &[u64]) -> Vec<u64> {
        let last = u64::MAX >> (64 - bits);
        let around = |&(start, _): &(u64, u32)| [start.saturating_sub(1), start, start.saturating_add(1).min(last)];
        let anywhere = anywhere.iter().map(|key| key & last);
        starts.iter().flat_map(around).chain(anywhere).chain([0, last]).collect()
    }

    fn find(ranges: &Ranges, address: &str) -> (u32, u8) {
        ranges.find(&Prefix::host(address.parse().unwrap()))
    }

    fn v6_address(key: u64) -> IpAddr {
        Ipv6Addr::from_bits(u128::from(key) << 64 | 1).into()
    }

    #[test]
    fn each_address_has_the_value_of_its_range_and_the_block_inside_it() {
        let v4 = [(0, 0), (0x0a00_0000, 1), (0x0a00_0100, 2), (0x0b00_0000, 0), (0xffff_ffff, 3)];
        let v6 = [(0, 0), (0x2001_0db8_0000_0000, 1), (0x2001_0db9_0000_0000, 0)];
        let ranges = Ranges::new(&v4, &v6).unwrap();
        let cases = [
            ("0.0.0.0", (0, 5)),
            ("9.255.255.255", (0, 7)),
            ("10.0.0.0", (1, 24)),
            ("10.0.0.255", (1, 24)),
            ("10.0.1.0", (2, 24)),
            ("10.128.0.0", (2, 9)),
            ("11.0.0.0", (0, 8)),
            ("255.255.255.254", (0, 32)),
            ("255.255.255.255", (3, 32)),
            ("::", (0, 3)),
            ("2001:db8::", (1, 32)),
            ("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", (1, 32)),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", (0, 1)),
            ("::ffff:10.0.0.7", (1, 24)),
            ("::ffff:255.255.255.255", (3, 32)),
        ];
        for (address, expected) in cases {
            assert_eq!(expected, find(&ranges, address), "{address}");
        }
    }

    #[test]
    fn one_value_everywhere_needs_no_bit_of_the_address() {
        let ranges = Ranges::everywhere(9);

        assert_eq!((9, 0), find(&ranges, "255.255.255.255"));
        assert_eq!((9, 0), find(&ranges, "2001:db8::1"));
    }

    #[test]
    fn ranges_that_do_not_ascend_from_0_are_refused() {
        let cases: [&[(u32, u32)]; 4] = [&[], &[(1, 0)], &[(0, 0), (0, 1)], &[(0, 0), (9 << 16, 1), (5 << 16, 2)]];
        for v4 in cases {
            assert!(Ranges::new(v4, &[(0, 0)]).is_err(), "{v4:?}");
        }
    }

    #[test]
    fn sections_that_do_not_fit_together_are_refused() {
        let good = Sections { heads: &[0, 0], first: &[0; 4], lows: &[0, 0, 1, 0], values: &[0; 8] };
        let v6 = Sections { heads: &[0; 4], first: &[0; 4], lows: &[0; 4], values: &[0; 4] };
        let cases = [
            ("half a number", Sections { lows: &[0, 0, 1], ..good }),
            ("a value for no range", Sections { values: &[0; 12], ..good }),
            ("a value over the limit", Sections { values: &[0, 0, 0, 0, 1, 0, 0, 0], ..good }),
            ("a block without a head", Sections { first: &[0, 0, 0, 0, 1, 0, 0, 0], ..good }),
            ("a first block that skips a range", Sections { first: &[1, 0, 0, 0], ..good }),
            ("an empty block", Sections { heads: &[0, 0, 1, 0], first: &[0, 0, 0, 0, 2, 0, 0, 0], ..good }),
            (
                "a block far outside",
                Sections { heads: &[0, 0, 1, 0], first: &[0, 0, 0, 0, 255, 255, 255, 255], ..good },
            ),
            ("falling starts", Sections { lows: &[1, 0, 0, 0], ..good }),
            ("no ranges at all", Sections { heads: &[], first: &[], lows: &[], values: &[] }),
        ];
        assert!(Ranges::read(good, v6, 1).is_ok());
        for (what, bad) in cases {
            assert!(Ranges::read(bad, v6, 1).is_err(), "{what}");
        }
    }

    #[test]
    fn many_blocks_are_found_through_the_index() {
        let v4: Vec<(u32, u32)> = (0..=u32::from(u16::MAX)).map(|head| (head << 16, head)).collect();
        let v6: Vec<(u64, u32)> = (0..10_000).map(|head| (u64::from(head) << 40, head)).collect();
        let ranges = Ranges::new(&v4, &v6).unwrap();

        assert_eq!((0xffff, 16), find(&ranges, "255.255.0.9"));
        assert_eq!((0, 16), find(&ranges, "0.0.255.255"));
        assert_eq!((1234, 24), find(&ranges, "4:d200::"));
        assert_eq!((9999, 1), find(&ranges, "ffff::"));
    }

    proptest! {
        #[test]
        fn finding_equals_a_linear_scan(
            v4 in starts(32),
            v6 in starts(64),
            anywhere in prop::collection::vec(any::<u64>(), 20),
        ) {
            let narrow: Vec<(u32, u32)> = v4.iter().map(|&(start, value)| (start as u32, value)).collect();
            let ranges = Ranges::new(&narrow, &v6).unwrap();

            for key in keys(&v4, 32, &anywhere) {
                let address = IpAddr::V4(Ipv4Addr::from_bits(key as u32));
                prop_assert_eq!(scan(&v4, 32, key), ranges.find(&Prefix::host(address)), "{}", address);
            }
            for key in keys(&v6, 64, &anywhere) {
                prop_assert_eq!(scan(&v6, 64, key), ranges.find(&Prefix::host(v6_address(key))), "{:x}", key);
            }
        }

        #[test]
        fn a_block_for_each_head_changes_nothing(seed in any::<u32>(), anywhere in prop::collection::vec(any::<u32>(), 50)) {
            let spread = |n: u32| n.wrapping_mul(0x9e37_79b9) ^ seed;
            let many: std::collections::BTreeMap<u64, u32> =
                (0..5000).map(|n| (spread(n).into(), n)).chain([(0, 0)]).collect();
            let many: Vec<(u64, u32)> = many.into_iter().collect();
            let dense = Family::<u16>::new(many.iter().copied(), "IPv4").unwrap();

            prop_assert_eq!((1 << 16) + 1, dense.blocks.len());
            for key in keys(&many[..20], 32, &anywhere.iter().map(|&key| key.into()).collect::<Vec<_>>()) {
                prop_assert_eq!(scan(&many, 32, key), dense.find(key));
            }
        }

        #[test]
        fn the_index_changes_nothing(seed in any::<u64>(), anywhere in prop::collection::vec(any::<u64>(), 50)) {
            let spread = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed;
            let many: std::collections::BTreeMap<u64, u32> =
                (0..5000).map(|n| (spread(n), n as u32)).chain([(0, 0)]).collect();
            let many: Vec<(u64, u32)> = many.into_iter().collect();
            let with = Family::<u32>::new(many.iter().copied(), "IPv6").unwrap();
            let without = Family { index: [].into(), ..with.clone() };

            prop_assert!(!with.index.is_empty());
            for key in anywhere {
                prop_assert_eq!(without.find(key), with.find(key));
            }
        }
    }
}
