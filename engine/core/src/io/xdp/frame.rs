//! Ethernet frames: from a frame to the UDP datagram in it, and back to a frame for the reply.
//!
//! Pure functions over octets that anybody may have sent. What is read is one shape, the same that the
//! program at the interface takes: Ethernet, IPv4 without options or IPv6 without extension headers, UDP,
//! whole. Whatever the kernel would drop before a socket sees it is nothing here, too.
//!
//! ```text
//! 0           14                   34 or 54   42 or 62
//! ┌───────────┬────────────────────┬──────────┬─────────┐
//! │ Ethernet  │ IPv4 20 or IPv6 40 │ UDP 8    │ payload │
//! └───────────┴────────────────────┴──────────┴─────────┘
//! ```

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};

/// Octets of an Ethernet header without a VLAN tag.
pub const ETHERNET: usize = 14;
/// Octets of an IPv4 header without options (RFC 791 §3.1).
pub const IPV4: usize = 20;
/// Octets of an IPv6 header (RFC 8200 §3).
pub const IPV6: usize = 40;
/// Octets of a UDP header (RFC 768).
pub const UDP: usize = 8;

const ETHERTYPE_IPV4: [u8; 2] = [0x08, 0x00];
const ETHERTYPE_IPV6: [u8; 2] = [0x86, 0xdd];
const PROTOCOL_UDP: u8 = 17;
const VERSION_4_WITHOUT_OPTIONS: u8 = 0x45; // version, and words of 32 bits in the header
const VERSION_6: u8 = 0x60;
const FRAGMENT: u16 = 0x3fff; // "more fragments" and the offset, RFC 791 §3.1
const DONT_FRAGMENT: [u8; 2] = [0x40, 0x00];
const HOPS: u8 = 64; // what the kernel gives packets of its own
const GROUP: u8 = 0x01; // of a MAC address's first octet: not one station
const ALL_ONES: u16 = 0xffff;

/// A UDP datagram, and the headers that it came under.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'f> {
    /// What the datagram carries.
    pub payload: &'f [u8],
    ethernet: &'f [u8; ETHERNET],
    network: Network<'f>,
    udp: &'f [u8; UDP],
}

#[derive(Clone, Copy, Debug)]
enum Network<'f> {
    V4(&'f [u8; IPV4]),
    V6(&'f [u8; IPV6]),
}

/// A station: its MAC address, and the IPv4 address and port of a program there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Station {
    /// The interface's own address.
    pub mac: [u8; 6],
    /// The program's.
    pub address: SocketAddrV4,
}

/// A frame from one station to another with an empty datagram; the frames of `Datagram::reply` to it go from the
/// second to the first.
pub fn empty(from: Station, to: Station) -> [u8; ETHERNET + IPV4 + UDP] {
    let mut frame = [0; ETHERNET + IPV4 + UDP];
    frame[..6].copy_from_slice(&to.mac);
    frame[6..12].copy_from_slice(&from.mac);
    frame[12..ETHERNET].copy_from_slice(&ETHERTYPE_IPV4);
    let (network, udp) = frame[ETHERNET..].split_at_mut(IPV4);
    write_ipv4(network, *from.address.ip(), *to.address.ip(), UDP);
    udp[..2].copy_from_slice(&from.address.port().to_be_bytes());
    udp[2..4].copy_from_slice(&to.address.port().to_be_bytes());
    udp[4..6].copy_from_slice(&(UDP as u16).to_be_bytes());
    frame // without a checksum, which is right in IPv4
}

/// Reads a frame. None: it is no datagram to be answered here.
pub fn read(frame: &[u8]) -> Option<Datagram<'_>> {
    let (ethernet, rest) = frame.split_first_chunk::<ETHERNET>()?;
    if ethernet[6] & GROUP != 0 {
        return None; // A group sends nothing; a reply would go to all of it.
    }
    let (network, transport) = match [ethernet[12], ethernet[13]] {
        ETHERTYPE_IPV4 => read_ipv4(rest)?,
        ETHERTYPE_IPV6 => read_ipv6(rest)?,
        _ => return None,
    };
    let (udp, _) = transport.split_first_chunk::<UDP>()?;
    let length = usize::from(word(udp, 4));
    let payload = transport.get(UDP..length)?;
    let datagram = Datagram { payload, ethernet, network, udp };
    datagram.is_intact().then_some(datagram)
}

