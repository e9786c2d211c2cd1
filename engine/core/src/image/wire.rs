//! The encoding of images, as `src/meridian/compile/image.py` writes it.
//!
//! Field for field the same as there; what a field means is said there. Unknown fields are skipped.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::{FORMAT, ImageError, refuse};

/// A map as pairs in the order written: no table is built only to be walked.
#[derive(Debug)]
pub struct Pairs<K, V>(pub Vec<(K, V)>);

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Pairs<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor<K, V>(PhantomData<(K, V)>);

        impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for PairsVisitor<K, V> {
            type Value = Pairs<K, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                // The hint is what the sender claims; it may not make us reserve more than this.
                let mut pairs = Vec::with_capacity(map.size_hint().unwrap_or(0).min(1024));
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(PairsVisitor(PhantomData))
    }
}

/// TTL and RDATA of a record set.
#[derive(Debug, serde::Deserialize)]
pub struct Records<'a> {
    /// Seconds.
    pub ttl: u32,
    /// Each record's RDATA, names uncompressed.
    #[serde(borrow)]
    pub rdata: Vec<&'a serde_bytes::Bytes>,
}

/// What an arm leads to.
#[derive(Debug, serde::Deserialize)]
#[serde(try_from = "Fields<'a>")]
pub enum Target<'a> {
    /// A record set.
    Records {
        /// Seconds.
        ttl: u32,
        /// Each record's RDATA.
        #[serde(borrow)]
        rdata: Vec<&'a serde_bytes::Bytes>,
    },
    /// Another group of the zone.
    Group {
        /// Its owner, in wire form.
        #[serde(borrow)]
        owner: &'a serde_bytes::Bytes,
        /// Its type number.
        r#type: u16,
    },
    /// A hidden group.
    Hidden {
        /// Its id.
        id: &'a str,
        /// The name that places it in a shard.
        #[serde(borrow)]
        owner: &'a serde_bytes::Bytes,
    },
    /// A name outside the zone.
    Outside {
        /// That name, in wire form.
        #[serde(borrow)]
        target: &'a serde_bytes::Bytes,
        /// The type asked for there.
        r#type: u16,
    },
}

/// The fields of all kinds of targets. Read so and not by its tag, a target is not copied into values of any type
/// first, which was half the time that reading a shard took.
#[derive(serde::Deserialize)]
struct Fields<'a> {
    kind: &'a str,
    #[serde(default)]
    ttl: Option<u32>,
    #[serde(borrow, default)]
    rdata: Option<Vec<&'a serde_bytes::Bytes>>,
    #[serde(borrow, default)]
    owner: Option<&'a serde_bytes::Bytes>,
    #[serde(default)]
    r#type: Option<u16>,
    #[serde(default)]
    id: Option<&'a str>,
    #[serde(borrow, default)]
    target: Option<&'a serde_bytes::Bytes>,
}

impl<'a> TryFrom<Fields<'a>> for Target<'a> {
    type Error = String;

    fn try_from(fields: Fields<'a>) -> Result<Self, String> {
        let Fields { kind, ttl, rdata, owner, r#type, id, target } = fields;
        let read = match kind {
            "records" => ttl.zip(rdata).map(|(ttl, rdata)| Self::Records { ttl, rdata }),
            "group" => owner.zip(r#type).map(|(owner, r#type)| Self::Group { owner, r#type }),
            "hidden" => id.zip(owner).map(|(id, owner)| Self::Hidden { id, owner }),
            "outside" => target.zip(r#type).map(|(target, r#type)| Self::Outside { target, r#type }),
            _ => return Err(format!("a target of the unknown kind {kind}")),
        };
        read.ok_or_else(|| format!("a target of kind {kind} that lacks a field"))
    }
}

/// One record set of a group.
#[derive(Debug, serde::Deserialize)]
pub struct Arm<'a> {
    /// What it leads to.
    #[serde(borrow)]
    pub target: Target<'a>,
    /// Set identifier.
    #[serde(default)]
    pub id: &'a str,
    /// Slot in the health table, 0 for none.
    #[serde(default)]
    pub health: u32,
    /// Whether its target's health counts.
    #[serde(default)]
    pub evaluate_target: bool,
    /// Weight, in weighted groups.
    #[serde(default)]
    pub weight: u8,
    /// SECONDARY, in failover groups.
    #[serde(default)]
    pub secondary: bool,
    /// Continent code, in geo groups.
    #[serde(default)]
    pub continent: &'a str,
    /// Country code, in geo groups; `*` for the default.
    #[serde(default)]
    pub country: &'a str,
    /// Subdivision code, in geo groups, beside its country.
    #[serde(default)]
    pub subdivision: &'a str,
    /// Hundredths of a degree, in geoproximity groups.
    #[serde(default)]
    pub latitude: i16,
    /// Hundredths of a degree, in geoproximity groups.
    #[serde(default)]
    pub longitude: i16,
    /// -99 to 99, in geoproximity groups.
    #[serde(default)]
    pub bias: i8,
    /// Region id, in latency groups.
    #[serde(default)]
    pub region: &'a str,
    /// Location name, in cidr groups; `*` for the default.
    #[serde(default)]
    pub location: &'a str,
}

/// All record sets of one name and type.
#[derive(Debug, serde::Deserialize)]
pub struct Group<'a> {
    /// The routing policy's name.
    pub kind: &'a str,
    /// Its record sets.
    #[serde(borrow)]
    pub arms: Vec<Arm<'a>>,
    /// Its type number, in hidden groups: those of names stand under theirs.
    #[serde(default)]
    pub r#type: u16,
    /// The CIDR collection, in cidr groups.
    #[serde(default)]
    pub collection: &'a str,
}

