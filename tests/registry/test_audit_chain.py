"""The hash chain over the audit record: every event has its link, and whatever is changed, left out or added shows."""

from __future__ import annotations

import json
import threading
from io import StringIO

import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from messages.message import verbatim
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import WORDS, AuditAction
from registry.audit.canonical import canonical
from registry.audit.chain import BEGINNING, last_verification, read_chain, verify
from registry.audit.models import AppendOnlyError, AuditEvent, AuditLink
from registry.audit.services import record
from registry.audit.tasks import verify_chain
from registry.districts.models import District
from tests.builders import a_district, a_person
from tests.examples import examples

pytestmark = pytest.mark.django_db

INSERTED = (
    "INSERT INTO audit_auditevent"
    " (at, actor_name, action, outcome, subject_kind, subject_id, message, request_id)"
    " VALUES (now(), 'nobody', 'x', 'success', 'x', 'x',"
    " jsonb_build_object('text', 'Written past the portal.'), '')"
)


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def committed() -> None:
    """Let PostgreSQL do what it does at a commit, without one."""
    execute("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED")


def by_force(statement: str) -> None:
    """Change the record as the tables' owner could who switches the triggers off."""
    committed()
    for table in ("audit_auditevent", "audit_auditlink"):
        execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    execute(statement)
    committed()
    for table in ("audit_auditevent", "audit_auditlink"):
        execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def said(message: str, **fields):
    return record(
        action=AuditAction.USER_SET,
        actor=None,
        subject_kind="user",
        subject_id="x",
        message=verbatim(message),
        **fields,
    )


@pytest.fixture
def events():
    recorded = [
        said("One."),
        said('Zwei: ü, 学区, "q"\\', after={"b": [1, 2.50, None, True], "a": {"é": 1e20}}),
        said("3"),
    ]
    committed()
    return recorded


def test_links_follow_one_another_from_the_beginning(events):
    links = list(AuditLink.objects.filter(event__in=events))
    assert [link.event_id for link in links] == [event.pk for event in events]
    assert [(link.position or 0) - (links[0].position or 0) for link in links] == [0, 1, 2]
    assert [link.previous_hash for link in links[1:]] == [link.hash for link in links[:-1]]
    first = AuditLink.objects.first()
    assert first is not None
    assert (first.position, first.previous_hash) == (1, BEGINNING)
    assert read_chain().intact


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "UPDATE audit_auditevent SET message = jsonb_build_object('text', 'Two.') WHERE id = {1}",
            "is not as it was written",
        ),
        ("UPDATE audit_auditevent SET at = at - interval '1 microsecond' WHERE id = {0}", "is not as it was written"),
        ("UPDATE audit_auditevent SET actor_name = 'other' WHERE id = {2}", "is not as it was written"),
        ("UPDATE audit_auditevent SET after = after || '{{\"c\": 1}}' WHERE id = {1}", "is not as it was written"),
        ("UPDATE audit_auditlink SET hash = repeat('a', 64) WHERE event_id = {1}", "is not as it was written"),
        ("UPDATE audit_auditlink SET previous_hash = repeat('a', 64) WHERE event_id = {1}", "does not continue"),
        ("DELETE FROM audit_auditlink WHERE event_id = {1}", "is missing"),
        ("DELETE FROM audit_auditlink WHERE event_id = {2}", "1 events have no link"),
        ("DELETE FROM audit_auditlink WHERE event_id = {1}; DELETE FROM audit_auditevent WHERE id = {1}", "is missing"),
        (
            INSERTED,
            "1 events have no link",
        ),
    ],
)
def test_whatever_is_changed_by_force_is_found(events, statement, problem):
    by_force(statement.format(*(event.pk for event in events)))
    chain = read_chain()
    assert not chain.intact
    assert problem in chain.problem


def test_links_cut_off_the_end_are_found_by_a_hash_that_was_noted(events):
    head = read_chain().head
    last = events[-1].pk
    by_force(f"DELETE FROM audit_auditlink WHERE event_id = {last}; DELETE FROM audit_auditevent WHERE id = {last}")
    assert read_chain().intact
    assert "noted before" in read_chain(head).problem


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditlink SET hash = 'x'",
        "UPDATE audit_auditlink SET position = NULL",
        "DELETE FROM audit_auditlink",
    ],
)
def test_the_database_refuses_to_change_a_link(events, statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        execute(statement)


def test_the_model_of_links_writes_nothing(events):
    link = AuditLink.objects.get(event=events[0])
    for attempt in (link.save, link.delete, AuditLink.objects.all().delete):
        with pytest.raises(AppendOnlyError):
            attempt()


def test_truncate_is_refused_but_for_the_test_runners_own_database(postgres_server):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('audit_no_truncate'::regproc)")
        function = cursor.fetchone()[0]
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgfoid = 'audit_no_truncate'::regproc AND tgenabled = 'O'"
        )
        guarded = {row[0] for row in cursor.fetchall()}
    assert guarded == {"audit_auditevent", "audit_auditlink"}
    server_settings = connection.settings_dict
    at = {
        "host": server_settings["HOST"],
        "port": server_settings["PORT"],
        "user": server_settings["USER"],
        "password": server_settings["PASSWORD"],
    }
    with psycopg.connect(**at, dbname="postgres", autocommit=True) as server:
        for name, refused in (("homeroom_like_any", True), ("test_of_truncate", False)):
            server.execute(f'CREATE DATABASE "{name}"'.encode())
            try:
                with psycopg.connect(**at, dbname=name, autocommit=True) as database:
                    database.execute(b"CREATE TABLE record (id int)")
                    database.execute(function.encode())
                    database.execute(
                        b"CREATE TRIGGER guard BEFORE TRUNCATE ON record EXECUTE FUNCTION audit_no_truncate()"
                    )
                    if refused:
                        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                            database.execute(b"TRUNCATE record")
                    else:
                        database.execute(b"TRUNCATE record")
            finally:
                server.execute(f'DROP DATABASE "{name}"'.encode())


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=12)


