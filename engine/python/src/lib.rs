//! The engine's face for Python, `meridian._engine` (src/meridian/_engine.pyi says what each call means).
//!
//! No logic: arguments are turned into the engine's own types, and every call detaches from the
//! interpreter while the engine works.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use meridian_engine::access::Access;
use meridian_engine::cookie::{Cookies, Secret};
use meridian_engine::dnstap::About;
use meridian_engine::engine::{system_draw, system_seconds};
use meridian_engine::explain::{ExplainError, Image, Overrides};
use meridian_engine::image;
use meridian_engine::io::tap::{Tap, Target};
use meridian_engine::io::xdp::Mode;
use meridian_engine::io::{Addresses, Listeners, TcpLimits};
use meridian_engine::limit::RateLimit;
use meridian_engine::name::Owner;
use meridian_engine::networks::Networks;
use meridian_engine::options::MOST_IDENTITY;
use meridian_engine::place::Prefix;
use meridian_engine::place::sphere::{NegativeBias, Point};
use meridian_engine::respond::{Arrival, Transport};
use meridian_engine::snapshot::Settings;
use meridian_engine::transfer::{Secondary, Transfers};
use meridian_engine::tsig::{Algorithm, Key};
use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

create_exception!(
    meridian._engine,
    ImageError,
    PyValueError,
    "An image that cannot be served: bad encoding, unknown format, wrong shard count."
);

create_exception!(
    meridian._engine,
    PlaceError,
    PyValueError,
    "A table of places that cannot be used: damaged, of another format, or of no known kind."
);

/// Octets of the largest UDP reply: what every client takes (RFC 1035 §4.2.1), and what a batch has room for.
const UDP_PAYLOAD: RangeInclusive<u16> = 512..=4096;

/// Octets of the longest text of one character string (RFC 1035 §3.3).
const MOST_TEXT: usize = 255;

/// A secondary: its networks, the number of its key, and its zones.
type Taker = (Vec<(String, u8)>, Option<usize>, Vec<PyBackedBytes>);

/// The data plane of one process.
#[pyclass(frozen, module = "meridian._engine")]
struct Engine {
    engine: Arc<meridian_engine::Engine>,
    listeners: Mutex<Vec<Listeners>>,
    tap: Mutex<Option<Tap>>,
}

