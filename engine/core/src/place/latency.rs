//! How long a packet takes between a client and a region: measured where it was, else a guess.
//!
//! The guess, or *prior*, is a line over the distance with a factor for the pair of zones of the
//! world. An `Estimate` always says which of the two it is. `wire` is what the control plane writes
//! (`src/meridian/place/latency.py`).

use serde_bytes::Bytes;

use super::geo::{Class, Code, Located};
use super::octets::{Packed, numbers};
use super::ranges::Sections;
use super::sphere::Point;
use super::{Footprint, PlaceError, Prefix, Ranges, refuse};
use crate::fetch::Fetch;
use crate::name;

/// The encoding this engine reads.
pub const FORMAT: u32 = 1;
/// Most regions: a record set's regions fit a 64-bit set.
pub const MAX_REGIONS: usize = 64;
/// Most zones of the world; the last number stands for none.
const MAX_ZONES: usize = 254;
const NO_ZONE: u8 = 255;
/// Octets of a packed measurement.
const CELL_OCTETS: usize = 8;

/// A latency and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Round-trip time in milliseconds; infinite where nothing is known.
    pub ms: f64,
    /// Whether that was measured.
    pub origin: Origin,
}

/// Where a latency comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Measured by clients.
    Measured {
        /// Samples that count, after decay; the most that is written is 65,535.
        samples: u16,
        /// Hours from the newest sample to the moment the table was made (`Latency::built`).
        age_hours: u16,
        /// Whose samples these are, from near to far.
        level: Level,
    },
    /// Guessed from the distance.
    Prior,
    /// Nothing is known: the client or the region has no coordinates.
    None,
}

/// Who shares a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The client's /24 or /48.
    Site,
    /// The client's /20 or /40.
    Network,
    /// The client's subdivision.
    Subdivision,
    /// The client's country.
    Country,
}

/// A place that answers are labelled with (R-LAT-5).
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// Such as `eu-central-1`.
    pub id: String,
    /// Where it is, if known.
    pub point: Option<Point>,
    /// Hash of the id (`name::hash`).
    pub hash: u64,
    zone: u8,
}

/// The prior, the regions and what was measured. Immutable; lookups allocate nothing.
#[derive(Debug, Clone)]
pub struct Latency {
    base_ms: f64,
    ms_per_km: f64,
    /// Zone of each country, in order of the countries.
    zones: Box<[(Code<2>, u8)]>,
    /// Factor for each pair of zones, `zone × zone_count + zone`.
    factors: Box<[f64]>,
    zone_count: usize,
    /// In order of their ids.
    regions: Box<[Region]>,
    measured: Measured,
}

/// Measurements: a row of cells for each range of addresses and each country.
#[derive(Debug, Clone)]
struct Measured {
    built: u64,
    /// Row of each address; row 0 is empty.
    ranges: Ranges,
    /// Which networks have a row; None where none was measured.
    footprint: Option<Footprint>,
    /// Row of each country and subdivision, in their order.
    countries: Box<[CountryRow]>,
    /// First cell of each row; then the number of cells.
    rows: Box<[u32]>,
    /// Of each row nearest first, of equals the first region.
    cells: Box<[Cell]>,
}

/// A country, a subdivision of it or none, and the row of its cells.
type CountryRow = (Code<2>, Code<3>, u32);

#[derive(Debug, Clone, Copy)]
struct Cell {
    region: u8,
    level: Level,
    /// Tenths of a millisecond.
    tenths: u16,
    samples: u16,
    age_hours: u16,
}

/// Measurements of one network: few, if any.
#[derive(Debug, Clone, Copy)]
pub struct Own<'a> {
    cells: &'a [Cell],
    /// The row of these: networks of one row have the same measurements. 0: there are none.
    pub row: u32,
    /// Length of the largest block around the client, inside that of its place, that has these: 0 to 32, or to 64 for
    /// IPv6.
    pub prefix_length: u8,
}

