"""Reads, of the runs that wait, those that the choice can come to, and how many go before a run: PostgreSQL ranks them.

However many wait, the choice sends no more than there are places. What it cannot come to is not read:

1. Runs in the same region and rollout differ by their account alone. For a run to be sent by its priority, at most as
   many accounts may go before its own there as there are places: each of those is sent one first.
2. For one of the places that are set apart, the same holds of all that have waited longer there, once accounts without
   such a place are left out. The one for which places are kept is among the first that waited longest.

So `choose` gives the same for `foremost` as for all that wait; a test compares both.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from provisioning.calendar.holds import HELD, NOTHING_HELD, Calendar
from provisioning.dispatch.choice import NO_LIMITS
from provisioning.dispatch.values import AGEING, IN_ALL, Limits, Room, Scope, Served, Spot, Waiting, Working, set_apart
from provisioning.states.runs import Decision, Priority, RunState

QUEUED_RUNS = """
  SELECT run.id, run.district_id, district.account_id, district.region, coalesce(member.rollout_id, 0) AS rollout,
    CASE WHEN run.decision = %(approved)s THEN %(of_person)s ELSE run.priority END AS urgency,
    CASE WHEN run.decision = %(approved)s THEN coalesce(run.decided_at, run.created_at) ELSE run.created_at END AS since
  FROM provisioning_run run
  JOIN districts_district district ON district.id = run.district_id
  LEFT JOIN provisioning_rolloutmember member
    ON member.run_id = run.id AND run.priority = %(of_rollout)s AND member.rollout_id = ANY (%(rollouts)s::bigint[])
  WHERE run.state = %(queued)s AND run.sent_at IS NULL
"""
"""Every queued run that workers were not told of, with its rollout as `reading.ROLLOUT` has it, where that has a limit.

One that was approved is a person's, and waits since then.
"""

FREE_RUNS = f"{QUEUED_RUNS} AND ({HELD}) = false"
"""Those of them that no freeze and no closed window holds."""

GIVEN = """
  served AS (SELECT * FROM unnest(%(districts)s::bigint[], %(districts_at)s::timestamptz[]) AS t (district_id, at)),
  accounts AS (
    SELECT * FROM unnest(%(accounts)s::bigint[], %(accounts_load)s::bigint[], %(accounts_at)s::timestamptz[])
    AS t (account_id, load, at)
  )
"""
"""When a district was served, and when and how often an account; nobody else was, as far as is remembered."""

FOREMOST_LINES = """
WITH {given},
lines AS (
  SELECT account_id, region, rollout, urgency, min(since) AS eldest,
    min(coalesce(served.at, '-infinity')) AS turn, min(since) FILTER (WHERE served.at IS NULL) AS since
  FROM ({source}) waiting LEFT JOIN served USING (district_id)
  GROUP BY account_id, region, rollout, urgency
),
known AS MATERIALIZED (
  SELECT lines.*, coalesce(load, 0) AS load, coalesce(accounts.at, '-infinity') AS last,
    account_id = ANY (%(spent_accounts)s::bigint[]) AS is_spent,
    account_id = ANY (%(full_accounts)s::bigint[]) OR region = ANY (%(full_regions)s::text[])
      OR rollout = ANY (%(full_rollouts)s::bigint[]) AS is_full
  FROM lines LEFT JOIN accounts USING (account_id)
),
by_priority AS (
  SELECT *, rank() OVER (
    PARTITION BY urgency, rollout, region COLLATE "C" ORDER BY load, last, turn, since
  ) AS place
  FROM known WHERE NOT is_full
),
by_wait AS (
  SELECT *, rank() OVER (PARTITION BY rollout, is_spent, region COLLATE "C" ORDER BY eldest) AS place
  FROM known WHERE eldest < %(aged_before)s
)
SELECT account_id, region, rollout, urgency FROM by_priority WHERE place <= %(places)s + 1
UNION SELECT account_id, region, rollout, urgency FROM by_wait WHERE place <= (%(apart)s + 1) * %(urgencies)s
"""
"""A line is what waits in one account, region and rollout with one urgency; lines are ranked by their first runs.

Equal ones share a rank, so that none is left out for being second: those whose first districts, never served, have
waited since the same moment, and those whose districts were all served. "C" compares regions byte by byte: much faster.
"""

FOREMOST = """
WITH {given}
SELECT {columns} FROM (
  SELECT waiting.*,
    row_number() OVER (line ORDER BY coalesce(served.at, '-infinity'), since, id) AS own_turn,
    row_number() OVER (line ORDER BY since, id) AS own_age
  FROM ({source}) waiting
  JOIN unnest(
    %(line_accounts)s::bigint[], %(line_regions)s::text[], %(line_rollouts)s::bigint[], %(line_urgencies)s::int[]
  ) AS t (account_id, region, rollout, urgency) USING (account_id, region, rollout, urgency)
  LEFT JOIN served USING (district_id)
  WHERE account_id = ANY (%(line_accounts)s::bigint[])
  WINDOW line AS (PARTITION BY account_id, region, rollout, urgency)
) near
WHERE own_turn <= least(%(places)s, %(of_account)s)
  OR since < %(aged_before)s AND own_age <= greatest(%(apart)s + 1, %(apart_of_account)s)
