from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from meridian.errors import SettingsError
from meridian.model.health_event import HealthEvent
from meridian.notify.tail import Tail
from meridian.notify.webhook import Message, Webhooks, headers, message, read_secret, shown
from meridian.store import health_event, tag, webhook
from meridian.store.database import Database
from tests.fakes.receiver import Posted, Receiver
from tests.notify.conftest import Store, eventually, running

KEYS = [bytes(range(32)), bytes(range(32, 64))]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


def parts(store: Store, *urls: str, database: Database | None = None, name: str = "a") -> tuple[Tail, Webhooks]:
    tail = Tail(database or store.database)
    return tail, Webhooks(database or store.database, tail, store.clock, urls, KEYS, name, first_pause=0.01)


def flip(store: Store, check: str, *states: bool) -> None:
    with store.database.write() as conn:
        for healthy in states:
            assert health_event.flip(conn, check, store.clock.now(), healthy, "2 of 3 see it")


def ids(posted: list[Posted]) -> list[int]:
    return [json.loads(each.body)["data"]["id"] for each in posted]


def delivered(store: Store, url: str) -> int | None:
    with store.database.read() as conn:
        return webhook.delivered(conn, url)


def test_signature_by_hand() -> None:
    """The signature is that of the Standard Webhooks specification, worked out here once more, by each key."""
    event = HealthEvent(7, "a", "c", datetime(2026, 1, 2, tzinfo=UTC), "flip", False, "why")
    posted = message(event, "shop")
    told = headers(posted, KEYS, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    seconds = "1767323045"
    expected = [
        base64.b64encode(hmac.new(key, b"health_event_7.1767323045." + posted.body, hashlib.sha256).digest()).decode()
        for key in KEYS
    ]
    assert told["webhook-id"] == "health_event_7"
    assert told["webhook-timestamp"] == seconds
    assert told["webhook-signature"] == f"v1,{expected[0]} v1,{expected[1]}"
    content = json.loads(posted.body)
    assert (content["type"], content["timestamp"]) == ("health_check.flip", "2026-01-02T00:00:00.000Z")
    assert content["data"]["check_name"] == "shop"


def test_signature_of_the_specification() -> None:
    """The example of the specification comes out as it stands there."""
    key = read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    given = Message("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}')
    told = headers(given, [key], datetime.fromtimestamp(1614265330, UTC))
    assert told["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_verification_by_hand() -> None:
    """The receiver of the guide takes what we send, by either secret, and nothing that was touched or is old."""
    guide = Path(__file__).parents[2] / "docs" / "guides" / "health-checks.md"
    (code,) = re.findall(r"```python\n(.*?)```", guide.read_text(), re.DOTALL)
    scope: dict[str, Any] = {}
    exec(code, scope)
    verify: Callable[[str, dict[str, str], bytes], bool] = scope["verify"]
    now = datetime.now(UTC)
    posted = message(HealthEvent(7, "a", "c", now, "flip", False, "why"), "shop")
    told = headers(posted, KEYS, now)
    for key in KEYS:
        secret = "whsec_" + base64.b64encode(key).decode()
        assert verify(secret, told, posted.body)
        assert not verify(secret, told, posted.body.replace(b"false", b"true"))
        assert not verify(secret, {**told, "webhook-id": "health_event_8"}, posted.body)
        assert not verify(secret, headers(posted, KEYS, now - timedelta(minutes=6)), posted.body)
    assert not verify("whsec_" + base64.b64encode(bytes(32)).decode(), told, posted.body)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!", "whsec_" + "A" * 88]
)
def test_no_secret(secret: str) -> None:
    """A secret is whsec_ and 24 to 64 octets in Base64."""
    with pytest.raises(SettingsError, match=r"webhook_secrets: .*openssl rand"):
        read_secret(secret)


def test_url_in_logs() -> None:
    """What may be secret in a URL is not shown."""
    assert shown("https://user:pw@hooks.example.net/services/T0/xyz?token=1") == "https://hooks.example.net"
    assert shown("http://127.0.0.1:8080/x") == "http://127.0.0.1:8080"


def test_every_event_in_order(store: Store, receiver: Receiver) -> None:
    """All that happens is posted to each URL, in order, with the check's name and a fresh timestamp."""

    async def main() -> None:
        tail, webhooks = parts(store, f"{receiver.url}/a", f"{receiver.url}/b")
        check = store.add_check()
        with store.database.write() as conn:
            tag.put(conn, "healthcheck", check.id, {"Name": "shop"})
        flip(store, check.id, False)  # before they are known
        async with running(tail.run, webhooks.run):
            await eventually(lambda: all(delivered(store, f"{receiver.url}/{path}") is not None for path in "ab"))
            flip(store, check.id, True, False, True)
            await asyncio.to_thread(receiver.wait, 6)
        for path in ("/a", "/b"):
            posted = [each for each in receiver.taken if each.path == path]
            assert ids(posted) == [2, 3, 4]
            data = json.loads(posted[0].body)["data"]
            assert (data["check_id"], data["check_name"], data["healthy"]) == (check.id, "shop", True)
            for each in posted:
                now = datetime.fromtimestamp(int(each.headers["webhook-timestamp"]), UTC)
                assert now == store.clock.now()
                given = Message(each.headers["webhook-id"], each.body)
                assert each.headers["webhook-signature"] == headers(given, KEYS, now)["webhook-signature"]

    asyncio.run(main())


def test_receiver_away(store: Store, receiver: Receiver) -> None:
    """While a receiver refuses or is away nothing is lost or overtakes; others are not held up; a restart goes on."""

    async def main() -> None:
        with Receiver() as other:
            check = store.add_check()
            urls = [f"{receiver.url}/a", f"{other.url}/b"]
            tail, webhooks = parts(store, *urls)
            receiver.statuses = [500, 302, 404]
            async with running(tail.run, webhooks.run):
                await eventually(lambda: all(delivered(store, url) == 0 for url in urls))
                flip(store, check.id, False, True)
                await asyncio.to_thread(receiver.wait, 2, 3)
                assert ids(receiver.refused) == [1, 1, 1]
                assert ids(receiver.taken) == [1, 2]
                receiver.close()
                with capture_logs() as logs:
                    flip(store, check.id, False)
                    await asyncio.to_thread(other.wait, 3)
                    await eventually(lambda: sum(log["event"] == "webhook.failed" for log in logs) >= 3)
                pauses = [log["again_in_s"] for log in logs if log["event"] == "webhook.failed"][:3]
                assert pauses == [0.01, 0.02, 0.04]
            flip(store, check.id, True)  # while we are down, too
            receiver.open()
            tail, webhooks = parts(store, *urls)
            async with running(tail.run, webhooks.run):
                await asyncio.to_thread(receiver.wait, 4)
                await asyncio.to_thread(other.wait, 4)
            assert ids(receiver.taken) == [1, 2, 3, 4]
            assert ids(other.taken) == [1, 2, 3, 4]

    asyncio.run(main())


def test_old_news_is_no_news(store: Store, receiver: Receiver) -> None:
    """What happened more than a day ago is not delivered any more, and the log says so."""

    async def main() -> None:
        check = store.add_check()
        with store.database.write() as conn:
            webhook.start(conn, receiver.url)
        flip(store, check.id, False, True)
        store.clock.forward(timedelta(days=1, seconds=1).total_seconds())
        flip(store, check.id, False)
        tail, webhooks = parts(store, receiver.url)
        with capture_logs() as logs:
            async with running(tail.run, webhooks.run):
                await asyncio.to_thread(receiver.wait, 1)
        assert ids(receiver.taken) == [3]
        assert [log["events"] for log in logs if log["event"] == "webhook.given_up"] == [2]

    asyncio.run(main())


def test_one_control_plane_delivers(store: Store, receiver: Receiver) -> None:
    """Of two control planes with one database, one delivers, and the other takes over where it ended."""

    async def main() -> None:
        check = store.add_check()
        second = Database(store.url)
        first_parts, second_parts = parts(store, receiver.url), parts(store, receiver.url, database=second, name="b")
        async with running(*(part.run for part in second_parts)):
            async with running(*(part.run for part in first_parts)):
                await eventually(lambda: delivered(store, receiver.url) == 0)
                flip(store, check.id, *(number % 2 == 1 for number in range(40)))
                await eventually(lambda: delivered(store, receiver.url) == 40)
            assert ids(receiver.taken) == list(range(1, 41))
            store.clock.forward(91)
            flip(store, check.id, False)
            await asyncio.to_thread(receiver.wait, 41)
        assert ids(receiver.taken) == list(range(1, 42))
        second.close()

    asyncio.run(main())
