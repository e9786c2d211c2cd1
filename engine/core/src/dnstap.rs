//! dnstap: what a server was asked and what it said, as protocol buffers in Frame Streams (dnstap.info, fstrm).
//!
//! Both are small enough to be written by hand: six kinds of protobuf fields, and five control frames.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::respond::Transport;

/// Which messages are told, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Who tells: `Dnstap.identity`.
    pub identity: String,
    /// With what: `Dnstap.version`.
    pub version: String,
    /// Whether questions are told (AUTH_QUERY).
    pub queries: bool,
    /// Whether replies are told (AUTH_RESPONSE).
    pub responses: bool,
}

/// A packet and the reply to it.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// Who asked.
    pub client: SocketAddr,
    /// Who was asked; an unspecified address is not told.
    pub server: SocketAddr,
    /// How the packet came.
    pub transport: Transport,
    /// The packet; empty: it has been told, with an earlier reply of several.
    pub query: &'a [u8],
    /// The reply; empty: none was due.
    pub reply: &'a [u8],
    /// When the packet came, since 1970.
    pub asked: Duration,
    /// When it had been answered, since 1970.
    pub answered: Duration,
}

/// `Message.Type` of dnstap.proto.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    AuthQuery = 1,
    AuthResponse = 2,
}

/// Fields of `Dnstap` in dnstap.proto.
mod outer {
    pub const IDENTITY: u32 = 1;
    pub const VERSION: u32 = 2;
    pub const MESSAGE: u32 = 14;
    pub const TYPE: u32 = 15;
    /// The value of `TYPE` that says that there is a message.
    pub const IS_MESSAGE: u64 = 1;
}

/// Fields of `Message` in dnstap.proto.
mod field {
    pub const TYPE: u32 = 1;
    pub const SOCKET_FAMILY: u32 = 2;
    pub const SOCKET_PROTOCOL: u32 = 3;
    pub const QUERY_ADDRESS: u32 = 4;
    pub const RESPONSE_ADDRESS: u32 = 5;
    pub const QUERY_PORT: u32 = 6;
    pub const RESPONSE_PORT: u32 = 7;
    pub const QUERY_TIME_SEC: u32 = 8;
    pub const QUERY_TIME_NSEC: u32 = 9;
    pub const QUERY_MESSAGE: u32 = 10;
    pub const RESPONSE_TIME_SEC: u32 = 12;
    pub const RESPONSE_TIME_NSEC: u32 = 13;
    pub const RESPONSE_MESSAGE: u32 = 14;
}

/// Wire types of protocol buffers.
mod wire {
    pub const VARINT: u32 = 0;
    pub const LENGTH: u32 = 2;
    pub const FIXED_32: u32 = 5;
}

/// Octets of the length of a frame, or of what tells a control frame.
const WORD: usize = 4;

/// Adds the frames of an exchange, each with its length before it, and returns how many there are.
pub fn put_frames(out: &mut Vec<u8>, about: &About, exchange: &Exchange<'_>) -> u64 {
    let mut count = 0;
    if about.queries && !exchange.query.is_empty() {
        put_frame(out, about, exchange, Kind::AuthQuery);
        count += 1;
    }
    if about.responses && !exchange.reply.is_empty() {
        put_frame(out, about, exchange, Kind::AuthResponse);
        count += 1;
    }
    count
}

fn put_frame(out: &mut Vec<u8>, about: &About, exchange: &Exchange<'_>, kind: Kind) {
    let start = out.len();
    out.extend_from_slice(&[0; WORD]);
    put_octets(out, outer::IDENTITY, about.identity.as_bytes());
    put_octets(out, outer::VERSION, about.version.as_bytes());
    put_number(out, outer::TYPE, outer::IS_MESSAGE);
    put_within(out, outer::MESSAGE, |out| put_message(out, exchange, kind));
    let octets = (out.len() - start - WORD) as u32; // Two messages have less than 2 * 65,535 octets.
    out[start..start + WORD].copy_from_slice(&octets.to_be_bytes());
}

fn put_message(out: &mut Vec<u8>, exchange: &Exchange<'_>, kind: Kind) {
    put_number(out, field::TYPE, kind as u64);
    put_number(out, field::SOCKET_FAMILY, if exchange.client.is_ipv4() { 1 } else { 2 });
    put_number(out, field::SOCKET_PROTOCOL, if exchange.transport == Transport::Udp { 1 } else { 2 });
    put_address(out, field::QUERY_ADDRESS, exchange.client.ip());
    if !exchange.server.ip().is_unspecified() {
        put_address(out, field::RESPONSE_ADDRESS, exchange.server.ip());
    }
    put_number(out, field::QUERY_PORT, exchange.client.port().into());
    put_number(out, field::RESPONSE_PORT, exchange.server.port().into());
    put_number(out, field::QUERY_TIME_SEC, exchange.asked.as_secs());
    put_fixed(out, field::QUERY_TIME_NSEC, exchange.asked.subsec_nanos());
    match kind {
        Kind::AuthQuery => put_octets(out, field::QUERY_MESSAGE, exchange.query),
        Kind::AuthResponse => {
            put_number(out, field::RESPONSE_TIME_SEC, exchange.answered.as_secs());
            put_fixed(out, field::RESPONSE_TIME_NSEC, exchange.answered.subsec_nanos());
            put_octets(out, field::RESPONSE_MESSAGE, exchange.reply);
        }
    }
}

