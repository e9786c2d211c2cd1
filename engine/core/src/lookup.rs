//! Where in its zone a name stands (RFC 1034 §4.3.2 step 3, RFC 4592 §3.3).

use crate::image::{Found, Zone};
use crate::name::Name;
use crate::query::rtype;

/// Where a name stands.
#[derive(Debug, Clone, Copy)]
pub enum Place<'z> {
    /// The name itself, maybe an empty non-terminal.
    AtName(Found<'z>),
    /// It does not exist; the wildcard below its closest encloser stands for it. The number is
    /// the encloser's suffix.
    AtWildcard(Found<'z>, usize),
    /// At or below a delegation, whose name is this suffix.
    BelowCut(Found<'z>, usize),
    /// It does not exist. The number is the closest encloser's suffix.
    Nothing(usize),
}

/// Finds where `name` stands in `zone`, which holds it.
///
/// Goes down from the apex, as a delegation hides everything below it, and stops where the tree
/// ends: that is the closest encloser. A DS question at a delegation belongs to this, the
/// parent's, side (RFC 4035 §3.1.4.1).
#[inline]
pub fn lookup<'z>(zone: &'z Zone, name: &Name, asked: u16) -> Place<'z> {
    if !zone.has_cuts
        && let Some(found) = zone.find(name, 0)
    {
        return Place::AtName(found);
    }
    let apex = name.count() - zone.apex.labels();
    let mut above = None;
    for suffix in (0..=apex).rev() {
        let Some(found) = zone.find(name, suffix) else {
            return at_wildcard(zone, name, suffix + 1);
        };
        if found.node.is_cut && (suffix > 0 || asked != rtype::DS) {
            return Place::BelowCut(found, suffix);
        }
        above = Some(found);
    }
    above.map_or(Place::Nothing(apex), Place::AtName)
}

fn at_wildcard<'z>(zone: &'z Zone, name: &Name, encloser: usize) -> Place<'z> {
    match zone.find_wildcard(name, encloser) {
        Some(found) => Place::AtWildcard(found, encloser),
        None => Place::Nothing(encloser),
    }
}