/// The IPv4 header, and what it says follows it.
fn read_ipv4(packet: &[u8]) -> Option<(Network<'_>, &[u8])> {
    let (header, _) = packet.split_first_chunk::<IPV4>()?;
    let whole = header[0] == VERSION_4_WITHOUT_OPTIONS && word(header, 6) & FRAGMENT == 0;
    if !whole || header[9] != PROTOCOL_UDP || !is_host_v4(v4_at(header, 12)) || fold(sum(header)) != ALL_ONES {
        return None;
    }
    // An Ethernet frame may have padding behind the packet.
    let transport = packet.get(IPV4..usize::from(word(header, 2)))?;
    Some((Network::V4(header), transport))
}

/// The IPv6 header, and what it says follows it.
fn read_ipv6(packet: &[u8]) -> Option<(Network<'_>, &[u8])> {
    let (header, rest) = packet.split_first_chunk::<IPV6>()?;
    if header[0] & 0xf0 != VERSION_6 || header[6] != PROTOCOL_UDP || !is_host_v6(v6_at(header, 8)) {
        return None;
    }
    let transport = rest.get(..usize::from(word(header, 4)))?;
    Some((Network::V6(header), transport))
}

/// Whether a host on a network can have this address (RFC 1122 §3.2.1.3).
fn is_host_v4(address: Ipv4Addr) -> bool {
    let network = address.octets()[0];
    network != 0 && !address.is_loopback() && !address.is_multicast() && !address.is_broadcast()
}

/// The same (RFC 4291 §2.5); an IPv4-mapped address stands in programs, never on a network.
fn is_host_v6(address: Ipv6Addr) -> bool {
    let special = address.is_unspecified() || address.is_loopback() || address.is_multicast();
    !special && address.to_ipv4_mapped().is_none()
}

impl Datagram<'_> {
    /// Who sent it.
    pub fn sender(&self) -> SocketAddr {
        SocketAddr::new(self.network.source(), word(self.udp, 0))
    }

    /// Where it was sent to.
    pub fn destination(&self) -> SocketAddr {
        SocketAddr::new(self.network.destination(), word(self.udp, 2))
    }

    /// Where in a frame the payload begins, this one's and that of its reply.
    pub fn headers(&self) -> usize {
        ETHERNET + self.network.octets() + UDP
    }

    /// Writes the headers of the reply before its payload, and returns the frame's length.
    ///
    /// The payload's `octets`, at most 65,507, stand in `frame` from `headers()` on. The reply goes back
    /// along the way that the datagram came: each address is swapped with its counterpart.
    pub fn reply(&self, frame: &mut [u8], octets: usize) -> usize {
        let (start, end) = (self.headers() - UDP, self.headers() + octets);
        frame[..6].copy_from_slice(&self.ethernet[6..12]);
        frame[6..12].copy_from_slice(&self.ethernet[..6]);
        frame[12..ETHERNET].copy_from_slice(&self.ethernet[12..]);
        self.network.reply(&mut frame[ETHERNET..start], UDP + octets);
        let udp = &mut frame[start..end];
        udp[..2].copy_from_slice(&self.udp[2..4]);
        udp[2..4].copy_from_slice(&self.udp[..2]);
        udp[4..6].copy_from_slice(&((UDP + octets) as u16).to_be_bytes());
        udp[6..UDP].fill(0);
        let checksum = match !fold(self.network.pseudo_header(udp.len()) + sum(udp)) {
            0 => ALL_ONES, // 0 means that there is none, RFC 768.
            checksum => checksum,
        };
        udp[6..UDP].copy_from_slice(&checksum.to_be_bytes());
        end
    }

    /// Whether the UDP checksum is right (RFC 1122 §4.1.3.4). None at all is right in IPv4 alone (RFC 8200 §8.1).
    ///
    /// A sender on this machine, behind a veth pair, leaves the sum to hardware that is never reached: then
    /// the field has the sum of the pseudo-header alone.
    fn is_intact(&self) -> bool {
        let length = UDP + self.payload.len();
        let pseudo_header = self.network.pseudo_header(length);
        match (word(self.udp, 6), self.network) {
            (0, Network::V4(_)) => true,
            (0, Network::V6(_)) => false,
            (stored, _) => {
                let all = pseudo_header + sum(self.udp) + sum(self.payload);
                fold(all) == ALL_ONES || stored == fold(pseudo_header)
            }
        }
    }
}

