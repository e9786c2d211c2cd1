"""Traffic policies and their versions (traffic-flow.md §1)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from meridian.api.context import Context
from meridian.errors import ApiError
from tests.operations.calls import call, create_zone
from tests.operations.conftest import with_quotas
from tests.operations.documents import SHAPES, add_version, apply, create_policy, move, shown, value

NOBODY = "11111111-1111-1111-1111-111111111111"


def refused(context: Context, operation: str, **request: Any) -> str:
    with pytest.raises(ApiError) as error:
        call(context, operation, **request)
    return error.value.code


def numbers(context: Context, policy: str) -> list[int]:
    return [found["Version"] for found in call(context, "ListTrafficPolicyVersions", Id=policy)["TrafficPolicies"]]


def test_a_new_policy(context: Context) -> None:
    """R-API-141, R-TFO-1, R-TFO-7: first version, type of its document, URL."""
    reply = call(context, "CreateTrafficPolicy", Name="web", Document=value(), Comment="first")
    id_ = reply["TrafficPolicy"]["Id"]

    assert reply == {
        "TrafficPolicy": {
            "Id": id_,
            "Version": 1,
            "Name": "web",
            "Type": "A",
            "Document": value(),
            "Comment": "first",
        },
        "Location": f"https://dns.example.net/2013-04-01/trafficpolicy/{id_}/1",
    }
    assert len(id_) == 36


def test_documents_come_back_as_they_were_given(context: Context) -> None:
    """R-TFD-4, R-CLI-21: octet for octet, whatever the blanks, escapes and line ends."""
    roomy = with_quotas(context, traffic_policies=len(SHAPES))
    for name, text in SHAPES.items():
        id_ = create_policy(roomy, text, name)
        assert call(context, "GetTrafficPolicy", Id=id_, Version=1)["TrafficPolicy"]["Document"] == text
        (listed,) = call(context, "ListTrafficPolicyVersions", Id=id_)["TrafficPolicies"]
        assert listed["Document"] == text


def test_versions_are_numbered_for_ever(context: Context) -> None:
    """R-TFO-3, R-API-142, R-API-144: the number of a deleted version is not given again."""
    id_ = create_policy(context, value())
    assert [add_version(context, id_, value()) for _ in range(2)] == [2, 3]
    for number in (2, 3):
        assert call(context, "DeleteTrafficPolicy", Id=id_, Version=number) == {}
    assert add_version(context, id_, value()) == 4
    assert numbers(context, id_) == [1, 4]


def test_a_version_may_have_another_type(context: Context) -> None:
    """R-TFO-4, R-TFO-8: the list shows the type of the newest version, and how many there are."""
    id_ = create_policy(context, value())
    add_version(context, id_, value("2001:db8::1", "AAAA"))
    (summary,) = call(context, "ListTrafficPolicies")["TrafficPolicySummaries"]
    assert summary == {"Id": id_, "Name": "policy", "Type": "AAAA", "LatestVersion": 2, "TrafficPolicyCount": 2}


def test_only_the_comment_changes(context: Context) -> None:
    """R-TFO-2, R-API-145."""
    id_ = create_policy(context, value())
    reply = call(context, "UpdateTrafficPolicyComment", Id=id_, Version=1, Comment="better")
    assert reply["TrafficPolicy"] == call(context, "GetTrafficPolicy", Id=id_, Version=1)["TrafficPolicy"]
    assert reply["TrafficPolicy"]["Comment"] == "better"
    assert reply["TrafficPolicy"]["Document"] == value()


def test_the_last_version_takes_the_policy_along(context: Context) -> None:
    """R-TFO-6, R-TFP-5: it is not listed, its name is free, and it can still be read."""
    id_ = create_policy(context, value())
    call(context, "DeleteTrafficPolicy", Id=id_, Version=1)
    assert call(context, "ListTrafficPolicies")["TrafficPolicySummaries"] == []
    assert call(context, "GetTrafficPolicy", Id=id_, Version=1)["TrafficPolicy"]["Name"] == "policy"
    assert refused(context, "ListTrafficPolicyVersions", Id=id_) == "NoSuchTrafficPolicy"
    assert refused(context, "CreateTrafficPolicyVersion", Id=id_, Document=value()) == "NoSuchTrafficPolicy"
    assert refused(context, "DeleteTrafficPolicy", Id=id_, Version=1) == "NoSuchTrafficPolicy"
    comment = {"Id": id_, "Version": 1, "Comment": "late"}
    assert refused(context, "UpdateTrafficPolicyComment", **comment) == "NoSuchTrafficPolicy"
    assert create_policy(context, value()) != id_


def test_names_and_limits(context: Context) -> None:
    """R-TFO-5, R-QUO-1: a name once, so many policies, and both told."""
    few = with_quotas(context, traffic_policies=2)
    create_policy(few, value())
    assert refused(few, "CreateTrafficPolicy", Name="policy", Document=value()) == "TrafficPolicyAlreadyExists"
    create_policy(few, value(), "other")
    assert refused(few, "CreateTrafficPolicy", Name="third", Document=value()) == "TooManyTrafficPolicies"
    limit = call(few, "GetAccountLimit", Type="MAX_TRAFFIC_POLICIES_BY_OWNER")
    assert limit == {"Limit": {"Type": "MAX_TRAFFIC_POLICIES_BY_OWNER", "Value": 2}, "Count": 2}


def test_a_thousand_versions(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-TFO-5: no more, as the numbers go no further."""
    monkeypatch.setattr("meridian.store.traffic.MOST_VERSIONS", 2)
    id_ = create_policy(context, value())
    add_version(context, id_, value())
    call(context, "DeleteTrafficPolicy", Id=id_, Version=2)
    code = refused(context, "CreateTrafficPolicyVersion", Id=id_, Document=value())
    assert code == "TooManyTrafficPolicyVersionsForCurrentPolicy"


