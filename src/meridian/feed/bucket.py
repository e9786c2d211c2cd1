"""
One connection to the bucket that holds the feed: a JetStream key-value bucket, until the connection breaks.

    a value      a message on the key's subject, of which the bucket keeps the last; its version is a header
    a deletion   the same without value, so that readers hear of it; swept away later

All that is said to NATS is said here. nats-py's own reconnecting is not used, as it replays what was
under way into a bucket that may be another one by now; nor are its watchers, which do not notice that
a restarted server has forgotten them (nats.py issue 510).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError, ServiceUnavailableError

from meridian.errors import MeridianError
from meridian.feed.feed import Entry
from meridian.feed.subject import filter_of, key_of, subject_of
from meridian.settings import Settings

T = TypeVar("T")

log = structlog.get_logger()

_REPLY_WITHIN = 5.0  # seconds
_CONNECT_WITHIN = 2  # seconds, for each server
_CLOSE_WITHIN = 1.0  # seconds
_PING_EVERY = 5  # seconds; a connection whose pings go unanswered twice is broken
_HEARTBEAT = 2.0  # seconds between signs of life where nothing changes
_SILENCE = 3 * _HEARTBEAT
_FORGOTTEN_AFTER = 30.0  # seconds until a server gives up delivering to a connection that is gone

_VERSION = "Meridian-Version"
_OPERATION = "KV-Operation"
_DELETED = "DEL"
_WRONG_SEQUENCE = (10071, 10164)  # what a server says where another message came first
_NO_STREAM = 10059


class Unreachable(Exception):
    """
    The bucket cannot be reached.

    Args:
        remedy: What an operator should look at.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


class Away(Exception):
    """The connection is broken, or lags behind beyond repair: begin again with the next one."""


class Overtaken(Exception):
    """Another value of the key came first."""


class Change(NamedTuple):
    """
    A put or a deletion of a key, as the bucket keeps it.

    Attributes:
        value: Empty in a deletion, and where only headers were asked for.
        version: None in a deletion.
        sequence: Its place among all changes of the bucket.
    """

    key: str
    value: bytes
    version: int | None
    sequence: int
    at: datetime


