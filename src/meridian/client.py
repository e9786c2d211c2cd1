"""The API as any client sees it, through boto3: what `demo`, `import`, `export` and `replace` speak with."""

from __future__ import annotations

import configparser
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.exceptions
import botocore.httpsession
import botocore.session
import botocore.utils
import msgspec
import urllib3.exceptions

from meridian.changes.shape import read_changes, to_api
from meridian.errors import MeridianError
from meridian.model.account import Credential
from meridian.model.name import Name, parse, plain
from meridian.model.record import Action, RecordSet
from meridian.server_events import ServerEvent, read_events

_CREDENTIALS = """\
[default]
aws_access_key_id = {key.access_key_id}
aws_secret_access_key = {key.secret}
"""
_INSYNC_PATIENCE = 600.0  # seconds
_TIMEOUT = (60, 120)  # seconds to connect, and between two pieces of a reply
_EVENTS_TIMEOUT = (10, 30)  # the same of a stream, which says every ten seconds that it is alive
# AWS_ENDPOINT_URL would win over either; newer tools read the service's own entry, some only the first.
_CONFIG = """\
[default]
region = us-east-1
endpoint_url = {url}
services = meridian

[services meridian]
route_53 =
  endpoint_url = {url}
"""


class Failed(MeridianError):
    """The server refused a call, or could not be reached."""


class Lost(Failed):
    """The server could not be reached, or went away."""


def write_files(folder: Path, key: Credential, url: str) -> None:
    """Write `credentials` and `config` in AWS's own formats; the first for its owner's eyes only."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "credentials"
    secret.touch(mode=0o600)
    secret.chmod(0o600)
    secret.write_text(_CREDENTIALS.format(key=key))
    (folder / "config").write_text(_CONFIG.format(url=url))


def connect(url: str, aws_files: Path, environ: Mapping[str, str] = os.environ) -> Api:
    """
    Reach the API with a key of the environment (AWS_ACCESS_KEY_ID or AWS_PROFILE …), else with that of `aws_files`.

    Args:
        url: Where the API is; AWS_ENDPOINT_URL… in the environment wins, or the endpoint in the file that
            AWS_CONFIG_FILE names there.
    """
    names = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE")
    given: dict[str, Any] = {} if any(name in environ for name in names) else _key(aws_files / "credentials")
    core = botocore.session.Session()
    session = boto3.Session(region_name="us-east-1", botocore_session=core, **given)
    if session.get_credentials() is None:
        raise MeridianError(
            "no access key; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (meridian user key create makes a key)"
        )
    url = _endpoint(session, environ) or url
    return Api(session.client("route53", endpoint_url=url, config=_config()), url, core)


def connect_elsewhere(url: str | None, profile: str | None) -> Api:
    """
    Reach Route 53, or anything that speaks its API, as AWS's own tools would.

    Args:
        url: Where the API is; None for where AWS's tools find it.
        profile: Of AWS's files; None for the one that AWS's tools take, or the environment's key.
    """
    core = botocore.session.Session()
    try:
        session = boto3.Session(profile_name=profile, region_name="us-east-1", botocore_session=core)
        client = session.client("route53", endpoint_url=url, config=_config())
    except (botocore.exceptions.BotoCoreError, ValueError) as error:
        raise MeridianError(f"the other Route 53: {error}") from None
    if session.get_credentials() is None:
        raise MeridianError("the other Route 53: no access key; give --from-profile, or set AWS_ACCESS_KEY_ID …")
    return Api(client, str(client.meta.endpoint_url), core)


def _config() -> Any:
    connect_timeout, read_timeout = _TIMEOUT
    return botocore.config.Config(
        retries={"mode": "standard", "max_attempts": 5}, connect_timeout=connect_timeout, read_timeout=read_timeout
    )


def _endpoint(session: Any, environ: Mapping[str, str]) -> str | None:
    """The endpoint that the environment names for AWS's tools; None where it leaves them to AWS."""
    named = environ.get("AWS_ENDPOINT_URL_ROUTE_53") or environ.get("AWS_ENDPOINT_URL")
    if named or "AWS_CONFIG_FILE" not in environ:
        return named
    found = str(session.client("route53").meta.endpoint_url)
    return None if (urlsplit(found).hostname or "").endswith(".amazonaws.com") else found


