//! AF_XDP sockets: frames of one receive queue, past the kernel's network stack.

#![allow(unsafe_code)]

use std::io;
use std::mem::{size_of, size_of_val, zeroed};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::time::Duration;

use libc::{c_int, c_void, pollfd, sockaddr_xdp, socklen_t, xdp_desc, xdp_mmap_offsets, xdp_umem_reg};

use crate::ahead::TOGETHER;

use super::memory::{CHUNK, Consumer, FRAMES, Frame, Frames, Producer, Received};

/// Frames answered before the replies are sent and the snapshot is looked at again.
pub(super) const BATCH: usize = 64;

/// Replies that the kernel takes in one call, where it knows of no other number.
const TAKEN_AT_LEAST: u32 = 32;

/// How often the kernel is called for one batch of replies.
const KICKS: usize = 4;

/// `XDP_MAX_TX_SKB_BUDGET` of `linux/if_xdp.h`, Linux 6.17: replies that the kernel takes in one call.
const XDP_MAX_TX_SKB_BUDGET: c_int = 9;

/// How long to wait with replies that the kernel has not taken yet.
const SOON: Duration = Duration::from_millis(1);

/// One queue's socket, its rings and its frames.
pub(super) struct Socket {
    descriptor: OwnedFd,
    frames: Frames,
    fill: Producer<u64>,
    received: Consumer<xdp_desc>,
    replies: Producer<xdp_desc>,
    completed: Consumer<u64>,
    free: Vec<Frame>,     // for replies
    batch: Vec<Received>, // what was received last
}

/// A frame that came, with room for the frame that answers it.
pub(super) struct Exchange<'f> {
    pub(super) frame: &'f [u8],
    pub(super) out: &'f mut [u8],
    /// Takes the answer's length; 0: no reply is due.
    pub(super) octets: &'f mut usize,
}

