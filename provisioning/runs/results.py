"""Records what a district's stack holds after a run: its resources and outputs, each replaced in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction

from engine.terraform.command import OutputValue, ResourceRecord
from messages.message import message
from provisioning.aws_kinds import service_of
from provisioning.models import Run, StackOutput, StackResource
from registry.audit.actions import AuditAction
from registry.audit.services import record_of_district


@transaction.atomic
def record_resources(run: Run, resources: Iterable[ResourceRecord]) -> int:
    """Replace the district's resources by what the state holds; return how many there are."""
    StackResource.objects.filter(district=run.district).delete()
    rows = [
        StackResource(
            district=run.district,
            run=run,
            address=resource.address,
            type=resource.type,
            name=resource.name,
            provider_id=resource.id,
            arn=resource.arn,
            service=service_of(resource.type),
        )
        for resource in resources
    ]
    StackResource.objects.bulk_create(rows)
    record_of_district(
        run.district,
        AuditAction.RESOURCES_RECORDED,
        message("{rows} resources of {name} were recorded.", rows=len(rows), name=run.district.name),
        run_number=run.number,
        after={"count": len(rows)},
    )
    return len(rows)


@transaction.atomic
def record_outputs(run: Run, outputs: Mapping[str, OutputValue]) -> int:
    """Replace the district's outputs; return how many there are. The value of a sensitive one is never written."""
    StackOutput.objects.filter(district=run.district).delete()
    rows = [
        StackOutput(district=run.district, run=run, name=name, value=output.value, sensitive=output.sensitive)
        for name, output in outputs.items()
    ]
    StackOutput.objects.bulk_create(rows)
    record_of_district(
        run.district,
        AuditAction.OUTPUTS_RECORDED,
        message("{rows} outputs of {name} were recorded.", rows=len(rows), name=run.district.name),
        run_number=run.number,
        after={"names": sorted(outputs)},
    )
    return len(rows)
