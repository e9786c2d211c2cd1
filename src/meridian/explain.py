"""
Why a question is answered as it is, and what it would be answered if things were otherwise.

The evaluator that answers the wire is asked, with recording switched on: the engine of the running
edge, or where there is none, one that loads what it needs from the feed's last values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path
from typing import Any

import dns.edns
import dns.message
import dns.rcode
import msgspec
from sqlalchemy import Connection

from meridian._engine import Engine, ImageError
from meridian.changes.batch import Plan
from meridian.clock import SystemClock
from meridian.compile.image import Head, decode_head
from meridian.compile.zone import NO_TREES
from meridian.edge.apart import ApartEngine
from meridian.edge.engine import new_engine
from meridian.edge.health import MEMORY
from meridian.feed.keys import head_key
from meridian.feed.local import LastValues
from meridian.health import last
from meridian.health.last import Checks
from meridian.model.question import Question
from meridian.model.record import RecordSet
from meridian.model.secondary import NOBODY, Secondaries, secondaries
from meridian.model.traffic import Tree
from meridian.model.zone import HostedZone
from meridian.place import install
from meridian.place.coordinates import BUILT_IN, Places, places
from meridian.publish.preview import LONE, Preview, lone, preview
from meridian.settings import Settings
from meridian.store import record

_HIDDEN = "traffic policy step "  # what the engine calls a group without a name

Supposed = Sequence[tuple[int, bool]]  # slots of the health table, and whether they are to be healthy


class Explainer:
    """
    Explains what an engine answers. Safe to use from many threads.

    Args:
        values: The feed's last values, which tell the shards that the engine holds.
        engine_for: The engine to ask a question of.
        places: Where a plan's regions and places are.
        secondaries: Who may take zones; theirs have a serial that grows with each change.
    """

    def __init__(
        self,
        values: LastValues,
        engine_for: Callable[[Question], Engine],
        places: Places = BUILT_IN,
        secondaries: Secondaries = NOBODY,
    ) -> None:
        self._secondaries = secondaries
        self._values = values
        self._checks = Checks(values)
        self._places = places
        self._engine_for = engine_for

    def explain(self, question: Question) -> dict[str, Any]:
        """
        Explain what is answered now.

        Returns:
            What docs/reference/explain.md describes.

        Raises:
            ApiError: ServiceUnavailable: the zone cannot be read at this moment; NoSuchHealthCheck: one that
                is supposed to be otherwise is not in the feed.
        """
        supposed = self._supposed(question)
        return self._explanation(_ask(self._engine_for(question), question, supposed), question, supposed)

    def explain_plan(self, question: Question, conn: Connection, zone: HostedZone, plan: Plan) -> dict[str, Any]:
        """
        Explain what would be answered if a plan for a zone were carried out. Writes nothing.

        Args:
            zone: As it is stored now, in the transaction of `conn`.

        Raises:
            ApiError: As `explain`.
            CannotCompile: A record set has no form in the image.
        """
        change = {"zone_id": zone.id, "put": len(plan.put), "deleted": len(plan.delete)}
        supposed = self._supposed(question)
        told = self._ask_planned(question, supposed, conn, zone, plan, NO_TREES)
        return self._explanation(told, question, supposed, change=change)

    def explain_draft(
        self, question: Question, conn: Connection, zone: HostedZone | None, root: RecordSet, tree: Tree
    ) -> dict[str, Any]:
        """
        Explain what would be answered if a policy record were built from a draft, in the place of all record sets of
        its name and type. Writes nothing.

        Args:
            zone: As `explain_plan`; None for a zone of its own, which holds nothing but the policy record.
            root: Name, type, TTL, and an instance id that no stored one has.
            tree: What the draft says.

        Raises:
            ApiError, CannotCompile: As `explain_plan`.
        """
        supposed, drafts = self._supposed(question), {str(root.traffic_policy_instance_id): tree}
        if zone is None:
            alone = msgspec.structs.replace(question, zone_id=LONE)
            told = _ask(self._engine_for(alone), alone, supposed, lone(conn, root, drafts, self._places))
        else:
            taken = [held.key for held in record.at_name(conn, zone.id, root.name) if held.type == root.type]
            plan = Plan(delete=tuple(key for key in taken if key != root.key), put=(root,))
            told = self._ask_planned(question, supposed, conn, zone, plan, drafts)
        return self._explanation(told, question, supposed)

    def _ask_planned(
        self,
        question: Question,
        supposed: Supposed,
        conn: Connection,
        zone: HostedZone,
        plan: Plan,
        drafts: Mapping[str, Tree],
    ) -> str:
        engine = self._engine_for(question)
        foreseen = record.foresee(conn, zone, plan)
        try:
            image = preview(conn, zone, foreseen, self._last_head(zone.id), self._places, drafts, self._secondaries)
            return _ask(engine, question, supposed, image)
        except ImageError:
            # The engine is behind the feed, so it lacks shards that the feed has: give it all of them.
            return _ask(
                engine, question, supposed, preview(conn, zone, foreseen, None, self._places, drafts, self._secondaries)
            )

    def _supposed(self, question: Question) -> Supposed:
        return [
            (check if isinstance(check, int) else self._checks.slot(check), healthy)
            for check, healthy in question.health
        ]

    def _explanation(self, told: str, question: Question, supposed: Supposed, **overrides: Any) -> dict[str, Any]:
        explained: dict[str, Any] = json.loads(told)
        _name_rules(explained["steps"])
        for arm in (arm for step in explained["steps"] for arm in step.get("arms", ())):
            if "health_check" in arm:
                arm["health_check_id"] = self._checks.id(arm["health_check"])
        if supposed:
            overrides["health"] = [
                {"id": self._checks.id(slot), "slot": slot, "healthy": healthy} for slot, healthy in supposed
            ]
        if question.zone_id is not None:
            overrides["zone_id"] = question.zone_id
        return {**explained, "response": _response(bytes.fromhex(explained["reply"])), "overrides": overrides}

    def _last_head(self, zone_id: str) -> Head | None:
        found = self._values.get(head_key(zone_id))
        return None if found is None else decode_head(found[0])


def beside(settings: Settings, engine: Engine, values: LastValues) -> Explainer:
    """Ask the engine of a running edge."""
    return Explainer(values, lambda _: engine, places(settings), secondaries(settings))


def apart(settings: Settings, values: LastValues, unhealthy: Callable[[], AbstractSet[int]] | None = None) -> Explainer:
    """
    Ask an engine of one's own, loaded from the feed's last values.

    Args:
        unhealthy: Gives the slots of all health checks that are not healthy; None: the last values tell.
    """
    folder = Path(settings.data_dir)
    look = unhealthy or partial(last.unhealthy, values, SystemClock(), settings.health_quorum, folder / MEMORY)
    engine = ApartEngine(values, new_engine(settings), folder / "place" / install.FILE, look)
    return Explainer(values, engine.for_question, places(settings), secondaries(settings))


def _name_rules(steps: list[dict[str, Any]]) -> None:
    """Say of each arm that leads to a rule, and of each group that is one, which rule of the traffic policy it is."""
    rule = None
    for step in steps:
        if rule is not None and step["step"] == "group":
            step["rule"] = rule
        rule = None
        for arm in step.get("arms", ()):
            if str(arm.get("alias_of", "")).startswith(_HIDDEN):
                # The instance's id, which has no slash, stands before the rule's.
                arm["rule"] = arm.pop("alias_of").partition("/")[2]
                rule = arm["rule"] if arm["chosen"] else rule


def _ask(engine: Engine, question: Question, supposed: Supposed, image: Preview | None = None) -> str:
    return engine.explain(
        question.name.wire,
        question.type,
        question.client,
        question.draw,
        question.subnet,
        health=supposed,
        image=image,
        only=question.zone_id,
    )


def _response(reply: bytes) -> dict[str, Any]:
    """The reply in words: its code, its client-subnet scope if it has one, and the records as text."""
    message = dns.message.from_wire(reply)
    scopes = [option.scopelen for option in message.options if isinstance(option, dns.edns.ECSOption)]
    sections = {"answer": message.answer, "authority": message.authority, "additional": message.additional}
    lines = {name: [line for rrset in of for line in rrset.to_text().splitlines()] for name, of in sections.items()}
    return {"rcode": dns.rcode.to_text(message.rcode()), "scope": scopes[0] if scopes else None, **lines}
