"""Banners: what is wrong behind the portal, and exactly what to do about it. Pure but for the texts' translation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messages.message import message
from provisioning.capacity.quotas import Capacity
from provisioning.health.status import Queue, Workers
from provisioning.models import AccountAccess

WORKER_COMMAND = "celery -A portal worker --pool prefork --queues runs"
UPKEEP_COMMAND = "celery -A portal worker --pool prefork --queues upkeep --concurrency 1"
CHORES_COMMAND = "celery -A portal worker --pool prefork --queues chores --concurrency 4"
LONG_CHORES_COMMAND = "celery -A portal worker --pool prefork --queues long-chores --concurrency 4"
BEAT_COMMAND = "celery -A portal beat"


@dataclass(frozen=True)
class Banner:
    """One thing that is wrong: how badly, in a sentence, what to do, and the command for it where there is one."""

    tone: str
    sentence: str
    remedy: str
    command: str = ""
    filter: str = ""
    """The fleet's filter that shows whom it concerns."""


def about_workers(workers: Workers, queue: Queue) -> list[Banner]:
    """Return what is wrong with who works: nobody executes runs, nobody does the periodic work, runs were lost."""
    banners = []
    if not workers.runs:
        sentence = _("No worker answers.")
        if queue.waiting:
            sentence = ngettext(
                "No worker answers: %(number)s run is queued.",
                "No worker answers: %(number)s runs are queued.",
                queue.waiting,
            ) % {"number": queue.waiting}
        banners.append(
            Banner(
                "error",
                sentence,
                _("Queued runs start automatically once a worker is online. Start one:"),
                WORKER_COMMAND,
            )
        )
    if not workers.upkeep:
        sentence = _("No worker runs scheduled tasks: lost runs are not recovered, and queued runs do not start.")
        banners.append(Banner("error", sentence, _("Start the worker that does it:"), UPKEEP_COMMAND))
    elif workers.periodic_is_late:
        sentence = _("Scheduled tasks have not run for a while.")
        banners.append(Banner("warning", sentence, _("Check that beat is running, or start it:"), BEAT_COMMAND))
    if not workers.chores:
        sentence = _("No worker runs background jobs: nothing is checked for drift, measured or sent.")
        banners.append(Banner("error", sentence, _("Start the worker that does them:"), CHORES_COMMAND))
    if not workers.long_chores:
        sentence = _("No worker runs long background jobs: quotas, access and costs are not read, events not archived.")
        banners.append(Banner("warning", sentence, _("Start the worker that does them:"), LONG_CHORES_COMMAND))
    if queue.lost:
        sentence = ngettext(
            "%(number)s run has lost its worker.", "%(number)s runs have lost their workers.", queue.lost
        )
        remedy = _("Another worker takes over automatically and continues from what exists. No action is needed.")
        banners.append(Banner("warning", sentence % {"number": queue.lost}, remedy, filter="show=running"))
    return banners


def about_access(refused: Iterable[AccountAccess]) -> list[Banner]:
    """Return the accounts that do not let us in, each with AWS's reason and the way out."""
    return [
        Banner("error", message("{account}: {problem}", account=access.account, problem=access.problem), access.remedy)
        for access in refused
        if access.problem
    ]


def about_room(capacities: Iterable[Capacity]) -> list[Banner]:
    """Return the accounts that are full."""
    return [
        Banner("warning", capacity.full.sentence, capacity.full.remedy)
        for capacity in capacities
        if capacity.full is not None
    ]
