//! One choice in words: what each arm was, why it did or did not stand, how likely it was.

use super::{Aliases, Arms, Checks, Choice, Circumstances, Client, Crossing, MOST, weighted};
use crate::image::{Arm, By, Decision, Policy, Zone};
use crate::place::Area;
use crate::trace::{ArmStep, GroupStep, Measure};

/// Tells what was chosen at one group. Looks at the same things again, and changes nothing that the
/// answer depends on.
pub(super) fn group(
    zone: &Zone,
    crossing: Crossing<'_, '_>,
    standing: &impl Arms,
    last_resort: bool,
    choice: &Choice,
    circumstances: &Circumstances<'_>,
) -> GroupStep {
    let mut checks = Checks::new(circumstances.checks.health, circumstances.checks.outside);
    let mut client = circumstances.client.clone();
    let Crossing { owner, rtype, at: place, decision } = crossing;
    let mut aliases = Aliases { zone, last: None };
    let arms = decision.arms.iter().zip(decision.ids.iter()).enumerate().map(|(at, (arm, id))| {
        let healthy = checks.pass(&mut aliases, &place, arm, 0);
        let stands = standing.has(at);
        ArmStep::new(
            id,
            arm,
            place.target(arm),
            measure(&decision.policy, arm, &mut client),
            healthy,
            if stands { None } else { Some(excluded(decision, arm, &checks, &mut client, healthy)) },
            if stands { probability(decision, standing, at) } else { 0.0 },
            is_chosen(choice, at),
        )
    });
    GroupStep::new(owner, rtype, &decision.policy, last_resort, arms.collect())
}

fn is_chosen(choice: &Choice, arm: usize) -> bool {
    match choice {
        Choice::Arm(one) => *one == arm,
        Choice::Several(arms, count) => arms[..*count].contains(&(arm as u16)),
        Choice::NoMatch | Choice::None(_) => false,
    }
}

fn probability(decision: &Decision, standing: &impl Arms, arm: usize) -> f64 {
    let count = standing.count() as u64;
    let (share, total) = match decision.policy {
        Policy::Weighted => weighted::share(&decision.arms, standing, arm),
        Policy::Multivalue => (count.min(MOST as u64), count),
        _ => (1, count),
    };
    share as f64 / total as f64
}

/// What the policy compares, with its value for this client.
fn measure(policy: &Policy, arm: &Arm, client: &mut Client<'_>) -> Measure {
    match &arm.by {
        By::Itself => Measure::None {},
        By::Weight(weight) => Measure::Weight { weight: *weight },
        By::Role { secondary } => Measure::Role { role: if *secondary { "SECONDARY" } else { "PRIMARY" } },
        By::Area(area) => Measure::Area { area: area.to_string() },
        By::Point { point, bias } => {
            let distance_km = client.point().map(|here| point.distance_km(&here));
            let biased_km = distance_km.map(|km| client.biased_km(km, *bias));
            Measure::Distance {
                latitude: point.latitude(),
                longitude: point.longitude(),
                bias: *bias,
                distance_km,
                biased_km,
            }
        }
        By::Region(region) => Measure::latency(region, client.latency(region)),
        By::Location(location) => Measure::Location { location: location.to_string(), collection: collection(policy) },
    }
}

fn collection(policy: &Policy) -> String {
    match policy {
        Policy::Cidr { collection } => collection.to_string(),
        _ => String::new(),
    }
}

fn excluded(
    decision: &Decision,
    arm: &Arm,
    checks: &Checks<'_>,
    client: &mut Client<'_>,
    healthy: bool,
) -> &'static str {
    if !applies(decision, arm, client) {
        return "it does not hold the client";
    }
    match (checks.health.is_healthy(arm.health), healthy, &decision.policy) {
        (false, ..) => "its health check is unhealthy",
        (_, false, _) => "its target is unhealthy",
        (.., Policy::Failover) => "another record set comes first",
        (.., Policy::Weighted) => "its weight is 0 and others weigh more",
        (.., Policy::Geolocation) => "a smaller place holds the client",
        (.., Policy::Geoproximity) => "another is nearer",
        (.., Policy::Latency) => "another has a lower latency",
        (.., Policy::Cidr { .. }) => "the client's own location comes first",
        _ => "it was not considered",
    }
}

/// Whether an arm is for this client at all, healthy or not (R-GEO-9, R-CID-5).
fn applies(decision: &Decision, arm: &Arm, client: &mut Client<'_>) -> bool {
    match (&arm.by, &decision.policy) {
        (By::Area(own), _) => Area::around(client.class()).any(|area| area == *own),
        (By::Location(own), Policy::Cidr { collection }) => {
            &**own == "*" || client.location(collection) == Some(&**own)
        }
        _ => true,
    }
}
