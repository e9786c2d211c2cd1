from __future__ import annotations

from pathlib import Path

import pytest

from meridian.client import Failed, connect, write_files
from meridian.model.account import Credential

KEY = Credential("AKIAEXAMPLE", "secret", "111122223333", "alice")


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ROUTE_53", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("environ", "port"),
    [
        ({}, 1),
        ({"AWS_CONFIG_FILE": "config"}, 2),
        ({"AWS_CONFIG_FILE": "nothing"}, 1),  # which leaves it to AWS
        ({"AWS_CONFIG_FILE": "config", "AWS_ENDPOINT_URL": "http://127.0.0.1:3"}, 3),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:3", "AWS_ENDPOINT_URL_ROUTE_53": "http://127.0.0.1:4"}, 4),
    ],
)
def test_where_the_server_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environ: dict[str, str], port: int
) -> None:
    """The environment that leads AWS's tools to a server leads ours to the same one, else the settings do."""
    write_files(tmp_path, KEY, "http://127.0.0.1:2")
    if "AWS_CONFIG_FILE" in environ:
        environ = {**environ, "AWS_CONFIG_FILE": str(tmp_path / environ["AWS_CONFIG_FILE"])}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    api = connect("http://127.0.0.1:1", tmp_path)
    with pytest.raises(Failed, match=f"no server answers at http://127.0.0.1:{port};"):
        api.native("/meridian/checks")
