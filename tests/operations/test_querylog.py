from __future__ import annotations

import re
from typing import Any

import pytest

from meridian.api.context import Context
from meridian.errors import ApiError
from meridian.store import outbox, querylog
from meridian.store import zone as zones
from tests.operations.calls import call, create_zone


def arn(context: Context, group: str = "/aws/route53/example.com") -> str:
    return f"arn:aws:logs:us-east-1:{context.caller.account_id}:log-group:{group}"


def create(context: Context, zone_id: str, **request: Any) -> dict[str, Any]:
    asked_for = {"HostedZoneId": zone_id, "CloudWatchLogsLogGroupArn": arn(context)} | request
    return call(context, "CreateQueryLoggingConfig", **asked_for)


def test_a_configuration_is_made_read_and_deleted(context: Context) -> None:
    """R-LOG-1, R-API-164 to R-API-166: its id is a UUID, its URL the new resource's."""
    zone_id = create_zone(context)
    made = create(context, zone_id)
    config = made["QueryLoggingConfig"]

    assert config == {"Id": config["Id"], "HostedZoneId": zone_id, "CloudWatchLogsLogGroupArn": arn(context)}
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", config["Id"])
    assert made["Location"] == f"https://dns.example.net/2013-04-01/queryloggingconfig/{config['Id']}"
    assert call(context, "GetQueryLoggingConfig", Id=config["Id"]) == {"QueryLoggingConfig": config}
    assert call(context, "DeleteQueryLoggingConfig", Id=config["Id"]) == {}
    with pytest.raises(ApiError) as unknown:
        call(context, "GetQueryLoggingConfig", Id=config["Id"])
    assert unknown.value.code == "NoSuchQueryLoggingConfig"


def test_the_name_servers_hear_of_it(context: Context) -> None:
    """R-LOG-1: beginning and end are versions of the zone that change its head and none of its names."""
    zone_id = create_zone(context)
    config = create(context, zone_id)["QueryLoggingConfig"]
    call(context, "DeleteQueryLoggingConfig", Id=config["Id"])
    with context.database.read() as conn:
        rows = [(row.version, row.slots) for row in outbox.of_zone(conn, zone_id)]

    assert rows == [(1, None), (2, ()), (3, ())]


def test_a_zone_has_one_configuration(context: Context) -> None:
    """R-LOG-1: the second is refused, and changes nothing."""
    zone_id = create_zone(context)
    create(context, zone_id)
    with pytest.raises(ApiError) as refused:
        create(context, zone_id, CloudWatchLogsLogGroupArn=arn(context, "other"))

    assert refused.value.code == "QueryLoggingConfigAlreadyExists"
    with context.database.read() as conn:
        found = zones.get(conn, zone_id)
        assert found is not None
        assert found.version == 2


# What stands behind `arn:aws:logs:`, with {} for the account; whether it is taken.
ARNS = [
    ("us-east-1:{}:log-group:/aws/route53/example.com", True),
    ("us-east-1:{}:log-group:stdout:*", True),
    ("eu-west-1:{}:log-group:g", False),
    ("us-east-1:{}:log-stream:g", False),
    ("us-east-1:{}:log-group:", False),
    ("us-east-1:{}:log-group:a b", False),
    ("us-east-1:{}:log-group:g:log-stream:s", False),
    ("us-east-1:000000000000:log-group:g", False),
    ("us-east-1::log-group:g", False),
]


@pytest.mark.parametrize(("rest", "taken"), ARNS)
def test_which_log_groups_are_taken(context: Context, rest: str, taken: bool) -> None:
    """R-LOG-1: those of the same account, in us-east-1. The ARN comes back as it was given."""
    zone_id = create_zone(context)
    given = "arn:aws:logs:" + rest.format(context.caller.account_id)
    if taken:
        made = create(context, zone_id, CloudWatchLogsLogGroupArn=given)
        assert made["QueryLoggingConfig"]["CloudWatchLogsLogGroupArn"] == given
        return
    with pytest.raises(ApiError) as refused:
        create(context, zone_id, CloudWatchLogsLogGroupArn=given)
    assert refused.value.code == "InvalidInput"


