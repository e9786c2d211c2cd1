//! The tables of `tests/conformance` and `tests/vectors/decisions` (README of the former says what each field means).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use meridian_engine::Engine;
use meridian_engine::access::Access;
use meridian_engine::cookie::Cookies;
use meridian_engine::networks::Networks;
use meridian_engine::place::Prefix;
use meridian_engine::place::sphere::{NegativeBias, Point};
use meridian_engine::respond::{Arrival, Transport};
use serde::Deserialize;
use serde_bytes::ByteBuf;

use super::CLIENT;
use super::image::{self, Target};
use super::message::{Edns, Question};
use super::place::{self, hundredths};
use super::text::{self, Record};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    #[serde(skip)]
    pub file: String,
    pub about: String,
    #[serde(default)]
    pub section: String,
    #[serde(default)]
    pub sets: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub settings: Settings,
    #[serde(default)]
    pub place: Vec<place::Place>,
    #[serde(default)]
    pub cidr: Vec<place::Cidr>,
    pub latency: Option<place::Latency>,
    #[serde(default)]
    pub view: Vec<place::View>,
    pub zone: Vec<Zone>,
    pub case: Vec<Case>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(default)]
    pub reciprocal_bias: bool,
    pub coordinates: Option<(f64, f64)>,
    #[serde(default)]
    pub cookie_secrets: Vec<String>,
    #[serde(default)]
    pub cookies_required: bool,
    #[serde(default)]
    pub identity: String,
    #[serde(default)]
    pub version: String,
    pub allow: Option<Vec<String>>,
    #[serde(default)]
    pub deny: Vec<String>,
    pub udp_payload_without_cookie: Option<u16>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    pub apex: String,
    #[serde(default)]
    pub rank: u64,
    #[serde(default)]
    pub views: Vec<String>,
    pub records: String,
    #[serde(default)]
    pub group: Vec<Group>,
    #[serde(default)]
    pub hidden: Vec<Hidden>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub owner: String,
    pub r#type: String,
    pub kind: String,
    #[serde(default)]
    pub collection: String,
    pub arms: Vec<Arm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hidden {
    pub id: String,
    pub owner: String,
    pub r#type: String,
    pub kind: String,
    #[serde(default)]
    pub collection: String,
    pub arms: Vec<Arm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub weight: u8,
    #[serde(default)]
    pub secondary: bool,
    #[serde(default)]
    pub continent: String,
    #[serde(default)]
    pub country: String,
    #[serde(default)]
    pub subdivision: String,
    #[serde(default)]
    pub latitude: f64,
    #[serde(default)]
    pub longitude: f64,
    #[serde(default)]
    pub bias: i8,
    #[serde(default)]
    pub region: String,
    #[serde(default)]
    pub location: String,
    #[serde(default)]
    pub health: u32,
    #[serde(default)]
    pub evaluate_target: bool,
    #[serde(default = "default_ttl")]
    pub ttl: u32,
    pub values: Option<Vec<String>>,
    pub alias: Option<String>,
    pub hidden: Option<String>,
    pub outside: Option<String>,
}

