//! The evaluator: which record set of a group answers, and why (R-TREE).
//!
//! One function, `decide`, for the wire and for explanations. It walks from group to group along
//! aliases; at each group the policy says which arms stand for choice, chance or order chooses
//! among them. A policy is one file: `standing` names the arms, `pick` chooses.

mod arms;
mod draw;
mod failover;
mod multivalue;
mod weighted;

pub use arms::Arms;
pub use draw::Draw;
pub use multivalue::MOST;

use crate::health::Health;
use crate::image::{Arm, At, Decision, Group, Policy, RecordSet, Target, Zone};
use crate::trace::{ArmStep, GroupStep, Step, Trace};

/// Aliases followed for one answer; deeper trees are a loop in practice (R-TREE-1).
pub const MAX_ALIAS_DEPTH: usize = 32;

/// Arms looked at for one answer. Trees that share branches could otherwise be walked for ever.
const MAX_WORK: u32 = 20_000;

/// What the answer depends on besides the zone.
#[derive(Debug)]
pub struct Circumstances<'a> {
    /// The state of all checks, of one moment.
    pub health: &'a Health,
    /// Chance.
    pub draw: Draw,
    /// Arms that may still be looked at.
    work: u32,
}

impl<'a> Circumstances<'a> {
    /// The circumstances of one query.
    pub const fn new(health: &'a Health, draw: Draw) -> Self {
        Self { health, draw, work: MAX_WORK }
    }

    fn spend(&mut self) -> bool {
        self.work = self.work.saturating_sub(1);
        self.work > 0
    }
}

/// What a decision comes to.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'z> {
    /// The records of one set.
    One(RecordSet<'z>),
    /// The records of several sets, in this order.
    Several([Option<RecordSet<'z>>; MOST]),
    /// Nothing: an alias leads to a group that is not there (R-ALI-13).
    NoData,
    /// No answer can be given: a loop of aliases, too much work, a policy this engine does not know.
    Failure(&'static str),
}

/// Decides which record sets answer for a group.
///
/// `owner` and `rtype` name the group for the trace only.
pub fn decide<'z, T: Trace>(
    zone: &'z Zone,
    owner: &[u8],
    rtype: u16,
    start: At<'z>,
    circumstances: &mut Circumstances<'_>,
    trace: &mut T,
) -> Outcome<'z> {
    let mut at = start;
    let mut named = (owner, rtype);
    for _ in 0..=MAX_ALIAS_DEPTH {
        let decision = match at.group {
            Group::Plain(set) => {
                trace.step(|| Step::plain(named.0, named.1, set));
                return Outcome::One(set);
            }
            Group::Decision(decision) => decision,
        };
        let target = match choose(zone, named, decision, circumstances, trace) {
            Choice::Arm(arm) => &decision.arms[arm].target,
            Choice::Several(arms, count) => return several(at, decision, &arms[..count]),
            Choice::None(why) => return Outcome::Failure(why),
        };
        let next = match target {
            Target::Set(number) => return Outcome::One(at.shard.set(*number)),
            Target::Group { owner, rtype } => {
                named = (owner.wire(), *rtype);
                zone.group(owner, *rtype)
            }
            Target::Hidden { id, hash } => zone.hidden(id, *hash),
            Target::Outside { .. } => return Outcome::Failure("alias to an outside name without a connector"),
        };
        match next {
            Some(group) => at = group,
            None => {
                trace.step(|| Step::missing(named.0, named.1));
                return Outcome::NoData;
            }
        }
    }
    Outcome::Failure("aliases lead to each other in a loop")
}

enum Choice {
    Arm(usize),
    Several([usize; MOST], usize),
    None(&'static str),
}

/// One level: healthy arms first, all of them where none is healthy (R-SEL-3, R-TREE-14).
fn choose<T: Trace>(
    zone: &Zone,
    named: (&[u8], u16),
    decision: &Decision,
    circumstances: &mut Circumstances<'_>,
    trace: &mut T,
) -> Choice {
    if let Policy::Unknown(_) = decision.policy {
        return Choice::None("a routing policy that this engine does not know");
    }
    let healthy = standing(decision, |arm| arm_is_healthy(zone, &decision.arms[arm], circumstances, 0));
    let last_resort = healthy.is_empty();
    let standing = if last_resort { standing(decision, |_| true) } else { healthy };
    if circumstances.work == 0 {
        return Choice::None("the alias tree takes too much work");
    }
    let choice = pick(decision, &standing, circumstances);
    if T::ON {
        let step = group_step(zone, named, decision, &standing, last_resort, &choice, circumstances.health);
        trace.step(|| Step::Group(step));
    }
    choice
}

fn standing(decision: &Decision, fits: impl FnMut(usize) -> bool) -> Arms {
    match decision.policy {
        Policy::Weighted => weighted::standing(&decision.arms, fits),
        Policy::Failover => failover::standing(&decision.arms, fits),
        Policy::Simple | Policy::Multivalue | Policy::Unknown(_) => Arms::of(decision.arms.len(), fits),
    }
}

fn pick(decision: &Decision, standing: &Arms, circumstances: &mut Circumstances<'_>) -> Choice {
    let chosen = match decision.policy {
        Policy::Multivalue => {
            let (arms, count) = multivalue::pick(standing, &mut circumstances.draw);
            return Choice::Several(arms, count);
        }
        Policy::Weighted => weighted::pick(&decision.arms, standing, &mut circumstances.draw),
        Policy::Simple | Policy::Failover | Policy::Unknown(_) => standing.iter().next(),
    };
    chosen.map_or(Choice::None("a group without record sets"), Choice::Arm)
}

fn several<'z>(at: At<'z>, decision: &Decision, arms: &[usize]) -> Outcome<'z> {
    let mut sets = [None; MOST];
    for (place, &arm) in sets.iter_mut().zip(arms) {
        if let Target::Set(number) = decision.arms[arm].target {
            *place = Some(at.shard.set(number));
        }
    }
    Outcome::Several(sets)
}

