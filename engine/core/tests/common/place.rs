//! Writers of the tables of places, independent of the control plane: from the rows of a table of cases.

use std::collections::BTreeSet;
use std::net::IpAddr;

use meridian_engine::Engine;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// What is known of the clients of a network. Degrees have at most two decimals.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub network: String,
    #[serde(default)]
    pub continent: String,
    #[serde(default)]
    pub country: String,
    #[serde(default)]
    pub subdivision: String,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
}

/// A CIDR collection.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cidr {
    pub id: String,
    pub blocks: std::collections::BTreeMap<String, Vec<String>>,
}

/// Regions, the line of the prior, and what was measured.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    pub base_ms: f64,
    pub ms_per_km: f64,
    pub regions: Vec<Region>,
    #[serde(default)]
    pub measured: Vec<Measured>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    pub id: String,
    pub latitude: f64,
    pub longitude: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    pub network: String,
    pub region: String,
    pub ms: f64,
}

/// Degrees as hundredths.
pub fn hundredths(degrees: f64) -> i16 {
    let hundredths = (degrees * 100.0).round();
    assert!((hundredths - degrees * 100.0).abs() < 1e-6, "{degrees}: more than two decimals");
    hundredths as i16
}

/// An address and a prefix length.
pub fn network(text: &str) -> (IpAddr, u8) {
    let (address, length) = text.split_once('/').unwrap_or_else(|| panic!("{text}: no network"));
    (address.parse().expect("an address"), length.parse().expect("a length"))
}

/// Puts all of a table's places in force.
pub fn put(engine: &Engine, places: &[Place], collections: &[Cidr], latency: Option<&Latency>) {
    engine.set_place("geo", &geo(places)).expect("a geolocation table");
    for collection in collections {
        engine.set_place(&format!("cidr/{}", collection.id), &cidr(collection)).expect("a CIDR collection");
    }
    if let Some(latency) = latency {
        engine.set_place("latency", &latencies(latency)).expect("a latency table");
    }
}

/// A network view: where it is, and the networks of its clients.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    pub id: String,
    pub clients: Vec<String>,
    #[serde(default)]
    pub continent: String,
    #[serde(default)]
    pub country: String,
    #[serde(default)]
    pub subdivision: String,
    pub latitude: f64,
    pub longitude: f64,
}

/// Puts a table's network views in force.
pub fn put_views(engine: &Engine, views: &[View]) {
    if !views.is_empty() {
        engine.set_place("views", &written_views(views)).expect("a table of views");
    }
}

// --- network views (engine/core/src/place/views.rs) ---------------------------------------------------

#[derive(Serialize)]
struct ViewsWire<'a> {
    format: u32,
    views: Vec<ViewWire<'a>>,
    blocks: Vec<(ByteBuf, u8, u32)>,
}

#[derive(Serialize)]
struct ViewWire<'a> {
    id: &'a str,
    continent: &'a str,
    country: &'a str,
    subdivision: &'a str,
    latitude: i16,
    longitude: i16,
}

pub fn written_views(views: &[View]) -> Vec<u8> {
    let blocks = (0..).zip(views).flat_map(|(number, view)| view.clients.iter().map(move |text| block(text, number)));
    let wire = ViewsWire { format: 1, views: views.iter().map(view_wire).collect(), blocks: blocks.collect() };
    rmp_serde::to_vec_named(&wire).expect("views")
}

fn view_wire(view: &View) -> ViewWire<'_> {
    ViewWire {
        id: &view.id,
        continent: &view.continent,
        country: &view.country,
        subdivision: &view.subdivision,
        latitude: hundredths(view.latitude),
        longitude: hundredths(view.longitude),
    }
}

// --- ranges -----------------------------------------------------------------------------------------

/// A network as first and last key: 32 bits of IPv4, the upper 64 of IPv6.
#[derive(Debug, Clone, Copy)]
struct Span {
    is_v6: bool,
    first: u64,
    last: u64,
}

impl Span {
    fn of(text: &str) -> Self {
        let (address, length) = network(text);
        let (is_v6, bits, key) = match address {
            IpAddr::V4(v4) => (false, 32, u64::from(v4.to_bits())),
            IpAddr::V6(v6) => (true, 64, (v6.to_bits() >> 64) as u64),
        };
        let host = u64::MAX.checked_shr(64 - bits + u32::from(length)).unwrap_or(0);
        assert_eq!(0, key & host, "{text}: bits behind the prefix");
        Self { is_v6, first: key, last: key | host }
    }

