//! The places that a geolocation record set can name (R-GEO-1, R-GEO-2).

use super::geo::{Class, Code};

/// A place, from anywhere to a part of a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Everywhere, and where nothing is known: `CountryCode=*`.
    Default,
    /// A continent.
    Continent(Code<2>),
    /// A country.
    Country(Code<2>),
    /// A country and a part of it.
    Subdivision(Code<2>, Code<3>),
}

impl Area {
    /// The area as a number of its own.
    pub fn bits(self) -> u64 {
        let (kind, country, subdivision) = match self {
            Self::Default => (0, Code::UNKNOWN, Code::UNKNOWN),
            Self::Continent(continent) => (1, continent, Code::UNKNOWN),
            Self::Country(country) => (2, country, Code::UNKNOWN),
            Self::Subdivision(country, subdivision) => (3, country, subdivision),
        };
        kind | country.bits() << 8 | subdivision.bits() << 24
    }

    /// The areas that hold a class of clients, smallest first (R-GEO-6).
    pub fn around(class: &Class) -> impl Iterator<Item = Self> {
        let Class { continent, country, subdivision, .. } = *class;
        let known = |is_known: bool, area: Self| is_known.then_some(area);
        [
            known(subdivision.is_known(), Self::Subdivision(country, subdivision)),
            known(country.is_known(), Self::Country(country)),
            known(continent.is_known(), Self::Continent(continent)),
            Some(Self::Default),
        ]
        .into_iter()
        .flatten()
    }
}

impl std::fmt::Display for Area {
    /// `US-TX`, `US`, `continent NA` or `*`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("*"),
            Self::Continent(continent) => write!(f, "continent {}", continent.as_str()),
            Self::Country(country) => f.write_str(country.as_str()),
            Self::Subdivision(country, subdivision) => write!(f, "{}-{}", country.as_str(), subdivision.as_str()),
        }
    }
}
