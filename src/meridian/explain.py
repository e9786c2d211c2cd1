"""
Why a question is answered as it is, and what it would be answered if things were otherwise.

The evaluator that answers the wire is asked, with recording switched on: the engine of the running
edge, or where there is none, one that loads what it needs from the feed's last values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path
from typing import Any

import dns.edns
import dns.message
import dns.rcode
from sqlalchemy import Connection

from meridian._engine import Engine, ImageError
from meridian.changes.batch import Plan
from meridian.clock import SystemClock
from meridian.compile.image import Head, decode_head
from meridian.edge.apart import ApartEngine
from meridian.edge.engine import new_engine
from meridian.edge.health import MEMORY
from meridian.feed.keys import head_key
from meridian.feed.local import LastValues
from meridian.health import last
from meridian.health.last import Checks
from meridian.model.question import Question
from meridian.model.zone import HostedZone
from meridian.place import install
from meridian.place.coordinates import BUILT_IN, Places, places
from meridian.publish.preview import Preview, preview
from meridian.settings import Settings
from meridian.store import record

Supposed = Sequence[tuple[int, bool]]  # slots of the health table, and whether they are to be healthy


class Explainer:
    """
    Explains what an engine answers. Safe to use from many threads.

    Args:
        values: The feed's last values, which tell the shards that the engine holds.
        engine_for: The engine to ask a question of.
        places: Where a plan's regions and places are.
    """

    def __init__(self, values: LastValues, engine_for: Callable[[Question], Engine], places: Places = BUILT_IN) -> None:
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
        engine, supposed = self._engine_for(question), self._supposed(question)
        foreseen = record.foresee(conn, zone, plan)
        try:
            image = preview(conn, zone, foreseen, self._last_head(zone.id), self._places)
            told = _ask(engine, question, supposed, image)
        except ImageError:
            # The engine is behind the feed, so it lacks shards that the feed has: give it all of them.
            told = _ask(engine, question, supposed, preview(conn, zone, foreseen, None, self._places))
        change = {"zone_id": zone.id, "put": len(plan.put), "deleted": len(plan.delete)}
        return self._explanation(told, question, supposed, change=change)

    def _supposed(self, question: Question) -> Supposed:
        return [
            (check if isinstance(check, int) else self._checks.slot(check), healthy)
            for check, healthy in question.health
        ]

    def _explanation(self, told: str, question: Question, supposed: Supposed, **overrides: Any) -> dict[str, Any]:
        explained: dict[str, Any] = json.loads(told)
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
    return Explainer(values, lambda _: engine, places(settings))


def apart(settings: Settings, values: LastValues, unhealthy: Callable[[], AbstractSet[int]] | None = None) -> Explainer:
    """
    Ask an engine of one's own, loaded from the feed's last values.

    Args:
        unhealthy: Gives the slots of all health checks that are not healthy; None: the last values tell.
    """
    folder = Path(settings.data_dir)
    look = unhealthy or partial(last.unhealthy, values, SystemClock(), settings.health_quorum, folder / MEMORY)
    engine = ApartEngine(values, new_engine(settings), folder / "place" / install.FILE, look)
    return Explainer(values, engine.for_question, places(settings))


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
