"""Every door times every role times its reach: console, API, services, commands, tasks. One not listed fails."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.core.management import get_commands
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, reverse

import provisioning
import registry
from devtools.paths import ROOT
from portal.api.door import OPERATIONS
from portal.console.urls import urlpatterns
from provisioning.calendar.service import Scope, create_freeze, create_window, end_freeze, end_window
from provisioning.calendar.zone import change_time_zone
from provisioning.capacity.quotas import set_limit
from provisioning.drift.removal import request_removal
from provisioning.drift.service import accept, check_now, plan_repair, repair
from provisioning.evidence.drills import Drill, record_drill
from provisioning.evidence.service import file_for, request_package
from provisioning.health.access_requests import request_check
from provisioning.lifetimes.service import remove_end, set_end
from provisioning.models import DistrictEnd, EndKind, ErroredState, EvidencePackage, Notice, NoticeEndpoint
from provisioning.notices import endpoints
from provisioning.onboarding.bulk import onboard_all
from provisioning.onboarding.drafts import delete_draft
from provisioning.onboarding.service import draft, onboard
from provisioning.preflight.service import request_preflight
from provisioning.rollouts.fleet_plans import plan_all, plan_now
from provisioning.rollouts.looking import confirm_plans
from provisioning.rollouts.service import abort_rollout, pause_rollout, resume_rollout
from provisioning.runs.approval import approve, discard
from provisioning.runs.cancellation import request_cancel, request_force_stop
from provisioning.runs.comments import comment_on
from provisioning.runs.hold_override import override_hold
from provisioning.runs.plan_apply import apply_plan
from provisioning.runs.requests import request_run
from provisioning.runs.retry import retry_run
from provisioning.runs.setting_changes import request_change
from provisioning.states.runs import RunKind
from provisioning.teardown.data_inventory_requests import request_look
from provisioning.teardown.service import request_teardown
from provisioning.terraform_state import service as state
from registry.accounts import grants, people
from registry.accounts.acts import TABLE as RIGHTS
from registry.accounts.acts import Act
from registry.accounts.models import Grant, User
from registry.accounts.reach import Reach
from registry.accounts.review import record_review
from registry.accounts.roles import NotAllowedError, Role
from registry.accounts.services import set_service_account, set_user
from registry.audit import chain
from registry.audit.exports import record_export
from registry.districts.accounts import Access, add_account, change_account, retire_account
from registry.districts.models import District
from registry.districts.registration import Registration
from registry.districts.services import register
from tests.builders import ACCOUNT_ID, a_person
from tests.portal.api.callers import a_caller, without_asked
from tests.portal.api.test_walk import BODIES, NOBODY, OF_ALL, OWN_SESSIONS
from tests.portal.reaching import BATCH, Where, World, a_world, somebody

pytestmark = pytest.mark.django_db

DISTRICT_PAGES = {
    *("district", "fleet-row", "district-pipeline", "district-resources", "district-runs", "district-drift"),
    *("district-settings", "district-audit", "district-danger"),
}
RUN_PAGES = {"run", "run-resources", "run-lines", "run-activity", "run-changes", "run-live", "run-log"}
PLACED: dict[str, Act] = {
    **dict.fromkeys(DISTRICT_PAGES | RUN_PAGES, Act.SEE),
    **dict.fromkeys({"certificate", "certificate-file", "rollout", "rollout-live", "bulk-progress"}, Act.SEE),
    **dict.fromkeys({"access", "preflight"}, Act.SEE),
    **dict.fromkeys({"drift-check", "drift-plan", "drift-repair", "drift-accept", "drift-remove"}, Act.OPERATE),
    **dict.fromkeys({"draft-delete", "district-plan", "district-deploy", "run-cancel", "run-apply"}, Act.OPERATE),
    **dict.fromkeys({"run-retry", "rollout-pause", "rollout-resume", "rollout-abort"}, Act.OPERATE),
    **dict.fromkeys({"access-test", "access-test-chosen", "preflight-look"}, Act.OPERATE),
    **dict.fromkeys({"teardown", "teardown-look"}, Act.DESTROY),
    "run-comment": Act.COMMENT,
    **dict.fromkeys(
        {"district-lifetime", "district-contract", "freeze-new", "freeze-end", "window-new", "window-end"}, Act.OPERATE
    ),
    "district-time-zone": Act.OPERATE,
    "run-override": Act.RESOLVE,
    **dict.fromkeys({"run-decide", "rollout-confirm"}, Act.APPROVE),
    **dict.fromkeys({"run-force-stop", "run-state", "run-state-look"}, Act.RESOLVE),
}
"""Doors to something in a place: it is not there for whom it is beyond."""
LISTS: dict[str, Act] = {
    **dict.fromkeys({"fleet", "fleet-export", "overview", "runs", "approvals", "drift", "rollouts"}, Act.SEE),
    **dict.fromkeys({"audit", "audit-export", "search", "system", "legend", "design", "roles"}, Act.SEE),
    **dict.fromkeys({"calendar", "device"}, Act.SEE),
    **dict.fromkeys({"inbox", "inbox-read", "inbox-mail", "tokens", "token-revoke"}, Act.SEE),
    **dict.fromkeys({"register", "register-check", "bulk", "bulk-template", "bulk-plan"}, Act.OPERATE),
    **dict.fromkeys({"rollout-new", "rollout-check"}, Act.OPERATE),
}
"""Doors to whatever is within reach: what is beyond stands nowhere on them."""
TELL = {
    "fleet",
    "fleet-export",
    "runs",
    "approvals",
    "drift",
    "audit",
    "audit-export",
    "search",
    "inbox",
    "bulk-progress",
}
"""Of these it is known that they name the district to whom they may."""
WHOLE: dict[str, Act] = {
    "audit-verify": Act.VERIFY,
    **dict.fromkeys({"services", "service-act"}, Act.ADMINISTER),
    **dict.fromkeys({"evidence", "evidence-file"}, Act.EVIDENCE),
    "evidence-drill": Act.ADMINISTER,
    **dict.fromkeys({"people", "people-export", "person"}, Act.REVIEW),
    **dict.fromkeys({"person-new", "person-act", "grant-new", "grant-end"}, Act.ADMINISTER),
    **dict.fromkeys({"aws-accounts", "aws-account-new", "aws-account", "aws-account-retire"}, Act.ADMINISTER),
    **dict.fromkeys({"notices", "notice-new", "notice-endpoint", "notice-act", "notice-again"}, Act.ADMINISTER),
}
"""Doors to what concerns all districts."""
NOTHING_THERE = {
    *("token-revoke", "person", "person-act", "grant-new", "grant-end", "evidence-file"),
    *("notice-endpoint", "notice-act", "notice-again", "service-act"),
}
"""Doors to something that the world has none of: whoever may come in finds nothing."""
EVERYBODYS = {
    *("sign-in", "sign-in-again", "sign-out", "reset", "reset-sent", "reset-choose", "person-invited", "display"),
    *("account", "account-password", "account-session-end", "account-sessions-end", "certificate-key"),
}
"""Without a role: one's own account, and what strangers need."""
DOORS = PLACED | LISTS | WHOLE
ROUTES = {str(pattern.name): pattern for pattern in urlpatterns if isinstance(pattern, URLPattern)}
EVERYBODY = list(itertools.product(Role, Where))


