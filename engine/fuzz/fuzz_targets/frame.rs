//! Any Ethernet frame: no panic, and a reply goes back to the sender, whole.
//!
//! The input is one octet of choices, then the frame. Chance finds no checksum, so the choices put sums
//! right: that of IPv4's header (1), and UDP's: left out over IPv4 (2), left to hardware over IPv6 (4).

#![no_main]

use libfuzzer_sys::fuzz_target;
use meridian_engine::io::xdp::frame::{self, ETHERNET, IPV4, IPV6, UDP};

fuzz_target!(|input: &[u8]| {
    let [choices, frame @ ..] = input else { return };
    let mut frame = frame.to_vec();
    if choices & 1 != 0 {
        sum_ipv4(&mut frame);
    }
    if choices & 2 != 0 {
        put(&mut frame, ETHERNET + IPV4 + 6, 0);
    }
    if choices & 4 != 0 {
        sum_ipv6(&mut frame);
    }
    let Some(datagram) = frame::read(&frame) else { return };
    assert!(datagram.headers() + datagram.payload.len() <= frame.len(), "a payload beyond the frame");

    let answer: Vec<u8> = datagram.payload.iter().rev().copied().collect();
    let mut out = vec![0xEE; frame.len()];
    out[datagram.headers()..][..answer.len()].copy_from_slice(&answer);
    let octets = datagram.reply(&mut out, answer.len());

    assert_eq!(octets, datagram.headers() + answer.len());
    assert_eq!((&out[..6], &out[6..12]), (&frame[6..12], &frame[..6]), "to another station");
    // The address asked may be one that no host has; a frame from it is none to be read.
    if let Some(reply) = frame::read(&out[..octets]) {
        assert_eq!(reply.payload, answer);
        assert_eq!((reply.sender(), reply.destination()), (datagram.destination(), datagram.sender()));
    }
});

/// Puts the sum of IPv4's header right (RFC 791 §3.1).
fn sum_ipv4(frame: &mut [u8]) {
    put(frame, ETHERNET + 10, 0);
    if let Some(header) = frame.get(ETHERNET..ETHERNET + IPV4) {
        put(frame, ETHERNET + 10, !sum(header));
    }
}

/// Gives UDP over IPv6 the sum of the pseudo-header, as for hardware that adds the rest.
fn sum_ipv6(frame: &mut [u8]) {
    if let Some(headers) = frame.get(ETHERNET..ETHERNET + IPV6 + UDP) {
        let length = &headers[IPV6 + 4..IPV6 + 6];
        let pseudo_header = [&headers[8..IPV6], &[0, 17], length].concat();
        put(frame, ETHERNET + IPV6 + 6, sum(&pseudo_header));
    }
}

fn put(frame: &mut [u8], at: usize, value: u16) {
    if let Some(field) = frame.get_mut(at..at + 2) {
        field.copy_from_slice(&value.to_be_bytes());
    }
}

/// The sum in one's complement of an even number of octets (RFC 1071 §4.1).
fn sum(octets: &[u8]) -> u16 {
    let mut sum: u32 = octets.chunks_exact(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}
