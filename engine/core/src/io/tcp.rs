//! DNS over TCP: one thread, one event loop, all listeners and connections (RFC 7766, RFC 9210).

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::mem::take;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Token, Waker};
use slab::Slab;
use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, Type};

use super::connection::{Connection, Next, Worker};
use super::limits::TcpLimits;
use super::responder::Responder;

/// How often idle connections are looked for, and how long an idle thread holds an old snapshot.
const TICK: Duration = Duration::from_millis(250);

/// Connections that the kernel completes before we accept them; it gives no more than `net.core.somaxconn`.
const BACKLOG: i32 = 1024;

/// Octets that the kernel takes of one connection before it has sent those it took before.
const UNSENT: u32 = 65_536;

/// Connections accepted from one listener before others have their turn.
const ACCEPTS: usize = 64;

/// Events taken from the kernel at once; more wait there.
const EVENTS: usize = 256;

const WAKER: Token = Token(usize::MAX);

/// Listeners' tokens count down from here, those of connections count up from 0.
const FIRST_LISTENER: usize = usize::MAX - 1;

/// Opens a listening socket.
///
/// # Errors
/// The address cannot be bound.
pub(super) fn open(address: SocketAddr) -> io::Result<(SocketAddr, TcpListener)> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?; // IPv4 has listeners of its own.
    }
    socket.set_reuse_address(true)?; // A restart need not wait for old connections to time out.
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::from(address))?;
    socket.listen(BACKLOG)?;
    Ok((super::local_address(&socket)?, TcpListener::from_std(socket.into())))
}

/// The event loop and all it looks after.
pub(super) struct Server {
    poll: Poll,
    listeners: Vec<TcpListener>,
    connections: Slab<Connection>,
    clients: HashMap<IpAddr, usize>, // connections of each client, as `client_key` tells clients apart
    turns: BTreeSet<Token>,          // what has more to do without a new event
    worker: Worker,
    limits: TcpLimits,
    swept: Instant,
    spare: Option<File>, // a descriptor to accept with when there is no other
}

impl Server {
    /// A server for these listeners, and what wakes it when it is to stop.
    ///
    /// # Errors
    /// The kernel has no room for an event queue.
    pub(super) fn new(
        mut listeners: Vec<TcpListener>,
        responder: Responder,
        limits: TcpLimits,
    ) -> io::Result<(Self, Waker)> {
        let poll = Poll::new()?;
        for (index, listener) in listeners.iter_mut().enumerate() {
            poll.registry().register(listener, Token(FIRST_LISTENER - index), Interest::READABLE)?;
        }
        let waker = Waker::new(poll.registry(), WAKER)?;
        let server = Self {
            poll,
            listeners,
            connections: Slab::new(),
            clients: HashMap::new(),
            turns: BTreeSet::new(),
            worker: Worker::new(responder, limits.unread),
            limits,
            swept: Instant::now(),
            spare: spare(),
        };
        Ok((server, waker))
    }

    /// Serves until `stop` is set and the waker was used.
    pub(super) fn serve(mut self, stop: &AtomicBool) {
        let mut events = Events::with_capacity(EVENTS);
        while !stop.load(Ordering::Relaxed) {
            let wait = if self.turns.is_empty() { TICK } else { Duration::ZERO };
            if let Err(error) = self.poll.poll(&mut events, Some(wait)) {
                pause_after(&error);
            }
            self.worker.responder.refresh();
            self.worker.now = Instant::now();
            self.worker.responder.desk.idle = tenths(self.limits.idle_with(self.connections.len()));
            let mut due = take(&mut self.turns);
            due.extend(events.iter().map(|event| event.token()));
            for token in due {
                self.turn(token);
            }
            self.sweep();
        }
    }

    /// Gives a listener or a connection its turn.
    fn turn(&mut self, token: Token) {
        match token {
            WAKER => {}
            Token(token) => match FIRST_LISTENER - token {
                index if index < self.listeners.len() => self.accept(index),
                _ => self.advance(token),
            },
        }
    }

