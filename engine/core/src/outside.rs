//! The data of outside alias targets: names that a connector in the control plane keeps resolving
//! (R-ALI-14).
//!
//! A table beside the zones, as the health of checks is: an address that changes compiles nothing.

use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashTable;
use serde_bytes::Bytes;

use crate::decide::Client;
use crate::image::{ImageError, RecordSet, records, refuse};
use crate::name::{self, Named, Owner};
use crate::place::geo::Code;
use crate::place::{Area, Collection, Prefix};

const BUCKETS: usize = 256;

/// What is known of each outside target. A change of one copies one bucket and shares the rest.
#[derive(Debug, Clone)]
pub struct Outside {
    buckets: Box<[Arc<HashTable<Arc<Answers>>>]>,
}

impl Default for Outside {
    fn default() -> Self {
        Self { buckets: vec![Arc::default(); BUCKETS].into() }
    }
}

impl Outside {
    /// What is known of a name and type; None before its connector has had an answer.
    pub fn get(&self, target: Named<'_>, rtype: u16) -> Option<&Answers> {
        let bucket = &self.buckets[target.hash as usize % BUCKETS];
        bucket.find(name::spread(target.hash), |held| held.is_of(target.wire, rtype)).map(|held| &**held)
    }

    /// This table with what is now known of a name and type; None: it is no target any more.
    pub fn with(&self, target: &Owner, rtype: u16, answers: Option<Arc<Answers>>) -> Self {
        let hash = target.hash();
        let mut buckets = self.buckets.clone();
        let mut bucket = (*buckets[hash as usize % BUCKETS]).clone();
        if let Ok(held) = bucket.find_entry(name::spread(hash), |held| held.is_of(target.wire(), rtype)) {
            held.remove();
        }
        if let Some(answers) = answers {
            bucket.insert_unique(name::spread(hash), answers, |held| name::spread(held.target.hash()));
        }
        buckets[hash as usize % BUCKETS] = Arc::new(bucket);
        Self { buckets }
    }
}

/// What one outside name answers for one type.
#[derive(Debug)]
pub struct Answers {
    target: Owner,
    rtype: u16,
    /// Whether the target counts as healthy (R-TREE-10).
    pub healthy: bool,
    /// When the target last answered, in seconds since 1970.
    pub asked_at: u64,
    /// The encoded record set for everyone; None: the name has no such records.
    everyone: Option<Box<[u8]>>,
    near: Box<[Option<Box<[u8]>>]>,
    blocks: Collection,
    areas: Box<[(Area, u32)]>,
}

/// Why an answer was the one for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nearness {
    /// The target's operator answers this block of addresses so.
    Block,
    /// The target's operator answers clients of this place so.
    Area,
    /// It is for everyone.
    Everyone,
}

impl Answers {
    /// Reads what the control plane says (`src/meridian/connect/answer.py`).
    pub fn load(target: Owner, rtype: u16, octets: &[u8]) -> Result<Self, ImageError> {
        let wire: Wire<'_> = rmp_serde::from_slice(octets)
            .map_err(|error| ImageError(format!("outside target: not readable: {error}")))?;
        let (mut blocks, mut areas, mut near) = (Vec::new(), Vec::new(), Vec::new());
        for answer in &wire.near {
            let number = near.len() as u32;
            near.push(records_of(rtype, answer.ttl, &answer.rdata)?);
            blocks.push((block(answer)?, number));
            if !answer.area.0.is_empty() || !answer.area.1.is_empty() {
                areas.push((area(answer)?, number));
            }
        }
        blocks.sort_by_key(|(prefix, _)| (prefix.address(), prefix.length()));
        blocks.dedup_by_key(|(prefix, _)| *prefix);
        let everyone = records_of(rtype, wire.ttl, &wire.rdata)?;
        let blocks = Collection::new(&blocks).map_err(|error| ImageError(error.0))?;
        let (near, areas) = (near.into(), areas.into());
        Ok(Self { target, rtype, healthy: wire.healthy, asked_at: wire.asked_at, everyone, near, blocks, areas })
    }

    /// The record set for a client, None where the name has none, and how it was found.
    pub fn find(&self, client: &mut Client<'_>) -> (Option<RecordSet<'_>>, Nearness) {
        if self.near.is_empty() {
            return (set(&self.everyone), Nearness::Everyone);
        }
        if let Some(number) = client.block(&self.blocks) {
            return (self.near(number), Nearness::Block);
        }
        match self.area(client) {
            Some(number) => (self.near(number), Nearness::Area),
            None => (set(&self.everyone), Nearness::Everyone),
        }
    }

    fn area(&self, client: &mut Client<'_>) -> Option<u32> {
        if self.areas.is_empty() {
            return None;
        }
        let class = client.class();
        Area::around(class).find_map(|around| self.areas.iter().find(|(area, _)| *area == around).map(|&(_, at)| at))
    }

    fn near(&self, number: u32) -> Option<RecordSet<'_>> {
        set(&self.near[number as usize])
    }

    fn is_of(&self, target: &[u8], rtype: u16) -> bool {
        self.rtype == rtype && self.target.wire() == target
    }
}

fn set(encoded: &Option<Box<[u8]>>) -> Option<RecordSet<'_>> {
    encoded.as_deref().map(|octets| RecordSet::at(octets, 0))
}

#[derive(serde::Deserialize)]
struct Wire<'a> {
    ttl: u32,
    #[serde(borrow)]
    rdata: Vec<&'a Bytes>,
    healthy: bool,
    #[serde(default)]
    asked_at: u64,
    #[serde(borrow, default)]
    near: Vec<WireNear<'a>>,
}

#[derive(serde::Deserialize)]
struct WireNear<'a> {
    /// 4 or 16 octets.
    #[serde(borrow)]
    address: &'a Bytes,
    length: u8,
    /// Continent, country, subdivision; all empty: the block alone.
    #[serde(borrow, default)]
    area: (&'a str, &'a str, &'a str),
    ttl: u32,
    #[serde(borrow)]
    rdata: Vec<&'a Bytes>,
}

fn records_of(rtype: u16, ttl: u32, rdata: &[&Bytes]) -> Result<Option<Box<[u8]>>, ImageError> {
    if rdata.is_empty() {
        return Ok(None);
    }
    let rdata: Vec<&[u8]> = rdata.iter().map(|octets| octets.as_ref()).collect();
    let mut octets = Vec::new();
    records::encode(&mut octets, rtype, ttl, &rdata)?;
    Ok(Some(octets.into()))
}

fn block(answer: &WireNear<'_>) -> Result<Prefix, ImageError> {
    let address = if let Ok(v4) = <[u8; 4]>::try_from(&**answer.address) {
        IpAddr::from(v4)
    } else if let Ok(v6) = <[u8; 16]>::try_from(&**answer.address) {
        IpAddr::from(v6)
    } else {
        return refuse(format!("outside target: an address of {} octets", answer.address.len()));
    };
    Ok(Prefix::new(address, answer.length))
}

fn area(answer: &WireNear<'_>) -> Result<Area, ImageError> {
    let (country, subdivision) = (Code::new(answer.area.1), Code::new(answer.area.2));
    let area = match answer.area {
        (continent, "", "") => Code::new(continent).map(Area::Continent),
        ("", _, "") => country.map(Area::Country),
        ("", ..) => country.zip(subdivision).map(|(country, part)| Area::Subdivision(country, part)),
        _ => None,
    };
    area.ok_or_else(|| ImageError(format!("outside target: {:?}: not a place", answer.area)))
}
