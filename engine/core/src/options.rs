//! What OPT of a reply says where the query asks for it, beside the client subnet: a cookie, who we are, how long a
//! connection may be idle, padding.
//!
//! A query that asks for none of it comes through here in one comparison.

use crate::cookie::{Cookies, Seen, WHOLE};
use crate::name::Name;
use crate::query::{self, Asked, HEADER, Query, class, rcode, rtype};
use crate::respond::{Arrival, Transport};
use crate::snapshot::Settings;

/// Option codes (IANA, DNS EDNS0 Option Codes).
pub mod code {
    /// Name server identifier (RFC 5001).
    pub const NSID: u16 = 3;
    /// Client subnet (RFC 7871).
    pub const CLIENT_SUBNET: u16 = 8;
    /// DNS cookie (RFC 7873).
    pub const COOKIE: u16 = 10;
    /// How long a TCP connection may be idle (RFC 7828).
    pub const TCP_KEEPALIVE: u16 = 11;
    /// Padding (RFC 7830).
    pub const PADDING: u16 = 12;
    /// Extended DNS Error (RFC 8914).
    pub const ERROR: u16 = 15;
}

/// Octets of an option's code and length.
pub const HEAD: usize = 4;

/// Octets that a padded reply is a multiple of (RFC 8467 §4.1).
pub const BLOCK: usize = 468;

/// Most octets of our identity. With a question of 271 octets, OPT, a subnet and a cookie it fits into 512.
pub const MOST_IDENTITY: usize = 128;

/// What a reply tells because it was asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told<'s> {
    /// What the query's cookie came to.
    pub cookie: Option<Seen>,
    /// The RCODE with which the cookie alone decides that there is no answer.
    pub refusal: Option<u16>,
    /// Who we are (RFC 5001); empty: not told.
    pub identity: &'s [u8],
    /// How long the connection may be idle, in units of 100 ms (RFC 7828 §3.1).
    pub idle: Option<u16>,
    /// Whether the reply is padded.
    ///
    /// Over TCP alone. RFC 7830 §4 has us pad whenever we are asked, and we cannot see whether something before us
    /// speaks TLS; over UDP nobody can, and longer replies would only help those who forge addresses.
    pub is_padded: bool,
    /// Octets of the signature behind the reply, which padding reckons with.
    pub signature: usize,
}

impl<'s> Told<'s> {
    /// What is told to whom.
    #[cold]
    pub fn new(asked: &Asked<'_>, settings: &'s Settings, arrival: &Arrival) -> Self {
        let over_tcp = arrival.transport == Transport::Tcp;
        let (cookie, refusal) = match (asked.cookie, &settings.cookies) {
            (Some(option), Some(cookies)) => match cookies.look(option, arrival.resolver, arrival.now) {
                Some(seen) if cookies.required && !over_tcp && !seen.is_known => (Some(seen), Some(rcode::BADCOOKIE)),
                Some(seen) => (Some(seen), None),
                None => (None, Some(rcode::FORMERR)),
            },
            _ => (None, None),
        };
        Self {
            cookie,
            refusal,
            identity: if asked.identity { &settings.identity } else { &[] },
            // RFC 7828 §3.3.1: over UDP the option is ignored.
            idle: (asked.keepalive && over_tcp).then_some(arrival.idle),
            is_padded: asked.padding && over_tcp,
            signature: arrival.signature,
        }
    }

    /// Whether the client has shown a cookie of ours that is still good: its address is not forged.
    pub fn is_of_known_client(&self) -> bool {
        self.cookie.is_some_and(|seen| seen.is_known)
    }

    /// Octets that these options take, without padding.
    pub fn octets(&self) -> usize {
        let cookie = self.cookie.map_or(0, |_| HEAD + WHOLE);
        let identity = if self.identity.is_empty() { 0 } else { HEAD + self.identity.len() };
        let idle = self.idle.map_or(0, |_| HEAD + 2);
        cookie + identity + idle
    }
}

/// Whether a query that got this reply shows a cookie of ours that is still good. `name` is working space.
pub fn is_of_known_client(
    packet: &[u8],
    reply: &[u8],
    settings: &Settings,
    arrival: &Arrival,
    name: &mut Name,
) -> bool {
    match &settings.cookies {
        Some(cookies) if may_have_options(reply) => shows_cookie(packet, cookies, arrival, name),
        _ => false,
    }
}

/// Whether OPT of a reply may have options: a cookie is answered with a cookie. Where the message ends with an OPT that
/// has none, as it does for most queries, the query need not be read again.
fn may_have_options(reply: &[u8]) -> bool {
    let has_additional = reply.get(10..HEADER).is_some_and(|count| count != [0, 0]);
    has_additional && !matches!(reply, [.., 0, 0, 41, _, _, _, _, _, _, 0, 0])
}

#[cold]
fn shows_cookie(packet: &[u8], cookies: &Cookies, arrival: &Arrival, name: &mut Name) -> bool {
    let query = query::read(packet, name);
    let cookie = query.as_ref().ok().and_then(Query::asked).and_then(|asked| asked.cookie);
    let seen = cookie.and_then(|option| cookies.look(option, arrival.resolver, arrival.now));
    seen.is_some_and(|seen| seen.is_known)
}

/// What we say of ourselves to a question of class CHAOS (RFC 4892), if the operator lets us.
#[cold]
pub fn about_us<'s>(query: &Query<'_>, name: &[u8], settings: &'s Settings) -> Option<&'s [u8]> {
    if query.class != class::CHAOS || !matches!(query.rtype, rtype::TXT | rtype::ANY) {
        return None;
    }
    let text: &[u8] = match name {
        b"\x02id\x06server\0" | b"\x08hostname\x04bind\0" => &settings.identity,
        b"\x07version\x06server\0" | b"\x07version\x04bind\0" => &settings.version,
        _ => &[],
    };
    (!text.is_empty()).then_some(text)
}
