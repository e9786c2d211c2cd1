//! Shortcuts through alias trees: what groups that answer by place came to, kept for the next client of the same place.
//!
//! Under one snapshot, and as long as chance does not decide, all clients of a place are led from a group to the same
//! record set; where latencies have a part in it, all those of them whose networks have the same measurements, or none. A
//! thread that has walked there once goes straight there for the next.

use crate::fetch::Fetch;
use crate::image::{Decision, Position};
use crate::name;

/// Rows of shortcuts that a thread has, a power of two: 1 MiB, so that of some thousand few meet in one row.
const ROWS: usize = 16_384;

/// The shortcuts that one thread has found under one snapshot.
///
/// They hold addresses of groups, so whoever changes the snapshot calls `forget`.
#[derive(Debug, Default)]
pub struct Shortcuts {
    rows: Box<[Row]>,
    /// Those of other numbers were found under older snapshots; 0 is never used.
    generation: u32,
}

/// What a shortcut is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct From {
    /// The address of the group where it begins.
    decision: usize,
    /// The number of the client's place.
    place: u32,
    /// The row of its own network's measurements; 0: there are none, or the way does not depend on them.
    measured: u32,
}

impl From {
    /// From a group, for the clients of a place.
    pub(super) fn new(decision: &Decision, place: u32) -> Self {
        Self { decision: std::ptr::from_ref(decision).addr(), place, measured: 0 }
    }

    /// From there, for those clients alone whose networks have these measurements.
    pub(super) fn measured(self, row: u32) -> Self {
        Self { measured: row, ..self }
    }

    /// The row that it is kept in.
    const fn row(self) -> usize {
        let client = (self.place as u64) << 32 ^ (self.measured as u64) << 48;
        let hash = name::spread(self.decision as u64 ^ client);
        (hash >> 32) as usize & (ROWS - 1)
    }
}

/// Where a shortcut leads, and what the walk there has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct To {
    /// The group or record set.
    pub position: Position,
    /// Arms looked at.
    pub work: u16,
    /// Aliases followed.
    pub depth: u8,
    /// Whether latencies have a part in it.
    pub timing: Timing,
}

/// Whether latencies have a part in a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timing {
    /// Not so far.
    None,
    /// Not so far, but the next group goes by them.
    Next,
    /// They have.
    Past,
}

#[derive(Debug, Clone, Copy)]
struct Shortcut {
    position: Position,
    decision: usize,
    place: u32,
    measured: u32,
    generation: u32,
    work: u16,
    depth: u8,
    timing: Timing,
}

impl Shortcut {
    const FREE: Self = Self {
        position: Position::ANY,
        decision: 0,
        place: 0,
        measured: 0,
        generation: 0,
        work: 0,
        depth: 0,
        timing: Timing::None,
    };

    const fn new(from: From, to: To, generation: u32) -> Self {
        let (From { decision, place, measured }, To { position, work, depth, timing }) = (from, to);
        Self { position, decision, place, measured, generation, work, depth, timing }
    }

    const fn from(&self) -> From {
        From { decision: self.decision, place: self.place, measured: self.measured }
    }

    const fn to(&self) -> To {
        To { position: self.position, work: self.work, depth: self.depth, timing: self.timing }
    }
}

/// Two shortcuts, of which the first was found last: one line of the processor's cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Row([Shortcut; 2]);

const _: () = assert!(size_of::<Row>() == 64);

impl Shortcuts {
    /// Room for the shortcuts of a thread; `Shortcuts::default()` keeps none.
    pub fn kept() -> Self {
        Self { rows: vec![Row([Shortcut::FREE; 2]); ROWS].into(), generation: 1 }
    }

    /// Forgets all: the snapshot is another.
    pub fn forget(&mut self) {
        self.generation = self.generation.checked_add(1).unwrap_or_else(|| {
            self.rows.iter_mut().flat_map(|row| &mut row.0).for_each(|shortcut| shortcut.generation = 0);
            1
        });
    }

    /// Fetches where the shortcut from a group, for the clients of a place, is kept.
    #[inline]
    pub fn fetch(&self, decision: &Decision, place: u32, fetch: impl Fetch) {
        if let Some(row) = self.rows.get(From::new(decision, place).row()) {
            fetch(std::ptr::from_ref(row).cast());
        }
    }

    /// Where that shortcut leads, if there is one.
    #[inline]
    pub fn position(&self, decision: &Decision, place: u32) -> Option<Position> {
        self.find(From::new(decision, place)).map(|to| to.position)
    }

    /// Where the shortcut from here leads, if there is one.
    pub(super) fn find(&self, from: From) -> Option<To> {
        let Row(row) = self.rows.get(from.row())?;
        row.iter().find(|shortcut| self.is_of(shortcut, from)).map(Shortcut::to)
    }

    /// Keeps a shortcut, in place of a shorter one from the same group, or of the older one of its row.
    pub(super) fn keep(&mut self, from: From, to: To) {
        if self.find(from).is_some_and(|kept| kept.depth > to.depth) {
            return;
        }
        let shortcut = Shortcut::new(from, to, self.generation);
        let is_first = self.rows.get(from.row()).is_some_and(|row| self.is_of(&row.0[0], from));
        if let Some(Row([first, second])) = self.rows.get_mut(from.row()) {
            if !is_first {
                *second = *first;
            }
            *first = shortcut;
        }
    }

    fn is_of(&self, shortcut: &Shortcut, from: From) -> bool {
        shortcut.from() == from && shortcut.generation == self.generation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(depth: u8) -> To {
        To { position: Position::ANY, work: u16::from(depth), depth, timing: Timing::None }
    }

    #[test]
    fn a_shortcut_is_found_for_its_own_clients_under_its_own_snapshot() {
        let from = From { decision: 64, place: 7, measured: 0 };
        let others = [From { decision: 128, ..from }, From { place: 8, ..from }, from.measured(1)];
        let mut shortcuts = Shortcuts::kept();
        shortcuts.keep(from, to(1));
        shortcuts.keep(from.measured(2), to(2));

        assert_eq!(Some(to(1)), shortcuts.find(from));
        assert_eq!(Some(to(2)), shortcuts.find(from.measured(2)));
        for other in others {
            assert_eq!(None, shortcuts.find(other));
        }
        shortcuts.forget();
        assert_eq!(None, shortcuts.find(from));
    }

    /// A client that was measured walks from the beginning, and must not take the longer way from all the others.
    #[test]
    fn a_longer_way_is_not_given_up_for_a_shorter_one() {
        let from = From { decision: 64, place: 7, measured: 0 };
        let mut shortcuts = Shortcuts::kept();
        for (kept, found) in [(1, 1), (3, 3), (2, 3)] {
            shortcuts.keep(from, to(kept));

            assert_eq!(Some(to(found)), shortcuts.find(from));
        }
    }
}
