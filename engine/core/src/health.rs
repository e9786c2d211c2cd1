//! The health table: dense, beside the images, swapped whole (architecture §1.6).

/// One bit for each health check: set means unhealthy. Checks never told of are healthy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    unhealthy: Box<[u64]>,
}

/// Most checks a table holds: 16 MiB of bits would be a mistake, not a fleet.
pub const MAX_SLOT: u32 = 1 << 24;

impl Health {
    /// Whether the check in `slot` is healthy. Slot 0 stands for "no check" and always is (R-SEL-1).
    pub fn is_healthy(&self, slot: u32) -> bool {
        // Slot 0 is never set unhealthy.
        self.unhealthy.get(slot as usize / 64).is_none_or(|word| word & (1 << (slot % 64)) == 0)
    }

    /// A table with these slots set anew. Slot 0 and slots from `MAX_SLOT` on are passed over.
    pub fn with(&self, pairs: &[(u32, bool)]) -> Self {
        let mut words = self.unhealthy.to_vec();
        for &(slot, healthy) in pairs.iter().filter(|(slot, _)| (1..MAX_SLOT).contains(slot)) {
            let at = slot as usize / 64;
            if words.len() <= at {
                words.resize(at + 1, 0);
            }
            let bit = 1 << (slot % 64);
            words[at] = if healthy { words[at] & !bit } else { words[at] | bit };
        }
        Self { unhealthy: words.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_healthy_until_told_otherwise() {
        let table = Health::default().with(&[(70, false), (3, false), (3, true), (0, false)]);

        let seen = [0, 1, 3, 70, 100_000].map(|slot| table.is_healthy(slot));

        assert_eq!([true, true, true, false, true], seen);
    }
}
