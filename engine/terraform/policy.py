"""What a plan would do that a person ought to know before it is applied: findings, as values.

Pure functions over ``terraform show -json`` of a plan. Says nothing of attributes' values but ports, networks, names of
attributes and IAM's actions: what is secret in a plan stays there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.kinds import KINDS
from engine.kinds.kind import Exposure
from engine.terraform import policy_history, policy_iam
from messages.message import Message, listed, message, term

Change = dict[str, Any]


class PolicyCode(StrEnum):
    """The kinds of finding."""

    STATEFUL_DELETED = "stateful_deleted"
    STATEFUL_REPLACED = "stateful_replaced"
    PUBLIC_EXPOSURE = "public_exposure"
    IAM_WIDENED = "iam_widened"
    HISTORY_SHORTENED = "history_shortened"
    OVER_BUDGET = "over_budget"


@dataclass(frozen=True)
class Finding:
    """One finding: what would happen, to which resource, and whether the plan waits for consent because of it."""

    code: PolicyCode
    address: str
    sentence: Message
    blocks: bool


STATEFUL = {name: kind.loss for name, kind in KINDS.items() if kind.loss is not None}
"""Kinds that hold something, and what is lost with them; nothing is where AWS or the program makes it anew."""

RULE_OF_BEFORE = "aws_security_group_rule"
EXPOSURES = {
    **{name: kind.exposure for name, kind in KINDS.items() if kind.exposure is not None},
    "aws_db_instance": Exposure.PUBLIC_ADDRESS,
}
"""How kinds open something to the internet; the last one is in no stack today, and gets past in none."""

NEVER_FINISHED = "replace_because_tainted"
"""Why a resource is replaced whose creation failed, or was canceled, behind AWS's first answer.

Source: Terraform, "JSON Output Format": `action_reason`.
"""

ANYWHERE = {"0.0.0.0/0", "::/0"}
WEB_PORTS = {80, 443}
CLIENT_RULES = "aws_vpc_security_group_ingress_rule.security_clients_"
"""Where the load balancer's own rules stand, the only ones that admit the world."""

CLOSING_FLAGS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


def assess(
    plan: dict[str, Any],
    *,
    teardown: bool = False,
    monthly_cost_usd: float | None = None,
    monthly_budget_usd: int | None = None,
) -> tuple[Finding, ...]:
    """Return the findings of a plan, those that block first.

    `plan` is ``terraform show -json PLAN``. A teardown deletes because somebody asked for it, so its deletions are no
    findings. Amounts are in USD a month.
    """
    findings = [
        finding
        for change in plan.get("resource_changes", [])
        if change.get("mode", "managed") == "managed"
        for finding in _of(change, teardown)
    ]
    # One setting shortens a dozen log groups: that is said once.
    findings = list({finding.sentence: finding for finding in reversed(findings)}.values())
    if monthly_cost_usd is not None and monthly_budget_usd is not None and monthly_cost_usd > monthly_budget_usd:
        sentence = message(
            "The stack costs about ${monthly_cost_usd} a month, and the budget is ${monthly_budget_usd}. Raise "
            "the budget, or choose a smaller size.",
            monthly_cost_usd=f"{monthly_cost_usd:,.0f}",
            monthly_budget_usd=f"{monthly_budget_usd:,}",
        )
        findings.append(Finding(PolicyCode.OVER_BUDGET, "", sentence, True))
    return tuple(
        sorted(findings, key=lambda finding: (not finding.blocks, finding.code, finding.address, finding.sentence))
    )


def _of(change: Change, teardown: bool) -> Iterator[Finding]:
    actions = set(change["change"]["actions"])
    if "delete" in actions and not (teardown and actions == {"delete"}):
        yield from _lost(change, replaced="create" in actions)
    if actions & {"create", "update"}:
        yield from _exposed(change)
        yield from _widened(change, created="create" in actions and "delete" not in actions)
    if "update" in actions:
        yield from _shortened(change)


def _lost(change: Change, *, replaced: bool) -> Iterator[Finding]:
    kind, address = change["type"], change["address"]
    if EXPOSURES.get(kind) is Exposure.CLOSED_BUCKET and not replaced:
        sentence = message(
            "{address} is removed: nothing keeps its bucket closed to the public any more.", address=address
        )
        yield Finding(PolicyCode.PUBLIC_EXPOSURE, address, sentence, True)
    if kind not in STATEFUL:
        return
    loss = STATEFUL[kind]
    if not replaced:
        yield Finding(
            PolicyCode.STATEFUL_DELETED,
            address,
            message("{address} is deleted and with it {loss} is lost.", address=address, loss=term(loss))
            if loss
            else message("{address} is deleted; its contents are created again.", address=address),
            bool(loss),
        )
        return
    if change.get("action_reason") == NEVER_FINISHED:
        sentence = message(
            "{address} is replaced: its creation was cut short, so that nothing is kept in it yet.", address=address
        )
        yield Finding(PolicyCode.STATEFUL_REPLACED, address, sentence, False)
        return
    paths = [".".join(map(str, path)) for path in change["change"].get("replace_paths") or []]
    yield Finding(PolicyCode.STATEFUL_REPLACED, address, _replaced(address, paths, loss), bool(loss))


