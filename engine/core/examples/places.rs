//! What a geolocation table costs: memory, loading, lookups.
//!
//! `cargo run --release --example places -- meridian-data/place/geo.table`

use std::hint::black_box;
use std::net::IpAddr;
use std::time::Instant;
use std::{env, fs};

use meridian_engine::place::{Geo, Prefix};

const LOOKUPS: usize = 1 << 20;
/// Upper 16 bits of crowded parts of the IPv6 space.
const IPV6_HEADS: [u16; 8] = [0x2001, 0x2400, 0x2405, 0x2600, 0x2804, 0x2a00, 0x2a02, 0x2a10];

fn main() {
    let path = env::args().nth(1).expect("give the file of a geolocation table");
    let before = resident_kib();
    let octets = fs::read(&path).expect("the file can be read");
    let start = Instant::now();
    let geo = Geo::load(&octets).expect("the table is good");
    let loaded = start.elapsed();
    drop(octets);
    println!("{} {}: {} places, ranges {:?}", geo.about().source, geo.about().date, geo.classes().len(), geo.ranges());
    println!("load: {loaded:?}; table: {:.1} MB", geo.octets() as f64 / 1e6);
    println!("resident: {:.1} MB more than before the file was read", (resident_kib() - before) as f64 * 1024.0 / 1e6);
    for (what, bits) in [("IPv4", 32u32), ("IPv6", 128)] {
        let known = known_addresses(&geo, bits);
        for round in 1..=3 {
            let start = Instant::now();
            for &address in &known {
                black_box(geo.locate(&Prefix::host(black_box(address))));
            }
            let each = start.elapsed().as_nanos() as f64 / known.len() as f64;
            println!("{what}, round {round}: {each:.0} ns a lookup of {} random addresses with a place", known.len());
        }
    }
}

/// Random addresses that the table knows; those of IPv6 from the parts that registries hand out in small blocks.
fn known_addresses(geo: &Geo, bits: u32) -> Vec<IpAddr> {
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state ^ (state >> 31)
    };
    let mut address = || match bits {
        32 => IpAddr::V4((random() as u32).into()),
        _ => {
            let random = random();
            let head = IPV6_HEADS[(random >> 60) as usize % IPV6_HEADS.len()];
            IpAddr::V6((u128::from(head) << 112 | u128::from(random << 16) << 48).into())
        }
    };
    let known = std::iter::repeat_with(&mut address).filter(|&one| !geo.locate(&Prefix::host(one)).class.is_unknown());
    known.take(LOOKUPS).collect()
}

/// Memory that this process has resident, in KiB; 0 where the system does not tell.
fn resident_kib() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
