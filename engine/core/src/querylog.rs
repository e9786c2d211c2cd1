//! Query logs: one line for each question that a logged zone answers (R-LOG-2).
//!
//! ```text
//! 1.0 2017-12-13T08:16:02.130Z Z123412341234 example.com A NOERROR UDP FRA6 192.168.1.1 -
//! ```

use std::fmt;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use crate::name::Shown;
use crate::query::{HEADER, Query};
use crate::respond::Transport;

/// The format's version, the first field of a line.
const FORMAT: &str = "1.0";

/// What a line says.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// When the question was answered, since 1970.
    pub at: Duration,
    /// The zone that answered.
    pub zone_id: &'a str,
    /// What was asked; its name is shown as it was spelt.
    pub query: &'a Query<'a>,
    /// The reply's RCODE; a zone's answers need no more than the header's four bits.
    pub rcode: u8,
    /// How the question came.
    pub transport: Transport,
    /// The edge that answered.
    pub edge: &'a str,
    /// Who asked.
    pub resolver: IpAddr,
}

impl Line<'_> {
    /// Writes the line, and its end.
    pub fn write(&self, out: &mut Vec<u8>) {
        let transport = match self.transport {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
        };
        let name = &self.query.packet[HEADER..self.query.question_end];
        let subnet = Subnet(self.query.edns.and_then(|edns| edns.client_subnet));
        let (at, rtype, rcode) = (Moment(self.at), Type(self.query.rtype), Rcode(self.rcode));
        let Self { zone_id, edge, resolver, .. } = self;
        // Writing into memory does not fail.
        let _ = write!(out, "{FORMAT} {at} {zone_id} {}", Shown(name));
        if name[0] != 0 {
            out.pop(); // A line shows no final dot, but for the root.
        }
        let _ = writeln!(out, " {rtype} {rcode} {transport} {edge} {resolver} {subnet}");
    }
}

/// The client subnet option as `ADDRESS/LENGTH`, or `-` (R-ECS-8).
struct Subnet<'q>(Option<&'q [u8]>);

impl fmt::Display for Subnet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some([0, 1, length, _, address @ ..]) => write!(f, "{}/{length}", Ipv4Addr::from(filled(address))),
            Some([0, 2, length, _, address @ ..]) => write!(f, "{}/{length}", Ipv6Addr::from(filled(address))),
            _ => f.write_str("-"),
        }
    }
}

/// An address whose last octets were left out.
fn filled<const N: usize>(octets: &[u8]) -> [u8; N] {
    let mut all = [0; N];
    all.iter_mut().zip(octets).for_each(|(to, from)| *to = *from);
    all
}

/// A time since 1970 as `2017-12-13T08:16:02.130Z`.
struct Moment(Duration);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (year, month, day) = date(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        let millis = self.0.subsec_millis();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

/// Year, month and day of a day since 1970-01-01, in the Gregorian calendar.
///
/// Counts in years that begin in March, so that the day which some years have more is their last.
fn date(day: u64) -> (u64, u64, u64) {
    const FROM_MARCH_OF_YEAR_0: u64 = 719_468;
    const CENTURIES_4: u64 = 146_097; // days of 400 years
    let day = day + FROM_MARCH_OF_YEAR_0;
    let (era, of_era) = (day / CENTURIES_4, day % CENTURIES_4);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / (CENTURIES_4 - 1)) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153; // months have 30.6 days, five by five
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (400 * era + year_of_era + u64::from(month <= 2), month, of_year - (153 * from_march + 2) / 5 + 1)
}

/// An RCODE by its name (IANA, DNS RCODEs), `RCODE…` for those without.
struct Rcode(u8);

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 6] = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];
        match NAMES.get(usize::from(self.0)) {
            Some(name) => f.write_str(name),
            None => write!(f, "RCODE{}", self.0),
        }
    }
}

/// A type by its name, `TYPE…` for those without (RFC 3597 §5).
#[derive(Debug, Clone, Copy)]
pub struct Type(pub u16);

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number) = *self;
        match TYPES.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(at) => f.write_str(TYPES[at].1),
            Err(_) => write!(f, "TYPE{number}"),
        }
    }
}

