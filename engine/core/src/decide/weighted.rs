//! Weighted: in proportion to weights (R-WEI-1..12).

use super::{Arms, Draw};
use crate::image::{Arm, By, MOST_WEIGHED, Weighed};

/// The arms that stand for choice among those that fit: weight above zero before weight zero
/// (R-WEI-3, R-WEI-4).
pub fn standing<S: Arms>(arms: &[Arm], mut fits: impl FnMut(&Arm) -> bool) -> S {
    let mut standing = S::of(arms, |arm| weight(arm) > 0 && fits(arm));
    if standing.is_empty() {
        standing = S::of(arms, |arm| weight(arm) == 0 && fits(arm));
    }
    standing
}

/// The share of one standing arm and the sum of all: its weight, or 1 each where all weigh
/// nothing (R-WEI-2, R-WEI-5).
pub fn share(arms: &[Arm], standing: &impl Arms, arm: usize) -> (u64, u64) {
    let total = total(arms, standing);
    if total == 0 { (1, standing.count() as u64) } else { (weight(&arms[arm]), total) }
}

/// Chooses one standing arm; None if none stands.
pub fn pick(arms: &[Arm], standing: &impl Arms, draw: &mut Draw) -> Option<usize> {
    let total = total(arms, standing);
    if total == 0 {
        let at = draw.below(standing.count() as u64) as usize;
        return standing.iter().nth(at);
    }
    let mut left = draw.below(total);
    standing.iter().find(|&arm| {
        let weight = weight(&arms[arm]);
        let chosen = left < weight;
        left = left.wrapping_sub(weight);
        chosen
    })
}

/// The same in one pass over the weights alone, for groups that have them side by side: the first draw chooses among the
/// arms with a weight that fit, by number. None, and no draw, where none does.
#[inline]
pub fn pick_at_once(weights: &[Weighed], mut fits: impl FnMut(usize) -> bool, draw: &mut Draw) -> Option<usize> {
    let mut standing = [0; MOST_WEIGHED];
    let mut total = 0;
    for (number, (arm, own)) in weights.iter().zip(&mut standing).enumerate() {
        if arm.weight > 0 && fits(number) {
            *own = arm.weight;
            total += u64::from(arm.weight);
        }
    }
    if total == 0 {
        return None;
    }
    let (drawn, mut sum, mut chosen) = (draw.below(total), 0, 0);
    // To the end, whichever it is: the processor could not foresee where to stop.
    for &weight in &standing[..weights.len()] {
        sum += u64::from(weight);
        chosen += usize::from(sum <= drawn);
    }
    Some(chosen)
}

/// The same where all arms fit. None, and no draw, where some do not, or none has a weight.
#[inline]
pub fn pick_if_all_fit(weights: &[Weighed], fits: impl Fn(&Weighed) -> bool, draw: &mut Draw) -> Option<usize> {
    let total = weights.last().map_or(0, |last| last.sum);
    let mut next = *draw;
    let drawn = next.below(total.into()) as u16; // Below `total`.
    let (mut all_fit, mut chosen) = (total > 0, 0);
    for arm in weights {
        all_fit &= fits(arm);
        chosen += usize::from(arm.sum <= drawn);
    }
    all_fit.then(|| {
        *draw = next;
        chosen
    })
}

fn total(arms: &[Arm], standing: &impl Arms) -> u64 {
    standing.iter().map(|arm| weight(&arms[arm])).sum()
}

fn weight(arm: &Arm) -> u64 {
    match arm.by {
        By::Weight(weight) => weight.into(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::image::Leads;

    fn weighed(weights: &[(u8, bool)]) -> Vec<Weighed> {
        let mut sum = 0;
        let own = |&(weight, fits): &(u8, bool)| {
            sum += u16::from(weight);
            Weighed { health: u32::from(fits), sum, weight, leads: Leads::ToRecords, start: 0 }
        };
        weights.iter().map(own).collect()
    }

    proptest! {
        /// Where all arms fit, one draw chooses the same arm both ways; where some do not, nothing is drawn.
        #[test]
        fn all_at_once_is_the_same_choice(
            weights in prop::collection::vec(
                (prop_oneof![0..4u8, any::<u8>()], prop::bool::weighted(0.95)), // Small ones meet the draw exactly.
                1..=MOST_WEIGHED,
            ),
            draw in any::<u64>(),
        ) {
            let arms = weighed(&weights);
            let (mut one, mut other) = (Draw::new(draw), Draw::new(draw));

            let chosen = pick_if_all_fit(&arms, |arm| arm.health == 1, &mut one);

            if arms.iter().all(|arm| arm.health == 1) {
                prop_assert_eq!(pick_at_once(&arms, |_| true, &mut other), chosen);
            } else {
                prop_assert_eq!(None, chosen);
            }
            prop_assert_eq!(other, one);
        }
    }
}