def test_foreign_zones_and_configurations_are_unknown(context: Context, stranger: Context) -> None:
    """R-API-25."""
    zone_id = create_zone(context)
    config = create(context, zone_id)["QueryLoggingConfig"]
    calls: list[tuple[str, dict[str, Any], str]] = [
        (
            "CreateQueryLoggingConfig",
            {"HostedZoneId": zone_id, "CloudWatchLogsLogGroupArn": arn(stranger)},
            "NoSuchHostedZone",
        ),
        ("ListQueryLoggingConfigs", {"HostedZoneId": zone_id}, "NoSuchHostedZone"),
        ("GetQueryLoggingConfig", {"Id": config["Id"]}, "NoSuchQueryLoggingConfig"),
        ("DeleteQueryLoggingConfig", {"Id": config["Id"]}, "NoSuchQueryLoggingConfig"),
    ]
    for operation, request, code in calls:
        with pytest.raises(ApiError) as refused:
            call(stranger, operation, **request)
        assert refused.value.code == code, operation

    assert call(stranger, "ListQueryLoggingConfigs") == {"QueryLoggingConfigs": []}


def test_the_configuration_of_one_zone(context: Context) -> None:
    """R-LOG-5: a list of one, or of none."""
    logged, silent = create_zone(context, "a.example"), create_zone(context, "b.example")
    config = create(context, logged)["QueryLoggingConfig"]

    assert call(context, "ListQueryLoggingConfigs", HostedZoneId=logged) == {"QueryLoggingConfigs": [config]}
    assert call(context, "ListQueryLoggingConfigs", HostedZoneId=silent) == {"QueryLoggingConfigs": []}


def test_a_foreign_token_is_refused(context: Context) -> None:
    """R-PAG-1: by the name that the model has for it."""
    with pytest.raises(ApiError) as refused:
        call(context, "ListQueryLoggingConfigs", NextToken="x")

    assert refused.value.code == "InvalidPaginationToken"


def test_the_configuration_goes_with_the_zone(context: Context) -> None:
    """R-LOG-5, R-ZDL-5."""
    zone_id = create_zone(context)
    create(context, zone_id)
    call(context, "DeleteHostedZone", Id=zone_id)
    with context.database.read() as conn:
        assert querylog.of_zone(conn, zone_id) is None
    assert call(context, "ListQueryLoggingConfigs") == {"QueryLoggingConfigs": []}


def test_boto3_pages_through_configurations(client: Any) -> None:
    """R-LOG-5, R-PAG-4: with the client's own paginator."""
    made = set()
    for number in range(3):
        zone = client.create_hosted_zone(Name=f"z{number}.example", CallerReference=str(number))["HostedZone"]
        with pytest.raises(client.exceptions.InvalidInput):
            client.create_query_logging_config(HostedZoneId=zone["Id"], CloudWatchLogsLogGroupArn="arn:nothing")
        account = re.findall(
            r"\d{12}", client.create_cidr_collection(Name=f"c{number}", CallerReference="r")["Collection"]["Arn"]
        )
        group = f"arn:aws:logs:us-east-1:{account[0]}:log-group:stdout"
        reply = client.create_query_logging_config(HostedZoneId=zone["Id"], CloudWatchLogsLogGroupArn=group)
        assert reply["ResponseMetadata"]["HTTPStatusCode"] == 201
        made.add(reply["QueryLoggingConfig"]["Id"])
    pages = list(client.get_paginator("list_query_logging_configs").paginate(PaginationConfig={"PageSize": 2}))

    assert [len(page["QueryLoggingConfigs"]) for page in pages] == [2, 1]
    assert {config["Id"] for page in pages for config in page["QueryLoggingConfigs"]} == made
