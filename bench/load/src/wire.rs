//! As much of the DNS wire format as checking an answer needs (RFC 1035 §4.1).

/// The largest name, in octets (RFC 1035 §2.3.4).
const MAX_NAME: usize = 255;

/// Octets that the name at `at` takes in the packet, up to its end or its first pointer.
pub fn name_length(packet: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    loop {
        match *packet.get(end)? {
            0 => return Some(end + 1 - at),
            pointer if pointer >= 0xC0 => return Some(end + 2 - at),
            length if length < 0x40 => end += 1 + usize::from(length),
            _ => return None,
        }
    }
}

/// Appends the name at `at`, uncompressed and in lower case; returns the octets it takes in the packet.
pub fn copy_name(packet: &[u8], at: usize, out: &mut Vec<u8>) -> Option<usize> {
    let start = out.len();
    let mut here = at;
    loop {
        match *packet.get(here)? {
            0 => break,
            pointer if pointer >= 0xC0 => {
                let target = usize::from(pointer & 0x3F) << 8 | usize::from(*packet.get(here + 1)?);
                if target >= here {
                    return None; // pointers lead back, or a loop would never end
                }
                here = target;
            }
            length if length < 0x40 => {
                let next = here + 1 + usize::from(length);
                out.push(length);
                out.extend(packet.get(here + 1..next)?.iter().map(u8::to_ascii_lowercase));
                here = next;
            }
            _ => return None,
        }
        if out.len() - start > MAX_NAME {
            return None;
        }
    }
    out.push(0);
    name_length(packet, at)
}

/// The 16 bits at `at`.
pub fn u16_at(packet: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(packet.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name is followed through its pointers and comes out in lower case.
    #[test]
    fn names() {
        let packet = b"\x03WwW\x00\x01a\xc0\x00";
        let mut out = Vec::new();
        assert_eq!(copy_name(packet, 5, &mut out), Some(4));
        assert_eq!(out, b"\x01a\x03www\x00");
    }

    /// Names that point forward, run out of the packet or use reserved label types are refused.
    #[test]
    fn bad_names() {
        for packet in [&b"\xc0\x00"[..], b"\xc0\x05", b"\x05a", b"\x40a\x00", b""] {
            assert_eq!(copy_name(packet, 0, &mut Vec::new()), None, "{packet:?}");
        }
    }
}
