//! Batches of datagrams: `recvmmsg(2)`, `sendmmsg(2)` and the socket options they need, behind safe types.
//!
//! All memory that the kernel reads or writes stands in the slots of a [`Batch`], allocated once.
//! Message headers point into the slots. Those for receiving are made once, of pointers that stay good because
//! `Slots` lends out what it was made from; those for sending are written anew before each call.

#![allow(unsafe_code)]

use std::io;
use std::mem::{offset_of, size_of, size_of_val, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::AsRawFd;
use std::ptr::{self, NonNull};

use libc::{c_int, cmsghdr, iovec, mmsghdr, sockaddr_in, sockaddr_in6, sockaddr_storage, socklen_t};
use socket2::Socket;

use super::responder::{Asked, Ends};

/// Datagrams a system call. More gain little: at 64 a call costs each packet a few nanoseconds.
pub(super) const BATCH: usize = 64;

/// Octets of a query that are read. What is cut off is padding or no query; real ones stay below 512.
const PACKET: usize = 4096;

/// Octets of the largest reply over UDP, the upper bound of the setting `udp_payload`.
const REPLY: usize = 4096;

/// Octets of ancillary data; one `in6_pktinfo` takes 40.
const CONTROL: usize = 64;

/// Ancillary data, aligned as its header must be (`cmsg(3)`).
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; CONTROL]);

/// Octets of a line of the processor's cache.
const LINE: usize = 64;

/// One datagram received, and the reply to it.
///
/// What is small, and what there is of a peer's address, stands in one line of the cache; packet and reply begin lines
/// of their own.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Slot {
    packet_octets: usize,
    reply_octets: usize, // 0: no reply
    ends: Addresses,
    before_packet: [u8; 40],
    packet: [u8; PACKET],
    before_reply: [u8; LINE],
    reply: [u8; REPLY],
}

/// Between which addresses a datagram went, as the kernel writes them.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Addresses {
    control_octets: u32,
    peer_octets: socklen_t,
    peer: sockaddr_storage,
    control: Control,
}

const _: () = assert!(offset_of!(Slot, packet) % LINE == 0 && offset_of!(Slot, reply) % LINE == 0);
/// So that the first octets of all packets do not fall into the same lines of the cache.
const _: () = assert!(size_of::<Slot>() / LINE % 2 == 1);

impl Slot {
    fn empty() -> Self {
        Self {
            packet_octets: 0,
            reply_octets: 0,
            // SAFETY: integers, and a sockaddr_storage, for which all zeros is a value too (AF_UNSPEC).
            ends: unsafe { zeroed() },
            before_packet: [0; 40],
            packet: [0; PACKET],
            before_reply: [0; LINE],
            reply: [0; REPLY],
        }
    }

    /// The datagram, with room for the reply to it.
    #[inline]
    pub(super) fn asked(&mut self) -> Asked<'_, &Addresses> {
        let (packet, out) = (&self.packet[..self.packet_octets], &mut self.reply[..]);
        Asked { packet, ends: &self.ends, out, octets: &mut self.reply_octets }
    }
}

impl Ends for &Addresses {
    #[inline]
    fn client(self) -> Option<SocketAddr> {
        let (family, octets) = (c_int::from(self.peer.ss_family), self.peer_octets as usize);
        let peer = &raw const self.peer;
        if family == libc::AF_INET && octets >= size_of::<sockaddr_in>() {
            // SAFETY: a sockaddr_storage is large and aligned enough for any address, and the kernel
            // has written at least a sockaddr_in of plain integers.
            let v4 = unsafe { &*peer.cast::<sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddr::from((ip, u16::from_be(v4.sin_port))))
        } else if family == libc::AF_INET6 && octets >= size_of::<sockaddr_in6>() {
            // SAFETY: as above, with sockaddr_in6.
            let v6 = unsafe { &*peer.cast::<sockaddr_in6>() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            Some(SocketAddrV6::new(ip, u16::from_be(v6.sin6_port), v6.sin6_flowinfo, v6.sin6_scope_id).into())
        } else {
            None
        }
    }

    fn server(self, own: SocketAddr) -> SocketAddr {
        SocketAddr::new(self.destination().unwrap_or(own.ip()), own.port())
    }
}

impl Addresses {
    /// The address that the packet was sent to, where the kernel was asked to tell it.
    fn destination(&self) -> Option<IpAddr> {
        if (self.control_octets as usize) < size_of::<cmsghdr>() {
            return None;
        }
        let control = self.control.0.as_ptr();
        // SAFETY: the kernel wrote a whole cmsghdr at the start, and Control is aligned for it.
        let header = unsafe { &*control.cast::<cmsghdr>() };
        let (level, kind, octets) = (header.cmsg_level, header.cmsg_type, header.cmsg_len);
        // SAFETY: CMSG_LEN and CMSG_DATA compute sizes and addresses only. Each arm reads one field of plain octets of a
        // structure that its guard has shown to lie within the octets which the kernel wrote.
        unsafe {
            let data = libc::CMSG_DATA(control.cast());
            match (level, kind) {
                (libc::IPPROTO_IP, libc::IP_PKTINFO) if octets >= message_octets::<libc::in_pktinfo>() => {
                    let address = (&raw const (*data.cast::<libc::in_pktinfo>()).ipi_addr).read_unaligned();
                    Some(Ipv4Addr::from(u32::from_be(address.s_addr)).into())
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) if octets >= message_octets::<libc::in6_pktinfo>() => {
                    let address = (&raw const (*data.cast::<libc::in6_pktinfo>()).ipi6_addr).read_unaligned();
                    Some(Ipv6Addr::from(address.s6_addr).into())
                }
                _ => None,
            }
        }
    }

