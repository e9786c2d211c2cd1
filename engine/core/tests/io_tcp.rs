//! DNS over TCP through real sockets.

mod io_support;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use io_support::{PATIENCE, counter, engine, eventually, framed, is_reply, loopback, query, tcp};
use meridian_engine::io::{Listeners, TcpLimits};

fn connect(listeners: &Listeners) -> TcpStream {
    let stream = TcpStream::connect(listeners.addresses().tcp[0]).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.set_nodelay(true).expect("no delay");
    stream
}

fn read_reply(stream: &mut TcpStream) -> Vec<u8> {
    let mut prefix = [0; 2];
    stream.read_exact(&mut prefix).expect("a length");
    let mut reply = vec![0; usize::from(u16::from_be_bytes(prefix))];
    stream.read_exact(&mut reply).expect("a message");
    reply
}

fn ask(stream: &mut TcpStream, id: u16) {
    stream.write_all(&framed(&query(id))).expect("sent");
    assert!(is_reply(&read_reply(stream), id));
}

/// Whether the server has closed the connection, by FIN or by RST; waits for it.
fn is_closed(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0; 1]) {
        Ok(octets) => octets == 0,
        Err(error) => matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
    }
}

/// However the stream is cut into segments, each query gets its reply, in order (RFC 7766 §8).
#[test]
fn segments_do_not_matter() {
    let stream: Vec<u8> = (0..3).flat_map(|id| framed(&query(id))).collect();
    let one = framed(&query(0)).len();
    let cases: [(&str, Vec<usize>); 6] = [
        ("all in one segment", vec![]),
        ("a query a segment", vec![one, 2 * one]),
        ("the length split", vec![1, one + 1, 2 * one + 1]),
        ("length and query apart", vec![2, one, one + 2, 2 * one, 2 * one + 2]),
        ("cut within queries", vec![20, one + 10, 2 * one + 30]),
        ("an octet a segment", (1..stream.len()).collect()),
    ];
    let listeners = tcp(&engine(), TcpLimits::default());
    for (case, cuts) in cases {
        let mut client = connect(&listeners);
        let mut start = 0;
        for end in cuts.into_iter().chain([stream.len()]) {
            client.write_all(&stream[start..end]).expect("sent");
            start = end;
        }
        for id in 0..3 {
            assert!(is_reply(&read_reply(&mut client), id), "{case}");
        }
    }
}

/// A thousand queries sent without waiting are answered in order.
#[test]
fn a_thousand_pipelined() {
    let listeners = tcp(&engine(), TcpLimits::default());
    let mut client = connect(&listeners);
    let queries: Vec<u8> = (0..1000).flat_map(|id| framed(&query(id))).collect();
    client.write_all(&queries).expect("sent");
    for id in 0..1000 {
        assert!(is_reply(&read_reply(&mut client), id));
    }
}

/// A client that has sent its last still gets its replies, then the end.
#[test]
fn half_closed_clients_are_answered() {
    let listeners = tcp(&engine(), TcpLimits::default());
    let mut client = connect(&listeners);
    client.write_all(&[framed(&query(1)), framed(&query(2))].concat()).expect("sent");
    client.shutdown(Shutdown::Write).expect("half closed");

    assert!(is_reply(&read_reply(&mut client), 1));
    assert!(is_reply(&read_reply(&mut client), 2));
    assert!(is_closed(&mut client));
}

/// What is no DNS closes the connection at once; other connections do not notice.
#[test]
fn what_is_no_dns_is_closed() {
    let cases: [(&str, &[u8]); 4] = [
        ("a message of no octets", &[0, 0]),
        ("a message shorter than a header", &[0, 11]),
        ("a short message after a cut query", &[0, 3, 1, 2, 3]),
        ("a TLS hello that ends as a short message", &[0, 1, 22]),
    ];
    let listeners = tcp(&engine(), TcpLimits::default());
    let mut other = connect(&listeners);
    for (case, octets) in cases {
        let mut client = connect(&listeners);
        client.write_all(octets).expect("sent");
        let start = Instant::now();

        assert!(is_closed(&mut client), "{case}");
        assert!(start.elapsed() < Duration::from_secs(5), "{case}");
        ask(&mut other, 1);
    }
}

/// Queries before what is no DNS are answered still.
#[test]
fn what_was_dns_is_answered() {
    let listeners = tcp(&engine(), TcpLimits::default());
    let mut client = connect(&listeners);
    client.write_all(&[&framed(&query(1))[..], &framed(&query(2)), &[0, 0]].concat()).expect("sent");

    assert!(is_reply(&read_reply(&mut client), 1));
    assert!(is_reply(&read_reply(&mut client), 2));
    assert!(is_closed(&mut client));
}