class Bucket:
    """
    The bucket, over one connection. Every call raises `Away` when the connection breaks.

    Attributes:
        identity: Of this bucket; one that was made anew under the same name has another.
        last_sequence: Of the last change in it, when the connection was made.
        server: Host and port of the server, and its version.
    """

    def __init__(self, client: Client, name: str, info: api.StreamInfo, broken: asyncio.Future[str]) -> None:
        self._client = client
        self._stream = _stream_of(name)
        self._prefix = f"$KV.{name}."
        self._jetstream = _jetstream(client)
        self._broken = broken
        self.identity = "" if info.created is None else info.created.isoformat()
        self.last_sequence = info.state.last_seq
        url = client.connected_url
        self.server = f"{url.hostname}:{url.port} (NATS {_version_of(client)})" if url else ""

    async def until_broken(self) -> str:
        """Wait until the connection is of no more use, and say why."""
        return await asyncio.shield(self._broken)

    async def sequence(self) -> int:
        """The place of the last change."""
        info = await self.ask(self._jetstream.stream_info(self._stream))
        return info.state.last_seq

    async def read(self, key: str) -> Change | None:
        """The last change of a key; None if the bucket holds none."""
        try:
            found = await self.ask(self._jetstream.get_msg(self._stream, subject=self._prefix + subject_of(key)))
        except NotFoundError:
            return None
        assert found.seq is not None
        assert found.time is not None
        return Change(key, found.data or b"", _version(found.headers), found.seq, found.time)

    async def write(self, entry: Entry, after: int) -> int:
        """
        Put a value, if the key's last change is still the one with this sequence (0: none); give its own.

        Raises:
            Overtaken: It is not.
            MeridianError: The value is too large for the servers.
        """
        return await self._publish(entry.key, entry.value, after, {_VERSION: str(entry.version)})

    async def delete(self, key: str, after: int) -> int:
        """Delete a key, as `write` puts a value."""
        return await self._publish(key, b"", after, {_OPERATION: _DELETED})

    def changes(self, prefix: str = "", *, after: int = 0, headers_only: bool = False) -> Changes:
        """The changes of all keys that begin with `prefix`, beyond a sequence."""
        return Changes(self, self._client, self._jetstream, prefix, after, headers_only)

    async def listing(self, prefix: str = "") -> dict[str, Change]:
        """The last change of every key that begins with `prefix`, without the values."""
        found: dict[str, Change] = {}
        async with self.changes(prefix, headers_only=True) as changes:
            while changes.behind:
                found.update({change.key: change for change in await changes.take()})
        return found

    async def forget(self, deletion: Change) -> None:
        """Remove a deletion; a value that was put since stays."""
        subject = self._prefix + subject_of(deletion.key)
        await self.ask(self._jetstream.purge_stream(self._stream, subject=subject, seq=deletion.sequence + 1))

    async def ask(self, call: Coroutine[Any, Any, T]) -> T:
        """Await a call of the client, no longer than the connection lasts."""
        # In a task of its own, since the client swallows cancellations while it flushes.
        reply = asyncio.create_task(call)
        try:
            either: set[asyncio.Future[Any]] = {reply, self._broken}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not reply.done():
                raise Away
            return reply.result()
        except (nats.errors.ConnectionClosedError, nats.errors.OutboundBufferLimitError) as error:
            self._break(_text(error))  # where closing fails half-way, the client does not say that it is closed
            raise Away from None
        except (NoStreamResponseError, ServiceUnavailableError) as error:
            self._break(f"JetStream does not answer: {_text(error)}")
            raise Away from None
        except NotFoundError as error:
            if error.err_code != _NO_STREAM:
                raise
            self._break("the bucket is gone")
            raise Away from None
        finally:
            _give_up(reply)

    async def _publish(self, key: str, value: bytes, after: int, headers: dict[str, str]) -> int:
        headers[api.Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value] = str(after)
        subject = self._prefix + subject_of(key)
        try:
            ack = await self.ask(self._jetstream.publish(subject, value, headers=headers))
        except nats.errors.MaxPayloadError:
            raise MeridianError(
                f"feed: {key} has {len(value)} octets, and the NATS servers take {self._client.max_payload}; "
                "raise max_payload in their configuration"
            ) from None
        except APIError as error:
            if error.err_code in _WRONG_SEQUENCE:
                raise Overtaken from None
            raise
        return ack.seq

    def _break(self, reason: str) -> None:
        if not self._broken.done():
            self._broken.set_result(reason)


