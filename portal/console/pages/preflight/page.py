"""What the preflight's page shows of an account in a region."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404

from infra.spec_values import REGIONS
from provisioning.models import Preflight, PreflightVerdict
from provisioning.preflight.service import regions_looked_at
from registry.districts.models import AwsAccount


@dataclass(frozen=True)
class Line:
    """One check with its result; the remedy is empty where it is fine."""

    name: str
    badge: PreflightVerdict
    told: str
    remedy: str
    detail: str


@dataclass(frozen=True)
class PreflightPage:
    """Everything on the page; `row` is None where nobody has looked yet."""

    account: AwsAccount
    region: str
    regions: list[str]
    row: Preflight | None
    lines: list[Line]


def preflight_page(account: AwsAccount, region: str) -> PreflightPage:
    """Return the page; raises Http404 for what is no region of AWS."""
    if region not in REGIONS:
        raise Http404
    row = Preflight.objects.filter(account=account, region=region).first()
    findings = row.findings if row else []
    lines = [
        Line(
            finding["check"],
            PreflightVerdict(finding["verdict"]),
            finding["told"],
            finding["remedy"],
            finding["detail"],
        )
        for finding in findings
    ]
    return PreflightPage(account, region, sorted({region, *regions_looked_at(account)}), row, lines)
