"""
Webhooks: every event is posted to each URL, signed, in order, at least once.

The history is the queue: it is bounded, outlives a restart, and a receiver that is away for an hour
costs nobody anything. How far each URL has got stands beside it (`store.webhook`), and one control
plane at a time delivers to a URL. Message and signature are those of Standard Webhooks
(https://www.standardwebhooks.com), for which there are receivers in every language.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import msgspec
import structlog

from meridian.clock import Clock
from meridian.errors import SettingsError
from meridian.feed.turns import forever
from meridian.model.health_event import HealthEvent, timestamp, told
from meridian.notify.tail import Tail
from meridian.store import health_event, webhook
from meridian.store.database import Database

log = structlog.get_logger()

WORTH_TELLING = timedelta(days=1)  # older events are not delivered any more
_PATIENCE = 10.0  # seconds for one attempt
_LONGEST_PAUSE = 60.0  # seconds between two attempts
_HELD = timedelta(seconds=90)  # more than an attempt and a pause
_LOOK_EVERY = 20.0  # seconds between looks at what another control plane holds
_PREFIX = "whsec_"
_KEY_SIZES = range(24, 65)  # octets, of Standard Webhooks


class Message(msgspec.Struct, frozen=True):
    """What is posted."""

    id: str
    body: bytes


def read_secret(text: str) -> bytes:
    """
    Read a secret as Standard Webhooks write it: `whsec_` and 24 to 64 octets in Base64.

    Raises:
        SettingsError: It is something else.
    """
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not text.startswith(_PREFIX) or len(key) not in _KEY_SIZES:
        makes = 'echo "whsec_$(openssl rand -base64 32)" makes one'
        raise SettingsError(f"webhook_secrets: not whsec_ and 24 to 64 octets in Base64; {makes}")
    return key


def shown(url: str) -> str:
    """A URL without what may be secret in it, for logs and metrics: `https://hooks.example.net`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


def message(event: HealthEvent, name: str) -> Message:
    """
    The message that tells of an event.

    Args:
        name: Of the check; empty if it has none.
    """
    content = {"type": f"health_check.{event.kind}", "timestamp": timestamp(event.at), "data": told(event, name)}
    return Message(f"health_event_{event.id}", msgspec.json.encode(content))


def headers(message: Message, keys: Sequence[bytes], now: datetime) -> dict[str, str]:
    """A message's headers: its id, when it was sent, in seconds since 1970, and a signature by each key."""
    seconds = str(int(now.timestamp()))
    signed = f"{message.id}.{seconds}.".encode() + message.body
    signatures = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Meridian",
        "webhook-id": message.id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


class Webhooks:
    """
    Delivers the history to every URL.

    Args:
        keys: Every message is signed with each: one, or two while one is being replaced.
        name: Of this control plane, the same after a restart, so that it goes on at once.
        first_pause: Seconds before a message is posted again; they double with each failure, up to a minute.
    """

    def __init__(
        self,
        database: Database,
        tail: Tail,
        clock: Clock,
        urls: Sequence[str],
        keys: Sequence[bytes],
        name: str,
        first_pause: float = 1.0,
    ) -> None:
        self._database = database
        self._tail = tail
        self._clock = clock
        self._urls = urls
        self._keys = keys
        self._first_pause = first_pause
        self._name = name

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with httpx.AsyncClient(timeout=_PATIENCE) as client, asyncio.TaskGroup() as tasks:
            for url in self._urls:
                tasks.create_task(forever(partial(self._serve, client, url)))

    async def _serve(self, client: httpx.AsyncClient, url: str) -> None:
        """Deliver to one URL: each event when those before it have arrived."""
        await asyncio.to_thread(self._start, url)
        failures = 0
        while True:
            look = await asyncio.to_thread(self._look, url)
            if look.event is None:
                await self._tail.beyond(look.newest, _LOOK_EVERY)
            elif await self._post(client, url, message(look.event, look.name), failures):
                await asyncio.to_thread(self._advance, url, look.event.id)
                failures = 0
            else:
                failures += 1
                await asyncio.sleep(self._pause(failures))

    async def _post(self, client: httpx.AsyncClient, url: str, message: Message, failures: int) -> bool:
        """Post a message once; tell whether it was taken: a status of 2xx."""
        try:
            async with asyncio.timeout(_PATIENCE):
                headers_now = headers(message, self._keys, self._clock.now())
                async with client.stream("POST", url, content=message.body, headers=headers_now) as reply:
                    if reply.is_success:
                        return True
                    reason = f"status {reply.status_code}"
        except (httpx.HTTPError, TimeoutError) as error:
            reason = f"{type(error).__name__}: {error}"
        again = self._pause(failures + 1)
        log.warning("webhook.failed", webhook=shown(url), message=message.id, reason=reason, again_in_s=again)
        return False

    def _pause(self, failures: int) -> float:
        return min(self._first_pause * 2.0 ** min(failures - 1, 10), _LONGEST_PAUSE)

    def _start(self, url: str) -> None:
        with self._database.write() as conn:
            webhook.start(conn, url)

    def _look(self, url: str) -> _Look:
        """The event to deliver next; none where there is none, or another control plane delivers."""
        with self._database.read() as conn:
            position, newest = webhook.delivered(conn, url), health_event.newest(conn)
        if position is None or position >= newest:
            return _Look(newest)
        now = self._clock.now()
        with self._database.write() as conn:
            position = webhook.hold(conn, url, self._name, now, now + _HELD)
            if position is None:
                return _Look(newest)
            old, last = health_event.count_before(conn, position, now - WORTH_TELLING)
            if old:
                log.error("webhook.given_up", webhook=shown(url), events=old, reason="they are a day old")
                webhook.advance(conn, url, last)
            for event in health_event.after(conn, max(position, last), 1):
                return _Look(newest, event, health_event.names(conn, [event]).get(event.check_id, ""))
        return _Look(newest)

    def _advance(self, url: str, event_id: int) -> None:
        with self._database.write() as conn:
            webhook.advance(conn, url, event_id)


class _Look(NamedTuple):
    """What the history holds for a URL: the number of the last event, and the one to deliver with its check's name."""

    newest: int
    event: HealthEvent | None = None
    name: str = ""