impl Network<'_> {
    fn octets(&self) -> usize {
        match self {
            Self::V4(_) => IPV4,
            Self::V6(_) => IPV6,
        }
    }

    fn source(&self) -> IpAddr {
        match self {
            Self::V4(header) => v4_at(header, 12).into(),
            Self::V6(header) => v6_at(header, 8).into(),
        }
    }

    fn destination(&self) -> IpAddr {
        match self {
            Self::V4(header) => v4_at(header, 16).into(),
            Self::V6(header) => v6_at(header, 24).into(),
        }
    }

    /// The sum over what UDP's checksum covers of this header, the same in both directions.
    fn pseudo_header(&self, length: usize) -> u64 {
        let addresses = match self {
            Self::V4(header) => &header[12..],
            Self::V6(header) => &header[8..],
        };
        sum(addresses) + u64::from(PROTOCOL_UDP) + length as u64
    }

    /// Writes the header before a reply of `length` octets.
    fn reply(&self, out: &mut [u8], length: usize) {
        out.fill(0);
        match self {
            Self::V4(header) => write_ipv4(out, v4_at(header, 16), v4_at(header, 12), length),
            Self::V6(header) => {
                out[0] = VERSION_6;
                out[4..6].copy_from_slice(&(length as u16).to_be_bytes());
                out[6] = PROTOCOL_UDP;
                out[7] = HOPS;
                out[8..24].copy_from_slice(&header[24..]);
                out[24..].copy_from_slice(&header[8..24]);
            }
        }
    }
}

/// Writes the header of a packet of `length` octets more into octets that are zero.
fn write_ipv4(out: &mut [u8], from: Ipv4Addr, to: Ipv4Addr, length: usize) {
    out[0] = VERSION_4_WITHOUT_OPTIONS;
    out[2..4].copy_from_slice(&((IPV4 + length) as u16).to_be_bytes());
    // Never cut on its way, so it needs no identification (RFC 6864 §4.1, RFC 9715 §3.1).
    out[6..8].copy_from_slice(&DONT_FRAGMENT);
    out[8] = HOPS;
    out[9] = PROTOCOL_UDP;
    out[12..16].copy_from_slice(&from.octets());
    out[16..].copy_from_slice(&to.octets());
    let checksum = !fold(sum(out));
    out[10..12].copy_from_slice(&checksum.to_be_bytes());
}

fn v4_at(header: &[u8; IPV4], at: usize) -> Ipv4Addr {
    Ipv4Addr::from_bits(header[at..at + 4].iter().fold(0, |bits, octet| bits << 8 | u32::from(*octet)))
}

fn v6_at(header: &[u8; IPV6], at: usize) -> Ipv6Addr {
    Ipv6Addr::from_bits(header[at..at + 16].iter().fold(0, |bits, octet| bits << 8 | u128::from(*octet)))
}

/// The 16 bits at `at`, in network order.
fn word(octets: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([octets[at], octets[at + 1]])
}

