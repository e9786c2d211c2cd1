"""
The feed's keys as keys of a NATS key-value bucket, and back.

    zone/Z1/shard/16.3        ↔  zone.Z1.shard.16=2E3
    outside/www.example./A    ↔  outside.www=2Eexample=2E.A

What stands between slashes becomes a token between dots, since NATS filters by whole tokens. In a
token, an octet that is no letter, digit, hyphen or underscore is `=` and two hexadecimal digits; a
token of no octets is `=` alone.
"""

from __future__ import annotations

import re
from string import ascii_letters, digits

_PLAIN = frozenset((ascii_letters + digits + "-_").encode())
_ESCAPED = re.compile(rb"=([0-9A-F]{2})")
_EMPTY = "="


def subject_of(key: str) -> str:
    """The bucket's key for a key of the feed."""
    return ".".join(map(_token, key.split("/")))


def key_of(subject: str) -> str:
    """The key of the feed that `subject_of` was given."""
    return "/".join(map(_part, subject.split(".")))


def filter_of(prefix: str) -> str:
    """A filter that lets through, among others, every key that begins with `prefix`."""
    whole, slash, _ = prefix.rpartition("/")
    return f"{subject_of(whole)}.>" if slash else ">"


def _token(part: str) -> str:
    return "".join(chr(octet) if octet in _PLAIN else f"={octet:02X}" for octet in part.encode()) or _EMPTY


def _part(token: str) -> str:
    if token == _EMPTY:
        return ""
    return _ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), token.encode()).decode()
