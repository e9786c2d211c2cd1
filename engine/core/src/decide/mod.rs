//! The evaluator: which record set of a group answers, and why (R-TREE).
//!
//! One function, `decide`, for the wire and for explanations. It walks from group to group along
//! aliases; at each group the policy says which arms stand for choice, chance or order chooses
//! among them. A policy is one file: `standing` names the arms, `pick` chooses.

mod arms;
mod cidr;
mod client;
mod draw;
mod explain;
mod failover;
mod geolocation;
mod multivalue;
mod nearest;
mod shortcuts;
mod weighted;

pub use arms::{Arms, Few, Many};
pub use client::{Address, Client};
pub use draw::Draw;
pub use multivalue::MOST;
pub use shortcuts::Shortcuts;

use crate::health::Health;
use crate::image::{Alias, Arm, At, Called, Decision, Group, Leads, Policy, RecordSet, Target, Weighed, Zone};
use crate::name::Named;
use crate::outside::Outside;
use crate::trace::{Step, Trace};
use shortcuts::{From, Timing, To};

/// Aliases followed for one answer; deeper trees are a loop in practice (R-TREE-1).
pub const MAX_ALIAS_DEPTH: usize = 32;

/// Arms of targets looked at for one answer. Trees that share branches could otherwise be walked for ever.
const MAX_WORK: u32 = 20_000;

/// What the answer depends on besides the zone.
#[derive(Debug)]
pub struct Circumstances<'a> {
    /// Whose place decides.
    pub client: Client<'a>,
    /// Chance.
    pub draw: Draw,
    checks: Checks<'a>,
}

impl<'a> Circumstances<'a> {
    /// The circumstances of one query; `health` is the state of all checks, `outside` what outside
    /// targets answer, both of one moment.
    pub const fn new(health: &'a Health, outside: &'a Outside, client: Client<'a>, draw: Draw) -> Self {
        Self { client, draw, checks: Checks::new(health, outside) }
    }
}

/// The state of all checks, and how many arms of targets may still be looked at.
#[derive(Debug)]
struct Checks<'a> {
    health: &'a Health,
    outside: &'a Outside,
    work: u32,
}

impl<'a> Checks<'a> {
    const fn new(health: &'a Health, outside: &'a Outside) -> Self {
        Self { health, outside, work: MAX_WORK }
    }

    /// Whether an arm of the group at `at` is healthy: its own check and, if it asks for that, its target (R-HLT-1).
    #[inline]
    fn pass<'z>(&mut self, aliases: &mut Aliases<'z>, at: &At<'z>, arm: &Arm, depth: usize) -> bool {
        self.health.is_healthy(arm.health) && (!arm.evaluate_target || self.pass_target(aliases, at.target(arm), depth))
    }

    /// Whether at least one arm of the target group is healthy, recursively (R-TREE-2).
    #[inline(never)]
    fn pass_target<'z>(&mut self, aliases: &mut Aliases<'z>, target: Target<'z>, depth: usize) -> bool {
        match target {
            Target::Set(_) => true,
            // Without a connector that says otherwise it is healthy (R-TREE-10).
            Target::Outside { target, rtype } => self.outside.get(target, rtype).is_none_or(|answers| answers.healthy),
            Target::Alias(alias) => {
                let led = aliases.follow(alias);
                let healthy = led.is_some_and(|at| self.pass_group(aliases, at, depth));
                aliases.last = alias.key().map(|key| (key, led));
                healthy
            }
        }
    }

    fn pass_group<'z>(&mut self, aliases: &mut Aliases<'z>, at: At<'z>, depth: usize) -> bool {
        match at.group() {
            Group::Plain(_) => true,
            Group::Decision(decision) => {
                self.work = self.work.saturating_sub(1);
                if depth == MAX_ALIAS_DEPTH || self.work == 0 {
                    return false;
                }
                let first = decision.arms.iter().position(|arm| self.pass(aliases, &at, arm, depth + 1));
                self.work = self.work.saturating_sub(first.unwrap_or(decision.arms.len()) as u32);
                first.is_some()
            }
        }
    }
}

/// Follows aliases inside a zone. Keeps where the last one led whose target's health was asked for: most
/// often it is the one that is chosen next.
#[derive(Debug)]
struct Aliases<'z> {
    zone: &'z Zone,
    last: Option<((u64, Called<'z>), Option<At<'z>>)>,
}