fn put_address(out: &mut Vec<u8>, field: u32, address: IpAddr) {
    match address {
        IpAddr::V4(v4) => put_octets(out, field, &v4.octets()),
        IpAddr::V6(v6) => put_octets(out, field, &v6.octets()),
    }
}

/// Seven bits an octet, the lowest first; the highest bit says that more follow.
fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_key(out: &mut Vec<u8>, field: u32, wire_type: u32) {
    put_varint(out, u64::from(field << 3 | wire_type));
}

fn put_number(out: &mut Vec<u8>, field: u32, number: u64) {
    put_key(out, field, wire::VARINT);
    put_varint(out, number);
}

fn put_fixed(out: &mut Vec<u8>, field: u32, number: u32) {
    put_key(out, field, wire::FIXED_32);
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_octets(out: &mut Vec<u8>, field: u32, octets: &[u8]) {
    put_key(out, field, wire::LENGTH);
    put_varint(out, octets.len() as u64);
    out.extend_from_slice(octets);
}

/// Octets that a message's length takes: a number may have more octets than it needs, and this is enough for 2²¹ - 1.
const ROOM: usize = 3;

/// A message within a message, whose length is known only when it has been written.
fn put_within(out: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    put_key(out, field, wire::LENGTH);
    let start = out.len();
    out.extend_from_slice(&[0; ROOM]);
    write(out);
    let octets = out.len() - start - ROOM;
    out[start..start + ROOM].copy_from_slice(&[octets as u8 | 0x80, (octets >> 7) as u8 | 0x80, (octets >> 14) as u8]);
}

/// What the frames hold, as Frame Streams says it.
pub const CONTENT_TYPE: &[u8] = b"protobuf:dnstap.Dnstap";

/// A control frame of Frame Streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// The reader takes our content type.
    Accept = 1,
    /// Frames follow.
    Start = 2,
    /// No more frames follow.
    Stop = 3,
    /// We would like to write.
    Ready = 4,
    /// The reader has read everything.
    Finish = 5,
}

/// Most octets of a control frame (fstrm's `FSTRM_CONTROL_FRAME_LENGTH_MAX`).
pub const MOST_CONTROL: usize = 512;

/// The only kind of field of a control frame.
const CONTENT_TYPE_FIELD: u32 = 1;

impl Control {
    /// The frame with the escape and the length before it. START and READY say what is written.
    pub fn octets(self) -> Vec<u8> {
        let mut frame = (self as u32).to_be_bytes().to_vec();
        if matches!(self, Self::Start | Self::Ready | Self::Accept) {
            frame.extend_from_slice(&CONTENT_TYPE_FIELD.to_be_bytes());
            frame.extend_from_slice(&(CONTENT_TYPE.len() as u32).to_be_bytes());
            frame.extend_from_slice(CONTENT_TYPE);
        }
        [&[0; WORD], &(frame.len() as u32).to_be_bytes()[..], &frame].concat()
    }

    /// Reads a control frame, without escape and length. None: it is none, or not for our content type.
    ///
    /// Without a content type it is for any.
    pub fn read(frame: &[u8]) -> Option<Self> {
        let (kind, mut fields) = word(frame)?;
        let kind = [Self::Accept, Self::Start, Self::Stop, Self::Ready, Self::Finish]
            .into_iter()
            .find(|control| *control as u32 == kind)?;
        let (mut is_ours, mut is_any) = (false, true);
        while !fields.is_empty() {
            let (field, rest) = word(fields)?;
            let (length, rest) = word(rest)?;
            let (value, rest) = rest.split_at_checked(length as usize)?;
            if field != CONTENT_TYPE_FIELD {
                return None;
            }
            (is_ours, is_any, fields) = (is_ours || value == CONTENT_TYPE, false, rest);
        }
        (is_ours || is_any).then_some(kind)
    }
}

/// A number of 32 bits, and what follows it.
fn word(octets: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = octets.split_first_chunk::<WORD>()?;
    Some((u32::from_be_bytes(*number), rest))
}