    fn holds(&self, key: u64) -> bool {
        (self.first..=self.last).contains(&key)
    }
}

/// The sections of one family: heads, first, lows, values.
struct Sections {
    parts: [Vec<u8>; 4],
    blocks: u32,
    ranges: u32,
}

/// Each key at which a network begins or has just ended, with the value that `value` gives it.
fn sections(spans: &[Span], is_v6: bool, mut value: impl FnMut(u64) -> u32) -> Sections {
    let bits = if is_v6 { 64 } else { 32 };
    let own = spans.iter().filter(|span| span.is_v6 == is_v6);
    let end = |span: &Span| span.last.checked_add(1).filter(|&key| bits == 64 || key >> bits == 0);
    let starts: BTreeSet<u64> = own.flat_map(|span| [Some(span.first), end(span)]).flatten().chain([0]).collect();
    let half = bits / 2;
    let octets = half as usize / 8;
    let mut sections = Sections { parts: Default::default(), blocks: 0, ranges: 0 };
    let mut head_before = None;
    for key in starts {
        let (head, low) = (key >> half, key & ((1 << half) - 1));
        if head_before != Some(head) {
            sections.parts[0].extend(&head.to_le_bytes()[..octets]);
            sections.parts[1].extend(sections.ranges.to_le_bytes());
            sections.blocks += 1;
            head_before = Some(head);
        }
        sections.parts[2].extend(&low.to_le_bytes()[..octets]);
        sections.parts[3].extend(value(key).to_le_bytes());
        sections.ranges += 1;
    }
    sections
}

// --- the geolocation table (engine/core/src/place/geo.rs) -------------------------------------------

#[derive(Serialize)]
struct Header {
    source: &'static str,
    date: &'static str,
    attribution: &'static str,
    classes: u32,
    v4: (u32, u32),
    v6: (u32, u32),
}

/// A class for each row; class 0 is the unknown place.
pub fn geo(places: &[Place]) -> Vec<u8> {
    let spans: Vec<Span> = places.iter().map(|place| Span::of(&place.network)).collect();
    let class = |is_v6: bool, key: u64| {
        let of = spans.iter().position(|span| span.is_v6 == is_v6 && span.holds(key));
        of.map_or(0, |at| at as u32 + 1)
    };
    let (v4, v6) = (sections(&spans, false, |key| class(false, key)), sections(&spans, true, |key| class(true, key)));
    let header = Header {
        source: "a table of cases",
        date: "2026-06-05",
        attribution: "",
        classes: places.len() as u32 + 1,
        v4: (v4.blocks, v4.ranges),
        v6: (v6.blocks, v6.ranges),
    };
    let header = rmp_serde::to_vec_named(&header).expect("a header");
    let mut file = b"MERIDGEO".to_vec();
    file.extend(1u32.to_le_bytes());
    file.extend((header.len() as u32).to_le_bytes());
    file.extend(header);
    file.extend(class_octets(["", "", ""], None));
    for place in places {
        let point = place.latitude.map(|latitude| (latitude, place.longitude.expect("a longitude")));
        file.extend(class_octets([&place.continent, &place.country, &place.subdivision], point));
    }
    file.extend(v4.parts.concat());
    file.extend(v6.parts.concat());
    file.extend(crc32(&file).to_le_bytes());
    file
}

fn class_octets(codes: [&str; 3], point: Option<(f64, f64)>) -> Vec<u8> {
    let mut octets = Vec::new();
    for (code, width) in codes.into_iter().zip([2, 2, 3]) {
        octets.extend(code.bytes().chain([0; 3]).take(width));
    }
    let (latitude, longitude) = point.map_or((i16::MIN, 0), |point| (hundredths(point.0), hundredths(point.1)));
    octets.extend(latitude.to_le_bytes());
    octets.extend(longitude.to_le_bytes());
    octets
}

/// CRC-32 bit by bit (ISO-HDLC), as the file has it at its end.
fn crc32(octets: &[u8]) -> u32 {
    let bit = |sum: u32, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
    !octets.iter().fold(u32::MAX, |sum, &octet| (0..8).fold(sum ^ u32::from(octet), bit))
}

// --- a CIDR collection (engine/core/src/place/locations.rs) -----------------------------------------

#[derive(Serialize)]
struct CidrWire<'a> {
    format: u32,
    locations: Vec<&'a str>,
    blocks: Vec<(ByteBuf, u8, u32)>,
}