/// A client that goes away in the middle of a query leaves nothing behind.
#[test]
fn a_client_may_vanish() {
    let listeners = tcp(&engine(), TcpLimits { connections_per_client: 1, ..TcpLimits::default() });
    for _ in 0..3 {
        let mut client = connect(&listeners);
        ask(&mut client, 1);
        client.write_all(&framed(&query(2))[..20]).expect("sent");
        drop(client);
        // The place is free again only when the server has seen the end.
        eventually("the place is free", || {
            let mut next = connect(&listeners);
            next.write_all(&framed(&query(3))).is_ok() && !is_closed_now(&mut next)
        });
    }
}

fn is_closed_now(stream: &mut TcpStream) -> bool {
    let mut prefix = [0; 2];
    stream.read_exact(&mut prefix).is_err()
}

fn short(idle_ms: u64) -> TcpLimits {
    let idle = Duration::from_millis(idle_ms);
    TcpLimits { idle, idle_when_busy: idle, ..TcpLimits::default() }
}

/// A connection is closed when it is idle, whether nothing came or only a part of a query; and not while it asks.
#[test]
fn idle_connections_are_closed() {
    let listeners = tcp(&engine(), short(400));
    let mut silent = connect(&listeners);
    let mut partial = connect(&listeners);
    partial.write_all(&framed(&query(1))[..20]).expect("sent");
    let mut busy = connect(&listeners);
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(1_000) {
        ask(&mut busy, 5);
    }

    assert!(is_closed(&mut silent));
    assert!(is_closed(&mut partial));
    ask(&mut busy, 6);
}

/// A trickle of octets does not keep a connection open: only queries do.
#[test]
fn a_trickle_is_idle() {
    let listeners = tcp(&engine(), short(300));
    let mut client = connect(&listeners);
    client.write_all(&[0xFF, 0xFF]).expect("sent");
    eventually("closed", || client.write_all(&[0]).is_err());
}

/// One client has no more connections than its limit; another address still has its own.
#[test]
fn connections_of_one_client_are_limited() {
    let engine = engine();
    let listeners = tcp(&engine, TcpLimits { connections_per_client: 2, ..TcpLimits::default() });
    let mut held = [connect(&listeners), connect(&listeners)];
    held.iter_mut().for_each(|client| ask(client, 1));

    assert!(is_closed(&mut connect(&listeners)));
    ask(&mut connect_from([127, 0, 0, 2], &listeners), 2);
    held.iter_mut().for_each(|client| ask(client, 3));
    assert_eq!(counter(&engine, "tcp_limited"), 1);
    assert_eq!(counter(&engine, "tcp_connections"), 3);
}

fn connect_from(client: [u8; 4], listeners: &Listeners) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((client, 0)).into()).expect("bound");
    socket.connect(&listeners.addresses().tcp[0].into()).expect("connected");
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

/// When all places are taken, the connection idle longest makes room for a new one.
#[test]
fn the_idlest_makes_room() {
    let engine = engine();
    let listeners = tcp(&engine, TcpLimits { connections: 3, ..TcpLimits::default() });
    let mut clients = [connect(&listeners), connect(&listeners), connect(&listeners)];
    for index in [1, 0, 2] {
        ask(&mut clients[index], 1);
    }

    let mut new = connect(&listeners);

    ask(&mut new, 2);
    assert!(is_closed(&mut clients[1]));
    ask(&mut clients[0], 3);
    ask(&mut clients[2], 3);
    assert_eq!(counter(&engine, "tcp_limited"), 1);
}

/// A client that reads none of its replies is stopped from sending, then closed; others are served meanwhile.
#[test]
fn slow_readers_are_closed() {
    let engine = engine();
    let listeners = tcp(&engine, TcpLimits { unread: 4096, ..short(1_500) });
    let mut slow = connect(&listeners);
    slow.set_write_timeout(Some(Duration::from_millis(100))).expect("a timeout");
    let queries: Vec<u8> = (0..1000).flat_map(|id| framed(&query(id))).collect();
    let start = Instant::now();
    // Until the windows of both directions are full.
    while slow.write_all(&queries).is_ok() {
        assert!(start.elapsed() < PATIENCE);
    }
    ask(&mut connect(&listeners), 1);

    eventually("closed", || counter(&engine, "tcp_limited") == 1);
    ask(&mut connect(&listeners), 2);
}

/// Questions keep no connection open whose replies are left unread.
#[test]
fn who_asks_on_and_reads_nothing_is_closed() {
    // More replies than the kernel takes, and far fewer than stop the server from reading.
    // Made before there is a connection, which would be idle meanwhile.
    let queries: Vec<u8> = (0..100_000).flat_map(|id| framed(&query(id as u16))).collect();
    let engine = engine();
    let listeners = tcp(&engine, TcpLimits { unread: 16 << 20, ..short(1_000) });
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small window");
    socket.connect(&listeners.addresses().tcp[0].into()).expect("connected");
    let mut client = TcpStream::from(socket);
    let _ = client.write_all(&queries); // On a busy machine it is closed before all is sent.

    eventually("closed", || {
        std::thread::sleep(Duration::from_millis(50));
        client.write_all(&framed(&query(1))).is_err()
    });
    assert_eq!(counter(&engine, "tcp_limited"), 1);
}