/// The groups of one name, by type number.
pub type Groups<'a> = Pairs<u16, Group<'a>>;

/// A part of a zone's names.
#[derive(Debug, serde::Deserialize)]
pub struct Shard<'a> {
    /// Encoding version.
    pub format: u32,
    /// The zone's id.
    pub zone_id: &'a str,
    /// Its place among the shards.
    pub index: u32,
    /// How many shards the zone has.
    pub count: u32,
    /// The zone version it was compiled at.
    pub version: u64,
    /// Groups by owner and type.
    #[serde(borrow)]
    pub names: Pairs<&'a serde_bytes::Bytes, Groups<'a>>,
    /// Hidden groups by id.
    #[serde(borrow)]
    pub groups: Pairs<&'a str, Group<'a>>,
}

/// What holds for a whole zone.
#[derive(Debug, serde::Deserialize)]
pub struct Head<'a> {
    /// Encoding version.
    pub format: u32,
    /// The zone's id.
    pub zone_id: &'a str,
    /// The zone version.
    pub version: u64,
    /// The zone's name in wire form.
    #[serde(borrow)]
    pub apex: &'a serde_bytes::Bytes,
    /// Order among zones of one name.
    pub rank: u64,
    /// The SOA record.
    #[serde(borrow)]
    pub soa: Records<'a>,
    /// The apex NS record set.
    #[serde(borrow)]
    pub ns: Records<'a>,
    /// Version of each shard.
    pub shard_versions: Vec<u64>,
    /// None for a public zone; else the first of `views`, which keeps engines that do not know these from
    /// showing the zone to everybody.
    #[serde(default)]
    pub view: Option<&'a str>,
    /// The log group that its queries are logged to, empty for none.
    #[serde(default)]
    pub log: &'a str,
    /// The network views that a private zone is seen from.
    #[serde(default, borrow)]
    pub views: Vec<&'a str>,
}

impl<'a> Head<'a> {
    /// The network views that a private zone is seen from; None for a public zone.
    pub fn seen_from(&self) -> Option<Vec<&'a str>> {
        match (&self.views[..], self.view) {
            ([], None) => None,
            ([], Some(view)) => Some(vec![view]),
            (views, _) => Some(views.to_vec()),
        }
    }
}

/// Reads a head.
pub fn head(octets: &[u8]) -> Result<Head<'_>, ImageError> {
    let head: Head<'_> = read(octets, "head")?;
    check_format(head.format)?;
    let count = head.shard_versions.len();
    if !count.is_power_of_two() || count > super::MAX_SHARDS {
        return refuse(format!("zone {}: {count} shards; 1 to 4096, a power of two", head.zone_id));
    }
    Ok(head)
}

/// Reads a shard.
pub fn shard(octets: &[u8]) -> Result<Shard<'_>, ImageError> {
    let shard: Shard<'_> = read(octets, "shard")?;
    check_format(shard.format)?;
    Ok(shard)
}

fn read<'a, T: serde::Deserialize<'a>>(octets: &'a [u8], what: &str) -> Result<T, ImageError> {
    rmp_serde::from_slice(octets).map_err(|error| ImageError(format!("{what}: not readable: {error}")))
}

fn check_format(format: u32) -> Result<(), ImageError> {
    if format == FORMAT { Ok(()) } else { refuse(format!("format {format}; this engine reads {FORMAT}")) }
}