@pytest.fixture
def world() -> World:
    return a_world()


def address(name: str, world: World, about: Mapping[str, int] | None = None) -> str:
    """Return a door's address in the world's district, or about something else by its numbers."""
    values: dict[str, Any] = {
        "suffix": world.district.suffix,
        "number": world.rollout.pk if name.startswith("rollout") else world.run.pk,
        "account_id": world.account.account_id,
        "region": "us-east-1",
        "batch": BATCH,
        "item": 1,
        "grant": 1,
    }
    if name in {"freeze-end", "window-end"}:
        values["number"] = world.freeze.pk if name == "freeze-end" else world.window.pk
    if name.startswith("certificate"):
        values["number"] = world.certificate.pk
    values |= about or {}
    converters = ROUTES[name].pattern.converters
    of_district = {"freeze-new", "window-new"}
    query = "?q=Quincy" if name == "search" else "?format=csv" if name.endswith("-export") else ""
    query = f"?district={world.district.suffix}" if name in of_district else query
    return reverse(f"console:{name}", kwargs={key: values[key] for key in converters}) + query


def knocked(client: Client, name: str, world: World, *, pages_alone: bool = False) -> tuple[int, str]:
    """Go through a door as pages do, undo what it did, and return the answer's status and text."""
    savepoint = transaction.savepoint()
    path = address(name, world)
    answer: Any = client.get(path)
    if answer.status_code == 405 and not pages_alone:
        chosen = {"decision": "discarded", "district": world.district.suffix}
        chosen |= {"account_id": world.account.account_id} if name == "access-test-chosen" else {}
        answer = client.post(path, chosen)
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content
    transaction.savepoint_rollback(savepoint)
    return answer.status_code, text.decode()


