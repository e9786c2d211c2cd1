//! Whose place decides, and how much of the address it took (routing.md §2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::place::latency::{self, Region};
use crate::place::sphere::{Point, biased_km};
use crate::place::{Class, Collection, Estimate, Located, Places, Prefix, View};
use crate::snapshot::Settings;

/// Longest scope we answer with (R-ECS-5).
const MAX_SCOPE_V4: u8 = 24;
const MAX_SCOPE_V6: u8 = 48;

/// Stands for a place that is none of the geolocation table: no order of regions was made for it.
const NO_PLACE: u32 = u32::MAX;

/// The address that decides, of the client subnet where the query has one with a prefix, else the resolver's.
#[derive(Debug, Clone, Copy)]
pub struct Address {
    /// With as many bits as are known.
    pub prefix: Prefix,
    is_subnet: bool,
    /// Bits that the client subnet has before those of `prefix`: an IPv4 address in an IPv6 one.
    mapped_bits: u8,
}

impl Address {
    /// Of a query: `subnet` is the option's data, well-formed (R-ECS-1, R-ECS-3).
    #[inline(always)]
    pub fn new(resolver: IpAddr, subnet: Option<&[u8]>) -> Self {
        match subnet.and_then(subnet_prefix) {
            Some((prefix, mapped_bits)) if prefix.length() > 0 => Self { prefix, is_subnet: true, mapped_bits },
            _ => Self { prefix: Prefix::host(resolver), is_subnet: false, mapped_bits: 0 },
        }
    }

    /// The scope of an answer that depends on so many of its bits.
    fn scope(&self, bits: u8) -> u8 {
        let most = if self.prefix.is_v4() { MAX_SCOPE_V4 } else { MAX_SCOPE_V6 };
        if self.is_subnet { bits.min(most) + self.mapped_bits } else { 0 }
    }
}

/// The client of one query: fixed at its start and used all through an alias tree (R-ECS-10).
#[derive(Debug, Clone)]
pub struct Client<'a> {
    places: &'a Places,
    settings: &'a Settings,
    resolver: IpAddr,
    /// The client subnet's data.
    subnet: Option<&'a [u8]>,
    /// What these two come to; worked out when somebody asks for it, as most answers depend on no client.
    address: Option<Address>,
    located: Option<Located<'a>>,
    latencies: Option<latency::Client<'a>>,
    scope: u8,
    /// Whether latencies were asked for.
    is_timed: bool,
    /// What was found of its own network's measurements, when they were asked for.
    row: u32,
    /// Whether a block of its own was asked for.
    is_personal: bool,
}

impl<'a> Client<'a> {
    /// The client subnet where the query has one with a prefix, else the resolver (R-ECS-1,
    /// R-ECS-3). `subnet` is the option's data, well-formed.
    pub fn new(places: &'a Places, settings: &'a Settings, resolver: IpAddr, subnet: Option<&'a [u8]>) -> Self {
        Self {
            places,
            settings,
            resolver,
            subnet,
            address: None,
            located: None,
            latencies: None,
            scope: 0,
            is_timed: false,
            row: 0,
            is_personal: false,
        }
    }

    /// The same client, of which some is known already: the address that decides, and where that is.
    pub fn foreseen(self, address: Option<Address>, located: Option<Located<'a>>) -> Self {
        Self { address, located, ..self }
    }

    /// A client of a network view: where that is, whatever a client subnet says (R-ECS-7, R-GEO-13, R-LAT-9).
    pub fn in_view(places: &'a Places, settings: &'a Settings, resolver: IpAddr, view: &'a View) -> Self {
        let located = Located { number: NO_PLACE, class: &view.class, prefix_length: 0 };
        Self { located: Some(located), ..Self::new(places, settings, resolver, None) }
    }

    /// The address that decides.
    pub fn prefix(&self) -> Prefix {
        self.known_address().prefix
    }

    /// Whether that is the client subnet of the query, and not the resolver.
    pub fn is_subnet(&self) -> bool {
        self.known_address().is_subnet
    }

