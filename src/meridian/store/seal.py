"""
What secrets in the database are sealed with: AES-256-GCM, with keys in a file outside of it.

The file has one key a line, in Base64, the newest first: that one seals, all of them open. So a copy of the
database alone is worth nothing, and a lost file makes the secrets in the database worth nothing: keep a copy of
each, apart. A sealed secret names its key, and opens only for what it was sealed for.

    key's name (4 octets) · nonce (12) · ciphertext and tag
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from meridian.errors import MeridianError

KEYS_KEPT = 2  # by a rotation: the new one, and the one before, which a process may still seal with

_OPTION = "meridian_sealer"
_NAME, _NONCE, _KEY = 4, 12, 32  # octets
_HEADER = """\
# What Meridian seals the secrets in its database with: the first key seals, all of them open.
# Keep a copy, but not beside the database's. `meridian seal rotate` puts a new key first.
"""


class SealError(MeridianError):
    """A secret that cannot be sealed or opened; the text says which file is missing or wrong."""


class Sealer:
    """
    Seals and opens by the keys of a file. Safe to use from many threads.

    Args:
        file: Need not be there until something is sealed or opened; read again when a key is not known.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._keys: Mapping[bytes, AESGCM] = {}

    def seal(self, secret: str, subject: str) -> bytes:
        """
        Seal a secret with the newest key.

        Args:
            subject: What it belongs to; it opens for nothing else.

        Raises:
            SealError: The file is missing or is no such file.
        """
        newest = self._read()[0]
        nonce = secrets.token_bytes(_NONCE)
        return _name(newest) + nonce + AESGCM(newest).encrypt(nonce, secret.encode(), subject.encode())

    def open(self, sealed: bytes, subject: str) -> str:
        """
        Open what `seal` gave.

        Raises:
            SealError: The key is not in the file, or this was not sealed for `subject`.
        """
        name, nonce, rest = sealed[:_NAME], sealed[_NAME : _NAME + _NONCE], sealed[_NAME + _NONCE :]
        key = self._keys.get(name) or self._reread().get(name)
        if key is None:
            raise SealError(f"{self.file}: has no key {name.hex()}, with which {subject} was sealed; {_RESTORE}")
        try:
            return key.decrypt(nonce, rest, subject.encode()).decode()
        except InvalidTag:
            raise SealError(f"the sealed secret of {subject} was changed in the database; delete that key") from None

    def prepare(self, names: Collection[bytes]) -> None:
        """
        Make the file if nothing is sealed yet; else see that it has what is needed.

        Args:
            names: Of the keys with which something in the database is sealed.

        Raises:
            SealError: A key is missing, or the file cannot be read or made.
        """
        if not names and not self.file.exists():
            _write(self.file, [secrets.token_bytes(_KEY)])
        if not self.file.exists():
            raise SealError(
                f"{self.file}: is missing; the secrets of this database's access keys were sealed with it; {_RESTORE}"
            )
        missing = sorted(set(names) - set(self._reread()))
        if missing:
            raise SealError(f"{self.file}: has no key {missing[0].hex()}, with which secrets are sealed; {_RESTORE}")

    def add_key(self) -> None:
        """Put a new key first; those before it stay."""
        _write(self.file, [secrets.token_bytes(_KEY), *self._read()])

    def drop_old_keys(self, names: Collection[bytes]) -> None:
        """Forget keys but the newest `KEYS_KEPT` and those that are named."""
        keys = self._read()
        _write(self.file, [key for at, key in enumerate(keys) if at < KEYS_KEPT or _name(key) in names])

    def _reread(self) -> Mapping[bytes, AESGCM]:
        self._keys = {_name(key): AESGCM(key) for key in self._read()}
        return self._keys

    def _read(self) -> Sequence[bytes]:
        try:
            lines = self.file.read_text().splitlines()
        except FileNotFoundError:
            raise SealError(f"{self.file}: is missing; {_RESTORE}") from None
        except (OSError, UnicodeDecodeError) as error:
            raise SealError(f"{self.file}: {getattr(error, 'strerror', error)}; {_RESTORE}") from None
        keys = [_key(line, self.file) for line in lines if line.strip() and not line.startswith("#")]
        if not keys:
            raise SealError(f"{self.file}: holds no key; {_RESTORE}")
        return keys


_RESTORE = "put the file back from its copy, or name its place with seal_key_file"


def attach(sealer: Sealer) -> Mapping[str, Sealer]:
    """The execution option by which a database's connections know how its secrets are sealed."""
    return {_OPTION: sealer}


def of(conn: Connection) -> Sealer:
    """How the secrets of this connection's database are sealed."""
    sealer: Sealer = conn.get_execution_options()[_OPTION]
    return sealer


def key_name(sealed: bytes) -> bytes:
    """The name of the key with which something was sealed."""
    return sealed[:_NAME]


def _name(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:_NAME]


def _key(line: str, file: Path) -> bytes:
    try:
        key = base64.b64decode(line.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != _KEY:
        raise SealError(f"{file}: a line is no key of {_KEY} octets in Base64; {_RESTORE}")
    return key


def _write(file: Path, keys: Sequence[bytes]) -> None:
    """Replace the file as a whole, on the disk before anything is sealed by it, for its owner's eyes only."""
    text = _HEADER + "".join(base64.b64encode(key).decode() + "\n" for key in keys)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mode 0600
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, file)
        folder = os.open(file.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except OSError as error:
        raise SealError(f"seal_key_file: {file}: {error.strerror}; choose another place with seal_key_file") from None
