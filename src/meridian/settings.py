"""
Settings: defaults, then a TOML file, then MERIDIAN_… variables, then command-line options.

Every setting is one field of `Settings`; the file, the variables and `meridian serve --help` are
derived from it, so that none can be forgotten in one of the places.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import tomllib
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from meridian.errors import SettingsError

ROLES = ("control", "edge", "checker")


class Quotas(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of records.md §12, Route 53's defaults (R-QUO-2)."""

    hosted_zones: Annotated[int, Meta(ge=0, description="hosted zones an account")] = 500
    record_sets_per_zone: Annotated[int, Meta(ge=2, description="record sets a zone")] = 10_000
    values_per_record_set: Annotated[int, Meta(ge=1, le=4000, description="values a record set")] = 400
    record_sets_per_group: Annotated[int, Meta(ge=1, description="record sets of one name and type")] = 100
    batch_values: Annotated[int, Meta(ge=1, description="ResourceRecord elements a change batch")] = 1000
    batch_characters: Annotated[int, Meta(ge=1, description="characters of all values of a change batch")] = 32_000
    reusable_delegation_sets: Annotated[int, Meta(ge=0, description="reusable delegation sets an account")] = 100
    zones_per_delegation_set: Annotated[int, Meta(ge=1, description="hosted zones a reusable delegation set")] = 100
    vpcs_per_zone: Annotated[int, Meta(ge=1, description="network views a private zone")] = 300
    vpc_authorizations_per_zone: Annotated[
        int, Meta(ge=0, description="authorisations of other accounts' network views a private zone")
    ] = 1000
    protections_per_zone: Annotated[int, Meta(ge=0, description="protected names and types a hosted zone")] = 1000
    cidr_collections: Annotated[int, Meta(ge=0, description="CIDR collections an account")] = 5
    cidr_blocks_per_collection: Annotated[int, Meta(ge=1, description="blocks a CIDR collection")] = 1000
    health_checks: Annotated[int, Meta(ge=0, description="health checks an account")] = 200
    health_checks_a_day: Annotated[
        int, Meta(ge=0, description="health checks created in 24 hours; 0: no limit (R-HCU-7)")
    ] = 1000
    children_per_health_check: Annotated[
        int, Meta(ge=1, le=256, description="children of a calculated health check (R-HCC-3)")
    ] = 256
    traffic_policies: Annotated[int, Meta(ge=0, description="traffic policies an account")] = 50
    traffic_policy_instances: Annotated[int, Meta(ge=0, description="traffic policy instances an account")] = 5


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator can choose."""

    data_dir: Annotated[str, Meta(description="folder for the database and the edge's last values")] = "meridian-data"
    database: Annotated[str, Meta(description="SQLAlchemy URL; empty: SQLite in data_dir")] = ""
    seal_key_file: Annotated[
        str,
        Meta(
            description="file with the keys that secrets in the database are sealed with; empty: seal.key in data_dir "
            "(docs/guides/users.md)"
        ),
    ] = ""
    roles: Annotated[tuple[str, ...], Meta(description="what this process does: control, edge, checker")] = ROLES
    dns_listen: Annotated[tuple[str, ...], Meta(description="addresses for DNS over UDP and TCP")] = (
        "127.0.0.1:5300",
        "[::1]:5300",
    )
    dns_threads: Annotated[int, Meta(ge=0, le=256, description="UDP threads an address; 0: one a core")] = 0
    xdp: Annotated[
        tuple[str, ...],
        Meta(
            description="Ethernet interfaces on which questions over UDP are taken past the kernel's network stack, by "
            "AF_XDP; none: by sockets alone (docs/guides/xdp.md)"
        ),
    ] = ()
    xdp_mode: Annotated[
        str, Meta(description="how: native (in the interface's driver), generic (any), or auto (native where it can)")
    ] = "auto"
    udp_payload: Annotated[
        int, Meta(ge=512, le=4096, description="largest DNS answer over UDP, in octets (R-DNS-1)")
    ] = 1232
    dns_identity: Annotated[
        str,
        Meta(
            pattern="^[ -~]{0,128}$",
            description="what this edge calls itself where it is asked: NSID (RFC 5001), id.server, hostname.bind; "
            "empty: nothing",
        ),
    ] = ""
    dns_version: Annotated[
        str,
        Meta(
            pattern="^[ -~]{0,255}$",
            description="what version.server and version.bind are told (RFC 4892); empty: nothing",
        ),
    ] = ""
    cookie_secrets: Annotated[
        tuple[str, ...],
        Meta(
            description="what DNS cookies are made with, 32 hexadecimal digits each, the same on all edges of an "
            "address: one, or two while one is being replaced; none: no cookies (docs/guides/dns-protocol.md)"
        ),
    ] = ()
    cookies_required: Annotated[
        bool, Meta(description="UDP queries with a cookie that is not ours get BADCOOKIE in place of an answer")
    ] = False
    udp_payload_without_cookie: Annotated[
        int,
        Meta(
            ge=0,
            le=4096,
            description="the same for clients that show no DNS cookie of ours, whose address may be forged; "
            "0: udp_payload",
        ),
    ] = 0
    query_allow: Annotated[
        tuple[str, ...],
        Meta(
            description="networks whose questions are answered, such as 10.0.0.0/8, and no others'; none: everybody's"
        ),
    ] = ()
    query_deny: Annotated[
        tuple[str, ...],
        Meta(description="networks whose questions are REFUSED, even where query_allow has them"),
    ] = ()
    rate_limit: Annotated[
        int,
        Meta(
            ge=0,
            le=10_000_000,
            description="answers of one kind a second over UDP to one network of clients, an IPv4 /24 or IPv6 /56, on "
            "each address; 0: no limit (docs/guides/operations.md)",
        ),
    ] = 0
    rate_limit_burst: Annotated[
        int, Meta(ge=0, le=10_000_000, description="answers at once after a silence; 0: as many as in a second")
    ] = 0
    rate_limit_slip: Annotated[
        int,
        Meta(
            ge=0,
            le=100,
            description="of the answers beyond rate_limit, one in so many is sent truncated, so that a client comes "
            "again over TCP; 0: none",
        ),
    ] = 2
    rate_limit_exempt: Annotated[
        tuple[str, ...],
        Meta(description="networks without a rate_limit; clients that show a DNS cookie of ours have none anyway"),
    ] = ()
    tcp_connections: Annotated[
        int,
        Meta(ge=1, le=100_000, description="connections for DNS at once; for one more, the idlest makes room"),
    ] = 500
    tcp_connections_per_client: Annotated[
        int,
        Meta(ge=1, le=100_000, description="the same of one client, an IPv4 address or IPv6 /64; more are closed"),
    ] = 50
    tcp_idle: Annotated[
        float,
        Meta(ge=0.1, le=3600, description="seconds for which a connection may ask nothing or leave replies unread"),
    ] = 10.0
    tcp_idle_when_busy: Annotated[
        float,
        Meta(ge=0.1, le=3600, description="the same while more than half of tcp_connections are taken"),
    ] = 2.0
    tcp_unread: Annotated[
        int,
        Meta(
            ge=512,
            le=16 * 1024 * 1024,
            description="octets of replies that wait for a connection's client; beyond them no more of its questions "
            "are read",
        ),
    ] = 65_536
    user: Annotated[
        str,
        Meta(
            description="user, by name or number, that the program becomes once it has its addresses, if it was "
            "started by root; empty: none other (docs/guides/operations.md)"
        ),
    ] = ""
    group: Annotated[str, Meta(description="group, by name or number, beside user; empty: the user's own")] = ""
    dnstap: Annotated[
        str,
        Meta(
            description="where every question and answer is told as dnstap: unix:PATH, a socket that a reader listens "
            "on, or file:PATH; empty: nowhere (docs/guides/observability.md)"
        ),
    ] = ""
    dnstap_messages: Annotated[
        tuple[str, ...], Meta(description="what of it is told: query (AUTH_QUERY), response (AUTH_RESPONSE)")
    ] = ("query", "response")
    query_log: Annotated[
        tuple[str, ...],
        Meta(
            description="where lines of query logs go, PATTERN=SINK each: log groups whose names fit PATTERN (* for "
            "any characters) go to file (one a group, in data_dir/query-logs), file:PATH, stdout, syslog, syslog:PATH "
            "or syslog:ADDRESS:PORT; the first that fits (R-LOG-4)"
        ),
    ] = ("*=file",)
    query_log_octets: Annotated[
        int, Meta(ge=0, description="octets of a query log's file, after which it is moved to ….1; 0: no limit")
    ] = 100_000_000
    query_log_files: Annotated[int, Meta(ge=0, description="moved files that are kept of each query log")] = 5
    metrics_zones: Annotated[
        int,
        Meta(
            ge=0,
            le=10_000,
            description="how many of the busiest zones /metrics shows; 0: none, and questions are not counted by zone",
        ),
    ] = 20
    tsig_keys: Annotated[
        dict[str, Any],
        Meta(
            description="keys that are shared with secondaries: NAME = {secret = BASE64, algorithm = hmac-sha256, "
            "hmac-sha384 or hmac-sha512} (docs/guides/secondaries.md)"
        ),
    ] = {}
    secondaries: Annotated[
        dict[str, Any],
        Meta(
            description="name servers that take zones by AXFR and IXFR: ID = {addresses = [ADDRESS, …], networks = "
            "[BLOCK, …], key = NAME, zones = [ZONE, …]} (docs/guides/secondaries.md)"
        ),
    ] = {}
    transfers_at_once: Annotated[
        int, Meta(ge=1, le=1000, description="zone transfers under way at one time; others are told to come again")
    ] = 20
    api_listen: Annotated[str, Meta(description="address of the API")] = "127.0.0.1:5380"
    public_url: Annotated[
        str, Meta(description="URL under which clients reach the API; empty: http(s)://api_listen (R-API-8)")
    ] = ""
    tls_certificate: Annotated[
        str,
        Meta(description="PEM file with the API's certificate and its chain; empty: plain HTTP. Read anew on change"),
    ] = ""
    tls_key: Annotated[str, Meta(description="PEM file with its private key; empty: in the certificate's file")] = ""
    oidc_issuer: Annotated[
        str,
        Meta(
            description="OpenID Connect provider that people may sign in to the console with, such as "
            "https://accounts.example.net; empty: passwords alone (docs/guides/sign-in.md)"
        ),
    ] = ""
    oidc_name: Annotated[str, Meta(description="what the sign-in page calls it; empty: its host name")] = ""
    oidc_client_id: Annotated[str, Meta(description="what the provider knows this server as")] = ""
    oidc_client_secret_file: Annotated[
        str, Meta(description="file with the secret that goes with it; empty: a public client, without one")
    ] = ""
    oidc_scopes: Annotated[tuple[str, ...], Meta(description="what the provider is asked to tell, beside openid")] = (
        "email",
        "profile",
    )
    oidc_user_claim: Annotated[
        str, Meta(description="the claim that says who somebody is: oidc_users has it, or it is a user's name")
    ] = "email"
    oidc_users: Annotated[
        dict[str, str], Meta(description='users by that claim: "ada@example.net" = "ada"; ACCOUNT/USER where several')
    ] = {}
    oidc_groups_claim: Annotated[str, Meta(description="the claim with somebody's groups, for oidc_groups")] = "groups"
    oidc_groups: Annotated[
        dict[str, str],
        Meta(description="users by group, for those who are no user themselves; the first of these groups counts"),
    ] = {}
    audit_days: Annotated[
        int, Meta(ge=0, description="days for which it is kept who changed what; 0: for ever (docs/guides/users.md)")
    ] = 0
    max_body: Annotated[int, Meta(ge=1024, description="largest API request body, in octets")] = 8 * 1024 * 1024
    requests_per_second: Annotated[
        float, Meta(ge=0, description="API calls a second an account; 0: no limit (R-THR-1)")
    ] = 0.0
    name_server_families: Annotated[
        tuple[str, ...],
        Meta(description="domains of our name servers, two to four; each zone gets one name in each place (R-DEL-1)"),
    ] = ("a.meridian.test", "b.meridian.test", "c.meridian.test", "d.meridian.test")
    hostmaster: Annotated[str, Meta(description="mailbox in SOA records, written as a name (R-APX-2)")] = (
        "hostmaster.meridian.test"
    )
    feed: Annotated[
        tuple[str, ...],
        Meta(
            description="NATS servers past one machine, nats://HOST:PORT or tls://HOST:PORT each, USER:PASSWORD@ "
            "before the host if they ask for it; none: this process alone (docs/guides/clusters.md)"
        ),
    ] = ()
    feed_bucket: Annotated[str, Meta(description="JetStream key-value bucket of the feed")] = "meridian"
    feed_replicas: Annotated[
        int, Meta(ge=1, le=5, description="NATS servers that keep each value, for a bucket that is still to be made")
    ] = 1
    feed_credentials: Annotated[str, Meta(description="NATS credentials file (.creds); empty: none")] = ""
    feed_ca: Annotated[
        str, Meta(description="certificates that NATS servers are checked against; empty: the system's")
    ] = ""
    feed_certificate: Annotated[str, Meta(description="certificate to show to NATS servers; empty: none")] = ""
    feed_key: Annotated[str, Meta(description="its private key; empty: in the certificate's file")] = ""
    edge_name: Annotated[str, Meta(description="this edge's name in acknowledgements; empty: host name")] = ""
    edge_coordinates: Annotated[
        str,
        Meta(
            description="where this edge is, as LATITUDE,LONGITUDE in degrees; "
            "stands in for clients whose place is unknown (R-GPX-13)"
        ),
    ] = ""
    geoproximity_negative_bias: Annotated[
        str, Meta(description="how a negative bias stretches distances: linear or reciprocal (R-GPX-5)")
    ] = "linear"
    regions: Annotated[
        dict[str, Any],
        Meta(
            description="further regions, or other coordinates of known ones: ID = {latitude = DEGREES, "
            "longitude = DEGREES, country = CODE} (R-REG-1, docs/guides/places.md)"
        ),
    ] = {}
    places: Annotated[
        dict[str, Any],
        Meta(description="the same for what geoproximity names as a local zone group (R-GPX-10)"),
    ] = {}
    views: Annotated[
        dict[str, Any],
        Meta(
            description="network views, which see private zones as VPCs do: vpc-ID = {region = REGION, clients = "
            "[BLOCK, …]}, with account = ID where it is one account's alone (R-PVT-13, docs/guides/private-zones.md)"
        ),
    ] = {}
    latency_samples: Annotated[
        tuple[str, ...], Meta(description="files of measured latencies, JSON lines or .csv (docs/guides/places.md)")
    ] = ()
    alias_zone_ids: Annotated[
        tuple[str, ...],
        Meta(description="further targets of aliases, ZONEID=SUFFIX each: names at or below SUFFIX (R-ALI-14)"),
    ] = ()
    resolvers: Annotated[
        tuple[str, ...],
        Meta(
            description="resolvers, ADDRESS or ADDRESS:PORT, that are asked for alias targets and for names to probe; "
            "none: the system's"
        ),
    ] = ()
    resolver_subnets: Annotated[
        tuple[str, ...],
        Meta(
            description="for whom alias targets are asked where their operator answers by client subnet: AREA=SUBNET, "
            "or SUBNET for itself alone (docs/guides/outside-aliases.md)"
        ),
    ] = (
        "continent/AF=137.158.0.0/24",
        "continent/AS=133.11.0.0/24",
        "continent/EU=130.149.0.0/24",
        "continent/NA=128.30.0.0/24",
        "continent/OC=130.102.0.0/24",
        "continent/SA=143.107.0.0/24",
    )
    private_targets: Annotated[
        tuple[str, ...],
        Meta(
            description="blocks of private or other special-use addresses that health checks may probe, "
            "such as 10.0.0.0/8; none: the public internet alone (R-HCF-22)"
        ),
    ] = ()
    checker_name: Annotated[
        str, Meta(description="this checker's name in its reports, which no other has; empty: host name")
    ] = ""
    checker_regions: Annotated[
        tuple[str, ...],
        Meta(description="regions that this checker stands for; it looks at the checks of these (R-HCG-4)"),
    ] = (
        "us-east-1",
        "us-west-1",
        "us-west-2",
        "eu-west-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-northeast-1",
        "sa-east-1",
    )
    checker_address: Annotated[
        str, Meta(description="the address that endpoints see of this checker, for GetCheckerIpRanges (R-HCG-3)")
    ] = ""
    health_quorum: Annotated[
        float,
        Meta(ge=0, lt=1, description="a check is healthy if more than this share of its checkers say so (R-HCA-1)"),
    ] = 0.18
    prometheus_url: Annotated[
        str, Meta(description="URL of the Prometheus server that metric checks ask, such as http://127.0.0.1:9090")
    ] = ""
    metric_rules: Annotated[
        str, Meta(description="TOML file of the rules that metric checks name (docs/guides/health-checks.md)")
    ] = ""
    cloudwatch: Annotated[
        bool, Meta(description="follow alarms of CloudWatch too, with the AWS credentials of this process (R-HCL-4)")
    ] = False
    cloudwatch_endpoint: Annotated[str, Meta(description="URL of another CloudWatch; empty: that of AWS")] = ""
    health_history_days: Annotated[
        int, Meta(ge=1, le=3650, description="days for which the history of health checks is kept")
    ] = 90
    webhooks: Annotated[
        tuple[str, ...],
        Meta(description="URLs that are told of every event of a health check (docs/guides/health-checks.md)"),
    ] = ()
    webhook_secrets: Annotated[
        tuple[str, ...],
        Meta(description="what webhooks are signed with, whsec_… each: one, or two while one is being replaced"),
    ] = ()
    metrics_allow: Annotated[
        tuple[str, ...],
        Meta(description="blocks of addresses that may read /metrics, without a signature"),
    ] = ("127.0.0.0/8", "::1/128")
    metrics_listen: Annotated[
        str,
        Meta(
            description="ADDRESS:PORT where this process tells its metrics over plain HTTP, for one without an API; "
            "empty: they are at the API's address alone"
        ),
    ] = ""
    retain_used_policies: Annotated[
        bool,
        Meta(
            description="a traffic policy version that is deleted while instances use it goes from the lists, and they "
            "keep answering by it; no-…: such a call is refused (R-TFP-2)"
        ),
    ] = False
    guard_last_answer: Annotated[
        tuple[str, ...],
        Meta(
            description="types, such as A,AAAA,CNAME,MX, of which no batch may take a name's last answer away, unless "
            "it says that this is meant; none: any may (docs/guides/guards.md)"
        ),
    ] = ()
    guard_share: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="largest share of a zone's record sets that one batch may take away, unless it says that this "
            "is meant; 0: any (docs/guides/guards.md)",
        ),
    ] = 0.0
    strict_names: Annotated[bool, Meta(description="refuse zones of one label, such as test. (R-ZON-5)")] = True
    reserved_names: Annotated[tuple[str, ...], Meta(description="zone names nobody may create (R-ZON-5)")] = ()
    synchronous_standby: Annotated[
        bool,
        Meta(
            description="a commit of the database is on a second machine before it returns, as PostgreSQL does with "
            "synchronous_standby_names; zones may then have accelerated recovery (R-FEA-3)"
        ),
    ] = False
    log_level: Annotated[str, Meta(description="debug, info, warning or error")] = "info"
    log_format: Annotated[str, Meta(description="console (for people) or json")] = "console"
    quotas: Quotas = Quotas()

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database or f"sqlite:///{Path(self.data_dir) / 'meridian.db'}"

    @property
    def aws_folder(self) -> Path:
        """Where the files for AWS's tools are, of which one has a key that our own commands use too."""
        return Path(self.data_dir) / "aws"

    @property
    def seal_key(self) -> Path:
        """The file with what secrets are sealed with."""
        return Path(self.seal_key_file) if self.seal_key_file else Path(self.data_dir) / "seal.key"

    @property
    def edge_point(self) -> tuple[int, int] | None:
        """
        Where this edge is, in hundredths of a degree.

        Raises:
            SettingsError: It is not a point on the earth.
        """
        if not self.edge_coordinates:
            return None
        latitude, _, longitude = self.edge_coordinates.partition(",")
        try:
            point = round(float(latitude) * 100), round(float(longitude) * 100)
        except ValueError:
            point = 9001, 0
        if abs(point[0]) > 9000 or abs(point[1]) > 18000:
            raise SettingsError(
                f"edge_coordinates: '{self.edge_coordinates}' is not LATITUDE,LONGITUDE in degrees, such as 52.52,13.40"
            )
        return point

    @property
    def edge_code(self) -> str:
        """What this edge is called where that must be one word: its name, or that of the host."""
        return re.sub("[^!-~]+", "_", self.edge_name or socket.gethostname())

    @property
    def dnstap_target(self) -> tuple[str, str] | None:
        """
        Where dnstap frames go: `unix` or `file`, and the path; None for nowhere.

        Raises:
            SettingsError: It is neither.
        """
        kind, _, path = self.dnstap.partition(":")
        if self.dnstap and (kind not in ("unix", "file") or not path):
            raise SettingsError(
                f"dnstap: '{self.dnstap}' is neither unix:PATH nor file:PATH, such as unix:/run/dnstap.sock"
            )
        return (kind, path) if self.dnstap else None

    @property
    def cookie_keys(self) -> list[bytes]:
        """
        What DNS cookies are made with, 16 octets each, at most two.

        Raises:
            SettingsError: Something is no secret, or there are more; the secrets themselves are not told.
        """
        if len(self.cookie_secrets) > 2:
            raise SettingsError(
                f"cookie_secrets: {len(self.cookie_secrets)} of them; give two at most, the new one first"
            )
        if not all(re.fullmatch("[0-9a-fA-F]{32}", secret) for secret in self.cookie_secrets):
            raise SettingsError(
                "cookie_secrets: one is not 32 hexadecimal digits, such as `openssl rand -hex 16` prints"
            )
        return [bytes.fromhex(secret) for secret in self.cookie_secrets]

    @property
    def allowed(self) -> list[tuple[str, int]] | None:
        """Networks whose questions are answered; None: everybody's. Raises SettingsError: something is none."""
        return _networks("query_allow", self.query_allow) or None

    @property
    def denied(self) -> list[tuple[str, int]]:
        """Networks whose questions are refused. Raises SettingsError: something is none."""
        return _networks("query_deny", self.query_deny)

    @property
    def unlimited(self) -> list[tuple[str, int]]:
        """Networks without a rate limit. Raises SettingsError: something is none."""
        return _networks("rate_limit_exempt", self.rate_limit_exempt)

    @property
    def rate_and_burst_and_slip(self) -> tuple[int, int, int] | None:
        """The rate limit as the engine takes it; None: there is none."""
        if not self.rate_limit:
            return None
        return self.rate_limit, self.rate_limit_burst or self.rate_limit, self.rate_limit_slip

    @property
    def metrics_blocks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """
        Who may read the metrics.

        Raises:
            SettingsError: Something is not a block.
        """
        try:
            return tuple(map(ipaddress.ip_network, self.metrics_allow))
        except ValueError as error:
            raise SettingsError(f"metrics_allow: {error}; give blocks such as 10.0.0.0/8 or 192.0.2.7/32") from None

    @property
    def base_url(self) -> str:
        """Where clients reach the API, without a final slash."""
        scheme = "https" if self.tls_certificate else "http"
        return (self.public_url or f"{scheme}://{self.api_listen}").rstrip("/")


