"""The API's certificate: read anew when it changes, and never a broken one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from starlette.applications import Starlette

from meridian.api.tls import Certificate
from meridian.errors import SettingsError
from tests.fakes.certificates import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    (tmp_path / "authority").mkdir()
    return Authority(tmp_path / "authority")


def write(folder: Path, authority: Authority, common: str) -> tuple[Path, Path]:
    """A certificate with its key, in the files that the server reads."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    made, secret = authority.certificate(["127.0.0.1"], common=common)
    certificate.write_bytes(made)
    key.write_bytes(secret)
    return certificate, key


@pytest.fixture
def serve() -> Iterator[Callable[[Certificate], int]]:
    """Serves with a certificate and gives the port."""
    ends: list[Callable[[], None]] = []

    def start(certificate: Certificate) -> int:
        config = uvicorn.Config(
            Starlette(),
            log_level="warning",
            lifespan="off",
            ssl_context_factory=lambda *_: certificate.context,
        )
        server = uvicorn.Server(config)
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()

        def end() -> None:
            server.should_exit = True
            thread.join()
            listener.close()

        ends.append(end)
        return int(listener.getsockname()[1])

    yield start
    for end in ends:
        end()


def shown(port: int, authority: Authority, server_name: str | None = None) -> str:
    """The common name of the certificate that a new connection is shown, by a client that trusts the authority."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        authority.trusting().wrap_socket(plain, server_hostname=server_name) as connection,
    ):
        der = connection.getpeercert(binary_form=True)
        assert der is not None
        assert connection.version() == "TLSv1.3"
        names = x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return str(names[0].value)


def test_new_connections_get_the_new_certificate(
    tmp_path: Path, authority: Authority, serve: Callable[[Certificate], int]
) -> None:
    """Once its files have changed; with and without a name in the client's greeting."""
    certificate = Certificate(*write(tmp_path, authority, "old"))
    port = serve(certificate)
    assert shown(port, authority) == "old"
    assert not certificate.look()
    write(tmp_path, authority, "new")
    assert shown(port, authority) == "old"
    assert certificate.look()

    assert [shown(port, authority), shown(port, authority, "dns.example.net")] == ["new", "new"]


def test_what_does_not_fit_together_changes_nothing(
    tmp_path: Path, authority: Authority, serve: Callable[[Certificate], int]
) -> None:
    """While files are being replaced, and when they are gone, the last certificate is shown."""
    files = write(tmp_path, authority, "old")
    certificate = Certificate(*files)
    port = serve(certificate)
    made, secret = authority.certificate(["127.0.0.1"], common="new")
    for step in (lambda: files[0].write_bytes(made), lambda: files[1].unlink()):
        step()
        assert not certificate.look()
        assert shown(port, authority) == "old"
    files[1].write_bytes(secret)
    assert certificate.look()

    assert shown(port, authority) == "new"


def test_a_connection_that_is_open_stays(
    tmp_path: Path, authority: Authority, serve: Callable[[Certificate], int]
) -> None:
    certificate = Certificate(*write(tmp_path, authority, "old"))
    port = serve(certificate)
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        authority.trusting().wrap_socket(plain) as connection,
    ):
        write(tmp_path, authority, "new")
        assert certificate.look()
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

        assert connection.recv(12) == b"HTTP/1.1 404"


@pytest.mark.parametrize(
    ("certificate", "key", "explanation"),
    [
        (None, b"", "tls_certificate: .*cert.pem: No such file or directory; name a PEM file"),
        (b"", None, "tls_key: .*key.pem: No such file or directory; name a PEM file"),
        (b"x", b"y", "tls_certificate: .*give a certificate in PEM with the key that fits it"),
    ],
)
def test_files_that_cannot_be_used_are_told_at_the_start(
    tmp_path: Path, certificate: bytes | None, key: bytes | None, explanation: str
) -> None:
    for name, content in (("cert.pem", certificate), ("key.pem", key)):
        if content is not None:
            (tmp_path / name).write_bytes(content)

    with pytest.raises(SettingsError, match=explanation):
        Certificate(tmp_path / "cert.pem", tmp_path / "key.pem")


def test_a_key_of_another_certificate_is_told(tmp_path: Path, authority: Authority) -> None:
    files = write(tmp_path, authority, "one")
    files[1].write_bytes(authority.certificate(["127.0.0.1"])[1])

    with pytest.raises(SettingsError, match="KEY_VALUES_MISMATCH"):
        Certificate(*files)


def test_a_locked_key_is_told(tmp_path: Path, authority: Authority) -> None:
    """Nobody is there to be asked for a password."""
    files = write(tmp_path, authority, "one")
    key = serialization.load_pem_private_key(files[1].read_bytes(), None)
    encryption = serialization.BestAvailableEncryption(b"secret")
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))

    with pytest.raises(SettingsError, match="locked by a password"):
        Certificate(*files)
