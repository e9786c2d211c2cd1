//! Why a zone is not sent, for the client's log: RCODE, Extended DNS Error and its text (RFC 8914).

use crate::answer::ede;
use crate::query::rcode;

/// Why a zone is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// We do not serve a zone of exactly that name (RFC 5936 §2.2.1).
    NoZone,
    /// Not to this client, or not without its key (RFC 5936 §5).
    NotAllowed,
    /// It has something that a transfer cannot carry.
    NotPlain,
    /// An IXFR query that does not say which version its sender has (RFC 1995 §3).
    NoSerial,
    /// AXFR over UDP (RFC 5936 §4.2).
    NotOverUdp,
    /// Others are being sent.
    Busy,
}

impl Refusal {
    /// RCODE, Extended DNS Error and its text.
    pub const fn told(self) -> (u16, u16, &'static str) {
        match self {
            Self::NoZone => (rcode::NOTAUTH, ede::NOT_AUTHORITATIVE, "no zone of this name is served here"),
            Self::NotAllowed => {
                (rcode::REFUSED, ede::PROHIBITED, "this zone is not for this address and key; see setting secondaries")
            }
            Self::NotPlain => (
                rcode::REFUSED,
                ede::NOT_SUPPORTED,
                "this zone has aliases, routing policies or health checks, which a transfer cannot carry",
            ),
            Self::NoSerial => (rcode::FORMERR, ede::OTHER, "IXFR without an SOA record in the authority section"),
            Self::NotOverUdp => (rcode::REFUSED, ede::NOT_SUPPORTED, "AXFR is answered over TCP"),
            Self::Busy => (rcode::SERVFAIL, ede::OTHER, "too many zone transfers at once; try again later"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The longest question, OPT and any text fit into what every client takes (RFC 1035 §4.2.1).
    #[test]
    fn every_text_fits_into_a_datagram() {
        let all = [Refusal::NoZone, Refusal::NotAllowed, Refusal::NotPlain, Refusal::NoSerial];
        for refusal in [&all[..], &[Refusal::NotOverUdp, Refusal::Busy]].concat() {
            assert!(12 + 255 + 4 + 11 + 6 + refusal.told().2.len() <= 512, "{refusal:?}");
        }
    }
}
