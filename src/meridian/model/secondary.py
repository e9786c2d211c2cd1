"""
Secondaries: name servers of others that take zones from ours, and the keys that both sides know (RFC 5936, RFC 8945).

The settings `secondaries` and `tsig_keys` say who they are.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_network
from typing import Any, NamedTuple, TypeVar

import msgspec

from meridian.errors import SettingsError
from meridian.model.cidr import Block
from meridian.model.name import BadName, Name, parse
from meridian.settings import Settings, split_address

ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512")

_PORT = 53
_SHORTEST_SECRET = 16  # octets: what cannot be guessed; RFC 8945 §8 advises as many as the MAC has

T = TypeVar("T")


class Address(NamedTuple):
    """Where a secondary listens."""

    host: str
    port: int


class TsigKey(msgspec.Struct, frozen=True):
    """A key that signs questions, answers and NOTIFY. `algorithm` is one of `ALGORITHMS`."""

    name: Name
    algorithm: str
    secret: bytes


class Secondary(msgspec.Struct, frozen=True):
    """
    Somebody who takes zones.

    Attributes:
        id: What the settings call it.
        addresses: Where it is told of changes (NOTIFY, RFC 1996).
        networks: Where it asks from: its addresses, and what is allowed besides; none: from anywhere, with its key.
        key: What it signs with, and what NOTIFY is signed with; None: nothing.
        zones: The zones it may take; none: all.
    """

    id: str
    addresses: tuple[Address, ...]
    networks: tuple[Block, ...]
    key: TsigKey | None
    zones: tuple[Name, ...]

    def has(self, zone: Name) -> bool:
        """Whether it may take the zone of this name."""
        return not self.zones or zone in self.zones


class Secondaries(NamedTuple):
    """All of them, and all keys."""

    keys: tuple[TsigKey, ...] = ()
    all: tuple[Secondary, ...] = ()

    def have(self, zone: Name) -> bool:
        """Whether any of them may take the zone of this name."""
        return any(secondary.has(zone) for secondary in self.all)


NOBODY = Secondaries()


def secondaries(settings: Settings) -> Secondaries:
    """
    Read the settings `tsig_keys` and `secondaries`.

    Raises:
        SettingsError: Something cannot be; names the setting and what would do, and tells no secret.
    """
    keys = {name: _key(f"tsig_keys.{name}", name, given) for name, given in settings.tsig_keys.items()}
    found = (_secondary(f"secondaries.{id}", id, given, keys) for id, given in settings.secondaries.items())
    return Secondaries(tuple(keys.values()), tuple(found))


def _key(where: str, name: str, given: Any) -> TsigKey:
    if not isinstance(given, Mapping) or "secret" not in given:
        raise SettingsError(f"{where}: give secret, and algorithm if it is not hmac-sha256, on lines of [{where}]")
    _only(where, given, ("algorithm", "secret"))
    algorithm = given.get("algorithm", ALGORITHMS[0])
    if algorithm not in ALGORITHMS:
        raise SettingsError(f"{where}.algorithm: '{algorithm}'; choose from {', '.join(ALGORITHMS)}")
    return TsigKey(_name(where, name), algorithm, _secret(f"{where}.secret", given["secret"]))


def _secret(where: str, text: Any) -> bytes:
    try:
        secret = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        secret = b""
    if len(secret) < _SHORTEST_SECRET:
        raise SettingsError(
            f"{where}: it is not {_SHORTEST_SECRET} octets or more in base64, such as `openssl rand -base64 32` prints"
        )
    return secret


def _secondary(where: str, id: str, given: Any, keys: Mapping[str, TsigKey]) -> Secondary:
    if not isinstance(given, Mapping) or not {"addresses", "networks", "key"} & given.keys():
        raise SettingsError(
            f"{where}: anybody could take zones; give addresses, networks or key on a line of [{where}]"
        )
    _only(where, given, ("addresses", "networks", "key", "zones"))
    key = given.get("key")
    if key is not None and key not in keys:
        known = ", ".join(keys) or "none"
        raise SettingsError(f"{where}.key: there is no key '{key}' in tsig_keys; there are: {known}")
    addresses = _list(f"{where}.addresses", given, _address)
    hosts = (ip_network(address.host) for address in addresses)
    return Secondary(
        id=id,
        addresses=addresses,
        networks=(*hosts, *_list(f"{where}.networks", given, _network)),
        key=None if key is None else keys[key],
        zones=_list(f"{where}.zones", given, _name),
    )


def _only(where: str, given: Mapping[str, Any], known: Iterable[str]) -> None:
    unknown = given.keys() - set(known)
    if unknown:
        raise SettingsError(f"{where}: there is no '{min(unknown)}'; the keys are {', '.join(known)}")


def _list(where: str, given: Mapping[str, Any], read: Callable[[str, str], T]) -> tuple[T, ...]:
    key = where.rpartition(".")[2]
    texts = given.get(key, ())
    if not isinstance(texts, list | tuple) or (not texts and key in given):
        raise SettingsError(f'{where}: give a list such as {key} = ["…"], or leave it out')
    return tuple(read(where, str(text)) for text in texts)


def _address(where: str, text: str) -> Address:
    has_port = text.startswith("[") or text.count(":") == 1
    return Address(*split_address(text if has_port else f"[{text}]:{_PORT}", where))


def _network(where: str, text: str) -> Block:
    try:
        return ip_network(text)
    except ValueError:
        raise SettingsError(
            f"{where}: '{text}' is not a block such as 192.0.2.0/24 with no bits behind its prefix"
        ) from None


def _name(where: str, text: str) -> Name:
    try:
        return parse(text)
    except BadName:
        raise SettingsError(f"{where}: '{text}' is not a domain name") from None