@examples(50, 300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES)
@example(10**28 + 1)
@example(-0.0)
@example(1e-7)
@example(1.7e308)
def test_postgresql_and_python_write_the_same_canonical_json(db, value):
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_canonical(%s::jsonb), %s::jsonb::text", [json.dumps(value)] * 2)
        by_postgresql, stored = cursor.fetchone()
    assert canonical(json.loads(stored)) == by_postgresql


def test_a_verification_is_recorded_and_shown_next_time(events):
    assert last_verification() is None
    operator = a_person(Role.OPERATOR)
    committed()
    verification = verify(actor=operator)
    assert verification.intact
    latest = last_verification()
    assert latest is not None
    assert (latest.events, latest.head, latest.intact) == (verification.events, verification.head, True)
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.outcome) == (AuditAction.AUDIT_VERIFIED, "success")
    committed()
    assert read_chain().events > verification.events


def test_a_broken_chain_is_recorded_as_a_failure(events):
    by_force(f"UPDATE audit_auditevent SET message = jsonb_build_object('text', 'x') WHERE id = {events[0].pk}")
    verification = verify(actor=None)
    assert not verification.intact
    assert AuditEvent.objects.latest("id").outcome == "failure"


def test_to_verify_needs_an_operator():
    with pytest.raises(NotAllowedError):
        verify(actor=a_person(Role.VIEWER))


def test_the_command_prints_the_last_hash_and_fails_on_a_broken_chain(events):
    out = StringIO()
    call_command("verify_audit", stdout=out)
    head = out.getvalue().split("last hash ")[1].strip(". \n")
    committed()
    call_command("verify_audit", expect=head, stdout=out)
    committed()
    with pytest.raises(CommandError, match="noted before"):
        call_command("verify_audit", expect="0" * 63 + "1")
    by_force(f"UPDATE audit_auditevent SET message = jsonb_build_object('text', 'x') WHERE id = {events[0].pk}")
    with pytest.raises(CommandError, match="not as it was written"):
        call_command("verify_audit")


def test_the_daily_look_logs_the_last_hash_or_what_is_wrong(events, caplog):
    with caplog.at_level("INFO"):
        verify_chain()
    verification = last_verification()
    assert verification is not None
    assert f"last hash {verification.head}" in caplog.text
    by_force(f"UPDATE audit_auditevent SET message = jsonb_build_object('text', 'x') WHERE id = {events[0].pk}")
    verify_chain()
    assert "ERROR" in caplog.text
    assert "is not as it was written" in caplog.text


def test_beat_knows_the_daily_look():
    tasks = {entry["task"] for entry in django_settings.CELERY_BEAT_SCHEDULE.values()}
    assert verify_chain.name in tasks


def test_every_act_has_words():
    assert set(WORDS) == set(AuditAction)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_at_once_make_one_chain_and_no_deadlock():
    districts = [a_district().pk, a_district().pk]
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            for turn in range(8):
                with transaction.atomic():
                    if number % 2:
                        # Holds a row that the others' foreign keys ask for when they commit.
                        District.objects.select_for_update().get(pk=districts[0])
                        said(f"{number}, {turn}, holding", district=District(pk=districts[0]))
                    else:
                        said(f"{number}, {turn}, first", district=District(pk=districts[1]))
                        said(f"{number}, {turn}, second", district=District(pk=districts[0]))
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    chain = read_chain()
    assert (chain.problem, chain.events) == ("", AuditEvent.objects.count())


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_what_was_recorded_before_there_was_a_chain_is_chained_by_the_migration():
    for number in range(5):
        said(f"Event {number}.", before={"n": number})
    call_command("migrate", "audit", "0002", verbosity=0)
    try:
        execute(INSERTED)
    finally:
        call_command("migrate", "audit", verbosity=0)
    chain = read_chain()
    assert (chain.problem, chain.events) == ("", AuditEvent.objects.count())
    assert chain.events >= 6
