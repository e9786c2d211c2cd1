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

/// Finds where `name` stands in `zone`, which holds it; `exact` is its own node, if it has one.
///
/// Goes down from the apex, as a delegation hides everything below it, and stops where the tree
/// ends: that is the closest encloser. A DS question at a delegation belongs to this, the
/// parent's, side (RFC 4035 §3.1.4.1).
#[inline]
pub fn lookup<'z>(zone: &'z Zone, name: &Name, asked: u16, exact: Option<Found<'z>>) -> Place<'z> {
    if !zone.has_cuts
        && let Some(found) = exact
    {
        return Place::AtName(found);
    }
    let apex = name.count() - zone.apex.labels();
    // The apex is there and no delegation; the name itself comes last.
    for suffix in (1..apex).rev() {
        match zone.find(name, suffix) {
            None => return at_wildcard(zone, name, suffix + 1),
            Some(cut) if cut.node.is_cut => return Place::BelowCut(cut, suffix),
            Some(_) => {}
        }
    }
    match exact {
        None => at_wildcard(zone, name, apex.min(1)),
        Some(cut) if cut.node.is_cut && asked != rtype::DS => Place::BelowCut(cut, 0),
        Some(found) => Place::AtName(found),
    }
}

fn at_wildcard<'z>(zone: &'z Zone, name: &Name, encloser: usize) -> Place<'z> {
    match zone.find_wildcard(name, encloser) {
        Some(found) => Place::AtWildcard(found, encloser),
        None => Place::Nothing(encloser),
    }
}
