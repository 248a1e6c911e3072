"""Facts about a run that its page shows beside the run: its cost, its people, what a helper needs. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from provisioning.models import Run
from provisioning.states.runs import RunKind, RunState
from registry.audit.models import AuditEvent

ACTS_SHOWN = 100


@dataclass(frozen=True)
class CostChange:
    """What the planned stack costs a month at its least, and what the one before it did; USD."""

    before: Decimal | None
    after: Decimal

    @property
    def difference(self) -> Decimal | None:
        """How much more it is; less than nothing where it costs less."""
        return None if self.before is None else self.after - self.before

    @property
    def less(self) -> Decimal:
        """How much less it is, where it is."""
        return -min(self.difference or Decimal(0), Decimal(0))


def cost_change(run: Run) -> CostChange | None:
    """Return what the plan does to the monthly cost: against the newest apply before it that came through."""
    if run.monthly_cost_usd is None or run.kind_badge in {RunKind.DESTROY, RunKind.DRIFT}:
        return None
    earlier = Run.objects.filter(
        district=run.district, pk__lt=run.pk, kind=RunKind.APPLY, state__in=[RunState.SUCCEEDED, RunState.NO_CHANGES]
    ).exclude(monthly_cost_usd=None)
    before = earlier.order_by("-pk").values_list("monthly_cost_usd", flat=True).first()
    return CostChange(before, run.monthly_cost_usd)


def people_acts(run: Run) -> list[AuditEvent]:
    """Return what people did with the run and said of it, oldest first; the newest where there are very many."""
    events = AuditEvent.objects.filter(run_number=run.number).exclude(actor=None).order_by("-id")[:ACTS_SHOWN]
    return list(events)[::-1]


def last_act(run: Run) -> int:
    """Return the id of the newest event about the run, by which a page sees that somebody did or said something."""
    return AuditEvent.objects.filter(run_number=run.number).order_by("-id").values_list("id", flat=True).first() or 0


def support_text(run: Run) -> str:
    """Return all that somebody who helps needs to know; no secret is in it, since what is stored was redacted."""
    finished_at = run.finished_at.isoformat() if run.finished_at else "not yet"
    counts = f"+{run.add_count} ~{run.change_count} -{run.remove_count}" if run.add_count is not None else "no plan"
    lines = [
        f"Run #{run.number} ({run.kind}) of {run.district.suffix}: {run.state}",
        f"Account {run.spec.get('account_id', '')}, region {run.spec.get('region', '')}, attempt {run.attempt}",
        f"Requested {run.created_at.isoformat()}, ended {finished_at}",
        f"Worker {run.worker_name or 'none'}",
        f"Trace {run.trace_id}" if run.trace_id else "",
        ", ".join(f"{name} {version}" for name, version in run.engine_versions.items()),
        f"Plan {counts}; {run.resources_done} of {run.resources_total} changes done",
        f"{run.error_code} {run.error_address}".strip(),
        run.error_summary,
        run.error_detail,
    ]
    return "\n".join(line for line in lines if line)