def _key(file: Path) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(file)
    return dict(parser["default"]) if parser.has_section("default") else {}


class Api:
    """
    The calls that we need; zone ids come and go without prefix.

    Every method raises `Failed` with the server's words.
    """

    def __init__(self, client: Any, url: str, session: Any) -> None:
        self._client = client
        self._url = url
        self._session = session

    @property
    def url(self) -> str:
        """Where the API is."""
        return self._url

    def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation by boto3's name for it."""
        with self._failing():
            reply: dict[str, Any] = getattr(self._client, operation)(**arguments)
            return reply

    def native(self, path: str, body: Any = None, *, method: str = "", **query: str) -> dict[str, Any]:
        """
        Call one of Meridian's own calls, once: with a body, which is sent as JSON, by POST, else by GET. Text is sent
        as it is.

        It is signed, and goes the way, that a stock client's calls do.

        Args:
            body: What JSON can say, or JSON already.
            method: Another one.
        """
        url = f"{self._url.rstrip('/')}{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        data = body if isinstance(body, str | bytes | None) else msgspec.json.encode(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        request = botocore.awsrequest.AWSRequest(method or ("GET" if body is None else "POST"), url, headers, data)
        reply = self._send(request, _TIMEOUT)
        return _decoded(reply.status_code, reply.content, url)

    def events(self, path: str, query: Sequence[tuple[str, str]], last_id: str) -> Iterator[ServerEvent]:
        """
        Follow one of Meridian's own streams of events, until the server ends it.

        Args:
            last_id: Of the last event that is known; empty to begin with the next one.

        Raises:
            Lost: The server cannot be reached, went away, or has gone silent.
        """
        url = f"{self._url.rstrip('/')}{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last_id} if last_id else {})}
        request = botocore.awsrequest.AWSRequest("GET", url, headers, stream_output=True)
        reply = self._send(request, _EVENTS_TIMEOUT)
        if reply.status_code != 200:
            _decoded(reply.status_code, reply.content, url)
        try:
            yield from read_events(reply.raw, last_id)
        except urllib3.exceptions.HTTPError as error:
            raise Lost(f"{self._url}: {error}") from None
        finally:
            reply.raw.close()

    def _send(self, request: Any, timeout: tuple[float, float]) -> Any:
        with self._failing():
            botocore.auth.SigV4Auth(self._session.get_credentials(), "route53", "us-east-1").add_auth(request)
            transport = botocore.httpsession.URLLib3Session(
                verify=self._session.get_config_variable("ca_bundle") or True,
                proxies=botocore.utils.get_environ_proxies(request.url),
                timeout=timeout,
            )
            return transport.send(request.prepare())

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except botocore.exceptions.ClientError as error:
            raise Failed(f"{error.response['Error']['Code']}: {error.response['Error']['Message']}") from None
        except botocore.exceptions.EndpointConnectionError:
            raise Lost(f"no server answers at {self._url}; start one with meridian serve") from None
        except botocore.exceptions.HTTPClientError as error:
            raise Lost(f"{self._url}: {error}") from None
        except botocore.exceptions.BotoCoreError as error:
            raise Failed(f"{self._url}: {error}") from None

    def find_zone(self, zone: str) -> tuple[str, Name] | None:
        """
        Id and name of the zone with this id or name; None if there is none with this name.

        Raises:
            Failed: Several zones have the name.
        """
        if "." not in zone and zone.startswith("Z"):
            found = self.call("get_hosted_zone", Id=zone)["HostedZone"]
            return zone, parse(found["Name"])
        name = _zone_name(zone)
        listed = self.call("list_hosted_zones_by_name", DNSName=name.text)["HostedZones"]
        ids = [str(item["Id"]).removeprefix("/hostedzone/") for item in listed if parse(item["Name"]) == name]
        if len(ids) > 1:
            raise Failed(f"several zones are named {plain(name)}; give the id of one: {', '.join(ids)}")
        return (ids[0], name) if ids else None

    def create_zone(self, zone: str, reference: str) -> tuple[str, Name]:
        """Create a zone with this name; give its id and name."""
        name = _zone_name(zone)
        made = self.call("create_hosted_zone", Name=name.text, CallerReference=reference)
        return str(made["HostedZone"]["Id"]).removeprefix("/hostedzone/"), name

    def change(self, zone_id: str, action: Action, record_sets: Sequence[RecordSet]) -> str:
        """Send one batch; give the change's id."""
        changes = [{"Action": action, "ResourceRecordSet": to_api(record_set)} for record_set in record_sets]
        reply = self.call("change_resource_record_sets", HostedZoneId=zone_id, ChangeBatch={"Changes": changes})
        return str(reply["ChangeInfo"]["Id"])

    def change_many(self, body: bytes) -> str:
        """Send what `bulk_body` made as one change, by Meridian's own call; give the change's id."""
        return str(self.native("/meridian/import", body)["ChangeInfo"]["Id"])

    def is_in_sync(self, change_id: str) -> bool:
        """Whether every live edge serves a change."""
        return bool(self.call("get_change", Id=change_id)["ChangeInfo"]["Status"] == "INSYNC")

    def wait_in_sync(self, change_id: str) -> None:
        """Wait until every live edge serves a change; fail after ten minutes."""
        end = time.monotonic() + _INSYNC_PATIENCE
        while not self.is_in_sync(change_id):  # the server holds the call for a moment
            if time.monotonic() > end:
                raise Failed(f"{change_id} is not in sync after {_INSYNC_PATIENCE:.0f} s; is an edge running?")
            time.sleep(0.1)

    def room(self, zone_id: str) -> int:
        """How many more record sets the zone may hold."""
        reply = self.call("get_hosted_zone_limit", HostedZoneId=zone_id, Type="MAX_RRSETS_BY_ZONE")
        return int(reply["Limit"]["Value"]) - int(reply["Count"])

    def record_sets(self, zone_id: str) -> Iterator[RecordSet]:
        """All record sets of a zone, page by page, in the API's order."""
        start: dict[str, Any] = {}
        while True:
            page = self.call("list_resource_record_sets", HostedZoneId=zone_id, MaxItems="300", **start)
            listed = [{"Action": "CREATE", "ResourceRecordSet": item} for item in page["ResourceRecordSets"]]
            yield from (change.record_set for change in read_changes({"Changes": listed}, None))
            if not page["IsTruncated"]:
                return
            following = ("NextRecordName", "NextRecordType", "NextRecordIdentifier")
            start = {key.replace("Next", "Start"): page[key] for key in following if key in page}