/// Types that are asked for (IANA, Resource Record (RR) TYPEs), by number.
const TYPES: [(u16, &str); 81] = [
    (1, "A"),
    (2, "NS"),
    (3, "MD"),
    (4, "MF"),
    (5, "CNAME"),
    (6, "SOA"),
    (7, "MB"),
    (8, "MG"),
    (9, "MR"),
    (10, "NULL"),
    (11, "WKS"),
    (12, "PTR"),
    (13, "HINFO"),
    (14, "MINFO"),
    (15, "MX"),
    (16, "TXT"),
    (17, "RP"),
    (18, "AFSDB"),
    (19, "X25"),
    (20, "ISDN"),
    (21, "RT"),
    (22, "NSAP"),
    (23, "NSAP-PTR"),
    (24, "SIG"),
    (25, "KEY"),
    (26, "PX"),
    (27, "GPOS"),
    (28, "AAAA"),
    (29, "LOC"),
    (30, "NXT"),
    (33, "SRV"),
    (35, "NAPTR"),
    (36, "KX"),
    (37, "CERT"),
    (38, "A6"),
    (39, "DNAME"),
    (42, "APL"),
    (43, "DS"),
    (44, "SSHFP"),
    (45, "IPSECKEY"),
    (46, "RRSIG"),
    (47, "NSEC"),
    (48, "DNSKEY"),
    (49, "DHCID"),
    (50, "NSEC3"),
    (51, "NSEC3PARAM"),
    (52, "TLSA"),
    (53, "SMIMEA"),
    (55, "HIP"),
    (56, "NINFO"),
    (59, "CDS"),
    (60, "CDNSKEY"),
    (61, "OPENPGPKEY"),
    (62, "CSYNC"),
    (63, "ZONEMD"),
    (64, "SVCB"),
    (65, "HTTPS"),
    (66, "DSYNC"),
    (67, "HHIT"),
    (68, "BRID"),
    (99, "SPF"),
    (103, "UNSPEC"),
    (104, "NID"),
    (105, "L32"),
    (106, "L64"),
    (107, "LP"),
    (108, "EUI48"),
    (109, "EUI64"),
    (249, "TKEY"),
    (250, "TSIG"),
    (251, "IXFR"),
    (252, "AXFR"),
    (255, "ANY"),
    (256, "URI"),
    (257, "CAA"),
    (258, "AVC"),
    (260, "AMTRELAY"),
    (261, "RESINFO"),
    (262, "WALLET"),
    (32768, "TA"),
    (32769, "DLV"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;
    use crate::query;

    /// A query as on the wire: name and type, and a client subnet option if there is one.
    fn packet(name: &[u8], rtype: u16, subnet: &[u8]) -> Vec<u8> {
        let mut packet = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, u8::from(!subnet.is_empty())];
        packet.extend_from_slice(name);
        packet.extend_from_slice(&[&rtype.to_be_bytes()[..], &[0, 1]].concat());
        if !subnet.is_empty() {
            let [high, low] = (subnet.len() as u16).to_be_bytes();
            packet.extend_from_slice(&[0, 0, 41, 4, 208, 0, 0, 0, 0, 0, low + 4, 0, 8, high, low]);
            packet.extend_from_slice(subnet);
        }
        packet
    }

    fn line(name: &[u8], rtype: u16, subnet: &[u8], transport: Transport, rcode: u8, resolver: &str) -> String {
        let packet = packet(name, rtype, subnet);
        let query = query::read(&packet, &mut Name::root()).expect("a query");
        let line = Line {
            at: Duration::from_millis(1_513_152_962_130),
            zone_id: "Z123412341234",
            query: &query,
            rcode,
            transport,
            edge: "FRA6",
            resolver: resolver.parse().expect("an address"),
        };
        let mut out = Vec::new();
        line.write(&mut out);
        String::from_utf8(out).expect("text")
    }

    /// R-LOG-2, R-ECS-8: each field, and the example that the rule gives.
    #[test]
    fn lines_have_ten_fields() {
        const WWW: &[u8] = b"\x03wWw\x07example\x03com\0";
        const V4: &[u8] = &[0, 1, 24, 0, 198, 51, 100];
        const V6: &[u8] = &[0, 2, 40, 0, 0x20, 0x01, 0x0d, 0xb8, 0x12];
        let (udp, tcp) = (Transport::Udp, Transport::Tcp);
        let cases = [
            (
                &b"\x07example\x03com\0"[..],
                1,
                &[][..],
                udp,
                0,
                "192.168.1.1",
                "example.com A NOERROR UDP FRA6 192.168.1.1 -",
            ),
            (WWW, 28, V4, tcp, 3, "192.0.2.1", "wWw.example.com AAAA NXDOMAIN TCP FRA6 192.0.2.1 198.51.100.0/24"),
            (
                WWW,
                65,
                V6,
                udp,
                2,
                "2001:db8::1",
                "wWw.example.com HTTPS SERVFAIL UDP FRA6 2001:db8::1 2001:db8:1200::/40",
            ),
            (WWW, 65_280, &[0, 1, 0, 0], udp, 5, "::1", "wWw.example.com TYPE65280 REFUSED UDP FRA6 ::1 0.0.0.0/0"),
            (WWW, 0, &[0, 0, 0, 0], udp, 9, "::1", "wWw.example.com TYPE0 RCODE9 UDP FRA6 ::1 -"),
            (b"\0", 2, &[], udp, 0, "192.0.2.1", ". NS NOERROR UDP FRA6 192.0.2.1 -"),
            (b"\x04a .\n\0", 16, &[], udp, 0, "192.0.2.1", "a\\040\\056\\012 TXT NOERROR UDP FRA6 192.0.2.1 -"),
            (b"\x01*\x01_\0", 257, &[], udp, 0, "192.0.2.1", "\\052._ CAA NOERROR UDP FRA6 192.0.2.1 -"),
        ];
        for (name, rtype, subnet, transport, rcode, resolver, rest) in cases {
            let expected = format!("1.0 2017-12-13T08:16:02.130Z Z123412341234 {rest}\n");
            assert_eq!(expected, line(name, rtype, subnet, transport, rcode, resolver));
        }
    }

    /// A name of any octets makes one line of ten fields: nobody writes lines of their own into a log.
    #[test]
    fn no_name_breaks_a_line() {
        for octet in 0..=255 {
            let line = line(&[3, b'a', octet, b'b', 0], 1, &[], Transport::Udp, 0, "192.0.2.1");

            assert_eq!((1, 10), (line.lines().count(), line.split(' ').count()), "{line}");
            assert!(line.bytes().all(|octet| octet.is_ascii_graphic() || octet == b' ' || octet == b'\n'), "{line}");
        }
    }

    #[test]
    fn moments_are_dates() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_200_001, "2024-03-01T00:00:00.001Z"),
            (1_735_689_599_000, "2024-12-31T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ];
        for (millis, text) in cases {
            assert_eq!(text, Moment(Duration::from_millis(millis)).to_string());
        }
    }

    #[test]
    fn types_are_in_order() {
        assert!(TYPES.is_sorted_by_key(|(number, _)| number));
    }
}
