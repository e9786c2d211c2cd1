//! One TCP connection: length-prefixed queries in, replies out in the same order (RFC 1035 §4.2.2, RFC 7766).
//!
//! ```text
//!            ┌─ room and a whole query ─▶ answer ─┐
//!   turn ────┤                                    ├──▶ write ──▶ turn
//!            └─ otherwise ──────────────▶ read ───┘
//! ```
//!
//! Nothing is read while replies wait unread beyond the limit: the client's own window fills, and it
//! waits for itself.

use std::io::{ErrorKind, Read, Result, Write};
use std::mem::take;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Instant;

use mio::net::TcpStream;

use super::responder::Responder;
use crate::respond::Transport;
use crate::transfer::{Next as Made, Stream};

const PREFIX: usize = 2; // octets of a message's length, RFC 1035 §4.2.2
const SHORTEST: usize = 12; // octets of a header, RFC 1035 §4.1.1
const LONGEST: usize = 65_535; // octets of a message

/// Octets read at once: some 300 queries, and more than one of any usual size.
const READ: usize = 16_384;

/// Octets of waiting replies that a client must take within the idle time; fewer, if fewer wait.
///
/// In 10 s that is 6.5 kB/s, the rate of a modem. Octet by octet nobody holds a connection.
const SHARE: usize = 65_536;

/// Rounds of reading, answering and writing in a turn; then other connections have theirs.
const ROUNDS: usize = 4;

/// What one thread uses for all its connections in turn, so that an idle one holds no memory.
pub(super) struct Worker {
    /// Answers.
    pub(super) responder: Responder,
    /// The time of this round of turns.
    pub(super) now: Instant,
    unread: usize, // octets of replies from which a connection waits for its client
    read: Box<[u8]>,
    reply: Box<[u8]>,
}

impl Worker {
    pub(super) fn new(responder: Responder, unread: usize) -> Self {
        let (read, reply) = (vec![0; READ].into(), vec![0; LONGEST].into());
        Self { responder, now: Instant::now(), unread, read, reply }
    }
}

/// What a connection needs next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The client must send or read something.
    Client,
    /// Another turn.
    Turn,
    /// To be closed.
    Close,
}

/// A client's connection.
pub(super) struct Connection {
    /// The socket, not blocking.
    pub(super) stream: TcpStream,
    /// The client's address.
    pub(super) client: SocketAddr,
    server: SocketAddr,
    /// When a query was last answered with no reply unread, or enough replies were taken; the start of idleness.
    pub(super) active: Instant,
    input: Vec<u8>,                // read, not answered: less than a message and a read
    output: Vec<u8>,               // replies not taken: less than the limit and a message
    owed: usize,                   // octets of these that the client has to take before it counts as active again
    ended: bool,                   // the client sends no more; it may still read
    transfer: Option<Box<Stream>>, // under way; what was asked after it waits
}

impl Connection {
    /// A connection that was accepted now; `server` is our own address, as far as it is known.
    pub(super) fn new(stream: TcpStream, client: SocketAddr, server: SocketAddr, now: Instant) -> Self {
        Self {
            stream,
            client,
            server,
            active: now,
            input: Vec::new(),
            output: Vec::new(),
            owed: 0,
            ended: false,
            transfer: None,
        }
    }

    /// Whether the client leaves replies unread.
    pub(super) fn is_unread(&self) -> bool {
        !self.output.is_empty()
    }

    /// Reads, answers and writes as far as the client lets it, or until others should have a turn.
    pub(super) fn turn(&mut self, worker: &mut Worker) -> Next {
        worker.responder.desk.server = self.server;
        for _ in 0..ROUNDS {
            match self.round(worker) {
                Ok(Next::Turn) => {}
                Ok(next) => return next,
                Err(_) => return Next::Close, // The client has gone.
            }
        }
        Next::Turn
    }

