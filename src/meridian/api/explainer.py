"""What the operations ask of an engine, as `Context.service` gives it to them."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import Connection

from meridian.changes.batch import Plan
from meridian.model.question import Question
from meridian.model.record import RecordSet
from meridian.model.traffic import Tree
from meridian.model.zone import HostedZone


class Explainer(Protocol):
    """`meridian.explain.Explainer`, whose face says what the calls do."""

    def explain(self, question: Question) -> dict[str, Any]:
        """Explain what is answered now."""
        ...

    def explain_plan(self, question: Question, conn: Connection, zone: HostedZone, plan: Plan) -> dict[str, Any]:
        """Explain what would be answered if a plan were carried out."""
        ...

    def explain_draft(
        self, question: Question, conn: Connection, zone: HostedZone | None, root: RecordSet, tree: Tree
    ) -> dict[str, Any]:
        """Explain what would be answered if a policy record were built from a draft."""
        ...
