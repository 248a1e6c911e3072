"""Proves that a run did what it was for: after an apply a second plan is empty, after a teardown AWS's inventory is."""

from __future__ import annotations

from engine.aws.migration import MigrationTask, migrate
from engine.errors import EngineError, NotConvergedError
from engine.state.contents import contents
from engine.terraform.command import Plan, Terraform
from messages.message import message
from provisioning.capacity.quotas import read_soon
from provisioning.drift.check import forget_drift, settle, store_drift
from provisioning.engine_settings import deploy_role
from provisioning.execution.context import RunContext
from provisioning.execution.recovery import release_lock
from provisioning.runs.results import record_outputs, record_resources
from provisioning.states.runs import RunState
from provisioning.teardown.removal import prove_removal


def record_what_exists(context: RunContext, terraform: Terraform) -> None:
    """Bring resources and outputs in the database to what the state holds; a failure to read is a warning."""
    try:
        existing = context.reading(message("Reading what exists"), lambda: contents(context.settings, terraform))
    except EngineError as error:
        context.recorder.note(
            "record", message("What exists could not be read: {summary}", summary=error.summary), level="warning"
        )
        return
    context.recorder.note(
        "record",
        message(
            "{resources} resources and {outputs} outputs exist.",
            resources=len(existing.resources),
            outputs=len(existing.outputs),
        ),
    )

    def once() -> None:
        record_resources(context.run, existing.resources)
        record_outputs(context.run, existing.outputs)

    context.fence.write(once)


def prove_convergence(context: RunContext, terraform: Terraform) -> None:
    """Raise NotConvergedError unless a second plan is empty.

    That one plan asks AWS about every resource. What AWS has filled in since the apply is no change of it, and goes
    into the state, so that drift can be told from it later. What is foreign to the stack would be taken
    over without a word: it is looked for, but not in a stack that was just made.
    """
    is_first = not context.run.district.runs.filter(steps__step=RunState.APPLYING).exclude(pk=context.run.pk).exists()

    def compare() -> Plan:
        plan = terraform.plan(look=not is_first)
        if plan.is_empty and plan.drifted:
            terraform.store_refreshed(plan)
        return plan

    def unlock() -> None:
        release_lock(context, terraform)
        # What the try before could not store would stand beside what the next one stores.
        terraform.push_state()

    # Plan and storing are tried again together: a state that was stored before a kill makes the plan an old one.
    second_plan = context.reading(message("The second plan"), compare, mend=unlock)
    if is_first:
        context.fence.write(lambda: store_drift(context.run, [], {}))
    else:
        context.fence.write(lambda: settle(context.run, second_plan.shown))
    if not second_plan.is_empty:
        detail = "\n".join(f"{change.address}: {change.action}" for change in second_plan.left)
        count = (
            message("1 change") if len(second_plan.left) == 1 else message("{left} changes", left=len(second_plan.left))
        )
        raise NotConvergedError(message("A second plan still has {count}.", count=count), detail=detail)
    context.recorder.note("verify", message("A second plan is empty: AWS matches the stack."))


def migrate_database(context: RunContext) -> None:
    """Bring the district's database to the schema of the images that run; a placeholder has none.

    Done by every run that applies, also where nothing was left to apply: the run before may have failed at it.
    """
    outputs = dict(context.run.district.outputs.filter(sensitive=False).values_list("name", "value"))
    task = MigrationTask.of(outputs)
    if task is None or not context.run.spec.get("images", {}).get("worker"):
        return
    spec, note = context.run.spec, context.recorder.note
    note("migration", message("The migration task brings the database to the program's schema."))
    # Where AWS is away for a moment the task is run once more: a second run of it changes nothing.
    context.reading(
        message("Migrating the database"),
        lambda: migrate(context.settings, spec["region"], deploy_role(spec), task, pause=context.pause),
    )
    note("migration", message("The database is at the program's schema."))


def prove_gone(context: RunContext) -> None:
    """Raise ResourcesRemainError unless AWS's inventory is empty; then state and known drift go too."""
    context.reading(
        message("Asking AWS what is left"),
        lambda: prove_removal(
            context.fence,
            context.settings,
            poll=lambda: bool(context.stop()),
            note=lambda text: context.recorder.note("verify", text),
        ),
    )
    context.recorder.note("verify", message("AWS's inventory by tag and by name is empty: nothing is left."))
    context.fence.write(lambda: forget_drift(context.run))
    read_soon(context.run.district.account, context.run.district.region)