/// Whether an arm is healthy: its own check and, if it asks for that, its target (R-HLT-1).
fn arm_is_healthy(zone: &Zone, arm: &Arm, circumstances: &mut Circumstances<'_>, depth: usize) -> bool {
    circumstances.spend()
        && circumstances.health.is_healthy(arm.health)
        && (!arm.evaluate_target || target_is_healthy(zone, &arm.target, circumstances, depth))
}

/// Whether at least one arm of the target group is healthy, recursively (R-TREE-2).
fn target_is_healthy(zone: &Zone, target: &Target, circumstances: &mut Circumstances<'_>, depth: usize) -> bool {
    let group = match target {
        Target::Group { owner, rtype } => zone.group(owner, *rtype),
        Target::Hidden { id, hash } => zone.hidden(id, *hash),
        Target::Set(_) | Target::Outside { .. } => return true,
    };
    match group.map(|at| at.group) {
        Some(Group::Plain(_)) => true,
        Some(Group::Decision(decision)) => {
            depth < MAX_ALIAS_DEPTH
                && decision.arms.iter().any(|arm| arm_is_healthy(zone, arm, circumstances, depth + 1))
        }
        None => false,
    }
}

fn group_step(
    zone: &Zone,
    (owner, rtype): (&[u8], u16),
    decision: &Decision,
    standing: &Arms,
    last_resort: bool,
    choice: &Choice,
    health: &Health,
) -> GroupStep {
    // Explaining may not use up the work of answering: the reply would no longer be the wire's.
    let mut circumstances = Circumstances::new(health, Draw::new(0));
    let chosen = |arm: usize| match choice {
        Choice::Arm(one) => *one == arm,
        Choice::Several(arms, count) => arms[..*count].contains(&arm),
        Choice::None(_) => false,
    };
    let arms = decision.arms.iter().enumerate().map(|(at, arm)| {
        let own_check = health.is_healthy(arm.health);
        let healthy = arm_is_healthy(zone, arm, &mut circumstances, 0);
        let probability = if standing.has(at) { probability(decision, standing, at) } else { 0.0 };
        let excluded = excluded(decision, standing.has(at), own_check, healthy);
        ArmStep::new(&decision.policy, arm, healthy, excluded, probability, chosen(at))
    });
    GroupStep::new(owner, rtype, &decision.policy, last_resort, arms.collect())
}

fn probability(decision: &Decision, standing: &Arms, arm: usize) -> f64 {
    let (share, total) = match decision.policy {
        Policy::Weighted => weighted::share(&decision.arms, standing, arm),
        Policy::Multivalue => (standing.count().min(MOST) as u64, standing.count() as u64),
        Policy::Simple | Policy::Failover | Policy::Unknown(_) => (1, 1),
    };
    share as f64 / total as f64
}

fn excluded(decision: &Decision, stands: bool, own_check: bool, healthy: bool) -> Option<&'static str> {
    match (stands, own_check, healthy, &decision.policy) {
        (true, ..) => None,
        (_, false, ..) => Some("its health check is unhealthy"),
        (_, _, false, _) => Some("its target is unhealthy"),
        (.., Policy::Failover) => Some("another record set comes first"),
        (.., Policy::Weighted) => Some("its weight is 0 and others weigh more"),
        _ => Some("it was not considered"),
    }
}
