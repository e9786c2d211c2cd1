//! Geolocation: the smallest place that holds the client (R-GEO-1..15).

use super::{Arms, Client};
use crate::image::{Arm, Decision, Key};
use crate::place::Area;

/// The one arm that stands for choice among those that fit: that of the smallest area around the
/// client (R-GEO-6, R-GEO-7). None where no area of any arm holds it (R-GEO-9).
pub fn standing<S: Arms>(decision: &Decision, client: &mut Client<'_>, mut fits: impl FnMut(&Arm) -> bool) -> S {
    let class = client.class();
    Area::around(class)
        .filter_map(|area| decision.arm(Key::Area(area)))
        .find(|&arm| fits(&decision.arms[arm]))
        .map_or(S::none(), S::only)
}
