"""`meridian explain`: why a question is answered as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from meridian.api.operations.explain import Draft, read_batch, try_draft
from meridian.api.operations.record import plan_of
from meridian.errors import MeridianError
from meridian.explain import Explainer, apart
from meridian.explain_text import lines
from meridian.feed.local import FEED_FILE, LastValues
from meridian.model.name import plain
from meridian.model.question import (
    BadQuestion,
    Question,
    read_address,
    read_check,
    read_draw,
    read_name,
    read_subnet,
    read_type,
)
from meridian.settings import Settings
from meridian.settings_cli import read_settings, settings_options
from meridian.store import zone as zones
from meridian.store.database import open_database


@click.command(name="explain")
@click.argument("name")
@click.argument("rtype", metavar="TYPE")
@click.option("--client", default="127.0.0.1", show_default=True, help="Address of the resolver that asks.")
@click.option("--subnet", metavar="ADDRESS[/LENGTH]", help="EDNS client subnet in the query; 24 or 64 bits if unsaid.")
@click.option("--unhealthy", multiple=True, metavar="CHECK", help="Suppose this health check is unhealthy. Repeatable.")
@click.option("--healthy", multiple=True, metavar="CHECK", help="Suppose this health check is healthy. Repeatable.")
@click.option("--zone", metavar="ID", help="Suppose this zone is the only one; with --batch, the zone it changes.")
@click.option(
    "--batch",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Suppose this change batch were applied: the JSON of aws route53 change-resource-record-sets.",
)
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Suppose the name answered by this document of a traffic policy.",
)
@click.option(
    "--ttl", type=click.IntRange(0, 2**31 - 1), default=300, show_default=True, help="With --policy: its TTL."
)
@click.option("--draw", help="The random draw of an earlier explanation.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, described in docs/reference/explain.md.")
@settings_options(
    *("data_dir", "database", "edge_coordinates", "geoproximity_negative_bias", "alias_zone_ids", "regions", "places"),
    "health_quorum",
)
def explain(
    name: str, rtype: str, batch: Path | None, policy: Path | None, ttl: int, as_json: bool, **options: Any
) -> None:
    """
    Say why a question is answered as it is, or what it would be answered.

    Asks the evaluator that answers the wire about the values that were served last, in the data
    folder; the server need not run. A batch is tried on what is stored, and nothing is changed.
    A health check is named by its id, or by its slot in the health table.

    \b
    Examples:
      meridian explain www.example.com A --client 203.0.113.9
      meridian explain www.example.com A --subnet 198.51.100.0/24 --unhealthy 3
      meridian explain www.example.com A --batch change.json
      meridian explain www.example.com A --policy web.json --subnet 198.51.100.0/24
    """
    if batch is not None and policy is not None:
        raise MeridianError("give --batch or --policy, not both")
    settings = read_settings(options)
    question = _question(name, rtype, **options)
    values = LastValues(Path(settings.data_dir) / FEED_FILE)
    try:
        explainer = apart(settings, values)
        if batch is not None:
            explained = _try(explainer, question, batch, settings)
        elif policy is not None:
            explained = _try_policy(explainer, question, policy, ttl, settings)
        else:
            explained = explainer.explain(question)
    finally:
        values.close()
    click.echo(json.dumps(explained, indent=2) if as_json else "\n".join(lines(explained)))


def _question(
    name: str,
    rtype: str,
    *,
    client: str,
    subnet: str | None,
    unhealthy: Sequence[str],
    healthy: Sequence[str],
    zone: str | None,
    draw: str | None,
) -> Question:
    try:
        return Question(
            name=read_name(name),
            type=read_type(rtype),
            client=read_address(client),
            subnet=None if subnet is None else read_subnet(subnet),
            draw=None if draw is None else read_draw(draw),
            health=tuple((read_check(text), given is healthy) for given in (unhealthy, healthy) for text in given),
            zone_id=zone,
        )
    except BadQuestion as error:
        raise MeridianError(str(error)) from None


def _try(explainer: Explainer, question: Question, file: Path, settings: Settings) -> dict[str, Any]:
    """Explain what would be answered after a batch; the operator may try it on any account's zone."""
    batch = read_batch(file.read_bytes(), settings)
    zone_id = batch.zone_id or question.zone_id
    with closing(open_database(settings)) as database, database.read() as conn:
        zone = zones.get(conn, zone_id) if zone_id else zones.closest(conn, question.name)
        if zone is None:
            raise MeridianError(f"there is no zone {zone_id or 'for ' + plain(question.name)} to try the batch on")
        return explainer.explain_plan(question, conn, zone, plan_of(conn, settings, zone, batch.changes))


def _try_policy(explainer: Explainer, question: Question, file: Path, ttl: int, settings: Settings) -> dict[str, Any]:
    """Explain what would be answered by a draft, in the zone that holds the name or in one of its own."""
    draft = Draft(file.read_text(), None, ttl)
    with closing(open_database(settings)) as database, database.read() as conn:
        zone = zones.get(conn, question.zone_id) if question.zone_id else zones.closest(conn, question.name)
        if zone is None and question.zone_id:
            raise MeridianError(f"there is no zone {question.zone_id} to try the policy in")
        return try_draft(conn, settings, explainer, question, zone, draft)
