//! What is right to answer while that changes, as standard input tells it.

use std::io::{ErrorKind, Read, Result, Stdin};
use std::time::{Duration, Instant};

use crate::batch::never_wait;
use crate::questions::{Question, Right, bad};

/// One line of standard input.
#[derive(Debug, PartialEq)]
enum Line {
    /// `+ N HASH`: from now on, this answer to the question of line N, from 0, is right as well.
    Right(usize, u64),
    /// `- N HASH`: whoever asks from now on may no longer be given it.
    Wrong(usize, u64),
    /// `?`: a report of all so far.
    Report,
}

/// What one look at standard input has found, beside changes of what is right.
#[derive(Default)]
pub struct News {
    /// Reports asked for.
    pub reports: usize,
    /// Nothing more will come.
    pub ended: bool,
}

/// Standard input, read without waiting for it.
pub struct Truth {
    input: Stdin,
    /// The beginning of a line whose end has not come.
    text: Vec<u8>,
    /// How long after a question its answer may come.
    timeout: Duration,
}

impl Truth {
    /// Takes over standard input.
    pub fn open(timeout: Duration) -> Result<Truth> {
        let input = std::io::stdin();
        never_wait(&input)?;
        Ok(Truth { input, text: Vec::new(), timeout })
    }

    /// Takes what has come.
    ///
    /// Whoever writes a line before something changes is heard before answers that show the change are looked
    /// at: call this between receiving packets and checking them.
    pub fn look(&mut self, questions: &mut [Question]) -> Result<News> {
        let mut news = News::default();
        let mut octets = [0; 4096];
        loop {
            match self.input.lock().read(&mut octets) {
                Ok(0) => {
                    news.ended = true;
                    return Ok(news);
                }
                Ok(length) => self.text.extend(&octets[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(news),
                Err(error) => return Err(error),
            }
            let whole = self.text.iter().rposition(|&octet| octet == b'\n').map_or(0, |end| end + 1);
            let text: Vec<u8> = self.text.drain(..whole).collect();
            for line in String::from_utf8_lossy(&text).lines() {
                match parse(line, questions.len()) {
                    Some(Line::Right(question, hash)) => self.add(&mut questions[question].answers, hash),
                    Some(Line::Wrong(question, hash)) => withdraw(&mut questions[question].answers, hash),
                    Some(Line::Report) => news.reports += 1,
                    None => return Err(bad(format!("'{line}': not + N HASH, - N HASH or ?"))),
                }
            }
        }
    }

    /// Adds a right answer, and forgets those that no outstanding question can be given any more.
    fn add(&self, answers: &mut Vec<Right>, hash: u64) {
        let is_past = |until: Instant| until.elapsed() > 2 * self.timeout;
        answers.retain(|right| right.hash != hash && !right.until.is_some_and(is_past));
        answers.push(Right { hash, until: None });
    }
}

fn withdraw(answers: &mut [Right], hash: u64) {
    for right in answers.iter_mut().filter(|right| right.hash == hash && right.until.is_none()) {
        right.until = Some(Instant::now());
    }
}

fn parse(line: &str, questions: usize) -> Option<Line> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (what, question, hash) = match fields[..] {
        ["?"] => return Some(Line::Report),
        [what, question, hash] => (what, question.parse().ok()?, u64::from_str_radix(hash, 16).ok()?),
        _ => return None,
    };
    match what {
        _ if question >= questions => None,
        "+" => Some(Line::Right(question, hash)),
        "-" => Some(Line::Wrong(question, hash)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line names a question that there is, or asks for a report; anything else is none.
    #[test]
    fn lines() {
        assert_eq!(parse("+ 1 0f", 2), Some(Line::Right(1, 15)));
        assert_eq!(parse("- 0 10", 2), Some(Line::Wrong(0, 16)));
        assert_eq!(parse("?", 2), Some(Line::Report));
        for wrong in ["", "+", "+ 2 0f", "+ 1", "+ 1 x", "* 1 0f", "+ 1 0f 0f", "? 1"] {
            assert_eq!(parse(wrong, 2), None, "{wrong}");
        }
    }

    /// What is withdrawn stays right for questions of before, and is right again where it is said again.
    #[test]
    fn withdrawn() {
        let truth = Truth { input: std::io::stdin(), text: Vec::new(), timeout: Duration::from_secs(1) };
        let mut answers = vec![Right { hash: 7, until: None }];
        let before = Instant::now();
        withdraw(&mut answers, 7);
        let after = Instant::now();
        assert!(answers[0].holds(7, before) && !answers[0].holds(7, after) && !answers[0].holds(8, before));
        truth.add(&mut answers, 8);
        assert_eq!(answers.len(), 2, "one of before may still come");
        truth.add(&mut answers, 7);
        assert!(answers.len() == 2 && answers.iter().all(|right| right.until.is_none()));
    }
}
