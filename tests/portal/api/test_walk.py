"""Every operation, by every role, every scope and every reach: who may, who may not, and who finds nothing there."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.db import transaction

from portal.api.assembly import api
from portal.api.door import OPEN_OPERATIONS, OPERATIONS
from provisioning.models import Run
from registry.accounts.acts import TABLE as RIGHTS
from registry.accounts.acts import Act
from registry.accounts.roles import Role
from registry.accounts.tokens.scopes import ACTS, Scope
from registry.accounts.tokens.service import Reach
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from tests.builders import a_run
from tests.portal.api.callers import ApiCaller, a_caller, without_asked

pytestmark = pytest.mark.django_db
READ = {
    *("me", "list_districts", "show_district", "show_settings", "show_drift"),
    *("list_runs", "show_run", "list_run_events", "list_run_changes", "list_run_comments"),
    *("list_rollouts", "show_rollout", "list_rollout_districts"),
    *("list_freezes", "list_windows", "list_ends"),
    *("list_certificates", "show_certificate", "download_certificate"),
    *("list_audit_events", "export_audit", "list_accounts", "list_preflights"),
    *("show_account_access", "list_account_quotas", "show_holdings", "list_restore_drills"),
    *("list_inbox", "show_mail_choice"),
    *("list_resources", "show_pipeline", "show_system", "list_tokens"),
}
OPERATE = {
    *("register_district", "change_settings", "plan_district", "deploy_district"),
    *("check_drift", "plan_drift_repair", "repair_drift", "accept_drift"),
    *("cancel_run", "retry", "comment_on_run"),
    *("create_freeze", "end_freeze", "create_window", "end_window", "set_district_end", "remove_district_end"),
    "change_district_time_zone",
    *("start_rollout", "pause", "resume", "abort", "start_preflight"),
    *("check_account_access", "look_at_state_lock", "delete_district_draft", "remove_foreign_drift"),
    "record_restore_drill",
}
APPROVE = {"apply_run", "approve_run", "discard_run"}
DESTROY = {"destroy_district", "look_at_holdings"}
AUDIT = {
    *("verify_audit", "list_anchors", "export_access_review"),
    *("list_evidence", "request_evidence", "show_evidence", "download_evidence", "list_evidence_streams"),
}
END_OWN = {"end_own_session", "end_own_sessions"}
OWN_SESSIONS = {"list_own_sessions", *END_OWN}
PERSONAL = {"mark_inbox_read", "choose_mail_notices", *END_OWN}
SEEN_PEOPLE = {"list_people", "show_person", "list_person_sessions"}
LETS_IN = {
    *("invite_person", "create_service_account", "create_person_link"),
    *("set_person_role", "activate_person", "deactivate_person", "end_person_sessions"),
    *("grant_person_role", "end_person_grant"),
}
OF_PEOPLE = SEEN_PEOPLE | LETS_IN
OF_ENDPOINTS = {
    *("list_endpoints", "create_endpoint", "show_endpoint", "change_endpoint", "rotate_endpoint_secret"),
    *("switch_endpoint", "remove_endpoint", "send_endpoint_test", "list_deliveries", "redeliver"),
}
OF_ACCOUNTS = {"create_account", "show_account", "change_aws_account", "retire_aws_account", "set_account_limit"}
OF_TOKENS = {"revoke"}
OF_EVERYTHING = OF_PEOPLE | OF_TOKENS | OF_ENDPOINTS | OF_ACCOUNTS
OF_STATES = {"show_state", "push_kept_state", "discard_kept_state", "release_state_lock"}
ADMINISTER = {"force_stop_run", "override_run_hold", *OF_STATES, *OF_EVERYTHING} - LETS_IN - OF_TOKENS
TABLE = {
    **dict.fromkeys(READ | OWN_SESSIONS - PERSONAL, Scope.READ),
    **dict.fromkeys(PERSONAL, Scope.PERSONAL),
    **dict.fromkeys(OPERATE, Scope.OPERATE),
    **dict.fromkeys(APPROVE, Scope.APPROVE),
    **dict.fromkeys(DESTROY, Scope.DESTROY),
    **dict.fromkeys(AUDIT, Scope.AUDIT),
    **dict.fromkeys(ADMINISTER, Scope.ADMINISTER),
    **dict.fromkeys(LETS_IN | OF_TOKENS, Scope.PEOPLE),
}
"""Each operation with the scope that it needs; the scope's act is in `registry.accounts.tokens.scopes`."""
MORE = {
    "apply_run": Act.OPERATE,
    **dict.fromkeys(OF_EVERYTHING, Act.ADMINISTER),
    **dict.fromkeys(SEEN_PEOPLE, Act.REVIEW),
    "export_access_review": Act.REVIEW,
    **dict.fromkeys(AUDIT - {"verify_audit", "export_access_review"}, Act.EVIDENCE),
}
"""What an operation asks for beside its scope's act."""
BESIDES = {"comment_on_run": Act.COMMENT, **dict.fromkeys(SEEN_PEOPLE, Act.VERIFY)}
"""Operations that another scope lets through as well, with the act of the lower of both."""
WITHOUT_A_TOKEN = {"authorize_device", "take_device_token"}
"""Each has tests of its own: who it lets through to what is what they are about."""
OF_ALL = {*OF_EVERYTHING, *AUDIT, *OWN_SESSIONS}
NOBODY = "nobody.here"
BODIES: dict[str, Any] = {
    "register_district": {"name": "Cedar", "account_id": "123456789012"},
    "change_settings": {"zones": 3},
    "destroy_district": {"confirm": "x", "reason": "y"},
    "comment_on_run": {"comment": "Hello."},
    "force_stop_run": {"confirm": 1},
    "start_rollout": {"reason": "Because."},
    "start_preflight": {"region": "nowhere"},
    "create_freeze": {
        "reason": "x",
        "starts_at": "2099-01-01T00:00:00Z",
        "ends_at": "2099-01-02T00:00:00Z",
        "district": "nowhere-sbx",
    },
    "create_window": {
        "weekdays": [5],
        "starts": "22:00",
        "minutes": 60,
        "time_zone": "UTC",
        "district": "nowhere-sbx",
    },
    "set_district_end": {"kind": "contract", "last_day": "2099-01-01"},
    "remove_district_end": {"kind": "contract"},
    "change_district_time_zone": {"time_zone": "America/Denver"},
    "override_run_hold": {"reason": "x"},
    "record_restore_drill": {"day": "2026-01-02", "recovery_point": "x", "minutes": 9, "succeeded": True},
    "mark_inbox_read": {"up_to": 1},
    "choose_mail_notices": {"by_mail": ["run.failed"]},
    "remove_foreign_drift": {"item": 1, "consent": True, "reason": "x"},
    "push_kept_state": {"reason": "x"},
    "discard_kept_state": {"reason": "x"},
    "release_state_lock": {"lock_id": "x", "reason": "y"},
    "invite_person": {"username": "iris", "role": "Viewer"},
    "create_service_account": {"username": "pipeline", "role": "Viewer"},
    "set_person_role": {"role": "Viewer"},
    "grant_person_role": {"role": "Viewer", "districts": ["nowhere-sbx"]},
    "create_endpoint": {"name": "Ops", "kind": "webhook", "address": "https://127.0.0.1/"},
    "change_endpoint": {"name": "Ops"},
    "switch_endpoint": {"on": True},
    "create_account": {"account_id": "123412341234", "name": "Another"},
    "change_aws_account": {"name": "Another"},
    "set_account_limit": {"region": "us-east-1", "code": "none", "limit": 1},
    "request_evidence": {"since": "2026-02-02", "until": "2026-01-01"},
}


