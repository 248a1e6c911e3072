"""The steps of a drift check: ask AWS, store what drifted attribute by attribute, set the district's drift axis.

Changes nothing in AWS and nothing in the state. Called by the execution of a run once Terraform is initialized.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from engine.terraform.command import Terraform
from engine.terraform.drift import DriftedAttribute, drift_of, ignored_by, is_repaired, repaired_by
from engine.terraform.exposure import Drifted, exposure_of
from engine.terraform.synthesis import STACK_FILE
from messages.message import Message, message
from provisioning.models import DriftItem, Run, StackResource
from provisioning.notices.outbox import announce_drift, announce_exposure
from provisioning.runs.fence import Fence
from provisioning.runs.recorder import Recorder
from registry.districts.services import set_drift
from registry.districts.statuses import DriftStatus


def check_drift(fence: Fence, terraform: Terraform, recorder: Recorder) -> bool:
    """Compare AWS with the state and say whether anything drifted.

    1. One plan tells what AWS has otherwise than the state, and what of it a repair would bring back.
    2. Both are stored in the place of what the last check found, with the district's axis; raises RunMovedError.
    """
    plan = terraform.plan(look=True).shown
    attributes = drift_of(plan, ignored_by(_stack(terraform)))
    repaired = repaired_by(plan)
    fence.write(lambda: store_drift(fence.run, attributes, repaired))
    addresses = len({attribute.address for attribute in attributes})
    for sentence in exposed(attributes):
        recorder.note("exposure", sentence, level="error")
    recorder.note(
        "drift",
        message("Drift: {found} attributes of {addresses} resources.", found=len(attributes), addresses=addresses)
        if attributes
        else message("No drift detected."),
        level="warning" if attributes else "info",
    )
    return bool(attributes)


def settle(run: Run, refreshed: Mapping[str, Any]) -> bool:
    """Store the drift that is left after an apply that came through; say whether there is any.

    `refreshed` is the shown plan by which the state took over what AWS says. Its differences are what AWS filled in.
    What is foreign to the stack stays drift: the state takes it over without a word, but nobody declared it.
    """
    attributes = [attribute for attribute in drift_of(refreshed) if attribute.foreign]
    store_drift(run, attributes, {})
    return bool(attributes)


@transaction.atomic
def store_drift(run: Run, attributes: list[DriftedAttribute], repaired: Mapping[str, frozenset[str]]) -> None:
    """Replace what is known of the district's drift, and set its axis."""
    before = set(
        DriftItem.objects.filter(district=run.district).exclude(exposure="").values_list("address", "path", "exposure")
    )
    DriftItem.objects.filter(district=run.district).delete()
    ids = {
        resource.address: resource.provider_id or resource.arn
        for resource in StackResource.objects.filter(district=run.district).only("address", "provider_id", "arn")
    }
    items = [_item(run, attribute, repaired, ids.get(attribute.address, "")) for attribute in attributes]
    DriftItem.objects.bulk_create(items)
    if attributes and run.district.drift_badge is not DriftStatus.DRIFTED:
        announce_drift(run.district, len(attributes))
    now = [item for item in items if item.exposure]
    if any((item.address, item.path, item.exposure) not in before for item in now):
        announce_exposure(run.district, [str(item) for item in now])
    set_drift(
        district=run.district,
        drift=DriftStatus.DRIFTED if attributes else DriftStatus.IN_SYNC,
        addresses=[f"{attribute.address} {attribute.path}".strip() for attribute in attributes],
        run_number=run.number,
    )


def exposed(attributes: Sequence[DriftedAttribute]) -> list[Message]:
    """Return what of the drift is an exposure, a sentence each; no value is in one."""
    sentences: list[Message] = []
    for attribute in attributes:
        exposure = exposure_of(_as_rules_see_it(attribute))
        if exposure is not None:
            place = f"{attribute.address} {attribute.path}".strip()
            sentences.append(
                message("{place} widens who can reach this district ({source}).", place=place, source=exposure.source)
            )
    return sentences


def _item(run: Run, attribute: DriftedAttribute, repaired: Mapping[str, frozenset[str]], resource: str) -> DriftItem:
    exposure = exposure_of(_as_rules_see_it(attribute))
    return DriftItem(
        district=run.district,
        run=run,
        address=attribute.address[:255],
        type=attribute.type,
        path=attribute.path,
        before=attribute.before,
        after=attribute.after,
        sensitive=attribute.sensitive,
        gone=attribute.gone,
        foreign=attribute.foreign,
        repairable=is_repaired(attribute, repaired),
        exposure="" if exposure is None else exposure.code.value,
        control="" if exposure is None else exposure.source,
        resource=resource[:512],
    )


def _as_rules_see_it(attribute: DriftedAttribute) -> Drifted:
    return Drifted(attribute.type, attribute.path, attribute.before, attribute.after, attribute.gone, attribute.foreign)


@transaction.atomic
def forget_drift(run: Run) -> None:
    """Say that there is nothing to check any more: the district's stack is gone."""
    DriftItem.objects.filter(district=run.district).delete()
    set_drift(district=run.district, drift=DriftStatus.NOT_CHECKED, addresses=[], run_number=run.number)


def _stack(terraform: Terraform) -> dict[str, Any]:
    stack: dict[str, Any] = json.loads((terraform.workspace / STACK_FILE).read_text(encoding="utf-8"))
    return stack
