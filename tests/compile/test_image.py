from __future__ import annotations

import json

import pytest

from meridian.compile import image
from tests.vectors.image.write import FOLDER, meaning, vectors

NAMES = sorted(path.stem for path in FOLDER.glob("*.msgpack"))


def test_every_vector_is_there() -> None:
    """The stored vectors are those that the writer knows, so that none is left behind or forgotten."""
    assert sorted(vectors()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_vector_octets(name: str) -> None:
    """Today's compiler writes the stored octets: the format has not moved unseen."""
    octets, _ = vectors()[name]
    assert octets == (FOLDER / f"{name}.msgpack").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_vector_meaning(name: str) -> None:
    """The stored octets mean what the JSON beside them says, unknown fields skipped."""
    octets = (FOLDER / f"{name}.msgpack").read_bytes()
    decoded = image.decode_head(octets) if name.startswith("head-") else image.decode_shard(octets)
    assert meaning(decoded) == json.loads((FOLDER / f"{name}.json").read_text())