def problem(name: str, role: Role, where: Where, world: World, status: int, text: str) -> bool:
    """Return whether a door answered otherwise than the table of acts says."""
    act = DOORS[name]
    if role not in RIGHTS[act] or (name in WHOLE and where is not Where.ALL):
        return status != 403
    if name in PLACED and where is Where.OTHER:
        return status != 404
    leaked = (world.told_in(text) != "") == (where is Where.OTHER) and (where is Where.OTHER or name in TELL)
    return leaked or status == 403 or status >= 500 or (status == 404 and name not in NOTHING_THERE)


def walked(
    role: Role, where: Where, world: World, doors: Iterator[str], *, pages_alone: bool = False
) -> dict[str, tuple[int, str]]:
    """Return the doors that answered somebody otherwise than the table says; of pages alone, acts are left out."""
    client, problems = Client(), {}
    client.force_login(somebody(role, where, world))
    for name in doors:
        status, text = knocked(client, name, world, pages_alone=pages_alone)
        if pages_alone and status == 405:
            continue
        if problem(name, role, where, world, status, text):
            problems[name] = (status, world.told_in(text))
    return problems


def test_every_address_of_the_console_is_listed():
    assert set(ROUTES) == {*DOORS, *EVERYBODYS}
    assert not set(DOORS) & EVERYBODYS


def test_doors_to_nothing_answer_so(world: World):
    client = Client()
    client.force_login(somebody(Role.ADMINISTRATOR, Where.ALL, world))
    assert {name: knocked(client, name, world)[0] for name in NOTHING_THERE} == dict.fromkeys(NOTHING_THERE, 404)


def test_no_door_lets_in_whose_role_is_another(world: World):
    for role in Role:
        assert not walked(role, Where.ALL, world, (name for name, act in DOORS.items() if role not in RIGHTS[act]))


def shared_out() -> dict[tuple[Role, Where], list[str]]:
    """Return who knocks where: for each door and reach one of those who may, and for each door one who may not.

    The table of acts says the same of all for whom one stands; whoever has knocked least is the next. That no role
    comes in where it may not is tried of each for a role that is held for everything.
    """
    shares: dict[tuple[Role, Where], list[str]] = {pair: [] for pair in EVERYBODY}
    for (name, act), where in itertools.product(DOORS.items(), Where):
        may = [role for role in Role if role in RIGHTS[act]]
        turn = (Where.THIS, Where.OTHER)[len(name) % 2]
        may_not = [role for role in Role if role not in may] if where is turn else []
        for alike in filter(None, (may, may_not)):
            shares[min(alike, key=lambda role: len(shares[role, where])), where].append(name)
    return shares


def test_each_door_answers_each_kind_of_person_as_the_table_says(world: World):
    shares = shared_out()
    assert min(len(doors) for doors in shares.values()) > len(DOORS) / (2 * len(Role))
    for (role, where), doors in shares.items():
        assert not walked(role, where, world, iter(doors), pages_alone=where is Where.ALL), (role, where)


@pytest.mark.soak
@pytest.mark.parametrize(("role", "where"), EVERYBODY)
def test_every_door_answers_everybody_as_the_table_says(role: Role, where: Where, world: World):
    assert not walked(role, where, world, iter(DOORS))


OPERATION_BODIES: dict[str, Any] = BODIES | {
    "register_district": {"name": "Quincy Unified", "account_id": ACCOUNT_ID},
    "start_rollout": {},
}


def test_the_api_shows_nothing_beyond_its_persons_reach(world: World):
    caller = a_caller(user=somebody(Role.ADMINISTRATOR, Where.OTHER, world))
    places = {"suffix": world.district.suffix, "account_id": world.account.account_id, "username": NOBODY}
    problems = {}
    for name, operation in OPERATIONS.items():
        number = world.rollout.pk if "/rollouts/" in operation.path else world.run.pk
        number = world.certificate.pk if "/certificates/" in operation.path else number
        number = (
            world.freeze.pk
            if "/freezes/" in operation.path
            else world.window.pk
            if "/windows/" in operation.path
            else number
        )
        savepoint = transaction.savepoint()
        path = operation.path.format(number=number, **places)
        answer = caller.call(
            operation.method, path, None if operation.method == "GET" else OPERATION_BODIES.get(name, {})
        )
        text = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
        transaction.savepoint_rollback(savepoint)
        leaked = world.told_in(without_asked(text, world.district.suffix, "210987654321").replace(path, ""))
        named = "{" in operation.path
        fine = answer.status_code in (
            {403} if name in OF_ALL - OWN_SESSIONS else {404, 422} if named else range(200, 500)
        )
        if leaked or not fine:
            problems[name] = (answer.status_code, leaked or text)
    assert not problems


