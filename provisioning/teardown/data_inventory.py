"""Stores what a teardown is about to remove, data first, so that whoever approves or looks sees what it means."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils import timezone

from engine.aws.data_inventory import SAYS, Contents, Removed, bucket_contents, removed_by
from engine.errors import AwsUnavailableError
from engine.settings import EngineSettings
from messages.message import message, sentences, term
from provisioning.aws_kinds import DATA_SERVICES, HOLDING_DATA, service_of
from provisioning.engine_settings import deploy_role
from provisioning.models import DistrictHoldings, Run, StackResource
from provisioning.runs.fence import Fence
from registry.districts.models import District
from registry.districts.spec import spec_data

BUCKET = "aws_s3_bucket"


def in_order(removed: tuple[Removed, ...]) -> list[Removed]:
    """Return resources with those that hold data first, by service, and within one those that hold the data."""
    services = {service: place for place, service in enumerate(DATA_SERVICES)}

    def place(resource: Removed) -> tuple[int, str, bool, str]:
        service = service_of(resource.type)
        return services.get(service, len(services)), service, resource.type not in HOLDING_DATA, resource.address

    return sorted(removed, key=place)


def holdings_of(
    removed: tuple[Removed, ...],
    buckets: dict[str, Contents | None],
    *,
    final_snapshot: bool,
    monthly_saving_usd: Decimal | None,
) -> dict[str, Any]:
    """Return what is stored of a teardown's plan."""
    return {
        "final_snapshot": final_snapshot,
        "monthly_saving_usd": None if monthly_saving_usd is None or not removed else str(monthly_saving_usd),
        "resources": [
            {
                "address": resource.address,
                "type": resource.type,
                "id": resource.id,
                "arn": resource.arn,
                "service": service_of(resource.type),
                "holds_data": service_of(resource.type) in DATA_SERVICES,
                "says": _says(resource, buckets, final_snapshot=final_snapshot),
            }
            for resource in in_order(removed)
        ],
    }


def record_holdings(
    fence: Fence, plan: dict[str, Any], engine: EngineSettings, *, monthly_saving_usd: Decimal | None = None
) -> dict[str, Any]:
    """Store what the plan of a teardown removes; `plan` is ``terraform show -json``, of which no value is kept.

    A bucket that cannot be read is said to be so: a plan does not fail for it. Raises RunMovedError.
    """
    run, removed = fence.run, removed_by(plan)
    names = [resource.bucket for resource in removed if resource.bucket]
    try:
        buckets = bucket_contents(engine, run.spec.get("region", "us-east-1"), names, deploy_role(run.spec))
    except AwsUnavailableError:
        buckets = {}
    holdings = holdings_of(
        removed,
        buckets,
        final_snapshot=bool(run.spec.get("final_snapshot")),
        monthly_saving_usd=monthly_saving_usd,
    )
    holdings["at"] = timezone.now().isoformat()
    fence.write(lambda: fence.update(holdings=holdings))
    run.holdings = holdings
    return holdings


def look_at(district: District, engine: EngineSettings) -> DistrictHoldings | None:
    """Look at what the district's recorded resources hold now, and store it; None where nobody asked.

    A failure is stored in its words: the page then says that what the buckets hold is not known.
    """
    stored = DistrictHoldings.objects.filter(district=district).first()
    if stored is None:
        return None
    rows = StackResource.objects.filter(district=district)
    recorded = tuple(
        Removed(row.address, row.type, row.provider_id, row.arn, row.provider_id if row.type == BUCKET else "")
        for row in rows
    )
    spec = spec_data(district)
    names = [resource.bucket for resource in recorded if resource.bucket]
    problem, buckets = "", {}
    try:
        buckets = bucket_contents(engine, district.region, names, deploy_role(spec))
    except AwsUnavailableError as error:
        problem = sentences(error.summary, error.remedy)
    estimated = Run.objects.filter(district=district).exclude(monthly_cost_usd=None).order_by("-pk").first()
    stored.holdings = holdings_of(
        recorded,
        buckets,
        final_snapshot=district.final_snapshot,
        monthly_saving_usd=estimated.monthly_cost_usd if estimated else None,
    )
    stored.looked_at, stored.problem = timezone.now(), problem
    stored.save(update_fields=["holdings", "looked_at", "problem"])
    return stored


def _says(resource: Removed, buckets: dict[str, Contents | None], *, final_snapshot: bool) -> str:
    if resource.bucket:
        contents = buckets.get(resource.bucket)
        if resource.bucket not in buckets:
            return message("What it holds could not be read.")
        return contents.says() if contents else message("It is not there any more.")
    text = SAYS.get(resource.type, "")
    if resource.type == "aws_rds_cluster":
        return (
            message("{text} A final snapshot is kept.", text=term(text))
            if final_snapshot
            else message("{text} No snapshot is kept.", text=term(text))
        )
    return term(text) if text else ""
