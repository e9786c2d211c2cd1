//! DNS over UDP: each thread has a socket of its own and works in batches.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::mmsg::{Batch, Slot, ignore_path_mtu, receive_destination};
use super::responder::Responder;
use crate::ahead::TOGETHER;

/// How long an idle thread waits before it looks whether to stop or to let go of an old snapshot.
const WAIT: Duration = Duration::from_millis(250);

/// Pause after an error that is the machine's and not a packet's (no memory), so as not to spin on it.
const PAUSE: Duration = Duration::from_millis(10);

/// Octets of kernel buffer asked for, each way: some 4,000 packets, a few milliseconds of the highest load.
/// The kernel gives no more than `net.core.rmem_max` and `net.core.wmem_max`.
const KERNEL_BUFFER: usize = 4 << 20;

/// Opens `count` sockets on one address; the kernel spreads clients over them (`SO_REUSEPORT`).
///
/// The first is bound alone and shares its port only then: a second server on the same address is
/// told so instead of silently taking a part of the queries.
///
/// # Errors
/// The address cannot be bound.
pub(super) fn open(address: SocketAddr, count: usize) -> io::Result<(SocketAddr, Vec<Socket>)> {
    let first = socket(address)?;
    first.bind(&SockAddr::from(address))?;
    first.set_reuse_port(true)?;
    let address = super::local_address(&first)?;
    let mut sockets = vec![first];
    for _ in 1..count {
        let next = socket(address)?;
        next.set_reuse_port(true)?;
        next.bind(&SockAddr::from(address))?;
        sockets.push(next);
    }
    Ok((address, sockets))
}

/// A socket with its options set, not yet bound.
fn socket(address: SocketAddr) -> io::Result<Socket> {
    let v6 = address.is_ipv6();
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if v6 {
        socket.set_only_v6(true)?; // IPv4 has sockets of its own.
    }
    if address.ip().is_unspecified() {
        receive_destination(&socket, v6)?; // A reply leaves from the address asked (RFC 2181 §4).
    }
    socket.set_read_timeout(Some(WAIT))?;
    // These make it better where they can; the socket serves without them.
    let _ = socket.set_recv_buffer_size(KERNEL_BUFFER);
    let _ = socket.set_send_buffer_size(KERNEL_BUFFER);
    let _ = ignore_path_mtu(&socket, v6);
    Ok(socket)
}

/// Answers what comes through `socket` until `stop` is set.
pub(super) fn serve(socket: &Socket, mut responder: Responder, stop: &AtomicBool) {
    let mut batch = Batch::new();
    responder.own = super::local_address(socket).unwrap_or(responder.own);
    responder.desk.server = responder.own;
    while !stop.load(Ordering::Relaxed) {
        if let Err(error) = batch.receive(socket) {
            after(&error, &responder);
        }
        responder.refresh();
        for slots in batch.received().chunks_mut(TOGETHER) {
            responder.answer_all(slots.iter_mut().map(Slot::asked));
        }
        responder.counters.send_errors.add_many(batch.send(socket));
    }
}

/// Counts an error other than that nothing came, and pauses.
fn after(error: &io::Error, responder: &Responder) {
    if !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) {
        responder.counters.receive_errors.add();
        thread::sleep(PAUSE);
    }
}
