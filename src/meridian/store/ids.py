"""New ids: random, so that they tell nothing and two control planes need not agree (records.md §11)."""

from __future__ import annotations

import secrets
import string
import uuid

_ALPHABET = string.ascii_uppercase + string.digits


def new_id(prefix: str, length: int = 20) -> str:
    """An id that was never given before: `prefix` and then capitals and digits, `length` characters in all."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length - len(prefix)))


def new_uuid() -> str:
    """An id of the other kind: a random UUID in lower case (records.md §11)."""
    return str(uuid.uuid4())
