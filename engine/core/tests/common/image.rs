//! A writer of zone images, independent of the control plane: from the zones of tables and laws.

use std::collections::{BTreeMap, BTreeSet};

use meridian_engine::name::{Name, slot};
use serde::Serialize;
use serde_bytes::ByteBuf;

use super::text::Record;

#[derive(Debug, Clone, Serialize)]
pub struct Records {
    pub ttl: u32,
    pub rdata: Vec<ByteBuf>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Target {
    Records { ttl: u32, rdata: Vec<ByteBuf> },
    Group { owner: ByteBuf, r#type: u16 },
    Hidden { id: String, owner: ByteBuf },
    Outside { target: ByteBuf, r#type: u16 },
}

#[derive(Debug, Clone, Serialize)]
pub struct Arm {
    pub target: Target,
    pub id: String,
    pub health: u32,
    pub evaluate_target: bool,
    pub weight: u8,
    pub secondary: bool,
    pub continent: String,
    pub country: String,
    pub subdivision: String,
    pub latitude: i16,
    pub longitude: i16,
    pub bias: i8,
    pub region: String,
    pub location: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct Group {
    pub kind: String,
    pub arms: Vec<Arm>,
    /// Of hidden groups only; left out where 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub r#type: u16,
    /// Of cidr groups only; left out where empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub collection: String,
}

fn is_zero(number: &u16) -> bool {
    *number == 0
}

#[derive(Serialize)]
struct Shard<'z> {
    format: u32,
    zone_id: &'z str,
    index: usize,
    count: usize,
    version: u64,
    names: BTreeMap<ByteBuf, BTreeMap<u16, Group>>,
    groups: BTreeMap<String, Group>,
}

/// Groups by owner and type, hidden groups by id.
type Part = (BTreeMap<ByteBuf, BTreeMap<u16, Group>>, BTreeMap<String, Group>);

#[derive(Serialize)]
struct Head<'z> {
    format: u32,
    zone_id: &'z str,
    version: u64,
    apex: ByteBuf,
    rank: u64,
    soa: Records,
    ns: Records,
    shard_versions: Vec<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<&'z str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    log: &'z str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    views: &'z [String],
}

/// A zone to be written as images.
#[derive(Debug, Clone, Default)]
pub struct Zone {
    pub id: String,
    pub version: u64,
    pub apex: Vec<u8>,
    pub rank: u64,
    pub log: String,
    /// The network views that it is seen from; none: it is public.
    pub views: Vec<String>,
    pub groups: BTreeMap<(Vec<u8>, u16), Group>,
    /// Id, placing owner, group.
    pub hidden: Vec<(String, Vec<u8>, Group)>,
    /// Names left out although they have names below: an image that is wrong.
    pub gaps: BTreeSet<Vec<u8>>,
}

/// An arm without policy fields.
pub fn arm(target: Target) -> Arm {
    Arm {
        target,
        id: String::new(),
        health: 0,
        evaluate_target: false,
        weight: 0,
        secondary: false,
        continent: String::new(),
        country: String::new(),
        subdivision: String::new(),
        latitude: 0,
        longitude: 0,
        bias: 0,
        region: String::new(),
        location: String::new(),
    }
}

/// A target of records.
pub fn to_records(ttl: u32, rdata: impl IntoIterator<Item = Vec<u8>>) -> Target {
    Target::Records { ttl, rdata: rdata.into_iter().map(ByteBuf::from).collect() }
}

/// A group of one record set.
pub fn simple(ttl: u32, rdata: impl IntoIterator<Item = Vec<u8>>) -> Group {
    Group { kind: "simple".into(), arms: vec![arm(to_records(ttl, rdata))], ..Group::default() }
}

impl Zone {
    /// A zone of plain records; SOA and NS of the apex are among them.
    pub fn new(id: &str, version: u64, apex: &[u8], records: &[Record]) -> Self {
        let mut sets: BTreeMap<_, (u32, Vec<Vec<u8>>)> = BTreeMap::new();
        for record in records {
            let set = sets.entry((record.owner.clone(), record.rtype)).or_insert((record.ttl, vec![]));
            set.1.push(record.rdata.clone());
        }
        let groups = sets.into_iter().map(|(key, (ttl, rdata))| (key, simple(ttl, rdata))).collect();
        Self { id: id.into(), version, apex: apex.to_vec(), groups, ..Self::default() }
    }

    /// The head, every shard of this zone's version.
    pub fn head(&self, shards: usize) -> Vec<u8> {
        self.head_of(&vec![self.version; shards])
    }

    /// The head with these versions of shards.
    pub fn head_of(&self, shard_versions: &[u64]) -> Vec<u8> {
        let head = Head {
            format: 1,
            zone_id: &self.id,
            version: self.version,
            apex: ByteBuf::from(self.apex.clone()),
            rank: self.rank,
            soa: self.records(6),
            ns: self.records(2),
            shard_versions: shard_versions.to_vec(),
            view: self.views.first().map(|view| &**view),
            log: &self.log,
            views: &self.views,
        };
        rmp_serde::to_vec_named(&head).expect("a head")
    }

    /// The shards, in order; `count` is a power of two.
    pub fn shards(&self, count: usize) -> Vec<Vec<u8>> {
        (0..count).zip(self.parts(count)).map(|(index, part)| self.shard(index, count, part)).collect()
    }

    /// What belongs to shard `index` of `count`, said to be shard `said`: an image that lies.
    pub fn shard_as(&self, index: usize, said: usize, count: usize) -> Vec<u8> {
        self.shard(said, count, self.parts(count).swap_remove(index))
    }

    fn shard(&self, index: usize, count: usize, (names, groups): Part) -> Vec<u8> {
        let shard = Shard { format: 1, zone_id: &self.id, index, count, version: self.version, names, groups };
        rmp_serde::to_vec_named(&shard).expect("a shard")
    }

    /// The names and hidden groups of each shard.
    fn parts(&self, count: usize) -> Vec<Part> {
        let mut names = vec![BTreeMap::new(); count];
        let mut groups = vec![BTreeMap::new(); count];
        for owner in self.groups.keys().flat_map(|(owner, _)| self.up_to_apex(owner)) {
            names[index(&owner, count)].insert(ByteBuf::from(owner), BTreeMap::new());
        }
        for ((owner, rtype), group) in &self.groups {
            let groups: &mut BTreeMap<u16, Group> =
                names[index(owner, count)].entry(ByteBuf::from(owner.clone())).or_default();
            groups.insert(*rtype, group.clone());
        }
        for (id, owner, group) in &self.hidden {
            groups[index(owner, count)].insert(id.clone(), group.clone());
        }
        for owner in self.gaps.iter().filter(|owner| !self.groups.keys().any(|(other, _)| other == *owner)) {
            names[index(owner, count)].remove(&ByteBuf::from(owner.clone()));
        }
        names.into_iter().zip(groups).collect()
    }

    fn records(&self, rtype: u16) -> Records {
        match self.groups.get(&(self.apex.clone(), rtype)).map(|group| &group.arms[0].target) {
            Some(Target::Records { ttl, rdata }) => Records { ttl: *ttl, rdata: rdata.clone() },
            _ => panic!("the apex has no records of type {rtype}"),
        }
    }

    /// The name and every one above it, the apex last: empty non-terminals are names too.
    fn up_to_apex(&self, owner: &[u8]) -> Vec<Vec<u8>> {
        let name = Name::from_wire(owner).expect("a name");
        (0..=name.count())
            .map(|i| name.suffix(i).to_vec())
            .take_while(|suffix| suffix.len() >= self.apex.len())
            .collect()
    }
}

/// Which of `count` shards holds a name.
pub fn index(owner: &[u8], count: usize) -> usize {
    slot(Name::from_wire(owner).expect("a name").hash(0)) * count / 4096
}
