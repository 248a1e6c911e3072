"""Proves that a run did what it was for: after an apply a second plan is empty, after a teardown AWS's inventory is."""

from __future__ import annotations

from provisioning.configuration import deploy_role
from provisioning.drift_check import forget_drift, settle, store_drift
from provisioning.engine.errors import EngineError, NotConverged
from provisioning.engine.migration import MigrationTask, migrate
from provisioning.engine.state_contents import contents
from provisioning.engine.terraform import Plan, Terraform
from provisioning.removal import prove_removal
from provisioning.results import record_outputs, record_resources
from provisioning.services.quotas import read_soon
from provisioning.states import RunState
from provisioning.walk.hold import Hold
from provisioning.walk.settling import release_lock


def record_what_exists(hold: Hold, terraform: Terraform) -> None:
    """Bring resources and outputs in the database to what the state holds; a failure to read is a warning."""
    try:
        found = hold.reading("Reading what exists", lambda: contents(hold.settings, terraform))
    except EngineError as error:
        hold.recorder.note("record", f"What exists could not be read: {error.summary}", level="warning")
        return
    hold.recorder.note("record", f"{len(found.resources)} resources and {len(found.outputs)} outputs exist.")

    def once() -> None:
        record_resources(hold.run, found.resources)
        record_outputs(hold.run, found.outputs)

    hold.fence.write(once)


def prove_convergence(hold: Hold, terraform: Terraform) -> None:
    """Raise NotConverged unless a second plan is empty.

    That one plan asks AWS about every resource. What AWS has filled in since the apply is no change of it, and goes
    into the state by applying it, so that drift can be told from it later. What is foreign to the stack would be taken
    over without a word: it is looked for, but not in a stack that was just made.
    """
    is_first = not hold.run.district.runs.filter(steps__step=RunState.APPLYING).exclude(pk=hold.run.pk).exists()

    def compare() -> Plan:
        seen = terraform.plan(look=not is_first)
        if seen.is_empty and seen.drifted:
            terraform.apply(seen)
        return seen

    def unlock() -> None:
        release_lock(hold, terraform)
        # What the try before could not store would stand beside what the next one stores.
        terraform.push_state()

    # Plan and apply are tried again together: a state that was stored before a kill makes the plan an old one.
    seen = hold.reading("The second plan", compare, mend=unlock)
    if is_first:
        hold.fence.write(lambda: store_drift(hold.run, [], {}))
    else:
        hold.fence.write(lambda: settle(hold.run, seen.shown))
    if not seen.is_empty:
        detail = "\n".join(f"{change.address}: {change.action}" for change in seen.left)
        count = "1 change" if len(seen.left) == 1 else f"{len(seen.left)} changes"
        raise NotConverged(f"A second plan still has {count}.", detail=detail)
    hold.recorder.note("verify", "A second plan is empty: AWS is as the stack says.")


def migrate_database(hold: Hold) -> None:
    """Bring the district's database to the schema of the images that run; a placeholder has none.

    Done by every run that applies, also where nothing was left to apply: the run before may have failed at it.
    """
    outputs = dict(hold.run.district.outputs.filter(sensitive=False).values_list("name", "value"))
    task = MigrationTask.of(outputs)
    if task is None or not hold.run.spec.get("images", {}).get("worker"):
        return
    spec, note = hold.run.spec, hold.recorder.note
    note("migration", "The migration task brings the database to the program's schema.")
    # Where AWS is away for a moment the task is run once more: a second run of it changes nothing.
    hold.reading(
        "Migrating the database",
        lambda: migrate(hold.settings, spec["region"], deploy_role(spec), task, pause=hold.pause),
    )
    note("migration", "The database is at the program's schema.")


def prove_gone(hold: Hold) -> None:
    """Raise ResourcesRemain unless AWS's inventory is empty; then the state goes too, and what is known of drift."""
    hold.reading(
        "Asking AWS what is left",
        lambda: prove_removal(
            hold.fence,
            hold.settings,
            poll=lambda: bool(hold.stop()),
            note=lambda text: hold.recorder.note("verify", text),
        ),
    )
    hold.recorder.note("verify", "AWS's inventory by tag and by name is empty: nothing is left.")
    hold.fence.write(lambda: forget_drift(hold.run))
    read_soon(hold.run.district.account, hold.run.district.region)