#[pymethods]
impl Engine {
    /// Make an engine that serves nothing yet.
    #[new]
    #[pyo3(signature = (*, udp_payload = 1232, udp_payload_without_cookie = 0, reciprocal_bias = false,
        coordinates = None, cookie_secrets = vec![], cookies_required = false, identity = "", version = "",
        allow = None, deny = vec![], rate_limit = None, rate_limit_exempt = vec![], edge = "-"))]
    #[expect(clippy::too_many_arguments, reason = "keywords in Python, one value behind it")]
    fn new(
        udp_payload: u16,
        udp_payload_without_cookie: u16,
        reciprocal_bias: bool,
        coordinates: Option<(i16, i16)>,
        cookie_secrets: Vec<PyBackedBytes>,
        cookies_required: bool,
        identity: &str,
        version: &str,
        allow: Option<Vec<(String, u8)>>,
        deny: Vec<(String, u8)>,
        rate_limit: Option<(u32, u32, u32)>,
        rate_limit_exempt: Vec<(String, u8)>,
        edge: &str,
    ) -> PyResult<Self> {
        let without_cookie = if udp_payload_without_cookie == 0 { udp_payload } else { udp_payload_without_cookie };
        for (key, octets) in [("udp_payload", udp_payload), ("udp_payload_without_cookie", without_cookie)] {
            if !UDP_PAYLOAD.contains(&octets) {
                return Err(PyValueError::new_err(format!("{key}: {octets} is not 512 to 4096")));
            }
        }
        let point = coordinates.map(|(latitude, longitude)| Point::new(latitude, longitude)).transpose();
        let settings = Settings {
            udp_payload,
            udp_payload_without_cookie: without_cookie.min(udp_payload),
            negative_bias: if reciprocal_bias { NegativeBias::Reciprocal } else { NegativeBias::Linear },
            edge: point.map_err(|error| PyValueError::new_err(error.to_string()))?,
            cookies: cookies(&cookie_secrets, cookies_required)?,
            identity: text("identity", identity, MOST_IDENTITY)?,
            version: text("version", version, MOST_TEXT)?,
            access: access(allow.as_deref(), &deny)?,
            rate_limit: rate_limited(rate_limit, &rate_limit_exempt)?,
            ..Settings::default()
        };
        let engine = meridian_engine::Engine::new(settings);
        engine.observing().set_edge(edge);
        Ok(Self { engine, listeners: Mutex::default(), tap: Mutex::default() })
    }

    /// Which shards this head asks for that are not held yet; None if it is not newer.
    fn needs(&self, py: Python<'_>, head: &[u8]) -> PyResult<Option<Vec<u32>>> {
        py.detach(|| self.engine.needs(head)).map_err(image_error)
    }

    /// Serve this version of a zone. False: not newer, nothing done.
    fn publish(&self, py: Python<'_>, head: &[u8], shards: Vec<PyBackedBytes>) -> PyResult<bool> {
        let shards = octets(&shards);
        py.detach(|| self.engine.publish(head, &shards)).map_err(image_error)
    }

    /// Serve a version of each of several zones; for each None, or why it cannot be served.
    fn publish_all(&self, py: Python<'_>, images: Vec<(PyBackedBytes, Vec<PyBackedBytes>)>) -> Vec<Option<String>> {
        let images: Vec<_> = images.iter().map(|(head, shards)| (&**head, octets(shards))).collect();
        py.detach(|| {
            self.engine.publish_all(&images).into_iter().map(|done| done.err().map(|e| e.to_string())).collect()
        })
    }

    /// Build shards of a zone ahead of publishing it.
    fn stage(&self, py: Python<'_>, head: &[u8], shards: Vec<PyBackedBytes>) -> PyResult<()> {
        let shards = octets(&shards);
        py.detach(|| self.engine.stage(head, &shards)).map_err(image_error)
    }

    /// Stop serving a zone. False: it was not served.
    fn retire(&self, py: Python<'_>, zone_id: &str) -> bool {
        py.detach(|| self.engine.retire(zone_id))
    }

    /// Each zone held and its version.
    fn zones(&self, py: Python<'_>) -> BTreeMap<String, u64> {
        py.detach(|| self.engine.zones().into_iter().collect())
    }

    /// Set slots of the health table.
    fn set_health(&self, py: Python<'_>, pairs: Vec<(u32, bool)>) {
        py.detach(|| self.engine.set_health(&pairs));
    }

    /// Put a table of places in force.
    fn set_place(&self, py: Python<'_>, kind: &str, data: PyBackedBytes) -> PyResult<()> {
        py.detach(|| self.engine.set_place(kind, &data)).map_err(|error| PlaceError::new_err(error.to_string()))
    }

    /// Say what an outside alias target answers.
    fn set_outside(&self, py: Python<'_>, name: &[u8], qtype: u16, data: PyBackedBytes) -> PyResult<()> {
        py.detach(|| self.engine.set_outside(name, qtype, &data)).map_err(image_error)
    }

    /// Say who may take zones, and which keys are shared with them.
    #[pyo3(signature = (keys, secondaries, *, at_once))]
    fn set_transfers(
        &self,
        py: Python<'_>,
        keys: Vec<(PyBackedBytes, String, PyBackedBytes)>,
        secondaries: Vec<Taker>,
        at_once: usize,
    ) -> PyResult<()> {
        let keys = keys.iter().map(|(name, algorithm, secret)| tsig_key(name, algorithm, secret));
        let keys = keys.collect::<PyResult<Vec<_>>>()?;
        let secondaries = secondaries.iter().map(|(blocks, key, zones)| secondary(blocks, *key, zones, keys.len()));
        let secondaries = secondaries.collect::<PyResult<_>>()?;
        py.detach(|| self.engine.set_transfers(Transfers { keys, secondaries, at_once }));
        Ok(())
    }

    /// Answer a question and say why, as JSON.
    #[pyo3(signature = (name, qtype, client, draw = None, subnet = None, *, health = vec![], image = None, only = None))]
    #[expect(clippy::too_many_arguments, reason = "keywords in Python, one value behind it")]
    fn explain(
        &self,
        py: Python<'_>,
        name: &[u8],
        qtype: u16,
        client: &str,
        draw: Option<u64>,
        subnet: Option<(&str, u8)>,
        health: Vec<(u32, bool)>,
        image: Option<(PyBackedBytes, Vec<PyBackedBytes>)>,
        only: Option<&str>,
    ) -> PyResult<String> {
        let client = ip_address(client)?;
        let subnet =
            subnet.map(|(address, length)| Ok::<_, PyErr>(Prefix::new(ip_address(address)?, length))).transpose()?;
        let shards: Vec<&[u8]> = image.iter().flat_map(|(_, shards)| shards).map(|shard| &**shard).collect();
        let image = image.as_ref().map(|(head, _)| Image { head, shards: &shards });
        let overrides = Overrides { subnet, draw, health: &health, image, only };
        py.detach(|| self.engine.explain(name, qtype, client, &overrides)).map_err(explain_error)
    }

    /// The reply to one packet, or None where none is due.
    #[pyo3(signature = (packet, client, *, tcp = false, draw = None, now = None))]
    fn respond<'py>(
        &self,
        py: Python<'py>,
        packet: &[u8],
        client: &str,
        tcp: bool,
        draw: Option<u64>,
        now: Option<u32>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let client = ip_address(client)?;
        let transport = if tcp { Transport::Tcp } else { Transport::Udp };
        let arrival = Arrival {
            now: now.unwrap_or_else(system_seconds),
            ..Arrival::new(client, transport, draw.unwrap_or_else(system_draw))
        };
        let reply = py.detach(|| self.engine.respond_to(packet, &arrival));
        Ok(reply.map(|reply| PyBytes::new(py, &reply)))
    }

    /// Sums over all threads since start, by name.
    fn counters(&self, py: Python<'_>) -> BTreeMap<&'static str, u64> {
        py.detach(|| self.engine.counters().into_iter().collect())
    }

    /// Count questions by zone, too.
    fn count_zones(&self, py: Python<'_>) {
        py.detach(|| self.engine.count_zones());
    }

    /// Questions by type number; None stands for all types without a count of their own.
    fn types(&self, py: Python<'_>) -> BTreeMap<Option<u16>, u64> {
        py.detach(|| self.engine.types())
    }

    /// The zones with most questions: id, name in wire form, questions.
    fn busiest(&self, py: Python<'_>, most: usize) -> Vec<(String, Vec<u8>, u64)> {
        py.detach(|| self.engine.busiest(most))
    }

    /// Lines of query logs that have come together, by log group.
    fn drain_log<'py>(&self, py: Python<'py>) -> BTreeMap<String, Bound<'py, PyBytes>> {
        let groups = py.detach(|| self.engine.observing().drain_log());
        groups.into_iter().map(|(group, lines)| (group, PyBytes::new(py, &lines))).collect()
    }

    /// Write dnstap frames to a socket or a file.
    #[pyo3(signature = (*, socket = None, file = None, identity = "", version = "", queries = true, responses = true))]
    #[expect(clippy::too_many_arguments, reason = "keywords in Python, two values behind it")]
    fn open_dnstap(
        &self,
        py: Python<'_>,
        socket: Option<PathBuf>,
        file: Option<PathBuf>,
        identity: &str,
        version: &str,
        queries: bool,
        responses: bool,
    ) -> PyResult<()> {
        let target = match (socket, file) {
            (Some(path), None) => Target::Unix(path),
            (None, Some(path)) => Target::File(path),
            _ => return Err(PyValueError::new_err("dnstap: give a socket or a file")),
        };
        let about = About { identity: identity.into(), version: version.into(), queries, responses };
        py.detach(|| {
            let opened = Tap::open(&self.engine, target, about)?;
            *self.hold_tap() = Some(opened);
            Ok(())
        })
    }

    /// Begin a new dnstap file or connection.
    fn reopen_dnstap(&self, py: Python<'_>) {
        py.detach(|| {
            if let Some(tap) = &*self.hold_tap() {
                tap.reopen();
            }
        });
    }

    /// Open sockets and serve.
    #[pyo3(signature = (udp, tcp, *, threads = 0, tcp_connections = 500, tcp_connections_per_client = 50,
        tcp_idle = 10.0, tcp_idle_when_busy = 2.0, tcp_unread = 65_536))]
    #[expect(clippy::too_many_arguments, reason = "keywords in Python, one value behind it")]
    fn listen(
        &self,
        py: Python<'_>,
        udp: Vec<String>,
        tcp: Vec<String>,
        threads: usize,
        tcp_connections: usize,
        tcp_connections_per_client: usize,
        tcp_idle: f64,
        tcp_idle_when_busy: f64,
        tcp_unread: usize,
    ) -> PyResult<Vec<String>> {
        let (udp, tcp) = (socket_addresses(&udp)?, socket_addresses(&tcp)?);
        let limits = TcpLimits {
            connections: tcp_connections.max(1),
            connections_per_client: tcp_connections_per_client.max(1),
            idle: seconds("tcp_idle", tcp_idle)?,
            idle_when_busy: seconds("tcp_idle_when_busy", tcp_idle_when_busy)?,
            unread: tcp_unread.max(1),
        };
        py.detach(|| {
            let opened = Listeners::open(&self.engine, &udp, &tcp, threads, limits)?;
            let urls = urls(opened.addresses());
            self.hold_listeners().push(opened);
            Ok(urls)
        })
    }

    /// Answer what comes over an interface past the kernel's network stack.
    #[pyo3(signature = (interface, addresses, *, mode = "auto"))]
    fn listen_xdp(&self, py: Python<'_>, interface: &str, addresses: Vec<String>, mode: &str) -> PyResult<String> {
        let (addresses, mode) = (socket_addresses(&addresses)?, xdp_mode(mode)?);
        py.detach(|| {
            let opened = Listeners::open_xdp(&self.engine, interface, &addresses, mode)?;
            let (mode, threads) = opened.xdp().expect("opened for XDP");
            self.hold_listeners().push(opened);
            Ok(format!("xdp://{interface} ({mode}, queues: {threads})"))
        })
    }

    /// Close all sockets and end the threads.
    fn stop(&self, py: Python<'_>) {
        py.detach(|| {
            self.hold_listeners().clear();
            *self.hold_tap() = None; // After all that it could tell of.
        });
    }
}

