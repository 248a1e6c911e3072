"""A district as the specification of its stack."""

from __future__ import annotations

from typing import Any

from portal.districts.models import District


def spec_data(district: District) -> dict[str, Any]:
    """Return the specification as plain JSON data; `infra.spec` says what each field means."""
    return {
        "spec_version": 1,
        "district_name": district.name,
        "slug": district.slug,
        "environment": district.environment,
        "suffix": district.suffix,
        "region": district.region,
        "account_id": district.account.account_id,
        "cidr": str(district.cidr),
        "zones": district.zones,
        "size": district.size,
        "egress": district.egress,
        "certificate_arn": district.certificate_arn or None,
        "monthly_budget_usd": district.monthly_budget_usd,
        "tags": district.tags,
    }