NOW = datetime(2026, 1, 1, tzinfo=UTC)
Service = Callable[[World, User], object]
DRILL = Drill(day=date(2026, 1, 2), recovery_point="x", minutes=9, succeeded=True)
REACH = Reach(suffixes=("quincy-sbx",))


def _registration(world: World) -> Registration:
    return Registration(name=world.district.name, slug=world.district.slug, account_id=world.account.account_id)


def _errored(world: World) -> ErroredState:
    return ErroredState(run=world.run, pk=1)


SERVICES: dict[Callable[..., Any], tuple[Act, Service]] = {
    set_limit: (
        Act.ADMINISTER,
        lambda w, a: set_limit(account=w.account, region="us-east-1", code="x", limit=1, actor=a),
    ),
    request_removal: (
        Act.OPERATE,
        lambda w, a: request_removal(district=w.district, item=1, consent=False, reason="x", actor=a),
    ),
    check_now: (Act.OPERATE, lambda w, a: check_now(district=w.district, actor=a)),
    plan_repair: (Act.OPERATE, lambda w, a: plan_repair(district=w.district, actor=a)),
    repair: (Act.OPERATE, lambda w, a: repair(district=w.district, actor=a)),
    accept: (Act.OPERATE, lambda w, a: accept(district=w.district, actor=a)),
    request_package: (
        Act.EVIDENCE,
        lambda w, a: request_package(since=date(2026, 2, 2), until=date(2026, 1, 1), actor=a),
    ),
    file_for: (Act.EVIDENCE, lambda w, a: file_for(EvidencePackage(since=date(2026, 1, 1), until=date(2026, 2, 2)), a)),
    record_drill: (Act.OPERATE, lambda w, a: record_drill(district=w.district, drill=DRILL, actor=a)),
    request_check: (Act.OPERATE, lambda w, a: request_check(account=w.account, actor=a)),
    endpoints.create_endpoint: (Act.ADMINISTER, lambda w, a: endpoints.create_endpoint(values=_values(), actor=a)),
    endpoints.change_endpoint: (
        Act.ADMINISTER,
        lambda w, a: endpoints.change_endpoint(endpoint=_endpoint(), values=_values(), actor=a),
    ),
    endpoints.rotate_secret: (Act.ADMINISTER, lambda w, a: endpoints.rotate_secret(endpoint=_endpoint(), actor=a)),
    endpoints.switch: (Act.ADMINISTER, lambda w, a: endpoints.switch(endpoint=_endpoint(), on=True, actor=a)),
    endpoints.remove_endpoint: (Act.ADMINISTER, lambda w, a: endpoints.remove_endpoint(endpoint=_endpoint(), actor=a)),
    endpoints.send_test: (Act.ADMINISTER, lambda w, a: endpoints.send_test(endpoint=_endpoint(), actor=a)),
    endpoints.redeliver: (Act.ADMINISTER, lambda w, a: endpoints.redeliver(notice=Notice(), actor=a)),
    onboard_all: (Act.OPERATE, lambda w, a: onboard_all([], actor=a)),
    draft: (Act.OPERATE, lambda w, a: draft(registration=_registration(w), actor=a)),
    onboard: (Act.OPERATE, lambda w, a: onboard(registration=_registration(w), actor=a)),
    register: (Act.OPERATE, lambda w, a: register(registration=_registration(w), actor=a)),
    delete_draft: (Act.OPERATE, lambda w, a: delete_draft(district=w.district, actor=a)),
    request_preflight: (Act.OPERATE, lambda w, a: request_preflight(account=w.account, region="nowhere", actor=a)),
    plan_now: (Act.OPERATE, lambda w, a: plan_now(districts=District.objects.filter(pk=w.district.pk), actor=a)),
    plan_all: (
        Act.OPERATE,
        lambda w, a: plan_all(districts=District.objects.filter(pk=w.district.pk), filters={}, actor=a),
    ),
    pause_rollout: (Act.OPERATE, lambda w, a: pause_rollout(rollout=w.rollout, actor=a)),
    resume_rollout: (Act.OPERATE, lambda w, a: resume_rollout(rollout=w.rollout, actor=a)),
    abort_rollout: (Act.OPERATE, lambda w, a: abort_rollout(rollout=w.rollout, actor=a)),
    confirm_plans: (Act.APPROVE, lambda w, a: confirm_plans(rollout=w.rollout, digest="", actor=a)),
    approve: (Act.APPROVE, lambda w, a: approve(run=w.run, actor=a)),
    discard: (Act.APPROVE, lambda w, a: discard(run=w.run, actor=a)),
    request_cancel: (Act.OPERATE, lambda w, a: request_cancel(run=w.run, actor=a)),
    request_force_stop: (Act.RESOLVE, lambda w, a: request_force_stop(run=w.run, typed_number="", actor=a)),
    comment_on: (Act.COMMENT, lambda w, a: comment_on(run=w.run, text="", actor=a)),
    apply_plan: (Act.OPERATE, lambda w, a: apply_plan(run=w.run, actor=a)),
    request_run: (Act.OPERATE, lambda w, a: request_run(district=w.district, kind=RunKind.PLAN, actor=a)),
    retry_run: (Act.OPERATE, lambda w, a: retry_run(run=w.run, actor=a)),
    request_change: (Act.OPERATE, lambda w, a: request_change(district=w.district, change={}, actor=a)),
    create_freeze: (
        Act.OPERATE,
        lambda w, a: create_freeze(scope=Scope(w.district), reason="", starts_at=NOW, ends_at=NOW, actor=a),
    ),
    end_freeze: (Act.OPERATE, lambda w, a: end_freeze(freeze=w.freeze, actor=a)),
    create_window: (
        Act.OPERATE,
        lambda w, a: create_window(
            scope=Scope(w.district), weekdays=[], starts=time(1), minutes=1, time_zone="", actor=a
        ),
    ),
    end_window: (Act.OPERATE, lambda w, a: end_window(window=w.window, actor=a)),
    set_end: (
        Act.OPERATE,
        lambda w, a: set_end(district=w.district, kind=EndKind.CONTRACT, last_day=date(2020, 1, 1), actor=a),
    ),
    change_time_zone: (Act.OPERATE, lambda w, a: change_time_zone(district=w.district, time_zone="", actor=a)),
    remove_end: (Act.OPERATE, lambda w, a: remove_end(end=DistrictEnd(district=w.district), actor=a)),
    override_hold: (Act.RESOLVE, lambda w, a: override_hold(run=w.run, reason="", actor=a)),
    request_look: (Act.DESTROY, lambda w, a: request_look(district=w.district, actor=a)),
    request_teardown: (
        Act.DESTROY,
        lambda w, a: request_teardown(district=w.district, typed_name="", reason="", actor=a),
    ),
    state.request_push: (Act.RESOLVE, lambda w, a: state.request_push(district=w.district, reason="", actor=a)),
    state.discard_kept: (Act.RESOLVE, lambda w, a: state.discard_kept(errored=_errored(w), reason="", actor=a)),
    state.request_lock_look: (Act.OPERATE, lambda w, a: state.request_lock_look(district=w.district, actor=a)),
    state.request_release: (
        Act.RESOLVE,
        lambda w, a: state.request_release(district=w.district, lock_id="", reason="", actor=a),
    ),
    grants.give_grant: (
        Act.ADMINISTER,
        lambda w, a: grants.give_grant(_otto(), role=Role.VIEWER, reach=REACH, actor=a),
    ),
    grants.end_grant: (Act.ADMINISTER, lambda w, a: grants.end_grant(Grant.objects.latest("pk"), actor=a)),
    people.invite: (Act.ADMINISTER, lambda w, a: people.invite(username="system", email="", role=Role.VIEWER, actor=a)),
    people.invitation: (Act.ADMINISTER, lambda w, a: people.invitation(_otto(), actor=a)),
    people.give_role: (Act.ADMINISTER, lambda w, a: people.give_role(_otto(), None, actor=a)),
    people.let_in: (Act.ADMINISTER, lambda w, a: people.let_in(_otto(), active=True, actor=a)),
    people.end_all_sessions: (Act.ADMINISTER, lambda w, a: people.end_all_sessions(_otto(), actor=a)),
    set_user: (Act.ADMINISTER, lambda w, a: set_user(username="system", password="", role=Role.VIEWER, actor=a)),
    record_review: (Act.REVIEW, lambda w, a: record_review(a)),
    set_service_account: (
        Act.ADMINISTER,
        lambda w, a: set_service_account(username="system", role=Role.VIEWER, actor=a),
    ),
    chain.verify: (Act.VERIFY, lambda w, a: chain.verify(actor=a)),
    record_export: (Act.SEE, lambda w, a: record_export(kind="csv", filters={}, actor=a)),
    add_account: (Act.ADMINISTER, lambda w, a: add_account(name="x", account_id="1", actor=a)),
    change_account: (Act.ADMINISTER, lambda w, a: change_account(account=w.account, name="", access=Access(), actor=a)),
    retire_account: (Act.ADMINISTER, lambda w, a: retire_account(account=w.account, actor=a)),
}
"""Each service that somebody acts through, the act that it is, and a call of it about the world's district."""
ANYWHERE = {onboard_all, record_export}
"""Of which each row, or nothing, is looked at for its place."""
BEHIND = frozenset(
    {
        *("provisioning.drift.removal.remove", "provisioning.rollouts.fleet_plans.send"),
        "provisioning.rollouts.moving.move_rollout",
        *("provisioning.runs.approval.decide", "provisioning.runs.audited.record_of_run"),
        *("provisioning.runs.transitions.move", "provisioning.terraform_state.errored_states.note_discarded"),
        *("provisioning.terraform_state.locks.release", "provisioning.terraform_state.reconciliation.reconcile"),
        *("registry.audit.services.record_of_district", "registry.districts.changes.apply_settings"),
        "registry.districts.services.set_status",
    }
)
"""What takes an actor and is behind a door: pages, admin, API and command line call none of it themselves."""
_WALK = "tests/portal/test_every_door.py: test_each_door_answers_each_kind_of_person_as_the_table_says"
_API = "tests/portal/api/test_walk.py"
_DEVICES, _TOKENS = "tests/portal/test_device_sign_in.py", "tests/registry/test_tokens.py"
_SECOND = "tests/provisioning/runs/test_second_person.py: test_a_second_person_approves"
HELD_ELSEWHERE = {
    "provisioning.onboarding.bulk.try_all": "tests/portal/console/test_bulk.py: test_needs_an_operator",
    "provisioning.rollouts.service.check_rollout": _WALK,
    "provisioning.rollouts.service.create_rollout": f"{_API}: test_a_narrow_tokens_rollout_goes_to_its_own_alone",
    "provisioning.runs.second_person.second_person_problem": _SECOND,
    "provisioning.runs.second_person.second_person_problems": _SECOND,
    "registry.accounts.tokens.devices.waiting": f"{_DEVICES}: test_a_code_holds_for_ten_minutes",
    "registry.accounts.tokens.devices.grantable": f"{_DEVICES}: test_no_program_gets_by_a_code_what_lets_people_in",
    "registry.accounts.tokens.devices.decide": f"{_DEVICES}: test_a_decision_takes_a_sign_in_of_lately",
    "registry.accounts.tokens.service.create_token": f"{_TOKENS}: test_nobody_makes_or_ends_anothers",
    "registry.accounts.tokens.service.revoke_token": f"{_TOKENS}: test_nobody_makes_or_ends_anothers",
    "registry.accounts.tokens.service.tokens_for": _WALK,
}
"""What is one's own, or only tells what somebody may, by the test that fails where it lets others act or see."""
RECORDS = {"registry.audit.services.record", "registry.accounts.asking.asking_as"}
"""What writes down who has acted, and lets nobody do anything."""


