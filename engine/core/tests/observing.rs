//! What threads leave for those who watch: counts by type and zone, lines of query logs, dnstap frames.

mod common;
mod io_support;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;

use common::message::Question;
use common::{ask, example, image, publish, serving, text};
use io_support::{PATIENCE, counter, eventually, framed, loopback, query, tcp, udp};
use meridian_engine::Engine;
use meridian_engine::dnstap::{About, Control};
use meridian_engine::io::TcpLimits;
use meridian_engine::io::tap::{Tap, Target};
use meridian_engine::observe::RING;

const ABOUT: About = About { identity: String::new(), version: String::new(), queries: true, responses: true };

/// An engine with a zone whose queries are logged to `group`; empty: to none.
fn logging(group: &str) -> Arc<Engine> {
    let mut zone = example(1, "www.example.com. 60 A 192.0.2.1");
    zone.log = group.into();
    serving(&[zone], 1)
}

/// Asks for www.example.com. A as often as that, over UDP; waits for each reply.
fn ask_often(server: SocketAddr, times: usize) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket.connect(server).expect("connected");
    for _ in 0..times {
        socket.send(&query(7)).expect("sent");
        assert!(socket.recv(&mut [0; 512]).expect("a reply") > 12);
    }
}

/// Questions are counted by type and by zone, whatever their answer; a zone that comes later begins at nothing.
#[test]
fn questions_are_counted_by_type_and_zone() {
    let engine = serving(&[], 1);
    engine.count_zones();
    publish(&engine, &example(1, "www.example.com. 60 A 192.0.2.1"), 1);
    for (name, rtype) in
        [("www.example.com.", "A"), ("nx.example.com.", "AAAA"), ("example.com.", "AAAA"), ("other.test.", "A")]
    {
        ask(&engine, name, rtype, 0);
    }
    let example_com = text::name("example.com.");

    assert_eq!(vec![(Some(1), 2), (Some(28), 2)], engine.types().into_iter().collect::<Vec<_>>());
    assert_eq!(vec![("Z0".into(), example_com.clone(), 3)], engine.busiest(9));
    assert!(engine.busiest(0).is_empty());

    publish(&engine, &example(2, "www.example.com. 60 A 192.0.2.2"), 1);
    assert_eq!(3, engine.busiest(9)[0].2, "a new version is the same zone");

    engine.retire("Z0");
    assert!(engine.busiest(9).is_empty());
    publish(&engine, &example(3, "www.example.com. 60 A 192.0.2.2"), 1);
    ask(&engine, "www.example.com.", "A", 0);
    assert_eq!(vec![("Z0".into(), example_com, 1)], engine.busiest(9));
}

/// Of several zones the busiest come first, whichever thread was asked.
#[test]
fn the_busiest_zones_come_first() {
    let engine = serving(&[], 1);
    engine.count_zones();
    for (at, apex) in ["one.test.", "two.test.", "three.test."].iter().enumerate() {
        let apex_records = format!("{apex} 900 SOA a.test. b.test. 1 7200 900 1209600 86400\n{apex} 60 NS a.test.");
        let zone = image::Zone::new(&format!("Z{at}"), 1, &text::name(apex), &text::records(&apex_records));
        publish(&engine, &zone, 1);
    }
    for (apex, times) in [("two.test.", 3), ("one.test.", 1), ("three.test.", 2)] {
        (0..times).for_each(|_| drop(ask(&engine, apex, "SOA", 0)));
    }
    let listeners = udp(&engine, loopback(), 2);
    let packet = Question::new(&text::name("one.test."), 6).packet(1);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    for _ in 0..4 {
        socket.send_to(&packet, listeners.addresses().udp[0]).expect("sent");
        socket.recv(&mut [0; 512]).expect("a reply");
    }

    let busiest: Vec<_> = engine.busiest(2).into_iter().map(|(id, _, count)| (id, count)).collect();
    assert_eq!(vec![("Z0".to_owned(), 5), ("Z1".to_owned(), 3)], busiest);
}

/// A logged zone leaves a line for each question, over UDP and TCP, and the others leave none (R-LOG-2).
#[test]
fn logged_zones_leave_lines() {
    for group in ["/aws/route53/example.com", ""] {
        let engine = logging(group);
        engine.observing().set_edge("FRA6");
        let (udp, tcp) = (udp(&engine, loopback(), 1), tcp(&engine, TcpLimits::default()));
        ask_often(udp.addresses().udp[0], 2);
        let mut stream = std::net::TcpStream::connect(tcp.addresses().tcp[0]).expect("connected");
        stream.write_all(&framed(&query(1))).expect("sent");
        stream.read_exact(&mut [0; 20]).expect("a reply");
        eventually("three questions counted", || counter(&engine, "answers") == 3);
        let expected = if group.is_empty() { 0 } else { 3 };
        eventually("lines counted", || counter(&engine, "query_log_lines") == expected);

        let drained = engine.observing().drain_log();

        if group.is_empty() {
            assert!(drained.is_empty());
            continue;
        }
        let lines = String::from_utf8(drained[group].clone()).expect("text");
        let told: Vec<_> = lines.lines().map(|line| &line[28..]).collect();
        let line = |transport| format!(" Z0 www.example.com A NOERROR {transport} FRA6 127.0.0.1 -");
        assert_eq!(vec![line("UDP"), line("UDP"), line("TCP")], told);
        assert!(engine.observing().drain_log().is_empty());
    }
}

