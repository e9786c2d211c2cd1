"""Where figures come from."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from pathlib import Path

import msgspec


class Machine(msgspec.Struct, frozen=True):
    """A machine, as far as figures depend on it."""

    cpu: str
    cores: int
    kernel: str
    python: str

    @classmethod
    def here(cls) -> Machine:
        """This machine."""
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        cpu = models[0] if models else platform.machine()
        return cls(cpu, os.cpu_count() or 1, platform.release(), platform.python_version())

    def __str__(self) -> str:
        return f"{self.cpu}, {self.cores} cores, Linux {self.kernel}, Python {self.python}"


def prefer(pid: int) -> None:
    """
    Let a process that is measured go before what else the machine does, as far as this user may ask for it.

    The kernel shares cores between sessions first, and only then between their threads. Each thread has a priority of
    its own: were one raised alone, it would go before the others of its process.
    """
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text("-15")
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.setpriority(os.PRIO_PROCESS, int(thread), os.getpriority(os.PRIO_PROCESS, int(thread)) - 15)
