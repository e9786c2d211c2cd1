"""How a transaction begins, in either database."""

from __future__ import annotations

from sqlalchemy import Connection, RootTransaction


def begin(conn: Connection, *, writing: bool = False) -> RootTransaction:
    """
    Begin a transaction.

    SQLAlchemy has an event for what SQLite needs to be told; a listener to it would make every statement look
    for listeners.
    """
    transaction = conn.begin()
    if conn.dialect.name == "sqlite":
        # A write takes its lock at once: a read that turns into a write could find the data changed.
        conn.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
    return transaction
