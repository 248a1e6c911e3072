"""The look at an account and region before the first plan there: what would fail is said before anything is planned."""

from __future__ import annotations

import time

from django.conf import settings as django_settings

from provisioning.engine.errors import PreflightRefused
from provisioning.engine.preflight.access import who
from provisioning.engine.preflight.finding import Verdict
from provisioning.models import Preflight
from provisioning.patience import patiently
from provisioning.preflight import look, place_of, store
from provisioning.states import RunKind
from provisioning.walk.hold import Hold

LEVELS = {Verdict.FINE: "info", Verdict.WARNING: "warning", Verdict.REFUSED: "error"}


def look_first(hold: Hold) -> None:
    """Look at the run's account and region unless a look has found nothing wrong there before.

    The district of the run has its room already: it was counted when the run was asked for. Raises PreflightRefused
    with every line by which the run would fail, and AwsUnavailable where AWS does not answer.
    """
    run = hold.run
    if not django_settings.PREFLIGHT or run.kind_badge not in {RunKind.APPLY, RunKind.PLAN}:
        return
    account, region = run.district.account, str(run.spec["region"])
    known = patiently(lambda: Preflight.objects.filter(account=account, region=region).first())
    if known is not None and known.is_right and not known.is_under_way:
        return
    began = time.monotonic()
    # An AWS that is away is waited for as everywhere; a look alone would call it a refusal.
    hold.reading("Asking AWS who we are", lambda: who(place_of(account, region)))
    findings = look(account, region, another=False)
    hold.fence.write(lambda: store(account, region, findings, seconds=time.monotonic() - began))
    for one in findings:
        hold.recorder.note("preflight", f"{one.check}: {one.told}", level=LEVELS[one.verdict])
    wrong = [one for one in findings if one.verdict is Verdict.REFUSED]
    if wrong:
        detail = "\n\n".join(f"{one.check}: {one.told}\n{one.remedy}\n{one.detail}".strip() for one in wrong)
        raise PreflightRefused(f"{account} is not ready for runs in {region}.", detail=detail)
