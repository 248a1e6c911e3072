"""The demo's example district, registered and torn down through the same services that the pages use."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devtools.demo.account import ACCOUNT_ID
from devtools.demo.account import access as account_access
from devtools.demo.issuer import Issuer, running_issuer
from devtools.demo.sign_ins import CLIENT_ID
from infra.naming import suffix_for
from processes.errors import RemediedError

if TYPE_CHECKING:
    from provisioning.models import Run
    from registry.accounts.models import User
    from registry.districts.models import District
    from registry.districts.registration import Registration

REPOSITORY = "homeroom/processor"
MONTHLY_BUDGET_USD = 1500
"""Enough for the largest size at its least."""
NAME, SLUG = "Lakeside Unified", "lakeside"
ACCOUNT_NAME = "Embedded AWS"


@dataclass(frozen=True)
class Example:
    """What of the example district's stack can be chosen."""

    size: str = "S"
    environment: str = "sandbox"
    egress: str = "nat"

    @classmethod
    def chosen(cls, variables: Mapping[str, str]) -> Example:
        """Return what SIZE, ENVIRONMENT and EGRESS say; what is empty or missing is as usual."""
        names = ("size", "environment", "egress")
        return cls(**{name: value for name in names if (value := variables.get(name.upper(), ""))})


def issuing(folder: Path, environment: str) -> AbstractContextManager[Issuer]:
    """Return the issuer of the district's tokens; only a sandbox may ask one that has no TLS."""
    name = "" if environment == "sandbox" else f"https://login.{SLUG}.example"
    return running_issuer(folder, audience=suffix_for(SLUG, environment), name=name)


def operator() -> User:
    """Return the demo's operator."""
    from registry.accounts.models import User

    return User.objects.get(username="operator")


def certificate(environment: str) -> str:
    """Return the ARN of a certificate where the environment needs one; the embedded AWS issues it at once."""
    if environment == "sandbox":
        return ""
    import boto3

    client = boto3.client("acm", region_name="us-east-1", endpoint_url=os.environ["HOMEROOM_AWS_ENDPOINT_URL"])
    return str(client.request_certificate(DomainName=f"{SLUG}.example.com")["CertificateArn"])


def image() -> str:
    """Return the processor's image by its digest.

    What is pushed into the embedded AWS's registry stands in for the image: a manifest without layers.
    """
    import boto3

    client = boto3.client("ecr", region_name="us-east-1", endpoint_url=os.environ["HOMEROOM_AWS_ENDPOINT_URL"])
    (repository,) = client.describe_repositories(repositoryNames=[REPOSITORY])["repositories"]
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}
    pushed = client.put_image(repositoryName=REPOSITORY, imageManifest=json.dumps(manifest), imageTag="stand-in")
    return f"{repository['repositoryUri']}@{pushed['image']['imageId']['imageDigest']}"


def registration(example: Example, *, issuer: Issuer, certificate_arn: str, image_reference: str) -> Registration:
    """Return what the example district is registered with."""
    from registry.districts.registration import Registration

    return Registration(
        name=NAME,
        slug=SLUG,
        account_id=ACCOUNT_ID,
        environment=example.environment,
        size=example.size,
        egress=example.egress,
        monthly_budget_usd=MONTHLY_BUDGET_USD,
        certificate_arn=certificate_arn,
        image=image_reference,
        oidc_issuer=issuer.name,
        # A stack without a way out asks no issuer.
        oidc_keys="" if issuer.is_asked and example.egress != "none" else issuer.keys,
        # Browsers ask it, which have a way out whatever the stack has.
        oidc_client_id=CLIENT_ID if issuer.is_asked else "",
        state_code="OH",
        nces_id="3904380",
        contact_name="Ada Rivera",
        contact_email="ada.rivera@lakeside.example",
        key=uuid.uuid4(),
    )


def register(example: Example, *, issuer: Issuer, folder: Path) -> Run:
    """Register the district in the account that was opened with this folder, and return its first run."""
    from provisioning.onboarding.service import onboard
    from registry.districts.accounts import Access, add_account
    from registry.districts.registration import RegistrationRefusedError

    add_account(name=ACCOUNT_NAME, account_id=ACCOUNT_ID, actor=None, access=Access(**account_access(folder)))
    request = registration(
        example, issuer=issuer, certificate_arn=certificate(example.environment), image_reference=image()
    )
    try:
        return onboard(registration=request, actor=operator())
    except RegistrationRefusedError as refused:
        raise RemediedError(
            f"The example district was refused: {refused}", remedy="Correct SIZE, ENVIRONMENT or EGRESS."
        ) from None


def existing() -> District | None:
    """Return the example district of an earlier start, unless it has been removed."""
    from registry.districts.models import District
    from registry.districts.statuses import DistrictStatus

    return District.objects.filter(slug=SLUG).exclude(status=DistrictStatus.REMOVED).first()


def lose_old_runs() -> list[int]:
    """Mark runs of an earlier start as Lost at once: their workers ended with it, and another recovers them."""
    from django.utils import timezone

    from provisioning.models import Run
    from provisioning.runs.reaper import reap

    Run.objects.exclude(lease_until=None).update(lease_until=timezone.now())
    return reap()


def deploy_again() -> list[Run]:
    """Ask for a run for every district that ought to exist: the embedded AWS starts empty."""
    from provisioning.runs.approval import discard
    from provisioning.runs.requests import request_run
    from provisioning.runs.selectors import active_run
    from provisioning.states.runs import RunKind, RunState
    from registry.districts.models import District
    from registry.districts.statuses import DistrictStatus

    runs = []
    for district in District.objects.filter(
        status__in=[DistrictStatus.LIVE, DistrictStatus.NEEDS_ATTENTION, DistrictStatus.PROVISIONING]
    ):
        active = active_run(district)
        if active is not None and active.state_badge is RunState.AWAITING_APPROVAL:
            # Its plan was made for what is gone.
            discard(run=active, actor=operator(), comment="The embedded AWS starts empty")
            active = None
        if active is not None:
            runs.append(active)
            continue
        reason = "The embedded AWS starts empty: everything is deployed anew"
        runs.append(request_run(district=district, kind=RunKind.APPLY, actor=operator(), reason=reason))
    return runs