DEFAULTS = Settings()


def load(
    file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    options: Mapping[str, Any] | None = None,
    check: Callable[[Settings], object] = lambda _: None,
) -> Settings:
    """
    Gather the settings from all places; later places win.

    Args:
        file: A TOML file; None for none.
        environ: Where MERIDIAN_… variables are looked up, each read by `from_text`. Quotas are
            MERIDIAN_QUOTAS_….
        options: Values from the command line by field name; None values are left out.
        check: Raises SettingsError for what this room cannot know to be wrong; asked after each place.

    Raises:
        SettingsError: Names the place, the key and what to do.
    """
    settings = Settings()
    if file is not None:
        try:
            settings = _merge(settings, _read(file), str(file), check)
        except SettingsError as error:
            raise _with_line(error, file) from None
    settings = _merge(settings, _from_environ(environ), "the environment", check)
    given = {key: value for key, value in (options or {}).items() if value is not None}
    settings = _merge(settings, given, "the command line", check)
    _check(settings)
    return settings


def from_text(default: Any, text: str, key: str) -> Any:
    """
    A setting's value as a variable or an option gives it: a list between commas, a table as TOML.

    Args:
        default: The setting's default, which tells what it is.
        key: What names the variable or option in the error.

    Raises:
        SettingsError: It is no TOML.
    """
    if isinstance(default, tuple):
        return [part.strip() for part in text.split(",") if part.strip()]
    if not isinstance(default, dict):
        return text
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        example = "home-1 = {latitude = 52.52, longitude = 13.4}"
        raise SettingsError(f"{key}: not TOML, such as {example}: {error}") from None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text())
    except FileNotFoundError:
        raise SettingsError(f"{file}: no such file; leave --config out to run with the defaults") from None
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}; make the file readable for this user") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: not TOML: {error}") from None


