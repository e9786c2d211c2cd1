"""The load generator: it sees right answers, wrong ones and missing ones for what they are."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.rrset
import pytest

from bench import loadgen
from bench.loadgen import Following, Load, Question, answer_hash
from bench.workloads import WORKLOADS, Workload, site
from tests.peers import Echo, Nsd, Server, install_line, missing
from tests.peers.server import HOST
from tests.ports import free_port

_LACKING = missing(["nsd", "echo", "load"])

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(bool(_LACKING), reason=f"not installed; as root: {install_line(_LACKING)}"),
]


@pytest.fixture(scope="module")
def program() -> Path:
    return loadgen.build()


@pytest.fixture(scope="module")
def workload() -> Workload:
    return WORKLOADS["static"](site(), 1)


@pytest.fixture(scope="module")
def nsd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("zones")
    for apex, text in site().zones.items():
        (folder / apex).write_text(text)
    with Nsd({apex: folder / apex for apex in site().zones}) as server:
        yield server


def test_right_answers_are_right(program: Path, workload: Workload, nsd: Server, tmp_path: Path) -> None:
    """Names that exist and names that do not, each asked once and more."""
    for name in ("static", "nxdomain"):
        loadgen.write(WORKLOADS[name](site(), 1).questions, tmp_path / name)
        load = loadgen.run(program, nsd.address, tmp_path / name, count=30_000, window=64)
        assert (load.sent, load.answered, load.wrong, load.lost, load.stray) == (30_000, 30_000, 0, 0, 0)
        assert load.seconds > 0
        assert load.latency_us["p50"] is not None


def test_wrong_answers_are_wrong(program: Path, workload: Workload, nsd: Server, tmp_path: Path) -> None:
    """Another address, another TTL, one record too many, another RCODE: each is counted and the first is shown."""
    question = workload.questions[0]
    ((answer,),) = question.answers
    other = dns.rrset.from_text(question.name, answer.ttl, "IN", "A", "192.0.2.99")
    later = dns.rrset.from_rdata_list(question.name, answer.ttl + 1, list(answer))
    expected = [
        question._replace(answers=((other,),)),
        question._replace(answers=((later,),)),
        question._replace(answers=((answer, other),)),
        question._replace(rcode=3),
    ]
    loadgen.write([question, *expected], tmp_path / "questions")
    load = loadgen.run(program, nsd.address, tmp_path / "questions", count=5, window=1)
    assert (load.answered, load.wrong) == (5, 4)
    assert load.first_wrong is not None
    assert load.first_wrong.question == 1


def test_one_of_several_right_answers_is_right(program: Path, workload: Workload, nsd: Server, tmp_path: Path) -> None:
    """As with weighted names."""
    question = workload.questions[0]
    other = dns.rrset.from_text(question.name, 300, "IN", "A", "192.0.2.99")
    loadgen.write([question._replace(answers=((other,), *question.answers))], tmp_path / "questions")
    assert loadgen.run(program, nsd.address, tmp_path / "questions", count=10, window=1).wrong == 0


def test_an_echo_answers_nothing(program: Path, workload: Workload, tmp_path: Path) -> None:
    """Unless nothing but the question's return is expected of it."""
    sample = workload.questions[:100]
    with Echo(dict.fromkeys(site().zones, Path("/dev/null"))) as echo:
        for questions, wrong in ((sample, 100), ([question.unchecked() for question in sample], 0)):
            loadgen.write(questions, tmp_path / "questions")
            assert loadgen.run(program, echo.address, tmp_path / "questions", count=100, window=10).wrong == wrong


def test_questions_without_an_answer_are_lost(program: Path, tmp_path: Path) -> None:
    """Where nothing listens, all are."""
    sample: list[Question] = WORKLOADS["static"](site(), 1).questions[:20]
    loadgen.write(sample, tmp_path / "questions")
    load = loadgen.run(program, (HOST, free_port()), tmp_path / "questions", count=20, window=20)
    assert (load.sent, load.answered, load.lost) == (20, 0, 20)


def test_questions_at_a_rate(program: Path, workload: Workload, nsd: Server, tmp_path: Path) -> None:
    """Questions at a rate take the time that they are spread over, and all are answered."""
    loadgen.write(workload.questions, tmp_path / "static")
    load = loadgen.run(program, nsd.address, tmp_path / "static", count=1000, window=256, rate=5000)
    assert (load.answered, load.wrong, load.lost) == (1000, 0, 0)
    assert load.seconds >= 999 / 5000


def test_what_is_right_may_change(program: Path, workload: Workload, nsd: Server, tmp_path: Path) -> None:
    """An answer that becomes right is right from then on; one that is no longer right is wrong, and shown."""
    question = workload.questions[0]
    ((answer,),) = question.answers
    other = dns.rrset.from_text(question.name, answer.ttl, "IN", "A", "192.0.2.99")
    loadgen.write([question._replace(answers=((other,), (answer,)))], tmp_path / "questions")
    with Following(program, nsd.address, tmp_path / "questions", rate=2000) as load:
        assert _asked_more(load).wrong == 0
        load.refuse([0], answer_hash([other]))
        assert _asked_more(load).wrong == 0
        load.refuse([0], answer_hash([answer]))
        before = _asked_more(load)
        assert before.wrong > 0
        assert before.first_wrong is not None
        assert before.first_wrong.question == 0
        load.accept([0], answer_hash([answer]))
        again = load.report()
        assert _asked_more(load).wrong == again.wrong
        last = load.stop()
    assert (last.wrong, last.lost, last.sent) == (again.wrong, 0, last.answered)


def test_lost_questions_are_told_while_it_asks(program: Path, workload: Workload, tmp_path: Path) -> None:
    """A server that goes away loses questions, which a report says at once."""
    loadgen.write([workload.questions[0].unchecked()], tmp_path / "questions")
    echo = Echo(dict.fromkeys(site().zones, Path("/dev/null")))
    with echo, Following(program, echo.address, tmp_path / "questions", rate=500) as load:
        assert _asked_more(load).lost == 0
        os.kill(echo.pid, signal.SIGSTOP)
        while not load.report().lost:
            pass
        os.kill(echo.pid, signal.SIGCONT)
        last = load.stop()
    assert last.lost > 0
    assert last.sent == last.answered + last.lost


def _asked_more(load: Following) -> Load:
    """What came of all questions, once a few more were answered."""
    before = load.report().answered
    while (now := load.report()).answered < before + 100:
        pass
    return now
