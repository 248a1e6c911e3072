"""One district's whole life in an AWS, through the portal: deployed, looked at, planned again, torn down, looked for.

Whatever happens on the way, everything is removed: by the portal that was there, or, where one of its processes had
died, by another one on the same database (`remove_what_is_left`, in a process of its own).
"""

from __future__ import annotations

import contextlib
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devtools.demo import people
from devtools.demo.proof import prove
from devtools.demo.watching import RunFailedError, Say, wait
from devtools.live.observation import Names, Observation, answers_in
from devtools.services.portal import Aws, Portal, running_portal
from processes.errors import RemediedError

if TYPE_CHECKING:
    from provisioning.models import Run
    from registry.districts.models import District

NAME = "Homeroom's first"
BUDGET_USD = 200
GONE = "gone"
"""A file beside the portal's that says that nothing is left to be removed."""
TRIES = 2
"""How often a teardown is asked for: what failed once may go by itself after AWS has let go of something."""


class LeftBehindError(RemediedError):
    """Something of the district is still in AWS."""


@dataclass(frozen=True)
class Target:
    """The account that is deployed into, and how: by a role where one is named."""

    account: str
    region: str
    aws: Aws | None
    """None for an embedded AWS that is started for it."""
    role_arn: str = ""
    external_id: str = ""
    boundary_arn: str = ""
    size: str = "S"
    image: str = ""
    slug: str = field(default_factory=lambda: f"live-{secrets.token_hex(2)}")


@contextlib.contextmanager
def portal_for(
    target: Target, folder: Path, say: Say, *, set_up: Callable[[Mapping[str, str]], None]
) -> Iterator[Portal]:
    """Run a portal whose workers go to the target; `set_up` is called once its database is there."""
    passwords = people.passwords(folder / "passwords.json")

    def prepare(variables: Mapping[str, str]) -> None:
        set_up(variables)
        people.create(passwords)

    record = folder / "calls.ndjson" if target.aws is None else None
    bucket = {
        "HOMEROOM_STATE_BUCKET": f"homeroom-{target.slug}-{target.account}",
        "HOMEROOM_STATE_REGION": target.region,
    }
    with running_portal(folder, aws=target.aws, record=record, more=bucket, say=say, before_web=prepare) as portal:
        yield portal


def live_once(
    target: Target, folder: Path, say: Say, *, seen: Observation, set_up: Callable[[Mapping[str, str]], None]
) -> None:
    """Note what is seen, with the proof's figures; raises RunFailedError, ServiceFailedError and LeftBehindError.

    What was noted until a failure stays noted. Everything is removed before RunFailedError is raised; after any other
    error `remove_what_is_left` has to be called.
    """
    with portal_for(target, folder, say, set_up=set_up) as portal:
        try:
            _live(target, portal, seen, say)
        finally:
            remove_all(portal, say)
            (folder / GONE).touch()


def remove_what_is_left(target: Target, folder: Path, say: Say, *, set_up: Callable[[Mapping[str, str]], None]) -> None:
    """Remove what an earlier life in this folder has left, by a portal on the same database; raises LeftBehindError."""
    from devtools.demo.district import lose_old_runs

    with portal_for(target, folder, say, set_up=set_up) as portal:
        lose_old_runs()
        remove_all(portal, say)
        (folder / GONE).touch()


def _live(target: Target, portal: Portal, observation: Observation, say: Say) -> None:
    say(f"Registering {NAME}")
    run = register(target)
    try:
        wait(run, portal.services, say)
        look(run.district, run, Names(target.account, target.region, run.district.suffix), observation)
        say("A look for drift")
        check_drift(run.district, portal, observation, say)
        observation.figures = dict(prove(portal, run, say))
    except RunFailedError as error:
        observation.errors.append(Names(target.account, target.region, run.district.suffix).masked(error.summary))
        raise


