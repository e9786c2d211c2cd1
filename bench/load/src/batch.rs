//! A UDP socket that sends and receives many packets with one system call. All `unsafe` is here.

use std::io::{Error, ErrorKind, Result};
use std::mem::{size_of, zeroed};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr::null_mut;
use std::time::Duration;

use crate::lane::{Lane, PACKET};

/// A moment in which others have the core.
const PAUSE: Duration = Duration::from_micros(50);

/// Octets asked of the kernel for each socket's receive buffer.
static RECEIVE_BUFFER: libc::c_int = 1 << 20;

/// A connected socket, which is one source port, with room for `capacity` packets each way.
pub struct Batch {
    port: usize,
    socket: UdpSocket,
    outgoing: Messages,
    incoming: Messages,
    queued: usize,
}

/// Packet buffers and the kernel's descriptions of them. The boxes never move their contents.
struct Messages {
    packets: Box<[[u8; PACKET]]>,
    vectors: Box<[libc::iovec]>,
    headers: Box<[libc::mmsghdr]>,
}

impl Messages {
    fn new(capacity: usize) -> Messages {
        let mut packets = vec![[0; PACKET]; capacity].into_boxed_slice();
        let vectors: Box<[libc::iovec]> = packets
            .iter_mut()
            .map(|packet| libc::iovec { iov_base: packet.as_mut_ptr().cast(), iov_len: PACKET })
            .collect();
        let headers = (0..capacity)
            .map(|index| {
                // SAFETY: all-zero octets are a valid mmsghdr: null pointers and zero lengths.
                let mut header: libc::mmsghdr = unsafe { zeroed() };
                header.msg_hdr.msg_iov = vectors.as_ptr().wrapping_add(index).cast_mut();
                header.msg_hdr.msg_iovlen = 1;
                header
            })
            .collect();
        Messages { packets, vectors, headers }
    }
}

impl Batch {
    /// Opens a socket on a fresh source port, the run's `port`, and connects it, so that only the server's packets arrive.
    pub fn connect(server: SocketAddr, port: usize, capacity: usize) -> Result<Batch> {
        let any: SocketAddr = if server.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
        let socket = UdpSocket::bind(any)?;
        socket.connect(server)?;
        socket.set_nonblocking(true)?;
        // SAFETY: the descriptor is open, and the value lives through the call with the length given.
        unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_RCVBUF,
                (&raw const RECEIVE_BUFFER).cast(),
                size_of::<libc::c_int>() as libc::socklen_t,
            );
        }
        Ok(Batch { port, socket, outgoing: Messages::new(capacity), incoming: Messages::new(capacity), queued: 0 })
    }
}

impl Lane for Batch {
    const IDLE_SWEEPS: u32 = 64;

    fn rest(&mut self) -> Result<()> {
        std::thread::sleep(PAUSE);
        Ok(())
    }

    fn push(&mut self, packet: &[u8], _: usize, id: u16) {
        let room = &mut self.outgoing.packets[self.queued];
        room[..packet.len()].copy_from_slice(packet);
        room[..2].copy_from_slice(&id.to_be_bytes());
        self.outgoing.vectors[self.queued].iov_len = packet.len();
        self.queued += 1;
    }

    fn send(&mut self) -> Result<()> {
        let mut done = 0;
        while done < self.queued {
            let headers = &mut self.outgoing.headers[done..self.queued];
            // SAFETY: each header points at one live iovec, which points at one live packet buffer.
            let sent = unsafe {
                libc::sendmmsg(self.socket.as_raw_fd(), headers.as_mut_ptr(), headers.len() as libc::c_uint, 0)
            };
            match usize::try_from(sent) {
                Ok(sent) => done += sent,
                Err(_) => match passing(Error::last_os_error())? {
                    Passing::Interrupted => {}
                    Passing::Nothing => break,
                },
            }
        }
        self.queued = 0;
        Ok(())
    }

    fn receive(&mut self) -> Result<usize> {
        let headers = &mut self.incoming.headers;
        // SAFETY: each header points at one live iovec, which points at one live packet buffer.
        let received = unsafe {
            libc::recvmmsg(
                self.socket.as_raw_fd(),
                headers.as_mut_ptr(),
                headers.len() as libc::c_uint,
                libc::MSG_DONTWAIT,
                null_mut(),
            )
        };
        match usize::try_from(received) {
            Ok(received) => Ok(received),
            Err(_) => passing(Error::last_os_error()).map(|_| 0),
        }
    }

    fn packet(&self, index: usize) -> Option<(usize, &[u8])> {
        Some((self.port, &self.incoming.packets[index][..self.incoming.headers[index].msg_len as usize]))
    }
}

/// Errors of a socket after which one simply goes on.
enum Passing {
    Interrupted,
    Nothing,
}

/// Tells a passing error from one that ends the run. A refused connection is the last packet's: lost.
fn passing(error: Error) -> Result<Passing> {
    match error.kind() {
        ErrorKind::Interrupted => Ok(Passing::Interrupted),
        ErrorKind::WouldBlock | ErrorKind::ConnectionRefused => Ok(Passing::Nothing),
        _ => Err(error),
    }
}

/// Makes reading from here give up where nothing is to be read, rather than wait.
pub fn never_wait(input: &impl AsRawFd) -> Result<()> {
    // SAFETY: the descriptor is open; both calls take and return plain numbers.
    let done = unsafe {
        let flags = libc::fcntl(input.as_raw_fd(), libc::F_GETFL);
        libc::fcntl(input.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK)
    };
    if done == 0 { Ok(()) } else { Err(Error::last_os_error()) }
}

/// Keeps this process on one core.
pub fn keep_on_core(core: usize) -> Result<()> {
    // SAFETY: an all-zero set is an empty set; CPU_SET writes within it for cores below 1024, which
    // the options ensure; the set lives through the call with the length given.
    let done = unsafe {
        let mut set: libc::cpu_set_t = zeroed();
        libc::CPU_SET(core, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set)
    };
    if done == 0 { Ok(()) } else { Err(Error::other(format!("core {core}: {}", Error::last_os_error()))) }
}