def _with_line(error: SettingsError, file: Path) -> SettingsError:
    """The error with the line of the setting that it is about, where a line of the file has it."""
    text = str(error).removeprefix(f"{file}: ")
    number = line_of(file.read_text(), text.partition(": ")[0]) if file.is_file() else None
    return error if number is None else SettingsError(f"{error} (line {number})")


def line_of(toml: str, key: str) -> int | None:
    """The line of a TOML file that has this dotted key, or else the nearest table that it would be in."""
    header, found = "", ("", 0)
    for number, line in enumerate(toml.splitlines(), 1):
        if match := re.match(r"\s*\[+([^\]]+)\]", line):
            path = header = re.sub("[\"' ]", "", match[1])
        elif match := re.match(r"\s*([^=#]+?)\s*=", line):
            path = ".".join(filter(None, (header, re.sub("[\"' ]", "", match[1]))))
        else:
            continue
        if f"{key}.".startswith(f"{path}.") and len(path) > len(found[0]):
            found = path, number
    return found[1] or None


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        if field.name == "quotas":
            quotas = {
                quota.name: environ[variable]
                for quota in msgspec.structs.fields(Quotas)
                if (variable := f"MERIDIAN_QUOTAS_{quota.name.upper()}") in environ
            }
            if quotas:
                found["quotas"] = quotas
            continue
        text = environ.get(f"MERIDIAN_{field.name.upper()}")
        if text is not None:
            found[field.name] = from_text(getattr(DEFAULTS, field.name), text, f"MERIDIAN_{field.name.upper()}")
    return found


