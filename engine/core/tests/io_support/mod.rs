//! What the tests of `io` share: an engine without zones, which refuses every question, and questions.

#![allow(dead_code)] // Each test file uses a part.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use meridian_engine::Engine;
use meridian_engine::io::{Listeners, TcpLimits};
use meridian_engine::snapshot::Settings;

/// Long enough for any step on a busy machine; reached only when a test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub fn engine() -> Arc<Engine> {
    Engine::new(Settings::default())
}

pub fn counter(engine: &Engine, name: &str) -> u64 {
    engine.counters().iter().find(|(key, _)| *key == name).expect("a counter").1
}

pub fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

pub fn loopback_v6() -> SocketAddr {
    (Ipv6Addr::LOCALHOST, 0).into()
}

pub fn udp(engine: &Arc<Engine>, address: SocketAddr, threads: usize) -> Listeners {
    Listeners::open(engine, &[address], &[], threads, TcpLimits::default()).expect("a free port")
}

pub fn tcp(engine: &Arc<Engine>, limits: TcpLimits) -> Listeners {
    Listeners::open(engine, &[], &[loopback()], 1, limits).expect("a free port")
}

/// A query for www.example.com. A, without EDNS.
pub fn query(id: u16) -> Vec<u8> {
    let mut packet = id.to_be_bytes().to_vec();
    packet.extend_from_slice(b"\x01\0\0\x01\0\0\0\0\0\0\x03www\x07example\x03com\0\0\x01\0\x01");
    packet
}

/// The packet with its length before it (RFC 1035 §4.2.2).
pub fn framed(packet: &[u8]) -> Vec<u8> {
    [&(packet.len() as u16).to_be_bytes()[..], packet].concat()
}

/// Tells whether this is the reply to `query(id)`: REFUSED, since the engine has no zone.
pub fn is_reply(packet: &[u8], id: u16) -> bool {
    packet.len() >= 12 && packet[..2] == id.to_be_bytes() && packet[2] & 0x80 != 0 && packet[3] & 0x0F == 5
}

/// Waits for a condition that other threads bring about.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        std::thread::yield_now();
    }
}
