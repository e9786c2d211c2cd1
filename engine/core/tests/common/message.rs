//! A strict reader of replies, independent of the engine, and a writer of queries.

use std::net::IpAddr;

use super::text::Record;

/// A reply, whole: every count was borne out and no octet was left over.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: u16,
    pub opcode: u8,
    /// Of `aa tc rd ra z ad cd`, those that are set.
    pub flags: Vec<&'static str>,
    /// With the upper bits from OPT.
    pub rcode: u16,
    /// The question's octets as they stand.
    pub question: Option<Vec<u8>>,
    /// Answer, authority, additional without OPT; owners in the case they have on the wire.
    pub sections: [Vec<Record>; 3],
    pub edns: Option<Edns>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edns {
    pub payload: u16,
    pub version: u8,
    pub dnssec_ok: bool,
    pub options: Vec<(u16, Vec<u8>)>,
}

/// Reads a reply or says what is wrong with it.
pub fn read(octets: &[u8]) -> Result<Message, String> {
    let mut reader = Reader { octets, at: 12, class: 1 };
    let header: Vec<u16> = (0..6).map(|at| short(octets, 2 * at)).collect::<Result<_, _>>()?;
    let bits = header[1];
    let question = reader.question(header[2])?;
    let mut sections = [vec![], vec![], vec![]];
    for (section, &count) in sections.iter_mut().zip(&header[3..]) {
        *section = (0..count).map(|_| reader.record()).collect::<Result<_, _>>()?;
    }
    if reader.at != octets.len() {
        return Err(format!("{} octets after the last record", octets.len() - reader.at));
    }
    let (edns, extended) = take_edns(&mut sections)?;
    Ok(Message {
        id: header[0],
        opcode: (bits >> 11 & 0xf) as u8,
        flags: flags(bits)?,
        rcode: extended << 4 | bits & 0xf,
        question,
        sections: sections.map(|section| section.into_iter().map(|raw| raw.record).collect()),
        edns,
    })
}

fn flags(bits: u16) -> Result<Vec<&'static str>, String> {
    if bits & 0x8000 == 0 {
        return Err("not a response".into());
    }
    let named = [(10, "aa"), (9, "tc"), (8, "rd"), (7, "ra"), (6, "z"), (5, "ad"), (4, "cd")];
    Ok(named.iter().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, name)| *name).collect())
}

struct Raw {
    class: u16,
    record: Record,
}

struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
    class: u16, // of the question, and so of all records
}

impl Reader<'_> {
    fn question(&mut self, count: u16) -> Result<Option<Vec<u8>>, String> {
        match count {
            0 => Ok(None),
            1 => {
                let start = self.at;
                self.name()?;
                self.class = short(self.take(4)?, 2)?;
                Ok(Some(self.octets[start..self.at].to_vec()))
            }
            _ => Err(format!("{count} questions")),
        }
    }

    fn record(&mut self) -> Result<Raw, String> {
        let owner = self.name()?;
        let fixed = self.take(10)?;
        let ttl = u32::from_be_bytes(fixed[4..8].try_into().unwrap());
        let (rtype, class, length) = (short(fixed, 0)?, short(fixed, 2)?, short(fixed, 8)?);
        let rdata = self.take(usize::from(length))?.to_vec();
        // OPT has its size there, and TSIG stands in no class.
        if !matches!(rtype, 41 | 250) && class != self.class {
            return Err(format!("a record of class {class}"));
        }
        Ok(Raw { class, record: Record { owner, rtype, ttl, rdata } })
    }

    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        let taken = self.octets.get(self.at..self.at + count).ok_or("ends inside a record")?;
        self.at += count;
        Ok(taken)
    }

    /// A name, its pointers followed; each must lead backwards.
    fn name(&mut self) -> Result<Vec<u8>, String> {
        let (name, end) = name_at(self.octets, self.at)?;
        self.at = end;
        Ok(name)
    }
}

