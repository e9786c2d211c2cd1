"""
What the program may do: root's rights for as long as it opens its addresses, then those of a plain user for good.

    root ──lower──▶ user, root in reserve ──drop──▶ user
                       ▲            │
                       └── raised ──┘  addresses are opened

Lowered at once, so that files belong to the user from the first. Each step holds for all threads of the process (the
C library sees to it), those of the engine too. With the last one go all capabilities (`capabilities(7)`): what AF_XDP
needs of them, it needs to open, not to go on.
"""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import structlog

from meridian.errors import SettingsError

log = structlog.get_logger()

_ROOT = 0

IMPORTED_LATE = ("alembic.command", "alembic.config", "alembic.util", "boto3")
"""What the program imports where it is first needed; the user may not be able to read where Python is."""


class _Identity(NamedTuple):
    """Who the program is to be. `groups`: all that the user is in."""

    uid: int
    gid: int
    groups: list[int]


class Privileges:
    """
    The rights of this process.

    Args:
        user: Name or number of the user to become; empty: none other than now.
        group: The same of the group; empty: the user's own.

    Raises:
        SettingsError: There is no such user or group, or this process may not become it.
    """

    def __init__(self, user: str, group: str) -> None:
        identity = _identity(user, group) if user else None
        self._identity = None if identity is None or os.geteuid() == identity.uid else identity
        if self._identity is not None and os.geteuid() != _ROOT:
            raise SettingsError(f"user: only root can become {user}; start as root, or as {user} in the first place")

    def own(self, folder: Path) -> None:
        """
        Make a folder that the user owns, unless it is there already; before `lower`.

        Raises:
            OSError: It cannot be made.
        """
        if self._identity is not None and not folder.exists():
            folder.mkdir(parents=True)
            os.chown(folder, self._identity.uid, self._identity.gid)

    def lower(self) -> None:
        """Be the user, with root's rights in reserve."""
        if self._identity is not None:
            for module in IMPORTED_LATE:
                import_module(module)
            os.setgroups(self._identity.groups)
            os.setegid(self._identity.gid)
            os.seteuid(self._identity.uid)

    @contextmanager
    def raised(self) -> Iterator[None]:
        """With root's rights, to open an address."""
        if self._identity is None:
            yield
            return
        os.seteuid(_ROOT)
        try:
            yield
        finally:
            os.seteuid(self._identity.uid)

    def drop(self) -> None:
        """Be the user for good."""
        if self._identity is not None:
            uid, gid, groups = self._identity
            os.seteuid(_ROOT)
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            log.info("privileges.dropped", uid=uid, gid=gid, groups=groups)


def _identity(user: str, group: str) -> _Identity:
    try:
        known = pwd.getpwuid(int(user)) if user.isdigit() else pwd.getpwnam(user)
    except KeyError:
        raise SettingsError(f"user: there is no user '{user}'; `useradd --system meridian` makes one") from None
    gid = _gid(group) if group else known.pw_gid
    return _Identity(known.pw_uid, gid, os.getgrouplist(known.pw_name, gid))


def _gid(group: str) -> int:
    try:
        return int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise SettingsError(f"group: there is no group '{group}'; `groupadd --system meridian` makes one") from None