impl Socket {
    /// Opens the socket of an interface's queue. It gets frames once a program sends it some.
    ///
    /// # Errors
    /// What the kernel says; most likely that rights are missing, or that another socket has the queue.
    pub(super) fn open(interface: u32, queue: u32) -> io::Result<Self> {
        // SAFETY: socket(2) takes numbers alone.
        let descriptor = unsafe { libc::socket(libc::AF_XDP, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made this descriptor, and nobody else has it.
        let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
        let (frames, receiving, free) = Frames::new()?;
        register(&descriptor, &frames)?;
        for ring in [libc::XDP_UMEM_FILL_RING, libc::XDP_UMEM_COMPLETION_RING, libc::XDP_RX_RING, libc::XDP_TX_RING] {
            set_option(&descriptor, ring, &FRAMES)?;
        }
        // Fewer calls where the kernel knows of it.
        let _ = set_option(&descriptor, XDP_MAX_TX_SKB_BUDGET, &FRAMES);
        let offsets = offsets(&descriptor)?;
        let mut fill = Producer::fill(&descriptor, &offsets.fr)?;
        receiving.into_iter().for_each(|frame| fill.give(frame));
        fill.submit();
        let received = Consumer::received(&descriptor, &offsets.rx)?;
        let replies = Producer::replies(&descriptor, &offsets.tx)?;
        let completed = Consumer::completed(&descriptor, &offsets.cr)?;
        bind(&descriptor, interface, queue)?;
        Ok(Self { descriptor, frames, fill, received, replies, completed, free, batch: Vec::with_capacity(BATCH) })
    }

    /// The descriptor, for the map of sockets.
    pub(super) fn descriptor(&self) -> RawFd {
        self.descriptor.as_raw_fd()
    }

    /// Has the kernel send the replies, and waits until a frame has come, at most this long.
    ///
    /// # Errors
    /// What `poll(2)` says, or that the interface is gone (`NotConnected`).
    pub(super) fn wait(&mut self, longest: Duration) -> io::Result<()> {
        // poll(2) makes the kernel look at the rings as well: one call for both.
        if self.replies.waiting() > TAKEN_AT_LEAST {
            self.flush();
        }
        let longest = if self.replies.waiting() > 0 { SOON } else { longest };
        let mut event = pollfd { fd: self.descriptor(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one event is given and the count says so; it lives through the call.
        let count = unsafe { libc::poll(&raw mut event, 1, longest.as_millis() as c_int) };
        match count {
            ..0 => Err(io::Error::last_os_error()),
            _ if event.revents & (libc::POLLERR | libc::POLLHUP | libc::POLLNVAL) != 0 => {
                Err(io::ErrorKind::NotConnected.into())
            }
            _ => Ok(()),
        }
    }

    /// Takes a batch of frames that have come, and gives those of the batch before back to receive into. Returns how
    /// many.
    pub(super) fn receive(&mut self) -> usize {
        self.batch.drain(..).for_each(|received| self.fill.give(received.frame));
        self.fill.submit();
        while self.batch.len() < BATCH
            && let Some(received) = self.received.take()
        {
            self.batch.push(received);
        }
        self.received.release();
        self.batch.len()
    }

    /// Octets of one of the frames of the last batch.
    pub(super) fn frame(&self, index: usize) -> &[u8] {
        self.frames.read(&self.batch[index])
    }

    /// Has `write` make a frame to be sent: it is given room, and returns the frame's length, 0 for none. False: the
    /// interface has yet to take what waits in the ring.
    pub(super) fn send(&mut self, write: impl FnOnce(&mut [u8]) -> usize) -> bool {
        if self.free.is_empty() {
            self.reclaim();
        }
        let Some(mut frame) = self.free.pop() else { return false };
        match write(self.frames.write(&mut frame)) {
            0 => self.free.push(frame),
            octets => self.replies.give(frame, octets),
        }
        true
    }

    /// Receives a batch of frames and has `answer` write the replies, of `TOGETHER` frames at a time. Returns how many
    /// frames came, and how many replies had no room.
    pub(super) fn answer(&mut self, mut answer: impl FnMut([Option<Exchange<'_>>; TOGETHER])) -> (usize, u64) {
        self.reclaim();
        let (count, mut dropped) = (self.receive(), 0);
        let Self { frames, fill, replies, free, batch, .. } = self;
        for group in batch.chunks(TOGETHER) {
            let (mut places, mut lengths) = ([const { None }; TOGETHER], [0; TOGETHER]);
            places.iter_mut().zip(group).for_each(|(place, _)| *place = free.pop());
            let mut exchanges = [const { None }; TOGETHER];
            for (((exchange, received), place), octets) in
                exchanges.iter_mut().zip(group).zip(&mut places).zip(&mut lengths)
            {
                match place {
                    None => dropped += 1, // Replies wait in the ring: the interface takes no more.
                    Some(place) => {
                        *exchange = Some(Exchange { frame: frames.read(received), out: frames.write(place), octets });
                    }
                }
            }
            answer(exchanges);
            for (place, octets) in places.into_iter().flatten().zip(lengths) {
                match octets {
                    0 => free.push(place),
                    octets => replies.give(place, octets),
                }
            }
        }
        batch.drain(..).for_each(|received| fill.give(received.frame));
        fill.submit();
        replies.submit();
        (count, dropped)
    }

    /// Has the kernel send the replies, and receive into the frames that were given back.
    ///
    /// What it does not take now stays in the ring, and goes out with the next.
    pub(super) fn flush(&mut self) {
        self.replies.submit();
        for _ in 0..KICKS {
            if self.replies.waiting() == 0 || !self.replies.needs_wakeup() {
                break;
            }
            // SAFETY: no data is given; the call makes the kernel look at the ring.
            let result = unsafe { libc::sendto(self.descriptor(), ptr::null(), 0, libc::MSG_DONTWAIT, ptr::null(), 0) };
            if result < 0 && io::Error::last_os_error().kind() != io::ErrorKind::WouldBlock {
                break; // No memory, or the interface is down: nothing is gained by asking again at once.
            }
        }
        if self.fill.needs_wakeup() {
            // SAFETY: no room is given; the call makes the driver look at the ring.
            unsafe {
                let none = ptr::null_mut();
                libc::recvfrom(self.descriptor(), none, 0, libc::MSG_DONTWAIT, none.cast(), none.cast())
            };
        }
    }

    /// Takes back the frames of replies that were sent.
    fn reclaim(&mut self) {
        while let Some(frame) = self.completed.take() {
            self.free.push(frame);
        }
        self.completed.release();
    }
}

/// Tells the kernel of the memory for frames.
fn register(descriptor: &OwnedFd, frames: &Frames) -> io::Result<()> {
    // SAFETY: plain integers, for which all zeros is a value.
    let mut memory: xdp_umem_reg = unsafe { zeroed() };
    memory.addr = frames.mapping().address();
    memory.len = frames.mapping().octets();
    memory.chunk_size = CHUNK as u32;
    set_option(descriptor, libc::XDP_UMEM_REG, &memory)
}

/// Where in each ring's pages its parts are.
fn offsets(descriptor: &OwnedFd) -> io::Result<xdp_mmap_offsets> {
    // SAFETY: plain integers, for which all zeros is a value.
    let mut offsets: xdp_mmap_offsets = unsafe { zeroed() };
    let mut octets = size_of::<xdp_mmap_offsets>() as socklen_t;
    let room = (&raw mut offsets).cast::<c_void>();
    // SAFETY: the kernel writes at most as many octets as the length says, which is that of the room.
    let result = unsafe {
        libc::getsockopt(descriptor.as_raw_fd(), libc::SOL_XDP, libc::XDP_MMAP_OFFSETS, room, &raw mut octets)
    };
    match result {
        // Kernels before 5.4 tell of fewer fields.
        0 if octets as usize == size_of::<xdp_mmap_offsets>() => Ok(offsets),
        0 => Err(io::ErrorKind::Unsupported.into()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Binds to the queue: without copying where the driver can.
fn bind(descriptor: &OwnedFd, interface: u32, queue: u32) -> io::Result<()> {
    let address = sockaddr_xdp {
        sxdp_family: libc::AF_XDP as u16,
        sxdp_flags: libc::XDP_USE_NEED_WAKEUP,
        sxdp_ifindex: interface,
        sxdp_queue_id: queue,
        sxdp_shared_umem_fd: 0,
    };
    let pointer = (&raw const address).cast();
    // SAFETY: the pointer is to an address that lives through the call, and the size given is its own.
    let result = unsafe { libc::bind(descriptor.as_raw_fd(), pointer, size_of_val(&address) as socklen_t) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `T` is what the option is of, plain data.
fn set_option<T>(descriptor: &OwnedFd, name: c_int, value: &T) -> io::Result<()> {
    let (pointer, octets) = ((value as *const T).cast(), size_of::<T>() as socklen_t);
    // SAFETY: the pointer is to a value that lives through the call, and the size given is its own.
    let result = unsafe { libc::setsockopt(descriptor.as_raw_fd(), libc::SOL_XDP, name, pointer, octets) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
