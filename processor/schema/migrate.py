"""Brings a database to this program's schema; a second call, or two at once, end the same."""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

HERE = Path(__file__).parent
LOCK = 7_301_001
"""The advisory lock that one migration at a time holds, until its transaction ends or its process dies."""


def configuration() -> Config:
    """Return Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """Return the newest revision."""
    newest = ScriptDirectory.from_config(configuration()).get_current_head()
    if newest is None:
        raise RuntimeError("There are no migrations.")
    return newest


def migrate(connection: psycopg.Connection) -> str:
    """Apply what is missing, all in one transaction, and return the revision.

    The connection is not in autocommit mode; its user owns the database and has CREATEROLE.
    """
    engine = create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=StaticPool)
    with engine.begin() as through:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        connection.execute((HERE / "sql" / "roles.sql").read_text())
        connection.execute("SET LOCAL ROLE homeroom_owner")
        config = configuration()
        config.attributes["connection"] = through
        command.upgrade(config, "head")
    return head()
