//! Starting and stopping: promptly, and leaving nothing open. One test, since it counts the process's descriptors.

mod io_support;

use std::fs::read_dir;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use io_support::{PATIENCE, engine, eventually, framed, loopback, loopback_v6, query};
use meridian_engine::io::{Listeners, TcpLimits};

fn descriptors() -> usize {
    read_dir("/proc/self/fd").expect("Linux").count()
}

fn threads() -> usize {
    read_dir("/proc/self/task").expect("Linux").count()
}

/// Stopping ends all threads and closes all sockets long before a connected client would be idle for too long.
#[test]
fn stop_is_prompt_and_leaves_nothing() {
    let engine = engine();
    let addresses = [loopback(), loopback_v6()];
    let (before, threads_before) = (descriptors(), threads());
    for round in 0..3 {
        let mut listeners =
            Listeners::open(&engine, &addresses, &addresses, 4, TcpLimits::default()).expect("free ports");
        assert!(threads() >= threads_before + 9);
        let mut client = TcpStream::connect(listeners.addresses().tcp[0]).expect("connected");
        client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        client.write_all(&framed(&query(1))).expect("sent");
        client.read_exact(&mut [0; 2]).expect("a reply");

        let start = Instant::now();
        if round == 0 {
            listeners.stop();
            listeners.stop(); // A second time does nothing.
        }
        drop(listeners);

        assert!(start.elapsed() < TcpLimits::default().idle / 2, "{:?}", start.elapsed());
        drop(client);
        assert_eq!(before, descriptors());
        // The kernel takes a moment to remove an ended thread from the list.
        eventually("threads are gone", || threads() == threads_before);
    }
}
