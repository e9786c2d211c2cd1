//! DNS over UDP past the kernel's network stack: AF_XDP, for one Ethernet interface.
//!
//! ```text
//!             ┌─ program ─ ours ──▶ socket of the queue ─ frame ─▶ responder ─▶ frame ─▶ socket
//! interface ──┤
//!             └─ all else ────────▶ the kernel, and the sockets beside this
//! ```
//!
//! The program decides what is ours (`program`); `frame` reads it again, and drops what is damaged. A reply
//! goes back to the MAC and IP addresses that the query came from, so no route is looked up.

mod bpf;
pub mod frame;
mod interface;
mod memory;
mod program;
mod socket;

use std::fmt::{Display, Formatter};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use interface::{Interface, own_addresses};
use memory::CHUNK;
use socket::{BATCH, Exchange, Socket};

use super::responder::{Asked, Ends, Responder};
use crate::ahead::TOGETHER;
use frame::Datagram;

/// How long an idle thread waits before it looks whether to stop or to let go of an old snapshot.
const WAIT: Duration = Duration::from_millis(250);

/// What the kernel asks of a process that uses XDP.
const RIGHTS: &str = "root, or CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW";

/// Where in the kernel frames are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In the interface's driver, before the kernel makes anything of a frame.
    Native,
    /// Behind the driver, for those that know nothing of XDP; slower.
    Generic,
}

impl Display for Mode {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Native => "native",
            Self::Generic => "generic",
        })
    }
}

/// The program at an interface. Dropping it takes the program away, and so does the end of the process.
pub struct Program {
    /// Where frames are taken.
    pub mode: Mode,
    /// The interface's own address.
    pub mac: [u8; 6],
    sockets: OwnedFd,
    _link: OwnedFd,
}

/// A queue's socket, and how large a frame may be that is sent.
pub struct Queue {
    socket: Socket,
    largest: usize, // octets
}

impl Queue {
    /// Takes a batch of frames that have come, without waiting, and lets go of the batch before. Returns how many.
    pub fn receive(&mut self) -> usize {
        self.socket.receive()
    }

    /// One of the frames of the last batch.
    pub fn frame(&self, index: usize) -> &[u8] {
        self.socket.frame(index)
    }

    /// Has `write` make a frame, which goes out with the next `flush`: it is given room, and returns the frame's
    /// length, 0 for none. False: there is no room, since the interface has yet to take what was sent before.
    pub fn send(&mut self, write: impl FnOnce(&mut [u8]) -> usize) -> bool {
        let largest = self.largest;
        self.socket.send(|room| write(&mut room[..largest]))
    }

    /// Waits until a frame has come, at most this long.
    ///
    /// # Errors
    /// What `poll(2)` says, or that the interface is gone (`NotConnected`).
    pub fn wait(&mut self, longest: Duration) -> io::Result<()> {
        self.socket.wait(longest)
    }

    /// Has the kernel send what is to be sent. What it does not take now goes out with the next.
    pub fn flush(&mut self) {
        self.socket.flush();
    }
}

/// Opens a socket for each queue of an interface, and has it get what is asked of `addresses` over UDP.
///
/// An unspecified address stands for all that the machine has now. `mode` None: native where the driver can,
/// else generic.
///
/// # Errors
/// The interface is of no use, rights are missing, or another program is there; then nothing is left open.
pub fn open(name: &str, addresses: &[SocketAddr], mode: Option<Mode>) -> io::Result<(Program, Vec<Queue>)> {
    let interface = Interface::find(name)?;
    let keys: Vec<_> = each(addresses)?.into_iter().map(program::key).collect();
    if keys.is_empty() {
        let reason = "there is no address to answer on, other than those of loopback";
        return Err(io::Error::new(io::ErrorKind::AddrNotAvailable, reason));
    }
    let make_maps = || Ok((bpf::address_map(&keys)?, bpf::socket_map(interface.queues)?));
    let (addresses, sockets) = make_maps().map_err(telling("make the program's maps"))?;
    let program = program::program(interface.mac, addresses.as_raw_fd(), sockets.as_raw_fd());
    let loaded = bpf::load(&program).map_err(telling("load the program"))?;
    // The maps live as long as the program does. Some drivers want it before they give a queue away.
    let attached = attach(&loaded, interface.index, mode);
    let (mode, link) = attached.map_err(telling("attach the program"))?;
    let program = Program { mode, mac: interface.mac, sockets, _link: link };
    let largest = CHUNK.min(frame::ETHERNET + interface.mtu);
    let mut queues = Vec::new();
    for queue in 0..interface.queues {
        let opened = Socket::open(interface.index, queue);
        let socket = opened.map_err(telling(&format!("open the socket of queue {queue}")))?;
        bpf::set_socket(&program.sockets, queue, socket.descriptor())?;
        queues.push(Queue { socket, largest });
    }
    Ok((program, queues))
}

