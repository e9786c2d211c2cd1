"""JSON with places: pointers lead to lines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.changes.json_text import BadJson, lines, pointer, read, with_strings

TEXT = '{\n "a": [1,\n  {"b/c": 2, "~": "}]"}\n ],\n "a~": null\n}'


def test_lines_of_values() -> None:
    """A member stands where its name does; `/` and `~` are escaped (RFC 6901 §3)."""
    wanted = ["", "/a", "/a/0", "/a/1", "/a/1/b~1c", "/a/1/~0", "/a~0", "/a/2", "/x/y"]
    assert lines(TEXT, wanted) == {"": 1, "/a": 2, "/a/0": 2, "/a/1": 3, "/a/1/b~1c": 3, "/a/1/~0": 3, "/a~0": 5}


def test_members_that_come_twice() -> None:
    """The last one counts, and that there were several is known."""
    found = read('{"a": 1, "b": 2, "a": 3}')
    assert found == {"a": 3, "b": 2}
    assert found.repeated == ("a",)
    assert lines('{"a": 1,\n"a": 3}', ["/a"])["/a"] == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [("", 1), ("{", 1), ('{"a":\n\n}', 3), ("[NaN]", 1), ("[1e5, Infinity]", 1), ("[" * 100_000, 1), ("1" * 5000, 1)],
)
def test_what_is_no_json(text: str, line: int) -> None:
    """Told with a line, whatever is wrong."""
    with pytest.raises(BadJson) as bad:
        read(text)
    assert bad.value.line == line


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES, st.sampled_from([None, 1]))
def test_every_value_is_found(value: Any, indent: int | None) -> None:
    """Lines never fall as one reads on, and with an indent each value has the line that it was written to."""
    text = json.dumps(value, indent=indent)
    pointers = list(walk(value, ""))
    found = lines(text, pointers)
    assert found.keys() == {"", *pointers}
    assert [found[each] for each in pointers] == sorted(found[each] for each in pointers)
    if indent:
        assert max(found.values()) <= text.count("\n") + 1
        assert len({found[each] for each in pointers if each}) == len([each for each in pointers if each])


def walk(value: Any, here: str) -> list[str]:
    pairs = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [here] + [each for key, inner in pairs for each in walk(inner, here + pointer(key))]


@given(VALUES, st.sampled_from([None, 1]), st.text(), st.data())
def test_a_string_is_replaced_and_nothing_else(
    value: Any, indent: int | None, string: str, data: st.DataObject
) -> None:
    """The text around it stays as it is, and what is read has the other string there."""
    text = json.dumps(value, indent=indent)
    places = [each for each in walk(value, "") if isinstance(at(value, each), str)]
    chosen = data.draw(st.sampled_from(places)) if places else None
    found = with_strings(text, {} if chosen is None else {chosen: string})
    if chosen is None:
        assert found == text
        return
    assert at(read(found), chosen) == string
    assert with_strings(found, {chosen: at(value, chosen)}) == with_strings(text, {chosen: at(value, chosen)})


def at(value: Any, place: str) -> Any:
    for part in place.split("/")[1:]:
        value = value[int(part) if isinstance(value, list) else part.replace("~1", "/").replace("~0", "~")]
    return value
