"""A zone's record sets while a batch is tried on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from meridian.model.name import Name
from meridian.model.record import Key, RecordSet

Reader = Callable[[Name], Sequence[RecordSet]]  # every record set stored at that owner name of the zone

_Owner = dict[tuple[str, str | None], RecordSet]  # type and set identifier, at one name


class Draft:
    """
    A working copy: what is stored, with the changes so far.

    Each owner name is read once, when it is first asked for, so that the cost follows the batch and
    not the zone.
    """

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._before: dict[Name, _Owner] = {}
        self._now: dict[Name, _Owner] = {}

    def at(self, name: Name) -> _Owner:
        """The record sets at a name as they are now, by type and set identifier. Not to be changed."""
        owner = self._now.get(name)
        if owner is None:
            owner = {(stored.type, stored.set_identifier): stored for stored in self._read(name)}
            self._before[name] = owner
            self._now[name] = owner = dict(owner)
        return owner

    def find(self, key: Key) -> RecordSet | None:
        """The record set with this key as it is now."""
        return self.at(key.name).get((key.type, key.set_identifier))

    def group(self, name: Name, type: str) -> list[RecordSet]:
        """All record sets of one name and type as they are now."""
        return [held for held in self.at(name).values() if held.type == type]

    def put(self, record_set: RecordSet) -> None:
        """Add a record set, or replace the one with its key."""
        self.at(record_set.name)[record_set.type, record_set.set_identifier] = record_set

    def remove(self, key: Key) -> None:
        """Take away the record set with this key, which is there."""
        del self.at(key.name)[key.type, key.set_identifier]

    @property
    def growth(self) -> int:
        """How many record sets the zone has more than before; negative for less."""
        return sum(len(now) - len(self._before[name]) for name, now in self._now.items())

    def removed(self) -> Iterator[Key]:
        """Keys that were there before and are not now."""
        for name, before in self._before.items():
            now = self._now[name]
            yield from (stored.key for slot, stored in before.items() if slot not in now)

    def changed(self) -> Iterator[RecordSet]:
        """Record sets that are new, or not what they were."""
        for name, now in self._now.items():
            before = self._before[name]
            yield from (held for slot, held in now.items() if before.get(slot) != held)

    def stored(self, keys: Iterable[Key]) -> Iterator[RecordSet]:
        """What stood under these keys before, where something did."""
        for name, type, identifier in keys:
            if held := self._before[name].get((type, identifier)):
                yield held

    def silenced(self) -> Iterator[tuple[Name, str]]:
        """
        Names and types that had record sets and are answered by none of their own now.

        A CNAME answers for every type; a name that loses its CNAME is answered by what else it has got.
        """
        for name, type in {(key.name, key.type): None for key in self.removed()}:
            types = {held.type for held in self._now[name].values()}
            if not (types if type == "CNAME" else types & {type, "CNAME"}):
                yield name, type