impl<'z> Aliases<'z> {
    /// The group that an alias leads to; None where there is none.
    fn follow(&self, alias: Alias<'z>) -> Option<At<'z>> {
        match self.last {
            Some((key, led)) if alias.key() == Some(key) => led,
            _ => self.zone.follow(alias),
        }
    }
}

/// What a decision comes to.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'z> {
    /// The records of one set.
    One(RecordSet<'z>),
    /// The records of several sets, in this order.
    Several([Option<RecordSet<'z>>; MOST]),
    /// An alias leads to an outside name that nobody has resolved yet.
    Unresolved,
    /// Nothing: an alias leads to a group that is not there (R-ALI-13), or no arm of a group applies
    /// to the client (R-SEL-6 of routing.md §3, R-TREE-8).
    NoData,
    /// No answer can be given: a loop of aliases, too much work, a policy this engine does not know.
    Failure(&'static str),
}

/// Decides which record sets answer for a group.
///
/// `owner` and `rtype` name the group for the trace only. Whoever is traced walks every step.
#[inline]
pub fn decide<'z, 'a: 'z, T: Trace>(
    zone: &'z Zone,
    owner: &[u8],
    rtype: u16,
    start: At<'z>,
    circumstances: &mut Circumstances<'a>,
    shortcuts: &mut Shortcuts,
    trace: &mut T,
) -> Outcome<'z> {
    match start.group() {
        Group::Plain(set) => {
            trace.step(|| Step::plain(owner, rtype, set));
            Outcome::One(set)
        }
        Group::Decision(decision) => {
            if !T::ON
                && let Some(set) = at_once(zone, start, decision, circumstances, shortcuts)
            {
                return Outcome::One(set);
            }
            walk(zone, owner, rtype, start, circumstances, shortcuts, trace)
        }
    }
}

/// The record set that a walk comes to, where a shortcut and weights lead there. None: walk.
#[inline(never)]
fn at_once<'z>(
    zone: &'z Zone,
    start: At<'z>,
    decision: &'z Decision,
    circumstances: &mut Circumstances<'_>,
    shortcuts: &Shortcuts,
) -> Option<RecordSet<'z>> {
    if !decision.policy.is_by_place() {
        return drawn(start, decision, circumstances);
    }
    let work = circumstances.checks.work;
    let to = Begun::at(decision, circumstances, 0)?.shortcut(shortcuts, circumstances)?;
    let at = zone.at(to.position);
    let set = match at.group() {
        _ if usize::from(to.depth) > MAX_ALIAS_DEPTH => None,
        Group::Plain(set) => Some(set),
        Group::Decision(_) if circumstances.checks.work == 0 => None,
        Group::Decision(decision) => drawn(at, decision, circumstances),
    };
    if set.is_none() {
        circumstances.checks.work = work;
    }
    set
}

/// The record set that chance chooses by weights alone: no arm is an alias, and some arm with a weight is healthy.
#[inline]
fn drawn<'z>(at: At<'z>, decision: &Decision, circumstances: &mut Circumstances<'_>) -> Option<RecordSet<'z>> {
    let (weights, health) = (decision.weights()?, circumstances.checks.health);
    let passes = |arm: &Weighed| (arm.leads == Leads::ToRecords) & health.is_healthy(arm.health);
    let chosen = weighted::pick_if_all_fit(weights, passes, &mut circumstances.draw);
    let chosen = chosen.or_else(|| drawn_of_some(weights, health, &mut circumstances.draw))?;
    at.set_weighed(weights.get(chosen)?)
}

/// The same where not all arms are healthy.
#[inline(never)]
fn drawn_of_some(weights: &[Weighed], health: &Health, draw: &mut Draw) -> Option<usize> {
    let is_plain = weights.iter().all(|arm| arm.leads == Leads::ToRecords);
    let passes = |number: usize| health.is_healthy(weights[number].health);
    if is_plain { weighted::pick_at_once(weights, passes, draw) } else { None }
}