@pytest.fixture
def run() -> Run:
    return a_run()


def routed() -> Iterator[str]:
    """Yield the name of every operation that the router has."""
    for bound in api._get_bound_routers():
        for view in bound.path_operations.values():
            yield from (str(operation.operation_id) for operation in view.operations)


def allows(role: Role, name: str) -> bool:
    """Return whether a role that is held for everything lets an operation through."""
    return all(role in RIGHTS[act] for act in (BESIDES.get(name, ACTS[TABLE[name]]), MORE.get(name, Act.SEE)))


def sent(caller: ApiCaller, name: str, run: Run) -> tuple[int, str]:
    """Send an operation's request, undo what it did, and return the answer's status and text."""
    operation = OPERATIONS[name]
    places = {"suffix": run.district.suffix, "number": run.pk, "account_id": run.district.account.account_id}
    places |= {"username": NOBODY}
    path = operation.path.format(**places)
    savepoint = transaction.savepoint()
    answer = caller.call(operation.method, path, None if operation.method == "GET" else BODIES.get(name, {}))
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content
    transaction.savepoint_rollback(savepoint)
    return answer.status_code, text.decode()


def test_each_operation_of_the_router_is_listed_with_its_scope():
    assert sorted(routed()) == sorted([*TABLE, *OPEN_OPERATIONS])
    assert set(OPEN_OPERATIONS) == WITHOUT_A_TOKEN
    assert {name: operation.scope for name, operation in OPERATIONS.items()} == TABLE


