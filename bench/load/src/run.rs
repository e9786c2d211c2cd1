//! One run: questions out, answers in, a fixed number outstanding, or as many as fall due.
//!
//! Each outstanding question has a slot; its id is the slot's number and, above it, how often the
//! slot has been used, so that a late answer is told from the one that is waited for. A slot
//! belongs to one socket for good.

use std::io::Result;
use std::time::{Duration, Instant};

use crate::batch::Batch;
use crate::expect::{Scratch, is_right};
use crate::options::Options;
use crate::questions::Question;

/// Sweeps over all sockets without an answer after which lost questions are looked for.
const IDLE_SWEEPS: u32 = 64;

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
    /// Of each answer, in nanoseconds.
    pub latencies: Vec<u32>,
    /// The first wrong answer: line of its question, from 0, and the packet.
    pub first_wrong: Option<(usize, Vec<u8>)>,
}

/// A place for one outstanding question.
struct Slot {
    socket: usize,
    question: usize,
    uses: u8,
    sent: Option<Instant>,
}

impl Slot {
    /// The id of the outstanding question.
    fn id(&self, index: usize) -> u16 {
        u16::from(self.uses) << 8 | index as u16
    }
}

/// Everything that changes during a run.
struct Run<'a> {
    questions: &'a [Question],
    count: u64,
    timeout: Duration,
    start: Instant,
    interval: Duration,
    slots: Vec<Slot>,
    /// Slots without an outstanding question.
    free: Vec<usize>,
    outcome: Outcome,
    scratch: Scratch,
}

/// Asks `options.count` questions and waits for the last answers.
pub fn run(options: &Options, questions: &[Question]) -> Result<Outcome> {
    let count = if options.count == 0 { questions.len() as u64 } else { options.count };
    let per_socket = options.window.div_ceil(options.sockets);
    let mut sockets: Vec<Batch> =
        (0..options.sockets).map(|_| Batch::connect(options.server, per_socket)).collect::<Result<_>>()?;
    let slot = |index| Slot { socket: index % options.sockets, question: 0, uses: 0, sent: None };
    let mut run = Run {
        questions,
        count,
        timeout: options.timeout,
        start: Instant::now(),
        interval: options.interval,
        slots: (0..options.window).map(slot).collect(),
        free: (0..options.window).rev().collect(),
        outcome: Outcome { latencies: Vec::with_capacity(count as usize), ..Outcome::default() },
        scratch: Scratch::default(),
    };
    let mut idle = 0;
    while run.outcome.answered + run.outcome.lost < run.count {
        run.ask(&mut sockets);
        idle = if run.sweep(&mut sockets)? { 0 } else { idle + 1 };
        if idle > IDLE_SWEEPS {
            run.give_up_late();
            if options.interval.is_zero() {
                std::thread::sleep(Duration::from_micros(50)); // the server is busy elsewhere
            }
        }
    }
    run.outcome.seconds = run.start.elapsed().as_secs_f64();
    Ok(run.outcome)
}

impl Run<'_> {
    /// Puts the questions that are due into free slots and into their sockets' batches, until all are asked.
    fn ask(&mut self, sockets: &mut [Batch]) {
        let now = Instant::now();
        while self.outcome.sent < self.count {
            let due = if self.interval.is_zero() { now } else { self.start + self.interval * self.outcome.sent as u32 };
            let Some(index) = (if due > now { None } else { self.free.pop() }) else {
                return;
            };
            let slot = &mut self.slots[index];
            slot.question = (self.outcome.sent % self.questions.len() as u64) as usize;
            slot.uses = slot.uses.wrapping_add(1);
            slot.sent = Some(due);
            sockets[slot.socket].push(&self.questions[slot.question].packet, slot.id(index));
            self.outcome.sent += 1;
        }
    }

    /// For each socket: send what is to be sent, take what has come. Tells whether anything came.
    fn sweep(&mut self, sockets: &mut [Batch]) -> Result<bool> {
        let mut any = false;
        for (number, socket) in sockets.iter_mut().enumerate() {
            socket.send()?;
            let received = socket.receive()?;
            let now = Instant::now();
            for packet in 0..received {
                self.take(socket.packet(packet), number, now);
            }
            any |= received > 0;
        }
        Ok(any)
    }

    /// Counts and checks one packet, and frees its slot.
    fn take(&mut self, packet: &[u8], socket: usize, now: Instant) {
        let id = if packet.len() < 2 { None } else { Some(u16::from_be_bytes([packet[0], packet[1]])) };
        let index = id.map(|id| usize::from(id & 0xFF)).filter(|&index| index < self.slots.len());
        let waiting = index.filter(|&index| {
            let slot = &self.slots[index];
            slot.socket == socket && slot.sent.is_some() && Some(slot.id(index)) == id
        });
        let Some(index) = waiting else {
            self.outcome.stray += 1;
            return;
        };
        let slot = &mut self.slots[index];
        let latency = slot.sent.take().map_or(Duration::ZERO, |sent| now - sent);
        self.outcome.latencies.push(u32::try_from(latency.as_nanos()).unwrap_or(u32::MAX));
        self.outcome.answered += 1;
        if !is_right(packet, &self.questions[slot.question], &mut self.scratch) {
            self.outcome.wrong += 1;
            self.outcome.first_wrong.get_or_insert_with(|| (slot.question, packet.to_vec()));
        }
        self.free.push(index);
    }

    /// Counts the questions that have waited too long as lost, and frees their slots.
    fn give_up_late(&mut self) {
        let now = Instant::now();
        for index in 0..self.slots.len() {
            if self.slots[index].sent.is_some_and(|sent| now - sent > self.timeout) {
                self.outcome.lost += 1;
                self.slots[index].sent = None;
                self.free.push(index);
            }
        }
    }
}
