//! What has been counted: one set a thread, so that counting shares nothing.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A number that one thread raises and others read.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Raises it by one. Only its own thread may: a plain load and store, no locked instruction.
    pub fn add(&self) {
        self.add_many(1);
    }

    /// Raises it by `n`.
    pub fn add_many(&self, n: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(n), Relaxed);
    }

    /// Reads it, from any thread.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The counters of one thread.
        #[derive(Debug, Default)]
        #[repr(align(128))] // A cache line pair of its own: neighbours never wait for each other.
        pub struct Counters {
            $($(#[$doc])* pub $name: Counter,)*
        }

        impl Counters {
            /// Every counter's name, in order.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// Every counter's value, in the order of `NAMES`.
            pub fn values(&self) -> Vec<u64> {
                vec![$(self.$name.get()),*]
            }
        }
    };
}

counters! {
    /// Packets over UDP that were looked at.
    queries_udp,
    /// Frames that came past the kernel's network stack, by AF_XDP.
    frames_xdp,
    /// Messages over TCP that were looked at.
    queries_tcp,
    /// Replies with RCODE NOERROR and at least one answer record.
    answers,
    /// Replies with RCODE NOERROR, no answer, an SOA: the name has no such record.
    no_data,
    /// Replies that lead to a delegated zone's name servers.
    referrals,
    /// Replies with RCODE NXDOMAIN.
    name_errors,
    /// Replies with RCODE REFUSED: no zone of ours, or a kind of question we do not take.
    refused,
    /// Replies with RCODE FORMERR.
    format_errors,
    /// Replies with RCODE NOTIMP.
    not_implemented,
    /// Replies with RCODE BADVERS.
    bad_versions,
    /// Replies with RCODE BADCOOKIE.
    bad_cookies,
    /// Replies with RCODE SERVFAIL.
    server_failures,
    /// Replies that did not fit and carry TC.
    truncated,
    /// Packets that get no reply: responses, runts, ports that nobody asks from.
    dropped,
    /// Of these, responses: what others answer to questions that were forged in our name.
    dropped_responses,
    /// Of these, packets from ports that nobody asks from.
    dropped_ports,
    /// Replies with RCODE REFUSED because of who asks.
    prohibited,
    /// Replies over UDP beyond the rate of their client's network.
    rate_limited,
    /// Of these, replies that were sent all the same, truncated.
    rate_slipped,
    /// Panics while answering, each turned into a SERVFAIL.
    panics,
    /// Replies that the socket did not take.
    send_errors,
    /// Failures to receive, other than that nothing came.
    receive_errors,
    /// TCP connections accepted.
    tcp_connections,
    /// TCP connections refused or closed because a limit was reached.
    tcp_limited,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_go_together() {
        let counters = Counters::default();
        counters.referrals.add_many(7);
        let at = Counters::NAMES.iter().position(|name| *name == "referrals").unwrap();

        assert_eq!(7, counters.values()[at]);
        assert_eq!(Counters::NAMES.len(), counters.values().len());
    }
}
