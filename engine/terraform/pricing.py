"""What a synthesized stack costs a month, by the price table that lies beside the stack's code."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from infra.cost import PricesMissingError, estimate, load_prices


def monthly_cost(stack: Path, region: str) -> Decimal | None:
    """Return the stack's standing charges in USD a month; None for a region that the table does not have."""
    try:
        return estimate(json.loads(stack.read_text(encoding="utf-8")), load_prices(), region).total_usd
    except PricesMissingError:
        return None
