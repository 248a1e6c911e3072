"""Makes the application's user of the database, as its secret names it; rotation goes on from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

GROUP = "homeroom_application"


def ensure_user(owner: psycopg.Connection, fields: dict[str, Any], opens: Callable[[], bool]) -> bool:
    """See to it that the secret's user exists, is of the application, and signs in; say whether it was changed.

    `opens` tries to sign in with the secret. The password goes to the server as a verifier, so that no log has it.
    """
    name, password = str(fields["username"]), str(fields["password"])
    role = owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
    if role is not None and opens():
        return False
    if role is None:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    owner.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(GROUP), sql.Identifier(name)))
    verifier = owner.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    owner.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(name), sql.Literal(verifier.decode())))
    owner.commit()
    return True