/// Sums octets as words of 16 bits in one's complement, still to be folded (RFC 1071 §2).
///
/// Words of 32 bits give the same, since 2³² and 2¹⁶ alike leave 1 when divided by 2¹⁶ - 1.
fn sum(octets: &[u8]) -> u64 {
    let (words, rest) = octets.as_chunks::<4>();
    let total: u64 = words.iter().map(|word| u64::from(u32::from_be_bytes(*word))).sum();
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    total + u64::from(u32::from_be_bytes(last))
}

/// Folds a sum into 16 bits.
fn fold(mut sum: u64) -> u16 {
    while sum > u64::from(ALL_ONES) {
        sum = (sum & u64::from(ALL_ONES)) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLIENT_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
    const SERVER_MAC: [u8; 6] = [2, 0, 0, 0, 0, 2];

    /// A frame with right lengths and sums, made word by word and not by what is tested.
    fn frame(client: &str, server: &str, payload: &[u8]) -> Vec<u8> {
        let (client, server): (SocketAddr, SocketAddr) = (client.parse().unwrap(), server.parse().unwrap());
        let udp_octets = (UDP + payload.len()) as u16;
        let udp = |checksum: u16| {
            let words = [client.port(), server.port(), udp_octets, checksum];
            [words.map(u16::to_be_bytes).concat(), payload.to_vec()].concat()
        };
        let (ethertype, mut network, addresses) = match (client.ip(), server.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                let addresses = [from.octets(), to.octets()].concat();
                let [high, low] = (20 + udp_octets).to_be_bytes();
                let mut header = vec![0x45, 0, high, low, 0x12, 0x34, 0, 0, 55, 17, 0, 0];
                header.extend(&addresses);
                let [high, low] = (!plain_sum(&header)).to_be_bytes();
                (header[10], header[11]) = (high, low);
                (ETHERTYPE_IPV4, header, addresses)
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                let addresses = [from.octets(), to.octets()].concat();
                let [high, low] = udp_octets.to_be_bytes();
                let mut header = vec![0x60, 0, 0, 0, high, low, 17, 55];
                header.extend(&addresses);
                (ETHERTYPE_IPV6, header, addresses)
            }
            _ => unreachable!("one family"),
        };
        let pseudo = [addresses, vec![0, 17], udp_octets.to_be_bytes().to_vec()].concat();
        let checksum = match !plain_sum(&[pseudo, udp(0)].concat()) {
            0 => 0xffff,
            checksum => checksum,
        };
        network.extend(udp(checksum));
        [&SERVER_MAC[..], &CLIENT_MAC, &ethertype, &network].concat()
    }

    /// RFC 1071 §4.1, word by word.
    fn plain_sum(octets: &[u8]) -> u16 {
        let mut sum = 0u32;
        for pair in octets.chunks(2) {
            sum += u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low));
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum as u16
    }

    fn v4(payload: &[u8]) -> Vec<u8> {
        frame("192.0.2.1:4242", "192.0.2.53:53", payload)
    }

    fn v6(payload: &[u8]) -> Vec<u8> {
        frame("[2001:db8::1]:4242", "[2001:db8::53]:53", payload)
    }

    /// Puts the IPv4 header's sum right again after a change.
    fn summed(mut frame: Vec<u8>) -> Vec<u8> {
        frame[24..26].fill(0);
        let [high, low] = (!plain_sum(&frame[14..34])).to_be_bytes();
        (frame[24], frame[25]) = (high, low);
        frame
    }

    fn changed(mut frame: Vec<u8>, at: usize, octets: &[u8]) -> Vec<u8> {
        frame[at..at + octets.len()].copy_from_slice(octets);
        frame
    }

    /// A datagram is read with its sender, its destination and its payload, padding left aside.
    #[test]
    fn datagrams_are_read() {
        for (frame, client, server, headers) in [
            (v4(b"query"), "192.0.2.1:4242", "192.0.2.53:53", 42),
            ([v4(b"query"), vec![0; 13]].concat(), "192.0.2.1:4242", "192.0.2.53:53", 42),
            (v6(b"query"), "[2001:db8::1]:4242", "[2001:db8::53]:53", 62),
        ] {
            let datagram = read(&frame).expect("a datagram");

            assert_eq!(datagram.payload, b"query");
            assert_eq!(datagram.sender().to_string(), client);
            assert_eq!(datagram.destination().to_string(), server);
            assert_eq!(datagram.headers(), headers);
        }
    }

    /// A frame made for it is read as a datagram without octets, and replies to it go to who is said to have sent it.
    #[test]
    fn empty_datagrams() {
        let station = |mac, address: &str| Station { mac, address: address.parse().expect("an address") };
        let (client, server) = (station(CLIENT_MAC, "192.0.2.1:4242"), station(SERVER_MAC, "192.0.2.53:53"));
        let made = empty(client, server);
        let datagram = read(&made).expect("a datagram");
        assert!(datagram.payload.is_empty());
        assert_eq!((datagram.sender(), datagram.destination()), (client.address.into(), server.address.into()));

        let mut out = [0; 100];
        out[datagram.headers()..][..5].copy_from_slice(b"query");
        let octets = datagram.reply(&mut out, 5);
        let expected =
            summed(changed(changed(frame("192.0.2.53:53", "192.0.2.1:4242", b"query"), 18, &[0, 0, 64, 0]), 22, &[64]));
        assert_eq!(out[12..octets], expected[12..]);
        assert_eq!(out[..12], [CLIENT_MAC, SERVER_MAC].concat());
    }

    /// What is not one whole datagram from one host, or has a wrong sum, is nothing.
    #[test]
    fn others_are_nothing() {
        let cases = [
            ("a group's MAC", changed(v4(b"query"), 6, &[3])),
            ("ARP", changed(v4(b"query"), 12, &[0x08, 0x06])),
            ("a VLAN tag", changed(v4(b"query"), 12, &[0x81, 0x00])),
            ("version 5", summed(changed(v4(b"query"), 14, &[0x55]))),
            ("IPv4 options", summed(changed(v4(b"query"), 14, &[0x46]))),
            ("a first fragment", summed(changed(v4(b"query"), 20, &[0x20, 0]))),
            ("a last fragment", summed(changed(v4(b"query"), 20, &[0, 1]))),
            ("TCP", summed(changed(v4(b"query"), 23, &[6]))),
            ("a wrong header sum", changed(v4(b"query"), 22, &[9])),
            ("a wrong UDP sum", changed(v4(b"query"), 42, b"Q")),
            ("a wrong UDP sum, IPv6", changed(v6(b"query"), 62, b"Q")),
            ("no UDP sum, IPv6", changed(v6(b"query"), 60, &[0, 0])),
            ("a total length beyond the frame", summed(changed(v4(b"query"), 16, &[0, 34]))),
            ("a total length below the header", summed(changed(v4(b"query"), 16, &[0, 19]))),
            ("a UDP length beyond the packet", changed(v4(b"query"), 38, &[0, 14, 0, 0])),
            ("a UDP length below the header", changed(v4(b"query"), 38, &[0, 7, 0, 0])),
            ("a payload length beyond the frame", changed(v6(b"query"), 18, &[0, 14])),
            ("an extension header", changed(v6(b"query"), 20, &[0])),
            ("version 4 under IPv6's type", changed(v6(b"query"), 14, &[0x40])),
            ("from 0.0.0.0", frame("0.0.0.0:4242", "192.0.2.53:53", b"query")),
            ("from loopback", frame("127.0.0.1:4242", "192.0.2.53:53", b"query")),
            ("from a group", frame("224.0.0.1:4242", "192.0.2.53:53", b"query")),
            ("from everybody", frame("255.255.255.255:4242", "192.0.2.53:53", b"query")),
            ("from ::", frame("[::]:4242", "[2001:db8::53]:53", b"query")),
            ("from ::1", frame("[::1]:4242", "[2001:db8::53]:53", b"query")),
            ("from an IPv6 group", frame("[ff02::1]:4242", "[2001:db8::53]:53", b"query")),
            ("from a mapped address", frame("[::ffff:192.0.2.1]:4242", "[2001:db8::53]:53", b"query")),
        ];
        for (what, frame) in cases {
            assert!(read(&frame).is_none(), "{what}");
        }
    }

    /// A frame cut anywhere is nothing.
    #[test]
    fn runts_are_nothing() {
        for whole in [v4(b"query"), v6(b"query")] {
            for octets in 0..whole.len() {
                assert!(read(&whole[..octets]).is_none(), "{octets} of {}", whole.len());
            }
        }
    }

    /// IPv4 needs no UDP checksum; a sum left to hardware is taken as it is.
    #[test]
    fn sums_that_senders_leave_out_are_taken() {
        let partial = |frame: &[u8], addresses: &[u8]| {
            plain_sum(&[addresses, &[0, 17], &((frame.len()) as u16).to_be_bytes()].concat()).to_be_bytes()
        };
        let (four, six) = (v4(b"query"), v6(b"query"));
        let (sum_of_four, sum_of_six) = (partial(&four[34..], &four[26..34]), partial(&six[54..], &six[22..54]));
        for frame in
            [changed(v4(b"query"), 40, &[0, 0]), changed(four, 40, &sum_of_four), changed(six, 60, &sum_of_six)]
        {
            assert_eq!(read(&frame).expect("a datagram").payload, b"query");
        }
    }

    proptest! {
        /// No octets make reading or replying panic, and a reply is a datagram back to its sender.
        #[test]
        fn any_octets(frame in prop::collection::vec(any::<u8>(), 0..120)) {
            check(&frame, b"reply");
        }

        /// The same for frames that are nearly right.
        #[test]
        fn nearly_right(
            six in any::<bool>(),
            payload in prop::collection::vec(any::<u8>(), 0..200),
            answer in prop::collection::vec(any::<u8>(), 0..1400),
            at in 0..62usize,
            octet in any::<u8>(),
        ) {
            let whole = if six { v6(&payload) } else { v4(&payload) };
            prop_assert!(read(&whole).is_some());
            check(&whole, &answer);
            let at = at.min(whole.len() - 1);
            check(&changed(whole, at, &[octet]), &answer);
        }

        /// A frame for the reply is what another hand makes of it, but for what is ours to choose in IPv4's header.
        #[test]
        fn replies_are_right(answer in prop::collection::vec(any::<u8>(), 0..1400)) {
            let mut out = vec![0xee; 1600];
            let six = v6(b"query");
            let octets = written(&six, &answer, &mut out);
            let mut expected = frame("[2001:db8::53]:53", "[2001:db8::1]:4242", &answer);
            expected[..12].rotate_left(6);
            expected[21] = HOPS;
            prop_assert_eq!(&out[..octets], &expected[..]);

            let four = v4(b"query");
            let octets = written(&four, &answer, &mut out);
            let mut expected = frame("192.0.2.53:53", "192.0.2.1:4242", &answer);
            expected[..12].rotate_left(6);
            expected[18..22].copy_from_slice(&[0, 0, 0x40, 0]);
            expected[22] = HOPS;
            prop_assert_eq!(&out[..octets], &summed(expected)[..]);
        }
    }

    fn written(frame: &[u8], answer: &[u8], out: &mut [u8]) -> usize {
        let datagram = read(frame).expect("a datagram");
        out[datagram.headers()..][..answer.len()].copy_from_slice(answer);
        datagram.reply(out, answer.len())
    }

    fn check(frame: &[u8], answer: &[u8]) {
        let Some(datagram) = read(frame) else { return };
        let mut out = vec![0xee; 1600];
        let octets = written(frame, answer, &mut out);
        let reply = &out[..octets];
        assert_eq!((&reply[..6], &reply[6..12]), (&frame[6..12], &frame[..6]));
        // Whether the server's own address is one that a host may have is not the reply's concern.
        if let Some(read) = read(reply) {
            assert_eq!(read.payload, answer);
            assert_eq!((read.sender(), read.destination()), (datagram.destination(), datagram.sender()));
        }
    }
}
