//! Chance, as a value: the same draw gives the same answer.

/// A stream of random numbers that one 64-bit draw determines (SplitMix64).
///
/// Good enough to share load evenly; not for secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw(u64);

impl Draw {
    /// The stream of one draw.
    pub const fn new(draw: u64) -> Self {
        Self(draw)
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..n`, each as likely as the other to within n / 2^64; 0 for n of 0 or 1.
    pub const fn below(&mut self, n: u64) -> u64 {
        ((self.next() as u128 * n as u128) >> 64) as u64
    }

    /// Moves `picks` members of `members`, chosen at random, to its front, in random order.
    pub fn shuffle<T>(&mut self, members: &mut [T], picks: usize) {
        for i in 0..picks.min(members.len()) {
            let j = i + self.below((members.len() - i) as u64) as usize;
            members.swap(i, j);
        }
    }
}