class Changes:
    """
    The changes of keys in their order: first those that the bucket holds, then, without end, each new one.

    A context; the servers deliver while it lasts.

    Attributes:
        behind: Whether the bucket holds changes that were not taken yet, as far as is known.
    """

    def __init__(
        self,
        bucket: Bucket,
        client: Client,
        jetstream: JetStreamContext,
        prefix: str,
        after: int,
        headers_only: bool,
    ) -> None:
        self._bucket = bucket
        self._client = client
        self._jetstream = jetstream
        self._prefix = prefix
        self._config = api.ConsumerConfig(
            deliver_subject=client.new_inbox(),
            # A bucket with history gives older values of a key as well, but before the last one.
            deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE if after else api.DeliverPolicy.ALL,
            opt_start_seq=after + 1 if after else None,
            filter_subject=bucket._prefix + filter_of(prefix),
            headers_only=headers_only,
            ack_policy=api.AckPolicy.NONE,
            max_deliver=1,
            idle_heartbeat=_HEARTBEAT,
            flow_control=True,
            inactive_threshold=_FORGOTTEN_AFTER,
            mem_storage=True,
            num_replicas=1,
        )
        self._arrived: list[Msg] = []
        self._some = asyncio.Event()
        self._taken = 0
        self.behind = True

    async def __aenter__(self) -> Self:
        """Let the servers deliver."""
        ask, inbox = self._bucket.ask, self._config.deliver_subject
        assert inbox is not None
        self._inbox = await ask(
            self._client.subscribe(inbox, cb=self._arrive, pending_msgs_limit=0, pending_bytes_limit=0)
        )
        try:
            info = await ask(self._jetstream.add_consumer(self._bucket._stream, self._config))
        except BaseException as error:
            with suppress(Away, nats.errors.Error):
                await ask(self._inbox.unsubscribe())
            if isinstance(error, TimeoutError):
                raise Away from None
            raise
        self._consumer = info.name
        delivered = info.delivered.consumer_seq if info.delivered else 0
        self.behind = bool(info.num_pending or delivered)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """Let them deliver no more; where that cannot be said, they give up by themselves."""
        with suppress(Away, nats.errors.Error, TimeoutError):
            await self._bucket.ask(self._inbox.unsubscribe())
            await self._bucket.ask(self._jetstream.delete_consumer(self._bucket._stream, self._consumer))

    @property
    def waiting(self) -> bool:
        """Whether changes have arrived that were not taken yet."""
        return self._some.is_set()

    async def take(self) -> list[Change]:
        """
        Take all changes that have arrived, waiting for some, but only for a few seconds: there may be none.

        Raises:
            Away: The connection is broken, the servers are silent, or a change was lost on the way.
        """
        try:
            async with asyncio.timeout(_SILENCE):
                await self._bucket.ask(self._some.wait())
        except TimeoutError:
            raise Away from None
        self._some.clear()
        arrived, self._arrived = self._arrived, []
        found = [await self._read(message) for message in arrived]
        return [change for change in found if change is not None and change.key.startswith(self._prefix)]

    async def _arrive(self, message: Msg) -> None:
        self._arrived.append(message)
        self._some.set()

    async def _read(self, message: Msg) -> Change | None:
        headers = message.headers or {}
        if headers.get(api.Header.STATUS):
            await self._control(message, headers)
            return None
        at = message.metadata
        if at.sequence.consumer != self._taken + 1:
            raise Away
        self._taken += 1
        self.behind = at.num_pending > 0
        subject = message.subject.removeprefix(self._bucket._prefix)
        return Change(key_of(subject), message.data, _version(headers), at.sequence.stream, at.timestamp)

    async def _control(self, message: Msg, headers: dict[str, str]) -> None:
        """A sign of life, which says what was delivered so far; or a question whether we can keep up."""
        stalled = headers.get(api.Header.CONSUMER_STALLED)
        # Answered only when all before it was taken: so no more is on its way than fits into memory.
        for reply in filter(None, (message.reply, stalled)):
            await self._bucket.ask(self._client.publish(reply))
        delivered = headers.get(api.Header.LAST_CONSUMER)
        if delivered is None:
            return
        if int(delivered) != self._taken:
            raise Away
        if not stalled:
            self.behind = False


@asynccontextmanager
async def connect(settings: Settings, name: str, *, makes_bucket: bool) -> AsyncIterator[Bucket]:
    """
    Connect to the bucket of these settings.

    Args:
        name: Under which the servers show this connection.
        makes_bucket: Whether to make the bucket if it is missing.

    Raises:
        Unreachable: It cannot be reached; says why.
    """
    client = Client()
    broken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    troubles: list[Exception] = []

    async def on_error(error: Exception) -> None:
        troubles[:] = [error]
        if "permissions violation" in str(error).lower():
            log.error("feed.forbidden", reason=str(error), remedy=_REMEDIES["permissions violation"])

    async def on_closed() -> None:
        cause = troubles[0] if troubles else client.last_error
        if not broken.done():
            broken.set_result("closed by the server" if cause is None else _text(cause))

    async def begin() -> api.StreamInfo:
        await client.connect(
            **_options(settings),
            name=name,
            error_cb=on_error,
            closed_cb=on_closed,
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=_CONNECT_WITHIN,
            ping_interval=_PING_EVERY,
            pending_size=0,
        )
        return await _open(client, settings, makes_bucket)

    beginning = asyncio.create_task(begin())  # in a task of its own, as in `Bucket.ask`
    try:
        await asyncio.wait({beginning})
        try:
            info = beginning.result()
        except (OSError, nats.errors.Error, TimeoutError, ValueError) as error:
            cause = troubles[0] if troubles and isinstance(error, nats.errors.NoServersError) else error
            raise Unreachable(_text(cause), _remedy(cause)) from None
        yield Bucket(client, settings.feed_bucket, info, broken)
    finally:
        _give_up(beginning)
        try:
            # The client flushes before it closes, which takes for ever where the server reads no more.
            await asyncio.wait({beginning}, timeout=_CLOSE_WITHIN)
            await asyncio.wait({asyncio.create_task(client.close())}, timeout=_CLOSE_WITHIN)
        finally:
            for subscription in client._subs.values():  # what is left where closing fails half-way
                subscription._stop_processing()
            broken.cancel()


