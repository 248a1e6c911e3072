"""Looks at an account and region by the engine and stores what was found. Called by Celery, the command, and a run."""

from __future__ import annotations

import time

from django.conf import settings
from django.utils import timezone

from engine.aws.clients import DeployRole
from engine.preflight.checks import preflight
from engine.preflight.finding import Finding
from engine.preflight.place import Place, Wanted
from provisioning.capacity.quotas import SMALLEST
from provisioning.engine_settings import engine_settings
from provisioning.models import AccountQuota, Preflight
from registry.districts.models import AwsAccount, District
from registry.districts.statuses import DistrictStatus


def place_of(account: AwsAccount, region: str, *, another: bool = True) -> Place:
    """Return where a preflight looks, and what districts there need; `another` asks for room for one more of them."""
    role = DeployRole(account.role_arn, account.external_id or None) if account.role_arn else None
    districts = District.objects.filter(account=account, region=region).exclude(status=DistrictStatus.REMOVED)
    named = districts.exclude(certificate_arn="").order_by("certificate_arn").values_list("certificate_arn", flat=True)
    limits = AccountQuota.objects.filter(account=account, region=region)
    wanted = Wanted(
        needs=SMALLEST if another else {},
        free={row.code: row.set_limit for row in limits if row.set_limit is not None},
        certificates=tuple(named.distinct()),
        snapshot_key=settings.SNAPSHOT_KEY,
    )
    return Place(engine_settings(), account.account_id, region, role, wanted)


def run_checks(account: AwsAccount, region: str, *, another: bool = True) -> list[Finding]:
    """Return what every check finds; stores nothing."""
    return list(preflight(place_of(account, region, another=another)))


def look_and_store(account: AwsAccount, region: str, *, another: bool = True) -> Preflight:
    """Look, and store what was found."""
    began = time.monotonic()
    return store(account, region, run_checks(account, region, another=another), seconds=time.monotonic() - began)


def store(account: AwsAccount, region: str, findings: list[Finding], *, seconds: float) -> Preflight:
    """Write what was found in the place of the former look."""
    now = timezone.now()
    fields = {"findings": [finding.as_data() for finding in findings], "checked_at": now, "seconds": seconds}
    row, _ = Preflight.objects.update_or_create(
        account=account, region=region, defaults=fields, create_defaults={**fields, "asked_at": now}
    )
    return row