def bulk_body(zone_id: str, action: Action, record_sets: Iterable[RecordSet]) -> bytes:
    """The body of `/meridian/import` (docs/reference/import.md): what has nothing but records in its short form."""
    records: list[tuple[str, str, int | None, tuple[str, ...]]] = []
    others: list[dict[str, Any]] = []
    for each in record_sets:
        if each.is_plain:
            records.append((each.name.text, each.type, each.ttl, each.values))
        else:
            others.append(to_api(each))
    body = {"zone": zone_id, "action": action, "records": records, "ResourceRecordSets": others}
    return msgspec.json.encode(body)


def _zone_name(text: str) -> Name:
    try:
        return parse(text)
    except ValueError as error:
        raise MeridianError(f"'{text}' is no zone name: {getattr(error, 'explanation', error)}") from None


def _decoded(status: int, body: bytes, url: str) -> dict[str, Any]:
    """The reply of a call of ours, whose errors are JSON too."""
    try:
        reply = json.loads(body)
    except ValueError:
        reply = None
    if status == 200 and isinstance(reply, dict):
        return reply
    if not isinstance(reply, dict) or "code" not in reply:
        raise Failed(f"{url}: status {status}; this is no Meridian server, or one that does not know the call")
    reasons = reply.get("messages") or [reply["message"]]
    raise Failed(f"{reply['code']}: " + "\n  ".join(reasons))
