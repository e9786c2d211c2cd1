//! How much TCP clients may take.

use std::time::Duration;

/// Limits of DNS over TCP (RFC 7766 §6.2, RFC 9210 §4). All together bound the memory that clients can take:
/// `connections` × (`unread` + two messages of 64 KiB), about 100 MB by default and never in practice; the kernel adds
/// 64 KiB for each, and what is on its way.
#[derive(Clone, Debug)]
pub struct TcpLimits {
    /// Connections at once. Beyond it, the one that has been idle longest makes room.
    ///
    /// 500 leaves half of the 1,024 descriptors that a process may commonly have.
    pub connections: usize,
    /// Connections at once from one client: an IPv4 address or an IPv6 network of 64 bits. More are closed at once.
    ///
    /// 50 serve many resolvers behind one address, and ten such clients are needed to fill the table.
    pub connections_per_client: usize,
    /// How long a connection stays without a query answered, or with replies left unread: in that time a client takes
    /// all that wait for it, or 64 KiB of them.
    ///
    /// RFC 7766 §6.2.3 asks for "the order of a few seconds"; 10 s are usual.
    pub idle: Duration,
    /// The same when more than half of `connections` are taken: room is worth more than comfort then.
    ///
    /// 2 s are several round trips of the slowest network.
    pub idle_when_busy: Duration,
    /// Octets of replies left unread from which no more queries of that connection are read.
    ///
    /// 64 KiB are some 500 replies, or one of the largest.
    pub unread: usize,
}

impl TcpLimits {
    /// How long a connection may be idle while `connections` are open.
    pub(super) fn idle_with(&self, connections: usize) -> Duration {
        if connections * 2 > self.connections { self.idle.min(self.idle_when_busy) } else { self.idle }
    }
}

impl Default for TcpLimits {
    fn default() -> Self {
        Self {
            connections: 500,
            connections_per_client: 50,
            idle: Duration::from_secs(10),
            idle_when_busy: Duration::from_secs(2),
            unread: 65_536,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Idle connections are borne for less time once more than half of the places are taken.
    #[test]
    fn idleness_shortens_when_busy() {
        let limits = TcpLimits { connections: 100, ..TcpLimits::default() };
        for (open, seconds) in [(0, 10), (50, 10), (51, 2), (100, 2)] {
            assert_eq!(limits.idle_with(open), Duration::from_secs(seconds), "{open} open");
        }
    }
}