fn block(text: &str, location: u32) -> (ByteBuf, u8, u32) {
    let (address, length) = network(text);
    let octets = match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    };
    (ByteBuf::from(octets), length, location)
}

pub fn cidr(collection: &Cidr) -> Vec<u8> {
    let numbered = (0..).zip(collection.blocks.values());
    let blocks = numbered.flat_map(|(location, texts)| texts.iter().map(move |text| block(text, location))).collect();
    let locations = collection.blocks.keys().map(String::as_str).collect();
    rmp_serde::to_vec_named(&CidrWire { format: 1, locations, blocks }).expect("a collection")
}

// --- the latency table (engine/core/src/place/latency.rs) -------------------------------------------

#[derive(Serialize)]
struct LatencyWire<'a> {
    format: u32,
    base_ms: f64,
    ms_per_km: f64,
    zone_of_country: [(&'a str, u8); 0],
    factors: [Vec<f64>; 0],
    regions: Vec<RegionWire<'a>>,
    measured: MeasuredWire,
}

#[derive(Serialize)]
struct RegionWire<'a> {
    id: &'a str,
    point: (i16, i16),
    zone: Option<u8>,
}

#[derive(Serialize)]
struct MeasuredWire {
    built: u64,
    v4: RangesWire,
    v6: RangesWire,
    countries: [(&'static str, &'static str, u32); 0],
    rows: ByteBuf,
    cells: ByteBuf,
}

#[derive(Serialize)]
struct RangesWire {
    heads: ByteBuf,
    first: ByteBuf,
    lows: ByteBuf,
    values: ByteBuf,
}

fn latencies(latency: &Latency) -> Vec<u8> {
    let mut regions: Vec<&Region> = latency.regions.iter().collect();
    regions.sort_by_key(|region| &region.id);
    let ids: Vec<&str> = regions.iter().map(|region| &*region.id).collect();
    let mut rows: Vec<Vec<u8>> = vec![vec![]];
    let spans: Vec<Span> = latency.measured.iter().map(|row| Span::of(&row.network)).collect();
    let [v4, v6] = [false, true].map(|is_v6| {
        let sections = sections(&spans, is_v6, |key| {
            let row = cells(latency, &spans, &ids, is_v6, key);
            let known = rows.iter().position(|other| *other == row);
            known.unwrap_or_else(|| {
                rows.push(row);
                rows.len() - 1
            }) as u32
        });
        let [heads, first, lows, values] = sections.parts.map(ByteBuf::from);
        RangesWire { heads, first, lows, values }
    });
    let ends = rows.iter().scan(0, |end, row| {
        *end += row.len() as u32 / 8;
        Some(*end)
    });
    let starts: Vec<u8> = [0].into_iter().chain(ends).flat_map(u32::to_le_bytes).collect();
    let measured = MeasuredWire { built: 0, v4, v6, countries: [], rows: starts.into(), cells: rows.concat().into() };
    let point = |region: &Region| (hundredths(region.latitude), hundredths(region.longitude));
    let table = LatencyWire {
        format: 1,
        base_ms: latency.base_ms,
        ms_per_km: latency.ms_per_km,
        zone_of_country: [],
        factors: [],
        regions: regions.iter().map(|region| RegionWire { id: &region.id, point: point(region), zone: None }).collect(),
        measured,
    };
    rmp_serde::to_vec_named(&table).expect("a latency table")
}

/// For each region the measurement of the longest network around a key: region, level, tenths of a
/// millisecond, samples, hours.
fn cells(latency: &Latency, spans: &[Span], ids: &[&str], is_v6: bool, key: u64) -> Vec<u8> {
    let mut cells = Vec::new();
    for (number, id) in ids.iter().enumerate() {
        let rows = latency.measured.iter().zip(spans);
        let around = rows.filter(|(row, span)| row.region == *id && span.is_v6 == is_v6 && span.holds(key));
        let Some((row, _)) = around.max_by_key(|(row, _)| network(&row.network).1) else { continue };
        let level = match network(&row.network).1 {
            24 | 48 => 0,
            20 | 40 => 1,
            _ => panic!("{}: measured are /24 and /20, /48 and /40", row.network),
        };
        cells.extend([number as u8, level]);
        cells.extend([(row.ms * 10.0).round() as u16, 10, 1].into_iter().flat_map(u16::to_le_bytes));
    }
    cells
}
