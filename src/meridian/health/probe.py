"""
One probe of one endpoint: connect, perhaps TLS, perhaps HTTP, and what that comes to (R-HCP-3..12).

    find the address ─▶ connect ─▶ [TLS] ─▶ [request ─▶ status ─▶ [body]] ─▶ Outcome
                        └───── 4 s ─────┘     └── 2 s ──┘ └ 2 s ┘             (TCP alone: 10 s)

Endpoints may stall, lie, flood or break off at any step: each has its time, its size and its text.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from functools import cached_property
from http import HTTPStatus

import msgspec

from meridian.clock import Clock
from meridian.feed.health import Definition
from meridian.health import certificate
from meridian.health.certificate import Certificate
from meridian.health.connection import Connection, NoSight
from meridian.health.request import port_of, request
from meridian.health.response import BODY_LIMIT, BadResponse, Response
from meridian.health.target import Address, NoTarget, Target, Targets

_OP_LEGACY_SERVER_CONNECT = 0x4  # OpenSSL's; Python has a name for it from 3.12 on
_ALERT = re.compile(r"(?:SSLV3|TLSV1|TLSV13)_(?:ALERT_)?(\w+)")

_CONNECT_TIMEOUT = (
    "Connection timed out. The endpoint or the internet connection is down, "
    "or requests are being blocked by your firewall."
)
_HANDSHAKE_TIMEOUT = "The health checker could not establish a connection within the timeout limit."
_RESPONSE_TIMEOUT = "Response timeout"
_ABSENT = f"String not found in the first {BODY_LIMIT} bytes of the response body"


class Timings(msgspec.Struct, frozen=True):
    """
    How long each step may take, in seconds.

    Attributes:
        connect: TCP, and TLS where there is some, with its second handshake (R-HCP-3, R-HCP-7).
        status: From the connection to the end of the response's head (R-HCP-3).
        body: From there to the string (R-HCP-5).
        tcp: The connection of a TCP check (R-HCP-4).
    """

    connect: float = 4.0
    status: float = 2.0
    body: float = 2.0
    tcp: float = 10.0


TIMINGS = Timings()
"""Those of Route 53."""


class Outcome(msgspec.Struct, frozen=True):
    """
    What one probe saw.

    Attributes:
        healthy: None where it could not look: that says nothing of the endpoint.
        text: As the API words it (R-HCS-3).
        connect_ms: How long TCP took to connect, in milliseconds; None where it did not come to that.
        tls_ms: How long the handshake took.
        first_byte_ms: From the request to the first octet of the response.
    """

    healthy: bool | None
    text: str
    connect_ms: float | None = None
    tls_ms: float | None = None
    first_byte_ms: float | None = None


class _Failed(Exception):
    """The endpoint is not well; the message says why."""


class Prober:
    """
    Probes endpoints.

    Args:
        trusted: Roots for checks that verify certificates; None: the system's.
    """

    def __init__(
        self, targets: Targets, clock: Clock, timings: Timings = TIMINGS, trusted: ssl.SSLContext | None = None
    ) -> None:
        self._targets = targets
        self._clock = clock
        self._timings = timings
        self._given_trusted = trusted
        self._any = _accept_any()

    async def probe(self, check: Definition) -> Outcome:
        """Probe a check of one of `ENDPOINT_TYPES` once."""
        try:
            target = await self._targets.find(check.config)
            return await self._probe(check, target)
        except NoTarget as error:
            return Outcome(False, f"Failure: {error}")
        except NoSight as error:
            return Outcome(None, f"Unknown: the health checker cannot look: {error}")

    async def _probe(self, check: Definition, target: Target) -> Outcome:
        run = _Run(check, target.address, self._timings)
        resolved = f"Resolved IP: {target.address}. " if target.is_resolved else ""
        try:
            if check.config.type == "TCP":
                await run.connect(self._timings.tcp)
                return run.outcome(True, f"Success: {resolved}TCP connection established")
            await run.connect(self._timings.connect)
            if check.config.type.startswith("HTTPS"):
                shown = await run.secure(self._trusted if check.options.verify_certificate else self._any)
                self._judge(check, target, shown)
            status = await run.exchange()
        except _Failed as error:
            return run.outcome(False, f"Failure: {resolved}{error}")
        finally:
            run.close()
        is_well = 200 <= status < 400
        return run.outcome(is_well, f"{'Success' if is_well else 'Failure'}: {_status_text(status, target)}")

    def _judge(self, check: Definition, target: Target, shown: Certificate | None) -> None:
        """Hold a certificate against what the check's options ask of it."""
        host = check.config.fully_qualified_domain_name or str(target.address)
        days = check.options.certificate_days
        if shown is None:
            if check.options.verify_certificate or days is not None:
                raise _Failed("The endpoint has shown no certificate that can be read")
            return
        if check.options.verify_certificate and not certificate.is_for(shown, host.removesuffix(".")):
            raise _Failed(f"The certificate is not valid for {host}")
        left = certificate.days_left(shown, self._clock.now())
        if days is not None and left < days:
            when = f"expires in {left} days" if left >= 0 else "has expired"
            raise _Failed(f"The certificate {when}, on {shown.expires_at:%Y-%m-%d}; {days} days are asked for")

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        if self._given_trusted is not None:
            return self._given_trusted
        context = ssl.create_default_context()
        context.check_hostname = False  # the name is judged after the handshake, with and without SNI alike
        return context