def register(target: Target) -> Run:
    """Register the account and the district, and return its first run."""
    from devtools.demo.district import operator
    from provisioning.onboarding.service import onboard
    from registry.districts.accounts import Access, add_account
    from registry.districts.registration import Registration, RegistrationRefusedError

    access = Access(
        role_arn=target.role_arn, external_id=target.external_id, permissions_boundary_arn=target.boundary_arn
    )
    add_account(name="Live", account_id=target.account, actor=None, access=access)
    registration = Registration(
        name=NAME,
        slug=target.slug,
        account_id=target.account,
        region=target.region,
        environment="sandbox",
        size=target.size,
        image=target.image,
        monthly_budget_usd=BUDGET_USD,
        key=uuid.uuid4(),
    )
    try:
        return onboard(registration=registration, actor=operator())
    except RegistrationRefusedError as refused:
        raise RemediedError(f"The district was refused: {refused}", remedy="Correct REGION, SIZE or IMAGE.") from None


def look(district: District, run: Run, names: Names, observation: Observation) -> None:
    """Note how long each resource took, and what AWS answered of it."""
    from engine.state.store import read_state, state_key
    from provisioning.engine_settings import engine_settings
    from provisioning.runs.selectors import resource_progress

    for progress in resource_progress(run):
        if progress.took is not None:
            observation.seconds[names.masked(progress.address)] = round(progress.took.total_seconds(), 1)
    state = read_state(engine_settings(), state_key(district.suffix)) or {}
    observation.answers = answers_in(state, names)


def check_drift(district: District, portal: Portal, observation: Observation, say: Say) -> None:
    """Note what AWS has otherwise than the stack, right after it was deployed."""
    from devtools.demo.district import operator
    from provisioning.models import DriftItem
    from provisioning.runs.requests import request_run
    from provisioning.states.runs import RunKind

    wait(request_run(district=district, kind=RunKind.DRIFT, actor=operator()), portal.services, say)
    observation.drift = [f"{item.address} {item.path}".strip() for item in DriftItem.objects.filter(district=district)]


def remove_all(portal: Portal, say: Say) -> None:
    """Tear down whatever there is, look for the rest, and delete the state bucket; raises LeftBehindError."""
    from provisioning.engine_settings import engine_settings
    from registry.districts.models import District
    from registry.districts.statuses import DistrictStatus

    left: list[str] = []
    for district in District.objects.exclude(status=DistrictStatus.REMOVED):
        say(f"Removing {district.suffix}")
        left += tear_down(district, portal, say)
    if left:
        raise LeftBehindError(
            "In AWS there still is:\n  " + "\n  ".join(left),
            remedy="Remove it by AWS's console; the tag Suffix finds the rest. It costs money until then.",
        )
    forget_states(engine_settings())


def tear_down(district: District, portal: Portal, say: Say) -> list[str]:
    """Have a district torn down, twice where need be; return what AWS still has of it."""
    from devtools.demo.district import operator
    from engine.aws.clients import DeployRole
    from engine.aws.inventory import left_behind, remaining
    from provisioning.engine_settings import engine_settings
    from provisioning.runs.cancellation import request_cancel
    from provisioning.runs.selectors import active_run
    from provisioning.teardown.service import request_teardown

    for attempt in range(TRIES):
        if (active := active_run(district)) is not None:
            request_cancel(run=active, actor=operator())
            with contextlib.suppress(RunFailedError):  # canceled is what it is to be
                wait(active, portal.services, say)
        teardown = request_teardown(
            district=district, typed_name=district.suffix, reason="The trial is over", actor=operator()
        )
        try:
            wait(teardown, portal.services, say)
            break
        except RunFailedError as error:
            say(f"The teardown failed: {error.summary}" + ("" if attempt + 1 == TRIES else " Once more."))
    account = district.account
    role = DeployRole(account.role_arn, account.external_id or None) if account.role_arn else None
    return [
        f"{item.service} {item.kind} {item.identifier}"
        for item in left_behind(remaining(engine_settings(), district.region, district.suffix, role))
    ]


def forget_states(settings: Any) -> None:
    """Delete the state bucket, which was made for this trial, with all versions."""
    from botocore.exceptions import ClientError

    from engine.aws.clients import client, error_code

    s3 = client(settings, "s3", settings.state_region)
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=settings.state_bucket):
            for part in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                s3.delete_object(Bucket=settings.state_bucket, Key=part["Key"], VersionId=part["VersionId"])
        s3.delete_bucket(Bucket=settings.state_bucket)
    except ClientError as error:
        if error_code(error) != "NoSuchBucket":
            raise