    fn round(&mut self, worker: &mut Worker) -> Result<Next> {
        let is_dns = self.answer(worker);
        self.write(worker.now)?;
        if !is_dns {
            return Ok(Next::Close);
        }
        if self.output.len() >= worker.unread {
            return Ok(Next::Client);
        }
        if self.transfer.is_some() || self.whole_query().is_some() {
            return Ok(Next::Turn);
        }
        if self.ended {
            return Ok(if self.output.is_empty() { Next::Close } else { Next::Client });
        }
        self.read(&mut worker.read)
    }

    /// Answers the whole queries that were read, while there is room. False: this is no DNS, or cannot go on.
    fn answer(&mut self, worker: &mut Worker) -> bool {
        let mut done = 0;
        if !self.go_on(worker) {
            return false;
        }
        while let Some(length) = message_length(&self.input[done..]) {
            let (start, end) = (done + PREFIX, done + PREFIX + length);
            if length < SHORTEST {
                return false;
            }
            if end > self.input.len() || self.output.len() >= worker.unread || self.transfer.is_some() {
                break;
            }
            self.answer_one(start..end, worker);
            done = end;
            if !self.go_on(worker) {
                return false;
            }
        }
        consume(&mut self.input, done);
        true
    }

    fn answer_one(&mut self, query: Range<usize>, worker: &mut Worker) {
        let (packet, reply) = (&self.input[query], &mut worker.reply);
        self.transfer = worker.responder.begin_transfer(packet, self.client);
        if self.transfer.is_none() {
            let octets = worker.responder.answer(packet, self.client, Transport::Tcp, reply);
            self.put(octets, worker);
        }
    }

    /// Makes messages of the transfer under way, while there is room. False: it cannot go on.
    fn go_on(&mut self, worker: &mut Worker) -> bool {
        while self.output.len() < worker.unread
            && let Some(stream) = &mut self.transfer
        {
            match worker.responder.next_of(stream, self.client, &mut worker.reply) {
                Made::Message(octets) => self.put(octets, worker),
                Made::End => self.transfer = None,
                Made::Stuck => return false,
            }
        }
        true
    }

    /// Adds the worker's reply of so many octets to what is to be written; 0: there is none.
    fn put(&mut self, octets: usize, worker: &Worker) {
        if octets > 0 {
            if self.output.is_empty() {
                self.active = worker.now; // Who leaves replies unread is idle, however much is asked.
            }
            self.output.extend_from_slice(&(octets as u16).to_be_bytes());
            self.output.extend_from_slice(&worker.reply[..octets]);
        }
    }

    /// The length of the first query, if all of it was read.
    fn whole_query(&self) -> Option<usize> {
        message_length(&self.input).filter(|length| PREFIX + length <= self.input.len())
    }

    /// Writes as many of the replies as the client takes.
    fn write(&mut self, now: Instant) -> Result<()> {
        while !self.output.is_empty() {
            match self.stream.write(&self.output) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(octets) => self.taken(octets, now),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Notes that the client has taken so many octets of the replies.
    fn taken(&mut self, octets: usize, now: Instant) {
        consume(&mut self.output, octets);
        self.owed = self.owed.saturating_sub(octets);
        if self.owed == 0 {
            self.active = now;
            self.owed = self.output.len().min(SHARE);
        }
    }

    /// Reads once.
    fn read(&mut self, room: &mut [u8]) -> Result<Next> {
        match self.stream.read(room) {
            Ok(0) => self.ended = true,
            Ok(octets) => self.input.extend_from_slice(&room[..octets]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Next::Client),
            Err(error) => return Err(error),
        }
        Ok(Next::Turn)
    }
}

/// The length prefix at the start of `octets`, if both of its octets are there.
fn message_length(octets: &[u8]) -> Option<usize> {
    octets.first_chunk().map(|prefix| usize::from(u16::from_be_bytes(*prefix)))
}

/// Takes `count` octets off the front; an emptied buffer gives its memory back.
fn consume(buffer: &mut Vec<u8>, count: usize) {
    if count == buffer.len() {
        take(buffer);
    } else {
        buffer.drain(..count);
    }
}