class _Run:
    """
    One probe under way: its connection, and how long its steps took.

    Every step raises `_Failed` where the endpoint is not well, and NoSight where this machine cannot look.
    """

    def __init__(self, check: Definition, address: Address, timings: Timings) -> None:
        self._check = check
        self._address = address
        self._timings = timings
        self._now = asyncio.get_running_loop().time
        self._connection: Connection | None = None
        self._deadline = 0.0
        self._connect_ms: float | None = None
        self._tls_ms: float | None = None
        self._first_byte_ms: float | None = None

    def outcome(self, healthy: bool, text: str) -> Outcome:
        """What it came to."""
        return Outcome(healthy, text, self._connect_ms, self._tls_ms, self._first_byte_ms)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()

    async def connect(self, seconds: float) -> None:
        """Connect, with TLS that may follow, within these seconds."""
        self._deadline = self._now() + seconds
        self._connection = await self._connected()

    async def secure(self, context: ssl.SSLContext) -> Certificate | None:
        """Begin TLS, and give the certificate that was shown; None where it cannot be read."""
        name = _server_name(self._check)
        shown = await self._handshake(context, name)
        if name is None or (shown is not None and certificate.is_for(shown, name)):
            return shown
        # A certificate for others: the endpoint is asked once more, without saying whom we want (R-HCP-7).
        self.close()
        self._connection = await self._connected()
        return await self._handshake(context, None)

    async def exchange(self) -> int:
        """Send the request and read as much as the check needs; give the status (R-HCP-3, R-HCP-5)."""
        response = Response()
        try:
            return await self._exchange(response)
        except BadResponse as error:
            raise _Failed(error) from None
        except TimeoutError:
            raise _Failed(_RESPONSE_TIMEOUT) from None
        except OSError as error:
            raise _Failed(_said(error)) from None

    async def _exchange(self, response: Response) -> int:
        sent_at = self._now()
        deadline = sent_at + self._timings.status
        await self._open.send(request(self._check, self._address), deadline)
        while response.status is None:
            octets = await self._open.receive(deadline)
            if self._first_byte_ms is None:
                self._first_byte_ms = _milliseconds(self._now() - sent_at)
            response.feed(octets)
        if self._check.config.search_string is not None and 200 <= response.status < 400:
            await self._search(response, self._check.config.search_string.encode())
        return response.status

    async def _search(self, response: Response, wanted: bytes) -> None:
        deadline = self._now() + self._timings.body
        while wanted not in response.body:
            if response.is_complete:
                raise _Failed(_ABSENT)
            response.feed(await self._open.receive(deadline))

    async def _connected(self) -> Connection:
        started = self._now()
        try:
            connection = await Connection.connect(self._address, port_of(self._check.config), self._deadline)
        except TimeoutError:
            raise _Failed(_CONNECT_TIMEOUT) from None
        except OSError as error:
            raise _Failed(_said(error)) from None
        self._connect_ms = _milliseconds(self._now() - started)
        return connection

    async def _handshake(self, context: ssl.SSLContext, name: str | None) -> Certificate | None:
        started = self._now()
        try:
            await self._open.secure(context, name, self._deadline)
        except TimeoutError:
            raise _Failed(_HANDSHAKE_TIMEOUT) from None
        except OSError as error:
            raise _Failed(_said(error)) from None
        self._tls_ms = _milliseconds(self._now() - started)
        try:
            return certificate.read(self._open.certificate)
        except ValueError:
            return None

    @property
    def _open(self) -> Connection:
        assert self._connection is not None, "connect comes first"
        return self._connection


def _accept_any() -> ssl.SSLContext:
    """TLS of any version and any certificate: a probe asks whether it works, not how well (R-HCP-6)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.options |= _OP_LEGACY_SERVER_CONNECT | ssl.OP_IGNORE_UNEXPECTED_EOF
    return context


def _server_name(check: Definition) -> str | None:
    """What is sent as SNI: a name without its final dot (RFC 6066 §3)."""
    name = (check.config.fully_qualified_domain_name or "").removesuffix(".")
    if not name or not check.config.enable_sni:
        return None
    try:
        name.encode("idna")  # as the ssl module does, too late to close the connection then
    except UnicodeError:
        raise _Failed(f"{name} cannot be sent as SNI") from None
    return name


def _status_text(status: int, target: Target) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    if target.is_resolved:
        return f"HTTP Status Code: {status}. Resolved IP: {target.address}. {phrase}"
    return f"HTTP Status Code {status}, {phrase}"


def _said(error: OSError) -> str:
    """What went wrong on a connection, in the words of the system or of TLS."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "The endpoint closed the connection during TLS"
    if isinstance(error, ssl.SSLError):
        reason = error.reason or "unknown error"
        alert = _ALERT.fullmatch(reason)
        return f"SSL alert {alert[1].lower()}" if alert else f"SSL error: {reason.replace('_', ' ').lower()}"
    return error.strerror or type(error).__name__


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