    fn known_address(&self) -> Address {
        self.address.unwrap_or_else(|| Address::new(self.resolver, self.subnet))
    }

    fn address(&mut self) -> &Address {
        self.address.get_or_insert_with(|| Address::new(self.resolver, self.subnet))
    }

    /// How many bits of the client subnet the answer depends on, so far (R-ECS-4, R-ECS-5).
    pub fn scope(&self) -> u8 {
        match &self.address {
            _ if self.scope == 0 => 0,
            Some(address) => address.scope(self.scope),
            None => self.known_address().scope(self.scope),
        }
    }

    /// The number of its place; None for a place that is of no table.
    pub fn place(&mut self) -> Option<u32> {
        Some(self.locate().number).filter(|&number| number != NO_PLACE)
    }

    /// Lets the answer depend on the client's place.
    pub fn goes_by_place(&mut self) {
        self.located();
    }

    /// The row of its own network's measurements, 0 for none, and how much of its address was looked at for that,
    /// without letting the answer depend on it; None where no latency is known.
    #[inline(always)]
    pub fn measured(&mut self) -> Option<(u32, u8)> {
        let (table, located) = (self.places.latency.as_deref()?, self.locate());
        Some(table.row(&self.address().prefix, located.prefix_length))
    }

    /// The row of what was measured of its own network; 0: nothing was asked for or found.
    pub fn row(&self) -> u32 {
        self.row
    }

    /// Whether latencies were asked for, of any kind.
    pub fn is_timed(&self) -> bool {
        self.is_timed
    }

    /// Whether the answer may be another for other clients of the same place and the same measurements.
    pub fn is_personal(&self) -> bool {
        self.is_personal
    }

    /// The tables in force.
    pub fn places(&self) -> &'a Places {
        self.places
    }

    /// Where the client is, or else this edge.
    pub fn point(&mut self) -> Option<Point> {
        self.class().point.or(self.settings.edge)
    }

    /// A distance to the client as geoproximity compares it.
    pub fn biased_km(&self, distance_km: f64, bias: i8) -> f64 {
        biased_km(distance_km, bias, self.settings.negative_bias)
    }

    /// What is known of the client's place.
    pub fn class(&mut self) -> &'a Class {
        self.located().class
    }

    /// Where the client is, without letting the answer depend on it.
    pub fn whereabouts(&self) -> Located<'a> {
        self.located.unwrap_or_else(|| self.places.geo.locate(&self.prefix()))
    }

    fn located(&mut self) -> Located<'a> {
        let located = self.locate();
        self.widen(located.prefix_length);
        located
    }

    fn locate(&mut self) -> Located<'a> {
        if let Some(located) = self.located {
            return located;
        }
        let places = self.places;
        let located = places.geo.locate(&self.address().prefix);
        *self.located.insert(located)
    }

    /// What `choose` finds of the nearest region of which it finds anything, of equals the first by id (R-LAT-10).
    pub fn nearest<R>(&mut self, mut choose: impl FnMut(&Region) -> Option<R>) -> Option<R> {
        let table = self.places.latency.as_deref()?;
        let located = self.locate();
        let own = table.own(&self.address().prefix, located.prefix_length);
        (self.is_timed, self.row) = (true, own.row);
        let mut choose = |region: usize| choose(&table.regions()[region]).map(|found| (region, found));
        let measured = own.latencies().find_map(|(region, ms)| Some((ms, choose(region)?)));
        let regions = own.regions();
        let mut others = self.places.order.of(located.number).filter(|&region| regions & 1 << region == 0);
        let (_, found) = match (measured, others.find_map(choose)) {
            (Some((ms, own)), Some(other)) => {
                let other_ms = table.clients(located.class).latency(other.0).ms;
                if (ms, own.0) < (other_ms, other.0) { own } else { other }
            }
            (measured, other) => measured.map(|(_, own)| own).or(other)?,
        };
        self.widen(own.prefix_length);
        Some(found)
    }

    /// How long a packet takes from a region to the client; None where the region is not known.
    pub fn latency(&mut self, region: &str) -> Option<Estimate> {
        let table = self.places.latency.as_deref()?;
        let number = table.region(region)?;
        let located = self.located();
        let latencies = self.latencies.unwrap_or_else(|| table.client(&self.prefix(), located));
        self.latencies = Some(latencies);
        self.widen(latencies.prefix_length());
        (self.is_timed, self.row) = (true, latencies.row());
        Some(latencies.latency(number))
    }

    /// The location of the client's block in a CIDR collection; None where no block holds it.
    pub fn location(&mut self, collection: &str) -> Option<&'a str> {
        let (location, prefix_length) = self.places.collections.get(collection)?.find(self.prefix());
        self.widen(prefix_length);
        self.is_personal = true;
        location
    }

    /// The number of the longest of these blocks that holds the client; None where none does.
    pub fn block(&mut self, blocks: &Collection) -> Option<u32> {
        let matched = blocks.find(self.prefix());
        self.widen(matched.prefix_length);
        self.is_personal = true;
        matched.location
    }

    /// Lets the answer depend on so much of the client's address.
    pub fn widen(&mut self, prefix_length: u8) {
        self.scope = self.scope.max(prefix_length);
    }
}

