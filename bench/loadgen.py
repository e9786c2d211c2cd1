"""The load generator: built from `bench/load` when needed, given questions, read as JSON."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import NamedTuple, Self

import dns.edns
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import msgspec

_CRATE = Path(__file__).parent / "load"
_BUILD = Path(__file__).parents[1] / ".build" / "load"
_FNV_OFFSET = 0xCBF29CE484222325
_FNV_PRIME = 0x100000001B3


class Question(NamedTuple):
    """
    A question and what is right to answer.

    Attributes:
        rcode: The RCODE expected; None for any.
        answers: Each answer section that is right, as its record sets; empty when it is not checked.
        subnet: The address of a client's /24, to be sent as EDNS client subnet.
    """

    name: dns.name.Name
    rdatatype: dns.rdatatype.RdataType
    rcode: int | None
    answers: tuple[tuple[dns.rrset.RRset, ...], ...]
    subnet: str | None = None

    def unchecked(self) -> Question:
        """The same, of which only the question section's return is expected: for the echo."""
        return self._replace(rcode=None, answers=())


class Wrong(msgspec.Struct, frozen=True):
    """The first answer that was not right: line of its question, from 0, and the packet in hexadecimal."""

    question: int
    reply: str


class Load(msgspec.Struct, frozen=True):
    """What came of one run; latencies in microseconds by percentile (`p50` …), `stray` for late packets."""

    sent: int
    answered: int
    wrong: int
    lost: int
    stray: int
    seconds: float
    latency_us: dict[str, float | None]
    first_wrong: Wrong | None


def build(*, xdp: bool = False) -> Path:
    """Compile the generator, or find it compiled, on demand with AF_XDP; returns the program."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", _BUILD))
    command = ["cargo", "build", "--release", "--quiet", "--locked", "--manifest-path", str(_CRATE / "Cargo.toml")]
    features = ["--features", "xdp"] if xdp else []
    subprocess.run([*command, *features, "--target-dir", str(target)], check=True)
    return target / "release" / "load"


def run(
    program: Path,
    address: tuple[str, int],
    questions: Path,
    *,
    count: int,
    window: int,
    rate: int | None = None,
    core: int | None = None,
    xdp: str | None = None,
    within: Sequence[str] = (),
) -> Load:
    """
    Ask `count` questions of a file that `write` made, `window` of them outstanding at any moment.

    Args:
        rate: Questions a second, evenly spread, with `window` as the most that are outstanding; None: as many as
            are answered.
        xdp: The interface to ask over by AF_XDP; None: through sockets.
        within: The command that runs others in the network namespace to ask from; none: in this thread's.
    """
    command = [str(program), f"{address[0]}:{address[1]}", str(questions)]
    options = ["--count", str(count), "--window", str(window)] + ([] if core is None else ["--core", str(core)])
    options += [] if rate is None else ["--rate", str(rate)]
    options += [] if xdp is None else ["--xdp", xdp]
    done = subprocess.run([*within, *command, *options], check=True, stdout=subprocess.PIPE)
    return msgspec.json.decode(done.stdout, type=Load)


class Following:
    """
    Asks at a steady rate until told to stop, while what is right changes. Its calls may come from several threads.

    Each question is asked as what is right stood: an answer that was right when its question was asked, or that
    became right before the answer came, is right. So say what becomes right before making it so, and what is no
    longer right when nobody may be answered it any more.
    """

    def __init__(
        self, program: Path, address: tuple[str, int], questions: Path, *, rate: int, core: int | None = None
    ) -> None:
        options = ["--follow", "--window", "256", "--rate", str(rate)] + ([] if core is None else ["--core", str(core)])
        self._command = [str(program), f"{address[0]}:{address[1]}", str(questions), *options]
        self._turn = Lock()

    def __enter__(self) -> Self:
        """Begin to ask."""
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End it, if `stop` has not."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    def accept(self, lines: Iterable[int], answer: int) -> None:
        """From now on this answer, as `answer_hash` has it, is right as well for the questions of these lines."""
        self._say("".join(f"+ {line} {answer:016x}\n" for line in lines))

    def refuse(self, lines: Iterable[int], answer: int) -> None:
        """Whoever asks from now on may no longer be given it."""
        self._say("".join(f"- {line} {answer:016x}\n" for line in lines))

    def report(self) -> Load:
        """Tell what came of all questions so far."""
        with self._turn:
            self._write("?\n")
            return self._read()

    def stop(self) -> Load:
        """Ask no more, wait for the last answers, and tell what came of it all."""
        with self._turn:
            assert self._process.stdin is not None
            self._process.stdin.close()
            return self._read()

    def _say(self, lines: str) -> None:
        with self._turn:
            self._write(lines)

    def _write(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode())

    def _read(self) -> Load:
        assert self._process.stdout is not None
        return msgspec.json.decode(self._process.stdout.readline(), type=Load)


def write(questions: Iterable[Question], file: Path) -> None:
    """Prepare the packets: EDNS with 1,232 octets, RD clear; one line each (see `load --help`)."""
    file.write_text("".join(_line(question) for question in questions))


def _line(question: Question) -> str:
    subnet = question.subnet
    options: list[dns.edns.Option] = [] if subnet is None else [dns.edns.ECSOption(subnet, 24)]
    query = dns.message.make_query(
        question.name, question.rdatatype, use_edns=0, payload=1232, options=options, id=0, flags=0
    )
    rcode = "-" if question.rcode is None else str(question.rcode)
    hashes = ",".join(f"{answer_hash(answer):016x}" for answer in question.answers)
    return f"{query.to_wire().hex()} {rcode} {hashes or '-'}\n"


def answer_hash(answer: Iterable[dns.rrset.RRset]) -> int:
    """Hash an answer section as a set; `expect.rs` computes the same from a packet."""
    records = sorted(_fnv1a(_FNV_OFFSET, record) for rrset in answer for record in _canonical(rrset))
    value = _FNV_OFFSET
    for record in records:
        value = _fnv1a(value, record.to_bytes(8, "big"))
    return value


def _canonical(rrset: dns.rrset.RRset) -> Iterable[bytes]:
    owner = rrset.name.canonicalize().to_wire() or b""
    fixed = rrset.rdtype.to_bytes(2, "big") + rrset.rdclass.to_bytes(2, "big") + rrset.ttl.to_bytes(4, "big")
    for rdata in rrset:
        yield owner + fixed + rdata.to_digestable()


def _fnv1a(start: int, octets: bytes) -> int:
    value = start
    for octet in octets:
        value = ((value ^ octet) * _FNV_PRIME) & 0xFFFFFFFFFFFFFFFF
    return value