def _replaced(address: str, paths: list[str], loss: str) -> Message:
    values = {"address": address, "paths": ", ".join(paths)} if paths else {"address": address}
    if loss and paths:
        return message(
            "{address} is replaced because of {paths}: the old one is deleted and with it {loss} is lost.",
            loss=term(loss),
            **values,
        )
    if loss:
        return message(
            "{address} is replaced: the old one is deleted and with it {loss} is lost.", loss=term(loss), **values
        )
    if paths:
        return message(
            "{address} is replaced because of {paths}: the old one is deleted; its contents are created again.",
            **values,
        )
    return message("{address} is replaced: the old one is deleted; its contents are created again.", **values)


def _exposed(change: Change) -> Iterator[Finding]:
    kind, address = change["type"], change["address"]
    after = change["change"].get("after") or {}
    before = change["change"].get("before") or {}
    sentences: list[Message] = []
    exposure = EXPOSURES.get(kind)
    if exposure is Exposure.ADMITTING_RULE:
        sentences += _open_rule(address, after, [after.get("cidr_ipv4"), after.get("cidr_ipv6")])
    elif kind == RULE_OF_BEFORE and after.get("type") == "ingress":
        sentences += _open_rule(address, after, [*_list(after, "cidr_blocks"), *_list(after, "ipv6_cidr_blocks")])
    elif exposure is Exposure.RULES_WITHIN:
        for rule in (rule for rule in _list(after, "ingress") if isinstance(rule, dict)):
            sentences += _open_rule(address, rule, [*_list(rule, "cidr_blocks"), *_list(rule, "ipv6_cidr_blocks")])
    elif exposure is Exposure.PUBLIC_ADDRESS and after.get("publicly_accessible") is True:
        sentences.append(
            message("{address} would have an address on the internet (publicly_accessible).", address=address)
        )
    elif exposure is Exposure.CLOSED_BUCKET:
        off = [flag for flag in CLOSING_FLAGS if after.get(flag) is False]
        if off:
            sentences.append(
                message("{address} no longer closes its bucket: {off} would be off.", address=address, off=listed(off))
            )
    elif exposure is Exposure.PUBLIC_SUBNET and after.get("map_public_ip_on_launch") is True:
        sentences.append(message("{address} would give everything in it a public address.", address=address))
    elif exposure is Exposure.LEFT_NETWORK and before.get("internal") is True and after.get("internal") is False:
        sentences.append(message("{address} would leave the internal network and face the internet.", address=address))
    if policy_iam.admits_everybody(kind, after):
        sentences.append(
            message(
                "{address} would admit everybody: its policy allows any principal without a condition.", address=address
            )
        )
    for sentence in sentences:
        yield Finding(PolicyCode.PUBLIC_EXPOSURE, address, sentence, True)


def _open_rule(address: str, rule: dict[str, Any], blocks: list[Any]) -> list[Message]:
    admitted = sorted(block for block in blocks if isinstance(block, str) and block in ANYWHERE)
    first, last = rule.get("from_port"), rule.get("to_port")
    web = first == last and first in WEB_PORTS
    protocol = rule.get("ip_protocol", rule.get("protocol"))
    if not admitted or (web and protocol == "tcp" and address.startswith(CLIENT_RULES)):
        return []
    ports = message("every port") if str(protocol) == "-1" or first is None else message("port {first}", first=first)
    if ports.startswith("port") and first != last:
        ports = message("ports {first} to {last}", first=first, last=last)
    return [
        message(
            "{address} would admit {admitted} to {ports}. Name the networks that need it.",
            address=address,
            admitted=listed(admitted, between=" and "),
            ports=ports,
        )
    ]


def _widened(change: Change, *, created: bool) -> Iterator[Finding]:
    address = change["address"]
    before, after = change["change"].get("before") or {}, change["change"].get("after") or {}
    unknown = change["change"].get("after_unknown") or {}
    for sentence, blocks in policy_iam.widened(address, change["type"], before, after, unknown, created=created):
        yield Finding(PolicyCode.IAM_WIDENED, address, sentence, blocks)


def _shortened(change: Change) -> Iterator[Finding]:
    before, after = change["change"].get("before") or {}, change["change"].get("after") or {}
    for sentence in policy_history.shortened(change["type"], before, after):
        yield Finding(PolicyCode.HISTORY_SHORTENED, change["address"], sentence, True)


def _list(values: Any, name: str) -> list[Any]:
    value = values.get(name) if isinstance(values, dict) else None
    return value if isinstance(value, list) else []
