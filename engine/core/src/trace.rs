//! Explanations: what the evaluator saw and did, step by step.
//!
//! The answer path is generic over `Trace`. With `NoTrace` a step is never even made; with `Steps`
//! all are kept, and become JSON (docs/reference/explain.md).

use serde::Serialize;

use crate::image::{Arm, Policy, RecordSet, Target};
use crate::name::{self, Named};
use crate::outside::{Answers, Nearness};
use crate::place::latency::{Estimate, Level, Origin};

/// Takes the steps of one answer.
pub trait Trace {
    /// Whether steps are kept; where they are not, nothing may be spent on making them.
    const ON: bool;

    /// Takes one step.
    fn step(&mut self, step: impl FnOnce() -> Step);
}

/// Keeps nothing.
#[derive(Debug)]
pub struct NoTrace;

impl Trace for NoTrace {
    const ON: bool = false;

    fn step(&mut self, _: impl FnOnce() -> Step) {}
}

/// Keeps every step.
#[derive(Debug, Default)]
pub struct Steps(pub Vec<Step>);

impl Trace for Steps {
    const ON: bool = true;

    fn step(&mut self, step: impl FnOnce() -> Step) {
        self.0.push(step());
    }
}

/// One thing the evaluator did.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// The zone that answers, or none.
    Zone {
        /// Its id; None if no zone of ours holds the name.
        id: Option<String>,
        /// Its name.
        apex: Option<String>,
        /// Its version.
        version: Option<u64>,
        /// The network view that a private zone is seen from (R-PVT-6); left out for a public zone.
        #[serde(skip_serializing_if = "Option::is_none")]
        view: Option<String>,
    },
    /// The resolver is of a network whose questions are refused.
    Prohibited {
        /// Its address.
        client: String,
    },
    /// Whose place decides, where a policy asks for it.
    Client {
        /// The address.
        address: String,
        /// How many bits of it are known.
        prefix: u8,
        /// `client subnet` or `resolver`.
        from: &'static str,
        /// Continent code; None where unknown.
        continent: Option<String>,
        /// Country code; None where unknown.
        country: Option<String>,
        /// Subdivision code; None where unknown.
        subdivision: Option<String>,
        /// Degrees; None where unknown.
        latitude: Option<f64>,
        /// Degrees; None where unknown.
        longitude: Option<f64>,
        /// The largest block around the client that is all in this place.
        matched_prefix: u8,
        /// The data it was looked up in; empty where none is loaded.
        source: String,
        /// The day the data is of.
        date: String,
    },
    /// Where in the zone the name stands.
    Name {
        /// The name asked for, or led to by a CNAME.
        name: String,
        /// How it was found.
        found: Place,
        /// The name that decided: itself, a wildcard, a delegation, the closest encloser.
        by: String,
    },
    /// A group of record sets and the choice made there.
    Group(GroupStep),
    /// A record set without alternatives.
    RecordSet {
        /// Its owner.
        owner: String,
        /// Its type number.
        r#type: u16,
        /// Seconds.
        ttl: u32,
        /// How many records.
        records: u16,
    },
    /// An alias leads to a group that is not there (R-ALI-13).
    MissingTarget {
        /// The name the alias leads to.
        owner: String,
        /// The type number.
        r#type: u16,
    },
    /// An alias leads to an outside name, which a connector keeps resolved (R-ALI-14).
    Outside {
        /// That name.
        target: String,
        /// The type number asked for there.
        r#type: u16,
        /// Whether it has been resolved at all; without that there is no answer.
        resolved: bool,
        /// Whether it counts as healthy where an alias evaluates its target (R-TREE-10).
        healthy: bool,
        /// When it last answered the connector, in seconds since 1970: its age is the age of the data.
        #[serde(skip_serializing_if = "Option::is_none")]
        asked_at: Option<u64>,
        /// Whose answer it is: `block` (of the client's addresses), `area` or `everyone`.
        #[serde(skip_serializing_if = "Option::is_none")]
        answer_for: Option<&'static str>,
        /// Seconds; None without records.
        #[serde(skip_serializing_if = "Option::is_none")]
        ttl: Option<u32>,
        /// How many records.
        records: u16,
    },
    /// A CNAME leads on inside the zone.
    Cname {
        /// Where it leads.
        target: String,
    },
    /// Why no answer can be given.
    Failure {
        /// In words.
        reason: String,
    },
}

/// How a name was found in its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The name exists.
    Exact,
    /// A wildcard stands for it (RFC 4592).
    Wildcard,
    /// It exists only because names below it do.
    EmptyNonTerminal,
    /// It is at or below a delegation.
    Delegation,
    /// It does not exist.
    Nothing,
}

/// A group, its arms, and which of them answered.
#[derive(Debug, Clone, Serialize)]
pub struct GroupStep {
    owner: String,
    r#type: u16,
    policy: String,
    /// No arm was healthy, so all were treated as healthy (R-SEL-3).
    last_resort: bool,
    arms: Vec<ArmStep>,
}

/// One arm of a group.
#[derive(Debug, Clone, Serialize)]
pub struct ArmStep {
    set_identifier: String,
    /// What the policy chose by; its fields stand beside the others.
    #[serde(flatten)]
    measure: Measure,
    #[serde(skip_serializing_if = "Option::is_none")]
    health_check: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias_of: Option<String>,
    evaluates_target: bool,
    healthy: bool,
    /// Why it did not stand for choice; None if it did.
    excluded: Option<&'static str>,
    /// 0 to 1: how likely it was to be chosen here.
    probability: f64,
    chosen: bool,
}