fn name_at(octets: &[u8], start: usize) -> Result<(Vec<u8>, usize), String> {
    let (mut name, mut at, mut end, mut lowest) = (Vec::new(), start, None, start);
    loop {
        let length = *octets.get(at).ok_or("ends inside a name")?;
        match length {
            0 => {
                name.push(0);
                return if name.len() > 255 {
                    Err("a name too long".into())
                } else {
                    Ok((name, end.unwrap_or(at + 1)))
                };
            }
            1..=63 => {
                let label = octets.get(at..=at + usize::from(length)).ok_or("ends inside a label")?;
                name.extend_from_slice(label);
                at += label.len();
            }
            0xc0.. => {
                let target = usize::from(short(octets, at)? & 0x3fff);
                if target >= lowest || target < 12 {
                    return Err(format!("a pointer from {at} to {target}"));
                }
                end = end.or(Some(at + 2));
                (at, lowest) = (target, target);
            }
            _ => return Err(format!("a label type {length:#x}")),
        }
    }
}

/// Takes the one OPT out of the additional section, with its upper RCODE bits.
fn take_edns(sections: &mut [Vec<Raw>; 3]) -> Result<(Option<Edns>, u16), String> {
    let is_opt = |raw: &Raw| raw.record.rtype == 41;
    if sections[..2].iter().flatten().any(is_opt) || sections[2].iter().filter(|raw| is_opt(raw)).count() > 1 {
        return Err("OPT twice or out of place".into());
    }
    let Some(at) = sections[2].iter().position(is_opt) else {
        return Ok((None, 0));
    };
    let Raw { class: payload, record } = sections[2].remove(at);
    let [extended, version, flags, _] = record.ttl.to_be_bytes();
    let edns = Edns { payload, version, dnssec_ok: flags & 0x80 != 0, options: options(&record.rdata)? };
    Ok((Some(edns), u16::from(extended)))
}

fn options(mut octets: &[u8]) -> Result<Vec<(u16, Vec<u8>)>, String> {
    let mut options = Vec::new();
    while !octets.is_empty() {
        let (code, length) = (short(octets, 0)?, usize::from(short(octets, 2)?));
        options.push((code, octets.get(4..4 + length).ok_or("ends inside an option")?.to_vec()));
        octets = &octets[4 + length..];
    }
    Ok(options)
}

fn short(octets: &[u8], at: usize) -> Result<u16, String> {
    let pair = octets.get(at..at + 2).ok_or("ends inside a number")?;
    Ok(u16::from_be_bytes([pair[0], pair[1]]))
}

/// A question to ask.
#[derive(Debug, Clone)]
pub struct Question {
    pub name: Vec<u8>,
    pub rtype: u16,
    pub class: u16,
    pub rd: bool,
    pub cd: bool,
    pub edns: Option<Edns>,
}

impl Question {
    /// A plain question of class IN, without EDNS.
    pub fn new(name: &[u8], rtype: u16) -> Self {
        Self { name: name.to_vec(), rtype, class: 1, rd: false, cd: false, edns: None }
    }

    /// The same with EDNS of this payload size.
    pub fn with_edns(self, payload: u16) -> Self {
        Self { edns: Some(Edns { payload, version: 0, dnssec_ok: false, options: vec![] }), ..self }
    }

    /// The query's octets.
    pub fn packet(&self, id: u16) -> Vec<u8> {
        let [high, low] = id.to_be_bytes();
        let additional = u8::from(self.edns.is_some());
        let header = [high, low, u8::from(self.rd), u8::from(self.cd) << 4, 0, 1, 0, 0, 0, 0, 0, additional];
        let opt = self.edns.as_ref().map_or_else(Vec::new, opt);
        [&header[..], &self.name, &self.rtype.to_be_bytes(), &self.class.to_be_bytes(), &opt].concat()
    }
}

/// The data of a client-subnet option (RFC 7871 §6).
pub fn subnet(address: IpAddr, length: u8, scope: u8) -> Vec<u8> {
    let (family, octets) = match address {
        IpAddr::V4(v4) => (1, v4.octets().to_vec()),
        IpAddr::V6(v6) => (2, v6.octets().to_vec()),
    };
    [&[0, family, length, scope], &octets[..usize::from(length).div_ceil(8)]].concat()
}

fn opt(edns: &Edns) -> Vec<u8> {
    let mut data = Vec::new();
    for (code, octets) in &edns.options {
        data.extend([code.to_be_bytes(), (octets.len() as u16).to_be_bytes()].concat());
        data.extend(octets);
    }
    let flags = u8::from(edns.dnssec_ok) << 7;
    let fixed = [0, 0, 41].into_iter().chain(edns.payload.to_be_bytes()).chain([0, edns.version, flags, 0]);
    fixed.chain((data.len() as u16).to_be_bytes()).chain(data).collect()
}