def _merge(settings: Settings, found: Mapping[str, Any], place: str, check: Callable[[Settings], object]) -> Settings:
    if not found:
        return settings
    merged = msgspec.to_builtins(settings)
    quotas = found.get("quotas", {})
    merged.update(found)
    if isinstance(quotas, Mapping):
        merged["quotas"] = {**msgspec.to_builtins(settings.quotas), **quotas}
    try:
        now = msgspec.convert(merged, Settings, strict=False)
        check(now)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{place}: {_explain(str(error))}") from None
    except SettingsError as error:
        raise SettingsError(f"{place}: {error}") from None
    return now


def _explain(problem: str) -> str:
    if "unknown field" in problem:
        key = problem.split("`")[1]
        known = ", ".join(field.name for field in msgspec.structs.fields(Settings))
        return f"there is no setting '{key}'; the settings are: {known}"
    what, _, where = problem.replace("`object`", "a table").partition(" - at ")
    return f"{where.strip('`').removeprefix('$.') or 'settings'}: {what}"


def _check(settings: Settings) -> None:
    unknown = set(settings.roles) - set(ROLES)
    if unknown or not settings.roles:
        raise SettingsError(f"roles: {', '.join(sorted(unknown)) or 'none given'}; choose from {', '.join(ROLES)}")
    listened = {"dns_listen": settings.dns_listen, "api_listen": (settings.api_listen,)}
    if settings.metrics_listen:
        listened["metrics_listen"] = (settings.metrics_listen,)
    for key, addresses in listened.items():
        for address in addresses:
            split_address(address, key)
    if not 2 <= len(settings.name_server_families) <= 4:
        raise SettingsError("name_server_families: give two to four domains, for example a.example.net,b.example.org")
    if settings.geoproximity_negative_bias not in ("linear", "reciprocal"):
        raise SettingsError(
            f"geoproximity_negative_bias: '{settings.geoproximity_negative_bias}'; choose linear or reciprocal"
        )
    if settings.xdp_mode not in ("auto", "native", "generic"):
        raise SettingsError(f"xdp_mode: '{settings.xdp_mode}'; choose auto, native or generic")
    settings.edge_point  # noqa: B018 - reading it checks it
    _check_feed(settings)
    settings.metrics_blocks  # noqa: B018 - as above
    if not settings.cookie_keys and settings.cookies_required:
        raise SettingsError("cookies_required: no cookie can be ours without cookie_secrets; give one")
    _check_clients(settings)
    if settings.tls_key and not settings.tls_certificate:
        raise SettingsError("tls_key: is of no use without tls_certificate; give both")
    _check_webhooks(settings)
    _check_oidc(settings)
    settings.dnstap_target  # noqa: B018 - as above
    if not settings.dnstap_messages or set(settings.dnstap_messages) - {"query", "response"}:
        raise SettingsError(
            f"dnstap_messages: {', '.join(settings.dnstap_messages) or 'none given'}; choose from query, response"
        )
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise SettingsError(f"log_level: '{settings.log_level}'; choose debug, info, warning or error")
    if settings.log_format not in ("console", "json"):
        raise SettingsError(f"log_format: '{settings.log_format}'; choose console or json")


