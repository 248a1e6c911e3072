"""Whatever somebody can do in the console a program can do by the API, by the same service; a new act fails.

The acts are those of `tests.portal.test_every_door`, which counts every service that somebody acts through.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from portal.api.assembly import api
from portal.api.door import OPERATIONS
from provisioning.calendar import service as calendar
from provisioning.calendar.zone import change_time_zone
from provisioning.capacity.quotas import set_limit
from provisioning.drift import service as drift
from provisioning.drift.removal import request_removal
from provisioning.evidence.drills import record_drill
from provisioning.evidence.service import file_for, request_package
from provisioning.health.access_requests import request_check
from provisioning.lifetimes.service import remove_end, set_end
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
from provisioning.teardown.data_inventory_requests import request_look
from provisioning.teardown.service import request_teardown
from provisioning.terraform_state import service as state
from registry.accounts import grants, people
from registry.accounts.review import record_review
from registry.accounts.services import set_service_account, set_user
from registry.audit import chain
from registry.audit.exports import record_export
from registry.districts.accounts import add_account, change_account, retire_account
from registry.districts.services import register
from tests.portal.test_every_door import DOORS, SERVICES

Service = Callable[..., Any]
BY_API: dict[Service, str] = {
    set_limit: "set_account_limit",
    request_removal: "remove_foreign_drift",
    drift.check_now: "check_drift",
    drift.plan_repair: "plan_drift_repair",
    drift.repair: "repair_drift",
    drift.accept: "accept_drift",
    request_package: "request_evidence",
    file_for: "download_evidence",
    record_drill: "record_restore_drill",
    request_check: "check_account_access",
    endpoints.create_endpoint: "create_endpoint",
    endpoints.change_endpoint: "change_endpoint",
    endpoints.rotate_secret: "rotate_endpoint_secret",
    endpoints.switch: "switch_endpoint",
    endpoints.remove_endpoint: "remove_endpoint",
    endpoints.send_test: "send_endpoint_test",
    endpoints.redeliver: "redeliver",
    draft: "register_district",
    onboard: "register_district",
    delete_draft: "delete_district_draft",
    request_preflight: "start_preflight",
    pause_rollout: "pause",
    resume_rollout: "resume",
    abort_rollout: "abort",
    confirm_plans: "confirm_rollout_plans",
    approve: "approve_run",
    discard: "discard_run",
    request_cancel: "cancel_run",
    request_force_stop: "force_stop_run",
    comment_on: "comment_on_run",
    apply_plan: "apply_run",
    request_run: "plan_district",
    retry_run: "retry",
    request_change: "change_settings",
    calendar.create_freeze: "create_freeze",
    calendar.end_freeze: "end_freeze",
    calendar.create_window: "create_window",
    calendar.end_window: "end_window",
    set_end: "set_district_end",
    remove_end: "remove_district_end",
    change_time_zone: "change_district_time_zone",
    override_hold: "override_run_hold",
    request_look: "look_at_holdings",
    request_teardown: "destroy_district",
    state.request_push: "push_kept_state",
    state.discard_kept: "discard_kept_state",
    state.request_lock_look: "look_at_state_lock",
    state.request_release: "release_state_lock",
    grants.give_grant: "grant_person_role",
    grants.end_grant: "end_person_grant",
    people.invite: "invite_person",
    people.invitation: "create_person_link",
    people.give_role: "set_person_role",
    people.let_in: "deactivate_person",
    people.end_all_sessions: "end_person_sessions",
    set_service_account: "create_service_account",
    record_review: "export_access_review",
    chain.verify: "verify_audit",
    record_export: "export_audit",
    add_account: "create_account",
    change_account: "change_aws_account",
    retire_account: "retire_aws_account",
}
"""Each service with an operation that acts through it."""
NOT_BY_API: dict[Service, str] = {
    onboard_all: "a program registers one district after another",
    plan_now: "a program asks for one plan after another",
    plan_all: "a program asks for one plan after another",
    register: "a part of onboarding, which is asked for",
    set_user: "a command on the server: passwords are typed by people",
}
"""Why there is no operation."""


def views() -> Iterator[tuple[str, ModuleType]]:
    """Yield the name of each operation of the router with the module that it stands in."""
    for router in api._get_bound_routers():
        for view in router.path_operations.values():
            for operation in view.operations:
                module = inspect.getmodule(inspect.unwrap(operation.view_func))
                assert module is not None
                yield str(operation.operation_id), module


def test_every_act_has_an_operation_or_a_reason():
    assert set(BY_API) | set(NOT_BY_API) == set(SERVICES)
    assert not set(BY_API) & set(NOT_BY_API)
    assert set(BY_API.values()) <= set(OPERATIONS)


def test_an_operation_acts_through_its_service():
    modules = dict(views())
    for service, name in BY_API.items():
        members = vars(modules[name]).values()
        owner = inspect.getmodule(service)
        assert any(member is service or member is owner for member in members), (name, service.__name__)


POSTED = {
    *("drift-check", "drift-plan", "drift-repair", "drift-accept", "drift-remove", "draft-delete", "district-plan"),
    *("district-deploy", "run-cancel", "run-apply", "run-retry", "run-comment", "run-override", "run-decide"),
    *("run-state-look", "rollout-pause", "rollout-resume", "rollout-abort", "rollout-confirm", "access-test"),
    *(
        "access-test-chosen",
        "preflight-look",
        "teardown-look",
        "freeze-end",
        "window-end",
        "inbox-read",
        "inbox-mail",
        "token-revoke",
    ),
    *("bulk-plan", "audit-verify", "service-act", "evidence-drill", "person-act", "grant-end"),
    *("aws-account-retire", "aws-account-limit", "notice-act", "notice-again"),
}
"""Doors that are acts alone, which the table above has by their services."""
PAGES: dict[str, str] = {
    "fleet": "list_districts",
    "district": "show_district",
    "district-resources": "list_resources",
    "district-pipeline": "show_pipeline",
    "district-runs": "list_runs",
    "district-drift": "show_drift",
    "district-settings": "show_settings",
    "district-audit": "list_audit_events",
    "district-lifetime": "list_ends",
    "district-contract": "list_ends",
    "teardown": "show_holdings",
    "runs": "list_runs",
    "approvals": "list_runs",
    "drift": "list_districts",
    "run": "show_run",
    "run-activity": "list_run_events",
    "run-lines": "list_run_events",
    "run-log": "list_run_events",
    "run-changes": "list_run_changes",
    "run-resources": "list_run_events",
    "run-state": "show_state",
    "certificate": "show_certificate",
    "certificate-file": "download_certificate",
    "calendar": "list_freezes",
    "rollouts": "list_rollouts",
    "rollout": "show_rollout",
    "audit": "list_audit_events",
    "audit-export": "export_audit",
    "evidence": "list_evidence_streams",
    "evidence-file": "download_evidence",
    "system": "show_system",
    "aws-accounts": "list_accounts",
    "aws-account": "show_account",
    "access": "show_account_access",
    "preflight": "list_preflights",
    "inbox": "list_inbox",
    "notices": "list_endpoints",
    "notice-endpoint": "list_deliveries",
    "people": "list_people",
    "people-export": "export_access_review",
    "person": "show_person",
    "services": "list_people",
    "tokens": "list_tokens",
}
"""What a page of the console shows, by the operation that tells it."""
SHOWN_ELSEWHERE = {
    **dict.fromkeys(("fleet-row", "run-live", "rollout-live", "fleet-export"), "parts and forms of another page"),
    **dict.fromkeys(("search", "overview"), "lists and counts of what other operations tell"),
    **dict.fromkeys(("register", "register-check", "bulk", "bulk-template"), "a form, its preview and its file"),
    **dict.fromkeys(("rollout-new", "rollout-check", "freeze-new", "window-new", "district-time-zone"), "a form"),
    **dict.fromkeys(("person-new", "grant-new", "aws-account-new", "notice-new"), "a form"),
    **dict.fromkeys(("district-danger", "run-force-stop"), "the way to an act"),
    "bulk-progress": "runs with the keys of one file: a program knows what it has asked for",
    "device": "what a person confirms in a browser for a program",
    **dict.fromkeys(("legend", "design", "roles"), "words and the table of acts: docs/design.md, docs/security.md"),
}
"""Pages that no operation tells, with the reason."""


def test_every_page_has_an_operation_that_tells_its_facts_or_a_reason():
    pages = {name for name in DOORS if name not in POSTED}
    assert set(PAGES) | set(SHOWN_ELSEWHERE) == pages
    assert not set(PAGES) & set(SHOWN_ELSEWHERE)
    assert set(PAGES.values()) <= set(OPERATIONS)