    /// Turns "was sent to this address, through this interface" into "send from this address".
    ///
    /// The interface is cleared: routing chooses it, as it would without ancillary data.
    fn forget_interface(&mut self) {
        let control = self.control.0.as_mut_ptr();
        if (self.control_octets as usize) < size_of::<cmsghdr>() {
            self.control_octets = 0;
            return;
        }
        // SAFETY: the kernel wrote a whole cmsghdr at the start, and Control is aligned for it.
        let header = unsafe { &*control.cast::<cmsghdr>() };
        let (level, kind, octets) = (header.cmsg_level, header.cmsg_type, header.cmsg_len);
        // SAFETY: CMSG_LEN and CMSG_DATA compute sizes and addresses only. Each arm writes one integer
        // of a structure that its guard has shown to lie within the octets which the kernel wrote.
        unsafe {
            let data = libc::CMSG_DATA(control.cast());
            match (level, kind) {
                (libc::IPPROTO_IP, libc::IP_PKTINFO) if octets >= message_octets::<libc::in_pktinfo>() => {
                    (&raw mut (*data.cast::<libc::in_pktinfo>()).ipi_ifindex).write_unaligned(0);
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) if octets >= message_octets::<libc::in6_pktinfo>() => {
                    (&raw mut (*data.cast::<libc::in6_pktinfo>()).ipi6_ifindex).write_unaligned(0);
                }
                _ => self.control_octets = 0,
            }
        }
    }
}

/// Octets of a control message with `T` as its data.
fn message_octets<T>() -> usize {
    // SAFETY: CMSG_LEN is arithmetic on its argument.
    unsafe { libc::CMSG_LEN(size_of::<T>() as u32) as usize }
}

/// Room for [`BATCH`] datagrams and their replies.
pub(super) struct Batch {
    slots: Slots,
    incoming: Messages, // each points at the slot of its number
    outgoing: Messages,
    received: usize, // slots in use
}

/// Slots by the pointer that all others to them are taken from.
struct Slots(NonNull<[Slot]>);

impl Slots {
    fn new() -> Self {
        let slots: Box<[Slot]> = vec![Slot::empty(); BATCH].into();
        Self(NonNull::from(Box::leak(slots)))
    }

