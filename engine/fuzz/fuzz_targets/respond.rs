//! Any packet, to zones with every feature: no panic, and every reply is a proper one.
//!
//! The input is three octets of circumstances, then the packet: which table's zones are served; the draw;
//! transport (1), the client's family (2) and the time (4). Clients and times are those of the cookies in the tables.

#![no_main]

use std::array::from_fn;
use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use meridian_engine::Engine;
use meridian_engine::ahead::{Foreseen, TOGETHER, look_ahead};
use meridian_engine::counters::Counters;
use meridian_engine::limit::slip;
use meridian_engine::name::Name;
use meridian_engine::respond::{Arrival, Transport, Work, Workspace, respond, respond_foreseen};
use meridian_engine::trace::NoTrace;
use meridian_engine_fuzz::{reply, tables};

static ENGINES: LazyLock<Vec<Arc<Engine>>> = LazyLock::new(tables::engines);

thread_local! {
    /// What a thread of each engine keeps from packet to packet; it must change no answer.
    static KEPT: RefCell<Vec<Workspace>> = RefCell::new(ENGINES.iter().map(|_| Workspace::lasting()).collect());
}

/// Whose cookies stand in the tables (RFC 9018 §A).
const V4: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 100));
const V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0x220, 1, 0x59de, 0xd0f4, 0x8769, 0x82b8));

fuzz_target!(|input: &[u8]| {
    let [table, draw, choices, packet @ ..] = input else { return };
    let transport = if choices & 1 == 0 { Transport::Udp } else { Transport::Tcp };
    let client = if choices & 2 == 0 { V4 } else { V6 };
    let now = if choices & 4 == 0 { 1_559_731_985 } else { 1_559_741_961 };
    let table = usize::from(*table) % ENGINES.len();
    let snapshot = ENGINES[table].snapshots().load();
    let mut out = vec![0xEE; if transport == Transport::Udp { 4096 } else { 65_535 }];

    let arrival = Arrival { now, ..Arrival::new(client, transport, u64::from(*draw)) };
    let octets = respond(&snapshot, packet, &arrival, &Counters::default(), &mut Workspace::passing(), &mut out);

    let mut again = vec![0xEE; out.len()];
    KEPT.with_borrow_mut(|kept| {
        let work = &mut kept[table];
        let length = respond(&snapshot, packet, &arrival, &Counters::default(), work, &mut again);
        assert_eq!(out[..octets], again[..length], "another answer for a thread that has answered before");
    });

    // Beside others that come with it: its own octets, and what is left of them without the last.
    let packets = [packet, &packet[..packet.len().saturating_sub(1)], packet];
    let senders = packets.map(|packet| (packet, client));
    KEPT.with_borrow_mut(|kept| {
        let (mut names, mut foreseen) = (from_fn(|_| Name::root()), [Foreseen::NOTHING; TOGETHER]);
        look_ahead(&snapshot, senders.into_iter(), &mut names, &kept[table].shortcuts, &mut foreseen, |_| ());
        for at in [0, 2] {
            let work = Work { name: &mut names[at], shortcuts: &mut kept[table].shortcuts };
            let (foreseen, counters) = (&foreseen[at], Counters::default());
            let length =
                respond_foreseen(&snapshot, packet, foreseen, &arrival, &counters, work, &mut again, &mut NoTrace);
            assert_eq!(out[..octets], again[..length], "another answer for a packet that was looked at before");
        }
    });

    if octets > 0 {
        reply::check(packet, &out[..octets], transport, snapshot.settings.udp_payload);
    }
    if octets > 0 && transport == Transport::Udp {
        // What the rate limit may leave of it is a proper reply as well.
        let left = slip(&mut out[..octets]);
        reply::check(packet, &out[..left], transport, snapshot.settings.udp_payload);
    }
});