def otherwise_than_the_table(role: Role, names: Iterable[str], run: Run) -> dict[str, tuple[int, str]]:
    """Return which of these operations answered a role otherwise than the table says."""
    caller, problems = a_caller(role), {}
    for name in names:
        status, text = sent(caller, name, run)
        may = allows(role, name)
        if (status in {401, 403}) == may or status >= 500:
            problems[name] = (status, text)
    return problems


def test_each_role_is_refused_what_it_may_not_and_each_operation_answers_one_who_may(run: Run):
    shares: dict[Role, list[str]] = {role: [] for role in Role}
    for name in TABLE:
        may = [role for role in Role if allows(role, name)]
        shares[min(may, key=lambda role: len(shares[role]))].append(name)
    assert min(map(len, shares.values())) > 5
    for role, answered in shares.items():
        refused = [name for name in TABLE if not allows(role, name)]
        assert not otherwise_than_the_table(role, answered + refused, run), role


@pytest.mark.soak
@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_what_it_may_and_nothing_else(role: Role, run: Run):
    assert not otherwise_than_the_table(role, TABLE, run)


def test_a_token_for_reading_does_nothing_else_for_an_administrator(run: Run):
    caller = a_caller(Role.ADMINISTRATOR, Scope.READ)
    answers = {name: sent(caller, name, run) for name, scope in TABLE.items() if scope is not Scope.READ}
    assert {status for status, _ in answers.values()} == {403}
    assert all("scope_missing" in text for _, text in answers.values())


def test_what_reading_lets_through_changes_nothing():
    assert {OPERATIONS[name].method for name, scope in TABLE.items() if scope is Scope.READ} == {"GET"}


def test_no_other_scope_lets_anybody_in(run: Run):
    caller = a_caller(Role.ADMINISTRATOR, *(scope for scope in Scope if scope is not Scope.PEOPLE))
    answers = {name: sent(caller, name, run) for name in LETS_IN}
    assert {status for status, _ in answers.values()} == {403}
    assert all("scope_missing" in text for _, text in answers.values())
    assert sent(caller, "list_people", run)[0] == 200


def test_a_role_that_is_lost_ends_its_rights_at_once(run: Run):
    caller = a_caller(Role.OPERATOR)
    caller.user.groups.clear()
    assert {sent(caller, name, run)[0] for name in ("me", "plan_district")} == {401}


def test_nobody_comes_in_without_a_token(run: Run):
    caller = ApiCaller("", a_caller().user)
    assert {sent(caller, name, run)[0] for name in TABLE} == {401}


BEYOND = [
    Reach(environments=("production",)),
    Reach(account_ids=("999999999999",)),
    Reach(suffixes=("elsewhere-sbx",)),
    Reach(environments=("sandbox",), suffixes=("elsewhere-sbx",)),
]


def walked(caller: ApiCaller, run: Run) -> dict[str, tuple[int, str]]:
    """Return what of the walk crossed the reach of a caller that does not reach the run's district."""
    problems = {}
    for name in TABLE:
        status, text = sent(caller, name, run)
        leaked = run.district.suffix in without_asked(text, run.district.suffix) or run.district.name in text
        named = "{" in OPERATIONS[name].path and "{account_id}" not in OPERATIONS[name].path
        fine = status == 403 if name in OF_ALL else status == 404 if named else status < 500
        if leaked or not fine:
            problems[name] = (status, text)
    return problems


