//! Failover: PRIMARY while it is healthy (R-FAI-1..10).

use super::Arms;
use crate::image::{Arm, By};

/// The one arm that stands for choice among those that fit: the PRIMARY before the SECONDARY
/// (R-FAI-3).
pub fn standing<S: Arms>(arms: &[Arm], mut fits: impl FnMut(&Arm) -> bool) -> S {
    let role = |secondary: bool| {
        (0..arms.len()).filter(move |&arm| matches!(arms[arm].by, By::Role { secondary: own } if own == secondary))
    };
    role(false).chain(role(true)).find(|&arm| fits(&arms[arm])).map_or(S::none(), S::only)
}
