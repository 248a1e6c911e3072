"""What can go wrong in the engine: one family, each with a code, a sentence, a remedy and the detail.

The detail is in the words of whoever failed, as a database takes them (`engine.storable`).
"""

from __future__ import annotations

from engine.storable import storable_text
from messages.message import Message, message


class EngineError(Exception):
    """A step of a run did not come to its end."""

    code = "engine_failed"
    remedy: Message = message("Read the details, then retry the run: it continues from what exists.")

    def __init__(self, summary: Message, *, detail: str = "", remedy: Message | None = None, address: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.detail = storable_text(detail)
        self.address = storable_text(address)
        if remedy is not None:
            self.remedy = remedy


class SynthesisFailedError(EngineError):
    """The stack could not be synthesized."""

    code = "synthesis_failed"
    remedy = message("Read the details; a missing Node is found by `make doctor`. Then retry the run.")


class SpecRefusedError(EngineError):
    """The stack's specification has a problem; the detail has a line for each field."""

    code = "spec_refused"
    remedy = message("Correct the fields named in the details, then start a new run.")


class TerraformMissingError(EngineError):
    """There is no Terraform to run."""

    code = "terraform_missing"
    remedy = message(
        "Install Terraform 1.11 or newer on the worker, or set HOMEROOM_TERRAFORM to its path; then retry the run."
    )


class TerraformFailedError(EngineError):
    """Terraform ended with an error."""

    code = "terraform_failed"


class TerraformKilledError(EngineError):
    """Terraform was ended from outside, without the chance to say what it had done."""

    code = "terraform_killed"
    remedy = message("Retry the run: it releases the state's lock, adopts what exists and continues from there.")


class PhaseTimedOutError(EngineError):
    """A step took longer than any that goes well."""

    code = "phase_timed_out"
    remedy = message("Read the log for what it waited for, then retry the run: it continues from what exists.")


class PlanStaleError(EngineError):
    """The plan that was approved no longer fits what it was made for."""

    code = "plan_stale"
    remedy = message("Start a new run: it makes a fresh plan, to be approved again.")


class PlanExchangedError(EngineError):
    """The plan in the bucket has another digest than the one that was recorded when it was made."""

    code = "plan_exchanged"
    remedy = message("Nothing was applied. Find out by CloudTrail who wrote to the state bucket, then start a new run.")


class StateLockedError(EngineError):
    """Somebody else holds the state's lock, or somebody who may still be at work."""

    code = "state_locked"
    remedy = message("Wait until whoever the details name has ended, then retry the run.")


class ErroredStateRefusedError(EngineError):
    """A state that a run could not write is kept, and cannot take the place of the one in the bucket."""

    code = "errored_state_refused"
    remedy = message(
        "An administrator decides on the page of the run that could not write it: discard it where the district's "
        "state has all that it has. Then retry the run."
    )


class ErroredStateUnreadableError(EngineError):
    """A state that a run could not write is kept where this worker cannot read it."""

    code = "errored_state_unreadable"
    remedy = message(
        "Retry the run once it is in the state bucket, where its host puts it as soon as it can. If that host is gone "
        "for good, an administrator discards it on the page of the run that could not write it."
    )


class ForeignResourceError(EngineError):
    """Something has a name of this district and is not this district's."""

    code = "name_taken"
    remedy = message("Find out whose the resources in the details are; rename or remove them, then retry the run.")


class DiskFullError(EngineError):
    """The worker's disk has no room."""

    code = "disk_full"
    remedy = message(
        "Free room below HOMEROOM_WORK_DIR on the worker, then retry the run: it continues from what exists."
    )


class WorkspaceTakenError(EngineError):
    """The folder of an attempt at a run is another's: something may be at work in it, or a state lies there."""

    code = "workspace_taken"
    remedy = message(
        "Wait until that Terraform has ended, then retry the run. Where the database was restored from a backup, see "
        "to what ran since: it may belong to another district."
    )


class NotConvergedError(EngineError):
    """The plan after the apply still wants to change something."""

    code = "not_converged"
    remedy = message(
        "Look at the changes that the details list: AWS did not keep what was applied. Then retry the run."
    )


class MigrationFailedError(EngineError):
    """The stack is as it should be, but its database is not at the schema of its program."""

    code = "migration_failed"
    remedy = message("Read the log group of the migration task, which ends in /migrate; then retry the run.")


class ResourcesRemainError(EngineError):
    """Something of the district is still in AWS after its teardown."""

    code = "resources_remain"
    remedy = message("Remove what the details list, or what keeps it from going, then retry the teardown.")


class AwsUnavailableError(EngineError):
    """AWS, or the sandbox in its place, did not answer or refused us."""

    code = "aws_unavailable"
    remedy = message("Check the credentials and that the AWS endpoint answers, then retry the run.")


class PreflightRefusedError(EngineError):
    """The preflight of the account found something by which the run would fail."""

    code = "preflight_refused"
    remedy = message("Fix each finding in the details, then retry the run: the preflight runs again before the plan.")


class InterruptedRunError(EngineError):
    """The step was stopped because somebody asked for it."""

    code = "canceled"
    remedy = message("Retry continues from what exists; a teardown removes it.")
