"""What an outside target answers, as the feed carries it and the engine reads it (`engine/core/src/outside.rs`)."""

from __future__ import annotations

import msgspec

Area = tuple[str, str, str]
"""Continent, country, subdivision; all empty for no area."""

NOWHERE: Area = ("", "", "")


class Near(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    An answer for some clients, where the target's operator answers by client subnet (RFC 7871).

    Attributes:
        address: First address of the block that the answer is for, 4 or 16 octets.
        length: Prefix length of that block.
        area: Clients for whom it stands as well, as far as no block says otherwise.
        ttl: Seconds.
        rdata: Records in wire form, names uncompressed; none: the name has no such records.
    """

    address: bytes
    length: int
    ttl: int
    rdata: tuple[bytes, ...]
    area: Area = NOWHERE


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What a name answers for one type.

    Attributes:
        ttl: Seconds, as clients are to see it (R-TREE-11).
        rdata: Records in wire form, sorted; none: the name has no such records.
        healthy: Whether the target counts as healthy (R-TREE-10).
        asked_at: When it last answered so, in seconds since 1970.
        near: Answers for some clients, the others get `rdata`.
    """

    ttl: int
    rdata: tuple[bytes, ...]
    healthy: bool
    asked_at: int
    near: tuple[Near, ...] = ()


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Answer).decode
