"""New ids: random, so that they tell nothing and two control planes need not agree (records.md §11)."""

from __future__ import annotations

import secrets
import string
import uuid

_ALPHABET = string.ascii_uppercase + string.digits


def new_id(prefix: str, length: int = 20) -> str:
    """An id that was never given before: `prefix` and then capitals and digits, `length` characters in all."""
    # One draw for all: a call of the kernel for each character costs more than the statement that keeps the id.
    drawn = secrets.randbelow(len(_ALPHABET) ** (length - len(prefix)))
    characters = []
    for _ in range(length - len(prefix)):
        drawn, at = divmod(drawn, len(_ALPHABET))
        characters.append(_ALPHABET[at])
    return prefix + "".join(characters)


def new_uuid() -> str:
    """An id of the other kind: a random UUID in lower case (records.md §11)."""
    return str(uuid.uuid4())