def _give_up(task: asyncio.Task[Any]) -> None:
    """Cancel a task, if it still runs; nobody asks what it came to."""
    task.cancel()
    task.add_done_callback(lambda task: task.cancelled() or task.exception())


async def _open(client: Client, settings: Settings, makes_bucket: bool) -> api.StreamInfo:
    jetstream = _jetstream(client)
    if _wants_tls(settings) and not client._server_info.get("tls_required"):
        # The client takes TLS where the server offers it, and does without otherwise.
        raise Unreachable("the server offers no TLS", "give it a certificate, or use nats:// in feed")
    try:
        return await jetstream.stream_info(_stream_of(settings.feed_bucket))
    except NotFoundError:
        if not makes_bucket:
            raise Unreachable(
                f"there is no bucket {settings.feed_bucket}", "start a process with the control role: it makes it"
            ) from None
    await jetstream.create_key_value(
        bucket=settings.feed_bucket, history=1, replicas=settings.feed_replicas, storage=api.StorageType.FILE
    )
    log.info("feed.bucket_made", bucket=settings.feed_bucket, replicas=settings.feed_replicas)
    return await jetstream.stream_info(_stream_of(settings.feed_bucket))


def _options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {"servers": list(settings.feed)}
    if settings.feed_credentials:
        options["user_credentials"] = settings.feed_credentials
    if _wants_tls(settings):
        options["tls"] = ssl.create_default_context(cafile=settings.feed_ca or None)
        if settings.feed_certificate:
            options["tls"].load_cert_chain(settings.feed_certificate, settings.feed_key or None)
    return options


def _wants_tls(settings: Settings) -> bool:
    return any(url.startswith("tls://") for url in settings.feed)


def _jetstream(client: Client) -> JetStreamContext:
    return client.jetstream(timeout=_REPLY_WITHIN)


def _stream_of(bucket: str) -> str:
    return f"KV_{bucket}"


def _version_of(client: Client) -> str:
    version = client.connected_server_version
    return f"{version.major}.{version.minor}.{version.patch}"


def _version(headers: dict[str, str] | None) -> int | None:
    """The version of a value, 0 if it was put by hand and has none; None for a deletion."""
    headers = headers or {}
    if headers.get(_OPERATION):
        return None
    text = headers.get(_VERSION, "")
    return int(text) if text.isdecimal() else 0


_HUNG_UP = "look at the servers' log: they may ask for a certificate (feed_certificate, feed_key)"

# What the text of an error contains, and what to do about it. Whoever hangs up is noticed in one of three ways.
_REMEDIES = {
    "permissions violation": "docs/guides/clusters.md lists what each role may publish and subscribe to",
    "authorization": "look at feed_credentials, or at USER:PASSWORD@ in feed",
    "certificate": "look at feed_ca, feed_certificate and feed_key",
    "ssl": "look at feed_ca, feed_certificate and feed_key, and whether feed should say tls:// or nats://",
    "connection lost": _HUNG_UP,
    "connection reset": _HUNG_UP,
    "broken pipe": _HUNG_UP,
    "jetstream": "start the servers with JetStream (nats-server -js), and allow it for this account; of several, "
    "more than half have to run",
}


def _remedy(error: Exception) -> str:
    text = _text(error).lower()
    return next((remedy for part, remedy in _REMEDIES.items() if part in text), "look at feed, and at the servers")


def _text(error: Exception) -> str:
    if isinstance(error, NoStreamResponseError | ServiceUnavailableError):
        return getattr(error, "description", None) or "no JetStream answers"
    if isinstance(error, TimeoutError):
        return "no answer from JetStream" if isinstance(error, nats.errors.TimeoutError) else "no answer"
    return str(error).removeprefix("nats: ") or type(error).__name__
