"""API tokens: what they look like, who makes them, how far they go, and when they end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from messages.message import verbatim
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.runs.approval import approve
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind, RunState
from registry import request_id
from registry.accounts.models import ApiToken, User
from registry.accounts.roles import NotAllowedError, Role
from registry.accounts.services import follow_provider, set_service_account, set_user
from registry.accounts.tokens.scopes import Scope
from registry.accounts.tokens.secrets import LETTERS, digest, is_well_formed, new_secret
from registry.accounts.tokens.service import (
    Reach,
    TokenInvalidError,
    TokenRefusedError,
    create_token,
    known_token,
    revoke_token,
)
from registry.audit.actions import AuditAction
from registry.audit.chain import read_chain
from registry.audit.models import AuditEvent
from registry.audit.services import record
from tests.builders import PASSWORD, a_person, a_run, moved


def a_token(user: User, *scopes: Scope, name: str = "ci", **kwargs: Any) -> tuple[ApiToken, str]:
    return create_token(owner=user, actor=user, name=name, scopes=scopes, **kwargs)


def refusal(text: str) -> str:
    with pytest.raises(TokenInvalidError) as refused:
        known_token(text)
    return refused.value.code


def test_scanners_know_a_token_by_its_prefix_and_its_checksum():
    secret = new_secret()
    assert secret.startswith("hmrm_")
    assert is_well_formed(secret)
    assert len({new_secret() for _ in range(50)}) == 50


@given(st.integers(5, 42), st.sampled_from(LETTERS))
def test_one_wrong_letter_makes_it_none(place: int, letter: str):
    secret = new_secret()
    altered = secret[:place] + letter + secret[place + 1 :]
    assert is_well_formed(altered) == (altered == secret)


@given(st.text(max_size=60))
def test_no_other_text_is_one(text: str):
    assert not is_well_formed(text)


@pytest.mark.django_db
def test_a_secret_is_stored_nowhere_and_its_making_is_one_event():
    person = a_person()
    token, secret = a_token(person, Scope.OPERATE)
    row = ApiToken.objects.filter(pk=token.pk).values().get()
    assert secret not in str(row)
    assert row["sha256"] == digest(secret)
    assert row["scopes"] == ["operate", "read"]
    events = AuditEvent.objects.filter(action=AuditAction.TOKEN_CREATED)
    assert [(event.actor, event.subject_id) for event in events] == [(person, person.username)]
    assert secret not in str(list(events.values()))
    assert known_token(secret).pk == token.pk
    assert known_token(secret).last_used_on == timezone.now().date()


@pytest.mark.django_db
def test_a_token_ends_by_revocation_by_time_and_with_its_person():
    person = a_person()
    revoked, first = a_token(person, name="a")
    revoke_token(token=revoked, actor=person)
    revoke_token(token=revoked, actor=person)
    assert refusal(first) == "token_revoked"
    assert AuditEvent.objects.filter(action=AuditAction.TOKEN_REVOKED).count() == 1
    old, second = a_token(person, name="b")
    ApiToken.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert refusal(second) == "token_expired"
    third = a_token(person, name="c")[1]
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert refusal(third) == "token_powerless"
    assert refusal(new_secret()) == "token_unknown"
    assert refusal("hmrm_") == "token_unknown"


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["role", "provider", "inactive"])
def test_a_role_that_is_lost_ends_tokens_for_good(way: str):
    person = a_person(Role.OPERATOR)
    secret = a_token(person, Scope.OPERATE)[1]
    if way == "role":
        set_user(username=person.username, password=PASSWORD, role=Role.VIEWER)
    elif way == "provider":
        follow_provider(person, None)
    else:
        admin = Client()
        admin.force_login(a_person(Role.ADMINISTRATOR))
        form = {"username": person.username, "held": Role.OPERATOR.value}
        assert admin.post(f"/admin/accounts/user/{person.pk}/change/", form).status_code == 302
        User.objects.filter(pk=person.pk).update(is_active=True)
    set_user(username=person.username, password=PASSWORD, role=Role.OPERATOR)
    assert refusal(secret) == "token_revoked"
    assert AuditEvent.objects.filter(action=AuditAction.TOKEN_REVOKED).count() == 1


@pytest.mark.django_db
def test_a_higher_role_ends_no_token():
    person = a_person(Role.VIEWER)
    secret = a_token(person)[1]
    set_user(username=person.username, password=PASSWORD, role=Role.OPERATOR)
    assert known_token(secret).user == person


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"scopes": [Scope.ADMINISTER]}, "scopes"),
        ({"reach": Reach(environments=("moon",))}, "environments"),
        ({"reach": Reach(account_ids=("12",))}, "account_ids"),
        ({"reach": Reach(suffixes=("../x",))}, "suffixes"),
    ],
)
def test_what_no_token_can_be_is_said_beside_its_field(wrong: dict[str, Any], field: str):
    person = a_person()
    fields: dict[str, Any] = {"owner": person, "actor": person, "name": "ci", "scopes": [], **wrong}
    with pytest.raises(TokenRefusedError) as refused:
        create_token(**fields)
    assert set(refused.value.problems) == {field}
    assert not ApiToken.objects.exists()


@pytest.mark.django_db
def test_a_name_is_had_once_until_it_is_revoked():
    person = a_person()
    first, _ = a_token(person)
    with pytest.raises(TokenRefusedError):
        a_token(person)
    revoke_token(token=first, actor=person)
    a_token(person)


@pytest.mark.django_db
def test_the_database_keeps_a_longer_one_out():
    token, _ = a_token(a_person())
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() + timedelta(days=400))


@pytest.mark.django_db
def test_nobody_makes_or_ends_anothers():
    admin, person, other = a_person(Role.ADMINISTRATOR), a_person(), a_person()
    with pytest.raises(TokenRefusedError):
        create_token(owner=person, actor=admin, name="ci", scopes=[])
    with pytest.raises(NotAllowedError):
        create_token(owner=person, actor=other, name="ci", scopes=[])
    token, secret = a_token(person)
    with pytest.raises(NotAllowedError):
        revoke_token(token=token, actor=other)
    revoke_token(token=token, actor=admin)
    assert refusal(secret) == "token_revoked"


@pytest.mark.django_db
def test_a_service_account_comes_in_by_tokens_alone():
    admin = a_person(Role.ADMINISTRATOR)
    call_command("set_service_account", "pipeline", "--role", "Operator", verbosity=0)
    service = User.objects.get(username="pipeline")
    assert not service.has_usable_password()
    with pytest.raises(ValidationError):
        set_user(username="pipeline", password=PASSWORD, role=Role.OPERATOR)
    with pytest.raises(ValidationError):
        set_service_account(username=admin.username, role=Role.VIEWER)
    service.set_password(PASSWORD)
    service.save()
    assert not Client().login(username="pipeline", password=PASSWORD)
    token, secret = create_token(owner=service, actor=admin, name="ci", scopes=[Scope.OPERATE])
    assert known_token(secret).user == service
    set_service_account(username="pipeline", role=Role.VIEWER)
    assert refusal(secret) == "token_revoked"
    assert token.created_by == admin


@pytest.mark.django_db
def test_who_made_a_service_accounts_token_is_no_second_person_for_it():
    admin, other = a_person(Role.ADMINISTRATOR), a_person()
    service = set_service_account(username="pipeline", role=Role.OPERATOR)
    create_token(owner=service, actor=admin, name="ci", scopes=[Scope.OPERATE])
    first = a_run()
    moved(first, RunState.CANCELED)
    run = request_run(district=first.district, kind=RunKind.APPLY, actor=service)
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.PLANNING)
    Run.objects.filter(pk=run.pk).update(approval_reasons=["x"], requester_may_confirm=False)
    moved(run, RunState.AWAITING_APPROVAL, approval_reasons=["x"])
    for actor, code in ((admin, "own_token"), (service, "own_request")):
        with pytest.raises(ServiceRefusedError) as refused:
            approve(run=run, actor=actor)
        assert refused.value.code in {code, "no_person"}
    assert approve(run=run, actor=other).state == RunState.QUEUED


@pytest.mark.django_db
def test_an_event_names_the_token_that_it_came_with():
    person = a_person()
    with request_id.with_token("ci"):
        event = record(
            action=AuditAction.RUN_COMMENTED,
            actor=person,
            subject_kind="run",
            subject_id="1",
            message=verbatim("Hello."),
        )
    assert event.after == {"token": "ci"}
    assert request_id.current().token == ""


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_chain_holds_with_tokens_in_it():
    person = a_person()
    with request_id.with_token("ci"):
        a_token(person)
    assert read_chain().intact