/// How many whole frames stand in these octets.
pub fn frames(mut octets: &[u8]) -> u64 {
    let mut count = 0;
    while let Some((_, rest)) = word(octets).and_then(|(length, rest)| rest.split_at_checked(length as usize)) {
        (octets, count) = (rest, count + 1);
    }
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ABOUT: About = About { identity: String::new(), version: String::new(), queries: true, responses: true };

    fn exchange<'a>(query: &'a [u8], reply: &'a [u8]) -> Exchange<'a> {
        Exchange {
            client: ([192, 0, 2, 1], 300).into(),
            server: ([0, 0, 0, 0], 53).into(),
            transport: Transport::Udp,
            query,
            reply,
            asked: Duration::new(300, 5),
            answered: Duration::new(300, 6),
        }
    }

    /// A frame octet by octet, as the encoding of protocol buffers and dnstap.proto have it.
    #[test]
    fn a_question_is_told() {
        let mut out = Vec::new();
        let about = About { identity: "me".into(), responses: false, ..ABOUT };

        assert_eq!(1, put_frames(&mut out, &about, &exchange(b"QQ", b"R")));

        let message = [
            &[0x08, 1, 0x10, 1, 0x18, 1][..],                           // AUTH_QUERY, INET, UDP
            &[0x22, 4, 192, 0, 2, 1, 0x30, 0xac, 0x02, 0x38, 53],       // query address, ports 300 and 53
            &[0x40, 0xac, 0x02, 0x4d, 5, 0, 0, 0, 0x52, 2, b'Q', b'Q'], // time, query message
        ]
        .concat();
        let frame = [&[0x0a, 2, b'm', b'e', 0x12, 0, 0x78, 1, 0x72, 0x80 | 29, 0x80, 0][..], &message].concat();
        assert_eq!(29, message.len());
        assert_eq!([&(frame.len() as u32).to_be_bytes()[..], &frame].concat(), out);
    }

    /// Who is told what: a question always, a reply if there is one, and neither if it is not asked for.
    #[test]
    fn messages_are_told_as_asked() {
        for (queries, responses, reply, expected) in [
            (true, true, &b"R"[..], 2),
            (true, true, b"", 1),
            (false, true, b"R", 1),
            (false, true, b"", 0),
            (true, false, b"R", 1),
        ] {
            let mut out = Vec::new();
            let count = put_frames(&mut out, &About { queries, responses, ..ABOUT }, &exchange(b"Q", reply));
            assert_eq!((expected, expected), (count, frames(&out)), "{queries} {responses} {reply:?}");
        }
    }

    /// What a reader may say, and what is taken for no word of its.
    #[test]
    fn control_frames_are_read() {
        let accept = |fields: &[u8]| [&[0, 0, 0, 1][..], fields].concat();
        let ours = [&[0, 0, 0, 1, 0, 0, 0, 22][..], CONTENT_TYPE].concat();
        let other = [0, 0, 0, 1, 0, 0, 0, 1, b'x'];
        let cases = [
            (accept(&ours), Some(Control::Accept)),
            (accept(&[&other[..], &ours].concat()), Some(Control::Accept)),
            (accept(&[]), Some(Control::Accept)),
            (vec![0, 0, 0, 5], Some(Control::Finish)),
            (accept(&other), None),
            (accept(&ours[..20]), None),
            (accept(&[0, 0, 0, 2, 0, 0, 0, 0]), None),
            (vec![0, 0, 0, 6], None),
            (vec![0, 0, 0], None),
            (vec![], None),
        ];
        for (frame, expected) in cases {
            assert_eq!(expected, Control::read(&frame), "{frame:?}");
        }
    }

    proptest! {
        /// Every control frame is read as what was written; no octets make the reader fail.
        #[test]
        fn control_frames_are_safe(octets in prop::collection::vec(any::<u8>(), 0..64), at in 0_usize..64, octet: u8) {
            Control::read(&octets);
            for control in [Control::Accept, Control::Start, Control::Stop, Control::Ready, Control::Finish] {
                let mut frame = control.octets()[8..].to_vec();
                prop_assert_eq!(Some(control), Control::read(&frame));
                let at = at % frame.len();
                frame[at] = octet;
                Control::read(&frame);
            }
            frames(&octets);
        }

        /// A frame is as long as it says, whatever it holds.
        #[test]
        fn frames_can_be_told_apart(
            query in prop::collection::vec(any::<u8>(), 12..300),
            reply in prop::collection::vec(any::<u8>(), 1..300),
            (more, yet_more) in (0..66_000_usize, 0..66_000_usize),
        ) {
            let (query, reply) = ([query, vec![7; more]].concat(), [reply, vec![7; yet_more]].concat());
            let mut out = Vec::new();
            prop_assert_eq!(2, put_frames(&mut out, &ABOUT, &exchange(&query, &reply)));
            prop_assert_eq!(2, frames(&out));
            prop_assert!(out.ends_with(&reply));
        }
    }
}
