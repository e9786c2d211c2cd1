"""What a browser loads before it shows a page of the console."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "src" / "meridian" / "console_dist"
MOST = 600_000  # octets, compressed
PAGES = sorted(file.stem for file in (ROOT / "console" / "src" / "pages").glob("*.tsx"))


@cache
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((BUILT / ".vite" / "manifest.json").read_text())
    return found


def first_load(page: str) -> set[str]:
    """The files of a page that are loaded before it is drawn, those of the frame around it among them."""
    files: set[str] = set()
    seen: set[str] = set()
    due = ["index.html", f"src/pages/{page}.tsx"]
    while due:
        name = due.pop()
        chunk = manifest().get(name)
        if chunk is None or name in seen:
            continue
        seen.add(name)
        files |= {chunk["file"], *chunk.get("css", ())}
        due += chunk.get("imports", ())
    return files


def size(file: str) -> int:
    """The octets that the server sends of a file."""
    compressed = BUILT / f"{file}.gz"
    return (compressed if compressed.is_file() else BUILT / file).stat().st_size


@pytest.mark.parametrize("page", PAGES)
def test_the_first_load_of_a_page(page: str) -> None:
    """Less than 600 kB compressed, whichever page is opened first."""
    files = first_load(page)
    total = sum(map(size, files))
    assert total < MOST, f"{page} loads {total} octets: {sorted(files)}"


def test_what_few_pages_show_is_loaded_by_them_alone() -> None:
    """The canvas by the pages that draw trees, and the world's shapes by none before a map is opened."""
    holders = {"canvas": "react-flow__", "world": '"arcs":[[[', "charts": "u-legend"}
    found = {
        what: {
            page
            for page in PAGES
            if any(mark in (BUILT / file).read_text() for file in first_load(page) if file.endswith(".js"))
        }
        for what, mark in holders.items()
    }
    assert found["canvas"] == {"policy-editor", "policy-compare"}
    assert found["world"] == set()
    assert found["charts"] <= {"overview", "check"}
