//! A set of arms of one group, as bits on the stack.

use crate::image::MAX_ARMS;

/// Arms in one word.
const WORD: usize = u64::BITS as usize;

/// Numbers of arms, each below `MAX_ARMS`.
///
/// Most groups are small, and one word of bits is all that is ever touched of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arms {
    /// Arms below 64, as bits.
    Few(u64),
    /// Others.
    Many([u64; MAX_ARMS / 64]),
}

impl Arms {
    /// The empty set.
    pub const fn none() -> Self {
        Self::Few(0)
    }

    /// The arms below `count` that fit a condition.
    pub fn of(count: usize, mut fits: impl FnMut(usize) -> bool) -> Self {
        let mut word = |first: usize| {
            let last = count.min(first + WORD);
            (first..last).fold(0, |word, arm| word | u64::from(fits(arm)) << (arm % WORD))
        };
        if count <= WORD {
            return Self::Few(word(0));
        }
        let mut words = [0; MAX_ARMS / WORD];
        for (at, own) in words.iter_mut().enumerate().take(count.div_ceil(WORD)) {
            *own = word(at * WORD);
        }
        Self::Many(words)
    }

    /// The set of one arm.
    pub const fn only(arm: usize) -> Self {
        if arm < WORD {
            return Self::Few(1 << arm);
        }
        let mut words = [0; MAX_ARMS / WORD];
        words[arm / WORD] = 1 << (arm % WORD);
        Self::Many(words)
    }

    /// Whether an arm is in the set.
    pub fn has(&self, arm: usize) -> bool {
        self.words().get(arm / WORD).is_some_and(|word| word & (1 << (arm % WORD)) != 0)
    }

    /// How many arms it has.
    pub fn count(&self) -> usize {
        self.words().iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.words().iter().all(|&word| word == 0)
    }

    /// The arms, lowest first.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.words();
        let (mut at, mut rest) = (0, words[0]);
        std::iter::from_fn(move || {
            while rest == 0 {
                at += 1;
                rest = *words.get(at)?;
            }
            let bit = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            Some(at * WORD + bit)
        })
    }

    const fn words(&self) -> &[u64] {
        match self {
            Self::Few(word) => std::slice::from_ref(word),
            Self::Many(words) => words,
        }
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
