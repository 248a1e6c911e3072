"""What the role that the portal runs as may do in the database that another role owns: work with rows, nothing else.

Whoever owns a table can switch its triggers off. So the owner makes the tables, by migrations, and the portal comes in
as a role that owns nothing: it reads and writes rows, only adds to the audit record, and cannot touch triggers,
functions, or the chain, which PostgreSQL itself writes (`registry/audit/sql`). Sources: PostgreSQL, "Privileges",
"ALTER TABLE" (who may disable triggers), and "CREATE FUNCTION", "Writing SECURITY DEFINER Functions Safely".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.db import connection, transaction
from psycopg import sql

EVERYTHING = ("SELECT", "INSERT", "UPDATE", "DELETE")
LESS: dict[str, tuple[str, ...]] = {
    "audit_auditevent": ("SELECT", "INSERT"),
    "audit_auditlink": ("SELECT",),
    "provisioning_auditanchor": ("SELECT", "INSERT"),
    "provisioning_removalcertificate": ("SELECT", "INSERT"),
    "django_migrations": ("SELECT",),
}
"""What is written once, or by the owner alone."""


class RoleRefusedError(Exception):
    """The role could undo what it is kept from."""


@dataclass(frozen=True)
class PortalRole:
    """The role's name and password."""

    name: str
    password: str


def role_in(url: str) -> PortalRole:
    """Return the role that an address of the database names."""
    parts = urlsplit(url)
    return PortalRole(unquote(parts.username or ""), unquote(parts.password or ""))


def prepare(role: PortalRole) -> None:
    """Make the role unless it is there, give it its password, and exactly the rights that it needs.

    To be called as the owner after each migration. Raises RoleRefusedError for the owner itself, for a superuser, and
    for a member of the owner.
    """
    with transaction.atomic():
        _make(role)
        _refuse_owner(role.name)
        for table in _tables():
            _give(table, LESS.get(table, EVERYTHING), role.name)
        _run("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}", role.name)
        _run("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}", role.name)
        _run("REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role}", role.name)
        _run("GRANT USAGE ON SCHEMA public TO {role}", role.name)
        _run("REVOKE ALL ON DATABASE {database} FROM PUBLIC, {role}", role.name)
        _run("GRANT CONNECT ON DATABASE {database} TO {role}", role.name)


def owns_the_record() -> bool:
    """Return whether this process comes in as somebody who could switch off what guards the audit record."""
    statement = "SELECT pg_has_role(current_user, tableowner, 'MEMBER') FROM pg_tables WHERE tablename = %s"
    with connection.cursor() as cursor:
        cursor.execute(statement, ["audit_auditlink"])
        row = cursor.fetchone()
    return bool(row and row[0])


def _make(role: PortalRole) -> None:
    exists = _has_row("SELECT 1 FROM pg_roles WHERE rolname = %s", [role.name])
    _run(("ALTER" if exists else "CREATE") + " ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE", role.name)
    # Only a digest leaves this process: a server that logs statements logs no password.
    connection.ensure_connection()
    link = connection.connection.pgconn
    digest = link.encrypt_password(role.password.encode(), role.name.encode(), b"scram-sha-256").decode()
    with connection.cursor() as cursor:
        statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role.name), sql.Literal(digest))
        cursor.execute(statement)


def _refuse_owner(name: str) -> None:
    owned = _has_row("SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tableowner = %s LIMIT 1", [name])
    member = _has_row("SELECT 1 WHERE pg_has_role(%s, current_user, 'MEMBER')", [name])
    if owned or member:
        raise RoleRefusedError(f"The role {name} owns tables, or is a member of who does: give the portal another one.")


def _give(table: str, rights: Sequence[str], name: str) -> None:
    with connection.cursor() as cursor:
        where = {"table": sql.Identifier(table), "role": sql.Identifier(name)}
        cursor.execute(sql.SQL("REVOKE ALL ON {table} FROM PUBLIC, {role}").format(**where))
        privileges = sql.SQL(", ").join(sql.SQL(right) for right in rights)
        cursor.execute(sql.SQL("GRANT {given} ON {table} TO {role}").format(given=privileges, **where))


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


def _run(statement: str, name: str) -> None:
    with connection.cursor() as cursor:
        database = sql.Identifier(str(connection.settings_dict["NAME"]))
        cursor.execute(sql.SQL(statement).format(role=sql.Identifier(name), database=database))


def _has_row(statement: str, values: list[str]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone() is not None
