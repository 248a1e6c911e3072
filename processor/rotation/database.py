"""Signs in to PostgreSQL, and sets passwords there: as a verifier, so that no log of statements ever holds one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import ssl
from typing import Any

import pg8000.native

TIMEOUT_SECONDS = 45
"""A paused database resumes in 15 s and more (Amazon Aurora User Guide, "Scaling to Zero ACUs")."""
WRONG_PASSWORD = {"28P01", "28000"}
"""PostgreSQL's codes of a refused sign-in (PostgreSQL, "Error Codes": class 28)."""

DUPLICATE_ROLE = {"42710", "23505"}
"""What PostgreSQL answers where another call has just made the same role."""

ITERATIONS, SALT_BYTES = 4096, 16
"""What PostgreSQL itself uses (PostgreSQL, ``scram_iterations``)."""

APPLICATION_ROLE = "homeroom_application"
"""The role without sign-in that migrations grant the application's rights to; its users are members."""


def connect(fields: dict[str, Any]) -> pg8000.native.Connection:
    """Open a connection with a secret's fields, over TLS unless the environment says that there is none.

    ``DATABASE_CA`` names the authorities to trust: RDS has its own, which no system knows.
    """
    tls: ssl.SSLContext | bool = False
    if os.environ.get("DATABASE_TLS", "verify-full") != "off":
        tls = ssl.create_default_context(cafile=os.environ.get("DATABASE_CA") or None)
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
    """Return whether these fields sign in; whatever fails but the sign-in itself is raised."""
    try:
        connection = connect(fields)
    except pg8000.native.DatabaseError as error:
        if code_of(error) in WRONG_PASSWORD:
            return False
        raise
    try:
        connection.run("SELECT 1")
    finally:
        connection.close()
    return True


def set_password(fields: dict[str, Any], username: str, password: str) -> None:
    """Signed in with these fields, change a user's password; open connections live on."""
    connection = connect(fields)
    try:
        alter(connection, username, password)
    finally:
        connection.close()


def set_application_user(owner: dict[str, Any], username: str, password: str) -> None:
    """Signed in as the owner, see to it that this user of the application exists and has this password."""
    connection = connect(owner)
    try:
        for role, may_sign_in in ((APPLICATION_ROLE, "NOLOGIN"), (username, "LOGIN")):
            create(connection, role, may_sign_in)
        group, user = pg8000.native.identifier(APPLICATION_ROLE), pg8000.native.identifier(username)
        connection.run(f"GRANT {group} TO {user}")
        alter(connection, username, password)
    finally:
        connection.close()


def create(connection: pg8000.native.Connection, role: str, may_sign_in: str) -> None:
    """Make a role unless it is there."""
    if connection.run("SELECT 1 FROM pg_roles WHERE rolname = :role", role=role):
        return
    try:
        connection.run(f"CREATE ROLE {pg8000.native.identifier(role)} {may_sign_in}")
    except pg8000.native.DatabaseError as error:
        if code_of(error) not in DUPLICATE_ROLE:
            raise


def alter(connection: pg8000.native.Connection, username: str, password: str) -> None:
    """Set a password by its verifier."""
    user, literal = pg8000.native.identifier(username), pg8000.native.literal(verifier(password))
    connection.run(f"ALTER ROLE {user} WITH PASSWORD {literal}")


def verifier(password: str) -> str:
    """Return what PostgreSQL keeps in place of a password of ASCII characters (RFC 5802; ``pg_authid.rolpassword``)."""
    salt = secrets.token_bytes(SALT_BYTES)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${ITERATIONS}:{parts[0]}${parts[1]}:{parts[2]}"


def code_of(error: pg8000.native.DatabaseError) -> str:
    """Return PostgreSQL's code of an error, or nothing where it is none of PostgreSQL's."""
    fields = error.args[0] if error.args else None
    return str(fields.get("C", "")) if isinstance(fields, dict) else ""