/// Tells what failed and, where that is known, what would help.
fn telling(what: &str) -> impl Fn(io::Error) -> io::Error {
    move |error| {
        let remedy = match error.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => format!("; XDP needs {RIGHTS}"),
            Some(libc::ENOBUFS) => "; XDP needs CAP_IPC_LOCK, or leave to lock more memory".into(),
            Some(libc::EBUSY | libc::EEXIST) => "; another program has the interface".into(),
            Some(libc::EOPNOTSUPP) => "; the driver cannot, the generic mode can".into(),
            _ => String::new(),
        };
        io::Error::new(error.kind(), format!("cannot {what}: {error}{remedy}"))
    }
}

/// The addresses, each unspecified one replaced by all of its family; loopback is on no Ethernet.
fn each(addresses: &[SocketAddr]) -> io::Result<Vec<SocketAddr>> {
    let own = own_addresses()?;
    let of = |address: &SocketAddr| -> Vec<SocketAddr> {
        if !address.ip().is_unspecified() {
            return vec![*address];
        }
        let same_family = |ip: &&IpAddr| ip.is_ipv4() == address.is_ipv4();
        own.iter().filter(same_family).map(|ip| SocketAddr::new(*ip, address.port())).collect()
    };
    Ok(addresses.iter().flat_map(of).filter(|address| !address.ip().is_loopback()).collect())
}

fn attach(program: &OwnedFd, interface: u32, mode: Option<Mode>) -> io::Result<(Mode, OwnedFd)> {
    let native = || bpf::attach(program, interface, bpf::NATIVE).map(|link| (Mode::Native, link));
    let generic = || bpf::attach(program, interface, bpf::GENERIC).map(|link| (Mode::Generic, link));
    match mode {
        Some(Mode::Native) => native(),
        Some(Mode::Generic) => generic(),
        None => native().or_else(|error| if is_final(&error) { Err(error) } else { generic() }),
    }
}

/// Whether the generic mode would be refused for the same reason: no right, or another program is there.
fn is_final(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EPERM | libc::EACCES | libc::EBUSY | libc::EEXIST | libc::ENODEV))
}

/// Answers what comes through a queue until `stop` is set.
pub(super) fn serve(mut queue: Queue, mut responder: Responder, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        responder.refresh();
        let (count, dropped) = queue.socket.answer(|exchanges| answer(&mut responder, exchanges, queue.largest));
        responder.counters.frames_xdp.add_many(count as u64);
        responder.counters.send_errors.add_many(dropped);
        if count == BATCH {
            queue.socket.flush(); // More have come already.
        } else if let Err(error) = queue.socket.wait(WAIT) {
            after(&error, &responder);
        }
    }
}

/// Writes the frames that answer, each of at most `largest` octets.
fn answer(responder: &mut Responder, mut exchanges: [Option<Exchange<'_>>; TOGETHER], largest: usize) {
    let frames = exchanges.each_ref().map(|exchange| exchange.as_ref().map(|exchange| exchange.frame));
    let datagrams = frames.map(|frame| frame.and_then(frame::read));
    let others = frames.iter().flatten().count() - datagrams.iter().flatten().count();
    responder.counters.dropped.add_many(others as u64);
    let asked = exchanges.iter_mut().zip(&datagrams).filter_map(|(exchange, datagram)| {
        let (Exchange { out, octets, .. }, datagram) = (exchange.as_mut()?, datagram.as_ref()?);
        let out = &mut out[datagram.headers()..largest];
        Some(Asked { packet: datagram.payload, ends: datagram, out, octets })
    });
    responder.answer_all(asked);
    for (exchange, datagram) in exchanges.into_iter().flatten().zip(datagrams) {
        if let (Some(datagram), 1..) = (datagram, *exchange.octets) {
            *exchange.octets = datagram.reply(exchange.out, *exchange.octets);
        }
    }
}

impl Ends for &Datagram<'_> {
    fn client(self) -> Option<SocketAddr> {
        Some(self.sender())
    }

    fn server(self, _own: SocketAddr) -> SocketAddr {
        self.destination()
    }
}

/// Counts an error other than an interruption, and pauses: the interface may be gone for good.
fn after(error: &io::Error, responder: &Responder) {
    if error.kind() != io::ErrorKind::Interrupted {
        responder.counters.receive_errors.add();
        thread::sleep(WAIT);
    }
}
