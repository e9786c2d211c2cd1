//! Sets of networks, in which a client is or is not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::place::Prefix;

/// Networks of both families. Immutable; `contain` takes no memory, and time with the logarithm of their number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks {
    /// First and last address of each, apart from one another, ascending; IPv4 before IPv6.
    ranges: Box<[(IpAddr, IpAddr)]>,
}

impl Networks {
    /// From blocks that may lie inside one another.
    pub fn new(blocks: &[Prefix]) -> Self {
        let mut blocks: Vec<_> = blocks.iter().map(|block| (block.address(), last(block))).collect();
        blocks.sort_unstable();
        let mut ranges: Vec<(IpAddr, IpAddr)> = Vec::with_capacity(blocks.len());
        for (first, last) in blocks {
            match ranges.last_mut() {
                // Blocks nest or lie apart: one that begins inside another ends inside it, or is it and longer.
                Some(before) if first <= before.1 => before.1 = before.1.max(last),
                _ => ranges.push((first, last)),
            }
        }
        Self { ranges: ranges.into() }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether the address is in one of them. An IPv4-mapped address is the IPv4 address.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let begun = self.ranges.partition_point(|(first, _)| *first <= address);
        begun > 0 && address <= self.ranges[begun - 1].1
    }
}

/// The last address of a block.
fn last(block: &Prefix) -> IpAddr {
    let length = u32::from(block.length());
    match block.address() {
        IpAddr::V4(first) => Ipv4Addr::from_bits(first.to_bits() | u32::MAX.checked_shr(length).unwrap_or(0)).into(),
        IpAddr::V6(first) => Ipv6Addr::from_bits(first.to_bits() | u128::MAX.checked_shr(length).unwrap_or(0)).into(),
    }
}

#[cfg(test)]
mod tests {
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
