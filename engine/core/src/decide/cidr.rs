//! IP-based: the location of the client's block in a CIDR collection (R-CID-1..14).

use super::{Arms, Client};
use crate::image::{Arm, Decision, Key};

/// The one arm that stands for choice among those that fit: that of the matched location, then the
/// default (R-CID-5..7). None where neither is there.
pub fn standing<S: Arms>(
    decision: &Decision,
    collection: &str,
    client: &mut Client<'_>,
    mut fits: impl FnMut(&Arm) -> bool,
) -> S {
    let location = client.location(collection);
    [location, Some("*")]
        .into_iter()
        .flatten()
        .filter_map(|name| decision.arm(Key::name(name)))
        .find(|&arm| fits(&decision.arms[arm]))
        .map_or(S::none(), S::only)
}