def test_what_others_have_is_not_told(context: Context, stranger: Context) -> None:
    """R-API-25: another account's policy does not exist, and its name is free."""
    id_ = create_policy(context, value())
    create_policy(stranger, value())
    for operation, more in (
        ("GetTrafficPolicy", {"Version": 1}),
        ("DeleteTrafficPolicy", {"Version": 1}),
        ("UpdateTrafficPolicyComment", {"Version": 1, "Comment": ""}),
        ("ListTrafficPolicyVersions", {}),
        ("CreateTrafficPolicyVersion", {"Document": value()}),
    ):
        assert refused(stranger, operation, Id=id_, **more) == "NoSuchTrafficPolicy"


def test_unknown_policies(context: Context) -> None:
    """R-TFO-5, R-API-143."""
    id_ = create_policy(context, value())
    assert refused(context, "GetTrafficPolicy", Id=id_, Version=2) == "NoSuchTrafficPolicy"
    assert refused(context, "GetTrafficPolicy", Id=NOBODY, Version=1) == "NoSuchTrafficPolicy"
    assert refused(context, "ListTrafficPolicyVersions", Id=NOBODY) == "NoSuchTrafficPolicy"


def test_bad_documents_change_nothing(context: Context) -> None:
    """R-TFO-5."""
    id_ = create_policy(context, value())
    bad = value("not an address")
    assert refused(context, "CreateTrafficPolicy", Name="bad", Document=bad) == "InvalidTrafficPolicyDocument"
    assert refused(context, "CreateTrafficPolicyVersion", Id=id_, Document=bad) == "InvalidTrafficPolicyDocument"
    assert numbers(context, id_) == [1]


def test_pages_of_policies(context: Context) -> None:
    """R-TFO-8, R-API-146, R-PAG-1, R-API-21: in order of creation; the marker is there, if empty, on the last page."""
    ids = [create_policy(context, value(), f"p{number}") for number in (3, 1, 2)]
    first = call(context, "ListTrafficPolicies", MaxItems="2")
    assert [found["Id"] for found in first["TrafficPolicySummaries"]] == ids[:2]
    assert (first["IsTruncated"], first["TrafficPolicyIdMarker"], first["MaxItems"]) == (True, ids[2], "2")
    call(context, "DeleteTrafficPolicy", Id=ids[2], Version=1)
    ids.append(create_policy(context, value(), "late"))
    second = call(context, "ListTrafficPolicies", MaxItems="2", TrafficPolicyIdMarker=ids[2])
    assert [found["Id"] for found in second["TrafficPolicySummaries"]] == ids[3:]
    assert (second["IsTruncated"], second["TrafficPolicyIdMarker"]) == (False, "")
    assert refused(context, "ListTrafficPolicies", TrafficPolicyIdMarker=NOBODY) == "InvalidInput"


def test_pages_of_versions(context: Context) -> None:
    """R-TFO-8, R-API-147: ascending; the marker is a number."""
    id_ = create_policy(context, value())
    for _ in range(2):
        add_version(context, id_, value())
    first = call(context, "ListTrafficPolicyVersions", Id=id_, MaxItems="2")
    assert [found["Version"] for found in first["TrafficPolicies"]] == [1, 2]
    assert (first["IsTruncated"], first["TrafficPolicyVersionMarker"]) == (True, "3")
    second = call(context, "ListTrafficPolicyVersions", Id=id_, MaxItems="2", TrafficPolicyVersionMarker="3")
    assert [found["Version"] for found in second["TrafficPolicies"]] == [3]
    assert (second["IsTruncated"], second["TrafficPolicyVersionMarker"]) == (False, "")
    assert refused(context, "ListTrafficPolicyVersions", Id=id_, TrafficPolicyVersionMarker="x") == "InvalidInput"


def test_a_version_in_use_stays(context: Context) -> None:
    """R-TFO-6: as long as a policy record is made from it."""
    zone, id_ = create_zone(context), create_policy(context, value())
    add_version(context, id_, value("192.0.2.2"))
    record = apply(context, zone, id_)
    with pytest.raises(ApiError, match="Policy is in use for at least one instance") as error:
        call(context, "DeleteTrafficPolicy", Id=id_, Version=1)
    assert error.value.code == "TrafficPolicyInUse"
    move(context, record, id_, 2)
    assert call(context, "DeleteTrafficPolicy", Id=id_, Version=1) == {}


def test_a_version_in_use_can_go_where_the_operator_lets_it(context: Context) -> None:
    """R-TFP-2: it goes from the lists, its policy record answers on and can be changed, and no other takes it."""
    settings = msgspec.structs.replace(context.settings, retain_used_policies=True)
    lenient = msgspec.structs.replace(context, settings=settings)
    zone, id_ = create_zone(context), create_policy(context, value())
    record = apply(lenient, zone, id_)
    assert call(lenient, "DeleteTrafficPolicy", Id=id_, Version=1) == {}
    assert call(lenient, "ListTrafficPolicies")["TrafficPolicySummaries"] == []
    assert (shown(lenient, record)["TrafficPolicyId"], shown(lenient, record)["Message"]) == (id_, "")
    assert move(lenient, record, id_, 1, ttl=7)["TTL"] == 7
    replacement = create_policy(lenient, value("192.0.2.2"))
    assert move(lenient, record, replacement, 1)["TrafficPolicyId"] == replacement
    with pytest.raises(ApiError) as error:
        move(lenient, record, id_, 1)
    assert error.value.code == "NoSuchTrafficPolicy"
