//! DNS over UDP through real sockets.

mod io_support;

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

use io_support::{PATIENCE, counter, engine, eventually, is_reply, loopback, loopback_v6, query, udp};
use meridian_engine::io::{Listeners, TcpLimits};

fn client(address: &str) -> UdpSocket {
    let socket = UdpSocket::bind(address).expect("a free port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket
}

/// Asks `server` from `socket` and checks that the reply comes from that very address.
fn ask(socket: &UdpSocket, server: SocketAddr, id: u16) {
    socket.send_to(&query(id), server).expect("sent");
    let mut reply = [0; 4096];

    let (octets, from) = socket.recv_from(&mut reply).expect("a reply");

    assert_eq!(from, server);
    assert!(is_reply(&reply[..octets], id));
}

/// A query is answered from the address and port that it was sent to, whatever the socket is bound to (RFC 2181 §4).
#[test]
fn answers_from_the_address_asked() {
    let cases = [
        ("127.0.0.1:0", "127.0.0.1:0", "127.0.0.1"),
        ("[::1]:0", "[::1]:0", "::1"),
        ("0.0.0.0:0", "127.0.0.1:0", "127.0.0.1"),
        ("0.0.0.0:0", "127.0.0.1:0", "127.0.0.2"),
        ("0.0.0.0:0", "127.0.0.1:0", "127.9.9.9"),
        ("[::]:0", "[::1]:0", "::1"),
    ];
    for (bound, from, asked) in cases {
        let listeners = udp(&engine(), bound.parse().expect("an address"), 2);
        let port = listeners.addresses().udp[0].port();
        let server = SocketAddr::new(asked.parse().expect("an address"), port);
        for id in 0..20 {
            ask(&client(from), server, id);
        }
    }
}

/// IPv4 and IPv6 take the same port beside each other.
#[test]
fn both_families_share_a_port() {
    let engine = engine();
    let v4 = udp(&engine, "0.0.0.0:0".parse().expect("an address"), 1);
    let v6 = SocketAddr::new("::".parse().expect("an address"), v4.addresses().udp[0].port());
    let _v6 = udp(&engine, v6, 1);

    ask(&client("127.0.0.1:0"), SocketAddr::new([127, 0, 0, 1].into(), v6.port()), 1);
    ask(&client("[::1]:0"), SocketAddr::new("::1".parse().expect("an address"), v6.port()), 2);
}

/// A burst larger than a batch is answered to the last packet, by several threads.
#[test]
fn answers_bursts() {
    let engine = engine();
    let listeners = udp(&engine, loopback(), 3);
    let socket = client("127.0.0.1:0");
    socket.connect(listeners.addresses().udp[0]).expect("connected");
    for id in 0..200 {
        socket.send(&query(id)).expect("sent");
    }
    let mut seen = [false; 200];
    let mut reply = [0; 4096];
    for _ in 0..200 {
        let octets = socket.recv(&mut reply).expect("a reply");
        let id = u16::from_be_bytes([reply[0], reply[1]]);
        assert!(is_reply(&reply[..octets], id));
        seen[usize::from(id)] = true;
    }

    assert!(seen.iter().all(|seen| *seen));
    assert_eq!(counter(&engine, "send_errors"), 0);
}

/// Runts, responses and empty datagrams get no reply, and the next query does; each is counted.
#[test]
fn silence_where_none_is_due() {
    let engine = engine();
    let listeners = udp(&engine, loopback_v6(), 1);
    let server = listeners.addresses().udp[0];
    let mut response = query(7);
    response[2] |= 0x80;
    for packet in [&query(7)[..11], &response, &[]] {
        let socket = client("[::1]:0");
        socket.send_to(packet, server).expect("sent");
        ask(&socket, server, 9); // The first thing to come back is the reply to this.
    }
    assert_eq!(counter(&engine, "dropped"), 3);
    assert_eq!(counter(&engine, "dropped_responses"), 1);
    assert_eq!(counter(&engine, "dropped_ports"), 0);
}

/// A question from a port where a service answers whatever it gets is forged, and gets no reply.
#[test]
fn services_get_no_reply() {
    let engine = engine();
    let listeners = udp(&engine, "127.0.0.1:0".parse().expect("an address"), 1);
    let server = listeners.addresses().udp[0];
    for (dropped, port) in (1..).zip([7, 13, 19, 37, 464]) {
        // Ports below 1024 are for root alone.
        let Ok(service) = UdpSocket::bind(("127.0.0.9", port)) else { return };
        service.send_to(&query(1), server).expect("sent");
        ask(&client("127.0.0.1:0"), server, 2);
        service.set_nonblocking(true).expect("no waiting");

        assert_eq!(service.recv(&mut [0; 512]).expect_err("no reply").kind(), ErrorKind::WouldBlock, "{port}");
        assert_eq!(counter(&engine, "dropped_ports"), dropped);
    }
    let neighbour = UdpSocket::bind(("127.0.0.9", 465)).expect("a free port");
    ask(&neighbour, server, 3);
}

/// A datagram larger than any query is cut, not fatal.
#[test]
fn survives_the_largest_datagram() {
    let listeners = udp(&engine(), loopback(), 1);
    let server = listeners.addresses().udp[0];
    let socket = client("127.0.0.1:0");
    socket.send_to(&[0xFF; 65_507], server).expect("sent");
    ask(&socket, server, 3);
}

/// A second server on the same address is told so, and its sockets are closed again.
#[test]
fn an_address_in_use_is_an_error() {
    let engine = engine();
    let first = udp(&engine, loopback(), 2);
    let taken = first.addresses().udp[0];

    let second = Listeners::open(&engine, &[loopback(), taken], &[], 2, TcpLimits::default());

    let error = second.err().expect("refused");
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&format!("udp://{taken}")), "{error}");
    ask(&client("127.0.0.1:0"), taken, 4);
}

/// Threads without work let go of an old snapshot soon, so that the next writer can free it.
#[test]
fn idle_threads_hold_no_old_snapshot() {
    let engine = engine();
    let any = [loopback()];
    let _listeners = Listeners::open(&engine, &any, &any, 2, TcpLimits::default()).expect("free ports");
    let old = Arc::downgrade(&engine.snapshots().load_full());
    engine.set_health(&[(1, false)]);

    eventually("only the list of retired ones holds it", || old.strong_count() <= 1);

    engine.set_health(&[(1, true)]);
    assert_eq!(old.strong_count(), 0);
}

/// Queries are counted by the threads that answered them.
#[test]
fn queries_are_counted() {
    let engine = engine();
    let listeners = udp(&engine, loopback(), 2);
    for id in 0..10 {
        ask(&client("127.0.0.1:0"), listeners.addresses().udp[0], id);
    }
    eventually("ten queries counted", || counter(&engine, "queries_udp") == 10);
}
