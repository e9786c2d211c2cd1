"""Who may call the API."""

from __future__ import annotations

import msgspec


class Credential(msgspec.Struct, frozen=True):
    """
    An access key, and whose it is.

    Attributes:
        access_key_id: `AKIA` and 16 capitals and digits.
        secret: 40 characters that requests are signed with. Never logged.
        account_id: 12 digits.
    """

    access_key_id: str
    secret: str
    account_id: str
    user: str

    def __repr__(self) -> str:
        return f"Credential({self.access_key_id!r}, account_id={self.account_id!r}, user={self.user!r})"
