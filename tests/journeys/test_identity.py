"""Users and policies over HTTPS, as stock clients and an operator meet them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.fakes.certificates import Authority
from tests.journeys.secure import SecureSite
from tests.journeys.site import change

pytestmark = pytest.mark.journey


def meridian(site: SecureSite, *arguments: str, check: bool = True) -> str:
    """Run the command line as the operator of this server."""
    place = ["--data-dir", str(site.folder)]
    if arguments[0] == "audit":
        place += ["--public-url", site.url]
    program = str(Path(sys.executable).with_name("meridian"))
    ran = subprocess.run([program, *arguments, *place], env=site.environ, capture_output=True, text=True)
    assert not check or ran.returncode == 0, ran.stderr
    return ran.stdout


def aws(site: SecureSite, key: tuple[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run AWS's own command line with a key."""
    environ = site.environ | {"AWS_ACCESS_KEY_ID": key[0], "AWS_SECRET_ACCESS_KEY": key[1]}
    program = str(Path(sys.executable).with_name("aws"))
    return subprocess.run([program, "route53", *arguments], env=environ, capture_output=True, text=True)


def key_in(text: str) -> tuple[str, str]:
    found = dict(line.strip().split("=", 1) for line in text.splitlines() if "=" in line)
    return found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]


def test_a_user_for_challenges(tmp_path: Path) -> None:
    """
    A user who may write ACME challenges and nothing else, made at the command line, meets its limits in boto3 and
    in AWS's command line over HTTPS; its work is in the trail, and is taken back; the certificate changes meanwhile.
    """
    (tmp_path / "authority").mkdir()
    with SecureSite(tmp_path / "data", Authority(tmp_path / "authority")) as site:
        admin = site.client(site.key.access_key_id, site.key.secret)
        zone = admin.create_hosted_zone(Name="example.com", CallerReference="r")["HostedZone"]["Id"].split("/")[-1]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": ["route53:ListHostedZones", "route53:GetChange"], "Resource": "*"},
                {
                    "Effect": "Allow",
                    "Action": "route53:ChangeResourceRecordSets",
                    "Resource": f"arn:aws:route53:::hostedzone/{zone}",
                    "Condition": {
                        "ForAllValues:StringLike": {
                            "route53:ChangeResourceRecordSetsNormalizedRecordNames": "_acme-challenge.*"
                        },
                        "ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": "TXT"},
                    },
                },
            ],
        }
        file = tmp_path / "policy.json"
        file.write_text(json.dumps(policy))
        key = key_in(meridian(site, "user", "create", "certbot"))
        refused = aws(site, key, "list-hosted-zones")
        assert refused.returncode != 0
        assert "(AccessDenied)" in refused.stderr
        assert ":user/certbot is not authorized to perform: route53:ListHostedZones because" in refused.stderr
        meridian(site, "user", "policy", "attach", "certbot", "challenges", str(file))
        listed = json.loads(aws(site, key, "list-hosted-zones").stdout)
        assert [found["Name"] for found in listed["HostedZones"]] == ["example.com."]

        certbot = site.client(*key)
        challenge = change("UPSERT", "_acme-challenge.example.com", "TXT", ['"token"'], 60)
        made = certbot.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [challenge]})
        site.renew()
        site.hang_up()
        site.eventually(lambda: "tls.reloaded" in site.log)
        for other in (
            change("UPSERT", "www.example.com", "TXT", ['"x"'], 60),
            change("UPSERT", "_acme-challenge.example.com", "A", ["192.0.2.1"], 60),
        ):
            with pytest.raises(ClientError, match="AccessDenied"):
                site.client(*key).change_resource_record_sets(
                    HostedZoneId=zone, ChangeBatch={"Changes": [challenge, other]}
                )

        history = meridian(site, "audit", "list", "--zone", "example.com", "--name", "_acme-challenge.example.com")
        request = made["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]
        assert "certbot  route53:ChangeResourceRecordSets" in history
        assert f"request {request}, key {key[0]}" in history
        assert '+ _acme-challenge.example.com. 60 TXT "token"' in history
        assert "Applied as" not in meridian(site, "audit", "undo", request, "--dry-run")
        meridian(site, "audit", "undo", request, "--yes")
        names = [found["Name"] for found in admin.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]]
        assert "_acme-challenge.example.com." not in names

        meridian(site, "seal", "rotate")
        assert aws(site, key, "list-hosted-zones").returncode == 0
        meridian(site, "user", "key", "disable", key[0])
        assert "InvalidClientTokenId" in aws(site, key, "list-hosted-zones").stderr
