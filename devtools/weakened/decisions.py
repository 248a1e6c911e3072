"""What was decided during a whole run, as data: who asked for what, and with which facts; all of it was allowed.

Recorded from the embedded AWS (`sandbox.authorization.notes`) and renewed by ``python -m devtools.weakened --from
FILE``, where FILE is what a demonstration wrote with ``SANDBOX_DECISIONS=FILE make demo ONCE=1``. District, place and
ids are left open.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from devtools.recorded_calls import kind_of, opened
from engine.preflight import calls
from infra.deploy_rights import DEPLOY_ROLE
from sandbox.authorization.decision import AccessRequest
from sandbox.authorization.identities import Kind

LIST = Path(__file__).with_name("decisions.json")
USUAL = {
    "aws:multifactorauthpresent": ("false",),
    "aws:principalisawsservice": ("false",),
    "aws:requestedregion": ("us-east-1",),
    "aws:securetransport": ("true",),
    "aws:viaawsservice": ("false",),
}
"""Facts that nearly every call has: left out where they are so."""
OURS = (Kind.SESSION.value, Kind.USER.value)
OF_OURS = ("aws:principalaccount", "aws:resourceaccount")
"""Facts that say the account, of all that is called by our own roles and users; left out too."""
OF_NO_STATEMENT = re.compile(
    r"aws:(principaltype|principaltag/.*|principalservicename|tagkeys|re(source|quest)tag/(?!managedby|guarddutymanaged).*)"
    r"|iam:resourcetag/.*|s3:(prefix|delimiter|max-keys|x-amz-content-sha256)|secretsmanager:versionid"
)
"""Facts that no statement of ours asks for."""
ID = re.compile(r"\[\$LATEST\][0-9a-f-]+|(?<=[/-])[0-9a-f]{17}\b")
SUFFIXED = re.compile(r"-?lakeside-(sbx|stg|prod)$")


@dataclass(frozen=True, order=True)
class Decided:
    """One call that was allowed: ``{account}``, ``{region}`` and ``{suffix}`` are left open."""

    by: str
    """A role's kind, the worker, or a service's principal."""
    kind: str
    action: str
    resource: str
    context: tuple[tuple[str, tuple[str, ...]], ...]
    rules: bool
    through: str
    """The service of the endpoint that it went by, or would go by."""

    def access_request(self, fill: Mapping[str, str]) -> AccessRequest:
        """Return it as a district with these values asks it."""
        context = {key: tuple(filled(value, fill) for value in values) for key, values in self.context}
        usual = USUAL | (dict.fromkeys(OF_OURS, (fill["account"],)) if self.kind in OURS else {})
        return AccessRequest(
            self.action, filled(self.resource, fill), fill["account"], usual | context, None, self.rules
        )

    def as_data(self) -> dict[str, Any]:
        """Return it as the list has it."""
        return {
            "by": self.by,
            "kind": self.kind,
            "action": self.action,
            "resource": self.resource,
            "context": {key: list(values) for key, values in self.context},
            "rules": self.rules,
            "through": self.through,
        }


def filled(text: str, fill: Mapping[str, str]) -> str:
    """Return a text with what was left open."""
    for name, value in fill.items():
        text = text.replace("{" + name + "}", value)
    return text


def listed(lines: Iterable[Mapping[str, Any]]) -> list[Decided]:
    """Return the list of what a recording has: what districts' roles, the deploy role, the worker and services ask.

    Of what the deploy role does to several resources of a kind, with the same facts, one stands for all; of what it
    makes, one of each beginning of a name, by which its rights are told.
    """
    distinct: dict[tuple[object, ...], Decided] = {}
    for one in sorted({one for line in lines if (one := _decided(line)) is not None}):
        alike = _alike(one) if one.by == DEPLOY_ROLE else one.resource
        distinct.setdefault((one.by, one.kind, one.action, alike, one.context, one.through), one)
    return sorted(distinct.values())


def _alike(decided: Decided) -> str:
    is_made = any(key.startswith("aws:requesttag/") for key, _ in decided.context)
    return _NUMBERED.sub("", decided.resource.partition("{suffix}")[0]) if is_made else kind_of(decided.resource)


_NUMBERED = re.compile(r"[-0-9]+$")


def of_preflight() -> tuple[Decided, ...]:
    """Return the calls of the preflight's list, which are the deploy role's: more of them than one run makes."""
    role = f"arn:aws:iam::{{account}}:role/{DEPLOY_ROLE}"
    return tuple(
        Decided(
            DEPLOY_ROLE,
            Kind.SESSION.value,
            call.action,
            call.resource,
            tuple(sorted([*((key.lower(), (value,)) for key, value in call.context), ("aws:principalarn", (role,))])),
            False,
            "",
        )
        for call in calls.recorded()
    )


def of_data(data: Mapping[str, Any]) -> Decided:
    """Return what the list has."""
    context = tuple((key, tuple(values)) for key, values in sorted(data["context"].items()))
    return Decided(data["by"], data["kind"], data["action"], data["resource"], context, data["rules"], data["through"])


@cache
def recorded() -> tuple[Decided, ...]:
    """Return every decision of the list."""
    return tuple(of_data(part) for part in json.loads(LIST.read_text()))


def _decided(line: Mapping[str, Any]) -> Decided | None:
    by = _caller(str(line["by"]), str(line["kind"]))
    if by is None or not line["allowed"] or _is_the_platforms(line):
        return None
    ours = line["kind"] in OURS
    context = {
        key: tuple(dict.fromkeys(_open(value) for value in values))
        for key, values in line["context"].items()
        if not OF_NO_STATEMENT.fullmatch(key) and USUAL.get(key) != tuple(values) and not (ours and key in OF_OURS)
    }
    # What a service does with a key on behalf of who calls it goes by no endpoint of theirs.
    is_services = "kms:viaservice" in line["context"]
    own = line["kind"] == Kind.SESSION.value and by != DEPLOY_ROLE and not is_services
    noted = "" if is_services else str(line["through"])
    through = noted or (_endpoint(str(line["action"])) if own else "")
    return Decided(
        by,
        line["kind"],
        line["action"],
        _open(str(line["resource"])),
        tuple(sorted(context.items())),
        line["rules"],
        through,
    )


def _is_the_platforms(line: Mapping[str, Any]) -> bool:
    """Return whether a call is decided by what all districts share, whose policies are not a stack's."""
    tagged = "homeroom-platform" in line["context"].get("aws:resourcetag/managedby", ())
    named = any(name in json.dumps(line) for name in ("homeroom-trail", "homeroom-platform"))
    entering = line["kind"] == Kind.USER.value and line["action"] == "sts:AssumeRole"
    return entering or (line["kind"] == Kind.SERVICE.value and (tagged or named))


def _caller(arn: str, kind: str) -> str | None:
    """Return whose call it is, or nothing for those that are not ours to weaken."""
    if kind == Kind.SERVICE.value:
        return arn.replace("us-east-1", "{region}")
    name = arn.rpartition("/")[2]
    if kind == Kind.USER.value:
        return "homeroom-worker" if name == "homeroom-portal" else None
    return SUFFIXED.sub("", name) if SUFFIXED.search(name) else name if name == "homeroom-deploy" else None


ENDPOINTS = {"cloudwatch": "monitoring", "ecr": "ecr.api"}


def _endpoint(action: str) -> str:
    service = action.partition(":")[0]
    return ENDPOINTS.get(service, service)


def _open(text: str) -> str:
    return opened(ID.sub("id", text))
