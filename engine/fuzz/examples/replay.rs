//! Sends mutated packets through real sockets: `cargo run --release --example replay -- 10000000`.
//!
//! Every reply must be a whole message. At the end nothing has panicked and memory has not grown. What is
//! sent depends on the number given alone, so that a failure can be repeated.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use meridian_engine::Engine;
use meridian_engine::decide::Draw;
use meridian_engine::io::{Listeners, TcpLimits};
use meridian_engine_fuzz::common::message;
use meridian_engine_fuzz::tables;

/// Packets sent before we wait for the last one's reply; they fit into the kernel's buffers.
const BURST: usize = 64;

/// Of so many packets one is sent over TCP.
const TCP_SHARE: u64 = 16;

/// Growth of memory that is no leak: buffers that were not used at first.
const SLACK: usize = 16 << 20; // octets

/// A reply that takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() {
    let total: u64 = std::env::args().nth(1).map_or(1_000_000, |text| text.parse().expect("a number of packets"));
    let mut served: Vec<Served> = tables::all().iter().zip(tables::engines()).map(Served::new).collect();
    let mut chance = Draw::new(total);
    let (start, mut sent, mut memory) = (Instant::now(), 0, None);
    while sent < total {
        let which = chance.below(served.len() as u64) as usize;
        served[which].burst(&mut chance);
        sent += BURST as u64;
        if memory.is_none() && sent > total / 10 {
            memory = Some(resident());
        }
    }
    let grown = resident().saturating_sub(memory.unwrap_or(0));
    println!("{sent} packets in {:.0?}, {grown} octets more than after a tenth of them", start.elapsed());
    assert!(grown < SLACK, "memory has grown by {grown} octets");
    for each in &served {
        let counters = each.engine.counters();
        assert!(counters.iter().all(|&(name, value)| name != "panics" || value == 0), "a panic: {counters:?}");
    }
}

/// One table's zones on sockets of their own, and a client of each transport.
struct Served {
    engine: Arc<Engine>,
    packets: Vec<Vec<u8>>,
    tcp_address: SocketAddr,
    udp: UdpSocket,
    _listeners: Listeners,
}

impl Served {
    fn new((table, engine): (&tables::Table, Arc<Engine>)) -> Self {
        let any = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0))];
        let listeners = Listeners::open(&engine, &any, &any, 1, TcpLimits::default()).expect("free ports");
        let udp = UdpSocket::bind(any[0]).expect("a free port");
        udp.connect(listeners.addresses().udp[0]).expect("connected");
        udp.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let (packets, tcp_address) =
            (table.case.iter().map(|case| case.octets()).collect(), listeners.addresses().tcp[0]);
        Self { engine, packets, tcp_address, udp, _listeners: listeners }
    }

    /// Sends mutated packets and a last one, and reads until the reply to that.
    fn burst(&mut self, chance: &mut Draw) {
        let packets: Vec<Vec<u8>> = (0..BURST).map(|_| self.mutated(chance)).collect();
        if chance.below(TCP_SHARE) == 0 { self.over_tcp(&packets, chance) } else { self.over_udp(&packets) }
    }

    fn over_udp(&self, packets: &[Vec<u8>]) {
        for packet in packets.iter().map(|packet| &packet[..]).chain([&LAST[..]]) {
            self.udp.send(packet).expect("sent");
        }
        let mut reply = [0; 4096];
        loop {
            let octets = self.udp.recv(&mut reply).expect("a reply to the last packet");
            if is_last(&reply[..octets]) {
                return;
            }
        }
    }

    /// In pieces of any length, as a network may deliver them.
    fn over_tcp(&self, packets: &[Vec<u8>], chance: &mut Draw) {
        let mut stream = TcpStream::connect(self.tcp_address).expect("connected");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        // What is shorter than a header would close the connection.
        let messages = packets.iter().map(|packet| &packet[..]).filter(|packet| packet.len() >= 12).chain([&LAST[..]]);
        let framed: Vec<u8> =
            messages.flat_map(|packet| [&(packet.len() as u16).to_be_bytes()[..], packet].concat()).collect();
        stream.set_nodelay(true).expect("pieces of their own");
        let mut rest = &framed[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(1 + chance.below(rest.len() as u64) as usize);
            stream.write_all(piece).expect("sent");
            rest = after;
        }
        loop {
            let mut prefix = [0; 2];
            stream.read_exact(&mut prefix).expect("a reply to the last packet");
            let mut reply = vec![0; usize::from(u16::from_be_bytes(prefix))];
            stream.read_exact(&mut reply).expect("a whole reply");
            if is_last(&reply) {
                return;
            }
        }
    }

    /// One of the packets with some octets set, put in, taken out, or cut off.
    fn mutated(&self, chance: &mut Draw) -> Vec<u8> {
        let mut packet = self.packets[chance.below(self.packets.len() as u64) as usize].clone();
        for _ in 0..=chance.below(4) {
            let at = chance.below(packet.len() as u64 + 1) as usize;
            let octet = chance.next() as u8;
            match chance.below(8) {
                0 => packet.truncate(at),
                1 => packet.insert(at, octet),
                2 if at < packet.len() => _ = packet.remove(at),
                3 => packet.extend_from_within(at..),
                _ if at < packet.len() => packet[at] = octet,
                _ => {}
            }
        }
        packet
    }
}

/// A query for the root's address in class CHAOS, which no table asks for; its id and question mark the reply.
const LAST: [u8; 17] = [0xFE, 0xED, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 3];

/// Whether this is the reply to the last packet: the same question. Anything else must be whole.
fn is_last(reply: &[u8]) -> bool {
    message::read(reply).unwrap_or_else(|error| panic!("{error}: {reply:02x?}"));
    reply[..2] == LAST[..2] && reply.get(12..17) == Some(&LAST[12..])
}

/// Octets of memory in use by this process.
fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").expect("Linux");
    statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("a number of pages") * 4096
}