/// Lines that nobody fetches are lost and counted, and every question is answered all the same.
#[test]
fn lines_that_nobody_fetches_are_counted() {
    let engine = logging(&"g".repeat(512));
    let listeners = udp(&engine, loopback(), 1);
    let times = RING / 512 + 100;
    ask_often(listeners.addresses().udp[0], times);

    eventually("all counted", || {
        counter(&engine, "query_log_lines") + counter(&engine, "query_log_dropped") == times as u64
    });
    assert!(counter(&engine, "query_log_dropped") >= 100);
    let lines = engine.observing().drain_log().remove(&"g".repeat(512)).expect("lines");
    assert_eq!(counter(&engine, "query_log_lines"), lines.iter().filter(|octet| **octet == b'\n').count() as u64);
}

/// A path of this test's own.
fn path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("meridian-{}-{name}", std::process::id()))
}

/// Reads one control frame as a reader of Frame Streams does.
fn control(stream: &mut UnixStream) -> Control {
    let mut head = [0; 8];
    stream.read_exact(&mut head).expect("a control frame");
    assert_eq!([0; 4], head[..4], "the escape");
    let mut frame = vec![0; u32::from_be_bytes(head[4..].try_into().expect("four octets")) as usize];
    stream.read_exact(&mut frame).expect("the whole frame");
    Control::read(&frame).expect("a control frame of ours")
}

/// Accepts a writer, up to its START.
fn accept(listener: &UnixListener) -> UnixStream {
    let (mut stream, _) = listener.accept().expect("a writer");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    assert_eq!(Control::Ready, control(&mut stream));
    stream.write_all(&Control::Accept.octets()).expect("sent");
    assert_eq!(Control::Start, control(&mut stream));
    stream
}

/// The octets of one frame; None at a control frame, whose escape was read.
fn frame(stream: &mut UnixStream) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).expect("a frame");
    let mut frame = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut frame).expect("the whole frame");
    (!frame.is_empty()).then_some(frame)
}

/// A reader that reads nothing slows no answer down: what does not fit is lost and counted, and what it reads later is
/// whole frames.
#[test]
fn a_slow_reader_costs_frames_and_no_answers() {
    let path = path("slow");
    let listener = UnixListener::bind(&path).expect("a socket");
    let engine = logging("");
    let tap = Tap::open(&engine, Target::Unix(path.clone()), ABOUT).expect("opened");
    let listeners = udp(&engine, loopback(), 1);
    let mut reader = accept(&listener);

    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket.connect(listeners.addresses().udp[0]).expect("connected");
    let mut answered: u64 = 0;
    while counter(&engine, "dnstap_dropped") < 200 {
        socket.send(&query(7)).expect("sent");
        socket.recv(&mut [0; 512]).expect("a reply");
        answered += 1;
    }
    eventually("all counted", || {
        counter(&engine, "dnstap_frames") + counter(&engine, "dnstap_dropped") == 2 * answered
    });

    for _ in 0..counter(&engine, "dnstap_frames") {
        assert!(frame(&mut reader).expect("a frame").len() > 50);
    }
    let ended = std::thread::spawn(move || drop(tap));
    assert_eq!(None, frame(&mut reader), "the escape of STOP");
    reader.write_all(&Control::Finish.octets()).expect("sent");
    ended.join().expect("ended");
    std::fs::remove_file(path).expect("removed");
}

/// A reader that comes late, or goes and comes again, is told from then on; what was lost with it is counted.
#[test]
fn readers_come_and_go() {
    let path = path("late");
    let engine = logging("");
    let tap = Tap::open(&engine, Target::Unix(path.clone()), ABOUT).expect("opened");
    let listeners = udp(&engine, loopback(), 1);
    ask_often(listeners.addresses().udp[0], 1);

    let listener = UnixListener::bind(&path).expect("a socket");
    let mut reader = accept(&listener);
    assert!(frame(&mut reader).is_some() && frame(&mut reader).is_some(), "what came before it is kept");
    drop(reader);
    while counter(&engine, "dnstap_dropped") == 0 {
        ask_often(listeners.addresses().udp[0], 1);
    }
    let mut reader = accept(&listener);
    ask_often(listeners.addresses().udp[0], 1);
    assert!(frame(&mut reader).is_some());

    drop(reader);
    drop(listeners);
    drop(tap);
    std::fs::remove_file(path).expect("removed");
}

/// Whoever listens but is no reader of dnstap is left alone, and asked again later.
#[test]
fn only_readers_of_dnstap_are_written_to() {
    let path = path("other");
    let listener = UnixListener::bind(&path).expect("a socket");
    let engine = logging("");
    let tap = Tap::open(&engine, Target::Unix(path.clone()), ABOUT).expect("opened");
    for word in
        [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], &Control::Finish.octets(), &[0, 0, 0, 0, 255, 255, 255, 255, 0]]
    {
        let (mut stream, _) = listener.accept().expect("a writer");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        assert_eq!(Control::Ready, control(&mut stream));
        stream.write_all(word).expect("sent");
        stream.shutdown(std::net::Shutdown::Write).expect("no more");
        let ended = stream.read(&mut [0; 64]);
        assert!(matches!(ended, Ok(0)) || ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
    }
    drop(accept(&listener));
    drop(tap);
    std::fs::remove_file(path).expect("removed");
}
