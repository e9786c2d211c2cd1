//! Everything a query needs, in one immutable value.
//!
//! ```text
//! Snapshot ─┬─ Catalog ─┬─ Zones ── 256 buckets ── by hash, of one name by rank: Zone ── shards
//!           │           └─ Zones of each network view
//!           ├─ Health     (one bit a check)
//!           ├─ Places     (geolocation, latency, CIDR collections)
//!           ├─ Outside    (what outside alias targets answer)
//!           └─ Settings
//! ```
//!
//! A change makes a new snapshot that shares all it did not touch: one bucket of the catalog is
//! copied, the zone's unchanged shards are shared.

use std::collections::HashMap;
use std::sync::Arc;

use crate::access::Access;
use crate::cookie::Cookies;
use crate::health::Health;
use crate::image::Zone;
use crate::limit::RateLimit;
use crate::outside::Outside;
use crate::place::Places;
use crate::place::sphere::{NegativeBias, Point};
use crate::transfer::Transfers;
use crate::zones::Zones;

/// What an operator sets for answering.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Largest reply over UDP in octets, 512 to 4096; also what we advertise (R-DNS-1).
    pub udp_payload: u16,
    /// The same for clients that have shown no cookie of ours, 512 to `udp_payload`.
    pub udp_payload_without_cookie: u16,
    /// How a negative bias stretches a distance (R-GPX-5).
    pub negative_bias: NegativeBias,
    /// Where this edge is: it stands in for clients whose place is unknown (R-GPX-13).
    pub edge: Option<Point>,
    /// How DNS cookies are made; None: they are passed over like any option that we do not know.
    pub cookies: Option<Cookies>,
    /// What we call ourselves (RFC 4892, RFC 5001), at most `options::MOST_IDENTITY` octets; empty: nothing.
    pub identity: Arc<[u8]>,
    /// Which version we say we are (RFC 4892), at most 255 octets; empty: none.
    pub version: Arc<[u8]>,
    /// Whose questions are answered; None: everybody's.
    pub access: Option<Arc<Access>>,
    /// How many answers over UDP a network of clients gets; None: as many as it asks for.
    pub rate_limit: Option<Arc<RateLimit>>,
    /// Who may take zones, and the keys that are shared with them.
    pub transfers: Arc<Transfers>,
}

impl Default for Settings {
    /// 1232: fits the smallest IPv6 MTU without fragments.
    fn default() -> Self {
        Self {
            udp_payload: 1232,
            udp_payload_without_cookie: 1232,
            negative_bias: NegativeBias::Linear,
            edge: None,
            cookies: None,
            identity: Arc::default(),
            version: Arc::default(),
            access: None,
            rate_limit: None,
            transfers: Arc::default(),
        }
    }
}

/// Everything a query needs. Never changed once shared.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The zones served.
    pub catalog: Catalog,
    /// The state of all health checks.
    pub health: Arc<Health>,
    /// Where clients are.
    pub places: Places,
    /// What outside alias targets answer.
    pub outside: Arc<Outside>,
    /// What the operator has set.
    pub settings: Settings,
}

/// The zones served.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Those that everybody sees.
    public: Zones,
    /// Of each network view the private zones seen from it (R-PVT-6, R-PVT-13); None where there is no private
    /// zone, so that public questions pass views over for the price of one look.
    views: Option<Arc<HashMap<Box<str>, Arc<Zones>>>>,
}

impl Catalog {
    /// The public zones.
    pub fn public(&self) -> &Zones {
        &self.public
    }

    /// Whether there is any private zone.
    pub fn has_private(&self) -> bool {
        self.views.is_some()
    }

    /// The private zones that are seen from a network view; None where there are none.
    pub fn seen_from(&self, view: &str) -> Option<&Zones> {
        self.views.as_deref()?.get(view).map(|zones| &**zones)
    }

    /// The zones that answer, each once, in any order.
    pub fn zones(&self) -> impl Iterator<Item = &Zone> {
        let is_first =
            |view: &str, zone: &Zone| zone.views.as_deref().and_then(<[_]>::first).map(|it| &**it) == Some(view);
        let views = self.views.iter().flat_map(|views| views.iter());
        let private = views.flat_map(move |(view, zones)| zones.zones().filter(move |zone| is_first(view, zone)));
        self.public.zones().chain(private)
    }

    /// Puts a zone in, in place of the one held before it.
    pub fn replace(&mut self, held: Option<&Arc<Zone>>, zone: Arc<Zone>) {
        let seen_alike = |held: &&Arc<Zone>| held.apex == zone.apex && held.views == zone.views;
        if let Some(held) = held.filter(|held| !seen_alike(held)) {
            self.remove(held);
        }
        let Some(views) = &zone.views else {
            return self.public.put(zone);
        };
        let known = Arc::make_mut(self.views.get_or_insert_default());
        for view in views {
            Arc::make_mut(known.entry(view.clone()).or_default()).put(Arc::clone(&zone));
        }
    }

    /// Takes a zone out.
    pub fn remove(&mut self, zone: &Zone) {
        let Some(views) = &zone.views else {
            return self.public.remove(zone);
        };
        let Some(known) = self.views.as_mut().map(Arc::make_mut) else { return };
        for view in views {
            if let Some(zones) = known.get_mut(view) {
                Arc::make_mut(zones).remove(zone);
            }
        }
        known.retain(|_, zones| !zones.is_empty());
        if known.is_empty() {
            self.views = None;
        }
    }
}