/// A client that takes its replies slowly, but takes them, is not closed.
#[test]
fn slow_readers_that_read_are_served() {
    const QUERIES: u16 = 12_000;
    let queries: Vec<u8> = (0..QUERIES).flat_map(|id| framed(&query(id))).collect();
    let listeners = tcp(&engine(), TcpLimits { unread: 16 << 20, ..short(2_000) });
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small window");
    socket.connect(&listeners.addresses().tcp[0].into()).expect("connected");
    let mut client = TcpStream::from(socket);
    client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    client.write_all(&queries).expect("sent");
    for id in 0..QUERIES {
        if id % 1000 == 0 {
            std::thread::sleep(Duration::from_millis(300)); // longer than the idle time for all of them
        }
        assert!(is_reply(&read_reply(&mut client), id));
    }
}

/// A client that reads late but reads gets every reply, more than fit into all buffers on the way.
#[test]
fn late_readers_get_everything() {
    const QUERIES: usize = 300_000;
    let listeners = tcp(&engine(), TcpLimits { unread: 4096, ..TcpLimits::default() });
    let mut client = connect(&listeners);
    let mut sender = client.try_clone().expect("a second handle");
    let thread = std::thread::spawn(move || {
        let queries: Vec<u8> = (0..1000).flat_map(|id| framed(&query(id))).collect();
        for _ in 0..QUERIES / 1000 {
            sender.write_all(&queries).expect("sent");
        }
    });
    // Without pause, but not before the first queries are through and the rest is waiting.
    let mut reader = std::io::BufReader::new(&mut client);
    for id in 0..QUERIES {
        let mut prefix = [0; 2];
        reader.read_exact(&mut prefix).expect("a length");
        let mut reply = vec![0; usize::from(u16::from_be_bytes(prefix))];
        reader.read_exact(&mut reply).expect("a message");
        assert!(is_reply(&reply, (id % 1000) as u16));
    }
    thread.join().expect("all sent");
}

/// The largest message a length can announce is taken whole and answered as one.
#[test]
fn the_largest_message_is_taken() {
    let listeners = tcp(&engine(), TcpLimits::default());
    let mut client = connect(&listeners);
    let mut packet = query(8);
    packet.resize(65_535, 0);
    client.write_all(&framed(&packet)).expect("sent");
    ask_after(&mut client, 8);
}

/// Reads the reply to `id`, of whatever RCODE.
fn ask_after(client: &mut TcpStream, id: u16) {
    let reply = read_reply(client);
    assert_eq!(reply[..2], id.to_be_bytes());
    assert!(reply[2] & 0x80 != 0);
}

/// A second server on the same address is told so.
#[test]
fn an_address_in_use_is_an_error() {
    let engine = engine();
    let first = tcp(&engine, TcpLimits::default());
    let taken = first.addresses().tcp[0];

    let second = Listeners::open(&engine, &[loopback()], &[taken], 1, TcpLimits::default());

    let error = second.err().expect("refused");
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&format!("tcp://{taken}")), "{error}");
}

/// Several listeners are served side by side.
#[test]
fn listeners_are_served_together() {
    let engine: Arc<_> = engine();
    let addresses = [loopback(), io_support::loopback_v6(), loopback()];
    let listeners = Listeners::open(&engine, &[], &addresses, 1, TcpLimits::default()).expect("free ports");
    for address in &listeners.addresses().tcp {
        let mut client = TcpStream::connect(address).expect("connected");
        client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        ask(&mut client, 1);
    }
}

/// The idle time that a reply tells with edns-tcp-keepalive (RFC 7828 §3.1), in units of 100 ms.
fn told_idle(stream: &mut TcpStream) -> u16 {
    let mut asking = query(7);
    asking[11] = 1; // additional records
    asking.extend_from_slice(b"\0\0\x29\x04\xd0\0\0\0\0\0\x04\0\x0b\0\0");
    stream.write_all(&framed(&asking)).expect("sent");
    let reply = read_reply(stream);
    // The Extended DNS Error of a refusal stands before it.
    let [.., 0, 11, 0, 2, high, low] = reply[..] else { panic!("no idle time at the end of {reply:02x?}") };
    u16::from_be_bytes([high, low])
}

/// Clients are told the idle time that is in force: the shorter one once more than half of the places are taken.
#[test]
fn idle_time_is_told() {
    let (idle, idle_when_busy) = (Duration::from_secs(30), Duration::from_millis(20_400));
    let listeners = tcp(&engine(), TcpLimits { connections: 4, idle, idle_when_busy, ..TcpLimits::default() });
    let mut first = connect(&listeners);
    ask(&mut first, 1);

    assert_eq!(told_idle(&mut first), 300);

    let mut others = [connect(&listeners), connect(&listeners)];
    others.iter_mut().for_each(|stream| ask(stream, 2));

    assert_eq!(told_idle(&mut first), 204);
}
