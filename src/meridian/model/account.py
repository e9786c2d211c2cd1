"""Who may call the API."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Credential(msgspec.Struct, frozen=True):
    """
    An access key, and whose it is.

    Attributes:
        access_key_id: `AKIA` and 16 capitals and digits.
        secret: 40 characters that requests are signed with. Never logged.
        account_id: 12 digits.
        owner: Whether the user may do everything in its account, without a policy.
    """

    access_key_id: str
    secret: str
    account_id: str
    user: str
    owner: bool = False

    def __repr__(self) -> str:
        return f"Credential({self.access_key_id!r}, account_id={self.account_id!r}, user={self.user!r})"


class User(msgspec.Struct, frozen=True):
    """
    Somebody, or some program, with access keys.

    Attributes:
        owner: May do everything in its account; other users may what their policies allow.
        created_at: None for users made before this was kept.
    """

    account_id: str
    name: str
    owner: bool
    created_at: datetime | None


class AccessKey(msgspec.Struct, frozen=True):
    """
    An access key without its secret.

    Attributes:
        enabled: Requests signed with a key that is not are refused as if there were no such key.
        created_at: None for keys made before this was kept.
    """

    id: str
    enabled: bool
    created_at: datetime | None
