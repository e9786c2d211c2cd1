//! Packets in, packets out. The only room of the engine that knows sockets, threads and time.
//!
//! ```text
//! Listeners ──┬─ udp (threads × addresses) ── mmsg: batches of datagrams ─┐
//!             ├─ xdp (one thread a queue) ── rings: frames, if asked for ─┤
//!             └─ tcp (one thread) ── connection: frames, order, limits ───┴─▶ responder ─▶ respond
//! ```

mod connection;
mod fetch;
mod limits;
mod mmsg;
mod responder;
pub mod tap;
mod tcp;
mod udp;
pub mod xdp;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle, available_parallelism};

use mio::Waker;
use socket2::Socket;

pub use fetch::fetch;
pub use limits::TcpLimits;
use responder::Responder;

use crate::engine::Engine;

/// The addresses that are listened on, with their real ports, in the order asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// For DNS over UDP.
    pub udp: Vec<SocketAddr>,
    /// For DNS over TCP.
    pub tcp: Vec<SocketAddr>,
}

/// Open sockets and the threads that serve them. Dropping it stops them.
pub struct Listeners {
    addresses: Addresses,
    stop: Arc<AtomicBool>,
    wakers: Vec<Waker>,
    program: Option<xdp::Program>,
    threads: Vec<JoinHandle<()>>,
}

impl Listeners {
    /// Opens sockets on all the addresses and serves. Port 0 takes a free port, for UDP and TCP each its own.
    ///
    /// `threads` is the number of UDP threads for each address; 0: one for each core.
    ///
    /// # Errors
    /// An address cannot be bound or a thread cannot be started; then nothing is left open.
    pub fn open(
        engine: &Arc<Engine>,
        udp: &[SocketAddr],
        tcp: &[SocketAddr],
        threads: usize,
        limits: TcpLimits,
    ) -> io::Result<Self> {
        let mut listeners = Self::none();
        listeners.serve_tcp(engine, tcp, limits)?;
        listeners.serve_udp(engine, udp, threads_or_cores(threads))?;
        Ok(listeners)
    }

    /// Answers what comes over an interface for these UDP addresses past the kernel's network stack, one thread a
    /// receive queue. What is not taken there goes to the sockets, which must be open as well.
    ///
    /// An unspecified address stands for all that the machine has now. `mode` None: native where the interface's
    /// driver can, else generic.
    ///
    /// # Errors
    /// The interface is of no use for it, rights are missing, or another program is there; then nothing is left open.
    pub fn open_xdp(
        engine: &Arc<Engine>,
        interface: &str,
        addresses: &[SocketAddr],
        mode: Option<xdp::Mode>,
    ) -> io::Result<Self> {
        let mut listeners = Self::none();
        let opened = xdp::open(interface, addresses, mode);
        let (program, queues) =
            opened.map_err(|error| io::Error::new(error.kind(), format!("{interface}: {error}")))?;
        listeners.program = Some(program);
        let count = queues.len();
        for (index, queue) in queues.into_iter().enumerate() {
            let responder = Responder::new(engine).limited(count);
            listeners.spawn(format!("dns-xdp-{index}"), move |stop| xdp::serve(queue, responder, stop))?;
        }
        Ok(listeners)
    }

    fn none() -> Self {
        Self {
            addresses: Addresses::default(),
            stop: Arc::default(),
            wakers: Vec::new(),
            program: None,
            threads: Vec::new(),
        }
    }

    /// Where in the kernel frames are taken, and by how many threads; None: nothing is taken past it.
    pub fn xdp(&self) -> Option<(xdp::Mode, usize)> {
        self.program.as_ref().map(|program| (program.mode, self.threads.len()))
    }

    /// The addresses that are listened on.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Closes all sockets and ends the threads; takes a quarter of a second at most.
    pub fn stop(&mut self) {
        self.program = None; // From now on the kernel has all frames.
        self.stop.store(true, Ordering::Relaxed);
        for waker in self.wakers.drain(..) {
            let _ = waker.wake(); // Without it the thread sees `stop` at its next tick.
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join(); // A thread that panicked has ended, too.
        }
    }

    fn serve_tcp(&mut self, engine: &Arc<Engine>, addresses: &[SocketAddr], limits: TcpLimits) -> io::Result<()> {
        if addresses.is_empty() {
            return Ok(());
        }
        let mut opened = Vec::new();
        for &address in addresses {
            let (address, listener) = tcp::open(address).map_err(|error| naming("tcp", address, &error))?;
            self.addresses.tcp.push(address);
            opened.push(listener);
        }
        let (server, waker) = tcp::Server::new(opened, Responder::new(engine), limits)?;
        self.wakers.push(waker);
        self.spawn("dns-tcp".into(), move |stop| server.serve(stop))
    }

    fn serve_udp(&mut self, engine: &Arc<Engine>, addresses: &[SocketAddr], threads: usize) -> io::Result<()> {
        let mut opened = Vec::new();
        for &address in addresses {
            let (address, sockets) = udp::open(address, threads).map_err(|error| naming("udp", address, &error))?;
            self.addresses.udp.push(address);
            opened.extend(sockets);
        }
        for (index, socket) in opened.into_iter().enumerate() {
            let responder = Responder::new(engine).limited(threads);
            self.spawn(format!("dns-udp-{index}"), move |stop| udp::serve(&socket, responder, stop))?;
        }
        Ok(())
    }

    fn spawn(&mut self, name: String, work: impl FnOnce(&AtomicBool) + Send + 'static) -> io::Result<()> {
        let stop = Arc::clone(&self.stop);
        self.threads.push(thread::Builder::new().name(name).spawn(move || work(&stop))?);
        Ok(())
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        self.stop();
    }
}

fn threads_or_cores(threads: usize) -> usize {
    if threads > 0 { threads } else { available_parallelism().map_or(1, usize::from) }
}

/// The address that a socket was bound to.
fn local_address(socket: &Socket) -> io::Result<SocketAddr> {
    socket.local_addr()?.as_socket().ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
}

/// The error with the address it is about.
fn naming(transport: &str, address: SocketAddr, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot listen on {transport}://{address}: {error}"))
}
