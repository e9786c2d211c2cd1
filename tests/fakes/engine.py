"""An engine that keeps what is published, by the contract of `meridian/_engine.pyi`, and answers nothing."""

from __future__ import annotations

from collections.abc import Sequence

from meridian.compile.image import FORMAT, Head, Shard, decode_head, decode_shard
from meridian.compile.zone import shard_of
from meridian.model.name import from_wire


class ImageError(ValueError):
    """As `meridian._engine.ImageError`."""


class Engine:
    """Zones by id, each with its head and shards. `refuse` names zones that cannot be loaded."""

    def __init__(self) -> None:
        self.heads: dict[str, Head] = {}
        self.shards: dict[str, list[Shard]] = {}
        self.refuse: set[str] = set()
        self.places: dict[str, bytes] = {}
        self.staged: dict[str, list[bytes]] = {}
        self.published: list[tuple[str, int, int]] = []

    def needs(self, head: bytes) -> list[int] | None:
        wanted = _head(head)
        served = self.heads.get(wanted.zone_id)
        if served is not None and wanted.version <= served.version:
            return None
        staged = {shard.index: shard.version for shard in map(decode_shard, self.staged.get(wanted.zone_id, ()))}
        versions = enumerate(wanted.shard_versions)
        return [at for at, version in versions if staged.get(at) != version and self._held(wanted, at) is None]

    def stage(self, head: bytes, shards: Sequence[bytes]) -> None:
        wanted = _head(head)
        for shard in map(decode_shard, shards):
            if shard.version != wanted.shard_versions[shard.index]:
                raise ImageError(f"shard {shard.index} is not of version {shard.version}")
        self.staged.setdefault(wanted.zone_id, []).extend(shards)

    def publish_all(self, images: Sequence[tuple[bytes, Sequence[bytes]]]) -> list[str | None]:
        return [self._reason(head, shards) for head, shards in images]

    def publish(self, head: bytes, shards: Sequence[bytes]) -> bool:
        wanted = _head(head)
        if wanted.zone_id in self.refuse:
            raise ImageError("refused by the test")
        if self.needs(head) is None:
            return False
        shards = [*self.staged.get(wanted.zone_id, ()), *shards]
        given = {shard.index: shard for shard in map(decode_shard, shards)}
        swapped = []
        for index, version in enumerate(wanted.shard_versions):
            shard = given.get(index) or self._held(wanted, index)
            if shard is None or shard.version != version or shard.count != len(wanted.shard_versions):
                raise ImageError(f"shard {index} is not there at version {version}")
            swapped.append(shard)
        self.staged.pop(wanted.zone_id, None)
        self.heads[wanted.zone_id] = wanted
        self.shards[wanted.zone_id] = swapped
        self.published.append((wanted.zone_id, wanted.version, len(shards)))
        return True

    def retire(self, zone_id: str) -> bool:
        self.shards.pop(zone_id, None)
        self.staged.pop(zone_id, None)
        return self.heads.pop(zone_id, None) is not None

    def set_place(self, kind: str, data: bytes) -> None:
        if kind in self.refuse:
            raise ImageError("refused by the test")
        self.places[kind] = data

    def zones(self) -> dict[str, int]:
        return {zone_id: head.version for zone_id, head in self.heads.items()}

    def names(self, zone_id: str) -> set[bytes]:
        """Every owner name served in a zone, empty non-terminals included; each in its right shard."""
        for index, shard in enumerate(self.shards[zone_id]):
            for owner in shard.names:
                assert shard_of(from_wire(owner).slot, shard.count) == index
        return {owner for shard in self.shards[zone_id] for owner in shard.names}

    def _reason(self, head: bytes, shards: Sequence[bytes]) -> str | None:
        try:
            self.publish(head, shards)
        except ImageError as error:
            return str(error)
        return None

    def _held(self, wanted: Head, index: int) -> Shard | None:
        held = self.shards.get(wanted.zone_id, [])
        if len(held) != len(wanted.shard_versions) or held[index].version != wanted.shard_versions[index]:
            return None
        return held[index]


def _head(octets: bytes) -> Head:
    try:
        head = decode_head(octets)
    except ValueError as error:
        raise ImageError(str(error)) from None
    if head.format != FORMAT:
        raise ImageError(f"format {head.format}")
    return head
