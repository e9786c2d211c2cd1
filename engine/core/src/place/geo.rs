//! Where an address is, from a geolocation database compiled by the control plane.
//!
//! # The file
//!
//! Little-endian; `src/meridian/place/table.py` writes it.
//!
//! | octets | what |
//! |---|---|
//! | 8 | `MERIDGEO` |
//! | 4 | format, 1 |
//! | 4 | length of the header |
//! | … | header: MessagePack map with `source`, `date`, `attribution`, `classes`, `v4`, `v6` (each of the last two is a list: blocks, ranges) |
//! | 11 each | classes: continent 2, country 2, subdivision 3 (zero-padded ASCII), latitude, longitude (i16, hundredths of a degree) |
//! | … | IPv4: heads u16, first u32, lows u16, class numbers u32 (see `ranges`) |
//! | … | IPv6: heads u32, first u32, lows u32, class numbers u32 |
//! | 4 | CRC-32 of everything before |
//!
//! Class 0 is the place of which nothing is known.

use std::fmt;

use super::octets::Reader;
use super::ranges::Sections;
use super::sphere::Point;
use super::{PlaceError, Prefix, Ranges, refuse};

/// First octets of the file.
const MAGIC: &[u8; 8] = b"MERIDGEO";
/// The format this engine reads.
pub const FORMAT: u32 = 1;
/// Most octets of a header: it holds a few lines of text.
const MAX_HEADER: u32 = 1 << 16;
/// Octets of a class in the file.
const CLASS_OCTETS: usize = 11;
/// Latitude of a class without coordinates.
const NO_LATITUDE: i16 = i16::MIN;

/// A short code in ASCII, such as `EU`, `DE` or `TX`; zero-padded, all zeros where unknown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code<const N: usize>([u8; N]);

impl<const N: usize> Code<N> {
    /// No code.
    pub const UNKNOWN: Self = Self([0; N]);

    /// A code of 1 to `N` capital letters and digits; an empty one stands for unknown.
    pub fn new(text: &str) -> Option<Self> {
        let mut octets = [0; N];
        octets.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Self::read(&octets)
    }

    fn read(octets: &[u8]) -> Option<Self> {
        let letters = octets.iter().take_while(|&&octet| octet != 0).count();
        let (text, padding) = octets.split_at(letters);
        let plain = text.iter().all(|octet| octet.is_ascii_uppercase() || octet.is_ascii_digit());
        let own = octets.try_into().ok()?;
        (plain && padding.iter().all(|&octet| octet == 0)).then_some(Self(own))
    }

    /// The code as text; empty where unknown.
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|&octet| octet == 0).unwrap_or(N);
        str::from_utf8(&self.0[..length]).unwrap_or("")
    }

    /// The code as a number of its own, of 8 bits for each letter.
    pub fn bits(&self) -> u64 {
        self.0.iter().rev().fold(0, |bits, &octet| bits << 8 | u64::from(octet))
    }

    /// Whether there is a code.
    pub fn is_known(&self) -> bool {
        self.0[0] != 0
    }
}

impl<const N: usize> fmt::Debug for Code<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// A place that clients share: what is known of it, as routing policies see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Class {
    /// Continent of the country (R-GEO-14).
    pub continent: Code<2>,
    /// ISO 3166-1, or XK.
    pub country: Code<2>,
    /// ISO 3166-2 without the country, as ListGeoLocations has it (R-GEO-3).
    pub subdivision: Code<3>,
    /// Coordinates, where known.
    pub point: Option<Point>,
}

/// The place of which nothing is known.
pub static NOWHERE: Class =
    Class { continent: Code::UNKNOWN, country: Code::UNKNOWN, subdivision: Code::UNKNOWN, point: None };

impl Class {
    /// Whether nothing at all is known (R-GEO-10, R-GPX-13).
    pub fn is_unknown(&self) -> bool {
        !self.country.is_known() && !self.continent.is_known() && self.point.is_none()
    }

