"""A Meridian of one's own: started as an operator would, in a folder and on ports of its own."""

from __future__ import annotations

import copy
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
import botocore.config
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from meridian.model.account import Credential
from meridian.store import account
from meridian.store.database import Database
from tests.databases import sqlite_in
from tests.ports import free_port

PATIENCE = 30.0  # seconds; a machine under load may be slow, but never this slow


class Site:
    """
    One server process with its data folder.

    Args:
        folder: Its data folder; what stands there from an earlier start is served again.
        roles: What it does.
        environ: Further MERIDIAN_… variables.
        command: `serve`, or `demo`, which makes the first key by itself.
    """

    def __init__(
        self,
        folder: Path,
        *,
        roles: str = "control,edge",
        environ: Mapping[str, str] | None = None,
        command: str = "serve",
    ) -> None:
        self.folder = folder
        self._command = command
        self.dns = ("127.0.0.1", free_port())
        self.api = ("127.0.0.1", free_port())
        self.roles = roles
        self._environ = dict(environ or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder.parent / f"{folder.name}.log"
        self.key = _key(folder)

    def start(self) -> Self:
        """Start the server and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [Path(sys.executable).with_name("meridian"), self._command],
                env=os.environ | self.settings() | self._environ,
                stdout=log,
                stderr=log,
            )
        self.eventually(self._answers)
        return self

    def in_role(self, roles: str) -> Self:
        """The same folder, ports and key, for a start in other roles."""
        other = copy.copy(self)
        other.roles = roles
        return other

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def suspend(self) -> None:
        """Let it do nothing until `resume`, as a machine that hangs."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def hang_up(self) -> None:
        """Ask it to look at its certificate: SIGHUP."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End it as an operator would: SIGTERM."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(PATIENCE)

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        """End it; show its log if the test failed."""
        self.stop()
        if kind is not None:
            print(self._log.read_text()[-8000:])

    @property
    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text()

    @property
    def url(self) -> str:
        """Where its API is."""
        return "http://{}:{}".format(*self.api)

    @property
    def environ(self) -> dict[str, str]:
        """What a stock AWS tool needs to find it."""
        return os.environ | {
            "AWS_ACCESS_KEY_ID": self.key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.key.secret,
            "AWS_ENDPOINT_URL_ROUTE_53": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",  # the older name, which the command line still reads
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @property
    def route53(self) -> Any:
        """A boto3 client of its own, which does not repeat calls that fail."""
        return boto3.client(
            "route53",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self.key.access_key_id,
            aws_secret_access_key=self.key.secret,
            config=botocore.config.Config(retries={"total_max_attempts": 1}),
        )

    def aws(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the AWS command line."""
        command = [str(Path(sys.executable).with_name("aws")), "route53", *arguments]
        return subprocess.run(command, env=self.environ, capture_output=True, text=True, timeout=60, check=False)

    def meridian(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run our own command line with the settings of this server."""
        command = [str(Path(sys.executable).with_name("meridian")), *arguments]
        environ = self.environ | self.settings() | self._environ
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)

    def dig(self, *arguments: str) -> str:
        """Run dig and give what it prints."""
        command = ["dig", f"@{self.dns[0]}", "-p", str(self.dns[1]), "+tries=1", "+time=5", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout

    def ask(self, name: str, rtype: str, *, tcp: bool = False) -> dns.message.Message:
        """Ask a question on the wire, with EDNS."""
        query = dns.message.make_query(name, rtype, use_edns=0, payload=1232)
        query.flags &= ~dns.flags.RD
        send = dns.query.tcp if tcp else dns.query.udp
        return send(query, self.dns[0], port=self.dns[1], timeout=5)

    def answers(self, name: str, rtype: str) -> set[str]:
        """The values that a question is answered with, as text."""
        found = dns.rdatatype.from_text(rtype)
        return {item.to_text() for rrset in self.ask(name, rtype).answer if rrset.rdtype == found for item in rrset}

    def create_zone(self, name: str, reference: str = "") -> str:
        """Create a zone and wait until it is in sync; give its id without prefix."""
        made = self.route53.create_hosted_zone(Name=name, CallerReference=reference or f"{name}-{time.time_ns()}")
        self.in_sync(made["ChangeInfo"]["Id"])
        return str(made["HostedZone"]["Id"]).removeprefix("/hostedzone/")

    def change(self, zone: str, *changes: Mapping[str, Any]) -> str:
        """Send one batch; give the change's id."""
        reply = self.route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": list(changes)})
        return str(reply["ChangeInfo"]["Id"])

    def in_sync(self, change: str) -> None:
        """Wait until a change is in sync."""
        route53 = self.route53
        self.eventually(lambda: route53.get_change(Id=change)["ChangeInfo"]["Status"] == "INSYNC")

    def eventually(self, holds: Callable[[], bool]) -> None:
        """Wait for a condition; fail when it does not come, or when the server ends."""
        end = time.monotonic() + PATIENCE
        while not holds():
            if self._process is not None and self._process.poll() is not None:
                raise AssertionError(f"the server ended:\n{self.log[-4000:]}")
            if time.monotonic() > end:
                raise AssertionError(f"not within {PATIENCE} s; the server's log:\n{self.log[-4000:]}")
            time.sleep(0.005)

    def settings(self) -> dict[str, str]:
        """The variables that make it a server of its own."""
        return {
            "MERIDIAN_DATA_DIR": str(self.folder),
            "MERIDIAN_ROLES": self.roles,
            "MERIDIAN_DNS_LISTEN": "{}:{}".format(*self.dns),
            "MERIDIAN_DNS_THREADS": "1",
            "MERIDIAN_API_LISTEN": "{}:{}".format(*self.api),
        }

    def _answers(self) -> bool:
        has_dns, has_api = "edge" in self.roles, "control" in self.roles
        return (not has_dns or self._serves_dns()) and (not has_api or accepts(self.api))

    def _serves_dns(self) -> bool:
        query = dns.message.make_query("ready.invalid", "A")
        try:
            dns.query.udp(query, self.dns[0], port=self.dns[1], timeout=0.2)
        except (OSError, dns.exception.Timeout):
            return False
        return True


def upsert(name: str, rtype: str, *values: str, ttl: int = 60, **more: Any) -> dict[str, Any]:
    """One UPSERT of a record set with values."""
    return change("UPSERT", name, rtype, values, ttl, **more)


def create(name: str, rtype: str, *values: str, ttl: int = 60, **more: Any) -> dict[str, Any]:
    """One CREATE of a record set with values."""
    return change("CREATE", name, rtype, values, ttl, **more)


def delete(name: str, rtype: str, *values: str, ttl: int = 60, **more: Any) -> dict[str, Any]:
    """One DELETE of a record set with values."""
    return change("DELETE", name, rtype, values, ttl, **more)


def change(action: str, name: str, rtype: str, values: Sequence[str], ttl: int, **more: Any) -> dict[str, Any]:
    """One change of a record set with values."""
    records = [{"Value": value} for value in values]
    return {
        "Action": action,
        "ResourceRecordSet": {"Name": name, "Type": rtype, **more, "TTL": ttl, "ResourceRecords": records},
    }


def alias(name: str, rtype: str, zone: str, target: str, *, healthy: bool = False, **more: Any) -> dict[str, Any]:
    """One CREATE of an alias inside a zone; `healthy` is EvaluateTargetHealth."""
    leads_to = {"HostedZoneId": zone, "DNSName": target, "EvaluateTargetHealth": healthy}
    return {"Action": "CREATE", "ResourceRecordSet": {"Name": name, "Type": rtype, **more, "AliasTarget": leads_to}}


def _key(folder: Path) -> Credential:
    """An access key of the database in this folder, as `meridian user` would make it."""
    database = Database(sqlite_in(folder))
    database.migrate()
    first = account.first_key(database)
    if first is None:
        with database.write() as conn:
            owner, user = account.users(conn)[0]
            for old in account.keys(conn, owner, user)[1:]:
                account.delete_key(conn, old)
            first = account.create_key(conn, owner, user)
    database.close()
    return first


def accepts(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=0.2).close()
    except OSError:
        return False
    return True
