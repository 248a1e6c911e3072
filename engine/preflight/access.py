"""Who we are in an account, and whether all calls of a run would be allowed: simulated, and tried without effect.

Sources: IAM API Reference, SimulatePrincipalPolicy; IAM User Guide, "Testing IAM policies with the IAM policy
simulator" (it is wrong about an organization's policies with global conditions); Amazon EC2 API Reference, "DryRun".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from engine.aws.clients import answering, error_code
from engine.aws.identity import Identity
from engine.preflight.calls import Call, Context, recorded
from engine.preflight.finding import Finding, fine, refused, warning
from engine.preflight.place import SUFFIX, Place
from infra.deploy_rights import SERVICE_ROLES
from messages.message import Message, listed, message, verbatim

IDENTITY, RIGHTS, TRIED, SERVICES = "Identity", "Rights", message("Dry runs"), message("Service-linked roles")
SHOWN = 3
"""How many of the denied calls a sentence names; the detail has all."""
TAGS = [{"Key": "ManagedBy", "Value": "homeroom"}]
PLATFORM = message(
    "Apply the account's platform with today's version (`python -m infra platform`): it is the role's policy."
)
ORGANIZATION = message(
    "Have the organization's administrators admit these calls in the account's service control policies."
)
OF_ORGANIZATION = re.compile(r"\bservice control policy\b")
"""How EC2 says that an organization's policy denied it (IAM User Guide, "Access denied error messages")."""
SERVICE_ROLES_PATH = "/aws-service-role/"


def who(place: Place) -> tuple[Identity, Finding]:
    """Return as whom AWS knows us, and whether that is the account asked for; raises AwsUnavailableError."""
    with answering(message("ask who we are")):
        caller = place.make("sts").get_caller_identity()
    identity = Identity(str(caller["Account"]), str(caller["Arn"]))
    if identity.account != place.account:
        return identity, refused(
            IDENTITY,
            message(
                "The account {account} answered, not {account2}.", account=identity.account, account2=place.account
            ),
            message(
                "Give the account its deploy role on the AWS accounts page, or start the workers with its own "
                "credentials."
            ),
            identity.arn,
        )
    return identity, fine(IDENTITY, message("AWS knows us as {arn}.", arn=identity.arn))


def rights(place: Place, identity: Identity) -> Finding:
    """Have IAM simulate every call that a run makes."""
    source = place.policy_source(identity)
    if not source:
        return warning(
            RIGHTS,
            message("Nothing was simulated: {arn} is no role and no user of IAM.", arn=identity.arn),
            message("Enter the account by its deploy role, and let nobody work as root."),
        )
    denied: list[str] = []
    by_organization: list[str] = []
    calls = [call.within(account=place.account, region=place.region, suffix=SUFFIX) for call in recorded()]
    try:
        for result in _simulated(place, source, calls):
            if result["EvalDecision"] == "allowed":
                continue
            named = f"{result['EvalActionName']} on {result['EvalResourceName']}: {result['EvalDecision']}"
            allowed_by_organizations = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True)
            (denied if allowed_by_organizations else by_organization).append(named)
    except ClientError as error:
        return _not_simulated(error, source)
    if denied:
        return refused(
            RIGHTS,
            message("{some} would be denied to {source}.", some=_some(denied), source=source),
            PLATFORM,
            "\n".join(denied),
        )
    if by_organization:
        return warning(
            RIGHTS,
            message(
                "{some} would be denied by the organization, as far as IAM can simulate its policies.",
                some=_some(by_organization),
            ),
            message('Read the line "{tried}". {organization}', tried=TRIED, organization=ORGANIZATION),
            "\n".join(by_organization),
        )
    return fine(RIGHTS, message("All {calls} calls of a run are allowed to {source}.", calls=len(calls), source=source))


def _not_simulated(error: ClientError, source: str) -> Finding:
    code = error_code(error)
    if code == "NoSuchEntity":
        sentence = message("Nothing was simulated: IAM does not know {source}.", source=source)
        return warning(
            RIGHTS,
            sentence,
            message("Enter the account by its deploy role: IAM simulates roles and users."),
            str(error),
        )
    if code in {"AccessDenied", "AccessDeniedException"}:
        return warning(RIGHTS, message("{source} may not ask IAM what it may do.", source=source), PLATFORM, str(error))
    raise error