    fn read(octets: &[u8]) -> Result<Self, PlaceError> {
        let codes = (Code::read(&octets[..2]), Code::read(&octets[2..4]), Code::read(&octets[4..7]));
        let (Some(continent), Some(country), Some(subdivision)) = codes else {
            return refuse("a class has a code that is not capital letters and digits");
        };
        if subdivision.is_known() && !country.is_known() {
            return refuse("a class has a subdivision and no country");
        }
        let (latitude, longitude) =
            (i16::from_le_bytes([octets[7], octets[8]]), i16::from_le_bytes([octets[9], octets[10]]));
        let point = if latitude == NO_LATITUDE { None } else { Some(Point::new(latitude, longitude)?) };
        Ok(Self { continent, country, subdivision, point })
    }
}

/// What a file says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
pub struct About {
    /// The database it was made from.
    pub source: String,
    /// Day the data is of, such as `2026-06-05`.
    pub date: String,
    /// The credit that its licence asks for.
    pub attribution: String,
}

#[derive(serde::Deserialize)]
struct Header {
    #[serde(flatten)]
    about: About,
    classes: u32,
    v4: (u32, u32),
    v6: (u32, u32),
}

/// A client's place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Located<'a> {
    /// The number of its class.
    pub number: u32,
    /// What is known of it.
    pub class: &'a Class,
    /// Length of the largest block around the client that is all in this place: 0 to 32, or to 64 for IPv6.
    pub prefix_length: u8,
}

/// A geolocation table.
#[derive(Debug, Clone)]
pub struct Geo {
    about: About,
    classes: Box<[Class]>,
    ranges: Ranges,
}

impl Default for Geo {
    fn default() -> Self {
        Self { about: About::default(), classes: [NOWHERE].into(), ranges: Ranges::everywhere(0) }
    }
}

impl Geo {
    /// Reads a file; refuses whatever does not fit together to the last octet.
    pub fn load(octets: &[u8]) -> Result<Self, PlaceError> {
        let mut file = Reader(checked(octets)?);
        let header = header(&mut file)?;
        let classes = file.take((header.classes as usize).saturating_mul(CLASS_OCTETS), "classes")?;
        let classes = classes.chunks_exact(CLASS_OCTETS).map(Class::read).collect::<Result<Box<_>, _>>()?;
        if classes.first() != Some(&NOWHERE) {
            return refuse("geo table: class 0 is not the unknown place");
        }
        let v4 = sections::<u16>(&mut file, header.v4, "IPv4")?;
        let v6 = sections::<u32>(&mut file, header.v6, "IPv6")?;
        if !file.0.is_empty() {
            return refuse(format!("geo table: {} octets too many", file.0.len()));
        }
        Ok(Self { about: header.about, ranges: Ranges::read(v4, v6, header.classes)?, classes })
    }

    /// Which address is in which place.
    pub(super) fn addresses(&self) -> &Ranges {
        &self.ranges
    }

    /// Where a client is. Addresses that no range knows are in a place of which nothing is known.
    pub fn locate(&self, client: &Prefix) -> Located<'_> {
        let (number, prefix_length) = self.ranges.find(client);
        Located { number, class: &self.classes[number as usize], prefix_length }
    }

    /// What the file says of itself; empty where none is loaded.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Places told apart, in order of their numbers; the first is the unknown one.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// Ranges of IPv4 and of IPv6.
    pub fn ranges(&self) -> (usize, usize) {
        self.ranges.counts()
    }

    /// Octets held in memory.
    pub fn octets(&self) -> usize {
        size_of_val(&*self.classes) + self.ranges.octets()
    }
}

/// The file without its checksum, if that is right.
fn checked(octets: &[u8]) -> Result<&[u8], PlaceError> {
    let Some((body, sum)) = octets.split_last_chunk::<4>() else {
        return refuse("geo table: shorter than its checksum");
    };
    if !body.starts_with(MAGIC) {
        return refuse("geo table: not such a file");
    }
    if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
        return refuse("geo table: the checksum is wrong; the file is damaged");
    }
    Ok(&body[MAGIC.len()..])
}

