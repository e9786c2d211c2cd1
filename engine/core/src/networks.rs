//! Sets of networks, in which a client is or is not.

use std::cmp::Reverse;
use std::net::IpAddr;

use crate::place::Prefix;

/// Networks of both families. Immutable; `contain` takes no memory, and time with the logarithm of their number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks {
    v4: Ranges<u32>,
    v6: Ranges<u128>,
}

/// First and last address of each network, ascending, apart from one another.
type Ranges<T> = Box<[(T, T)]>;

impl Networks {
    /// From blocks that may lie inside one another.
    pub fn new(blocks: &[Prefix]) -> Self {
        let v4 = |block: &Prefix| match block.address() {
            IpAddr::V4(first) => Some((first.to_bits(), u32::MAX.checked_shr(block.length().into()).unwrap_or(0))),
            IpAddr::V6(_) => None,
        };
        let v6 = |block: &Prefix| match block.address() {
            IpAddr::V4(_) => None,
            IpAddr::V6(first) => Some((first.to_bits(), u128::MAX.checked_shr(block.length().into()).unwrap_or(0))),
        };
        let v4 = blocks.iter().filter_map(v4).map(|(first, size)| (first, first | size));
        let v6 = blocks.iter().filter_map(v6).map(|(first, size)| (first, first | size));
        Self { v4: outermost(v4.collect()), v6: outermost(v6.collect()) }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether the address is in one of them. An IPv4-mapped address is the IPv4 address.
    pub fn contain(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(v4) => is_within(&self.v4, v4.to_bits()),
            IpAddr::V6(v6) => is_within(&self.v6, v6.to_bits()),
        }
    }
}

/// The blocks that lie in no other. Blocks nest or lie apart: one that begins inside another ends inside it.
fn outermost<T: Ord + Copy>(mut blocks: Vec<(T, T)>) -> Ranges<T> {
    // Of blocks that begin together the longest comes first.
    blocks.sort_unstable_by_key(|&(first, last)| (first, Reverse(last)));
    let mut ranges: Vec<(T, T)> = Vec::with_capacity(blocks.len());
    for block in blocks {
        if ranges.last().is_none_or(|before| before.1 < block.0) {
            ranges.push(block);
        }
    }
    ranges.into()
}

fn is_within<T: Ord>(ranges: &[(T, T)], address: T) -> bool {
    let begun = ranges.partition_point(|(first, _)| *first <= address);
    begun > 0 && address <= ranges[begun - 1].1
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn block(text: &str) -> Prefix {
        let (address, length) = text.split_once('/').expect("a length");
        Prefix::new(address.parse().expect("an address"), length.parse().expect("a number"))
    }

    /// A client is in a network from its first address to its last, and all of one family is none of the other.
    #[test]
    fn a_network_has_its_first_and_its_last_address() {
        let cases: [(&[&str], &[&str], &[&str]); 5] = [
            (&[], &[], &["0.0.0.0", "::"]),
            (&["192.0.2.0/24"], &["192.0.2.0", "192.0.2.255", "::ffff:192.0.2.7"], &["192.0.1.255", "192.0.3.0"]),
            (&["10.0.0.0/8", "10.1.0.0/16", "10.255.0.0/16"], &["10.0.0.0", "10.255.255.255"], &["11.0.0.0"]),
            (&["0.0.0.0/0"], &["0.0.0.0", "255.255.255.255"], &["::", "2001:db8::1"]),
            (&["::/0", "192.0.2.1/32"], &["::", "ffff::", "192.0.2.1"], &["192.0.2.0", "192.0.2.2"]),
        ];
        for (blocks, inside, outside) in cases {
            let networks = Networks::new(&blocks.iter().map(|text| block(text)).collect::<Vec<_>>());
            for address in inside {
                assert!(networks.contain(address.parse().unwrap()), "{address} in {blocks:?}");
            }
            for address in outside {
                assert!(!networks.contain(address.parse().unwrap()), "{address} in {blocks:?}");
            }
        }
    }

    proptest! {
        /// What is found is what a look at each block finds.
        #[test]
        fn finding_equals_looking_at_each(
            // Few bits differ, so that blocks nest and addresses meet them.
            blocks in prop::collection::vec((0u32..64, 24u8..=32, any::<bool>()), 0..12),
            address in 0u32..64,
            is_v6 in any::<bool>(),
        ) {
            let of = |low: u32, is_v6: bool| -> IpAddr {
                if is_v6 { Ipv6Addr::from_bits(u128::from(low) << 96).into() } else { Ipv4Addr::from_bits(low).into() }
            };
            let blocks: Vec<Prefix> = blocks.iter().map(|&(low, length, v6)| Prefix::new(of(low, v6), length)).collect();
            let address = of(address, is_v6);

            let has = |block: &Prefix| Prefix::new(address, block.length()) == *block;

            prop_assert_eq!(blocks.iter().any(has), Networks::new(&blocks).contain(address));
        }
    }
}
