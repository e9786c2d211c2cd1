//! A question that is answered to be explained, and what is to be taken otherwise than it is.
//!
//! Whatever is overridden, the answer comes through the one door of `respond`: only the snapshot it
//! is made from is another one, built for this question and never shared.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use crate::counters::Counters;
use crate::image::ImageError;
use crate::name::{self, Name};
use crate::place::Prefix;
use crate::respond::{Arrival, Transport, Workspace, respond_traced};
use crate::snapshot::Snapshot;
use crate::trace::{Step, Steps};

/// What is to be taken otherwise than it is; by default nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Overrides<'a> {
    /// A client subnet in the query.
    pub subnet: Option<Prefix>,
    /// Where chance is taken from; None for fresh bits.
    pub draw: Option<u64>,
    /// States of health checks, by slot.
    pub health: &'a [(u32, bool)],
    /// An image in place of its zone's published one.
    pub image: Option<Image<'a>>,
    /// The id of the one zone that is served, to everybody; None for all that are, to whom they are.
    pub only: Option<&'a str>,
}

/// A zone's head and shards. Shards that the engine holds in this version may be left out.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a> {
    /// The head.
    pub head: &'a [u8],
    /// Shards, in any order.
    pub shards: &'a [&'a [u8]],
}

impl Overrides<'_> {
    /// Nothing but the draw.
    pub fn drawn(draw: u64) -> Self {
        Self { draw: Some(draw), ..Self::default() }
    }
}

/// A question that cannot be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExplainError {
    /// The question is none.
    Question(String),
    /// The image cannot be served.
    Image(ImageError),
}

impl fmt::Display for ExplainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Question(text) => f.write_str(text),
            Self::Image(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ExplainError {}

impl From<ImageError> for ExplainError {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}

#[derive(Serialize)]
struct Explanation {
    name: String,
    r#type: u16,
    client: IpAddr,
    /// The client subnet of the query, as `address/length`.
    subnet: Option<String>,
    draw: u64,
    steps: Vec<Step>,
    /// The reply itself, in hexadecimal: what is explained is what is answered.
    reply: String,
}

/// Answers a question from a snapshot and says why, as JSON. `name` is in wire form.
pub(crate) fn explain(
    snapshot: &Snapshot,
    name: &[u8],
    rtype: u16,
    client: IpAddr,
    subnet: Option<Prefix>,
    draw: u64,
) -> Result<String, ExplainError> {
    if Name::from_wire(name).is_err() {
        return Err(ExplainError::Question(format!("{name:02x?}: not a wire name")));
    }
    let packet = question(name, rtype, subnet);
    let mut out = vec![0; usize::from(u16::MAX)];
    let mut steps = Steps::default();
    let counters = Counters::default();
    let arrival = Arrival::new(client, Transport::Tcp, draw);
    let length =
        respond_traced(snapshot, &packet, &arrival, &counters, &mut Workspace::passing(), &mut out, &mut steps);
    let explanation = Explanation {
        name: name::text(name),
        r#type: rtype,
        client,
        subnet: subnet.map(|subnet| format!("{}/{}", subnet.address(), subnet.length())),
        draw,
        steps: steps.0,
        reply: out[..length].iter().map(|octet| format!("{octet:02x}")).collect(),
    };
    serde_json::to_string(&explanation).map_err(|error| ExplainError::Question(error.to_string()))
}

/// A query for a name and type, with EDNS and perhaps a client subnet.
fn question(name: &[u8], rtype: u16, subnet: Option<Prefix>) -> Vec<u8> {
    let option = subnet.map_or_else(Vec::new, subnet_option);
    let header = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    let opt = [0, 0, 41, 0xff, 0xff, 0, 0, 0, 0, 0, option.len() as u8];
    [&header[..], name, &rtype.to_be_bytes(), &[0, 1], &opt, &option].concat()
}

/// RFC 7871 §6: option code 8, length, family, source prefix length, scope 0, the octets it needs.
fn subnet_option(subnet: Prefix) -> Vec<u8> {
    let (family, mut address) = match subnet.address() {
        IpAddr::V4(address) => (1, address.octets().to_vec()),
        IpAddr::V6(address) => (2, address.octets().to_vec()),
    };
    address.truncate(usize::from(subnet.length()).div_ceil(8));
    [&[0, 8, 0, 4 + address.len() as u8, 0, family, subnet.length(), 0], &address[..]].concat()
}