/// One client's latencies, its tables found once for all regions.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    latency: &'a Latency,
    class: &'a Class,
    /// From near to far: the address's own, the subdivision's, the country's.
    rows: [u32; 3],
    prefix_length: u8,
}

impl Latency {
    /// Reads a table; refuses whatever does not fit together.
    pub fn load(octets: &[u8]) -> Result<Self, PlaceError> {
        let table: wire::Table<'_> = rmp_serde::from_slice(octets)
            .map_err(|error| PlaceError(format!("latency table: not readable: {error}")))?;
        if table.format != FORMAT {
            return refuse(format!("latency table: format {}; this engine reads {FORMAT}", table.format));
        }
        let zone_count = table.factors.len();
        let square = table.factors.iter().all(|row| row.len() == zone_count);
        let factors: Box<[f64]> = table.factors.into_iter().flatten().collect();
        let positive = |number: f64| number.is_finite() && number >= 0.0;
        if zone_count > MAX_ZONES || !square || !factors.iter().all(|&factor| positive(factor)) {
            return refuse("latency table: the factors are not a square of positive numbers");
        }
        if !positive(table.base_ms) || !positive(table.ms_per_km) {
            return refuse("latency table: base and slope must be positive numbers");
        }
        let regions = regions(table.regions, zone_count)?;
        let measured = Measured::read(table.measured, regions.len())?;
        let zones = zones(&table.zone_of_country, zone_count)?;
        let (base_ms, ms_per_km) = (table.base_ms, table.ms_per_km);
        Ok(Self { base_ms, ms_per_km, zones, factors, zone_count, regions, measured })
    }

    /// The number of a region, by its id.
    pub fn region(&self, id: &str) -> Option<usize> {
        self.regions.binary_search_by(|region| region.id.as_str().cmp(id)).ok()
    }

    /// All regions, in order of their ids.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// When the measurements were gathered, in seconds since the epoch.
    pub fn built(&self) -> u64 {
        self.measured.built
    }

    /// Finds what is known of a client, for any number of regions.
    pub fn client<'a>(&'a self, client: &Prefix, located: Located<'a>) -> Client<'a> {
        let (row, prefix_length) = self.row(client, located.prefix_length);
        let client = self.clients(located.class);
        let [_, subdivision, country] = client.rows;
        Client { rows: [row, subdivision, country], prefix_length, ..client }
    }

    /// What is known of clients of a class, apart from measurements of their own networks.
    pub fn clients<'a>(&'a self, class: &'a Class) -> Client<'a> {
        let subdivision = self.measured.country(class.country, class.subdivision);
        let country = self.measured.country(class.country, Code::UNKNOWN);
        Client { latency: self, class, rows: [0, subdivision, country], prefix_length: 0 }
    }

    /// Fetches what finding a client's row begins with.
    #[inline]
    pub fn fetch_block(&self, client: &Prefix, fetch: impl Fetch) {
        if let Some(footprint) = &self.measured.footprint {
            footprint.fetch(client, fetch);
            self.measured.ranges.fetch_block(client, fetch);
        }
    }

    /// Fetches what is left of it, once that is there.
    #[inline]
    pub fn fetch_range(&self, client: &Prefix, fetch: impl Fetch) {
        if self.measured.footprint.as_ref().is_some_and(|footprint| footprint.has(client)) {
            self.measured.ranges.fetch_range(client, fetch);
        }
    }

    /// The row of what was measured of a client's own network, 0 for nothing, and the length of the largest block around
    /// the client that has these, of `within` bits or more: up to 32, or to 64 for IPv6.
    #[inline]
    pub fn row(&self, client: &Prefix, within: u8) -> (u32, u8) {
        let Some(footprint) = &self.measured.footprint else {
            return (0, within);
        };
        match footprint.silent(client, within) {
            Some(length) => (0, length),
            None => self.searched(client, within),
        }
    }

    #[inline(never)]
    fn searched(&self, client: &Prefix, within: u8) -> (u32, u8) {
        let (row, length) = self.measured.ranges.find(client);
        (row, length.max(within))
    }

