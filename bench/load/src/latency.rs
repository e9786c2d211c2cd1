//! How long answers took: counts by time, in room that does not grow with the answers.

/// Bits of a time that are kept: a percentile is right to 1 in 128.
const PRECISION: u32 = 7;

/// How many answers took how long. Times are kept to their first `PRECISION` bits after the highest.
#[derive(Default)]
pub struct Latencies {
    counts: Vec<u64>,
    total: u64,
    longest: u64,
}

impl Latencies {
    /// Counts an answer that took so many nanoseconds.
    pub fn add(&mut self, nanoseconds: u64) {
        let bucket = bucket(nanoseconds);
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.total += 1;
        self.longest = self.longest.max(nanoseconds);
    }

    /// The least time, in nanoseconds, that `percent` of the answers do not exceed; None without answers.
    pub fn percentile(&self, percent: f64) -> Option<u64> {
        let rank = ((self.total as f64 * percent / 100.0).ceil() as u64).clamp(1, self.total.max(1));
        let mut below = 0;
        let bucket = self.counts.iter().position(|count| {
            below += count;
            below >= rank
        })?;
        Some(last_of(bucket).min(self.longest))
    }
}

/// The number of a time's bucket.
fn bucket(nanoseconds: u64) -> usize {
    let shift = (u64::BITS - nanoseconds.leading_zeros()).saturating_sub(PRECISION + 1);
    ((u64::from(shift) << PRECISION) + (nanoseconds >> shift)) as usize
}

/// The longest time in a bucket.
fn last_of(bucket: usize) -> u64 {
    let next = bucket as u64 + 1;
    let shift = (next >> PRECISION).saturating_sub(1);
    ((next - (shift << PRECISION)) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each time is in a bucket whose longest time is no shorter, and longer by less than 1 in 128.
    #[test]
    fn buckets() {
        let times = (0..4096).chain((12..40).flat_map(|power| [(1 << power) - 1, 1 << power, (1 << power) + 77]));
        for time in times {
            let last = last_of(bucket(time));
            assert!(time <= last && last - time <= time / 128, "{time} in a bucket up to {last}");
            assert!(bucket(last + 1) == bucket(time) + 1, "{last}");
        }
    }

    /// Percentiles are the nearest ranks; the longest time is exact.
    #[test]
    fn percentiles() {
        let mut thousand = Latencies::default();
        (1..=1000).for_each(|us| thousand.add(us * 1000));
        for (percent, expected) in [(50.0, 500_000), (99.9, 999_000)] {
            let found = thousand.percentile(percent).expect("answers");
            assert!((expected..=expected + expected / 128).contains(&found), "{percent}: {found}");
        }
        assert_eq!(thousand.percentile(100.0), Some(1_000_000));
        assert_eq!(Latencies::default().percentile(50.0), None);
    }
}
