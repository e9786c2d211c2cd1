"""Changes of CIDR collections: tables of facts, and the laws of a plain set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.changes.batch import plan as plan_batch
from meridian.changes.cidr import BlockChange, BlockPlan, location_reasons, plan, read_changes, require_deletable
from meridian.errors import ApiError, ChangeRejected, InvalidInput
from meridian.model.cidr import Block, parse
from meridian.model.record import CidrRoutingConfig
from meridian.settings import Quotas
from tests.changes.blocks import FEW_BLOCKS, LOCATIONS
from tests.changes.zones import DEFAULTS, Contents, changes, hosted_zone, record_set

TEN, WITHIN_TEN, TEST_NET = "10.0.0.0/8", "10.1.0.0/16", "192.0.2.0/24"


def held(blocks: Mapping[str, str]) -> dict[Block, str]:
    return {parse(text): location for text, location in blocks.items()}


def asked(*steps: tuple[str, str, list[str]]) -> list[BlockChange]:
    """Read steps of action, location and blocks, as the API has them."""
    return read_changes(
        {"Action": {"-": "DELETE_IF_EXISTS"}.get(action, "PUT"), "LocationName": location, "CidrList": texts}
        for action, location, texts in steps
    )


def applied(before: Mapping[Block, str], planned: BlockPlan) -> dict[Block, str]:
    return {block: at for block, at in before.items() if block not in planned.delete} | dict(planned.put)


# Rule, blocks before, steps, blocks after.
ACCEPTED: list[tuple[str, dict[str, str], list[tuple[str, str, list[str]]], dict[str, str]]] = [
    ("R-CID-11: a PUT makes the location", {}, [("+", "oslo", [TEN])], {TEN: "oslo"}),
    ("R-CID-1: both versions together", {}, [("+", "a", [TEN, "2001:DB8::/32"])], {TEN: "a", "2001:db8::/32": "a"}),
    ("R-CID-4: longer blocks inside others", {TEN: "a"}, [("+", "b", [WITHIN_TEN])], {TEN: "a", WITHIN_TEN: "b"}),
    ("R-CID-11: what is there stays", {TEN: "a"}, [("+", "a", [TEN, TEN])], {TEN: "a"}),
    ("R-CID-11: what is not there may be deleted", {TEN: "a"}, [("-", "a", [TEST_NET]), ("-", "b", [TEN])], {TEN: "a"}),
    ("R-CID-11: the last block takes its location with it", {TEN: "a"}, [("-", "a", [TEN])], {}),
    ("R-CID-11: a move, out and in", {TEN: "a"}, [("-", "a", [TEN]), ("+", "b", [TEN])], {TEN: "b"}),
    ("R-CID-11: a move, in and out", {TEN: "a"}, [("+", "b", [TEN]), ("-", "a", [TEN])], {TEN: "b"}),
    ("the order decides: put last", {}, [("-", "a", [TEN]), ("+", "a", [TEN])], {TEN: "a"}),
    ("the order decides: deleted last", {}, [("+", "a", [TEN]), ("-", "a", [TEN])], {}),
    (
        "R-CID-12: a location in use may change its only block",
        {TEN: "used"},
        [("-", "used", [TEN]), ("+", "used", [TEST_NET])],
        {TEST_NET: "used"},
    ),
    ("R-CID-12: or lose one of two", {TEN: "used", TEST_NET: "used"}, [("-", "used", [TEN])], {TEST_NET: "used"}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "before", "steps", "after"), ACCEPTED)
def test_what_a_call_leaves(
    rule: str, before: dict[str, str], steps: list[tuple[str, str, list[str]]], after: dict[str, str]
) -> None:
    """The plan, applied, gives what the table says; `*` in use asks for no block (R-CID-2)."""
    planned = plan(held(before), asked(*steps), {"used", "*"}, 2)

    assert applied(held(before), planned) == held(after), rule


# Rule, blocks before, steps, code, text.
REFUSED: list[tuple[str, dict[str, str], list[tuple[str, str, list[str]]], str, str]] = [
    (
        "R-CID-4: a block that another location has",
        {TEN: "oslo"},
        [("+", "berlin", [TEN])],
        "CidrBlockInUseException",
        "The CIDR block 10.0.0.0/8 cannot be in two locations: berlin, oslo.",
    ),
    (
        "R-CID-4: put into two locations at once; the first block is told",
        {},
        [("+", "b", ["2001:db8::/32", TEST_NET, TEN]), ("+", "a", [TEN, TEST_NET, "2001:db8::/32"])],
        "CidrBlockInUseException",
        "The CIDR block 10.0.0.0/8 cannot be in two locations: a, b.",
    ),
    (
        "R-CID-12: the last blocks of locations in use",
        {TEN: "used", WITHIN_TEN: "other", TEST_NET: "free"},
        [("-", "used", [TEN]), ("-", "other", [WITHIN_TEN]), ("-", "free", [TEST_NET])],
        "CidrBlockInUseException",
        "Record sets use the locations other, used, which would be left without a CIDR block.",
    ),
    (
        "R-CID-12: moving the last block is losing it",
        {TEN: "used"},
        [("-", "used", [TEN]), ("+", "b", [TEN])],
        "CidrBlockInUseException",
        "Record sets use the locations used, which would be left without a CIDR block.",
    ),
    (
        "R-CID-10: one block too many",
        {TEN: "a", TEST_NET: "a"},
        [("+", "a", [WITHIN_TEN])],
        "LimitsExceeded",
        "Limits Exceeded: A CIDR collection can hold at most 2 CIDR blocks.",
    ),
]


@pytest.mark.parametrize(("rule", "before", "steps", "code", "text"), REFUSED)
def test_what_a_call_cannot_do(
    rule: str, before: dict[str, str], steps: list[tuple[str, str, list[str]]], code: str, text: str
) -> None:
    """Nothing of the call is done (R-CID-11), and the reason names what is in the way."""
    with pytest.raises(ApiError) as refused:
        plan(held(before), asked(*steps), {"used", "other", "*"}, 2)

    assert (refused.value.code, refused.value.message) == (code, text), rule


def test_a_limit_that_was_lowered_lets_a_collection_shrink() -> None:
    """R-QUO-2: the operator may lower the limit below what is there; only growth is refused."""
    before = held({TEN: "a", WITHIN_TEN: "a", TEST_NET: "a"})

    assert plan(before, asked(("-", "a", [TEN])), (), 1).delete == (parse(TEN),)
    assert plan(before, asked(("-", "a", [TEN]), ("+", "b", ["198.51.100.0/24"])), (), 1).put
    with pytest.raises(ApiError, match="LimitsExceeded"):
        plan(before, asked(("+", "b", ["198.51.100.0/24"])), (), 1)


STEPS = st.lists(
    st.builds(
        BlockChange,
        st.sampled_from(["PUT", "DELETE_IF_EXISTS"]),
        st.sampled_from(LOCATIONS),
        st.lists(st.sampled_from(FEW_BLOCKS), min_size=1, max_size=3).map(tuple),
    ),
    min_size=1,
    max_size=5,
)


@given(
    before=st.dictionaries(st.sampled_from(FEW_BLOCKS), st.sampled_from(LOCATIONS)),
    steps=STEPS,
    used=st.sets(st.sampled_from(LOCATIONS)),
    limit=st.integers(1, 5),
)
def test_a_plan_is_what_a_plain_set_says(
    before: dict[Block, str], steps: list[BlockChange], used: set[str], limit: int
) -> None:
    """R-CID-11: blocks with locations are a set; the call is refused exactly where the result breaks a rule."""
    model = set(before.items())
    for step in steps:
        for block in step.blocks:
            (model.add if step.action == "PUT" else model.discard)((block, step.location))
    twice = len({block for block, _ in model}) < len(model)
    lost = used & set(before.values()) - {location for _, location in model}
    if twice or lost or len(model) > max(limit, len(before)):
        with pytest.raises(ApiError) as refused:
            plan(before, steps, used, limit)
        assert refused.value.code == ("CidrBlockInUseException" if twice or lost else "LimitsExceeded")
        return
    planned = plan(before, steps, used, limit)

    assert set(applied(before, planned).items()) == model
    assert not set(planned.delete) & {block for block, _ in planned.put}
    assert not set(planned.put) & set(before.items())


# Blocks of a request, and what the error says.
MALFORMED: list[tuple[list[str], str]] = [
    (["0.0.0.0/0"], "Invalid CIDR blocks: '0.0.0.0/0' must have a prefix length of 1 to 24 bits, as it is IPv4"),
    (
        [TEN, "x", "10.0.0.1/8"],
        "Invalid CIDR blocks: 'x' is not a CIDR block such as '192.0.2.0/24' or '2001:db8::/32'; "
        "'10.0.0.1/8' has address bits set behind its prefix; '10.0.0.0/8' has not",
    ),
    ([TEN] * 1001, "A call can put and delete at most 1000 CIDR blocks."),
]


@pytest.mark.parametrize(("texts", "text"), MALFORMED)
def test_a_malformed_request_is_invalid_input(texts: list[str], text: str) -> None:
    """R-CID-3, R-CID-10: told before anything is looked up."""
    with pytest.raises(InvalidInput) as refused:
        asked(("+", "a", texts))

    assert refused.value.message == text


def test_a_call_may_have_a_thousand_blocks_in_all() -> None:
    """R-CID-10: the blocks of all changes of a call count together."""
    many = [f"10.{n // 256}.{n % 256}.0/24" for n in range(1001)]

    assert sum(len(change.blocks) for change in asked(("+", "a", many[:500]), ("-", "b", many[500:1000]))) == 1000
    with pytest.raises(InvalidInput, match="at most 1000"):
        asked(("+", "a", many[:500]), ("-", "b", many[500:]))


def test_a_reply_is_not_as_long_as_the_request_it_refuses() -> None:
    """Of a thousand bad blocks ten are shown."""
    with pytest.raises(InvalidInput) as refused:
        asked(("+", "a", [f"{'x' * 46}{n}" for n in range(1000)]))

    assert len(refused.value.message) < 2000
    assert refused.value.message.endswith("; and 990 more")


def test_what_can_be_deleted() -> None:
    """R-CID-12: a collection that is empty and unused; `*` in a record set is a use as well."""
    require_deletable((), empty=True)
    for used, empty, text in (
        ((), False, "The CIDR collection is not empty; delete its blocks first."),
        (("oslo",), False, "The CIDR collection is not empty; delete its blocks first."),
        (("oslo", "*"), True, "The CIDR collection is in use by record sets with the locations *, oslo."),
    ):
        with pytest.raises(ApiError) as refused:
            require_deletable(used, empty=empty)
        assert (refused.value.code, refused.value.message) == ("CidrCollectionInUseException", text)


COLLECTION = "11111111-1111-1111-1111-111111111111"


def cidr_set(identifier: str, location: str) -> dict[str, Any]:
    config = {"CollectionId": COLLECTION, "LocationName": location}
    values = {"Name": "a.example.com", "Type": "A", "Values": ["192.0.2.1"]}
    return {**values, "SetIdentifier": identifier, "CidrRoutingConfig": config}


def test_locations_of_record_sets_must_be_there() -> None:
    """R-CID-1, R-ERR-41: what is missing is told with the other problems, in the order of the changes."""
    zone = Contents([*DEFAULTS, record_set(cidr_set("0", "gone"))])
    steps = changes(
        [
            {"Action": "CREATE", **cidr_set("1", "oslo")},
            {"Action": "DELETE", **cidr_set("0", "gone")},
            {"Action": "CREATE", **cidr_set("2", "rome")},
            {"Action": "CREATE", "Name": "a.example.org", "Type": "A", "Values": ["192.0.2.1"]},
        ]
    )
    missing = {CidrRoutingConfig(COLLECTION, location) for location in ("rome", "gone")}
    with pytest.raises(ChangeRejected) as rejected:
        plan_batch(hosted_zone(), steps, zone.read, Quotas(), record_set_count=3, missing=missing)

    assert rejected.value.messages == (
        "RRSet with DNS name a.example.com., type A, SetIdentifier 2 cannot be created as there is no location rome "
        f"in a CIDR collection with ID {COLLECTION}.",
        "RRSet with DNS name a.example.org. is not permitted in zone example.com.",
    )


def test_other_record_sets_name_no_location() -> None:
    """Where nothing is asked for, nothing is missing."""
    plain = record_set({"Name": "a.example.com", "Type": "A", "Values": ["192.0.2.1"]})

    assert location_reasons(plain, {CidrRoutingConfig(COLLECTION, "*")}) == []
