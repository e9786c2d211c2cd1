"""Write locks of record sets (records.md §14)."""

from __future__ import annotations

from typing import NamedTuple

from meridian.model.name import Name


class Protection(NamedTuple):
    """That nothing of this name and type may be written (R-PRO-1)."""

    name: Name
    type: str
    comment: str | None = None

    @property
    def key(self) -> tuple[Name, str]:
        """What it protects."""
        return self.name, self.type
