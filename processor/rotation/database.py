"""Signs in to PostgreSQL and changes the password of the user who signed in."""

from __future__ import annotations

import os
import ssl
from typing import Any

import pg8000.native

TIMEOUT_SECONDS = 10
WRONG_PASSWORD = {"28P01", "28000"}
"""PostgreSQL's codes of a refused sign-in (PostgreSQL, "Error Codes": class 28)."""


def connect(fields: dict[str, Any]) -> pg8000.native.Connection:
    """Open a connection with a secret's fields, over TLS unless the environment says that there is none."""
    tls = ssl.create_default_context() if os.environ.get("DATABASE_TLS", "require") == "require" else None
    return pg8000.native.Connection(
        fields["username"],
        host=fields["host"],
        port=int(fields["port"]),
        database=fields["dbname"],
        password=fields["password"],
        timeout=TIMEOUT_SECONDS,
        ssl_context=tls,
    )


def opens(fields: dict[str, Any]) -> bool:
    """Say whether these fields sign in; whatever fails but the sign-in itself is raised."""
    try:
        connection = connect(fields)
    except pg8000.native.DatabaseError as error:
        if isinstance(error.args[0], dict) and error.args[0].get("C") in WRONG_PASSWORD:
            return False
        raise
    try:
        connection.run("SELECT 1")
    finally:
        connection.close()
    return True


def set_password(fields: dict[str, Any], password: str) -> None:
    """Change the password of the user who signs in with these fields; open connections live on."""
    connection = connect(fields)
    try:
        user = pg8000.native.identifier(fields["username"])
        connection.run(f"ALTER USER {user} WITH PASSWORD {pg8000.native.literal(password)}")
    finally:
        connection.close()
