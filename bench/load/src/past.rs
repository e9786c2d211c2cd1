//! Questions and answers past the kernel's network stack, by the engine's own AF_XDP rings.
//!
//! What the kernel does for a socket is left out on this side, so that the generator limits a run less: frames are
//! written into the ring and read from it, headers and checksums included. An answer with wrong checksums is a stray.
//!
//! IPv4 alone, and only to a neighbour on an Ethernet interface that the kernel knows the hardware address of.

use std::fs;
use std::io::{Error, Result};
use std::net::{IpAddr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::Duration;

use meridian_engine::io::xdp::frame::{Datagram, Station, empty, read};
use meridian_engine::io::xdp::{self, Program, Queue};

use crate::lane::Lane;

/// Where Linux tells the neighbours that it knows (`arp(7)`).
const NEIGHBOURS: &str = "/proc/net/arp";

/// How long to wait for an answer before it is looked for lost questions.
const LONGEST_REST: Duration = Duration::from_millis(10);

/// All source ports of a run, on one queue of an interface.
pub struct Past {
    queue: Queue,
    ports: Vec<Port>,
    _program: Program,
}

/// A source port: what goes out from it is written as the reply to a frame from the server.
struct Port {
    server: Datagram<'static>,
    number: u16,
    /// Keeps the port, so that nobody else is given it; nothing arrives here.
    _socket: UdpSocket,
}

impl Past {
    /// Takes what comes back to `ports` fresh source ports over the interface.
    pub fn open(interface: &str, server: SocketAddr, ports: usize) -> Result<Past> {
        let SocketAddr::V4(server) = server else { return Err(Error::other("--xdp is for IPv4 alone")) };
        let sockets: Vec<UdpSocket> = (0..ports).map(|_| reserve(server)).collect::<Result<_>>()?;
        let own: Vec<SocketAddr> = sockets.iter().map(UdpSocket::local_addr).collect::<Result<_>>()?;
        let (program, mut queues) = xdp::open(interface, &own, None)?;
        let (Some(queue), true) = (queues.pop(), queues.is_empty()) else {
            return Err(Error::other(format!("{interface}: --xdp is for one receive queue")));
        };
        let other = Station { mac: neighbour(&fs::read_to_string(NEIGHBOURS)?, server)?, address: server };
        let ports = sockets.into_iter().zip(own).map(|(socket, own)| Port::new(socket, own, other, program.mac));
        Ok(Past { queue, ports: ports.collect::<Result<_>>()?, _program: program })
    }
}

impl Port {
    fn new(socket: UdpSocket, own: SocketAddr, server: Station, mac: [u8; 6]) -> Result<Port> {
        let SocketAddr::V4(address) = own else { return Err(Error::other("no IPv4 address")) };
        // Kept to the end of the process: there are as many as ports.
        let frame = Box::leak(Box::new(empty(server, Station { mac, address })));
        let server = read(frame).ok_or_else(|| Error::other(format!("{} is no host", server.address)))?;
        Ok(Port { server, number: address.port(), _socket: socket })
    }
}

/// A socket on a fresh port, and on the address that this machine asks this server from.
fn reserve(server: SocketAddrV4) -> Result<UdpSocket> {
    let socket = UdpSocket::bind((IpAddr::from([0; 4]), 0))?;
    socket.connect(server)?;
    Ok(socket)
}

/// The hardware address of the server, of lines `ADDRESS TYPE FLAGS MAC MASK INTERFACE` below a heading.
fn neighbour(table: &str, server: SocketAddrV4) -> Result<[u8; 6]> {
    let address = server.ip().to_string();
    let lines = table.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    let known = lines.filter(|fields| fields.first() == Some(&address.as_str()));
    let mac = known.filter_map(|fields| from_text(fields.get(3)?)).find(|mac| *mac != [0; 6]);
    mac.ok_or_else(|| Error::other(format!("{address} is no neighbour that the kernel knows: `ip neigh` shows them")))
}

/// `02:00:00:00:00:01` as octets.
fn from_text(text: &str) -> Option<[u8; 6]> {
    let octets: Option<Vec<u8>> = text.split(':').map(|octet| u8::from_str_radix(octet, 16).ok()).collect();
    octets?.try_into().ok()
}

impl Lane for Past {
    /// At once: the driver's thread, without which nothing comes, may share the core.
    const IDLE_SWEEPS: u32 = 0;

    fn rest(&mut self) -> Result<()> {
        self.queue.wait(LONGEST_REST)
    }

    fn push(&mut self, packet: &[u8], port: usize, id: u16) {
        let server = &self.ports[port].server;
        // Without room, or too long for the interface, the question is lost, and counted so.
        self.queue.send(|frame| {
            let Some(room) = frame.get_mut(server.headers()..server.headers() + packet.len()) else { return 0 };
            room.copy_from_slice(packet);
            room[..2].copy_from_slice(&id.to_be_bytes());
            server.reply(frame, packet.len())
        });
    }

    fn send(&mut self) -> Result<()> {
        self.queue.flush();
        Ok(())
    }

    fn receive(&mut self) -> Result<usize> {
        Ok(self.queue.receive())
    }

    fn packet(&self, index: usize) -> Option<(usize, &[u8])> {
        let datagram = read(self.queue.frame(index))?;
        let number = datagram.destination().port();
        Some((self.ports.iter().position(|port| port.number == number)?, datagram.payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The neighbour's line has its hardware address; one that has not answered has zeros, and others have no line.
    #[test]
    fn neighbours() {
        let table = "IP address       HW type     Flags       HW address            Mask     Device\n\
                     192.0.2.53       0x1         0x6         02:00:00:00:00:0a     *        veth-client\n\
                     192.0.2.54       0x1         0x0         00:00:00:00:00:00     *        veth-client\n";
        let of = |address: &str| neighbour(table, address.parse().expect("an address")).ok();
        assert_eq!(of("192.0.2.53:53"), Some([2, 0, 0, 0, 0, 10]));
        assert_eq!((of("192.0.2.54:53"), of("192.0.2.5:53")), (None, None));
    }
}
