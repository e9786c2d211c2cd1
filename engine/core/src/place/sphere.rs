//! Distances on the earth, taken as a sphere (R-GPX-11).

use super::{PlaceError, refuse};

/// Mean radius of the earth (R-GPX-11).
pub const RADIUS_KM: f64 = 6371.0;

/// A place on the sphere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Hundredths of a degree, -9,000 to 9,000; south is negative.
    latitude: i16,
    /// Hundredths of a degree, -18,000 to 18,000; west is negative.
    longitude: i16,
    /// The unit vector from the centre of the earth; f32 holds it to about a metre.
    vector: [f32; 3],
}

impl Point {
    /// A point from hundredths of a degree (R-GPX-2 allows two decimals).
    pub fn new(latitude: i16, longitude: i16) -> Result<Self, PlaceError> {
        if !(-9000..=9000).contains(&latitude) || !(-18000..=18000).contains(&longitude) {
            return refuse(format!("coordinates {latitude}, {longitude}: not hundredths of a degree on the earth"));
        }
        let (sin_latitude, cos_latitude) = radians(latitude).sin_cos();
        let (sin_longitude, cos_longitude) = radians(longitude).sin_cos();
        let vector = [cos_latitude * cos_longitude, cos_latitude * sin_longitude, sin_latitude].map(|part| part as f32);
        Ok(Self { latitude, longitude, vector })
    }

    /// Degrees, -90 to 90.
    pub fn latitude(&self) -> f64 {
        f64::from(self.latitude) / 100.0
    }

    /// Degrees, -180 to 180.
    pub fn longitude(&self) -> f64 {
        f64::from(self.longitude) / 100.0
    }

    /// Great-circle distance in km, exact to a few metres at any distance.
    pub fn distance_km(&self, other: &Self) -> f64 {
        let (mut apart, mut along) = (0.0, 0.0);
        for (a, b) in self.vector.into_iter().zip(other.vector) {
            let (a, b) = (f64::from(a), f64::from(b));
            apart += (a - b) * (a - b);
            along += (a + b) * (a + b);
        }
        // Half the angle: the chord between the points against the chord to the antipode. Unlike an
        // arc cosine this is exact for near points, and unlike an arc sine for far ones.
        2.0 * RADIUS_KM * apart.sqrt().atan2(along.sqrt())
    }
}

fn radians(hundredths: i16) -> f64 {
    (f64::from(hundredths) / 100.0).to_radians()
}

/// How a negative bias stretches a distance (`geoproximity.negative_bias`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NegativeBias {
    /// `d × (1 − bias/100)`, as for a positive bias (R-GPX-4).
    #[default]
    Linear,
    /// `d / (1 + bias/100)`, as guides up to 2023 had it (R-GPX-5).
    Reciprocal,
}

/// The distance that geoproximity compares. `bias` is -99 to 99; beyond is taken as the nearer end (R-GPX-3).
pub fn biased_km(distance_km: f64, bias: i8, negative: NegativeBias) -> f64 {
    let share = f64::from(bias.clamp(-99, 99)) / 100.0;
    if share < 0.0 && negative == NegativeBias::Reciprocal {
        distance_km / (1.0 + share)
    } else {
        distance_km * (1.0 - share)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point(latitude: f64, longitude: f64) -> Point {
        Point::new((latitude * 100.0).round() as i16, (longitude * 100.0).round() as i16).unwrap()
    }

    /// The haversine formula in f64 alone.
    fn haversine(a: &Point, b: &Point) -> f64 {
        let (from, to) = (a.latitude().to_radians(), b.latitude().to_radians());
        let half = |angle: f64| (angle / 2.0).sin().powi(2);
        let h = half(to - from) + from.cos() * to.cos() * half((b.longitude() - a.longitude()).to_radians());
        2.0 * RADIUS_KM * h.sqrt().min(1.0).asin()
    }

    #[test]
    fn distances_follow_the_great_circle() {
        let half = std::f64::consts::PI * RADIUS_KM;
        let cases = [
            ("no way at all", point(48.15, 11.58), point(48.15, 11.58), 0.0),
            ("pole to pole", point(90.0, 0.0), point(-90.0, 0.0), half),
            ("a quarter of the equator", point(0.0, 0.0), point(0.0, 90.0), half / 2.0),
            ("across the date line", point(0.0, 179.5), point(0.0, -179.5), half / 180.0),
            ("the two ends of the date line", point(10.0, 180.0), point(10.0, -180.0), 0.0),
            ("to the antipode", point(33.33, 44.44), point(-33.33, -135.56), half),
            ("London to Singapore", point(51.51, -0.13), point(1.35, 103.82), 10_848.0),
        ];
        for (what, a, b, km) in cases {
            let got = a.distance_km(&b);

            assert!((got - km).abs() < 0.01 + km / 1e4, "{what}: {got} for {km}");
        }
    }

    #[test]
    fn bias_scales_the_distance() {
        use NegativeBias::{Linear, Reciprocal};
        let cases = [
            (150.0, 50, Linear, 75.0), // R-TV-20
            (100.0, 0, Linear, 100.0),
            (100.0, -50, Linear, 150.0), // R-TV-21
            (100.0, -50, Reciprocal, 200.0),
            (150.0, 50, Reciprocal, 75.0),
            (100.0, 99, Linear, 1.0),
            (100.0, -99, Linear, 199.0),
            (100.0, -99, Reciprocal, 10_000.0),
            (100.0, 127, Linear, 1.0),
            (100.0, -128, Reciprocal, 10_000.0),
        ];
        for (km, bias, negative, biased) in cases {
            let got = biased_km(km, bias, negative);

            assert!((got - biased).abs() < 1e-6, "{km} km with {bias} {negative:?}: {got} for {biased}");
        }
    }

    #[test]
    fn points_off_the_earth_are_refused() {
        for (latitude, longitude) in [(9001, 0), (-9001, 0), (0, 18001), (0, -18001), (i16::MIN, i16::MIN)] {
            assert!(Point::new(latitude, longitude).is_err(), "{latitude}, {longitude}");
        }
    }

    proptest! {
        #[test]
        fn distance_is_symmetric_bounded_and_the_haversine(
            a in (-9000i16..=9000, -18000i16..=18000),
            b in (-9000i16..=9000, -18000i16..=18000),
        ) {
            let (a, b) = (Point::new(a.0, a.1).unwrap(), Point::new(b.0, b.1).unwrap());
            let km = a.distance_km(&b);

            prop_assert_eq!(km, b.distance_km(&a));
            prop_assert!((0.0..=std::f64::consts::PI * RADIUS_KM).contains(&km));
            // The haversine itself is off by up to a metre near the antipode.
            prop_assert!((km - haversine(&a, &b)).abs() < 0.01, "{} for {}", km, haversine(&a, &b));
        }

        #[test]
        fn a_greater_bias_never_lengthens(km in 0.0..20_000.0, bias in -99i8..99) {
            for negative in [NegativeBias::Linear, NegativeBias::Reciprocal] {
                prop_assert!(biased_km(km, bias + 1, negative) <= biased_km(km, bias, negative));
            }
        }
    }
}
