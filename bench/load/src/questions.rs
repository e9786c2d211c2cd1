//! The file of questions and what is expected of their answers.

use std::io::{Error, ErrorKind, Result};
use std::path::Path;
use std::time::Instant;

use crate::lane::PACKET;

/// One prepared question.
pub struct Question {
    /// The packet; its first two octets, the id, are overwritten.
    pub packet: Vec<u8>,
    /// Length of the question section, which starts at octet 12.
    pub question_length: usize,
    /// The expected RCODE; None: any.
    pub rcode: Option<u8>,
    /// Each answer section that is right; empty: any.
    pub answers: Vec<Right>,
}

/// An answer section that is right.
#[derive(Debug, PartialEq)]
pub struct Right {
    /// Its hash.
    pub hash: u64,
    /// Questions that were asked later may no longer be given it; None: it is right.
    pub until: Option<Instant>,
}

impl Right {
    /// Tells whether an answer with this hash is right for a question that was asked then.
    pub fn holds(&self, hash: u64, asked: Instant) -> bool {
        self.hash == hash && self.until.is_none_or(|until| asked <= until)
    }
}

/// Reads a file of questions; at least one.
pub fn read(file: &Path) -> Result<Vec<Question>> {
    let text = std::fs::read_to_string(file).map_err(|e| Error::new(e.kind(), format!("{}: {e}", file.display())))?;
    let questions: Result<Vec<Question>> = text
        .lines()
        .enumerate()
        .map(|(index, line)| {
            parse(line).ok_or_else(|| bad(format!("{}:{}: not PACKET RCODE HASHES", file.display(), index + 1)))
        })
        .collect();
    match questions {
        Ok(empty) if empty.is_empty() => Err(bad(format!("{}: no questions", file.display()))),
        other => other,
    }
}

/// What is wrong with the text that was given.
pub fn bad(message: String) -> Error {
    Error::new(ErrorKind::InvalidData, message)
}

fn parse(line: &str) -> Option<Question> {
    let mut fields = line.split_ascii_whitespace();
    let packet = from_hex(fields.next()?)?;
    let rcode = match fields.next()? {
        "-" => None,
        number => Some(number.parse().ok()?),
    };
    let right = |hash| Some(Right { hash: u64::from_str_radix(hash, 16).ok()?, until: None });
    let answers = match fields.next()? {
        "-" => Vec::new(),
        hashes => hashes.split(',').map(right).collect::<Option<_>>()?,
    };
    let question_length = crate::wire::name_length(&packet, 12)? + 4;
    let sound = (12 + question_length..=PACKET).contains(&packet.len()) && fields.next().is_none();
    sound.then_some(Question { packet, question_length, rcode, answers })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    (digits.len() % 2 == 0).then(|| digits.chunks(2).map(pair).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const WWW: &str = "000000000001000000000000037777770000010001";

    /// A line gives packet, RCODE and hashes; anything else is no question.
    #[test]
    fn lines() {
        let question = parse(&format!("{WWW} 3 0f,10")).expect("a question");
        let hashes: Vec<u64> = question.answers.iter().map(|right| right.hash).collect();
        assert_eq!((question.question_length, question.rcode, hashes), (9, Some(3), vec![15, 16]));
        assert!(parse(&format!("{WWW} - -")).is_some_and(|q| q.rcode.is_none() && q.answers.is_empty()));
        for wrong in ["", "00 0 -", WWW, &format!("{WWW} 0"), &format!("{WWW} x -"), &format!("{WWW} 0 - -")] {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
    }
}
