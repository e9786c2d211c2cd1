"""Texts with wildcards, as IAM policies have them: `*` for any text, `?` for any one character."""

from __future__ import annotations

import re

Pattern = tuple[str, ...]
"""Characters of their own, and the two wildcards `ANY` and `ONE`, which no character is."""

ANY = "any text"
ONE = "any character"

_WILDCARDS = {"*": ANY, "?": ONE}
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def compile_pattern(text: str, *, variables: bool) -> Pattern:
    """
    Read a pattern.

    Args:
        variables: Whether `${*}`, `${?}` and `${$}` stand for these characters themselves; else it is all text.

    Raises:
        ValueError: Another variable, whose value is not known here.
    """
    found: list[str] = []
    position = 0
    while position < len(text):
        variable = _VARIABLE.match(text, position) if variables else None
        if variable is None:
            found.append(_WILDCARDS.get(text[position], text[position]))
            position += 1
            continue
        if variable[1] not in ("*", "?", "$"):
            raise ValueError(f"the variable {variable[0]} is not known here; there are ${{*}}, ${{?}} and ${{$}}")
        found.append(variable[1])
        position = variable.end()
    return tuple(found)


def matches(pattern: Pattern, text: str) -> bool:
    """
    Tell whether a pattern is all of a text.

    Steps are at most the product of both lengths, whatever the pattern: only the last `ANY` is ever widened.
    """
    at = position = 0
    star, held = -1, 0  # the last ANY passed, and up to where it reaches
    while position < len(text):
        if at < len(pattern) and pattern[at] in (ONE, text[position]):
            at, position = at + 1, position + 1
        elif at < len(pattern) and pattern[at] == ANY:
            star, held, at = at, position, at + 1
        elif star >= 0:
            held += 1
            at, position = star + 1, held
        else:
            return False
    return all(part == ANY for part in pattern[at:])
