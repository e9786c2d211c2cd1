from __future__ import annotations

from meridian.api.model import AMENDMENTS, EXTRA_STATUS, ServiceModel, load
from meridian.model.place import REGIONS
from tests.api.client import OPERATIONS, SERVICE

MODEL = load()


def test_every_operation_of_the_installed_model_is_known() -> None:
    """The installed model is the authority on what there is."""
    assert tuple(MODEL.operations) == OPERATIONS
    assert len(OPERATIONS) >= 74


def test_calls_that_need_no_signature() -> None:
    """Three calls give public data to anyone (R-SIG-5)."""
    public = {name for name, operation in MODEL.operations.items() if operation.public}

    assert public == {"GetCheckerIpRanges", "GetGeoLocation", "ListGeoLocations"}


def test_every_amendment_has_evidence() -> None:
    """A patch of the model says where it comes from."""
    assert all(amendment.evidence for amendment in AMENDMENTS)


def test_listed_statuses_do_not_repeat_the_model() -> None:
    """Only codes that the model lacks are listed beside it."""
    assert not set(EXTRA_STATUS) & {shape.error_code for shape in SERVICE.error_shapes}


def test_regions_of_the_operators_own_are_enumerated() -> None:
    """They stand after the model's own regions, and only where they were asked for (R-REG-1)."""

    def regions(model: ServiceModel) -> list[str]:
        batch = model.operations["ChangeResourceRecordSets"].input.members["ChangeBatch"]
        record_set = batch.members["Changes"].member.members["ResourceRecordSet"]
        return list(record_set.members["Region"].enum)

    built_in = regions(MODEL)
    assert regions(load({"home-2": 1, "home-1": 1, "us-east-1": 1})) == [*built_in, "home-1", "home-2"]
    assert regions(MODEL) == built_in
    assert set(built_in) == REGIONS


def test_replies_are_named_after_their_operation() -> None:
    """The root of a reply is the operation's name and Response, in the model as in ours (R-API-3)."""
    assert all(operation.output.name == f"{name}Response" for name, operation in MODEL.operations.items())
