//! Geolocation: the smallest place that holds the client (R-GEO-1..15).

use super::{Arms, Client};
use crate::image::{Arm, By};
use crate::place::Area;

/// The one arm that stands for choice among those that fit: that of the smallest area around the
/// client (R-GEO-6, R-GEO-7). None where no area of any arm holds it (R-GEO-9).
pub fn standing(arms: &[Arm], client: &mut Client<'_>, mut fits: impl FnMut(usize) -> bool) -> Arms {
    let class = client.class();
    Area::around(class)
        .filter_map(|area| arms.iter().position(|arm| matches!(arm.by, By::Area(own) if own == area)))
        .find(|&arm| fits(arm))
        .map_or(Arms::none(), Arms::only)
}