fn default_ttl() -> u32 {
    60
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Lines {
    Set(String),
    Lines(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub what: String,
    pub ask: Option<String>,
    pub packet: Option<String>,
    #[serde(default)]
    pub rd: bool,
    #[serde(default)]
    pub cd: bool,
    pub edns: Option<AskedEdns>,
    pub client: Option<IpAddr>,
    pub subnet: Option<String>,
    pub scope: Option<u8>,
    #[serde(default = "default_transport")]
    pub transport: String,
    #[serde(default)]
    pub unhealthy: Vec<u32>,
    #[serde(default)]
    pub silent: bool,
    #[serde(default = "yes")]
    pub question: bool,
    #[serde(default = "default_rcode")]
    pub rcode: String,
    #[serde(default = "default_flags")]
    pub flags: Vec<String>,
    #[serde(default)]
    pub opcode: u8,
    pub answer: Option<Lines>,
    pub one_of: Option<Vec<Vec<String>>>,
    pub sample: Option<Sample>,
    pub authority: Option<Lines>,
    pub additional: Option<Lines>,
    pub ede: Option<u16>,
    pub ede_text: Option<String>,
    #[serde(default)]
    pub options: Vec<(u16, String)>,
    pub size: Option<usize>,
    #[serde(default)]
    pub now: u32,
    #[serde(default)]
    pub padded: bool,
    pub probability: Option<BTreeMap<String, f64>>,
    pub excluded: Option<BTreeMap<String, String>>,
    pub last_resort: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    pub of: Vec<String>,
    pub size: usize,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedEdns {
    #[serde(default = "default_payload")]
    pub payload: u16,
    #[serde(default)]
    pub version: u8,
    #[serde(default, rename = "do")]
    pub dnssec_ok: bool,
    #[serde(default)]
    pub options: Vec<(u16, String)>,
}

fn default_transport() -> String {
    "udp".into()
}

fn default_rcode() -> String {
    "NOERROR".into()
}

fn default_flags() -> Vec<String> {
    vec!["aa".into()]
}

const fn default_payload() -> u16 {
    1232
}

const fn yes() -> bool {
    true
}

/// All tables, in the same order each time.
pub fn load_all() -> Vec<Table> {
    ["conformance", "vectors/decisions"].into_iter().flat_map(load).collect()
}

/// All tables of a folder below `tests`, by file name.
pub fn load(folder: &str) -> Vec<Table> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests").join(folder);
    let mut tables: Vec<Table> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| read(&path))
        .collect();
    tables.sort_by(|a, b| a.file.cmp(&b.file));
    assert!(!tables.is_empty(), "{}: no tables", folder.display());
    tables
}

fn read(path: &Path) -> Table {
    let text = std::fs::read_to_string(path).expect("a readable file");
    let table: Table = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Table { file: path.file_name().expect("a name").to_string_lossy().into(), ..table }
}

impl Table {
    /// The records of a section: lines, or a set of the table by name, in sorted order.
    pub fn lines(&self, lines: Option<&Lines>) -> Vec<Record> {
        let lines = match lines {
            None => &[][..],
            Some(Lines::Lines(lines)) => lines,
            Some(Lines::Set(name)) => self.sets.get(name).unwrap_or_else(|| panic!("{}: no set {name}", self.file)),
        };
        sorted(lines)
    }

    /// The zones as they are to be written, with ids `Z0`, `Z1`, ….
    pub fn zones(&self) -> Vec<image::Zone> {
        self.zone.iter().enumerate().map(|(at, zone)| zone.image(&format!("Z{at}"))).collect()
    }

    /// An engine that serves the table's zones, each in `shards` shards, with its places in force.
    pub fn serve(&self, shards: usize) -> Arc<Engine> {
        let mut settings = meridian_engine::snapshot::Settings::default();
        if self.settings.reciprocal_bias {
            settings.negative_bias = NegativeBias::Reciprocal;
        }
        let point = |(latitude, longitude)| Point::new(hundredths(latitude), hundredths(longitude)).expect("a point");
        settings.edge = self.settings.coordinates.map(point);
        settings.cookies = self.settings.cookies();
        settings.identity = self.settings.identity.as_bytes().into();
        settings.version = self.settings.version.as_bytes().into();
        settings.access = self.settings.access();
        settings.udp_payload_without_cookie = self.settings.udp_payload_without_cookie.unwrap_or(settings.udp_payload);
        let engine = Engine::new(settings);
        place::put(&engine, &self.place, &self.cidr, self.latency.as_ref());
        place::put_views(&engine, &self.view);
        self.zones().iter().for_each(|zone| super::publish(&engine, zone, shards));
        engine
    }
}

impl Settings {
    fn cookies(&self) -> Option<Cookies> {
        let secret = |hex: &String| text::hex(hex).try_into().expect("a secret of 16 octets");
        let secrets: Vec<_> = self.cookie_secrets.iter().map(secret).collect();
        let other = secrets.get(1).copied();
        secrets.first().map(|&secret| Cookies { secret, other, required: self.cookies_required })
    }

    fn access(&self) -> Option<Arc<Access>> {
        let block = |text: &String| {
            let (address, length) = place::network(text);
            Prefix::new(address, length)
        };
        let networks = |texts: &Vec<String>| Networks::new(&texts.iter().map(block).collect::<Vec<_>>());
        let access = Access { allow: self.allow.as_ref().map(networks), deny: networks(&self.deny) };
        (access != Access::default()).then(|| access.into())
    }
}

/// Records of lines, sorted: a section is a set, but one that may not hold a thing twice.
pub fn sorted(lines: &[String]) -> Vec<Record> {
    let mut records: Vec<Record> = lines.iter().map(|line| text::record(line)).collect();
    records.sort();
    records
}

impl Zone {
    fn image(&self, id: &str) -> image::Zone {
        let mut zone = image::Zone::new(id, 1, &text::name(&self.apex), &text::records(&self.records));
        zone.rank = self.rank;
        zone.views.clone_from(&self.views);
        for group in &self.group {
            let rtype = text::rtype_number(&group.r#type);
            let image = self.group_image(&group.kind, &group.collection, rtype, &group.arms);
            assert!(zone.groups.insert((text::name(&group.owner), rtype), image).is_none(), "{} twice", group.owner);
        }
        for hidden in &self.hidden {
            let rtype = text::rtype_number(&hidden.r#type);
            let group = self.group_image(&hidden.kind, &hidden.collection, rtype, &hidden.arms);
            let group = image::Group { r#type: rtype, ..group };
            zone.hidden.push((hidden.id.clone(), text::name(&hidden.owner), group));
        }
        zone
    }

    fn group_image(&self, kind: &str, collection: &str, rtype: u16, arms: &[Arm]) -> image::Group {
        let arms = arms.iter().map(|arm| self.arm(arm, rtype)).collect();
        image::Group { kind: kind.into(), arms, r#type: 0, collection: collection.into() }
    }

    fn arm(&self, arm: &Arm, rtype: u16) -> image::Arm {
        image::Arm {
            target: self.target(arm, rtype),
            id: arm.id.clone(),
            health: arm.health,
            evaluate_target: arm.evaluate_target,
            weight: arm.weight,
            secondary: arm.secondary,
            continent: arm.continent.clone(),
            country: arm.country.clone(),
            subdivision: arm.subdivision.clone(),
            latitude: hundredths(arm.latitude),
            longitude: hundredths(arm.longitude),
            bias: arm.bias,
            region: arm.region.clone(),
            location: arm.location.clone(),
        }
    }

    fn target(&self, arm: &Arm, rtype: u16) -> Target {
        match (&arm.values, &arm.alias, &arm.hidden, &arm.outside) {
            (Some(values), None, None, None) => {
                image::to_records(arm.ttl, values.iter().map(|value| text::rdata(rtype, value)))
            }
            (None, Some(owner), None, None) => Target::Group { owner: name(owner), r#type: rtype },
            (None, None, Some(id), None) => Target::Hidden { id: id.clone(), owner: self.placing(id) },
            (None, None, None, Some(target)) => Target::Outside { target: name(target), r#type: rtype },
            _ => panic!("arm {:?}: exactly one of values, alias, hidden, outside", arm.id),
        }
    }

    /// The owner that places a hidden group; any name of the zone for one that is not there.
    fn placing(&self, id: &str) -> ByteBuf {
        let hidden = self.hidden.iter().find(|hidden| hidden.id == id);
        name(hidden.map_or(&self.apex, |hidden| &hidden.owner))
    }
}

fn name(text: &str) -> ByteBuf {
    ByteBuf::from(text::name(text))
}

impl Case {
    /// The question, unless the case gives a packet.
    pub fn asked(&self) -> Option<Question> {
        let words: Vec<&str> = self.ask.as_ref()?.split_whitespace().collect();
        let class = words.get(2).map_or(1, |class| text::class_number(class));
        let edns = self.edns().map(|edns| Edns {
            payload: edns.payload,
            version: edns.version,
            dnssec_ok: edns.dnssec_ok,
            options: options(&edns.options).into_iter().chain(self.subnet_option(0)).collect(),
        });
        let (name, rtype) = (text::name(words[0]), text::rtype_number(words[1]));
        Some(Question { name, rtype, class, rd: self.rd, cd: self.cd, edns })
    }

    /// EDNS of the query: a client subnet brings it along.
    pub fn edns(&self) -> Option<AskedEdns> {
        let plain = self.subnet.as_ref().map(|_| AskedEdns { payload: default_payload(), ..AskedEdns::default() });
        self.edns.clone().or(plain)
    }

    /// How the query comes, with this draw.
    pub fn arrival(&self, draw: u64) -> Arrival {
        let transport = if self.transport == "tcp" { Transport::Tcp } else { Transport::Udp };
        Arrival { now: self.now, ..Arrival::new(self.resolver(), transport, draw) }
    }

    /// The resolver that asks.
    pub fn resolver(&self) -> IpAddr {
        self.client.unwrap_or(CLIENT)
    }

    /// The client subnet as the explanation takes it.
    pub fn prefix(&self) -> Option<Prefix> {
        let (address, length) = place::network(self.subnet.as_ref()?);
        Some(Prefix::new(address, length))
    }

    /// The client subnet as an option: family and octets as written, also of IPv4-mapped addresses.
    fn subnet_option(&self, scope: u8) -> Option<(u16, Vec<u8>)> {
        let (address, length) = place::network(self.subnet.as_ref()?);
        Some((8, super::message::subnet(address, length, scope)))
    }

    /// The query's octets.
    pub fn octets(&self) -> Vec<u8> {
        match (self.asked(), &self.packet) {
            (Some(question), None) => question.packet(0x1234),
            (None, Some(hex)) => text::hex(hex),
            _ => panic!("{}: exactly one of ask and packet", self.what),
        }
    }

    /// The options that OPT of the reply holds, as a set.
    pub fn expected_options(&self) -> Vec<(u16, Vec<u8>)> {
        let text = self.ede_text.as_deref().unwrap_or_default();
        let ede = self.ede.map(|code| (15, [&code.to_be_bytes(), text.as_bytes()].concat()));
        let subnet = self.subnet_option(self.scope.unwrap_or(0));
        let mut expected: Vec<_> = options(&self.options).into_iter().chain(ede).chain(subnet).collect();
        expected.sort();
        expected
    }
}

fn options(options: &[(u16, String)]) -> Vec<(u16, Vec<u8>)> {
    options.iter().map(|(code, hex)| (*code, text::hex(hex))).collect()
}

/// An RCODE's number from its mnemonic.
pub fn rcode(text: &str) -> u16 {
    match text {
        "NOERROR" => 0,
        "FORMERR" => 1,
        "SERVFAIL" => 2,
        "NXDOMAIN" => 3,
        "NOTIMP" => 4,
        "REFUSED" => 5,
        "NOTAUTH" => 9,
        "BADVERS" => 16,
        "BADCOOKIE" => 23,
        _ => panic!("no RCODE: {text}"),
    }
}
