"""What a teardown does with final snapshots: takes one where it is asked for, deletes earlier ones where it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial

from django.conf import settings

from engine.aws.snapshots import KeptSnapshot, drop_snapshots, take_final_snapshot
from engine.settings import EngineSettings
from infra.text import tag_value
from messages.message import Message, message
from provisioning.engine_settings import deploy_role
from provisioning.models import Run
from provisioning.runs.fence import Fence
from registry.audit.actions import AuditAction
from registry.audit.services import record


def settle_snapshots(fence: Fence, engine: EngineSettings, *, poll: Callable[[], bool] = lambda: False) -> None:
    """Do what the run's specification says of a final snapshot; to be called before anything is destroyed.

    Twice does no harm. Raises AwsUnavailableError, SnapshotFailedError, InterruptedRunError, RunMovedError.
    """
    run, spec = fence.run, fence.run.spec
    region, role = spec.get("region", "us-east-1"), deploy_role(spec)
    if not spec.get("final_snapshot"):
        earlier = [row["name"] for part in _with_snapshots(run, of_district=True) for row in part.kept_on_purpose]
        for name in drop_snapshots(engine, region, earlier, role):
            dropped = message("The snapshot {name} of an earlier teardown was deleted.", name=name)
            fence.write(partial(_tell, run, AuditAction.SNAPSHOT_DROPPED, dropped, name))
        return
    tags = {
        "District": tag_value(spec["district_name"]) or spec["slug"],
        "Suffix": spec["suffix"],
        "Environment": spec["environment"],
        "ManagedBy": "homeroom",
        "Kept": f"run {run.number}",
    }
    snapshot = take_final_snapshot(
        engine,
        region,
        spec["suffix"],
        run.number,
        role=role,
        key=settings.SNAPSHOT_KEY,
        tags=tags.items(),
        poll=poll,
    )
    if snapshot is None:
        return
    rows = [_row(run, snapshot)]
    if run.kept_on_purpose != rows:
        sentence = message("The final snapshot {identifier} is kept on purpose.", identifier=snapshot.identifier)

        def once() -> None:
            fence.update(kept_on_purpose=rows)
            _tell(run, AuditAction.SNAPSHOT_KEPT, sentence, snapshot.arn)

        fence.write(once)
        run.kept_on_purpose = rows


def kept_for(run: Run) -> tuple[tuple[str, str], ...]:
    """Return the ARN and the reason of each snapshot that the inventory of this run's suffix is not to mind.

    Those of this district count only where this run is to keep one; those of an earlier district of the suffix always.
    """
    return tuple(
        (row["identifier"], message("{what} of run #{number}", what=row["what"], number=part.number))
        for part in _with_snapshots(run)
        if part.district_id != run.district_id or run.spec.get("final_snapshot")
        for row in part.kept_on_purpose
    )


def _with_snapshots(run: Run, *, of_district: bool = False) -> list[Run]:
    runs = Run.objects.filter(spec__suffix=run.spec["suffix"]).exclude(kept_on_purpose=[])
    return list((runs.filter(district=run.district_id) if of_district else runs).order_by("pk"))


def _row(run: Run, snapshot: KeptSnapshot) -> dict[str, str]:
    fields = asdict(snapshot)
    return {
        "what": message("Final snapshot"),
        "service": "rds",
        "kind": "cluster-snapshot",
        "identifier": snapshot.arn,
        "name": snapshot.identifier,
        "asked_in_run": str(run.number),
        **{name: fields[name] for name in ("key_arn", "taken_at", "cluster", "engine")},
    }


def _tell(run: Run, action: AuditAction, message: Message, about: str) -> None:
    record(
        action=action,
        actor=None,
        subject_kind="district",
        subject_id=run.spec["suffix"],
        district=run.district,
        run_number=run.number,
        message=message,
        after={"snapshot": about},
    )