/// Family, source prefix length, scope, address (RFC 7871 §6). The number is of the bits that an
/// IPv4-mapped address has before its IPv4 bits: scopes count them too.
///
/// Inlined, and IPv4 without memory: what is written there in pieces cannot be read back as one before it has reached the
/// cache, and the wait costs more than the work.
#[inline(always)]
fn subnet_prefix(data: &[u8]) -> Option<(Prefix, u8)> {
    let [_, family, length, _, address @ ..] = data else {
        return None;
    };
    let octet = |at: usize| address.get(at).copied().unwrap_or(0);
    let address = match family {
        1 => IpAddr::V4(Ipv4Addr::new(octet(0), octet(1), octet(2), octet(3))),
        _ => IpAddr::V6(padded(address)),
    };
    let prefix = Prefix::new(address, *length);
    Some((prefix, if address.is_ipv6() && prefix.is_v4() { 96 } else { 0 }))
}

/// The address that begins with these octets; the others are zeros.
fn padded(octets: &[u8]) -> Ipv6Addr {
    let mut whole = [0; 16];
    whole.iter_mut().zip(octets).for_each(|(octet, own)| *octet = *own);
    whole.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The option's data, the address that decides with its length, and the longest scope of all (R-ECS-1, R-ECS-3).
    #[test]
    fn the_client_subnet_decides_where_it_has_a_prefix() {
        let mapped = [&[0, 2, 126, 0][..], &[0; 10], &[0xff, 0xff, 203, 0, 113, 76]].concat();
        let cases: [(Option<&[u8]>, &str, u8, u8); 9] = [
            (None, "192.0.2.53", 32, 0),
            (Some(&[0, 1, 0, 0]), "192.0.2.53", 32, 0),
            (Some(&[0, 1, 7, 0, 202]), "202.0.0.0", 7, 24),
            (Some(&[0, 1, 16, 0, 203, 1]), "203.1.0.0", 16, 24),
            (Some(&[0, 1, 24, 0, 203, 1, 113]), "203.1.113.0", 24, 24),
            (Some(&[0, 1, 32, 0, 203, 1, 113, 77]), "203.1.113.77", 32, 24),
            (Some(&[0, 2, 40, 0, 0x20, 1, 0xd, 0xb8, 7]), "2001:db8:700::", 40, 48),
            (Some(&[0, 2, 33, 0, 0x20, 1, 0xd, 0xb8, 0x80]), "2001:db8:8000::", 33, 48),
            (Some(&mapped), "203.0.113.76", 30, 120),
        ];
        for (subnet, address, length, scope) in cases {
            let own = Address::new("192.0.2.53".parse().unwrap(), subnet);

            assert_eq!((address.parse(), length), (Ok(own.prefix.address()), own.prefix.length()), "{subnet:?}");
            assert_eq!(scope, own.scope(u8::MAX), "{subnet:?}");
        }
    }
}
