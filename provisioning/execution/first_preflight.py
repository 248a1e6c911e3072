"""The look at an account and region before the first plan there: what would fail is said before anything is planned."""

from __future__ import annotations

import time

from django.conf import settings as django_settings

from engine.errors import PreflightRefusedError
from engine.preflight.access import who
from engine.preflight.finding import Verdict
from messages.message import listed, message, term
from provisioning.db_retry import db_retry
from provisioning.execution.context import RunContext
from provisioning.models import Preflight
from provisioning.preflight.check import place_of, run_checks, store
from provisioning.states.runs import RunKind

LEVELS = {Verdict.FINE: "info", Verdict.WARNING: "warning", Verdict.REFUSED: "error"}


def look_first(context: RunContext) -> None:
    """Look at the run's account and region unless a look has found nothing wrong there before.

    The district of the run has its room already: it was counted when the run was asked for. Raises
    PreflightRefusedError with every line by which the run would fail, and AwsUnavailableError where AWS does not
    answer.
    """
    run = context.run
    if not django_settings.PREFLIGHT or run.kind_badge not in {RunKind.APPLY, RunKind.PLAN}:
        return
    account, region = run.district.account, str(run.spec["region"])
    previous = db_retry(lambda: Preflight.objects.filter(account=account, region=region).first())
    if previous is not None and previous.is_right and not previous.is_under_way:
        return
    began = time.monotonic()
    # An AWS that is away is waited for as everywhere; a look alone would call it a refusal.
    context.reading(message("Asking AWS who we are"), lambda: who(place_of(account, region)))
    findings = run_checks(account, region, another=False)
    context.fence.write(lambda: store(account, region, findings, seconds=time.monotonic() - began))
    for finding in findings:
        context.recorder.note(
            "preflight",
            message("{check}: {told}", check=term(finding.check), told=finding.told),
            level=LEVELS[finding.verdict],
        )
    refused = [refusal for refusal in findings if refusal.verdict is Verdict.REFUSED]
    if refused:
        detail = listed(
            (
                listed(
                    (
                        message("{check}: {told}", check=term(refusal.check), told=refusal.told),
                        refusal.remedy,
                        refusal.detail,
                    ),
                    between="\n",
                )
                for refusal in refused
            ),
            between="\n\n",
        )
        raise PreflightRefusedError(
            message("{account} is not ready for runs in {region}.", account=account, region=region), detail=detail
        )