/// Walks from a group along aliases.
#[inline(never)]
fn walk<'z, 'a: 'z, T: Trace>(
    zone: &'z Zone,
    owner: &[u8],
    rtype: u16,
    start: At<'z>,
    circumstances: &mut Circumstances<'a>,
    shortcuts: &mut Shortcuts,
    trace: &mut T,
) -> Outcome<'z> {
    let mut aliases = Aliases { zone, last: None };
    let mut at = start;
    let mut named = (owner, rtype);
    let mut depth = 0;
    let mut begun = None;
    while depth <= MAX_ALIAS_DEPTH {
        let decision = match at.group() {
            Group::Plain(set) => {
                trace.step(|| Step::plain(named.0, named.1, set));
                return Outcome::One(set);
            }
            Group::Decision(decision) => decision,
        };
        if !T::ON && begun.is_none() && decision.policy.is_by_place() {
            begun = Begun::at(decision, circumstances, depth);
            if let Some(to) = begun.and_then(|begun| begun.shortcut(shortcuts, circumstances)) {
                (at, depth) = (zone.at(to.position), depth + usize::from(to.depth));
                continue;
            }
        }
        let crossing = Crossing { owner: named.0, rtype: named.1, at, decision };
        let draw = circumstances.draw;
        let choice = choose(&mut aliases, crossing, circumstances, trace);
        if draw != circumstances.draw || circumstances.client.is_personal() {
            begun = None;
        }
        let target = match choice {
            Choice::Arm(arm) => {
                let arm = &decision.arms[arm];
                if let (Some(begun), Some(set)) = (begun, at.own(arm)) {
                    begun.keep(shortcuts, circumstances, set, depth);
                }
                at.target(arm)
            }
            Choice::Several(arms, count) => return several(at, decision, &arms[..count]),
            Choice::NoMatch => return Outcome::NoData,
            Choice::None(why) => return Outcome::Failure(why),
        };
        let alias = match target {
            Target::Set(set) => return Outcome::One(set),
            Target::Outside { target, rtype } => return outside(target, rtype, circumstances, trace),
            Target::Alias(alias) => alias,
        };
        if let Called::Name(owner, rtype) = alias.to {
            named = (owner, rtype);
        }
        match aliases.follow(alias) {
            Some(group) => {
                (at, depth) = (group, depth + 1);
                if let Some(begun) = begun {
                    begun.keep(shortcuts, circumstances, at, depth);
                }
            }
            None => {
                trace.step(|| Step::missing(named.0, named.1));
                return Outcome::NoData;
            }
        }
    }
    Outcome::Failure("aliases lead to each other in a loop")
}

/// A walk from a group on, that may become a shortcut.
#[derive(Debug, Clone, Copy)]
struct Begun {
    from: From,
    depth: usize,
    /// Arms that might still be looked at.
    work: u32,
}

impl Begun {
    /// A walk that begins at a group, so many aliases deep; None where the client is of no place.
    fn at(decision: &Decision, circumstances: &mut Circumstances<'_>, depth: usize) -> Option<Self> {
        let place = circumstances.client.place()?;
        Some(Self { from: From::new(decision, place), depth, work: circumstances.checks.work })
    }

    /// The shortcut that may be taken instead; its work and its scope are those of the walk.
    #[inline(always)]
    fn shortcut(&self, shortcuts: &Shortcuts, circumstances: &mut Circumstances<'_>) -> Option<To> {
        let client = &mut circumstances.client;
        let to = match shortcuts.find(self.from) {
            Some(to) if to.timing == Timing::None => {
                client.goes_by_place();
                to
            }
            general => {
                let (row, prefix_length) = client.measured()?;
                let of_network = if row == 0 { None } else { shortcuts.find(self.from.measured(row)) };
                let of_all = || general.filter(|to| row == 0 || to.timing == Timing::Next);
                let to = of_network.or_else(of_all)?;
                client.widen(prefix_length);
                to
            }
        };
        circumstances.checks.work = self.work.saturating_sub(to.work.into());
        Some(to)
    }

    /// Keeps where the walk has got to: neither chance nor a block of the client's own had a part in it.
    fn keep(&self, shortcuts: &mut Shortcuts, circumstances: &Circumstances<'_>, at: At<'_>, depth: usize) {
        let client = &circumstances.client;
        let timing = match at.group() {
            _ if client.is_timed() => Timing::Past,
            Group::Decision(decision) if decision.policy == Policy::Latency => Timing::Next,
            _ => Timing::None,
        };
        let to = To {
            position: at.position(),
            work: (self.work - circumstances.checks.work) as u16, // At most `MAX_WORK`.
            depth: (depth - self.depth) as u8,                    // At most `MAX_ALIAS_DEPTH`.
            timing,
        };
        shortcuts.keep(self.from.measured(client.row()), to);
    }
}

/// What an outside target answers this client (R-ALI-14): a record set like any other, as long as it
/// has been resolved.
fn outside<'a, T: Trace>(
    target: Named<'_>,
    rtype: u16,
    circumstances: &mut Circumstances<'a>,
    trace: &mut T,
) -> Outcome<'a> {
    let Some(answers) = circumstances.checks.outside.get(target, rtype) else {
        trace.step(|| Step::unresolved(target, rtype));
        return Outcome::Unresolved;
    };
    let (set, nearness) = answers.find(&mut circumstances.client);
    trace.step(|| Step::outside(target, rtype, answers, set, nearness));
    set.map_or(Outcome::NoData, Outcome::One)
}

/// A group on the way, where an arm is to be chosen.
#[derive(Debug, Clone, Copy)]
struct Crossing<'n, 'z> {
    owner: &'n [u8],
    rtype: u16,
    at: At<'z>,
    decision: &'z Decision,
}

