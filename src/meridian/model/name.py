"""Domain names as Route 53 reads, keeps and shows them (R-NAM-1..9, R-LST-1)."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

import msgspec

# Octets that the API shows as they are; every other octet is shown as \ooo (R-NAM-5).
_PLAIN = b"abcdefghijklmnopqrstuvwxyz0123456789-_"
_ESCAPED = [chr(b) if b in _PLAIN else f"\\{b:03o}" for b in range(256)]
_OCTAL = re.compile(r"[0-3][0-7][0-7]")
_SIMPLE = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")

MAX_LABEL = 63  # octets, RFC 1035 §2.3.4
MAX_NAME = 255  # octets in wire form, RFC 1035 §2.3.4

_ROOT_HASH = 0xCBF29CE484222325
_GOLDEN = 0x9E3779B97F4A7C15
_MASK = 0xFFFFFFFFFFFFFFFF
_NAMES_ABOVE = 4096  # names whose share of sort keys and hashes is remembered: many names have the same above them


class BadName(ValueError):
    """A domain name that cannot be. `code` and `explanation` are the API's own words (R-NAM-9)."""

    code = "UnsupportedCharacter"
    explanation = "Value contains unsupported characters"


class NameEmpty(BadName):
    """A label without octets, or no name at all."""

    code = "DomainNameEmpty"
    explanation = "Domain name is empty"


class LabelTooLong(BadName):
    """A label of more than 63 octets."""

    code = "DomainLabelTooLong"
    explanation = "Domain label is too long"


class NameTooLong(BadName):
    """A name of more than 255 octets."""

    code = "DomainNameTooLong"
    explanation = "Domain name is too long"


class UnsupportedCharacter(BadName):
    """An octet that must be written as an escape, or an escape that is none."""


class Name(msgspec.Struct, frozen=True, dict=True, cache_hash=True):
    """
    An absolute domain name in lower case.

    Attributes:
        labels: The labels, leftmost first, each of 1 to 63 octets, lower case; the root has none.
    """

    labels: tuple[bytes, ...]

    @cached_property
    def text(self) -> str:
        """The name as the API shows it: escaped, with the final dot (R-NAM-2, R-NAM-5)."""
        return "".join(_shown(label) + "." for label in self.labels) or "."

    @cached_property
    def wire(self) -> bytes:
        """The name in wire form, uncompressed, with the root label."""
        return b"".join([bytes((len(label),)) + label for label in self.labels]) + b"\0"

    @cached_property
    def sort_key(self) -> str:
        """Labels reversed, escaped, each followed by a dot; compare as bytes (R-LST-1, R-LST-2)."""
        return _sort_key(self.labels[1:]) + _shown(self.labels[0]) + "." if self.labels else ""

    @property
    def parent(self) -> Name:
        """The name without its leftmost label. The root has no parent: ask `labels` first."""
        return Name(self.labels[1:])

    @property
    def is_wildcard(self) -> bool:
        """Whether the leftmost label is `*` and nothing else (R-WLD-1)."""
        return bool(self.labels) and self.labels[0] == b"*"

    def is_at_or_below(self, other: Name) -> bool:
        """Tell whether this name equals `other` or lies under it."""
        return len(self.labels) >= len(other.labels) and (
            not other.labels or self.labels[-len(other.labels) :] == other.labels
        )

    def between(self, apex: Name) -> list[Name]:
        """The names strictly between this one and `apex`, nearest first: its possible empty non-terminals."""
        return [Name(self.labels[i:]) for i in range(1, len(self.labels) - len(apex.labels))]

    @cached_property
    def slot(self) -> int:
        """
        Where the name lives in a zone, 0 to 4095.

        A zone of 2**k shards keeps it in shard `slot >> (12 - k)`. The engine computes the same
        number (`engine/core/src/name.rs`), label by label from the root, so that one pass hashes
        a name and all its ancestors: each label with its length octet, in little-endian words of
        eight octets.
        """
        return slot_of(self.labels)

    def __str__(self) -> str:
        return self.text


