//! Geoproximity and latency: the nearest arm, by distance or by time (R-GPX-1..14, R-LAT-1..11).

use super::{Arms, Client};
use crate::image::{Arm, By, Decision, Key, Policy};

/// How far an arm is: km bent by bias, or milliseconds. None where nothing is known of the client.
pub fn measure(arm: &Arm, client: &mut Client<'_>) -> Option<f64> {
    match &arm.by {
        By::Point { point, bias } => {
            let distance_km = point.distance_km(&client.point()?);
            Some(client.biased_km(distance_km, *bias))
        }
        By::Region(region) => client.latency(region).map(|estimate| estimate.ms).filter(|ms| ms.is_finite()),
        _ => None,
    }
}

/// The one arm that stands for choice among those that fit: the nearest; of equals the one of the
/// first region (R-LAT-10), else the first, as arms stand in order of set identifier (R-GPX-12).
/// Where nothing is known of the client all that fit stand, equally likely (R-GPX-13, R-LAT-8).
pub fn standing<S: Arms>(decision: &Decision, client: &mut Client<'_>, mut fits: impl FnMut(&Arm) -> bool) -> S {
    match in_order(decision, client, &mut fits) {
        Some(arm) => S::only(arm),
        None => measured(&decision.arms, client, fits),
    }
}

/// The nearest arm that fits, by the order of regions that was made ahead.
fn in_order(decision: &Decision, client: &mut Client<'_>, mut fits: impl FnMut(&Arm) -> bool) -> Option<usize> {
    if decision.policy != Policy::Latency {
        return None;
    }
    client.nearest(|region| {
        let key = Key::Name { text: &region.id, hash: region.hash };
        let first = decision.arm(key)?;
        let same = |&arm: &usize| key.is_of(&decision.arms[arm].by);
        (first..decision.arms.len()).filter(same).find(|&arm| fits(&decision.arms[arm]))
    })
}

/// The nearest of all arms that fit, each measured.
fn measured<S: Arms>(arms: &[Arm], client: &mut Client<'_>, mut fits: impl FnMut(&Arm) -> bool) -> S {
    let mut nearest: Option<(f64, usize)> = None;
    for (at, arm) in arms.iter().enumerate() {
        let Some(distance) = measure(arm, client) else { continue };
        let order = (distance, region(arm));
        if nearest.is_none_or(|(least, other)| order < (least, region(&arms[other]))) && fits(arm) {
            nearest = Some((distance, at));
        }
    }
    match nearest {
        Some((_, arm)) => S::only(arm),
        None => S::of(arms, |arm| measure(arm, client).is_none() && fits(arm)),
    }
}

fn region(arm: &Arm) -> &str {
    match &arm.by {
        By::Region(region) => region,
        _ => "",
    }
}
