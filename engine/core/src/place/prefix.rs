//! The client as a policy sees it: an address and how many of its bits are known.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of addresses that starts at `address`. IPv4-mapped IPv6 blocks are IPv4 blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prefix {
    /// The first address; of IPv4 the lower 32 bits.
    bits: u128,
    length: u8,
    is_v4: bool,
}

impl Prefix {
    /// The first `length` bits of an address; a length past the family's end means all of them.
    ///
    /// Bits behind the prefix have no effect on any lookup.
    pub fn new(address: IpAddr, length: u8) -> Self {
        match address {
            IpAddr::V4(v4) => Self::v4(v4, length.min(32)),
            IpAddr::V6(v6) => {
                let length = length.min(128);
                let kept = v6.to_bits() & mask(length, 128);
                match Ipv6Addr::from_bits(kept).to_ipv4_mapped() {
                    Some(v4) if length >= 96 => Self::v4(v4, length - 96),
                    _ => Self { bits: kept, length, is_v4: false },
                }
            }
        }
    }

    /// One address, as a resolver's own is (R-CID-5).
    pub fn host(address: IpAddr) -> Self {
        Self::new(address, 128)
    }

    fn v4(address: Ipv4Addr, length: u8) -> Self {
        let kept = address.to_bits() & (u64::from(u32::MAX) << (32 - u32::from(length))) as u32;
        Self { bits: kept.into(), length, is_v4: true }
    }

    /// The first address.
    pub fn address(&self) -> IpAddr {
        if self.is_v4 { Ipv4Addr::from_bits(self.bits as u32).into() } else { Ipv6Addr::from_bits(self.bits).into() }
    }

    /// The bits of the first address; of IPv4 the lower 32.
    pub fn bits(&self) -> u128 {
        self.bits
    }

    /// Whether it is of IPv4.
    pub fn is_v4(&self) -> bool {
        self.is_v4
    }

    /// Known bits: 0 to 32 for IPv4, 0 to 128 for IPv6.
    pub fn length(&self) -> u8 {
        self.length
    }
}

/// The highest `length` of `bits` bits.
fn mask(length: u8, bits: u32) -> u128 {
    let all = u128::MAX >> (128 - bits);
    all & !all.checked_shr(length.into()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_keeps_the_known_bits_alone() {
        let cases = [
            ("203.0.113.77", 24, "203.0.113.0", 24),
            ("203.0.113.77", 0, "0.0.0.0", 0),
            ("203.0.113.77", 200, "203.0.113.77", 32),
            ("255.255.255.255", 1, "128.0.0.0", 1),
            ("2001:db8:ffff::1", 33, "2001:db8:8000::", 33),
            ("2001:db8::1", 255, "2001:db8::1", 128),
            ("::ffff:203.0.113.77", 120, "203.0.113.0", 24),
            ("::ffff:203.0.113.77", 96, "0.0.0.0", 0),
            ("::ffff:203.0.113.77", 90, "::ffc0:0:0", 90),
        ];
        for (address, length, kept, kept_length) in cases {
            let prefix = Prefix::new(address.parse().unwrap(), length);

            assert_eq!(
                (kept.parse::<IpAddr>().unwrap(), kept_length),
                (prefix.address(), prefix.length()),
                "{address}"
            );
        }
    }
}