    /// What was measured of a client's own network, in its block of `within` bits.
    pub fn own(&self, client: &Prefix, within: u8) -> Own<'_> {
        let (row, prefix_length) = self.row(client, within);
        Own { cells: self.measured.row(row), row, prefix_length }
    }

    /// Numbers of the regions whose latency is known for clients of a class whose own network was not measured,
    /// nearest first; of equals the first by id (R-LAT-10).
    pub fn order(&self, class: &Class) -> impl Iterator<Item = u8> {
        let clients = self.clients(class);
        let mut known: Vec<(f64, u8)> = (0..self.regions.len())
            .map(|region| (clients.latency(region).ms, region as u8))
            .filter(|(ms, _)| ms.is_finite())
            .collect();
        known.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        known.into_iter().map(|(_, region)| region)
    }

    /// The prior for a client of this class (place.md §3): None without coordinates.
    fn prior(&self, class: &Class, region: &Region) -> Option<f64> {
        let km = class.point?.distance_km(region.point.as_ref()?);
        let zone = self.zones.binary_search_by_key(&class.country, |&(country, _)| country);
        let factor = match zone {
            Ok(at) if region.zone != NO_ZONE => {
                self.factors[usize::from(self.zones[at].1) * self.zone_count + usize::from(region.zone)]
            }
            _ => 1.0,
        };
        Some((self.base_ms + km * self.ms_per_km) * factor)
    }

    /// Octets held in memory, but for the ids of regions.
    pub fn octets(&self) -> usize {
        let Measured { ranges, footprint, rows, cells, .. } = &self.measured;
        let footprint = footprint.as_ref().map_or(0, Footprint::octets);
        ranges.octets() + footprint + size_of_val(&**rows) + size_of_val(&**cells)
    }
}

impl Own<'_> {
    /// The regions that were measured, a bit for each number.
    pub fn regions(&self) -> u64 {
        self.cells.iter().fold(0, |regions, cell| regions | 1 << cell.region)
    }

    /// The regions that were measured, by number, with their latencies in milliseconds: nearest first, of equals the
    /// first by id (R-LAT-10).
    pub fn latencies(&self) -> impl Iterator<Item = (usize, f64)> {
        self.cells.iter().map(|cell| (usize::from(cell.region), cell.ms()))
    }
}

impl Client<'_> {
    /// The latency to a region, by its number; one that does not exist is nothing known.
    pub fn latency(&self, region: usize) -> Estimate {
        let measured = self.rows.into_iter().find_map(|row| self.latency.measured.cell(row, region));
        if let Some(cell) = measured {
            let Cell { level, samples, age_hours, .. } = cell;
            let origin = Origin::Measured { samples, age_hours, level };
            return Estimate { ms: cell.ms(), origin };
        }
        match self.latency.regions.get(region).and_then(|region| self.latency.prior(self.class, region)) {
            Some(ms) => Estimate { ms, origin: Origin::Prior },
            None => Estimate { ms: f64::INFINITY, origin: Origin::None },
        }
    }

    /// The row of what was measured of its own network; 0: there is none.
    pub fn row(&self) -> u32 {
        self.rows[0]
    }

    /// Length of the largest block around the client that has all these latencies: 0 to 32, or to 64 for IPv6.
    pub fn prefix_length(&self) -> u8 {
        self.prefix_length
    }
}

impl Measured {
    fn nothing() -> Self {
        let (ranges, rows) = (Ranges::everywhere(0), [0, 0].into());
        Self { built: 0, ranges, footprint: None, countries: [].into(), rows, cells: [].into() }
    }

