"""An engine beside the edges, for questions where none runs: it serves nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from meridian._engine import Engine, ImageError
from meridian.compile.image import decode_head
from meridian.edge.geodata import identity
from meridian.errors import ApiError
from meridian.feed.keys import (
    CATALOGS,
    OUTSIDE,
    PLACES,
    catalog_key,
    decode_catalog,
    head_key,
    outside_target,
    place_key,
    shard_key,
)
from meridian.feed.local import LastValues
from meridian.model.name import Name, from_wire, parse
from meridian.model.question import Question
from meridian.model.record import TYPES

_ATTEMPTS = 5  # to read a zone whole while it is being changed
_DS = TYPES["DS"]


class _Place(msgspec.Struct):
    """What of a head says which questions the zone answers."""

    apex: bytes
    rank: int
    view: str | None = None


class _Candidate(NamedTuple):
    """A zone that could answer; the greatest does: the longest apex, and of these the lowest rank."""

    labels: int
    minus_rank: int
    zone_id: str
    private: bool


_decode_place = msgspec.msgpack.Decoder(_Place).decode


class ApartEngine:
    """
    Holds of the feed what was asked for so far, and is brought in step with it before each question.

    Safe to use from many threads.

    Args:
        geo_file: The geolocation table; it may be missing.
        unhealthy: Gives the slots of all health checks that are not healthy.
    """

    def __init__(
        self, values: LastValues, engine: Engine, geo_file: Path, unhealthy: Callable[[], AbstractSet[int]]
    ) -> None:
        self._values = values
        self._engine = engine
        self._geo_file = geo_file
        self._look = unhealthy
        self._unhealthy: AbstractSet[int] = frozenset()
        self._geo_seen: tuple[int, int, int] | None = None
        self._versions: dict[str, int] = {}  # of each place and outside target, the version that the engine has
        self._lock = threading.Lock()

    def for_question(self, question: Question) -> Engine:
        """
        Load what the question needs.

        Raises:
            ApiError: ServiceUnavailable: its zone changes faster than it can be read.
        """
        with self._lock:
            self._bring_health_in_step()
            self._bring_geodata_in_step()
            self._bring_places_in_step()
            self._bring_outside_in_step()
            self._retire_removed()
            for zone_id in self._zones_for(question):
                self._load(zone_id)
        return self._engine

    def _zones_for(self, question: Question) -> list[str]:
        if question.zone_id is not None:
            return [question.zone_id]
        found = sorted(self._candidates(question.name), reverse=True)
        # Who sees a private zone is for the engine to say; it has no other reason to be there than this name.
        private = [each.zone_id for each in found if each.private]
        closest = [each for each in found if not each.private]
        # DS of an apex is answered by the parent (RFC 4035 §3.1.4.1), if that is here.
        parents = [found for found in closest if found.labels < closest[0].labels] if question.type == _DS else []
        return [*private, *(found.zone_id for found in (*closest[:1], *parents[:1]))]

    def _candidates(self, name: Name) -> Iterator[_Candidate]:
        for key in self._values.keys(CATALOGS):
            found = self._values.get(key)
            for zone_id in decode_catalog(found[0]).zones if found else ():
                head = self._values.get(head_key(zone_id))
                if head is None:
                    continue
                place = _decode_place(head[0])
                apex = from_wire(place.apex)
                if name.is_at_or_below(apex):
                    yield _Candidate(len(apex.labels), -place.rank, zone_id, place.view is not None)

    def _retire_removed(self) -> None:
        for zone_id in self._engine.zones():
            if self._values.get(head_key(zone_id)) is None:
                self._engine.retire(zone_id)

    def _load(self, zone_id: str) -> None:
        """Serve a zone as the feed has it now; nothing of it if the feed has none."""
        for _ in range(_ATTEMPTS):
            found = self._values.get(head_key(zone_id))
            if found is None:
                self._engine.retire(zone_id)
                return
            head, version = found
            if version < self._engine.zones().get(zone_id, 0):
                self._engine.retire(zone_id)  # the control plane went back in time, from a backup
            needed = self._engine.needs(head) or []
            count = len(decode_head(head).shard_versions)
            shards = [self._values.get(shard_key(zone_id, count, index)) for index in needed]
            # Shards run ahead of their head while a change is being published: look again.
            with suppress(ImageError):
                self._engine.publish(head, [shard[0] for shard in shards if shard is not None])
                return
        raise ApiError("ServiceUnavailable", f"Zone {zone_id} is changing; ask again.")

    def _bring_health_in_step(self) -> None:
        now, before = self._look(), self._unhealthy
        if now != before:
            self._engine.set_health([(slot, slot not in now) for slot in now ^ before])
            self._unhealthy = now

    def _bring_geodata_in_step(self) -> None:
        now = identity(self._geo_file)
        if now == self._geo_seen:
            return
        self._geo_seen = now
        with suppress(OSError, ValueError):  # the old table stays, as it does in an edge, whose log says why
            self._engine.set_place("geo", b"" if now is None else self._geo_file.read_bytes())

    def _bring_places_in_step(self) -> None:
        catalog = self._values.get(catalog_key(PLACES))
        listed = decode_catalog(catalog[0]).places if catalog else {}
        for kind in [*listed, *(kind for kind in self._held("place/") if kind not in listed)]:
            found = self._values.get(place_key(kind)) if kind in listed else None
            if self._is_news(place_key(kind), found):
                with suppress(ValueError):
                    self._engine.set_place(kind, found[0] if found else b"")

    def _bring_outside_in_step(self) -> None:
        listed = self._values.keys(OUTSIDE)
        for key in {*listed, *(OUTSIDE + rest for rest in self._held(OUTSIDE))}:
            found = self._values.get(key)
            if self._is_news(key, found):
                name, rtype = outside_target(key)
                with suppress(ValueError):
                    self._engine.set_outside(parse(name).wire, TYPES[rtype], found[0] if found else b"")

    def _held(self, prefix: str) -> list[str]:
        return [key.removeprefix(prefix) for key in self._versions if key.startswith(prefix)]

    def _is_news(self, key: str, found: tuple[bytes, int] | None) -> bool:
        """Whether this is not what the engine has; it will have it."""
        before = self._versions.get(key)
        if found is None:
            self._versions.pop(key, None)
        else:
            self._versions[key] = found[1]
        return before != (found and found[1])
