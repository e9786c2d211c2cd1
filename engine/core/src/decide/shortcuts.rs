//! Shortcuts through alias trees: what groups that answer by place came to, kept for the next client of the same place.
//!
//! Under one snapshot, and as long as neither chance nor a client's own network decides, all clients of a place are led
//! from a group to the same record set. A thread that has walked there once goes straight there for the next.

use crate::fetch::Fetch;
use crate::image::{Decision, Position};
use crate::name;

/// Rows of shortcuts that a thread has, a power of two: 256 KiB.
const ROWS: usize = 4096;

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
}

impl From {
    /// From a group, for the clients of a place.
    pub(super) fn new(decision: &Decision, place: u32) -> Self {
        Self { decision: std::ptr::from_ref(decision).addr(), place }
    }

    /// The row that it is kept in.
    const fn row(self) -> usize {
        let hash = name::spread(self.decision as u64 ^ (self.place as u64) << 32);
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
    /// Whether latencies were asked for on the way.
    pub is_timed: bool,
}

#[derive(Debug, Clone, Copy)]
struct Shortcut {
    decision: usize,
    place: u32,
    generation: u32,
    to: To,
}

/// Two shortcuts, of which the first was found last: one line of the processor's cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Row([Shortcut; 2]);

const _: () = assert!(size_of::<Row>() == 64);

impl Shortcuts {
    /// Room for the shortcuts of a thread; `Shortcuts::default()` keeps none.
    pub fn kept() -> Self {
        let nothing = To { position: Position::ANY, work: 0, depth: 0, is_timed: false };
        let free = Shortcut { decision: 0, place: 0, generation: 0, to: nothing };
        Self { rows: vec![Row([free; 2]); ROWS].into(), generation: 1 }
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
        row.iter().find(|shortcut| self.is_of(shortcut, from)).map(|shortcut| shortcut.to)
    }

    /// Keeps a shortcut, in place of one from the same group, or of the older one of its row.
    pub(super) fn keep(&mut self, from: From, to: To) {
        let From { decision, place } = from;
        let shortcut = Shortcut { decision, place, generation: self.generation, to };
        let is_first = self.rows.get(from.row()).is_some_and(|row| self.is_of(&row.0[0], from));
        if let Some(Row([first, second])) = self.rows.get_mut(from.row()) {
            if !is_first {
                *second = *first;
            }
            *first = shortcut;
        }
    }

    fn is_of(&self, shortcut: &Shortcut, from: From) -> bool {
        From { decision: shortcut.decision, place: shortcut.place } == from && shortcut.generation == self.generation
    }
}
