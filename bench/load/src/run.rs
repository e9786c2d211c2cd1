//! One run: questions out, answers in, a fixed number outstanding, or as many as fall due, until a number was asked
//! or, where standard input tells what is right, until that ends.
//!
//! Each outstanding question has a slot; its id is the slot's number and, above it, how often the
//! slot has been used, so that a late answer is told from the one that is waited for. A slot
//! belongs to one source port for good.

use std::io::Result;
use std::time::{Duration, Instant};

use crate::expect::{Scratch, is_right};
use crate::lane::Lane;
use crate::latency::Latencies;
use crate::options::Options;
use crate::questions::Question;
use crate::truth::{News, Truth};

/// Between two looks for questions that have waited too long.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What came of a run.
#[derive(Default)]
pub struct Outcome {
    /// Questions sent.
    pub sent: u64,
    /// Questions answered in time, rightly or wrongly.
    pub answered: u64,
    /// Answers that were not the expected ones.
    pub wrong: u64,
    /// Questions without an answer in time.
    pub lost: u64,
    /// Packets that answer no outstanding question.
    pub stray: u64,
    /// From the first question to the last answer.
    pub seconds: f64,
    /// Of all answers.
    pub latencies: Latencies,
    /// The first wrong answer: line of its question, from 0, and the packet.
    pub first_wrong: Option<(usize, Vec<u8>)>,
}

/// A place for one outstanding question.
struct Slot {
    port: usize,
    question: usize,
    uses: u8,
    /// When its question was due and when it was asked; None: it is free.
    sent: Option<(Instant, Instant)>,
}

impl Slot {
    /// The id of the outstanding question.
    fn id(&self, index: usize) -> u16 {
        u16::from(self.uses) << 8 | index as u16
    }
}

/// Everything that changes during a run.
struct Run<'a> {
    questions: &'a mut [Question],
    /// Questions to ask; fewer once standard input has ended.
    count: u64,
    truth: Option<Truth>,
    /// Reports asked for and not given.
    reports: usize,
    timeout: Duration,
    start: Instant,
    interval: Duration,
    slots: Vec<Slot>,
    /// Slots without an outstanding question.
    free: Vec<usize>,
    outcome: Outcome,
    scratch: Scratch,
}

/// Asks `options.count` questions and waits for the last answers; `report` is given the outcome so far when asked for.
pub fn run<L: Lane>(
    options: &Options,
    lanes: &mut [L],
    questions: &mut [Question],
    report: impl Fn(&Outcome),
) -> Result<Outcome> {
    let count = if options.count == 0 { questions.len() as u64 } else { options.count };
    let slot = |index| Slot { port: index % options.sockets, question: 0, uses: 0, sent: None };
    let mut run = Run {
        questions,
        count,
        truth: if options.follow { Some(Truth::open(options.timeout)?) } else { None },
        reports: 0,
        timeout: options.timeout,
        start: Instant::now(),
        interval: options.interval,
        slots: (0..options.window).map(slot).collect(),
        free: (0..options.window).rev().collect(),
        outcome: Outcome::default(),
        scratch: Scratch::default(),
    };
    let (mut idle, mut looked) = (0, run.start);
    while run.outcome.answered + run.outcome.lost < run.count {
        run.ask(lanes);
        idle = if run.sweep(lanes)? { 0 } else { idle + 1 };
        if looked.elapsed() >= LOOK_EVERY {
            looked = Instant::now();
            run.give_up_late();
            run.hear(&report)?;
        }
        // Who measures at a rate alone keeps the core, for the sake of the times.
        if idle > L::IDLE_SWEEPS && (options.follow || options.interval.is_zero()) {
            lanes[0].rest()?;
        }
    }
    run.outcome.seconds = run.start.elapsed().as_secs_f64();
    Ok(run.outcome)
}

impl Run<'_> {
    /// Puts the questions that are due into free slots and into their lanes, until all are asked.
    fn ask(&mut self, lanes: &mut [impl Lane]) {
        let now = Instant::now();
        while self.outcome.sent < self.count {
            let due = if self.interval.is_zero() { now } else { self.due() };
            let Some(index) = (if due > now { None } else { self.free.pop() }) else {
                return;
            };
            let slot = &mut self.slots[index];
            slot.question = (self.outcome.sent % self.questions.len() as u64) as usize;
            slot.uses = slot.uses.wrapping_add(1);
            slot.sent = Some((due, now));
            let lane = &mut lanes[slot.port % lanes.len()];
            lane.push(&self.questions[slot.question].packet, slot.port, slot.id(index));
            self.outcome.sent += 1;
        }
    }

    /// When the next question is due.
    fn due(&self) -> Instant {
        self.start + Duration::from_nanos(self.interval.as_nanos() as u64 * self.outcome.sent)
    }

    /// For each lane: send what is to be sent, take what has come. Tells whether anything came.
    fn sweep(&mut self, lanes: &mut [impl Lane]) -> Result<bool> {
        let mut any = false;
        for lane in lanes {
            lane.send()?;
            let received = lane.receive()?;
            let now = Instant::now();
            if received > 0 {
                self.learn()?;
            }
            for index in 0..received {
                match lane.packet(index) {
                    Some((port, packet)) => self.take(packet, port, now),
                    None => self.outcome.stray += 1,
                }
            }
            any |= received > 0;
        }
        Ok(any)
    }

    /// Learns what has become right and wrong.
    fn learn(&mut self) -> Result<()> {
        let Some(truth) = &mut self.truth else { return Ok(()) };
        let News { reports, ended } = truth.look(self.questions)?;
        self.reports += reports;
        if ended {
            self.count = self.outcome.sent;
        }
        Ok(())
    }

    /// Gives the reports that were asked for.
    fn hear(&mut self, report: &impl Fn(&Outcome)) -> Result<()> {
        self.learn()?;
        for _ in 0..std::mem::take(&mut self.reports) {
            self.outcome.seconds = self.start.elapsed().as_secs_f64();
            report(&self.outcome);
        }
        Ok(())
    }

    /// Counts and checks one packet, and frees its slot.
    fn take(&mut self, packet: &[u8], port: usize, now: Instant) {
        let id = if packet.len() < 2 { None } else { Some(u16::from_be_bytes([packet[0], packet[1]])) };
        let index = id.map(|id| usize::from(id & 0xFF)).filter(|&index| index < self.slots.len());
        let waiting = index.filter(|&index| {
            let slot = &self.slots[index];
            slot.port == port && slot.sent.is_some() && Some(slot.id(index)) == id
        });
        let Some(index) = waiting else {
            self.outcome.stray += 1;
            return;
        };
        let slot = &mut self.slots[index];
        let Some((due, asked)) = slot.sent.take() else { return };
        self.outcome.latencies.add((now - due).as_nanos() as u64);
        self.outcome.answered += 1;
        if !is_right(packet, &self.questions[slot.question], asked, &mut self.scratch) {
            self.outcome.wrong += 1;
            self.outcome.first_wrong.get_or_insert_with(|| (slot.question, packet.to_vec()));
        }
        self.free.push(index);
    }

    /// Counts the questions that have waited too long as lost, and frees their slots.
    fn give_up_late(&mut self) {
        let now = Instant::now();
        for index in 0..self.slots.len() {
            if self.slots[index].sent.is_some_and(|(_, asked)| now - asked > self.timeout) {
                self.outcome.lost += 1;
                self.slots[index].sent = None;
                self.free.push(index);
            }
        }
    }
}