ROOT = Name(())


def parse(text: str) -> Name:
    r"""
    Read a name as the API takes it: absolute with or without the final dot, `\ooo` escapes in octal.

    Raises:
        BadName: One of its four kinds, with the API's code and words (R-NAM-9).
    """
    if _SIMPLE.fullmatch(text):
        if len(text) + (1 if text.endswith(".") else 2) > MAX_NAME:  # octets in wire form
            raise NameTooLong(text)
        return Name(tuple(text.rstrip(".").lower().encode("ascii").split(b".")))
    if text == ".":
        return ROOT
    if not text:
        raise NameEmpty(text)
    labels = [_label(part, text) for part in _split(text)]
    name = Name(tuple(labels))
    if len(name.wire) > MAX_NAME:
        raise NameTooLong(text)
    return name


def simple_wire(text: str) -> bytes | None:
    """The wire form of a name that is of letters, digits, `-` and `_` alone, as `parse` reads it; None for all else."""
    if not _SIMPLE.fullmatch(text):
        return None
    labels = text.rstrip(".").lower().encode("ascii").split(b".")
    wire = b"".join([bytes((len(label),)) + label for label in labels]) + b"\0"
    return wire if len(wire) <= MAX_NAME else None


def from_wire(wire: bytes) -> Name:
    """Read an uncompressed wire-form name that this program has written itself."""
    lower = wire.lower()  # lengths are below 64 and no letters
    labels = []
    at = 0
    while length := lower[at]:
        at += 1
        labels.append(lower[at : at + length])
        at += length
    name = Name(tuple(labels))
    vars(name)["wire"] = lower  # what `wire` would put there: most names that are read are asked for it
    return name


def plain(name: Name) -> str:
    """The name for people: `*` and `@` as themselves, only what would mislead is escaped."""
    return name.text.replace("\\052", "*").replace("\\100", "@").replace("\\057", "/")


@lru_cache(_NAMES_ABOVE)
def _sort_key(labels: tuple[bytes, ...]) -> str:
    return "".join(_shown(label) + "." for label in reversed(labels))


def slot_of(labels: tuple[bytes, ...]) -> int:
    """The `slot` of a name with these labels, without keeping it: for millions of names that are sorted once."""
    h = _hash(labels)
    return (((h ^ (h >> 32)) * _GOLDEN) & _MASK) >> 52


def _hash(labels: tuple[bytes, ...]) -> int:
    if not labels:
        return _ROOT_HASH
    h = _hash_above(labels[1:])
    octets = bytes((len(labels[0]),)) + labels[0]
    for at in range(0, len(octets), 8):
        h = ((h ^ int.from_bytes(octets[at : at + 8], "little")) * _GOLDEN) & _MASK
        h ^= h >> 32
    return h


_hash_above = lru_cache(_NAMES_ABOVE)(_hash)


def _shown(label: bytes) -> str:
    if not label.translate(None, _PLAIN):
        return label.decode("ascii")
    return "".join(map(_ESCAPED.__getitem__, label))


def _split(text: str) -> list[str]:
    return (text[:-1] if text.endswith(".") else text).split(".")


def _label(part: str, whole: str) -> bytes:
    if not part:
        raise NameEmpty(whole)
    octets = bytearray()
    at = 0
    while at < len(part):
        char = part[at]
        if char == "\\":
            if not _OCTAL.match(part, at + 1):
                raise UnsupportedCharacter(whole)
            octets.append(int(part[at + 1 : at + 4], 8))
            at += 4
        elif "!" <= char <= "~":
            octets.append(ord(char))
            at += 1
        else:
            raise UnsupportedCharacter(whole)
    if len(octets) > MAX_LABEL:
        raise LabelTooLong(whole)
    return bytes(octets).lower()
