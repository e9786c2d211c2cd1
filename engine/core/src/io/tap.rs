//! Writes dnstap frames, in a thread of its own: to a Unix socket that a reader listens on, or to a file.
//!
//! ```text
//!   Unix socket:  READY ─▶   ◀─ ACCEPT   START, frames …, STOP ─▶   ◀─ FINISH
//!   file:         START, frames …, STOP
//! ```
//!
//! While a reader is away or slow the rings of the threads that answer fill, and what does not fit is lost to it alone.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use socket2::{Domain, SockAddr, Socket, Type};

use crate::counters::Counters;
use crate::dnstap::{About, Control, MOST_CONTROL, frames};
use crate::engine::{Engine, hold};
use crate::observe::{RING, Rings, take};

/// How long the writer rests when no frames are there.
const REST: Duration = Duration::from_millis(10);

/// How long one system call may wait for the reader, before it is looked whether to stop.
const WAIT: Duration = Duration::from_millis(250);

/// Pause between two attempts to reach a reader.
const AGAIN: Duration = Duration::from_secs(1);

/// How long a reader may take to answer a control frame.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where frames go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A file; one that is there is kept beside it, with `.1` at the end of its name.
    File(PathBuf),
    /// A Unix socket that a reader listens on, now or later.
    Unix(PathBuf),
}

/// The thread that writes. Dropping it writes what is there and ends it.
pub struct Tap {
    stop: Arc<AtomicBool>,
    anew: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Tap {
    /// Has threads that start after this tell of each exchange, and writes what they tell.
    ///
    /// # Errors
    /// The file cannot be written, or a thread cannot be started. A socket that nobody listens on is no error.
    pub fn open(engine: &Engine, target: Target, about: About) -> io::Result<Self> {
        let out = match &target {
            Target::File(_) => Some(Out::open(&target)?),
            Target::Unix(_) => None,
        };
        let (stop, anew) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let writer = Writer {
            tried: out.is_some().then(Instant::now),
            target,
            out,
            pending: Vec::with_capacity(RING),
            rings: engine.observing().tap(about),
            counters: engine.register_counters(),
            stop: Arc::clone(&stop),
            anew: Arc::clone(&anew),
        };
        let thread = thread::Builder::new().name("dnstap".into()).spawn(move || writer.run())?;
        Ok(Self { stop, anew, thread: Some(thread) })
    }

    /// Begins a new file, or a new connection, soon.
    pub fn reopen(&self) {
        self.anew.store(true, Ordering::Relaxed);
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // A thread that panicked has ended, too.
        }
    }
}

struct Writer {
    target: Target,
    out: Option<Out>,
    tried: Option<Instant>,
    pending: Vec<u8>, // whole frames
    rings: Rings,
    counters: Arc<Counters>,
    stop: Arc<AtomicBool>,
    anew: Arc<AtomicBool>,
}

impl Writer {
    fn run(mut self) {
        while !self.stop.load(Ordering::Relaxed) {
            if self.anew.swap(false, Ordering::Relaxed) {
                self.close();
                self.tried = None;
            }
            self.reach();
            if !self.pass_on() {
                thread::sleep(REST);
            }
        }
        self.reach();
        self.pass_on();
        self.close();
    }

    /// Opens the target if it is not open, and was not tried a moment ago.
    ///
    /// A file that failed stays closed until it is to be begun anew: each attempt would move one file aside.
    fn reach(&mut self) {
        let is_file = matches!(self.target, Target::File(_));
        let waits = self.tried.is_some_and(|tried| is_file || tried.elapsed() < AGAIN);
        if self.out.is_none() && !waits {
            self.tried = Some(Instant::now());
            self.out = Out::open(&self.target).ok();
        }
    }

    /// Writes what the rings hold. False: nothing was there, or nowhere to write it to.
    fn pass_on(&mut self) -> bool {
        let Some(out) = &mut self.out else {
            return false;
        };
        let rings = hold(&self.rings).len();
        let mut any = false;
        for at in 0..rings {
            self.pending.clear();
            take(&mut hold(&self.rings)[at], &mut self.pending);
            any |= !self.pending.is_empty();
            if let Err(written) = out.write(&self.pending, &self.stop) {
                // The reader may have seen less than it took: what it took counts as told.
                self.counters.dnstap_dropped.add_many(frames(&self.pending) - frames(&self.pending[..written]));
                self.out = None;
                return false;
            }
        }
        hold(&self.rings).retain(|ring| !(ring.is_abandoned() && ring.is_empty()));
        any
    }

    fn close(&mut self) {
        if let Some(out) = self.out.take() {
            let _ = out.finish(); // Whoever is gone need not be told.
        }
    }
}

/// An open target, after its START.
enum Out {
    File(File),
    Unix(UnixStream),
}

impl Out {
    fn open(target: &Target) -> io::Result<Self> {
        match target {
            Target::File(path) => {
                keep_earlier(path)?;
                let mut file = File::create(path)?;
                file.write_all(&Control::Start.octets())?;
                Ok(Self::File(file))
            }
            Target::Unix(path) => {
                let mut stream = connect(path)?;
                stream.write_all(&Control::Ready.octets())?;
                expect(&mut stream, Control::Accept)?;
                stream.write_all(&Control::Start.octets())?;
                stream.set_write_timeout(Some(WAIT))?;
                Ok(Self::Unix(stream))
            }
        }
    }

    /// Writes all octets. Error: how many were written before the reader was gone, or before we were to stop.
    fn write(&mut self, octets: &[u8], stop: &AtomicBool) -> Result<(), usize> {
        let mut written = 0;
        while written < octets.len() {
            let result = match self {
                Self::File(file) => file.write(&octets[written..]),
                Self::Unix(stream) => stream.write(&octets[written..]),
            };
            match result {
                Ok(0) => return Err(written),
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock && !stop.load(Ordering::Relaxed) => {}
                Err(_) => return Err(written),
            }
        }
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::File(mut file) => file.write_all(&Control::Stop.octets()),
            Self::Unix(mut stream) => {
                stream.write_all(&Control::Stop.octets())?;
                expect(&mut stream, Control::Finish)
            }
        }
    }
}

/// Connects without waiting for a reader that does not accept.
fn connect(path: &Path) -> io::Result<UnixStream> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)?;
    socket.set_nonblocking(false)?;
    let stream = UnixStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Reads one control frame, which must be this one.
fn expect(stream: &mut UnixStream, control: Control) -> io::Result<()> {
    let mut head = [0; 8];
    stream.read_exact(&mut head)?;
    let [escape, length] =
        [&head[..4], &head[4..]].map(|word| word.iter().fold(0, |all, &octet| all << 8 | u64::from(octet)));
    let mut frame = vec![0; (length as usize).min(MOST_CONTROL)];
    stream.read_exact(&mut frame)?;
    match Control::read(&frame) {
        Some(read) if escape == 0 && read == control => Ok(()),
        _ => Err(ErrorKind::InvalidData.into()),
    }
}

/// Moves a file that is there to the same name with `.1`: Frame Streams cannot be continued.
fn keep_earlier(path: &Path) -> io::Result<()> {
    let mut earlier = path.as_os_str().to_owned();
    earlier.push(".1");
    match fs::metadata(path) {
        Ok(there) if there.is_file() && there.len() > 0 => fs::rename(path, earlier),
        _ => Ok(()),
    }
}