impl Engine {
    /// A list is whole whoever panicked while holding it, so its lock is taken all the same.
    fn hold_listeners(&self) -> MutexGuard<'_, Vec<Listeners>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold_tap(&self) -> MutexGuard<'_, Option<Tap>> {
        self.tap.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn octets(shards: &[PyBackedBytes]) -> Vec<&[u8]> {
    shards.iter().map(|shard| &**shard).collect()
}

/// How cookies are made: by the first secret; a second one is known as well.
fn cookies(secrets: &[PyBackedBytes], required: bool) -> PyResult<Option<Cookies>> {
    let secret = |octets: &PyBackedBytes| {
        let wrong =
            || PyValueError::new_err(format!("cookie_secrets: one of {} octets; 16 make a secret", octets.len()));
        Secret::try_from(&octets[..]).map_err(|_| wrong())
    };
    match secrets {
        [] => Ok(None),
        [one] => Ok(Some(Cookies { secret: secret(one)?, other: None, required })),
        [one, other] => Ok(Some(Cookies { secret: secret(one)?, other: Some(secret(other)?), required })),
        _ => Err(PyValueError::new_err(format!("cookie_secrets: {}; two at most", secrets.len()))),
    }
}

/// Whose questions are answered; None: everybody's.
fn access(allow: Option<&[(String, u8)]>, deny: &[(String, u8)]) -> PyResult<Option<Arc<Access>>> {
    let access = Access { allow: allow.map(networks).transpose()?, deny: networks(deny)? };
    Ok((access != Access::default()).then(|| access.into()))
}

/// How many answers a network of clients gets: rate, burst and slip.
fn rate_limited(limit: Option<(u32, u32, u32)>, exempt: &[(String, u8)]) -> PyResult<Option<Arc<RateLimit>>> {
    let exempt = networks(exempt)?;
    let limit = limit.map(|(rate, burst, slip)| RateLimit { rate, burst, slip, exempt });
    match limit {
        Some(limit) if limit.rate == 0 || limit.burst == 0 => {
            Err(PyValueError::new_err("rate_limit: rate and burst are 1 at least"))
        }
        limit => Ok(limit.map(Arc::new)),
    }
}

fn networks(blocks: &[(String, u8)]) -> PyResult<Networks> {
    let block = |(address, length): &(String, u8)| Ok(Prefix::new(ip_address(address)?, *length));
    Ok(Networks::new(&blocks.iter().map(block).collect::<PyResult<Vec<_>>>()?))
}

fn tsig_key(name: &[u8], algorithm: &str, secret: &[u8]) -> PyResult<Key> {
    let wrong = || PyValueError::new_err(format!("keys: {algorithm:?} is not hmac-sha256, hmac-sha384 or hmac-sha512"));
    Ok(Key {
        name: owner("keys", name)?,
        algorithm: Algorithm::named(algorithm).ok_or_else(wrong)?,
        secret: secret.into(),
    })
}

fn secondary(blocks: &[(String, u8)], key: Option<usize>, zones: &[PyBackedBytes], keys: usize) -> PyResult<Secondary> {
    if key.is_some_and(|key| key >= keys) {
        return Err(PyValueError::new_err(format!("secondaries: key {key:?} of {keys}")));
    }
    Ok(Secondary {
        networks: networks(blocks)?,
        key,
        zones: zones.iter().map(|wire| owner("secondaries", wire)).collect::<PyResult<_>>()?,
    })
}

fn owner(what: &str, wire: &[u8]) -> PyResult<Owner> {
    Owner::from_wire(wire).map_err(|_| PyValueError::new_err(format!("{what}: {wire:02x?} is not a wire name")))
}

fn text(key: &str, text: &str, most: usize) -> PyResult<Arc<[u8]>> {
    if text.len() > most {
        return Err(PyValueError::new_err(format!("{key}: {} octets; {most} at most", text.len())));
    }
    Ok(text.as_bytes().into())
}

fn seconds(key: &str, seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|error| PyValueError::new_err(format!("{key}: {seconds}: {error}")))
}

fn image_error(error: image::ImageError) -> PyErr {
    ImageError::new_err(error.to_string())
}

fn explain_error(error: ExplainError) -> PyErr {
    match error {
        ExplainError::Question(text) => PyValueError::new_err(text),
        ExplainError::Image(error) => image_error(error),
    }
}

fn ip_address(text: &str) -> PyResult<IpAddr> {
    text.parse().map_err(|_| PyValueError::new_err(format!("client: {text:?} is not an IP address")))
}

fn xdp_mode(text: &str) -> PyResult<Option<Mode>> {
    match text {
        "auto" => Ok(None),
        "native" => Ok(Some(Mode::Native)),
        "generic" => Ok(Some(Mode::Generic)),
        _ => Err(PyValueError::new_err(format!("mode: {text:?} is not auto, native or generic"))),
    }
}

fn socket_addresses(texts: &[String]) -> PyResult<Vec<SocketAddr>> {
    texts.iter().map(|text| socket_address(text)).collect()
}

fn socket_address(text: &str) -> PyResult<SocketAddr> {
    text.parse().map_err(|_| {
        PyValueError::new_err(format!("{text:?} is not an address and port like 192.0.2.1:53 or [2001:db8::1]:53"))
    })
}

fn urls(addresses: &Addresses) -> Vec<String> {
    let udp = addresses.udp.iter().map(|address| format!("udp://{address}"));
    let tcp = addresses.tcp.iter().map(|address| format!("tcp://{address}"));
    udp.chain(tcp).collect()
}

/// The compiled engine.
#[pymodule]
mod _engine {
    #[pymodule_export]
    use super::{Engine, ImageError, PlaceError};
}
