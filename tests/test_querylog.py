"""Query logs: which sink a log group has, what the sinks do, and what happens where they cannot (R-LOG-4)."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from meridian.errors import SettingsError
from meridian.querylog import Files, QueryLog, Stdout, Syslog, file_name, routes
from meridian.settings import Settings


class MakeLog(Protocol):
    """Makes a query log with these routes and settings; nothing is drained."""

    def __call__(self, *query_log: str, **more: int) -> QueryLog: ...


@pytest.fixture
def a_log(tmp_path: Path) -> Iterator[MakeLog]:
    """Makes query logs, whose data folder is the test's, and ends them."""
    with ExitStack() as made:

        def make(*query_log: str, **more: int) -> QueryLog:
            settings = Settings(data_dir=str(tmp_path), query_log=query_log, **more)  # type: ignore[arg-type]
            log = QueryLog(dict, routes(settings), lambda: 0.0)
            made.callback(log.finish)
            return log

        yield make


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("/aws/route53/example.com", "aws/route53/example.com.log"),
        ("plain", "plain.log"),
        ("//a///b/", "a/b.log"),
        ("../../etc/passwd", "etc/passwd.log"),
        ("/a/./../b", "a/b.log"),
        ("...", "....log"),
        ("#odd_", "#odd_.log"),
        ("/", "default.log"),
        ("..", "default.log"),
    ],
)
def test_a_group_has_a_file_below_the_folder(group: str, name: str) -> None:
    """No name of a log group leads out of the folder of logs."""
    assert file_name(group) == name


def test_the_first_pattern_that_fits_decides(tmp_path: Path, a_log: MakeLog) -> None:
    """Groups with a file of their own, with one for several, with the default, and with none (R-LOG-4)."""
    shared = tmp_path / "shared.log"
    log = a_log("/one=file", f"/two/*=file:{shared}", "/three=file")

    log.write({"/one": b"1\n", "/two/a": b"2\n", "/two/b": b"3\n", "/three": b"4\n", "/four": b"5\n6\n"})

    assert (tmp_path / "query-logs/one.log").read_bytes() == b"1\n"
    assert shared.read_bytes() == b"2\n3\n"
    assert (tmp_path / "query-logs/three.log").read_bytes() == b"4\n"
    assert log.unwritten == 2


@pytest.mark.parametrize(
    ("text", "sink"),
    [
        ("*=file", Files),
        ("/aws/*=file:/var/log/q.log", Files),
        ("*=stdout", Stdout),
        ("*=syslog", Syslog),
        ("*=syslog:/run/other.sock", Syslog),
        ("*=syslog:192.0.2.1:514", Syslog),
        ("*=syslog:[2001:db8::1]:514", Syslog),
        ("*", None),
        ("=file", None),
        ("*=", None),
        ("*=kafka", None),
        ("*=stdout:1", None),
        ("*=syslog:loghost", None),
    ],
)
def test_sinks_are_read(text: str, sink: type | None) -> None:
    """Each kind of sink, and what is none."""
    settings = Settings(query_log=(text,))
    if sink is None:
        with pytest.raises(SettingsError, match="query_log: "):
            routes(settings)
    else:
        assert isinstance(routes(settings)[0].sink, sink)


def test_files_are_rotated_by_size(tmp_path: Path, a_log: MakeLog) -> None:
    """A file never grows beyond the limit, unless one heap of lines does; so many older ones are kept."""
    log = a_log(f"*=file:{tmp_path / 'q.log'}", query_log_octets=10, query_log_files=2)
    for number in range(7):
        log.write({"g": b"line%d\n" % number})
    log.write({"g": b"a line that is longer than the limit\n"})

    found = {path.name: path.read_bytes() for path in tmp_path.glob("q.log*")}

    assert found == {
        "q.log": b"a line that is longer than the limit\n",
        "q.log.1": b"line6\n",
        "q.log.2": b"line5\n",
    }


