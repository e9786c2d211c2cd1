"""The console's files, and its types of the API's operations."""

from __future__ import annotations

import asyncio
import gzip
import importlib.machinery
import importlib.util
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from meridian import console
from meridian._engine import Engine

ROOT = Path(__file__).parent.parent


def test_types_of_operations_are_those_of_the_service_model() -> None:
    """`scripts/console-types` would write what is there."""
    loader = importlib.machinery.SourceFileLoader("console_types", str(ROOT / "scripts/console-types"))
    spec = importlib.util.spec_from_loader("console_types", loader)
    assert spec is not None
    types = importlib.util.module_from_spec(spec)
    loader.exec_module(types)

    assert types.written() == types.TARGET.read_text()


def test_the_overview_draws_what_the_engine_counts() -> None:
    """Each counter that the console's overview shows as replies is one of the engine's."""
    source = (ROOT / "console/src/overview/overview.ts").read_text()
    replies = source.partition("const REPLIES")[2].partition("};")[0]
    shown = set(re.findall(r"^  (\w+): ", replies, re.MULTILINE))

    assert len(shown) > 5
    assert shown <= Engine().counters().keys()


class Client:
    """Asks an application without a socket."""

    def __init__(self, folder: Path) -> None:
        self._transport = httpx.ASGITransport(Starlette(routes=console.routes(folder)))

    def get(self, path: str, **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            client = httpx.AsyncClient(transport=self._transport, base_url="http://t", follow_redirects=True)
            async with client:
                return await client.get(path, headers=headers)

        return asyncio.run(ask())


@pytest.fixture
def built(tmp_path: Path) -> Client:
    """A console of two files, and one of them compressed as well."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-abc.js").write_text("let one;" * 200)
    (tmp_path / "assets" / "index-abc.js.gz").write_bytes(gzip.compress(b"let one;" * 200))
    (tmp_path / "assets" / "small-abc.js").write_text("1")
    (tmp_path / "index.html").write_text("<title>Meridian</title>")
    return Client(tmp_path)


@pytest.mark.parametrize("path", ["/console/", "/console/zones/Z1", "/console", "/"])
def test_every_path_is_a_page_of_the_console(built: Client, path: str) -> None:
    """A link to any view opens it; pages are asked for anew, and nothing runs in them that is not ours."""
    reply = built.get(path)

    assert "Meridian" in reply.text
    assert reply.headers["Cache-Control"] == "no-cache"
    assert "script-src" not in reply.headers["Content-Security-Policy"]
    assert "default-src 'self'" in reply.headers["Content-Security-Policy"]


def test_assets_are_good_for_ever(built: Client) -> None:
    """Their names change with what they hold; what is not there is not there."""
    assert "immutable" in built.get("/console/assets/index-abc.js").headers["Cache-Control"]
    assert built.get("/console/assets/other.js").status_code == 404


@pytest.mark.parametrize(
    ("path", "accepted", "encoding"),
    [
        ("/console/assets/index-abc.js", "gzip, deflate, br", "gzip"),
        ("/console/assets/index-abc.js", "identity", None),
        ("/console/assets/small-abc.js", "gzip", None),
    ],
)
def test_assets_are_sent_compressed_to_who_takes_that(
    built: Client, path: str, accepted: str, encoding: str | None
) -> None:
    """RFC 9110 §12.5.3: the smaller file where there is one, as the same type, and caches keep the two apart."""
    reply = built.get(path, **{"Accept-Encoding": accepted})

    assert reply.headers.get("Content-Encoding") == encoding
    assert (reply.headers["Content-Type"].partition(";")[0], reply.headers["Vary"]) == (
        "text/javascript",
        "Accept-Encoding",
    )
    assert "immutable" in reply.headers["Cache-Control"]
    assert reply.text == ("1" if "small" in path else "let one;" * 200)


def test_without_a_build_it_says_how_to_build(tmp_path: Path) -> None:
    """A checkout that was never built is no riddle."""
    reply = Client(tmp_path).get("/console/")

    assert (reply.status_code, "make console" in reply.text) == (404, True)
