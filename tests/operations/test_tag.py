from __future__ import annotations

from typing import Any

import pytest

from meridian.api.context import Context
from meridian.errors import ApiError
from tests.operations.calls import call, create_zone


@pytest.fixture
def zone_id(context: Context) -> str:
    return create_zone(context)


def tag(context: Context, zone_id: str, **request: Any) -> None:
    reply = call(context, "ChangeTagsForResource", ResourceType="hostedzone", ResourceId=zone_id, **request)

    assert reply == {}


def tags(context: Context, zone_id: str) -> dict[str, str]:
    reply = call(context, "ListTagsForResource", ResourceType="hostedzone", ResourceId=zone_id)
    found = reply["ResourceTagSet"]
    assert (found["ResourceType"], found["ResourceId"]) == ("hostedzone", zone_id)
    return {each["Key"]: each["Value"] for each in found["Tags"]}


def test_tags_are_added_overwritten_and_removed(context: Context, zone_id: str) -> None:
    """R-TAG-2, R-TAG-6: in one call both; keys are case-sensitive; a tag may have no value."""
    tag(context, zone_id, AddTags=[{"Key": "env", "Value": "test"}, {"Key": "Env", "Value": "x"}, {"Key": "old"}])
    tag(context, zone_id, AddTags=[{"Key": "env", "Value": "live"}], RemoveTagKeys=["old", "absent"])

    assert tags(context, zone_id) == {"env": "live", "Env": "x"}


def test_tags_of_many_resources(context: Context, zone_id: str) -> None:
    """R-TAG-4: in the order asked, with an empty list where there are none."""
    other = create_zone(context, "other.example")
    tag(context, zone_id, AddTags=[{"Key": "k", "Value": "v"}])
    reply = call(context, "ListTagsForResources", ResourceType="hostedzone", ResourceIds=[other, zone_id])

    assert reply == {
        "ResourceTagSets": [
            {"ResourceType": "hostedzone", "ResourceId": other, "Tags": []},
            {"ResourceType": "hostedzone", "ResourceId": zone_id, "Tags": [{"Key": "k", "Value": "v"}]},
        ]
    }


def test_tags_of_a_health_check(context: Context, stranger: Context) -> None:
    """R-TAG-1, R-TAG-3, R-HCU-10: its name is a tag; to other accounts it is not there."""
    config = {"Type": "HTTP", "IPAddress": "1.2.3.4"}
    id_ = call(context, "CreateHealthCheck", CallerReference="r", HealthCheckConfig=config)["HealthCheck"]["Id"]
    of = {"ResourceType": "healthcheck", "ResourceId": id_}
    call(context, "ChangeTagsForResource", **of, AddTags=[{"Key": "Name", "Value": "web"}])

    assert call(context, "ListTagsForResources", ResourceType="healthcheck", ResourceIds=[id_]) == {
        "ResourceTagSets": [{**of, "Tags": [{"Key": "Name", "Value": "web"}]}]
    }
    with pytest.raises(ApiError, match=f"NoSuchHealthCheck: A health check with id {id_} does not exist"):
        call(stranger, "ListTagsForResource", **of)


# What is asked, error code (R-TAG-1..3).
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "InvalidInput"),
    ({"AddTags": [], "RemoveTagKeys": []}, "InvalidInput"),
    ({"AddTags": [{"Value": "v"}]}, "InvalidInput"),
    ({"RemoveTagKeys": ["k"], "ResourceType": "bucket"}, "InvalidInput"),
    ({"RemoveTagKeys": ["k"], "ResourceType": "healthcheck"}, "NoSuchHealthCheck"),
    ({"RemoveTagKeys": ["k"], "ResourceId": "Z0UNKNOWN"}, "NoSuchHostedZone"),
]


@pytest.mark.parametrize(("asked", "code"), REFUSED)
def test_tags_that_cannot_be_changed(context: Context, zone_id: str, asked: dict[str, Any], code: str) -> None:
    request = {"ResourceType": "hostedzone", "ResourceId": zone_id} | asked
    with pytest.raises(ApiError) as refused:
        call(context, "ChangeTagsForResource", **request)

    assert refused.value.code == code


def test_a_resource_takes_fifty_tags(context: Context, zone_id: str) -> None:
    """R-TAG-6: what would be too many is refused as a whole."""
    for start in range(0, 50, 10):
        tag(context, zone_id, AddTags=[{"Key": f"k{n}", "Value": "v"} for n in range(start, start + 10)])
    with pytest.raises(ApiError, match="at most 50 tags"):
        tag(context, zone_id, AddTags=[{"Key": "k0", "Value": "new"}, {"Key": "one more"}])

    assert tags(context, zone_id) == {f"k{n}": "v" for n in range(50)}