def _values() -> endpoints.EndpointValues:
    return endpoints.EndpointValues(name="", kind="webhook", address="", occasions=(), environments=(), districts=())


def _endpoint() -> NoticeEndpoint:
    return NoticeEndpoint(name="x", kind="webhook")


def _otto() -> User:
    return User.objects.get(username="otto")


def acting() -> Iterator[str]:
    """Yield every function of ours, by its full name, that somebody acts through."""
    for package in (provisioning, registry):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if any(part in module.name for part in (".migrations", ".management", "provisioning.tasks")):
                continue
            members = vars(importlib.import_module(module.name))
            yield from (
                f"{module.name}.{name}"
                for name, member in members.items()
                if inspect.isfunction(member)
                and member.__module__ == module.name
                and not name.startswith("_")
                and "actor" in inspect.signature(member).parameters
            )


def test_every_service_that_somebody_acts_through_is_listed():
    listed = [*BEHIND, *HELD_ELSEWHERE, *RECORDS, *(f"{service.__module__}.{service.__name__}" for service in SERVICES)]
    assert sorted(acting()) == sorted(listed)


def test_what_is_behind_a_door_is_called_by_no_face():
    faces = [path for room in ("portal", "homeroom_cli") for path in (ROOT / room).rglob("*.py")]
    named = {path: imported(path) for path in faces}
    assert len(named) > 200
    assert not {str(path): names & BEHIND for path, names in named.items() if names & BEHIND}