    fn read(measured: Option<wire::Measured<'_>>, regions: usize) -> Result<Self, PlaceError> {
        let Some(measured) = measured else {
            return Ok(Self::nothing());
        };
        if measured.cells.len() % CELL_OCTETS != 0 {
            return refuse("latency table: cells are not whole");
        }
        let mut cells: Box<[Cell]> = measured
            .cells
            .chunks_exact(CELL_OCTETS)
            .map(|octets| Cell::read(octets, regions))
            .collect::<Result<_, _>>()?;
        let rows: Box<[u32]> = numbers(measured.rows, "latency rows")?;
        let ends_fit = rows.first() == Some(&0) && rows.last().map(|&last| last as usize) == Some(cells.len());
        if rows.len() < 2 || !ends_fit || rows[1] != 0 || !rows.is_sorted() {
            return refuse("latency table: the rows do not fit the cells");
        }
        for row in rows.windows(2) {
            cells[row[0] as usize..row[1] as usize].sort_by_key(|cell| (cell.tenths, cell.region));
        }
        let limit = (rows.len() - 1) as u32;
        let ranges = Ranges::read(measured.v4.sections(), measured.v6.sections(), limit)?;
        let footprint = (!cells.is_empty()).then(|| Footprint::new(&ranges));
        let countries = countries(&measured.countries, limit)?;
        Ok(Self { built: measured.built, ranges, footprint, countries, rows, cells })
    }

    fn row(&self, row: u32) -> &[Cell] {
        &self.cells[self.rows[row as usize] as usize..self.rows[row as usize + 1] as usize]
    }

    fn cell(&self, row: u32, region: usize) -> Option<Cell> {
        self.row(row).iter().find(|cell| usize::from(cell.region) == region).copied()
    }

    fn country(&self, country: Code<2>, subdivision: Code<3>) -> u32 {
        let found = self.countries.binary_search_by_key(&(country, subdivision), |&(a, b, _)| (a, b));
        found.map_or(0, |at| self.countries[at].2)
    }
}

impl Cell {
    fn ms(&self) -> f64 {
        f64::from(self.tenths) / 10.0
    }

    fn read(octets: &[u8], regions: usize) -> Result<Self, PlaceError> {
        let number = |at: usize| u16::read(&octets[at..at + 2]);
        if usize::from(octets[0]) >= regions {
            return refuse(format!("latency table: a cell of region {}; there are {regions}", octets[0]));
        }
        let level = match octets[1] {
            0 => Level::Site,
            1 => Level::Network,
            2 => Level::Subdivision,
            3 => Level::Country,
            other => return refuse(format!("latency table: a cell of level {other}; there are 4")),
        };
        Ok(Self { region: octets[0], level, tenths: number(2), samples: number(4), age_hours: number(6) })
    }
}

fn regions(written: Vec<wire::Region<'_>>, zones: usize) -> Result<Box<[Region]>, PlaceError> {
    if written.len() > MAX_REGIONS {
        return refuse(format!("latency table: {} regions; at most {MAX_REGIONS}", written.len()));
    }
    if !written.is_sorted_by(|a, b| a.id < b.id) {
        return refuse("latency table: the regions are not in order of their ids, each once");
    }
    let region = |written: wire::Region<'_>| {
        let point = written.point.map(|(latitude, longitude)| Point::new(latitude, longitude)).transpose()?;
        let zone = written.zone.unwrap_or(NO_ZONE);
        if zone != NO_ZONE && usize::from(zone) >= zones {
            return refuse(format!("latency table: region {} is in zone {zone}; there are {zones}", written.id));
        }
        Ok(Region { id: written.id.to_owned(), point, hash: name::hash(written.id.as_bytes()), zone })
    };
    written.into_iter().map(region).collect()
}

fn zones(written: &[(&str, u8)], count: usize) -> Result<Box<[(Code<2>, u8)]>, PlaceError> {
    let pair = |&(country, zone): &(&str, u8)| match Code::new(country) {
        Some(code) if usize::from(zone) < count => Ok((code, zone)),
        _ => refuse(format!("latency table: country '{country}' in zone {zone}; there are {count}")),
    };
    let zones: Box<[(Code<2>, u8)]> = written.iter().map(pair).collect::<Result<_, _>>()?;
    if !zones.is_sorted_by(|a, b| a.0 < b.0) {
        return refuse("latency table: the countries of zones are not in order, each once");
    }
    Ok(zones)
}

