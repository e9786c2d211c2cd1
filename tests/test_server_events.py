from __future__ import annotations

import pytest

from meridian.server_events import ServerEvent, read_events


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (": comment\n\nretry: 2000\n\n", []),
        ("data: a\n\n", [("0", "message", "a")]),
        ("id: 7\nevent: flip\ndata: {}\n\n", [("7", "flip", "{}")]),
        ("id:7\r\nevent:flip\r\ndata:{}\r\n\r\n", [("7", "flip", "{}")]),
        ("data: a\ndata:  b\n\n", [("0", "message", "a\n b")]),
        ("id: 7\n\ndata: a\n\n", [("7", "", ""), ("7", "message", "a")]),  # an id holds for those that follow
        ("data: a: b\n\nid: 8\nevent: x\ndata\n\n", [("0", "message", "a: b"), ("8", "x", "")]),
        ("data: a\n\ndata: unfinished\n", [("0", "message", "a")]),
    ],
)
def test_events(text: str, expected: list[tuple[str, str, str]]) -> None:
    """As the standard has them."""
    lines = text.encode().splitlines(keepends=True)
    assert list(read_events(lines, "0")) == [ServerEvent(*each) for each in expected]
