//! Running out of descriptors. A process of its own, since the limit is the process's.

mod io_support;

use std::fs::File;
use std::io::{Read, Write};
use std::iter::from_fn;
use std::net::TcpStream;
use std::process::{Command, id};

use io_support::{PATIENCE, counter, engine, framed, query, tcp};
use meridian_engine::io::{Listeners, TcpLimits};

fn connect(listeners: &Listeners) -> TcpStream {
    let client = TcpStream::connect(listeners.addresses().tcp[0]).expect("connected");
    client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    client
}

fn ask(client: &mut TcpStream) {
    client.write_all(&framed(&query(1))).expect("sent");
    let mut prefix = [0; 2];
    client.read_exact(&mut prefix).expect("a length");
    client.read_exact(&mut vec![0; usize::from(u16::from_be_bytes(prefix))]).expect("a message");
}

/// Leaves the process `room` descriptors, whatever it was started with: the files returned hold all others.
fn limit_descriptors(room: usize) -> Vec<File> {
    let pid = id().to_string();
    assert!(Command::new("prlimit").args(["--pid", &pid, "--nofile=64:"]).status().expect("util-linux").success());
    let mut taken: Vec<File> = from_fn(|| File::open("/dev/null").ok()).collect();
    taken.truncate(taken.len() - room);
    taken
}

/// When the process has no descriptor left, the connection idle longest gives up its own to a new client.
#[test]
fn without_descriptors_the_idlest_makes_room() {
    let engine = engine();
    let listeners = tcp(&engine, TcpLimits::default());
    let _taken = limit_descriptors(7); // Three clients, the server's end of each, and a fourth client.
    let mut clients = [connect(&listeners), connect(&listeners), connect(&listeners)];
    clients.iter_mut().for_each(ask);

    let mut fourth = connect(&listeners);

    ask(&mut fourth);
    assert_eq!(clients[0].read(&mut [0; 1]).expect("the end"), 0);
    ask(&mut clients[1]);
    ask(&mut clients[2]);
    assert_eq!(counter(&engine, "tcp_limited"), 1);
}