    /// The first so many.
    fn first(&mut self, count: usize) -> &mut [Slot] {
        // SAFETY: the slots are there until `self` is dropped, and it is borrowed mutably as long as they are lent; the
        // kernel reads and writes them during its calls alone.
        unsafe { &mut self.0.as_mut()[..count] }
    }
}

impl Drop for Slots {
    fn drop(&mut self) {
        // SAFETY: `new` has leaked this box, and nobody else takes it back.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// What a system call goes by: for each message a header, and the vector that it points at.
struct Messages {
    headers: Box<[mmsghdr]>,
    vectors: Box<[iovec]>,
}

impl Messages {
    fn new() -> Self {
        // SAFETY: mmsghdr is plain data for which all zeros is a value (no name, no data).
        let header: mmsghdr = unsafe { zeroed() };
        let vector = iovec { iov_base: ptr::null_mut(), iov_len: 0 };
        Self { headers: vec![header; BATCH].into(), vectors: vec![vector; BATCH].into() }
    }
}

impl Batch {
    pub(super) fn new() -> Self {
        let (slots, mut incoming) = (Slots::new(), Messages::new());
        for (at, (header, vector)) in incoming.headers.iter_mut().zip(&mut incoming.vectors).enumerate() {
            // SAFETY: there are as many slots as headers, and only addresses of their fields are taken.
            let (peer, control, packet) = unsafe {
                let slot = slots.0.cast::<Slot>().add(at).as_ptr();
                (&raw mut (*slot).ends.peer, &raw mut (*slot).ends.control, &raw mut (*slot).packet)
            };
            vector.iov_base = packet.cast();
            vector.iov_len = PACKET;
            header.msg_hdr.msg_name = peer.cast();
            header.msg_hdr.msg_iov = vector;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control = control.cast();
            offer(header);
        }
        Self { slots, incoming, outgoing: Messages::new(), received: 0 }
    }

    /// Waits for one datagram as long as the socket's read timeout says, and takes all that are there.
    ///
    /// # Errors
    /// What `recvmmsg(2)` says; `WouldBlock` when the time is over.
    pub(super) fn receive(&mut self, socket: &Socket) -> io::Result<()> {
        // The kernel has written what it used into the headers that it took up last.
        self.incoming.headers[..self.received].iter_mut().for_each(offer);
        self.received = 0;
        // SAFETY: each header points at a name, one vector and control data of its own slot, with
        // their true sizes; `self` is borrowed mutably for the whole call, so nothing else sees them.
        let count = unsafe {
            let headers = self.incoming.headers.as_mut_ptr();
            libc::recvmmsg(socket.as_raw_fd(), headers, BATCH as _, libc::MSG_WAITFORONE as _, ptr::null_mut())
        };
        self.received = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        for (slot, header) in self.slots.first(self.received).iter_mut().zip(&self.incoming.headers) {
            slot.ends.peer_octets = header.msg_hdr.msg_namelen;
            slot.ends.control_octets = header.msg_hdr.msg_controllen as u32;
            slot.packet_octets = (header.msg_len as usize).min(PACKET);
            slot.reply_octets = 0;
            slot.ends.forget_interface();
        }
        Ok(())
    }

    /// The datagrams of the last `receive`.
    pub(super) fn received(&mut self) -> &mut [Slot] {
        self.slots.first(self.received)
    }

    /// Sends the replies, each to its sender and from the address that it was sent to. Returns how
    /// many the kernel did not take; those are gone.
    ///
    /// Never waits: a sender who does not exist can fill the socket's buffer through an address that
    /// never resolves, and must not hold up the others.
    pub(super) fn send(&mut self, socket: &Socket) -> u64 {
        let due = self.point_at_replies();
        let (mut next, mut dropped) = (0, 0);
        while next < due {
            // SAFETY: `point_at_replies` made each of these headers point at name, vector and control
            // data of a slot, with their true sizes, and the whole batch is borrowed mutably here.
            match unsafe { send_some(socket, &mut self.outgoing.headers[next..due]) } {
                Ok(count) => next += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return dropped + (due - next) as u64;
                }
                Err(_) => {
                    // The error is that of the first message; the others may do better.
                    dropped += 1;
                    next += 1;
                }
            }
        }
        dropped
    }

    /// Writes the headers of all replies that are due, and returns how many.
    fn point_at_replies(&mut self) -> usize {
        let Messages { headers, vectors } = &mut self.outgoing;
        let due = self.slots.first(self.received).iter_mut().filter(|slot| slot.reply_octets > 0);
        let mut count = 0;
        for ((slot, header), vector) in due.zip(headers).zip(vectors) {
            vector.iov_base = slot.reply.as_mut_ptr().cast();
            vector.iov_len = slot.reply_octets;
            header.msg_hdr.msg_name = (&raw mut slot.ends.peer).cast();
            header.msg_hdr.msg_namelen = slot.ends.peer_octets;
            header.msg_hdr.msg_iov = vector;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control = slot.ends.control.0.as_mut_ptr().cast();
            header.msg_hdr.msg_controllen = slot.ends.control_octets as usize;
            count += 1;
        }
        count
    }
}

/// Offers the kernel all the room behind a header for what it receives.
fn offer(header: &mut mmsghdr) {
    header.msg_hdr.msg_namelen = size_of::<sockaddr_storage>() as socklen_t;
    header.msg_hdr.msg_controllen = CONTROL;
}

/// Hands messages to the kernel and returns how many it took, at least one.
///
/// # Safety
/// What the headers point at is there, of the sizes they say, and nobody else writes it.
unsafe fn send_some(socket: &Socket, headers: &mut [mmsghdr]) -> io::Result<usize> {
    // SAFETY: the caller vouches for what the headers point at; the kernel writes msg_len only.
    let count = unsafe {
        let (pointer, count) = (headers.as_mut_ptr(), headers.len());
        libc::sendmmsg(socket.as_raw_fd(), pointer, count as _, libc::MSG_DONTWAIT as _)
    };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// Has the kernel say to which address each datagram was sent (`ip(7)`, `ipv6(7)`).
///
/// # Errors
/// What `setsockopt(2)` says.
pub(super) fn receive_destination(socket: &Socket, v6: bool) -> io::Result<()> {
    if v6 {
        set_option(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1)
    } else {
        set_option(socket, libc::IPPROTO_IP, libc::IP_PKTINFO, 1)
    }
}

/// Ignores what the network claims about path MTUs, so that a forged claim cannot have replies cut in
/// fragments (RFC 9715); replies stay below `udp_payload` instead.
///
/// # Errors
/// What `setsockopt(2)` says.
pub(super) fn ignore_path_mtu(socket: &Socket, v6: bool) -> io::Result<()> {
    if v6 {
        set_option(socket, libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER, libc::IPV6_PMTUDISC_OMIT)
    } else {
        set_option(socket, libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, libc::IP_PMTUDISC_OMIT)
    }
}

fn set_option(socket: &Socket, level: c_int, name: c_int, value: c_int) -> io::Result<()> {
    let pointer = (&raw const value).cast();
    // SAFETY: the pointer is to a c_int that lives through the call, and the size given is its own.
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, pointer, size_of_val(&value) as _) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
