"""
Every table, in one `MetaData`. Migrations bring a database to exactly this.

Names are kept as wire octets and as sort key; the text follows from either. Sort keys, types and
set identifiers compare as bytes on every database (R-LST-1, R-LST-2).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite compares text as bytes by itself; PostgreSQL has to be told.
BYTEWISE = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite numbers rows by itself only where the type is plain INTEGER.
SERIAL = BigInteger().with_variant(Integer(), "sqlite")

account = Table(
    "account",
    metadata,
    Column("id", String(12), primary_key=True),
)

account_user = Table(
    "account_user",
    metadata,
    Column("account_id", String(12), ForeignKey(account.c.id), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("owner", Boolean, nullable=False),
    Column("created_at", BigInteger),  # milliseconds since 1970; null if not known
    Column("password_hash", Text),  # argon2; null for users who may not sign in to the console
)

# Who is signed in to the console.
session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),  # SHA-256 of what the cookie holds
    Column("account_id", String(12), nullable=False),
    Column("user_name", String(64), nullable=False),
    Column("expires_at", BigInteger, nullable=False),  # milliseconds since 1970
    Index(None, "expires_at"),
    Index(None, "account_id", "user_name"),
)

access_key = Table(
    "access_key",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("account_id", String(12), nullable=False),
    Column("user_name", String(64), nullable=False),
    Column("sealed_secret", LargeBinary, nullable=False),  # store.seal
    Column("enabled", Boolean, nullable=False),
    Column("created_at", BigInteger),
    ForeignKeyConstraint(["account_id", "user_name"], [account_user.c.account_id, account_user.c.name]),
)

user_policy = Table(
    "user_policy",
    metadata,
    Column("account_id", String(12), primary_key=True),
    Column("user_name", String(64), primary_key=True),
    Column("name", BYTEWISE, primary_key=True),
    Column("document", Text, nullable=False),  # as it was written
    ForeignKeyConstraint(["account_id", "user_name"], [account_user.c.account_id, account_user.c.name]),
)

# Who changed what: one row for each thing that a request changed, in the transaction of the change.
audit_event = Table(
    "audit_event",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("at", BigInteger, nullable=False),  # milliseconds since 1970
    Column("account_id", String(12), nullable=False),
    Column("actor", String(128), nullable=False),  # the user, or who worked on the database itself
    Column("access_key_id", String(20), nullable=False),  # '' for none
    Column("request_id", String(64), nullable=False),
    Column("action", String(80), nullable=False),
    Column("kind", String(24), nullable=False),  # of what was changed
    Column("resource", Text, nullable=False),  # its id; of a record set, its zone's
    # Of a record set; '' for other things.
    Column("sort_key", BYTEWISE, nullable=False),
    Column("type", BYTEWISE, nullable=False),
    Column("set_identifier", BYTEWISE, nullable=False),
    Column("before", Text),  # JSON; null where it was not there
    Column("after", Text),  # JSON; null where it is no more
    Index(None, "account_id", "id"),
    Index(None, "resource", "sort_key", "id"),
    Index(None, "request_id"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

# One row for each zone ever created. Rows outlive their zones: a caller reference is used up for
# ever (R-ZON-4), and a rank is never given twice.
zone_creation = Table(
    "zone_creation",
    metadata,
    Column("rank", SERIAL, primary_key=True),
    Column("account_id", String(12), ForeignKey(account.c.id), nullable=False),
    Column("caller_reference", String(128), nullable=False),
    Column("zone_id", String(32), nullable=False),
    UniqueConstraint("account_id", "caller_reference"),
)

hosted_zone = Table(
    "hosted_zone",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(12), ForeignKey(account.c.id), nullable=False),
    Column("name_wire", LargeBinary, nullable=False),
    Column("sort_key", BYTEWISE, nullable=False),
    Column("caller_reference", String(128), nullable=False),
    Column("rank", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("shard_count", Integer, nullable=False),
    Column("record_set_count", Integer, nullable=False),
    Column("comment", Text),
    Column("private", Boolean, nullable=False),
    Column("delegation_set_id", String(32)),
    Column("name_servers", Text, nullable=False),  # JSON list of names
    Column("accelerated_recovery", String(32)),  # its status; null where it was never asked for (R-FEA-1)
    Index(None, "account_id", "id"),
    Index(None, "sort_key", "id"),
)
_has_set = hosted_zone.c.delegation_set_id.is_not(None)
Index(
    None,
    hosted_zone.c.delegation_set_id,
    hosted_zone.c.id,
    sqlite_where=_has_set,  # few have a reusable one
    postgresql_where=_has_set,
)

delegation_set = Table(
    "delegation_set",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(12), ForeignKey(account.c.id), nullable=False),
    Column("caller_reference", String(128), nullable=False),
    Column("name_servers", Text, nullable=False),  # JSON list of names
    UniqueConstraint("account_id", "caller_reference"),
    Index(None, "account_id", "id"),
)

# Names and types of a zone that nothing may be written at. The record sets need not be there (R-PRO-2).
record_set_protection = Table(
    "record_set_protection",
    metadata,
    Column("zone_id", String(32), ForeignKey(hosted_zone.c.id), primary_key=True),
    Column("sort_key", BYTEWISE, primary_key=True),
    Column("type", BYTEWISE, primary_key=True),
    Column("name_wire", LargeBinary, nullable=False),
    Column("comment", Text),
)

# The network views that private zones are seen from. A view sees one zone of a name (R-PVT-3).
vpc_association = Table(
    "vpc_association",
    metadata,
    Column("zone_id", String(32), ForeignKey(hosted_zone.c.id), primary_key=True),
    Column("vpc_id", BYTEWISE, primary_key=True),
    Column("region", String(64), nullable=False),
    Column("sort_key", BYTEWISE, nullable=False),  # the zone's, once more
    UniqueConstraint("vpc_id", "sort_key"),
)

# The network views whose accounts may associate them with another account's zone.
vpc_authorization = Table(
    "vpc_authorization",
    metadata,
    Column("zone_id", String(32), ForeignKey(hosted_zone.c.id), primary_key=True),
    Column("vpc_id", BYTEWISE, primary_key=True),
    Column("region", String(64), primary_key=True),
)

# The name servers of each delegation set, one row a server, for those who ask which sets share how many.
# The owner is a reusable set, or the public zone that has a set of its own.
assigned_name_server = Table(
    "assigned_name_server",
    metadata,
    Column("server", String(255), primary_key=True),
    Column("owner", String(32), primary_key=True),
    Index(None, "owner"),
)

record_set = Table(
    "record_set",
    metadata,
    Column("zone_id", String(32), ForeignKey(hosted_zone.c.id), primary_key=True),
    Column("sort_key", BYTEWISE, primary_key=True),
    Column("type", BYTEWISE, primary_key=True),
    Column("set_identifier", BYTEWISE, primary_key=True),  # '' for none
    Column("name_wire", LargeBinary, nullable=False),
    Column("slot", Integer, nullable=False),  # Name.slot, 0 to 4095
    Column("ttl", Integer),
    Column("record_values", Text),  # JSON list, as sent; null for none
    Column("rdata", LargeBinary),  # MessagePack list of octets; null for none
    Column("rest", Text),  # JSON of what few record sets have; null for nothing
    # The location of a CIDR collection that the set names, once more, for those who ask who uses it (R-CID-12).
    Column("cidr_collection_id", String(36)),
    Column("cidr_location", String(16)),
    # The name in wire form that an alias leads to outside the zone, once more, for the connector (R-ALI-14).
    Column("outside_target", LargeBinary),
    # The health check, once more, for those who ask who uses it. It may have been deleted (R-HCU-6).
    Column("health_check_id", String(64)),
    Index(None, "zone_id", "slot"),
)
_uses_cidr = record_set.c.cidr_collection_id.is_not(None)
Index(
    None,
    record_set.c.cidr_collection_id,
    record_set.c.cidr_location,
    sqlite_where=_uses_cidr,  # few do: the index holds no others
    postgresql_where=_uses_cidr,
)

_is_checked = record_set.c.health_check_id.is_not(None)
Index(None, record_set.c.health_check_id, sqlite_where=_is_checked, postgresql_where=_is_checked)

_is_outside = record_set.c.outside_target.is_not(None)
Index(
    None,
    record_set.c.outside_target,
    record_set.c.type,
    sqlite_where=_is_outside,
    postgresql_where=_is_outside,
)

# Each name strictly between an owner name and the apex, with the number of owner names below it.
# Those that own no record set themselves are the empty non-terminals (RFC 4592 §2.2.2).
ancestor = Table(
    "ancestor",
    metadata,
    Column("zone_id", String(32), ForeignKey(hosted_zone.c.id), primary_key=True),
    Column("name_wire", LargeBinary, primary_key=True),
    Column("slot", Integer, nullable=False),
    Column("descendants", Integer, nullable=False),
    Index(None, "zone_id", "slot"),
)

# Changes outlive their zones, so there is no foreign key (R-CHG-17, R-ZDL-3).
change = Table(
    "change",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(12), nullable=False),
    Column("zone_id", String(36), nullable=False),  # of the zone, or of the CIDR collection
    Column("zone_version", BigInteger, nullable=False),
    Column("status", String(7), nullable=False),
    Column("submitted_at", BigInteger, nullable=False),  # milliseconds since 1970
    Column("comment", Text),
    # Where the feed tells of the change: the catalog, and its version. Null until published.
    Column("catalog", Integer),
    Column("catalog_version", BigInteger),
    Index(None, "status", "zone_id"),
    Index(None, "submitted_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("zone_id", String(32), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("slots", LargeBinary),  # MessagePack list of slots; null for the whole zone
    sqlite_autoincrement=True,
)

cidr_collection = Table(
    "cidr_collection",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(12), ForeignKey(account.c.id), nullable=False),
    Column("name", BYTEWISE, nullable=False),
    Column("caller_reference", String(64), nullable=False),
    Column("version", BigInteger, nullable=False),
    UniqueConstraint("account_id", "name"),
)

# A block has one location of its collection (R-CID-4). A location is there while it has a block.
cidr_block = Table(
    "cidr_block",
    metadata,
    Column("collection_id", String(36), ForeignKey(cidr_collection.c.id), primary_key=True),
    Column("block", LargeBinary, primary_key=True),  # model.cidr.to_octets
    Column("location", BYTEWISE, nullable=False),
    Index(None, "collection_id", "location", "block"),
)

# What the feed is to tell of places: its keys `place/…` stand here without that prefix.
place_outbox = Table(
    "place_outbox",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("key", String(64), nullable=False),
    Column("version", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

# Where each region and place was that record sets can name, when zones were last compiled by it. Empty until
# it was somewhere else than the package says.
named_place = Table(
    "named_place",
    metadata,
    Column("kind", String(8), primary_key=True),  # region, or place
    Column("id", String(64), primary_key=True),
    Column("latitude", Integer, nullable=False),  # hundredths of a degree
    Column("longitude", Integer, nullable=False),
)

# Numbers are never given twice, also after the check with the highest one was deleted: name servers
# may still serve record sets with it.
health_check = Table(
    "health_check",
    metadata,
    Column("slot", SERIAL, primary_key=True),
    Column("id", String(36), nullable=False),
    Column("account_id", String(12), ForeignKey(account.c.id), nullable=False),
    Column("caller_reference", String(64), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("config", Text, nullable=False),  # JSON, as the three below; null for nothing
    Column("options", Text),
    Column("metric", Text),
    Column("override", Text),
    Column("switch", Boolean),
    Column("created_at", BigInteger, nullable=False),  # milliseconds since 1970
    UniqueConstraint("id"),
    UniqueConstraint("account_id", "caller_reference"),
    Index(None, "account_id", "id"),
    sqlite_autoincrement=True,
)

# Which calculated check counts which others, once more, for the day that one of these is deleted (R-HCC-5).
health_child = Table(
    "health_child",
    metadata,
    Column("parent", BigInteger, ForeignKey(health_check.c.slot), primary_key=True),
    Column("child_id", String(64), primary_key=True),
    Index(None, "child_id"),
)

# What is remembered of deleted checks, for some days (R-HCU-1, R-HCU-7).
deleted_health_check = Table(
    "deleted_health_check",
    metadata,
    Column("account_id", String(12), ForeignKey(account.c.id), primary_key=True),
    Column("caller_reference", String(64), primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger, nullable=False),
    Index(None, "deleted_at"),
)

# The version of each block of neighbouring slots, one more with each change of a check in it: what
# the publisher compares the feed with. Blocks stay when their checks have gone.
health_block = Table(
    "health_block",
    metadata,
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)

# What has happened to health checks. Rows outlive their checks, for as long as history is kept.
health_event = Table(
    "health_event",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("account_id", String(12), nullable=False),
    Column("check_id", String(36), nullable=False),
    Column("at", BigInteger, nullable=False),  # milliseconds since 1970
    Column("kind", String(8), nullable=False),
    Column("healthy", Boolean),
    Column("reason", Text, nullable=False),
    Column("by", String(64), nullable=False),  # '' for nobody
    Index(None, "check_id", "kind", "id"),
    Index(None, "account_id", "id"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

# How far each webhook has got, and which control plane delivers to it at the moment.
webhook = Table(
    "webhook",
    metadata,
    Column("url", Text, primary_key=True),
    Column("delivered", BigInteger, nullable=False),  # the last event
    Column("holder", Text, nullable=False),
    Column("held_until", BigInteger, nullable=False),  # milliseconds since 1970
)

# Policies are listed in the order of their numbers (R-TFO-8). A deleted one stays, as its versions do (R-TFO-6).
traffic_policy = Table(
    "traffic_policy",
    metadata,
    Column("number", SERIAL, primary_key=True),
    Column("id", String(36), nullable=False),
    Column("account_id", String(12), ForeignKey(account.c.id), nullable=False),
    Column("name", BYTEWISE, nullable=False),
    Column("last_version", Integer, nullable=False),  # the highest that was ever given (R-TFO-3)
    Column("deleted", Boolean, nullable=False),
    UniqueConstraint("id"),
    Index(None, "account_id", "number"),
    sqlite_autoincrement=True,
)
_is_live = ~traffic_policy.c.deleted
Index(
    "ix_traffic_policy_live_name",
    traffic_policy.c.account_id,
    traffic_policy.c.name,
    unique=True,
    sqlite_where=_is_live,
    postgresql_where=_is_live,
)

traffic_policy_version = Table(
    "traffic_policy_version",
    metadata,
    Column("policy_id", String(36), ForeignKey(traffic_policy.c.id), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("type", String(5), nullable=False),
    Column("document", Text, nullable=False),  # verbatim (R-TFD-4)
    Column("comment", Text),
    Column("deleted", Boolean, nullable=False),
)

# An instance outlives its zone, if it had no root there when the zone went: so there is no foreign key.
traffic_policy_instance = Table(
    "traffic_policy_instance",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(12), ForeignKey(account.c.id), nullable=False),
    Column("zone_id", String(32), nullable=False),
    Column("sort_key", BYTEWISE, nullable=False),
    Column("type", BYTEWISE, nullable=False),
    Column("name_wire", LargeBinary, nullable=False),
    Column("ttl", BigInteger, nullable=False),
    Column("policy_id", String(36), nullable=False),
    Column("version", Integer, nullable=False),
    Column("failure", Text, nullable=False),  # '' for none
    Column("rooted", Boolean, nullable=False),
    Column("change_id", String(32)),  # that put it where it is; null before the first
    Column("updated", Boolean, nullable=False),  # whether that change was an update
    UniqueConstraint("zone_id", "sort_key", "type"),
    ForeignKeyConstraint(
        ["policy_id", "version"], [traffic_policy_version.c.policy_id, traffic_policy_version.c.version]
    ),
    Index(None, "account_id", "zone_id", "sort_key", "type"),
    Index(None, "policy_id", "version"),
)

# Name servers of deleted public zones, by the zone's name, and whose they were: a parent may still delegate to them.
former_name_server = Table(
    "former_name_server",
    metadata,
    Column("sort_key", BYTEWISE, primary_key=True),
    Column("server", String(255), primary_key=True),
    Column("account_id", String(12), primary_key=True),
)

# What the trees of instances refer to, for those who ask who uses it. One of the three each.
traffic_use = Table(
    "traffic_use",
    metadata,
    Column("number", SERIAL, primary_key=True),
    Column("instance_id", String(36), ForeignKey(traffic_policy_instance.c.id), nullable=False),
    Column("health_check_id", String(64)),
    Column("cidr_collection_id", String(36)),
    Column("cidr_location", String(16)),
    Column("outside_target", LargeBinary),  # name in wire form
    Index(None, "instance_id"),
    Index(None, "health_check_id"),
    Index(None, "cidr_collection_id"),
)

tag = Table(
    "tag",
    metadata,
    Column("resource_type", String(16), primary_key=True),
    Column("resource_id", String(64), primary_key=True),
    Column("key", BYTEWISE, primary_key=True),
    Column("value", Text, nullable=False),
)

# Whose queries are logged: at most one row a zone (R-LOG-1).
query_logging_config = Table(
    "query_logging_config",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(12), ForeignKey(account.c.id), nullable=False),
    Column("zone_id", String(32), ForeignKey(hosted_zone.c.id), nullable=False),
    Column("log_group_arn", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),  # milliseconds since 1970
    UniqueConstraint("zone_id"),
    Index(None, "account_id", "id"),
)