def _simulated(place: Place, source: str, calls: Iterable[Call]) -> Iterable[dict[str, Any]]:
    """Yield a result for each call; calls that share resource and context are asked about at once."""
    together: dict[tuple[str, Context], list[str]] = defaultdict(list)
    for call in calls:
        together[call.resource, call.context].append(call.action)
    pages = place.make("iam").get_paginator("simulate_principal_policy")
    for (resource, context), actions in together.items():
        parameters: dict[str, Any] = {"PolicySourceArn": source, "ActionNames": actions}
        if resource != "*":
            parameters["ResourceArns"] = [resource]
        if context:
            parameters["ContextEntries"] = [
                {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
                for key, value in context
            ]
        for page in pages.paginate(**parameters):
            yield from page["EvaluationResults"]


def _some(denied: list[str]) -> Message:
    names = list(dict.fromkeys(denial.partition(" on ")[0] for denial in denied))
    more = len(names) - SHOWN
    text = ", ".join(names[:SHOWN])
    return message("{names} and {more} more", names=text, more=more) if more > 0 else verbatim(text)


def tried(place: Place) -> Finding:
    """Ask EC2 to make a network, an address and a gateway without making them: what really decides is asked.

    Policies of an organization and of the session count here, which a simulation has not or has wrongly.
    """
    ec2 = place.make("ec2")
    attempts: Mapping[str, Any] = {
        "ec2:CreateVpc": lambda: ec2.create_vpc(
            CidrBlock="10.0.0.0/22", DryRun=True, TagSpecifications=[{"ResourceType": "vpc", "Tags": TAGS}]
        ),
        "ec2:AllocateAddress": lambda: ec2.allocate_address(
            Domain="vpc", DryRun=True, TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": TAGS}]
        ),
        "ec2:CreateInternetGateway": lambda: ec2.create_internet_gateway(
            DryRun=True, TagSpecifications=[{"ResourceType": "internet-gateway", "Tags": TAGS}]
        ),
    }
    denied: dict[str, str] = {}
    for action, attempt in attempts.items():
        try:
            attempt()
        except ClientError as error:
            if error_code(error) == "DryRunOperation":
                continue
            if error_code(error) != "UnauthorizedOperation":
                raise
            denied[action] = str(error)
        else:
            raise RuntimeError(f"{action} was carried out, though it was asked for as a dry run.")
    if not denied:
        return fine(TRIED, message("EC2 would create a VPC, an address and a gateway."))
    detail = "\n".join(denied.values())
    is_organizations = OF_ORGANIZATION.search(detail) is not None
    sentence = (
        message("{denied} would be refused by a service control policy.", denied=", ".join(denied))
        if is_organizations
        else message("{denied} would be refused.", denied=", ".join(denied))
    )
    return refused(TRIED, sentence, ORGANIZATION if is_organizations else PLATFORM, detail)


def service_roles(place: Place, identity: Identity) -> Finding:
    """Look which of AWS's own roles are there; AWS makes the others when they are first needed, if we may have it."""
    existing = {
        role["Path"].removeprefix(SERVICE_ROLES_PATH).strip("/")
        for role in place.pages("iam", "list_roles", "Roles", PathPrefix=SERVICE_ROLES_PATH)
    }
    missing = sorted(set(SERVICE_ROLES) - existing)
    if not missing:
        return fine(
            SERVICES,
            message("All {service_roles} that a stack's services use are there.", service_roles=len(SERVICE_ROLES)),
        )
    source = place.policy_source(identity)
    may_not = missing if not source else _may_not_have_made(place, source, missing)
    if may_not:
        commands = "\n".join(f"aws iam create-service-linked-role --aws-service-name={name}" for name in may_not)
        sentence = message("{may_not} has none yet, and we may not have one made.", may_not=listed(may_not))
        if not source:
            return warning(
                SERVICES,
                sentence,
                message("Have an administrator make them, by the commands in the details."),
                commands,
            )
        return refused(
            SERVICES, sentence, message("Have an administrator make them, by the commands in the details."), commands
        )
    return fine(
        SERVICES,
        message(
            "AWS makes {missing} of {service_roles} when a stack first needs them.",
            missing=len(missing),
            service_roles=len(SERVICE_ROLES),
        ),
        "\n".join(missing),
    )


def _may_not_have_made(place: Place, source: str, names: list[str]) -> list[str]:
    action, denied = "iam:CreateServiceLinkedRole", []
    for name in names:
        resource = f"arn:aws:iam::{place.account}:role{SERVICE_ROLES_PATH}{name}/AWSServiceRoleForPreflight"
        call = Call(action, resource, (("iam:AWSServiceName", name),))
        try:
            if any(result["EvalDecision"] != "allowed" for result in _simulated(place, source, [call])):
                denied.append(name)
        except ClientError as error:
            if error_code(error) in {"NoSuchEntity", "AccessDenied", "AccessDeniedException"}:
                return []  # whether we may simulate is the line of the rights
            raise
    return denied