impl Step {
    /// A record set without alternatives.
    pub fn plain(owner: &[u8], rtype: u16, set: RecordSet<'_>) -> Self {
        let ttl = set.ttl().unwrap_or(0);
        Self::RecordSet { owner: name::text(owner), r#type: rtype, ttl, records: set.count() }
    }

    /// An outside name that has been resolved.
    pub fn outside(
        target: Named<'_>,
        rtype: u16,
        answers: &Answers,
        set: Option<RecordSet<'_>>,
        nearness: Nearness,
    ) -> Self {
        Self::Outside {
            target: name::text(target.wire),
            r#type: rtype,
            resolved: true,
            healthy: answers.healthy,
            asked_at: Some(answers.asked_at),
            answer_for: Some(match nearness {
                Nearness::Block => "block",
                Nearness::Area => "area",
                Nearness::Everyone => "everyone",
            }),
            ttl: set.and_then(RecordSet::ttl),
            records: set.map_or(0, RecordSet::count),
        }
    }

    /// An outside name of which nothing is known yet.
    pub fn unresolved(target: Named<'_>, rtype: u16) -> Self {
        Self::Outside {
            target: name::text(target.wire),
            r#type: rtype,
            resolved: false,
            healthy: true,
            asked_at: None,
            answer_for: None,
            ttl: None,
            records: 0,
        }
    }

    /// An alias leads to nothing.
    pub fn missing(owner: &[u8], rtype: u16) -> Self {
        Self::MissingTarget { owner: name::text(owner), r#type: rtype }
    }
}

impl GroupStep {
    /// A group and its arms.
    pub fn new(owner: &[u8], rtype: u16, policy: &Policy, last_resort: bool, arms: Vec<ArmStep>) -> Self {
        Self { owner: name::text(owner), r#type: rtype, policy: policy_name(policy).into(), last_resort, arms }
    }
}

impl ArmStep {
    /// One arm, as its policy sees it.
    #[expect(clippy::too_many_arguments, reason = "an arm, and what is told of it")]
    pub fn new(
        id: &str,
        arm: &Arm,
        target: Target<'_>,
        measure: Measure,
        healthy: bool,
        excluded: Option<&'static str>,
        probability: f64,
        chosen: bool,
    ) -> Self {
        Self {
            set_identifier: id.to_owned(),
            measure,
            health_check: (arm.health != 0).then_some(arm.health),
            alias_of: target.text(),
            evaluates_target: arm.evaluate_target,
            healthy,
            excluded,
            probability,
            chosen,
        }
    }
}

/// What a policy compared, with its value for this client.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Measure {
    /// Nothing.
    None {},
    /// Weighted.
    Weight {
        /// 0 to 255.
        weight: u8,
    },
    /// Failover.
    Role {
        /// `PRIMARY` or `SECONDARY`.
        role: &'static str,
    },
    /// Geolocation.
    Area {
        /// `US-TX`, `US`, `continent NA` or `*`.
        area: String,
    },
    /// Geoproximity.
    Distance {
        /// Degrees.
        latitude: f64,
        /// Degrees.
        longitude: f64,
        /// -99 to 99.
        bias: i8,
        /// Great-circle distance; None where the client's place is unknown.
        distance_km: Option<f64>,
        /// The distance that was compared.
        biased_km: Option<f64>,
    },
    /// Latency.
    Latency {
        /// The region's id.
        region: String,
        /// Milliseconds; None where nothing is known.
        latency_ms: Option<f64>,
        /// `measured`, `prior` or `unknown`.
        latency_origin: &'static str,
        /// Samples behind a measurement.
        #[serde(skip_serializing_if = "Option::is_none")]
        samples: Option<u16>,
        /// Age of a measurement's newest sample.
        #[serde(skip_serializing_if = "Option::is_none")]
        age_hours: Option<u16>,
        /// Whose measurement it is: `site`, `network`, `subdivision` or `country`.
        #[serde(skip_serializing_if = "Option::is_none")]
        level: Option<&'static str>,
    },
    /// IP-based.
    Location {
        /// The location's name, `*` for the default.
        location: String,
        /// The CIDR collection's id.
        collection: String,
    },
}

impl Measure {
    /// A region, and how long a packet takes from there.
    pub fn latency(region: &str, estimate: Option<Estimate>) -> Self {
        let (latency_origin, samples, age_hours, level) = match estimate.map(|estimate| estimate.origin) {
            Some(Origin::Measured { samples, age_hours, level }) => {
                ("measured", Some(samples), Some(age_hours), Some(level_name(level)))
            }
            Some(Origin::Prior) => ("prior", None, None, None),
            Some(Origin::None) | None => ("unknown", None, None, None),
        };
        let latency_ms = estimate.map(|estimate| estimate.ms).filter(|ms| ms.is_finite());
        Self::Latency { region: region.into(), latency_ms, latency_origin, samples, age_hours, level }
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Site => "site",
        Level::Network => "network",
        Level::Subdivision => "subdivision",
        Level::Country => "country",
    }
}

fn policy_name(policy: &Policy) -> &str {
    match policy {
        Policy::Simple => "simple",
        Policy::Weighted => "weighted",
        Policy::Failover => "failover",
        Policy::Multivalue => "multivalue",
        Policy::Geolocation => "geolocation",
        Policy::Geoproximity => "geoproximity",
        Policy::Latency => "latency",
        Policy::Cidr { .. } => "cidr",
        Policy::Unknown(name) => name,
    }
}