def test_nothing_older_is_kept_where_none_is_wanted(tmp_path: Path, a_log: MakeLog) -> None:
    """With no older files the one that is full begins anew."""
    log = a_log(f"*=file:{tmp_path / 'q.log'}", query_log_octets=8, query_log_files=0)
    for number in range(3):
        log.write({"g": b"line%d\n" % number})

    assert {path.name: path.read_bytes() for path in tmp_path.glob("q.log*")} == {"q.log": b"line2\n"}


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path, a_log: MakeLog) -> None:
    """As logrotate does it: move, then SIGHUP. Until then lines go to the file that was moved; none is lost."""
    path = tmp_path / "q.log"
    log = a_log(f"*=file:{path}")
    log.write({"g": b"1\n"})
    path.rename(tmp_path / "old.log")
    log.write({"g": b"2\n"})
    log.reopen()
    log.write({"g": b"3\n"})

    assert ((tmp_path / "old.log").read_bytes(), path.read_bytes()) == (b"1\n2\n", b"3\n")


def test_lines_go_on_after_a_restart(tmp_path: Path, a_log: MakeLog) -> None:
    """What is in a file stays there."""
    for line in (b"1\n", b"2\n"):
        log = a_log("*=file")
        log.write({"g": line})
        log.finish()

    assert (tmp_path / "query-logs/g.log").read_bytes() == b"1\n2\n"


def test_stdout(a_log: MakeLog, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Lines come out as they are, at once."""
    a_log("*=stdout").write({"g": b"1.0 a\n1.0 b\n"})

    assert capfdbinary.readouterr().out == b"1.0 a\n1.0 b\n"


def test_syslog(tmp_path: Path, a_log: MakeLog) -> None:
    """One datagram a line: facility daemon (3), severity info (6), who says it; also to a daemon that comes later."""
    path = tmp_path / "log.sock"
    log = a_log(f"*=syslog:{path}")
    log.write({"g": b"lost\n"})
    assert log.unwritten == 1
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(str(path))
        daemon.settimeout(20)
        log.write({"g": b"1.0 a\n1.0 b\n"})
        said = [daemon.recv(1000).decode() for _ in range(2)]
    assert [text.partition("[")[0] for text in said] == ["<30>meridian", "<30>meridian"]
    assert [text.partition("]: ")[2] for text in said] == ["1.0 a", "1.0 b"]
    assert log.unwritten == 1
    log.write({"g": b"lost again\n"})
    assert log.unwritten == 2


def test_syslog_over_udp(a_log: MakeLog) -> None:
    """A daemon on another machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(20)
        a_log(f"*=syslog:127.0.0.1:{daemon.getsockname()[1]}").write({"g": b"1.0 a\n"})

        assert daemon.recv(1000).endswith(b"]: 1.0 a")


def test_a_sink_that_fails_costs_its_own_lines(tmp_path: Path, a_log: MakeLog) -> None:
    """They are counted, the others are written, and the sink is tried again with the next lines."""
    taken = tmp_path / "query-logs" / "bad.log"
    taken.mkdir(parents=True)
    log = a_log("*=file")

    log.write({"bad": b"1\n2\n", "good": b"3\n"})
    assert log.unwritten == 2
    assert (tmp_path / "query-logs/good.log").read_bytes() == b"3\n"

    taken.rmdir()
    log.write({"bad": b"4\n"})
    assert (log.unwritten, taken.read_bytes()) == (2, b"4\n")


def test_complaints_are_few(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sink that fails is told of once a minute, however often lines come."""
    moment = [0.0]
    now: Callable[[], float] = lambda: moment[0]  # noqa: E731 - a clock to set
    drained: Mapping[str, bytes] = {}
    log = QueryLog(lambda: drained, [], now)
    for moment[0] in (0.0, 1.0, 59.0, 60.0, 61.0):
        log.write({"g": b"1\n"})

    told = capsys.readouterr()
    assert (told.out + told.err).count("query_log.unwritten") == 2
    assert log.unwritten == 5
