//! DNS cookies: whether a client has been heard from before (RFC 7873), in the form that servers of any make share
//! (RFC 9018).
//!
//! ```text
//! option   client cookie (8) ── server cookie (16)
//! server   version 1 (1) ── reserved (3) ── seconds since 1970 (4) ── SipHash-2-4 (8)
//! ```
//!
//! Nothing is kept of a client: whoever has the secret can tell its own cookies again, on any edge.

use std::hash::Hasher;
use std::net::IpAddr;

use siphasher::sip::SipHasher24;

/// What cookies are made with: 128 bits (RFC 9018 §4.4).
pub type Secret = [u8; 16];

/// Octets of the option with both cookies.
pub const WHOLE: usize = CLIENT + SERVER;

const CLIENT: usize = 8;
const SERVER: usize = 16;
const HASHED: usize = SERVER - 8; // version, reserved and time
const VERSION: u8 = 1;
/// Lengths of server cookies that there may be, of any make (RFC 7873 §4).
const SERVER_LENGTHS: std::ops::RangeInclusive<usize> = 8..=32;

/// Seconds for which a cookie is good, and by which a clock may be ahead of ours (RFC 9018 §4.3).
const LIFE: i32 = 3600;
const AHEAD: i32 = 300;
/// Seconds after which a client gets a fresh one (RFC 9018 §4.3).
const FRESH: i32 = 1800;

/// How this server makes and knows cookies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Cookies {
    /// Makes cookies.
    pub secret: Secret,
    /// Is still known, or known already, while one replaces the other (RFC 9018 §5).
    pub other: Option<Secret>,
    /// Whether a UDP query with a cookie that we did not make gets BADCOOKIE in place of an answer (RFC 7873 §5.2.3).
    pub required: bool,
}

impl std::fmt::Debug for Cookies {
    /// Secrets are not for logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cookies").field("required", &self.required).finish_non_exhaustive()
    }
}

/// What a query's cookie came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The option of the reply: the client's cookie and ours.
    pub option: [u8; WHOLE],
    /// Whether the client showed a cookie of ours that is still good.
    pub is_known: bool,
}

impl Cookies {
    /// Looks at the option of a query. None: it has a length that no cookie has (RFC 7873 §5.2.2).
    ///
    /// `now` is in seconds since 1970, of which the low 32 bits count (RFC 1982).
    pub fn look(&self, option: &[u8], client: IpAddr, now: u32) -> Option<Seen> {
        let (cookie, server) = option.split_first_chunk::<CLIENT>()?;
        if !server.is_empty() && !SERVER_LENGTHS.contains(&server.len()) {
            return None;
        }
        let age = self.age(cookie, server, client, now);
        let is_known = age.is_some();
        let mut seen = Seen { option: [0; WHOLE], is_known };
        seen.option[..CLIENT].copy_from_slice(cookie);
        if age.is_some_and(|age| age < FRESH) && self.is_of(&self.secret, cookie, server, client) {
            seen.option[CLIENT..].copy_from_slice(server);
        } else {
            seen.option[CLIENT..].copy_from_slice(&self.make(cookie, client, now));
        }
        Some(seen)
    }

    /// Seconds since this server cookie was made, negative if its clock is ahead; None if it is none of ours or too old.
    fn age(&self, cookie: &[u8; CLIENT], server: &[u8], client: IpAddr, now: u32) -> Option<i32> {
        let [VERSION, _, _, _, time @ ..] = server else { return None };
        let age = now.wrapping_sub(u32::from_be_bytes(*time.first_chunk()?)) as i32;
        let is_ours = |secret| self.is_of(secret, cookie, server, client);
        let ours = is_ours(&self.secret) || self.other.as_ref().is_some_and(is_ours);
        (ours && (-AHEAD..=LIFE).contains(&age)).then_some(age)
    }

    fn is_of(&self, secret: &Secret, cookie: &[u8; CLIENT], server: &[u8], client: IpAddr) -> bool {
        let Some((before, hash)) = server.split_first_chunk::<HASHED>() else { return false };
        // One comparison of 64 bits: its time tells nothing of where they differ.
        hash.try_into().is_ok_and(|hash| u64::from_le_bytes(hash) == digest(secret, cookie, before, client))
    }

    fn make(&self, cookie: &[u8; CLIENT], client: IpAddr, now: u32) -> [u8; SERVER] {
        let mut server = [0; SERVER];
        server[0] = VERSION;
        server[4..HASHED].copy_from_slice(&now.to_be_bytes());
        let mut before = [0; HASHED];
        before.copy_from_slice(&server[..HASHED]);
        server[HASHED..].copy_from_slice(&digest(&self.secret, cookie, &before, client).to_le_bytes());
        server
    }
}

/// SipHash-2-4 over client cookie, version, reserved, time and the client's address (RFC 9018 §4.4).
fn digest(secret: &Secret, cookie: &[u8; CLIENT], before: &[u8; HASHED], client: IpAddr) -> u64 {
    let mut hash = SipHasher24::new_with_key(secret);
    hash.write(cookie);
    hash.write(before);
    match client {
        IpAddr::V4(address) => hash.write(&address.octets()),
        IpAddr::V6(address) => hash.write(&address.octets()),
    }
    hash.finish()
}