def _networks(key: str, texts: Sequence[str]) -> list[tuple[str, int]]:
    """Networks as address and prefix length."""
    try:
        networks = list(map(ipaddress.ip_network, texts))
    except ValueError as error:
        raise SettingsError(f"{key}: {error}; give networks such as 192.0.2.0/24 or 2001:db8::/32") from None
    return [(str(network.network_address), network.prefixlen) for network in networks]


def _check_clients(settings: Settings) -> None:
    """What has to do with clients that mean harm."""
    settings.allowed, settings.denied, settings.unlimited  # noqa: B018 - reading them checks them
    without = settings.udp_payload_without_cookie
    if without and not 512 <= without <= settings.udp_payload:
        raise SettingsError(
            f"udp_payload_without_cookie: {without}; give 512 to udp_payload, which is {settings.udp_payload}"
        )
    if without and not settings.cookie_keys:
        raise SettingsError(
            "udp_payload_without_cookie: nobody can show a cookie without cookie_secrets; give one, "
            "or lower udp_payload"
        )
    if settings.group and not settings.user:
        raise SettingsError("group: it goes with user; give both")


def _check_webhooks(settings: Settings) -> None:
    for url in settings.webhooks:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(f"webhooks: '{url}' is no URL, such as https://hooks.example.net/meridian")
    if settings.webhooks and not settings.webhook_secrets:
        raise SettingsError(
            'webhook_secrets: webhooks are signed, so give a secret; echo "whsec_$(openssl rand -base64 32)" makes one'
        )


