//! All tables of places that are in force at one moment.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Geo, Latency, Locations, Order, PlaceError, Prefix, Views, refuse};
use crate::fetch::Fetch;

/// The tables in force. Cheap to copy: a change of one shares all others.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Where addresses are.
    pub geo: Arc<Geo>,
    /// How far regions are in time; None where nothing is known.
    pub latency: Option<Arc<Latency>>,
    /// Which region is nearest to each place of `geo`, by `latency`.
    pub order: Arc<Order>,
    /// CIDR collections by id.
    pub collections: Arc<HashMap<Box<str>, Arc<Locations>>>,
    /// The network views; None where nobody is in one.
    pub views: Option<Arc<Views>>,
}

impl Places {
    /// Fetches what looking a client up begins with.
    #[inline]
    pub fn fetch_blocks(&self, client: &Prefix, fetch: impl Fetch) {
        self.geo.addresses().fetch_block(client, fetch);
        self.latency.iter().for_each(|latency| latency.fetch_block(client, fetch));
    }

    /// Fetches what is left of looking a client up, once that is there.
    #[inline]
    pub fn fetch_ranges(&self, client: &Prefix, fetch: impl Fetch) {
        self.geo.addresses().fetch_range(client, fetch);
        self.latency.iter().for_each(|latency| latency.fetch_range(client, fetch));
    }

    fn ordered(self) -> Self {
        let order = self.latency.as_deref().map(|latency| Order::new(&self.geo, latency)).unwrap_or_default();
        Self { order: Arc::new(order), ..self }
    }
}

/// One table, read and ready to be put in force.
#[derive(Debug)]
pub enum Table {
    /// Where addresses are.
    Geo(Arc<Geo>),
    /// How far regions are in time, or that nothing is known.
    Latency(Option<Arc<Latency>>),
    /// A CIDR collection, or that it is gone.
    Collection(Box<str>, Option<Arc<Locations>>),
    /// The network views, or that nobody is in one.
    Views(Option<Arc<Views>>),
}

impl Table {
    /// Reads a table of a kind: `geo`, `latency`, `views`, or `cidr/` and a collection's id. No octets stand
    /// for an empty one.
    pub fn load(kind: &str, octets: &[u8]) -> Result<Self, PlaceError> {
        let is_gone = octets.is_empty();
        match (kind, kind.strip_prefix("cidr/")) {
            ("geo", _) if is_gone => Ok(Self::Geo(Arc::default())),
            ("geo", _) => Ok(Self::Geo(Arc::new(Geo::load(octets)?))),
            ("latency", _) if is_gone => Ok(Self::Latency(None)),
            ("latency", _) => Ok(Self::Latency(Some(Arc::new(Latency::load(octets)?)))),
            ("views", _) if is_gone => Ok(Self::Views(None)),
            ("views", _) => Ok(Self::Views(Some(Arc::new(Views::load(octets)?)))),
            (_, Some(id)) if is_gone => Ok(Self::Collection(id.into(), None)),
            (_, Some(id)) => Ok(Self::Collection(id.into(), Some(Arc::new(Locations::load(octets)?)))),
            _ => refuse(format!("{kind:?}: there is no such kind of table; geo, latency, views or cidr/ID")),
        }
    }

    /// These places with the table in force.
    pub fn put(self, places: &Places) -> Places {
        let mut next = places.clone();
        match self {
            Self::Geo(geo) => next = Places { geo, ..next }.ordered(),
            Self::Latency(latency) => next = Places { latency, ..next }.ordered(),
            Self::Views(views) => next.views = views,
            Self::Collection(id, collection) => {
                let mut collections = (*next.collections).clone();
                match collection {
                    Some(collection) => collections.insert(id, collection),
                    None => collections.remove(&id),
                };
                next.collections = Arc::new(collections);
            }
        }
        next
    }
}
