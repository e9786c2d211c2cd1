//! The tables of places that Python writes mean here what they mean there (`tests/vectors/place`).

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use meridian_engine::place::latency::Level;
use meridian_engine::place::{Class, Geo, Latency, Order, Origin, Prefix};
use serde::Deserialize;

fn file(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/place").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn toml<T: serde::de::DeserializeOwned>(name: &str) -> T {
    toml::from_str(&String::from_utf8(file(name)).unwrap()).unwrap()
}

fn prefix(text: &str) -> Prefix {
    let (address, length) = text.split_once('/').unwrap_or((text, "128"));
    Prefix::new(address.parse().unwrap(), length.parse().unwrap())
}

#[derive(Deserialize)]
struct Places {
    case: Vec<PlaceCase>,
}

#[derive(Deserialize)]
struct PlaceCase {
    address: String,
    #[serde(default = "whole")]
    length: u8,
    place: Place,
    prefix_length: u8,
}

fn whole() -> u8 {
    128
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(default)]
#[derive(Default)]
struct Place {
    continent: String,
    country: String,
    subdivision: String,
    point: Option<(f64, f64)>,
}

fn shown(class: &Class) -> Place {
    Place {
        continent: class.continent.as_str().to_owned(),
        country: class.country.as_str().to_owned(),
        subdivision: class.subdivision.as_str().to_owned(),
        point: class.point.map(|point| (point.latitude(), point.longitude())),
    }
}

#[test]
fn clients_are_where_the_table_says() {
    let geo = Geo::load(&file("geo.table")).unwrap();
    let table: Places = toml("places.toml");

    assert_eq!("place vectors", geo.about().source);
    for case in table.case {
        let located = geo.locate(&Prefix::new(case.address.parse().unwrap(), case.length));

        let seen = (shown(located.class), located.prefix_length);
        assert_eq!((case.place, case.prefix_length), seen, "{}/{}", case.address, case.length);
    }
}

#[derive(Deserialize)]
struct Latencies {
    case: Vec<LatencyCase>,
}

#[derive(Deserialize)]
struct LatencyCase {
    about: String,
    client: String,
    region: String,
    ms: Option<f64>,
    level: Option<String>,
    #[serde(default)]
    samples: u16,
    #[serde(default)]
    age_hours: u16,
    prefix_length: u8,
}

impl LatencyCase {
    fn origin(&self) -> Origin {
        let (samples, age_hours) = (self.samples, self.age_hours);
        let level = match self.level.as_deref() {
            Some("site") => Level::Site,
            Some("network") => Level::Network,
            Some("subdivision") => Level::Subdivision,
            Some("country") => Level::Country,
            Some(other) => panic!("{}: level {other}", self.about),
            None => return if self.ms.is_some() { Origin::Prior } else { Origin::None },
        };
        Origin::Measured { samples, age_hours, level }
    }
}

#[test]
fn latencies_are_those_that_were_measured_or_the_prior() {
    let geo = Geo::load(&file("geo.table")).unwrap();
    let latency = Latency::load(&file("latency.msgpack")).unwrap();
    let table: Latencies = toml("latency.toml");

    for case in table.case {
        let client = prefix(&case.client);
        let estimates = latency.client(&client, geo.locate(&client));
        let estimate = estimates.latency(latency.region(&case.region).unwrap());

        assert_eq!(case.origin(), estimate.origin, "{}", case.about);
        match case.ms {
            Some(ms) => assert!((estimate.ms - ms).abs() < 0.1, "{}: {} for {ms}", case.about, estimate.ms),
            None => assert!(estimate.ms.is_infinite(), "{}", case.about),
        }
        assert_eq!(case.prefix_length, estimates.prefix_length(), "{}", case.about);
    }
}

/// Nearest first, of equals the first by id (R-LAT-10); regions of unknown latency have no place in it.
#[test]
fn the_order_of_regions_is_that_of_the_latencies() {
    let geo = Geo::load(&file("geo.table")).unwrap();
    let latency = Latency::load(&file("latency.msgpack")).unwrap();
    let order = Order::new(&geo, &latency);
    let mut lengths = BTreeSet::new();

    for case in toml::<Places>("places.toml").case {
        let client = prefix(&format!("{}/{}", case.address, case.length));
        let located = geo.locate(&client);
        let ms = |region: &usize| latency.client(&client, located).latency(*region).ms;
        let mut known: Vec<usize> = (0..latency.regions().len()).filter(|region| ms(region).is_finite()).collect();
        known.sort_by(|a, b| ms(a).total_cmp(&ms(b)).then(a.cmp(b)));
        if latency.own(&client, 0).latencies().next().is_none() {
            lengths.insert(known.len());
            assert_eq!(known, order.of(located.number).collect::<Vec<_>>(), "{}", case.address);
        }
    }

    assert_eq!(BTreeSet::from([0, latency.regions().len()]), lengths, "places known and unknown");
    assert_eq!(0, order.of(u32::MAX).count());
}

#[test]
fn lookups_take_no_memory() {
    let geo = Geo::load(&file("geo.table")).unwrap();
    let latency = Latency::load(&file("latency.msgpack")).unwrap();
    let clients = ["10.1.2.9/32", "198.51.101.1/24", "2001:db8:1:2::3/56", "203.0.113.1/32"].map(prefix);

    let counted = allocation_counter::measure(|| {
        for client in clients {
            let estimates = latency.client(&client, geo.locate(&client));
            let region = latency.region("eu-central-1").unwrap();
            std::hint::black_box((estimates.latency(region), estimates.prefix_length()));
        }
    });

    assert_eq!(0, counted.count_total);
}
