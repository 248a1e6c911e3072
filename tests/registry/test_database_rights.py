"""The role that the portal runs as writes the record, and can neither change it nor switch off what guards it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from messages.message import verbatim
from provisioning.evidence.anchors import anchor_head
from provisioning.notices.outbox import deliver_due
from provisioning.states.runs import RunState
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.chain import read_chain
from registry.audit.services import record
from registry.database_rights import PortalRole, RoleRefusedError, owns_the_record, prepare, role_in
from tests.builders import PASSWORD, a_person, a_run, moved
from tests.portal.console.test_teardown_pages import a_certificate

NAME = "homeroom_portal_tested"
committed = pytest.mark.django_db(transaction=True, serialized_rollback=True)

REFUSED = (
    "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
    "ALTER TABLE audit_auditevent DISABLE TRIGGER audit_append_only_rows",
    "ALTER TABLE audit_auditlink DISABLE TRIGGER USER",
    "DROP TRIGGER audit_append_only_rows ON audit_auditevent",
    "DROP TRIGGER audit_link_final ON audit_auditlink",
    "DROP TABLE audit_auditlink",
    "ALTER TABLE audit_auditevent RENAME TO elsewhere",
    "ALTER TABLE audit_auditevent OWNER TO current_user",
    "DROP FUNCTION audit_link_written() CASCADE",
    "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END $$",
    "CREATE RULE nothing AS ON DELETE TO audit_auditevent DO INSTEAD NOTHING",
    "CREATE TABLE public.mine (a int)",
    "CREATE TEMP TABLE audit_auditlink (a int)",
    "SET session_replication_role = replica",
    "SET ROLE homeroom",
    "SET SESSION AUTHORIZATION homeroom",
    "ALTER ROLE current_user SUPERUSER",
    "GRANT homeroom TO current_user",
    "TRUNCATE audit_auditevent CASCADE",
    "TRUNCATE audit_auditlink",
    "UPDATE audit_auditevent SET message = '{}'",
    "DELETE FROM audit_auditevent",
    "UPDATE audit_auditlink SET hash = 'x'",
    "DELETE FROM audit_auditlink",
    "INSERT INTO audit_auditlink (event_id, previous_hash, hash) SELECT id, '', '' FROM audit_auditevent",
    "DELETE FROM provisioning_removalcertificate",
    "UPDATE provisioning_removalcertificate SET document = '{}'",
    "DELETE FROM django_migrations",
)


@pytest.fixture
def portal() -> Iterator[psycopg.Connection]:
    """Come in as the portal does, in a database with an event."""
    record(action=AuditAction.USER_SET, actor=None, subject_kind="user", subject_id="x", message=verbatim("Something."))
    role = PortalRole(NAME, secrets.token_hex(16))
    prepare(role)
    database = connection.settings_dict
    entered = psycopg.connect(
        host=database["HOST"], port=database["PORT"], dbname=database["NAME"], user=role.name, password=role.password
    )
    entered.autocommit = True
    yield entered
    entered.close()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP OWNED BY {NAME}")
        cursor.execute(f"DROP ROLE {NAME}")


@committed
def test_it_adds_events_that_postgresql_chains_and_everything_that_could_undo_them_is_refused(
    portal: psycopg.Connection,
):
    columns = "at, actor_name, action, outcome, subject_kind, subject_id, message, request_id"
    for _ in range(2):
        portal.execute(
            f"INSERT INTO audit_auditevent ({columns}) "
            "VALUES (now(), 'Homeroom', 'user:role:set', 'success', 'user', 'x', "
            "jsonb_build_object('text', 'Another.'), '')"
        )
    let: list[str] = []
    for statement in REFUSED:
        try:
            portal.execute(statement.replace("current_user", NAME))
        except psycopg.errors.InsufficientPrivilege:
            continue
        let.append(statement)
    assert not let
    chain = read_chain()
    assert chain.intact
    assert chain.events == 3


@committed
def test_the_portals_own_work_is_done_with_these_rights(portal: psycopg.Connection, client):
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {NAME}")
    try:
        moved(moved(a_run(), RunState.SYNTHESIZING), RunState.FAILED)
        certificate = a_certificate()
        client.login(username=a_person(Role.ADMINISTRATOR, "ada").username, password=PASSWORD)
        assert client.get("/inbox").status_code == 200
        assert deliver_due() == 0
        assert anchor_head() is None
        assert not owns_the_record()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
    assert owns_the_record()
    assert certificate.number
    assert read_chain().intact


@pytest.fixture
def member(db: None) -> str:
    """Return a role that is a member of the owner's, as long as the test's transaction lasts."""
    owner = connection.settings_dict["USER"]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {owner}_member IN ROLE {owner}")
    return f"{owner}_member"


@pytest.mark.django_db
def test_a_member_of_the_owner_is_not_taken_for_the_portals_role(member: str):
    with pytest.raises(RoleRefusedError, match="another one"):
        prepare(PortalRole(member, "x"))


def test_the_command_needs_the_portals_address(settings):
    settings.PORTAL_DATABASE_URL = ""
    with pytest.raises(CommandError, match="HOMEROOM_PORTAL_DATABASE_URL"):
        call_command("grant_portal")


def test_a_role_is_read_from_an_address():
    assert role_in("postgresql://portal:a%2Fb@db:5432/homeroom") == PortalRole("portal", "a/b")