fn countries(written: &[(&str, &str, u32)], rows: u32) -> Result<Box<[CountryRow]>, PlaceError> {
    let row = |&(country, subdivision, row): &(&str, &str, u32)| match (Code::new(country), Code::new(subdivision)) {
        (Some(country), Some(subdivision)) if country.is_known() && row < rows => Ok((country, subdivision, row)),
        _ => refuse(format!("latency table: row {row} for '{country}' '{subdivision}'; there are {rows}")),
    };
    let countries: Box<[CountryRow]> = written.iter().map(row).collect::<Result<_, _>>()?;
    if !countries.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)) {
        return refuse("latency table: the countries are not in order, each once");
    }
    Ok(countries)
}

/// The encoding, field for field as the control plane writes it.
mod wire {
    use super::{Bytes, Sections};

    #[derive(serde::Deserialize)]
    pub struct Table<'a> {
        pub format: u32,
        pub base_ms: f64,
        pub ms_per_km: f64,
        #[serde(borrow)]
        pub zone_of_country: Vec<(&'a str, u8)>,
        pub factors: Vec<Vec<f64>>,
        #[serde(borrow)]
        pub regions: Vec<Region<'a>>,
        #[serde(borrow, default)]
        pub measured: Option<Measured<'a>>,
    }

    #[derive(serde::Deserialize)]
    pub struct Region<'a> {
        pub id: &'a str,
        pub point: Option<(i16, i16)>,
        pub zone: Option<u8>,
    }

    #[derive(serde::Deserialize)]
    pub struct Measured<'a> {
        pub built: u64,
        #[serde(borrow)]
        pub v4: Ranges<'a>,
        #[serde(borrow)]
        pub v6: Ranges<'a>,
        #[serde(borrow)]
        pub countries: Vec<(&'a str, &'a str, u32)>,
        #[serde(borrow)]
        pub rows: &'a Bytes,
        #[serde(borrow)]
        pub cells: &'a Bytes,
    }

    #[derive(serde::Deserialize)]
    pub struct Ranges<'a> {
        #[serde(borrow)]
        pub heads: &'a Bytes,
        #[serde(borrow)]
        pub first: &'a Bytes,
        #[serde(borrow)]
        pub lows: &'a Bytes,
        #[serde(borrow)]
        pub values: &'a Bytes,
    }

    impl<'a> Ranges<'a> {
        pub fn sections(&self) -> Sections<'a> {
            Sections { heads: self.heads, first: self.first, lows: self.lows, values: self.values }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::Geo;
    use super::super::geo::NOWHERE;
    use super::*;

    /// Two zones, three regions of which one has no coordinates, and 198.51.100.0/24 measured to
    /// the first; all of Texas has 80 ms to the second, the US 90 ms to both.
    fn table() -> Vec<u8> {
        octets(|_| ())
    }

    fn octets(change: impl FnOnce(&mut Value)) -> Vec<u8> {
        let narrow = |numbers: &[u16]| json!(numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>());
        let wide = |numbers: &[u32]| json!(numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>());
        let cells: [[u16; 4]; 4] = [[0, 123, 40, 3], [0x0201, 800, 9, 1], [0x0300, 900, 65535, 2], [0x0301, 900, 7, 2]];
        let mut table = json!({
            "format": 1, "base_ms": 6.0, "ms_per_km": 0.01, "added_later": 1,
            "zone_of_country": [["DE", 0], ["US", 1]],
            "factors": [[1.0, 1.5], [1.5, 2.0]],
            "regions": [
                {"id": "eu-central-1", "point": [5011, 868], "zone": 0},
                {"id": "us-east-1", "point": [3904, -7749], "zone": 1},
                {"id": "x-nowhere", "point": null, "zone": null},
            ],
            "measured": {
                "built": 1_790_000_000,
                "v4": {"heads": narrow(&[0, 0xc633]), "first": wide(&[0, 1]), "lows": narrow(&[0, 0x6400, 0x6500]),
                       "values": wide(&[0, 1, 0])},
                "v6": {"heads": wide(&[0]), "first": wide(&[0]), "lows": wide(&[0]), "values": wide(&[0])},
                "countries": [["US", "", 3], ["US", "TX", 2]],
                "rows": wide(&[0, 0, 1, 2, 4]),
                "cells": narrow(&cells.concat()),
            },
        });
        change(&mut table);
        packed(&table)
    }

    /// JSON as MessagePack; lists of numbers below the keys of sections become octets.
    fn packed(table: &Value) -> Vec<u8> {
        fn value(key: &str, json: &Value) -> rmpv::Value {
            let section = ["heads", "first", "lows", "values", "rows", "cells"].contains(&key);
            match json {
                Value::Array(list) if section => {
                    rmpv::Value::Binary(list.iter().map(|octet| octet.as_u64().unwrap() as u8).collect())
                }
                Value::Array(list) => list.iter().map(|item| value("", item)).collect::<Vec<_>>().into(),
                Value::Object(map) => {
                    rmpv::Value::Map(map.iter().map(|(key, item)| (key.as_str().into(), value(key, item))).collect())
                }
                Value::String(text) => text.as_str().into(),
                Value::Number(number) => {
                    number.as_i64().map_or_else(|| number.as_f64().unwrap().into(), rmpv::Value::from)
                }
                Value::Bool(flag) => (*flag).into(),
                Value::Null => rmpv::Value::Nil,
            }
        }
        let mut octets = Vec::new();
        rmpv::encode::write_value(&mut octets, &value("", table)).unwrap();
        octets
    }

    fn class(country: &str, subdivision: &str, point: Option<(i16, i16)>) -> Class {
        Class {
            continent: Code::UNKNOWN,
            country: Code::new(country).unwrap(),
            subdivision: Code::new(subdivision).unwrap(),
            point: point.map(|(latitude, longitude)| Point::new(latitude, longitude).unwrap()),
        }
    }

    #[test]
    fn the_nearest_measurement_wins_and_the_prior_fills_the_rest() {
        use Level::{Country, Site, Subdivision};
        let latency = Latency::load(&table()).unwrap();
        let measured = |samples, age_hours, level| Origin::Measured { samples, age_hours, level };
        let (munich, texas) = (class("DE", "", Some((4814, 1158))), class("US", "TX", Some((3000, -9700))));
        let (ohio, lyon) = (class("US", "OH", None), class("FR", "", Some((4576, 484))));
        let frankfurt_km = munich.point.unwrap().distance_km(latency.regions()[0].point.as_ref().unwrap());
        let cases = [
            ("198.51.100.7", &munich, "eu-central-1", 12.3, measured(40, 3, Site), 24),
            ("198.51.101.7", &munich, "eu-central-1", 6.0 + frankfurt_km / 100.0, Origin::Prior, 24),
            ("198.51.100.7", &texas, "eu-central-1", 12.3, measured(40, 3, Site), 24),
            ("198.51.100.7", &texas, "us-east-1", 80.0, measured(9, 1, Subdivision), 24),
            ("203.0.113.7", &texas, "eu-central-1", 90.0, measured(65535, 2, Country), 16),
            ("203.0.113.7", &ohio, "us-east-1", 90.0, measured(7, 2, Country), 16),
            ("203.0.113.7", &munich, "x-nowhere", f64::INFINITY, Origin::None, 16),
            ("203.0.113.7", &NOWHERE, "eu-central-1", f64::INFINITY, Origin::None, 16),
            // A country without a zone has factor 1.
            ("203.0.113.7", &lyon, "us-east-1", 6.0 + 64.97, Origin::Prior, 16),
        ];
        for (address, class, region, ms, origin, prefix_length) in cases {
            let located = Located { number: 1, class, prefix_length: 16 };
            let client = latency.client(&Prefix::host(address.parse().unwrap()), located);
            let estimate = client.latency(latency.region(region).unwrap());

            assert_eq!(origin, estimate.origin, "{address} {region}");
            assert!(
                estimate.ms == ms || (estimate.ms - ms).abs() < 0.05,
                "{address} {region}: {} for {ms}",
                estimate.ms
            );
            assert_eq!(prefix_length, client.prefix_length(), "{address} {region}");
        }
    }

    #[test]
    fn the_factor_is_that_of_the_pair_of_zones() {
        let latency = Latency::load(&octets(|table| table["measured"] = Value::Null)).unwrap();
        let there = |country: &str, region: usize| {
            let class = class(country, "", Some((0, 0)));
            let located = Located { number: 1, class: &class, prefix_length: 0 };
            latency.client(&Prefix::host([192, 0, 2, 1].into()), located).latency(region).ms
        };

        assert!((there("DE", 0) * 1.5 - there("US", 0)).abs() < 1e-9);
        assert!((there("US", 1) - there("FR", 1) * 2.0).abs() < 1e-9);
        assert_eq!(there("DE", 0), there("FR", 0));
        assert!(there("DE", 99).is_infinite());
    }

    #[test]
    fn tables_that_do_not_fit_together_are_refused() {
        type Change = fn(&mut Value);
        let cases: [(&str, Change); 16] = [
            ("another format", |t| t["format"] = json!(2)),
            ("a negative base", |t| t["base_ms"] = json!(-1.0)),
            ("factors that are no square", |t| t["factors"] = json!([[1.0, 1.0]])),
            ("a negative factor", |t| t["factors"][0][0] = json!(-1.0)),
            ("a zone that is none", |t| t["zone_of_country"][0][1] = json!(2)),
            ("countries out of order", |t| t["zone_of_country"][0][0] = json!("ZA")),
            ("a country that is no code", |t| t["zone_of_country"][0][0] = json!("d")),
            ("a region off the earth", |t| t["regions"][0]["point"] = json!([9001, 0])),
            ("regions out of order", |t| t["regions"][0]["id"] = json!("zz")),
            ("a region in a zone that is none", |t| t["regions"][0]["zone"] = json!(9)),
            ("a cell of a region that is none", |t| t["measured"]["cells"][0] = json!(3)),
            ("a cell of a level that is none", |t| t["measured"]["cells"][1] = json!(4)),
            ("half a cell", |t| t["measured"]["cells"] = json!([0, 0, 0])),
            ("rows past the cells", |t| t["measured"]["rows"][16] = json!(9)),
            ("a range of a row that is none", |t| t["measured"]["v4"]["values"][4] = json!(4)),
            ("a country of a row that is none", |t| t["measured"]["countries"][0][2] = json!(4)),
        ];
        assert!(Latency::load(&table()).is_ok());
        for (what, change) in cases {
            assert!(Latency::load(&octets(change)).is_err(), "{what}");
        }
        let many: Vec<Value> =
            (0..65).map(|n| json!({"id": format!("r{n:02}"), "point": null, "zone": null})).collect();
        assert!(Latency::load(&octets(|table| table["regions"] = json!(many))).is_err());
    }

    proptest! {
        #[test]
        fn a_forged_table_is_refused_or_looked_up_in_safely(
            forgeries in prop::collection::vec((0usize..1000, any::<u8>()), 1..4),
            address in any::<u32>(),
        ) {
            let mut octets = table();
            for (at, octet) in forgeries {
                let at = at % octets.len();
                octets[at] = octet;
            }

            if let Ok(latency) = Latency::load(&octets) {
                let geo = Geo::default();
                let client = &Prefix::host(std::net::IpAddr::V4(address.into()));
                for region in 0..4 {
                    prop_assert!(latency.client(client, geo.locate(client)).latency(region).ms >= 0.0);
                }
            }
        }
    }
}
