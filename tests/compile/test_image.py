from __future__ import annotations

import json

import pytest

from meridian.compile import image
from meridian.model.name import parse
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


def test_targets_outside_a_shard_are_found() -> None:
    """In groups with a name and in hidden ones, each once; a shard that leads nowhere has none."""
    lb, other = parse("lb.example.net.").wire, parse("outside.example.net.").wire
    to = [image.Arm(image.ToOutside(lb, 1)), image.Arm(image.ToOutside(lb, 28)), image.Arm(image.ToOutside(lb, 1))]
    inside = image.Group("simple", [image.Arm(image.ToGroup(other, 1))])
    hidden = image.HiddenGroup("simple", [image.Arm(image.ToOutside(other, 1))], type=1)
    names = {parse("a.example.").wire: {1: image.Group("weighted", to)}, parse("b.example.").wire: {1: inside}}

    def found(
        names: dict[bytes, dict[int, image.Group]], groups: dict[str, image.HiddenGroup]
    ) -> set[tuple[bytes, int]]:
        return image.outside_targets(image.encode(image.Shard(image.FORMAT, "Z1", 0, 1, 1, names, groups)))

    assert found(names, {"h": hidden}) == {(lb, 1), (lb, 28), (other, 1)}
    assert found({parse("b.example.").wire: {1: inside}}, {}) == set()
    assert found({}, {}) == set()