def imported(path: Path) -> set[str]:
    """Return what a module imports, or calls by its module, each by its full name."""
    tree, names = ast.parse(path.read_text()), set()
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            modules |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            names.add(f"{modules.get(node.value.id, node.value.id)}.{node.attr}")
    return names | set(modules.values())


def test_what_is_held_elsewhere_is_held_by_a_test_that_there_is():
    for service, held in HELD_ELSEWHERE.items():
        file, _, name = held.partition(": ")
        assert f"def {name}(" in (ROOT / file).read_text(), service


def test_what_only_writes_down_who_acted_lets_nobody_do_anything():
    for name in RECORDS:
        module, _, function = name.rpartition(".")
        assert "require" not in inspect.getsource(getattr(importlib.import_module(module), function))


def test_every_service_lets_act_whom_the_table_says(world: World):
    otto = a_person(Role.VIEWER, "otto")
    for role, where in EVERYBODY:
        actor = somebody(role, where, world)
        grants.give_grant(otto, role=Role.VIEWER, reach=REACH, actor=None)
        assert not acted(role, where, actor, world)


def acted(role: Role, where: Where, actor: User, world: World) -> list[str]:
    """Return the services that let somebody act, or refused to, otherwise than the table says."""
    problems = []
    for service, (act, call) in SERVICES.items():
        reached = where is Where.ALL or (where is Where.THIS and not act.is_whole) or service in ANYWHERE
        savepoint = transaction.savepoint()
        try:
            call(world, actor)
            refused = False
        except NotAllowedError:
            refused = True
        except Exception:  # noqa: BLE001 - whatever else a service says, it has let the person act
            refused = False
        transaction.savepoint_rollback(savepoint)
        if refused == (role in RIGHTS[act] and reached):
            problems.append(service.__name__)
    return problems


