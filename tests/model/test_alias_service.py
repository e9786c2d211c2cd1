"""Services that aliases may lead to (records.md §6)."""

import pytest

from meridian.model.alias_service import services
from meridian.model.name import parse

# One name of each kind, its id, the types it may have, and whether its health can be evaluated.
FACTS = [
    ("Z2FDTNDATAQYW2", "d111111abcdef8.cloudfront.net", {"A", "AAAA", "HTTPS"}, False),
    ("Z2BJ6XQ5FK7U4H", "a1234567890abcdef.awsglobalaccelerator.com", {"A", "AAAA"}, True),
    ("Z35SXDOTRQ7X7K", "web-1.us-east-1.elb.amazonaws.com", {"A", "AAAA"}, True),
    ("Z35SXDOTRQ7X7K", "dualstack.web-1.us-east-1.elb.amazonaws.com", {"A", "AAAA"}, True),
    ("Z26RNL4JYFTOTI", "net-1.elb.us-east-1.amazonaws.com", {"A", "AAAA"}, True),
    ("Z1GDH35T77C1KE", "web-1.cn-north-1.elb.amazonaws.com.cn", {"A", "AAAA"}, True),
    ("Z1U9ULNL0V5AJ3", "d-1.execute-api.eu-central-1.amazonaws.com", {"A", "AAAA"}, True),
    ("Z7HUB22UULQXV", "vpce-1.vpce-svc-1.us-east-1.vpce.amazonaws.com", {"A", "AAAA"}, True),
    ("Z117KPS5GTRQ2G", "env.us-east-1.elasticbeanstalk.com", {"A"}, True),
    ("Z3AQBSTGFYJSTF", "s3-website-us-east-1.amazonaws.com", {"A"}, True),
    ("Z21DNDUVLTQW6Q", "s3-website.eu-central-1.amazonaws.com", {"A"}, True),
    ("Z01915732ZBZKC8D32TPT", "x.us-east-1.awsapprunner.com", {"A", "AAAA"}, True),
    ("Z0CDN", "cdn.example.net", {"A", "AAAA", "HTTPS"}, True),
    ("Z0CDN", "x.other.example.net", {"A", "AAAA", "HTTPS"}, True),
]
OWN = ["Z0CDN=cdn.example.net", "Z0CDN=other.example.net."]


@pytest.mark.parametrize(("zone_id", "target", "types", "evaluates_health"), FACTS)
def test_what_a_service_allows(zone_id: str, target: str, types: set[str], evaluates_health: bool) -> None:
    """The id of a service, names of it, and what an alias to them may be."""
    (found,) = [service for service in services(OWN)[zone_id] if service.has(parse(target))]
    assert (set(found.types), found.evaluates_health) == (types, evaluates_health)


@pytest.mark.parametrize(
    ("zone_id", "target"),
    [
        ("Z35SXDOTRQ7X7K", "web-1.us-east-2.elb.amazonaws.com"),
        ("Z35SXDOTRQ7X7K", "net-1.elb.us-east-1.amazonaws.com"),
        ("Z2FDTNDATAQYW2", "xcloudfront.net"),
        ("Z0CDN", "example.net"),
    ],
)
def test_names_of_other_services(zone_id: str, target: str) -> None:
    """A region's id is for that region's names alone, a service's for its own."""
    assert not any(service.has(parse(target)) for service in services(OWN)[zone_id])


def test_each_id_is_of_one_service() -> None:
    """No id of the table stands for two services or two regions: a slip of the pen would."""
    assert [names for known in services().values() if len(names := {service.name for service in known}) > 1] == []


@pytest.mark.parametrize("text", ["", "Z0CDN", "Z0CDN=", "=cdn.example.net", "Z0-CDN=cdn.example.net", "Z0=a..b"])
def test_nonsense_is_told(text: str) -> None:
    """What an operator writes has to be an id and a name."""
    with pytest.raises(ValueError):
        services([text])