    /// Takes new connections.
    fn accept(&mut self, index: usize) {
        for _ in 0..ACCEPTS {
            match self.listeners[index].accept() {
                Ok((stream, client)) => self.admit(stream, client),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if is_passing(&error) => {}
                Err(error) => match self.accept_with_spare(index) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                    Err(_) => {
                        // No memory, or the spare one went elsewhere: make room, and look again.
                        self.displace();
                        pause_after(&error);
                        break;
                    }
                    Ok(()) => {}
                },
            }
        }
        self.turns.insert(Token(FIRST_LISTENER - index));
    }

    /// Takes one connection when the process has no descriptor left. The kernel refuses then whether a client waits
    /// or not, so room is made only after the spare descriptor showed that one does.
    ///
    /// # Errors
    /// Nobody waits (`WouldBlock`), or what the kernel is short of is something else.
    fn accept_with_spare(&mut self, index: usize) -> io::Result<()> {
        self.spare = None;
        let accepted = self.listeners[index].accept();
        if accepted.is_ok() {
            self.displace();
        }
        self.spare = spare();
        accepted.map(|(stream, client)| self.admit(stream, client))
    }

    /// Takes in one connection, unless its client has too many (RFC 7766 §6.2.2).
    fn admit(&mut self, stream: TcpStream, client: SocketAddr) {
        let held = self.clients.get(&client_key(client.ip())).copied().unwrap_or(0);
        if held >= self.limits.connections_per_client {
            self.worker.responder.counters.tcp_limited.add();
            return;
        }
        if self.connections.len() >= self.limits.connections {
            self.displace();
        }
        if self.register(stream, client).is_ok() {
            self.worker.responder.counters.tcp_connections.add();
        }
    }

    /// Has the kernel tell of this connection; it tells at once what can be read already.
    fn register(&mut self, mut stream: TcpStream, client: SocketAddr) -> io::Result<()> {
        let responder = &self.worker.responder;
        // Asked of the kernel only where somebody wants to know.
        let server = if responder.is_tapped() { stream.local_addr()? } else { responder.desk.server };
        let entry = self.connections.vacant_entry();
        let (token, interest) = (Token(entry.key()), Interest::READABLE | Interest::WRITABLE);
        stream.set_nodelay(true)?; // A reply never waits to share a segment with the next.
        // What a client does not take waits with us, where it is counted; the kernel's own buffer grows to megabytes.
        SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT)?;
        self.poll.registry().register(&mut stream, token, interest)?;
        entry.insert(Connection::new(stream, client, server, self.worker.now));
        *self.clients.entry(client_key(client.ip())).or_insert(0) += 1;
        Ok(())
    }

    /// Lets a connection go on, if it is still there.
    fn advance(&mut self, token: usize) {
        let Some(connection) = self.connections.get_mut(token) else {
            return;
        };
        match connection.turn(&mut self.worker) {
            Next::Client => {}
            Next::Turn => _ = self.turns.insert(Token(token)),
            Next::Close => self.close(token),
        }
    }

    /// Closes the connection that has been idle longest: a new client is worth more than an old one's silence.
    fn displace(&mut self) {
        let oldest = self.connections.iter().min_by_key(|(_, connection)| connection.active);
        if let Some((token, _)) = oldest {
            self.worker.responder.counters.tcp_limited.add();
            self.close(token);
        }
    }

    /// Closes connections that have been idle too long, or whose clients leave replies unread.
    fn sweep(&mut self) {
        let now = self.worker.now;
        if now.duration_since(self.swept) < TICK {
            return;
        }
        self.swept = now;
        let idle = self.limits.idle_with(self.connections.len());
        let over: Vec<(usize, bool)> = (self.connections.iter())
            .filter(|(_, connection)| now.duration_since(connection.active) >= idle)
            .map(|(token, connection)| (token, connection.is_unread()))
            .collect();
        let counters = Arc::clone(&self.worker.responder.counters);
        for (token, unread) in over {
            counters.tcp_limited.add_many(u64::from(unread));
            self.close(token);
        }
    }

    fn close(&mut self, token: usize) {
        let mut connection = self.connections.remove(token);
        deregister(self.poll.registry(), &mut connection.stream);
        let key = client_key(connection.client.ip());
        if let Some(held) = self.clients.get_mut(&key) {
            *held -= 1;
            if *held == 0 {
                self.clients.remove(&key);
            }
        }
    }
}

/// Closing the descriptor takes it out of the event queue as well, so a failure here changes nothing.
fn deregister(registry: &Registry, stream: &mut TcpStream) {
    let _ = registry.deregister(stream);
}

/// A time in units of 100 ms (RFC 7828 §3.1).
fn tenths(time: Duration) -> u16 {
    u16::try_from(time.as_millis() / 100).unwrap_or(u16::MAX)
}

/// A descriptor that is held only to be given up.
fn spare() -> Option<File> {
    File::open("/dev/null").ok()
}

/// Errors of one connection that ended before it was accepted, and interrupted calls (`accept(2)`).
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}

/// Pauses after an error that is the machine's, so as not to spin on it.
fn pause_after(error: &io::Error) {
    if error.kind() != ErrorKind::Interrupted {
        thread::sleep(Duration::from_millis(10));
    }
}

/// What counts as one client: an IPv4 address, or an IPv6 network of 64 bits, which is what one host is given.
fn client_key(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IPv4 clients are told apart by address, IPv6 clients by their first 64 bits.
    #[test]
    fn clients_are_told_apart() {
        let cases = [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8::1", "2001:db8::ffff:1", true),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
        ];
        for (one, other, same) in cases {
            let key = |text: &str| client_key(text.parse().expect("an address"));
            assert_eq!(key(one) == key(other), same, "{one} {other}");
        }
    }
}
