"""The names of all that `/metrics` exposes, for documents and queries that speak of them."""

from __future__ import annotations

from portal.exposition import Fleet

PARTS = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}


def documented_names() -> set[str]:
    """Return each metric's name as documents write it: a counter with its ending, a histogram without."""
    metrics = ((metric.name, metric.type) for metric in Fleet().collect())
    return {f"{name}_total" if kind == "counter" else name for name, kind in metrics}


def queried_names() -> set[str]:
    """Return every name that a query may have."""
    metrics = ((metric.name, metric.type) for metric in Fleet().collect())
    return {f"{name}{part}" for name, kind in metrics for part in PARTS.get(kind, ("",))}