fn header(file: &mut Reader<'_>) -> Result<Header, PlaceError> {
    let format: u32 = file.number("format")?;
    if format != FORMAT {
        return refuse(format!("geo table: format {format}; this engine reads {FORMAT}"));
    }
    let length: u32 = file.number("header length")?;
    if length > MAX_HEADER {
        return refuse(format!("geo table: a header of {length} octets; at most {MAX_HEADER}"));
    }
    let octets = file.take(length as usize, "header")?;
    rmp_serde::from_slice(octets).map_err(|error| PlaceError(format!("geo table: header not readable: {error}")))
}

fn sections<'a, H: super::octets::Packed>(
    file: &mut Reader<'a>,
    (blocks, ranges): (u32, u32),
    what: &str,
) -> Result<Sections<'a>, PlaceError> {
    Ok(Sections {
        heads: file.section::<H>(blocks, what)?,
        first: file.section::<u32>(blocks, what)?,
        lows: file.section::<H>(ranges, what)?,
        values: file.section::<u32>(ranges, what)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file with Munich at 198.51.100.0/24 and 2001:db8::/32, and Texas without coordinates at 203.0.113.0/24.
    fn file() -> Vec<u8> {
        let header = serde_json::json!({
            "source": "made for a test", "date": "2026-06-05", "attribution": "none",
            "classes": 3, "v4": [3, 5], "v6": [3, 3], "added_later": true,
        });
        let header = rmp_serde::to_vec(&header).unwrap();
        let class = |codes: &[u8; 7], latitude: i16, longitude: i16| {
            [codes.as_slice(), &latitude.to_le_bytes(), &longitude.to_le_bytes()].concat()
        };
        let narrow = |numbers: &[u16]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        let wide = |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        let parts = [
            MAGIC.to_vec(),
            wide(&[FORMAT, header.len() as u32]),
            header,
            class(&[0; 7], NO_LATITUDE, 0),
            class(b"EUDE\0\0\0", 4810, 1160),
            class(b"NAUSTX\0", NO_LATITUDE, 0),
            narrow(&[0, 0xc633, 0xcb00]),
            wide(&[0, 1, 3]),
            narrow(&[0, 0x6400, 0x6500, 0x7100, 0x7200]),
            wide(&[0, 1, 0, 2, 0]),
            wide(&[0, 0x2001_0db8, 0x2001_0db9]),
            wide(&[0, 1, 2]),
            wide(&[0, 0, 0]),
            wide(&[0, 1, 0]),
        ];
        sealed(parts.concat())
    }

    fn sealed(mut body: Vec<u8>) -> Vec<u8> {
        body.extend(crc32fast::hash(&body).to_le_bytes());
        body
    }

    fn located<'a>(geo: &'a Geo, address: &str, length: u8) -> Located<'a> {
        geo.locate(&Prefix::new(address.parse().unwrap(), length))
    }

    #[test]
    fn clients_are_where_the_file_says() {
        let geo = Geo::load(&file()).unwrap();
        let cases = [
            ("198.51.100.0", 32, ("EU", "DE", "", Some((48.1, 11.6))), 24),
            ("198.51.100.255", 24, ("EU", "DE", "", Some((48.1, 11.6))), 24),
            ("::ffff:198.51.100.9", 120, ("EU", "DE", "", Some((48.1, 11.6))), 24),
            ("198.51.100.255", 16, ("", "", "", None), 18),
            ("203.0.113.1", 32, ("NA", "US", "TX", None), 24),
            ("0.0.0.0", 32, ("", "", "", None), 1),
            ("255.255.255.255", 32, ("", "", "", None), 3),
            ("2001:db8::1", 56, ("EU", "DE", "", Some((48.1, 11.6))), 32),
            ("::", 128, ("", "", "", None), 3),
            ("ffff::", 128, ("", "", "", None), 1),
        ];
        for (address, length, place, prefix_length) in cases {
            let located = located(&geo, address, length);
            let class = located.class;
            let point = class.point.map(|point| (point.latitude(), point.longitude()));
            let seen = (class.continent.as_str(), class.country.as_str(), class.subdivision.as_str(), point);

            assert_eq!((place, prefix_length), (seen, located.prefix_length), "{address}/{length}");
        }
    }

    #[test]
    fn a_file_tells_what_it_is() {
        let geo = Geo::load(&file()).unwrap();

        assert_eq!(("made for a test", "2026-06-05"), (geo.about().source.as_str(), geo.about().date.as_str()));
        assert_eq!((3, (5, 3)), (geo.classes().len(), geo.ranges()));
    }

    #[test]
    fn without_a_file_every_client_is_unknown() {
        let geo = Geo::default();

        for address in ["0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] {
            assert_eq!(Located { number: 0, class: &NOWHERE, prefix_length: 0 }, located(&geo, address, 128));
            assert!(located(&geo, address, 128).class.is_unknown());
        }
    }

    #[test]
    fn a_file_cut_short_anywhere_is_refused() {
        let whole = file();
        for length in 0..whole.len() {
            assert!(Geo::load(&whole[..length]).is_err(), "{length} octets");
            let body = length.min(whole.len() - 5);
            assert!(Geo::load(&sealed(whole[..body].to_vec())).is_err(), "{length} octets with a checksum");
        }
        let longer = [&whole[..whole.len() - 4], &[0]].concat();
        assert!(Geo::load(&sealed(longer)).is_err());
    }

    #[test]
    fn a_header_that_claims_the_moon_reserves_nothing() {
        let huge = serde_json::json!({
            "source": "", "date": "", "attribution": "",
            "classes": u32::MAX, "v4": [u32::MAX, u32::MAX], "v6": [u32::MAX, u32::MAX],
        });
        let header = rmp_serde::to_vec(&huge).unwrap();
        let numbers = [FORMAT.to_le_bytes(), (header.len() as u32).to_le_bytes()].concat();

        assert!(Geo::load(&sealed([MAGIC.as_slice(), &numbers, &header].concat())).is_err());
    }

    #[test]
    fn codes_are_capitals_and_digits() {
        let cases =
            [("", true), ("DE", true), ("11", true), ("ENG", true), ("de", false), ("D ", false), ("ENGL", false)];
        for (text, good) in cases {
            let code = Code::<3>::new(text);

            assert_eq!(good, code.is_some(), "{text}");
            assert!(code.is_none_or(|code| code.as_str() == text && code.is_known() != text.is_empty()));
        }
        assert_eq!(None, Code::<3>::read(&[b'D', 0, b'E']));
    }

    proptest! {
        #[test]
        fn a_damaged_file_is_refused(at in 0usize..400, flip in 1u8..) {
            let mut octets = file();
            let at = at % octets.len();
            octets[at] ^= flip;

            prop_assert!(Geo::load(&octets).is_err());
        }

        #[test]
        fn a_forged_file_is_refused_or_looked_up_in_safely(
            forgeries in prop::collection::vec((8usize..400, any::<u8>()), 1..4),
            addresses in prop::collection::vec(any::<u128>(), 10),
        ) {
            let mut body = file();
            body.truncate(body.len() - 4);
            for (at, octet) in forgeries {
                let at = at % body.len();
                body[at] = octet;
            }

            if let Ok(geo) = Geo::load(&sealed(body)) {
                for address in addresses {
                    let (v4, v6) = ((address as u32).into(), address.into());
                    prop_assert!(geo.locate(&Prefix::host(std::net::IpAddr::V4(v4))).prefix_length <= 32);
                    prop_assert!(geo.locate(&Prefix::host(std::net::IpAddr::V6(v6))).prefix_length <= 64);
                }
            }
        }
    }
}
