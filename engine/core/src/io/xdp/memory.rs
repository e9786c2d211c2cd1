//! Memory shared with the kernel: mappings, rings of descriptors, and the frames that they speak of.
//!
//! ```text
//!            fill ─▶ kernel ─▶ received        a frame to receive into, a frame that came
//!    replies (tx) ─▶ kernel ─▶ completed       a frame to send, a frame that was sent
//! ```
//!
//! A [`Frame`] is the right to a piece of that memory: it is made once, and moves. While the kernel has it,
//! nobody here does.

#![allow(unsafe_code)]

use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{AtomicU32, Ordering};

use libc::{xdp_desc, xdp_ring_offset};

/// Octets of a frame's place. A jumbo frame has none: no query is as large.
pub(super) const CHUNK: usize = 2048;

/// Frames to receive into, and as many for replies: some milliseconds of the highest load, 8 MiB together.
pub(super) const FRAMES: u32 = 2048;

/// Pages mapped into this process.
pub(super) struct Mapping {
    start: NonNull<u8>,
    octets: usize,
}

// SAFETY: a mapping is memory and belongs to no thread.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Fresh pages of zeros; large ones where the machine has them, since frames are spread over all of them.
    fn anonymous(octets: usize) -> io::Result<Self> {
        let mapping = Self::map(octets, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)?;
        // SAFETY: the pages are those of the mapping; the advice changes how they are made, not what they hold.
        unsafe { libc::madvise(mapping.start.as_ptr().cast(), octets, libc::MADV_HUGEPAGE) };
        Ok(mapping)
    }

    /// Pages of a descriptor's.
    fn shared(octets: usize, descriptor: &OwnedFd, offset: i64) -> io::Result<Self> {
        Self::map(octets, libc::MAP_SHARED | libc::MAP_POPULATE, descriptor.as_raw_fd(), offset)
    }

    fn map(octets: usize, flags: i32, descriptor: i32, offset: i64) -> io::Result<Self> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the kernel chooses the place, so no memory in use is mapped over.
        let start = unsafe { libc::mmap(ptr::null_mut(), octets, access, flags, descriptor, offset) };
        match NonNull::new(start.cast::<u8>()) {
            Some(start) if start.as_ptr().cast() != libc::MAP_FAILED => Ok(Self { start, octets }),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Where it starts.
    pub(super) fn address(&self) -> u64 {
        self.start.as_ptr() as u64
    }

    /// Its length in octets.
    pub(super) fn octets(&self) -> u64 {
        self.octets as u64
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the pages were mapped by `map` and are borrowed by nobody any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.octets) };
    }
}

/// The right to one place of [`Frames`]; a place has one at most.
#[derive(Debug)]
pub(super) struct Frame(u32);

/// The memory that frames are received into and sent from.
pub(super) struct Frames(Mapping);

impl Frames {
    /// The memory, and the right to each of its places: those to receive into, those for replies.
    ///
    /// # Errors
    /// There is no memory.
    pub(super) fn new() -> io::Result<(Self, Vec<Frame>, Vec<Frame>)> {
        let mapping = Mapping::anonymous(2 * FRAMES as usize * CHUNK)?;
        let (receiving, replying) = ((0..FRAMES).map(Frame), (FRAMES..2 * FRAMES).map(Frame));
        Ok((Self(mapping), receiving.collect(), replying.collect()))
    }

    /// The pages, to be registered with the kernel.
    pub(super) fn mapping(&self) -> &Mapping {
        &self.0
    }

    /// Octets of a frame that came: `length` from the address that the kernel told, which lies in the frame's place.
    pub(super) fn read(&self, received: &Received) -> &[u8] {
        // SAFETY: `Received::new` has seen that the octets lie in the place, and a place in the mapping.
        // The frame's only right is in `received`, so that neither the kernel nor anybody here writes.
        unsafe { slice::from_raw_parts(self.0.start.as_ptr().add(received.start), received.octets) }
    }

    /// The place of a frame to be sent.
    pub(super) fn write<'f>(&'f self, frame: &'f mut Frame) -> &'f mut [u8] {
        // SAFETY: the place lies in the mapping, and its only right is borrowed mutably for as long as the
        // octets are: the kernel does not have it, and nobody here has other octets of it.
        unsafe { slice::from_raw_parts_mut(self.0.start.as_ptr().add(frame.0 as usize * CHUNK), CHUNK) }
    }
}

impl Frame {
    /// Its address in the memory, as rings have it.
    pub(super) fn address(&self) -> u64 {
        u64::from(self.0) * CHUNK as u64
    }

    /// The right to the place that an address from the kernel is in. None: it is in none.
    ///
    /// # Safety
    /// The kernel gives back with this address a frame that was handed to it.
    unsafe fn returned(address: u64) -> Option<Self> {
        u32::try_from(address / CHUNK as u64).ok().filter(|index| *index < 2 * FRAMES).map(Self)
    }
}

/// A frame that came, and where in its place the octets are.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) frame: Frame,
    start: usize,
    octets: usize,
}

impl Received {
    /// None: the octets do not lie in one place, which no kernel says.
    fn new(frame: Frame, descriptor: xdp_desc) -> Option<Self> {
        let (start, octets) = (descriptor.addr as usize, descriptor.len as usize);
        (start % CHUNK + octets <= CHUNK).then_some(Self { frame, start, octets })
    }
}

/// A ring of `T` in memory shared with the kernel: one side puts, the other takes.
struct Ring<T> {
    mapping: Mapping,
    producer: usize, // where the producer's index, the consumer's, the flags and the entries are
    consumer: usize,
    flags: usize,
    entries: usize,
    entry: std::marker::PhantomData<T>,
}