/// What one group comes to.
#[derive(Debug)]
enum Choice {
    /// One arm.
    Arm(usize),
    /// The first so many of these.
    Several([u16; MOST], usize),
    /// No arm applies to this client.
    NoMatch,
    /// No choice can be made, for this reason.
    None(&'static str),
}

/// One level: healthy arms first, all of them where none is healthy (R-SEL-3, R-TREE-14).
#[inline]
fn choose<'z, T: Trace>(
    aliases: &mut Aliases<'z>,
    crossing: Crossing<'_, 'z>,
    circumstances: &mut Circumstances<'_>,
    trace: &mut T,
) -> Choice {
    if !T::ON
        && let Some(arm) = by_weight(aliases, &crossing, circumstances)
    {
        return Choice::Arm(arm);
    }
    if crossing.decision.arms.len() <= Few::MOST {
        choose_among::<Few, T>(aliases, crossing, circumstances, trace)
    } else {
        choose_among::<Many, T>(aliases, crossing, circumstances, trace)
    }
}

/// The arm that `choose` comes to in a weighted group of few arms, some of which with a weight are healthy; None: look
/// closer.
#[inline]
fn by_weight<'z>(
    aliases: &mut Aliases<'z>,
    crossing: &Crossing<'_, 'z>,
    circumstances: &mut Circumstances<'_>,
) -> Option<usize> {
    let Crossing { at, decision, .. } = crossing;
    let weights = decision.weights()?;
    let Circumstances { draw, checks, .. } = circumstances;
    let (work, untouched) = (checks.work, *draw);
    let passes = |number: usize| {
        checks.health.is_healthy(weights[number].health)
            && (weights[number].leads != Leads::ElsewhereIfHealthy
                || checks.pass_target(aliases, at.target(&decision.arms[number]), 0))
    };
    let chosen = weighted::pick_at_once(weights, passes, draw);
    if chosen.is_none() || checks.work == 0 {
        (checks.work, *draw) = (work, untouched);
        return None;
    }
    chosen
}

/// As `choose`, with sets of arms that are large enough for the group.
fn choose_among<'z, S: Arms, T: Trace>(
    aliases: &mut Aliases<'z>,
    crossing: Crossing<'_, 'z>,
    circumstances: &mut Circumstances<'_>,
    trace: &mut T,
) -> Choice {
    let Crossing { at, decision, .. } = crossing;
    if let Policy::Unknown(_) = decision.policy {
        return Choice::None("a routing policy that this engine does not know");
    }
    let Circumstances { client, draw, checks } = circumstances;
    let mut arms: S = standing(decision, client, |arm| checks.pass(aliases, &at, arm, 0));
    let last_resort = arms.is_empty();
    if last_resort {
        arms = standing(decision, client, |_| true);
    }
    if checks.work == 0 {
        return Choice::None("the alias tree takes too much work");
    }
    let choice = if arms.is_empty() { Choice::NoMatch } else { pick(decision, &arms, draw) };
    if T::ON {
        let last_resort = last_resort && !arms.is_empty();
        let step = explain::group(aliases.zone, crossing, &arms, last_resort, &choice, circumstances);
        trace.step(|| Step::Group(step));
    }
    choice
}

/// The arms that stand for choice among those that fit.
fn standing<S: Arms>(decision: &Decision, client: &mut Client<'_>, fits: impl FnMut(&Arm) -> bool) -> S {
    let arms = &decision.arms;
    match &decision.policy {
        Policy::Weighted => weighted::standing(arms, fits),
        Policy::Failover => failover::standing(arms, fits),
        Policy::Geolocation => geolocation::standing(decision, client, fits),
        Policy::Geoproximity | Policy::Latency => nearest::standing(decision, client, fits),
        Policy::Cidr { collection } => cidr::standing(decision, collection, client, fits),
        Policy::Simple | Policy::Multivalue | Policy::Unknown(_) => S::of(arms, fits),
    }
}

/// Chooses among the standing arms, of which there is at least one.
fn pick(decision: &Decision, standing: &impl Arms, draw: &mut Draw) -> Choice {
    let chosen = match decision.policy {
        Policy::Multivalue => {
            let (arms, count) = multivalue::pick(standing, draw);
            return Choice::Several(arms, count);
        }
        Policy::Weighted => weighted::pick(&decision.arms, standing, draw),
        // Several stand only where nothing is known of the client: all are equally likely.
        _ if standing.count() > 1 => standing.iter().nth(draw.below(standing.count() as u64) as usize),
        _ => standing.iter().next(),
    };
    chosen.map_or(Choice::None("a group without record sets"), Choice::Arm)
}

fn several<'z>(at: At<'z>, decision: &Decision, arms: &[u16]) -> Outcome<'z> {
    let mut sets = [None; MOST];
    for (place, &arm) in sets.iter_mut().zip(arms) {
        if let Target::Set(set) = at.target(&decision.arms[usize::from(arm)]) {
            *place = Some(set);
        }
    }
    Outcome::Several(sets)
}
