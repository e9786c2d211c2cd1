//! What an arm leads to: a record set, another group, or a name outside.

use super::shard::Slot;
use super::{At, RecordSet};
use crate::name::{self, Named};

/// What an arm leads to, as a shard keeps it.
///
/// Names and ids stand in the shard's octets: `start` and `length` say where.
#[derive(Debug, Clone, Copy)]
pub(super) enum Link {
    /// A record set of the same shard, by where it stands.
    Set(u32),
    /// The group of an owner name and type, with the name's hash.
    Group { hash: u64, start: u32, length: u8, rtype: u16 },
    /// Such a group in the same shard.
    GroupHere { slot: Slot, start: u32, length: u8, rtype: u16 },
    /// A hidden group, in the shard that the hash leads to.
    Hidden { hash: u64, start: u32, length: u16 },
    /// Such a group in the same shard.
    HiddenHere { slot: Slot, start: u32, length: u16 },
    /// A name outside the zone, with its hash, and the type asked for there.
    Outside { hash: u64, start: u32, length: u8, rtype: u16 },
}

/// What an arm leads to.
#[derive(Debug, Clone, Copy)]
pub enum Target<'s> {
    /// A record set.
    Set(RecordSet<'s>),
    /// Another group of the zone.
    Alias(Alias<'s>),
    /// A name outside the zone.
    Outside {
        /// That name.
        target: Named<'s>,
        /// The type asked for there.
        rtype: u16,
    },
}

/// A group that an arm leads to; `Zone::follow` finds it.
#[derive(Debug, Clone, Copy)]
pub struct Alias<'s> {
    /// Which group.
    pub to: Called<'s>,
    pub(super) way: Way<'s>,
}

/// What a group is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Called<'s> {
    /// By owner name, in wire form, and type number.
    Name(&'s [u8], u16),
    /// By the id of a hidden group, in UTF-8.
    Id(&'s [u8]),
}

/// How a group is found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way<'s> {
    /// It is known where it stands.
    Here(At<'s>),
    /// By the hash of the name that places it in a shard.
    Hash(u64),
}

impl<'s> Alias<'s> {
    /// What tells it from others that have to be searched for; None where its group is at hand.
    pub fn key(&self) -> Option<(u64, Called<'s>)> {
        match self.way {
            Way::Here(_) => None,
            Way::Hash(hash) => Some((hash, self.to)),
        }
    }
}

impl Target<'_> {
    /// What it is called, for people; None for a record set.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Set(_) => None,
            Self::Alias(Alias { to: Called::Name(owner, _), .. }) => Some(name::text(owner)),
            Self::Alias(Alias { to: Called::Id(id), .. }) => {
                Some(format!("traffic policy step {}", String::from_utf8_lossy(id)))
            }
            Self::Outside { target, .. } => Some(name::text(target.wire)),
        }
    }
}
