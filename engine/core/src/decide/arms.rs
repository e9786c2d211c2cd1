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

    /// Those of a group's arms, at most `MAX_ARMS`, that fit a condition.
    #[inline]
    pub fn of<A>(arms: &[A], mut fits: impl FnMut(&A) -> bool) -> Self {
        let mut word =
            |arms: &[A]| arms.iter().enumerate().fold(0, |word, (at, arm)| word | u64::from(fits(arm)) << at);
        if arms.len() <= WORD {
            return Self::Few(word(arms));
        }
        let mut words = [0; MAX_ARMS / WORD];
        for (own, arms) in words.iter_mut().zip(arms.chunks(WORD)) {
            *own = word(arms);
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
    #[inline]
    pub fn count(&self) -> usize {
        match self {
            Self::Few(word) => word.count_ones() as usize,
            Self::Many(words) => words.iter().map(|word| word.count_ones() as usize).sum(),
        }
    }

    /// Whether it has none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Few(word) => *word == 0,
            Self::Many(words) => words.iter().all(|&word| word == 0),
        }
    }

    /// The arms, lowest first.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        let (mut rest, others) = match self {
            Self::Few(word) => (*word, &[][..]),
            Self::Many(words) => (words[0], &words[1..]),
        };
        let (mut others, mut first) = (others.iter(), 0);
        std::iter::from_fn(move || {
            while rest == 0 {
                rest = *others.next()?;
                first += WORD;
            }
            let bit = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            Some(first + bit)
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
        let numbers: Vec<usize> = (0..200).collect();
        let arms = Arms::of(&numbers, |number| number % 63 == 0);

        assert_eq!(vec![0, 63, 126, 189], arms.iter().collect::<Vec<_>>());
        assert_eq!(4, arms.count());
        assert!(arms.has(126) && !arms.has(127));
        assert!(Arms::none().is_empty());
    }
}
