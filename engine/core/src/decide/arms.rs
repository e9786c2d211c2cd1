//! A set of arms of one group, as bits on the stack.

use crate::image::MAX_ARMS;

/// Numbers of arms, each below `MAX_ARMS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arms {
    words: [u64; MAX_ARMS / 64],
    /// Words in use: groups are small, so that most of the bits are never touched.
    used: usize,
}

impl Arms {
    /// The empty set.
    pub const fn none() -> Self {
        Self { words: [0; MAX_ARMS / 64], used: 0 }
    }

    /// The arms below `count` that fit a condition.
    pub fn of(count: usize, mut fits: impl FnMut(usize) -> bool) -> Self {
        let mut arms = Self::none();
        let mut first = 0;
        for (at, word) in arms.words.iter_mut().enumerate() {
            let last = count.min(first + 64);
            for arm in first..last {
                *word |= u64::from(fits(arm)) << (arm % 64);
            }
            if *word != 0 {
                arms.used = at + 1;
            }
            if last == count {
                break;
            }
            first = last;
        }
        arms
    }

    /// The set of one arm.
    pub fn only(arm: usize) -> Self {
        let mut arms = Self::none();
        arms.words[arm / 64] = 1 << (arm % 64);
        arms.used = arm / 64 + 1;
        arms
    }

    /// Whether an arm is in the set.
    pub fn has(&self, arm: usize) -> bool {
        self.words[arm / 64] & (1 << (arm % 64)) != 0
    }

    /// How many arms it has.
    pub fn count(&self) -> usize {
        self.words[..self.used].iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// The arms, lowest first.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.words[..self.used].iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    at * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let arms = Arms::of(200, |arm| arm % 63 == 0);

        assert_eq!(vec![0, 63, 126, 189], arms.iter().collect::<Vec<_>>());
        assert_eq!(4, arms.count());
        assert!(arms.has(126) && !arms.has(127));
        assert!(Arms::none().is_empty());
    }
}
