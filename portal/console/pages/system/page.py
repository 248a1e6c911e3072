"""What the system page shows, each part fine or with its remedy, and the strip of it on the fleet page. Reads only."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import django
from celery import __version__ as celery_version
from django.db import connection
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from infra.cost import load_prices
from portal.broker import broker_error
from portal.console.pages.system.banners import Banner, about_access, about_room, about_workers
from portal.console.paging import Page, page_in_order
from portal.reach import Within
from portal.version import VERSION
from provisioning.capacity.quotas import Capacity, capacities
from provisioning.health.status import DriftChecks, Queue, Workers, drift_checks, queue, refused_access, workers
from provisioning.models import AccountAccess, Run
from provisioning.models.run import WIDE
from provisioning.runs.selectors import active_runs
from registry.audit import chain
from registry.districts.models import AwsAccount
from registry.districts.registration import DEFAULT_REGION

PRICES_OLD_AFTER = timedelta(days=180)
ACTIVE_SHOWN = 20
ACCOUNTS_SHOWN = 10
"""So many accounts are on a page, each with a table of quotas for every region."""


@dataclass(frozen=True)
class Strip:
    """The line on the fleet page: who works, what waits, and what is wrong."""

    workers: Workers
    queue: Queue
    banners: list[Banner]


@dataclass(frozen=True)
class PriceList:
    """From when the prices are that estimates are made of, and whether that is too long ago."""

    as_of: date
    source: str
    is_old: bool


@dataclass(frozen=True)
class SystemPage:
    """Everything on the page."""

    banners: list[Banner]
    versions: dict[str, str]
    workers: Workers
    queue: Queue
    broker: str
    """Why the broker does not answer; empty where it does."""
    active: Sequence[Run]
    access: list[tuple[AwsAccount, AccountAccess | None]]
    pager: Page[AwsAccount]
    capacities: list[Capacity]
    drift: DriftChecks
    prices: PriceList
    chain: Any
    region: str
    """Where a preflight begins; its page has the others."""


def system_strip(within: Within) -> Strip:
    """Return the fleet page's line, in three queries; of runs and accounts those within reach."""
    present, waiting = workers(), queue(within.runs())
    banners = [*about_workers(present, waiting), *about_access(refused_access(within.accounts()))]
    return Strip(present, waiting, banners)


def system_page(query: QueryDict, within: Within) -> SystemPage:
    """Return the page with the accounts that the address asks for; waits a second at most for a broker that is away.

    Runs, accounts and districts are those within reach. Accounts that let nobody in are told wherever they stand; those
    that are full, where they are shown.
    """
    present, waiting = workers(), queue(within.runs())
    accounts = within.accounts().select_related("access")
    pager = page_in_order(accounts, query, size=ACCOUNTS_SHOWN, order="name")
    places = capacities(pager.rows)
    return SystemPage(
        banners=[
            *about_workers(present, waiting),
            *about_access(refused_access(within.accounts())),
            *about_room(places),
        ],
        versions=versions(),
        workers=present,
        queue=waiting,
        broker=broker_problem(),
        active=list(within.of(active_runs()).defer(*WIDE)[:ACTIVE_SHOWN]),
        access=[(account, getattr(account, "access", None)) for account in pager.rows],
        pager=pager,
        capacities=places,
        drift=drift_checks(within.districts()),
        prices=price_list(timezone.now().date()),
        chain=chain.last_verification(),
        region=DEFAULT_REGION,
    )


def versions() -> dict[str, str]:
    """Return what runs: the portal's own parts, and the engine's as the newest run told them."""
    number = connection.pg_version  # type: ignore[attr-defined]
    newest = Run.objects.exclude(engine_versions={}).order_by("-pk").values_list("engine_versions", flat=True).first()
    return {
        "Homeroom": VERSION,
        "Python": platform.python_version(),
        "Django": django.__version__,
        "Celery": celery_version,
        "PostgreSQL": f"{number // 10000}.{number % 10000}",
        **{str(name): str(version) for name, version in (newest or {}).items()},
    }


def broker_problem() -> str:
    """Return why no message can be sent to the workers; empty where one can."""
    error = broker_error()
    return "" if error is None else _("The broker does not answer: %(error)s") % {"error": error}


def price_list(today: date) -> PriceList:
    """Return from when the price list is."""
    prices = load_prices()
    return PriceList(prices.as_of, prices.source, today - prices.as_of > PRICES_OLD_AFTER)
