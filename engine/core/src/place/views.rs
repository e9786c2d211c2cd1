//! Network views: which clients are in which, and where in the world each is (R-PVT-13, R-GEO-13, R-LAT-9).

use std::net::IpAddr;

use serde_bytes::Bytes;

use super::geo::{Class, Code};
use super::locations::block;
use super::sphere::Point;
use super::{Collection, PlaceError, Prefix, refuse};

/// The encoding this engine reads (`src/meridian/place/views.py`).
pub const FORMAT: u32 = 1;

/// The views of an operator. Immutable; `find` allocates nothing.
#[derive(Debug, Clone)]
pub struct Views {
    views: Box<[View]>,
    blocks: Collection,
}

/// One view.
#[derive(Debug, Clone)]
pub struct View {
    /// Its id.
    pub id: Box<str>,
    /// Where its clients are taken to be, wherever they are: its region.
    pub class: Class,
}

#[derive(serde::Deserialize)]
struct Wire<'a> {
    format: u32,
    #[serde(borrow)]
    views: Vec<ViewWire<'a>>,
    /// Address in 4 or 16 octets, prefix length, place in `views`.
    #[serde(borrow)]
    blocks: Vec<(&'a Bytes, u8, u32)>,
}

#[derive(serde::Deserialize)]
struct ViewWire<'a> {
    id: &'a str,
    continent: &'a str,
    country: &'a str,
    subdivision: &'a str,
    /// Hundredths of a degree.
    latitude: i16,
    longitude: i16,
}

impl Views {
    /// Reads a table; refuses whatever does not fit together.
    pub fn load(octets: &[u8]) -> Result<Self, PlaceError> {
        let wire: Wire<'_> =
            rmp_serde::from_slice(octets).map_err(|error| PlaceError(format!("views: not readable: {error}")))?;
        if wire.format != FORMAT {
            return refuse(format!("views: format {}; this engine reads {FORMAT}", wire.format));
        }
        if wire.blocks.iter().any(|&(.., view)| view as usize >= wire.views.len()) {
            return refuse("views: a block of a view that is not there");
        }
        let blocks = wire.blocks.iter().map(block).collect::<Result<Vec<_>, _>>()?;
        let views = wire.views.iter().map(View::read).collect::<Result<_, _>>()?;
        Ok(Self { views, blocks: Collection::new(&blocks)? })
    }

    /// The view whose longest block holds the address that a client asks from.
    pub fn find(&self, client: IpAddr) -> Option<&View> {
        self.blocks.find(Prefix::host(client)).location.map(|view| &self.views[view as usize])
    }
}

impl View {
    fn read(wire: &ViewWire<'_>) -> Result<Self, PlaceError> {
        let codes = (Code::new(wire.continent), Code::new(wire.country), Code::new(wire.subdivision));
        let (Some(continent), Some(country), Some(subdivision)) = codes else {
            return refuse(format!("views: {}: a code that cannot be", wire.id));
        };
        let point = Point::new(wire.latitude, wire.longitude)?;
        Ok(Self { id: wire.id.into(), class: Class { continent, country, subdivision, point: Some(point) } })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(views: serde_json::Value, blocks: &[(&[u8], u8, u32)], format: u32) -> Vec<u8> {
        let blocks: Vec<_> =
            blocks.iter().map(|&(address, length, view)| (Bytes::new(address), length, view)).collect();
        #[derive(serde::Serialize)]
        struct Written<'a> {
            format: u32,
            views: serde_json::Value,
            blocks: Vec<(&'a Bytes, u8, u32)>,
        }
        rmp_serde::to_vec_named(&Written { format, views, blocks }).unwrap()
    }

    fn view(country: &str, latitude: i32) -> serde_json::Value {
        json!([{"id": "vpc-a", "continent": "EU", "country": country, "subdivision": "", "latitude": latitude,
            "longitude": 868}])
    }

    #[test]
    fn a_client_is_in_the_view_whose_block_holds_its_address() {
        let views = Views::load(&table(view("DE", 5011), &[(&[10, 1, 0, 0], 16, 0)], FORMAT)).unwrap();
        let found = |client: &str| views.find(client.parse().unwrap()).map(|view| &*view.id);

        assert_eq!(Some("vpc-a"), found("10.1.2.3"));
        assert_eq!(Some("vpc-a"), found("::ffff:10.1.2.3"));
        assert_eq!(None, found("10.2.0.1"));
        assert_eq!(None, found("::1"));
        let class = views.find("10.1.2.3".parse().unwrap()).unwrap().class;
        assert_eq!(("EU", "DE", ""), (class.continent.as_str(), class.country.as_str(), class.subdivision.as_str()));
    }

    #[test]
    fn a_table_that_does_not_fit_together_is_refused() {
        let block: (&[u8], u8, u32) = (&[10, 1, 0, 0], 16, 0);
        let cases = [
            (table(view("DE", 5011), &[block], 2), "format 2"),
            (table(view("DE", 5011), &[(&[10, 1, 0, 0], 16, 1)], FORMAT), "not there"),
            (table(view("DE", 5011), &[(&[10, 1, 0], 16, 0)], FORMAT), "3 octets"),
            (table(view("DE", 5011), &[block, block], FORMAT), "twice"),
            (table(view("Deutschland", 5011), &[block], FORMAT), "a code"),
            (table(view("DE", 9001), &[block], FORMAT), "9001"),
            (vec![0xc1], "not readable"),
        ];
        for (octets, expected) in cases {
            let refused = Views::load(&octets).unwrap_err().to_string();
            assert!(refused.contains(expected), "{refused}");
        }
    }
}
