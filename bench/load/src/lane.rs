//! A way to the server and back.

use std::io::Result;

/// Octets of the largest packet sent or received.
pub const PACKET: usize = 4096;

/// Packets out and packets in, from one source port or several.
pub trait Lane {
    /// Sweeps over all lanes without an answer after which the core is left to others.
    const IDLE_SWEEPS: u32;

    /// Leaves the core to others for a moment, or until something has come.
    fn rest(&mut self) -> Result<()>;

    /// Queues a packet with this id, from one of the source ports, for the next `send`. There is room for the window.
    fn push(&mut self, packet: &[u8], port: usize, id: u16);

    /// Sends all that is queued. What the kernel refuses is dropped: it then counts as lost.
    fn send(&mut self) -> Result<()>;

    /// Receives what has come, without waiting; returns how many packets `packet` now has.
    fn receive(&mut self) -> Result<usize>;

    /// One of the packets of the last `receive`, and the source port that it came back to. None: it is damaged.
    fn packet(&self, index: usize) -> Option<(usize, &[u8])>;
}