impl<T: Copy> Ring<T> {
    fn map(socket: &OwnedFd, page: i64, offsets: &xdp_ring_offset) -> io::Result<Self> {
        let entries = offsets.desc as usize;
        Ok(Self {
            mapping: Mapping::shared(entries + FRAMES as usize * size_of::<T>(), socket, page)?,
            producer: offsets.producer as usize,
            consumer: offsets.consumer as usize,
            flags: offsets.flags as usize,
            entries,
            entry: std::marker::PhantomData,
        })
    }

    fn index(&self, offset: usize) -> &AtomicU32 {
        // SAFETY: the kernel has told where its aligned indices stand, in front of the entries and so in
        // the mapping; they are changed by both sides, and only as atomics.
        unsafe { &*self.mapping.start.as_ptr().add(offset).cast::<AtomicU32>() }
    }

    /// The entry that a running number falls on.
    fn entry(&self, number: u32) -> *mut T {
        let at = self.entries + (number & (FRAMES - 1)) as usize * size_of::<T>();
        // SAFETY: the entries of a ring of FRAMES lie in the mapping from `entries` on.
        unsafe { self.mapping.start.as_ptr().add(at).cast() }
    }

    fn needs_wakeup(&self) -> bool {
        self.index(self.flags).load(Ordering::Relaxed) & libc::XDP_RING_NEED_WAKEUP != 0
    }
}

/// A ring that we put into. It has room for all the frames there are for it, and so is never full.
pub(super) struct Producer<T> {
    ring: Ring<T>,
    next: u32,
}

impl<T: Copy> Producer<T> {
    fn put(&mut self, value: T) {
        // SAFETY: no more is put than there are frames, and the ring has room for as many: the kernel has
        // taken what was in this entry, and reads it again when `submit` has moved the index beyond it.
        unsafe { self.ring.entry(self.next).write(value) };
        self.next = self.next.wrapping_add(1);
    }

    /// Lets the kernel see what was put.
    pub(super) fn submit(&mut self) {
        self.ring.index(self.ring.producer).store(self.next, Ordering::Release);
    }

    /// How many entries the kernel has yet to take.
    pub(super) fn waiting(&self) -> u32 {
        self.next.wrapping_sub(self.ring.index(self.ring.consumer).load(Ordering::Acquire))
    }

    /// Whether the kernel looks at this ring only when it is called.
    pub(super) fn needs_wakeup(&self) -> bool {
        self.ring.needs_wakeup()
    }
}

impl Producer<u64> {
    /// The ring of frames to receive into.
    pub(super) fn fill(socket: &OwnedFd, offsets: &xdp_ring_offset) -> io::Result<Self> {
        Ok(Self { ring: Ring::map(socket, libc::XDP_UMEM_PGOFF_FILL_RING as i64, offsets)?, next: 0 })
    }

    /// Gives the kernel a frame to receive into.
    pub(super) fn give(&mut self, frame: Frame) {
        self.put(frame.address());
    }
}

impl Producer<xdp_desc> {
    /// The ring of frames to send.
    pub(super) fn replies(socket: &OwnedFd, offsets: &xdp_ring_offset) -> io::Result<Self> {
        Ok(Self { ring: Ring::map(socket, libc::XDP_PGOFF_TX_RING, offsets)?, next: 0 })
    }

    /// Has the kernel send the first `octets` of a frame.
    pub(super) fn give(&mut self, frame: Frame, octets: usize) {
        self.put(xdp_desc { addr: frame.address(), len: octets.min(CHUNK) as u32, options: 0 });
    }
}

/// A ring that we take from.
pub(super) struct Consumer<T> {
    ring: Ring<T>,
    next: u32,
    end: u32, // up to here the kernel had put when it was last looked
}

impl<T: Copy> Consumer<T> {
    fn next(&mut self) -> Option<T> {
        if self.next == self.end {
            self.end = self.ring.index(self.ring.producer).load(Ordering::Acquire);
            if self.next == self.end {
                return None;
            }
        }
        // SAFETY: the kernel has put this entry, which the load above has made visible, and does not write
        // it again before `release` has moved the index beyond it. Any bits are a value of T, plain integers.
        let value = unsafe { self.ring.entry(self.next).read() };
        self.next = self.next.wrapping_add(1);
        Some(value)
    }

    /// Gives the kernel back the room of what was taken.
    pub(super) fn release(&mut self) {
        self.ring.index(self.ring.consumer).store(self.next, Ordering::Release);
    }
}

impl Consumer<xdp_desc> {
    /// The ring of frames that came.
    pub(super) fn received(socket: &OwnedFd, offsets: &xdp_ring_offset) -> io::Result<Self> {
        Ok(Self { ring: Ring::map(socket, libc::XDP_PGOFF_RX_RING, offsets)?, next: 0, end: 0 })
    }

    /// The next frame that came.
    pub(super) fn take(&mut self) -> Option<Received> {
        let descriptor = self.next()?;
        // SAFETY: what the kernel says to have received into was given to it through the fill ring.
        let frame = unsafe { Frame::returned(descriptor.addr) }?;
        Received::new(frame, descriptor)
    }
}

impl Consumer<u64> {
    /// The ring of frames that were sent.
    pub(super) fn completed(socket: &OwnedFd, offsets: &xdp_ring_offset) -> io::Result<Self> {
        Ok(Self { ring: Ring::map(socket, libc::XDP_UMEM_PGOFF_COMPLETION_RING as i64, offsets)?, next: 0, end: 0 })
    }

    /// The next frame that was sent.
    pub(super) fn take(&mut self) -> Option<Frame> {
        let address = self.next()?;
        // SAFETY: what the kernel says to have sent was given to it as a reply.
        unsafe { Frame::returned(address) }
    }
}

const _: () = assert!(FRAMES.is_power_of_two(), "a running number falls on an entry by its lowest bits");
