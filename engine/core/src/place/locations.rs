//! A CIDR collection with the names of its locations, as the control plane writes it.

use std::net::IpAddr;

use serde_bytes::Bytes;

use super::{Collection, PlaceError, Prefix, refuse};

/// The encoding this engine reads (`src/meridian/place/cidr.py`).
pub const FORMAT: u32 = 1;

/// The blocks of a collection and their locations.
#[derive(Debug, Clone)]
pub struct Locations {
    names: Box<[Box<str>]>,
    blocks: Collection,
}

#[derive(serde::Deserialize)]
struct Wire<'a> {
    format: u32,
    #[serde(borrow)]
    locations: Vec<&'a str>,
    /// Address in 4 or 16 octets, prefix length, place in `locations`.
    #[serde(borrow)]
    blocks: Vec<(&'a Bytes, u8, u32)>,
}

impl Locations {
    /// Reads a collection; refuses whatever does not fit together.
    pub fn load(octets: &[u8]) -> Result<Self, PlaceError> {
        let wire: Wire<'_> = rmp_serde::from_slice(octets)
            .map_err(|error| PlaceError(format!("CIDR collection: not readable: {error}")))?;
        if wire.format != FORMAT {
            return refuse(format!("CIDR collection: format {}; this engine reads {FORMAT}", wire.format));
        }
        if wire.blocks.iter().any(|&(.., location)| location as usize >= wire.locations.len()) {
            return refuse("CIDR collection: a block of a location that is not there");
        }
        let blocks = wire.blocks.iter().map(block).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { names: wire.locations.into_iter().map(Into::into).collect(), blocks: Collection::new(&blocks)? })
    }

    /// The location of the longest block that holds a client, and how many bits of the client's
    /// address that took. None where no block does.
    pub fn find(&self, client: Prefix) -> (Option<&str>, u8) {
        let matched = self.blocks.find(client);
        (matched.location.map(|location| &*self.names[location as usize]), matched.prefix_length)
    }
}

/// A block and the number of what it belongs to.
pub(super) fn block(&(address, length, location): &(&Bytes, u8, u32)) -> Result<(Prefix, u32), PlaceError> {
    let address = if let Ok(v4) = <[u8; 4]>::try_from(&**address) {
        IpAddr::from(v4)
    } else if let Ok(v6) = <[u8; 16]>::try_from(&**address) {
        IpAddr::from(v6)
    } else {
        return refuse(format!("an address of {} octets", address.len()));
    };
    Ok((Prefix::new(address, length), location))
}
