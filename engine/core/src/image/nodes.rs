//! A shard's names by their hashes: a table of lines of the processor's cache, each of four nodes.
//!
//! A node stands in the line that its name's hash says, or in the next one with room. All four tags of a line are
//! compared, whatever the first ones say: which place of a table a name has, and whether other names stand there, the
//! processor could not foresee.

use std::ptr;

use super::shard::Held;
use crate::fetch::Fetch;
use crate::name;

/// Nodes of a line.
const LANES: usize = 4;

/// The tag of no node.
const FREE: u16 = 0;

/// One owner name.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// Where in its shard's octets the name stands.
    pub(super) name: u32,
    pub(super) name_length: u8,
    /// Whether the name is a delegation: it has NS records and is not the apex.
    pub is_cut: bool,
    /// Bits of its hash, so that few other names are compared with; never `FREE`.
    tag: u16,
    pub(super) held: Held,
}

const _: () = assert!(size_of::<Node>() == 16);

impl Node {
    /// A name of this hash, and what it holds.
    pub(super) fn new(hash: u64, name: u32, name_length: u8, is_cut: bool, held: Held) -> Self {
        Self { name, name_length, is_cut, tag: tag(hash), held }
    }
}

/// Up to four nodes, the free places behind them.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Line([Node; LANES]);

const _: () = assert!(size_of::<Line>() == 64);

impl Line {
    const EMPTY: Self = Self([Node { name: 0, name_length: 0, is_cut: false, tag: FREE, held: Held::Nothing }; LANES]);

    /// The nodes with a tag, a bit for each.
    #[inline(always)]
    fn tagged(&self, tag: u16) -> u32 {
        self.0.iter().enumerate().fold(0, |tagged, (lane, node)| tagged | u32::from(node.tag == tag) << lane)
    }

    fn is_full(&self) -> bool {
        self.0[LANES - 1].tag != FREE
    }

    /// The node that is likely the name's of this hash: nothing but the line is read.
    #[inline]
    pub(super) fn likely(&self, hash: u64) -> Option<&Node> {
        self.0.get(self.tagged(tag(hash)).trailing_zeros() as usize)
    }

    /// Fetches the line.
    #[inline]
    pub(super) fn fetch(&self, fetch: impl Fetch) {
        fetch(ptr::from_ref(self).cast());
    }
}

/// The nodes of a shard.
#[derive(Debug)]
pub(super) struct Nodes(Box<[Line]>);

impl Nodes {
    /// With a third of the places free, once so many nodes are in.
    pub(super) fn with_room_for(count: usize) -> Self {
        let places = (count + count / 2 + 1).next_power_of_two();
        Self(vec![Line::EMPTY; places.div_ceil(LANES)].into())
    }

    /// Puts a node in; there is room for it.
    pub(super) fn put(&mut self, hash: u64, node: Node) {
        let (first, within) = (first(hash), self.0.len() - 1);
        let mut lines = (0..self.0.len()).map(|step| (first + step) & within);
        if let Some(line) = lines.find(|&line| !self.0[line].is_full())
            && let Some(free) = self.0[line].0.iter_mut().find(|node| node.tag == FREE)
        {
            *free = node;
        }
    }

    /// The line that a hash says.
    #[inline(always)]
    pub(super) fn line(&self, hash: u64) -> &Line {
        &self.0[first(hash) & (self.0.len() - 1)]
    }

    /// The node of this hash that `is` the one looked for. `line` is the line that the hash says.
    #[inline(always)]
    pub(super) fn find<'n>(&'n self, line: &'n Line, hash: u64, is: impl Fn(&Node) -> bool) -> Option<&'n Node> {
        let found = find_in(line, hash, &is);
        if found.is_some() || !line.is_full() { found } else { self.find_behind(hash, &is) }
    }

    /// The same in the lines behind that one.
    #[cold]
    fn find_behind(&self, hash: u64, is: &impl Fn(&Node) -> bool) -> Option<&Node> {
        let (first, within) = (first(hash), self.0.len() - 1);
        for step in 1..self.0.len() {
            let line = &self.0[(first + step) & within];
            let found = find_in(line, hash, is);
            if found.is_some() || !line.is_full() {
                return found;
            }
        }
        None
    }

    /// All nodes, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Node> {
        self.0.iter().flat_map(|line| &line.0).filter(|node| node.tag != FREE)
    }
}

#[inline(always)]
fn find_in<'n>(line: &'n Line, hash: u64, is: &impl Fn(&Node) -> bool) -> Option<&'n Node> {
    let mut tagged = line.tagged(tag(hash));
    while let Some(node) = line.0.get(tagged.trailing_zeros() as usize) {
        if is(node) {
            return Some(node);
        }
        tagged &= tagged - 1;
    }
    None
}

/// The number of the line that a hash says, but for those behind the last. The highest 12 bits have chosen the shard.
const fn first(hash: u64) -> usize {
    (name::spread(hash) >> 20) as usize
}

/// Bits of a hash that have chosen neither the shard nor the line, as far as there are not more than 16 million lines.
const fn tag(hash: u64) -> u16 {
    name::spread(hash) as u16 | 1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Hashes of few lines and few tags, so that lines fill up and tags are shared.
    fn hashes() -> impl Strategy<Value = BTreeSet<u64>> {
        prop::collection::btree_set(prop_oneof![0u64..40, any::<u64>()], 0..200)
    }

    proptest! {
        /// Every name that was put in is found, by its own hash, and no other is.
        #[test]
        fn what_is_put_in_is_found(held in hashes(), asked in hashes()) {
            let mut nodes = Nodes::with_room_for(held.len());
            for (at, &hash) in held.iter().enumerate() {
                nodes.put(hash, Node::new(hash, at as u32, 1, false, Held::Nothing));
            }

            for &hash in held.union(&asked) {
                let at = held.iter().position(|&own| own == hash);
                let line = nodes.line(hash);
                let found = nodes.find(line, hash, |node| held.iter().nth(node.name as usize) == Some(&hash));
                prop_assert_eq!(at, found.map(|node| node.name as usize));
                // What is likely has its tag, so that a name which has it to itself is fetched.
                prop_assert!(line.likely(hash).is_none_or(|node| node.tag == tag(hash)));
            }
            prop_assert_eq!(held.len(), nodes.iter().count());
        }
    }
}
