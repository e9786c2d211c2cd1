"""The rooms of the house import one way (docs/architecture.md §5)."""

import ast
import tomllib
from pathlib import Path

import pytest

from meridian.privileges import IMPORTED_LATE

SOURCE = Path(__file__).parent.parent / "src" / "meridian"

# Modules at the top that every room may use.
COMMON = {"errors", "clock", "settings", "_engine", "telemetry"}
# What each room may import besides itself and COMMON.
MAY_IMPORT = {
    "model": set(),
    "changes": {"model"},
    "place": {"model"},
    "store": {"model", "changes"},
    "compile": {"model", "place"},
    "feed": {"model", "compile"},
    "publish": {"model", "changes", "store", "compile", "feed", "place"},
    "resolve": {"model"},
    "health": {"model", "feed", "resolve"},
    "connect": {"model", "store", "feed", "resolve"},
    "edge": {"model", "compile", "feed", "health", "place"},
    "notify": {"model", "store", "feed", "health"},
    "api": {"model", "changes", "store", "health", "zonefile"},
}


def _rooms_imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            base = node.module or ""
            modules = [f"{base}.{alias.name}" for alias in node.names] if base == "meridian" else [base]
        found |= {module.split(".")[1] for module in modules if module.startswith("meridian.")}
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_the_drawing_allows(room: str) -> None:
    """Imports point one way, so that a room can be understood, tested and replaced alone."""
    allowed = MAY_IMPORT[room] | COMMON | {room}
    wrong = {
        f"{file.relative_to(SOURCE)} imports {imported}"
        for file in (SOURCE / room).rglob("*.py")
        for imported in _rooms_imported(file) - allowed
    }

    assert set() == wrong


def test_the_words_everyone_uses_import_no_room() -> None:
    """What every room may import must not lead back into one."""
    for name in COMMON - {"_engine"}:
        file = SOURCE / f"{name}.py"
        if file.exists():
            assert _rooms_imported(file) <= COMMON


def test_what_is_imported_late_is_there_for_a_server_that_becomes_another_user() -> None:
    """A server that has dropped root's rights may not be able to read what it has not imported by then."""
    late = {
        alias.name
        for file in SOURCE.rglob("*.py")
        for function in ast.walk(ast.parse(file.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert late == set(IMPORTED_LATE)


def test_the_load_generator_is_built_of_what_the_engine_is() -> None:
    """With one version of each crate in both lock files, `make test` compiles the engine once for both."""
    root = SOURCE.parents[1]
    engine, load = (
        {(package["name"], package["version"]) for package in tomllib.loads((root / lock).read_text())["package"]}
        for lock in ("engine/Cargo.lock", "bench/load/Cargo.lock")
    )
    assert load - engine == {("load", "0.1.0")}


def test_journeys_are_where_they_are_looked_for() -> None:
    """`make test` looks for them in two folders: to read all files takes each of its workers nine seconds."""
    tests = Path(__file__).parent
    marked = {
        file.relative_to(tests).parts[0]
        for file in tests.rglob("*.py")
        if "pytest.mark." + "journey" in file.read_text()
    }
    assert marked == {"journeys", "peers"}
