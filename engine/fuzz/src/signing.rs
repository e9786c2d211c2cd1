//! Queries as a secondary signs them: written for the fuzzer, which could never guess a MAC.

use ring::hmac;

/// What the key of `tables::engines` is called, in wire form.
pub const KEY: &[u8] = b"\x03xfr\0";
/// What it is used with, in wire form.
const ALGORITHM: &[u8] = b"\x0bhmac-sha256\0";
/// Its secret.
pub const SECRET: [u8; 32] = [7; 32];

/// The packet with a signature at this time behind it (RFC 8945 §5.1); one without a whole header stays as it is.
pub fn sign(packet: &[u8], now: u64) -> Vec<u8> {
    let Some(count) = packet.get(10..12).map(|octets| u16::from_be_bytes([octets[0], octets[1]])) else {
        return packet.into();
    };
    let (time, fudge) = (&now.to_be_bytes()[2..], 300u16.to_be_bytes());
    let nothing = [0; 4]; // No error, no other data.
    let (class_and_ttl, fixed) = ([0, 255, 0, 0, 0, 0], [time, &fudge].concat());
    let signed = [packet, KEY, &class_and_ttl, ALGORITHM, &fixed, &nothing].concat();
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &SECRET), &signed);
    let data = [ALGORITHM, &fixed, &[0, 32], mac.as_ref(), &packet[..2], &nothing].concat();
    let length = (data.len() as u16).to_be_bytes();
    let mut out = [packet, KEY, &[0, 250], &class_and_ttl, &length, &data].concat();
    out[10..12].copy_from_slice(&count.wrapping_add(1).to_be_bytes());
    out
}
