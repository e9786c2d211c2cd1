//! A set of arms of one group, as bits on the stack.

use crate::image::MAX_ARMS;

/// Arms in one word.
const WORD: usize = u64::BITS as usize;

/// Numbers of arms, each below `MOST`.
///
/// Most groups are small, and one word in a register is all that is ever touched of their sets.
pub trait Arms: Copy {
    /// Arms that a set can hold.
    const MOST: usize;

    /// The empty set.
    fn none() -> Self;

    /// The set of one arm.
    fn only(arm: usize) -> Self;

    /// Those of a group's arms, at most `MOST`, that fit a condition.
    fn of<A>(arms: &[A], fits: impl FnMut(&A) -> bool) -> Self;

    /// The arms as bits, the lowest first.
    fn words(&self) -> &[u64];

    /// Whether an arm is in the set.
    fn has(&self, arm: usize) -> bool {
        self.words().get(arm / WORD).is_some_and(|word| word & (1 << (arm % WORD)) != 0)
    }

    /// How many arms it has.
    #[inline]
    fn count(&self) -> usize {
        self.words().iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether it has none.
    #[inline]
    fn is_empty(&self) -> bool {
        self.words().iter().all(|&word| word == 0)
    }

    /// The arms, lowest first.
    fn iter(&self) -> impl Iterator<Item = usize>;
}

/// A set of arms below 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Few(u64);

/// A set of any arms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Many([u64; MAX_ARMS / WORD]);

impl Arms for Few {
    const MOST: usize = WORD;

    fn none() -> Self {
        Self(0)
    }

    fn only(arm: usize) -> Self {
        Self(1 << arm)
    }

    #[inline]
    fn of<A>(arms: &[A], fits: impl FnMut(&A) -> bool) -> Self {
        Self(word(arms, fits))
    }

    fn words(&self) -> &[u64] {
        std::slice::from_ref(&self.0)
    }

    #[inline]
    fn iter(&self) -> impl Iterator<Item = usize> {
        bits(self.0)
    }
}

impl Arms for Many {
    const MOST: usize = MAX_ARMS;

    fn none() -> Self {
        Self([0; MAX_ARMS / WORD])
    }

    fn only(arm: usize) -> Self {
        let mut words = [0; MAX_ARMS / WORD];
        words[arm / WORD] = 1 << (arm % WORD);
        Self(words)
    }

    fn of<A>(arms: &[A], mut fits: impl FnMut(&A) -> bool) -> Self {
        let mut words = [0; MAX_ARMS / WORD];
        for (own, arms) in words.iter_mut().zip(arms.chunks(WORD)) {
            *own = word(arms, &mut fits);
        }
        Self(words)
    }

    fn words(&self) -> &[u64] {
        &self.0
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        let first = (0..).step_by(WORD);
        self.0.iter().zip(first).flat_map(|(&word, first)| bits(word).map(move |bit| first + bit))
    }
}

/// Up to 64 arms that fit a condition, as bits.
#[inline]
fn word<A>(arms: &[A], mut fits: impl FnMut(&A) -> bool) -> u64 {
    arms.iter().enumerate().fold(0, |word, (at, arm)| word | u64::from(fits(arm)) << at)
}

/// The numbers of the bits that are set, lowest first.
#[inline]
fn bits(word: u64) -> impl Iterator<Item = usize> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
        rest &= rest - 1;
        Some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set<S: Arms>(numbers: usize) -> S {
        S::of(&(0..numbers).collect::<Vec<_>>(), |number| number % 21 == 0)
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let (few, many) = (set::<Few>(64), set::<Many>(200));

        assert_eq!(vec![0, 21, 42, 63], few.iter().collect::<Vec<_>>());
        assert_eq!((0..10).map(|n| n * 21).collect::<Vec<_>>(), many.iter().collect::<Vec<_>>());
        assert_eq!((4, 10), (few.count(), many.count()));
        assert!(many.has(126) && !many.has(127) && few.has(63) && !few.has(64));
        assert!(Few::none().is_empty() && Many::none().is_empty() && !many.is_empty());
    }

    #[test]
    fn a_set_of_one_has_one() {
        assert_eq!(vec![63], Few::only(63).iter().collect::<Vec<_>>());
        assert_eq!(vec![MAX_ARMS - 1], Many::only(MAX_ARMS - 1).iter().collect::<Vec<_>>());
    }
}