def test_no_operation_crosses_a_reach(run: Run):
    before = (Run.objects.count(), District.objects.count())
    assert not walked(a_caller(Role.ADMINISTRATOR, reach=BEYOND[3]), run)
    assert (Run.objects.count(), District.objects.count()) == before


@pytest.mark.soak
@pytest.mark.parametrize(("role", "reach"), list(itertools.product(Role, BEYOND)))
def test_no_operation_crosses_any_reach_for_any_role(role: Role, reach: Reach, run: Run):
    caller, problems = a_caller(role, reach=reach), {}
    for name, (status, text) in walked(caller, run).items():
        if status != 403 or allows(role, name):
            problems[name] = (status, text)
    assert not problems


def test_a_narrow_token_sees_its_own_alone(run: Run):
    other_run = a_run()
    for reach in (Reach(suffixes=(run.district.suffix,)), Reach(environments=("sandbox",), suffixes=("x-sbx",))):
        caller = a_caller(reach=reach)
        own = [run.district.suffix] if run.district.suffix in reach.suffixes else []
        assert [item["suffix"] for item in caller.get("/districts").json()["items"]] == own
        assert [item["district"] for item in caller.get("/runs").json()["items"]] == own
        events = caller.get("/audit").json()["items"]
        assert {event["district"] for event in events} == set(own), "what belongs to no district is not reached"
        assert caller.get(f"/runs/{other_run.pk}").status_code == 404


def test_a_narrow_token_makes_nothing_beyond_its_reach(run: Run):
    account = run.district.account.account_id
    caller = a_caller(reach=Reach(environments=("sandbox",), suffixes=(run.district.suffix, "cedar-sbx")))
    for body, status in (
        ({"name": "Birch", "account_id": account}, 403),
        ({"name": "Cedar", "account_id": account, "environment": "staging"}, 403),
        ({"name": "Cedar", "account_id": account}, 201),
    ):
        assert caller.post("/districts", body).status_code == status, body
    assert not District.objects.filter(suffix__in=["birch-sbx", "cedar-stg"]).exists()
    assert AuditEvent.objects.filter(action=AuditAction.ACCESS_REFUSED, actor=caller.user).count() == 2


def test_a_narrow_tokens_rollout_goes_to_its_own_alone(run: Run):
    other_runs = [a_run(), a_run()]
    District.objects.update(status="live")
    caller = a_caller(reach=Reach(suffixes=(run.district.suffix,)))
    beyond = caller.post("/rollouts", {"reason": "x", "districts": [other_runs[0].district.suffix]})
    nowhere = caller.post("/rollouts", {"reason": "x", "districts": ["nowhere-sbx"]})
    assert beyond.status_code == nowhere.status_code == 422
    assert beyond.content.replace(other_runs[0].district.suffix.encode(), b"nowhere-sbx") == nowhere.content
    created = caller.post("/rollouts", {"reason": "x", "environments": ["sandbox"], "waves": "100%"})
    assert created.status_code == 201, created.content
    number = created.json()["number"]
    members = caller.get(f"/rollouts/{number}/districts").json()["items"]
    assert [member["district"] for member in members] == [run.district.suffix]
    assert (
        a_caller(reach=Reach(suffixes=(other_runs[0].district.suffix,))).get(f"/rollouts/{number}").status_code == 404
    )


def test_a_refusal_names_no_district_beyond_reach(run: Run):
    account, district = run.district.account.account_id, run.district
    body = {"name": district.name, "account_id": account, "slug": district.slug, "cidr": str(district.cidr)}
    visible = a_caller().post("/districts", body).content.decode()
    assert district.name in visible
    hidden = a_caller(reach=Reach(environments=("sandbox",), suffixes=("cedar-sbx",))).post("/districts", body)
    assert hidden.status_code == 422
    assert {error["field"] for error in hidden.json()["errors"]} >= {"body.cidr", "body.slug"}
    assert district.name not in hidden.content.decode()