ORDER BY id
"""
"""Of those lines as many runs as the choice can come to."""

PLACES = """
WITH waiting AS ({source}), {given},
rest AS MATERIALIZED (SELECT * FROM waiting WHERE id <> ALL (%(first)s::bigint[])),
asked AS (SELECT DISTINCT urgency FROM rest WHERE id = ANY (%(numbers)s::bigint[])),
before AS (
  SELECT asked.urgency, rest.account_id, count(*) AS load FROM asked JOIN rest ON rest.urgency < asked.urgency
  GROUP BY 1, 2
),
turns AS (
  SELECT rest.*, coalesce(served.at, '-infinity') AS turn, row_number() OVER (
    PARTITION BY urgency, account_id ORDER BY coalesce(served.at, '-infinity'), since, id
  ) AS own
  FROM rest LEFT JOIN served USING (district_id) WHERE urgency IN (SELECT urgency FROM asked)
),
ordered AS (
  SELECT id, urgency, row_number() OVER (
    PARTITION BY urgency ORDER BY
      coalesce(accounts.load, 0) + coalesce(before.load, 0) + own,
      CASE WHEN own > 1 OR before.load > 0 THEN %(now)s ELSE coalesce(accounts.at, '-infinity') END,
      turn, since, id
  ) AS place
  FROM turns LEFT JOIN accounts USING (account_id) LEFT JOIN before USING (urgency, account_id)
)
SELECT id, place + (SELECT count(*) FROM rest WHERE rest.urgency < ordered.urgency) FROM ordered
WHERE id = ANY (%(numbers)s::bigint[])
"""
"""Where no limit holds anybody up, each account's runs go in turn, one account after the other: the n-th run of an
account goes when it has so many at work, and that orders all of them at once."""

COLUMNS = ", ".join(("id", "district_id", "account_id", "region", "rollout", "urgency", "since"))


def source_of(held: Calendar) -> str:
    """Return the query of the runs that wait for a place; what is held waits for its time, and not among them."""
    return QUEUED_RUNS if held.holds_nothing else FREE_RUNS


def foremost(
    working: Collection[Working],
    limits: Limits,
    now: datetime,
    served: Served,
    source: str = "",
    held: Calendar = NOTHING_HELD,
) -> list[Waiting]:
    """Return the runs that the choice can come to, by their numbers; some that it does not come to are among them."""
    room = Room(working, limits)
    places = limits.in_all - room.taken[IN_ALL]
    if places <= 0:
        return []
    apart_of_account = set_apart(limits.per_account)
    full_accounts = _full("account", room.taken, limits.per_account)
    parameters = _parameters(room, served) | {
        "rollouts": list(limits.rollouts),
        "places": places,
        "of_account": limits.per_account,
        "apart": set_apart(limits.in_all),
        "apart_of_account": apart_of_account,
        "urgencies": len(Priority),
        "aged_before": now - AGEING,
        "full_accounts": full_accounts,
        "full_regions": _full("region", room.taken, limits.per_region),
        "full_rollouts": [name for name, most in limits.rollouts.items() if room.taken["rollout", name] >= most],
        "spent_accounts": full_accounts + _full("account", room.aged, apart_of_account),
    }
    source = source or source_of(held)
    parameters |= held.parameters()
    lines = _rows(FOREMOST_LINES, source, parameters)
    names = ("line_accounts", "line_regions", "line_rollouts", "line_urgencies")
    parameters |= {name: [line[place] for line in lines] for place, name in enumerate(names)}
    rows = _rows(FOREMOST, source, parameters)
    return [
        Waiting(number, district, Spot(account, region, rollout), urgency, since)
        for number, district, account, region, rollout, urgency, since in rows
    ]


def places_of(
    numbers: Sequence[int],
    first: Sequence[Waiting],
    working: Collection[Working],
    now: datetime,
    served: Served,
    source: str = "",
    held: Calendar = NOTHING_HELD,
) -> dict[int, int]:
    """Return for each of these runs that waits, and is not held, its place in the queue, from 1.

    `first` are those that the choice sends now, in order. All others go as they would if no limit held them up.
    """
    room = Room([*working, *(Working(run.spot) for run in first)], NO_LIMITS)
    sent = [run.number for run in first]
    parameters = _parameters(room, served) | {"rollouts": [], "first": sent, "numbers": list(numbers), "now": now}
    rows = _rows(PLACES, source or source_of(held), parameters | held.parameters())
    rest = {number: len(sent) + place for number, place in rows}
    return rest | {number: place for place, number in enumerate(sent, 1) if number in set(numbers)}


def _parameters(room: Room, served: Served) -> dict[str, Any]:
    """Return what both queries are given: the queue's words, and who was served when and how often."""
    load = dict(_taken("account", room.taken))
    accounts = sorted(load.keys() | served.accounts.keys())
    districts = sorted(served.districts)
    return {
        "queued": RunState.QUEUED.value,
        "approved": Decision.APPROVED.value,
        "of_rollout": Priority.ROLLOUT.value,
        "of_person": Priority.PERSON.value,
        "districts": districts,
        "districts_at": [served.districts[district] for district in districts],
        "accounts": accounts,
        "accounts_load": [load.get(account, 0) for account in accounts],
        "accounts_at": [served.accounts.get(account) for account in accounts],
    }


def _taken(kind: str, counted: Mapping[Scope, int]) -> list[tuple[Any, int]]:
    return [(scope[1], count) for scope, count in counted.items() if scope[0] == kind]


def _full(kind: str, counted: Mapping[Scope, int], limit: int) -> list[Any]:
    return [name for name, taken in _taken(kind, counted) if taken >= limit]


def _rows(query: str, source: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query.format(source=source, given=GIVEN, columns=COLUMNS), parameters)
        return list(cursor.fetchall())
