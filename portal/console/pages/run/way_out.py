"""What a failed run means for its district, and the pages where what ended it is put right. Pure but for addresses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.console.aws_console import console_host
from provisioning.models import Run
from provisioning.states.runs import RunKind
from registry.accounts.acts import Act


@dataclass(frozen=True)
class Way:
    """A page that helps, where it is, and the act that it needs; `is_outside` says that it is AWS's own."""

    label: str
    href: str
    act: str = ""
    is_outside: bool = False


QUOTAS = frozenset(
    {
        *("vpc_quota_reached", "address_quota_reached", "role_quota_reached", "quota_reached", "quota_exceeded"),
        *("function_concurrency_reached", "preflight_refused", "load_balancers_not_enabled"),
    }
)
ACCESS = frozenset(
    {
        *("credentials_expired", "credentials_missing", "credentials_invalid", "role_not_assumable", "access_denied"),
        *("role_not_passable", "denied_by_organization", "service_not_subscribed", "aws_unavailable"),
        "service_role_missing",
    }
)
SETTINGS = frozenset(
    {
        *("spec_refused", "dns_zone_missing", "dns_record_exists", "certificate_not_usable", "endpoint_not_in_zone"),
        *("certificate_not_validated", "database_version_unavailable", "database_class_unavailable"),
        *("database_zones_too_few", "destroy_prevented"),
    }
)
STATE = frozenset(
    {
        *("state_locked", "state_changed_outside", "state_of_newer_terraform", "state_bucket_missing"),
        *("state_not_saved", "errored_state_refused", "errored_state_unreadable"),
    }
)
WORKER = frozenset(
    {
        *("disk_full", "terraform_missing", "terraform_killed", "workspace_taken", "worker_lost", "synthesis_failed"),
        *("provider_unavailable", "provider_changed", "provider_crashed", "aws_unreachable", "clock_skewed"),
    }
)
AWS_HEALTH = frozenset({"aws_fault", "throttled"})
RESOURCES = frozenset(
    {
        *("still_in_use", "rule_exists", "subnet_conflict", "subnet_full", "resources_remain", "name_taken"),
        *("role_still_in_use", "certificate_in_use", "target_group_in_use", "secret_scheduled_for_deletion"),
        *("key_pending_deletion", "key_not_accessible", "service_not_steady", "bucket_not_empty", "vault_not_empty"),
    }
)


def ways_out(run: Run) -> list[Way]:
    """Return where what ended the run is put right; empty where all that helps is on the run's own page."""
    return next((ways(run) for codes, ways in WAYS if run.error_code in codes), [])


def _quotas(run: Run) -> list[Way]:
    account, region = run.spec["account_id"], run.spec["region"]
    return [
        Way(_("Preflight of the account"), reverse("console:preflight", args=[account, region])),
        Way(_("Service Quotas in AWS"), f"{console_host(region)}/servicequotas/home?region={region}", is_outside=True),
    ]


def _access(run: Run) -> list[Way]:
    account = reverse("console:aws-account", args=[run.spec["account_id"]])
    return [Way(_("AWS account"), account, Act.ADMINISTER.value), Way(_("Access to AWS accounts"), _system())]


def _settings(run: Run) -> list[Way]:
    return [Way(_("District settings"), reverse("console:district-settings", args=[run.district.suffix]))]


def _state(run: Run) -> list[Way]:
    return [Way(_("State and lock"), reverse("console:run-state", args=[run.number]), Act.RESOLVE.value)]


def _workers(_run: Run) -> list[Way]:
    return [Way(_("Workers and versions"), _system())]


def _health(_run: Run) -> list[Way]:
    return [Way(_("AWS Health Dashboard"), "https://health.aws.amazon.com/health/status", is_outside=True)]


def _resources(run: Run) -> list[Way]:
    return [Way(_("Resources of the district"), reverse("console:district-resources", args=[run.district.suffix]))]


def _system() -> str:
    return reverse("console:system")


WAYS: tuple[tuple[frozenset[str], Callable[[Run], list[Way]]], ...] = (
    (QUOTAS, _quotas),
    (ACCESS, _access),
    (SETTINGS, _settings),
    (STATE, _state),
    (WORKER, _workers),
    (AWS_HEALTH, _health),
    (RESOURCES, _resources),
)
"""Of each kind of error its pages; a code stands in one kind."""


def meaning(run: Run) -> str:
    """Return what it means for the district that this run did not come through."""
    was_live, has_begun = run.district.live_at is not None, run.has_touched_aws
    if run.kind_badge is RunKind.DRIFT:
        return _("Nothing was changed. Whether the district has drifted is unknown until a check succeeds.")
    if run.kind_badge is RunKind.PLAN:
        return _("Nothing was changed in AWS.")
    if run.kind_badge is RunKind.DESTROY:
        if has_begun:
            return _("The environment is partly destroyed and no longer works. It is removed once a teardown succeeds.")
        return _("Nothing was destroyed. The district is as it was before this run.")
    if was_live and has_begun:
        return _("The change is partly applied. The district is in between until a retry succeeds.")
    if was_live:
        return _("Nothing was changed in AWS. The district keeps running as before.")
    if has_begun:
        return _("The district is partly deployed and can't be used yet.")
    return _("Nothing was created in AWS. The district can't be used yet.")
