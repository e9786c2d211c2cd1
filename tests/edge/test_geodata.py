"""The geolocation file beside the edge."""

from __future__ import annotations

from pathlib import Path

from meridian.edge.geodata import GeoFile
from tests.fakes.engine import Engine


def test_the_file_is_put_in_force_whenever_it_is_another(tmp_path: Path) -> None:
    """A missing file is an empty table; each new file is loaded once; one that goes leaves nothing known."""
    engine, file = Engine(), tmp_path / "geo.table"
    geodata = GeoFile(file, engine)

    assert not geodata.look()
    file.write_bytes(b"first")
    assert geodata.look()
    assert not geodata.look()
    assert engine.places["geo"] == b"first"
    (tmp_path / "new").write_bytes(b"second")
    (tmp_path / "new").replace(file)
    assert geodata.look()
    assert engine.places["geo"] == b"second"
    file.unlink()
    assert geodata.look()
    assert engine.places["geo"] == b""


def test_a_damaged_file_changes_nothing(tmp_path: Path) -> None:
    """The table in force stays, and the file is not tried again until it changes."""
    engine, file = Engine(), tmp_path / "geo.table"
    geodata = GeoFile(file, engine)
    file.write_bytes(b"good")
    geodata.look()
    engine.refuse.add("geo")
    file.write_bytes(b"damaged")

    assert not geodata.look()
    assert not geodata.look()
    assert engine.places["geo"] == b"good"