COMMANDS = {
    *("grant_portal", "add_account", "set_user", "set_service_account", "verify_evidence", "set_quota", "reconcile"),
    *("make_signing_key", "state", "verify_audit", "verify_certificate", "preflight"),
}
"""Whoever has a shell on the server is the portal itself: no command acts as a person."""


def test_every_command_is_listed():
    own = ("portal", "provisioning", "registry")
    assert {name for name, app in get_commands().items() if app.startswith(own)} == COMMANDS


ASKED_FOR: dict[str, str] = {
    "provisioning.execute_run": "sent by dispatch, for a run that was asked for",
    "provisioning.keep_states_here": "sent by the sweep of states, to each host",
    "provisioning.make_evidence": request_package.__name__,
    "provisioning.look_at_lock": state.request_lock_look.__name__,
    "provisioning.release_lock": state.request_release.__name__,
    "provisioning.look_before": request_preflight.__name__,
    "provisioning.plan_districts": plan_all.__name__,
    "provisioning.look_at_holdings": request_look.__name__,
    "provisioning.remove_foreign": request_removal.__name__,
    "accounts.send_reset": "asked for by anybody, and throttled: the mail goes to the account's own address",
}
"""Tasks that no clock sends, each by the service that asks, and stands among SERVICES: a message is no door."""


def test_every_task_is_sent_by_the_clock_or_behind_a_service():
    for name in ("provisioning", "registry.audit", "registry.accounts"):
        importlib.import_module(f"{name}.tasks")
    own = {name for name in current_app.tasks if name.startswith(("provisioning.", "audit.", "accounts."))}
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert own == {*scheduled, *ASKED_FOR}
    asking = {service.__name__ for service in SERVICES}
    assert {name for name in ASKED_FOR.values() if " " not in name} <= asking