def _check_oidc(settings: Settings) -> None:
    if not settings.oidc_issuer:
        given = [key for key in ("oidc_client_id", "oidc_client_secret_file") if getattr(settings, key)]
        if given:
            raise SettingsError(f"{given[0]}: is of no use without oidc_issuer; give both")
        return
    parts = urlsplit(settings.oidc_issuer)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))):
        raise SettingsError(
            f"oidc_issuer: '{settings.oidc_issuer}' is no https:// URL, such as https://accounts.example.net; "
            "http:// is for a provider on this machine"
        )
    if not settings.oidc_client_id:
        raise SettingsError(
            "oidc_client_id: oidc_issuer needs it; register this server with the provider, which gives it"
        )
    if not settings.oidc_user_claim:
        raise SettingsError("oidc_user_claim: none given; name the claim that says who somebody is, such as email")
    host, _ = split_address(settings.api_listen, "api_listen")
    if not settings.public_url and ipaddress.ip_address(host).is_unspecified:
        raise SettingsError(
            f"public_url: oidc_issuer sends people back to it, and nobody can be sent to {host}; give the URL at which "
            "browsers find the console, such as https://dns.example.net"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_feed(settings: Settings) -> None:
    for url in settings.feed:
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("nats", "tls") and parts.hostname and parts.port
        except ValueError:
            usable = False
        if not usable:
            raise SettingsError(
                f"feed: '{_without_secret(url)}' is not nats://HOST:PORT, such as nats://192.0.2.1:4222"
            )
    if len({urlsplit(url).scheme for url in settings.feed}) > 1:
        raise SettingsError("feed: nats:// and tls:// together; give the same for all servers")
    if not re.fullmatch("[A-Za-z0-9_-]+", settings.feed_bucket):
        raise SettingsError(f"feed_bucket: '{settings.feed_bucket}'; a bucket's name has letters, digits, - and _")
    for key in ("feed_credentials", "feed_ca", "feed_certificate", "feed_key"):
        file = getattr(settings, key)
        if file and not os.access(file, os.R_OK):
            raise SettingsError(f"{key}: {file}: no file that this user can read")


def _without_secret(url: str) -> str:
    return re.sub("//[^@]*@", "//…@", url)


def split_address(address: str, key: str) -> tuple[str, int]:
    """Split `192.0.2.1:53` or `[2001:db8::1]:53`; `key` names the setting in the error."""
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(host)
        number = int(port)
        if not 0 <= number <= 65535:
            raise ValueError
    except ValueError:
        raise SettingsError(f"{key}: '{address}' is not ADDRESS:PORT, such as 127.0.0.1:53 or [::1]:53") from None
    return host, number
