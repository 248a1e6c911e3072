"""How a merge's statements go while PostgreSQL's statistics call a table empty that the statement itself fills.

After a dry run that was rolled back and a vacuum they say so. A look into that table for each row then passes over all
that was put in before it, unless all looks come first: 25,000 students took two minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from processor.ingest import staging, versions
from processor.ingest.worker import ROLE
from processor.model import TARGETS
from tests.processor.cases.files import plain, row
from tests.processor.pipeline import Pipeline


class Explained:
    """Stands in for a connection: asks how each statement would go, and lets nothing go."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self.plans: list[dict[str, Any]] = []

    def execute(self, query: str | sql.Composed, parameters: Any = None) -> None:
        """Take note of a statement's plan."""
        text = query if isinstance(query, str) else query.as_string(self._connection)
        answer = self._connection.execute(f"EXPLAIN (FORMAT JSON) {text}", parameters).fetchone()
        assert answer is not None
        self.plans.append(answer[0][0]["Plan"])


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a plan's nodes, from the top."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def looks_while_it_fills(plan: dict[str, Any]) -> list[str]:
    """Return how a statement looks into a table for each row while it puts rows into it, and not for that row's key.

    What is sorted or counted has all been looked for before the first row is put in.
    """
    filled, found = plan["Relation Name"], []
    current = plan["Plans"][0]
    while current["Node Type"] not in {"Sort", "WindowAgg"} and (below := current.get("Plans")):
        looks = [node for child in below[1:] for node in nodes(child) if node.get("Relation Name") == filled]
        found += [
            f"{look['Node Type']} {look.get('Index Cond', '')}"
            for look in looks
            if "key" not in look.get("Index Cond", "")
        ]
        current = below[0]
    return found


KEEPERS: dict[str, Callable[[Any], object]] = {
    "ids": lambda connection: versions.keep_keys(connection, 7),
    "small tables": lambda connection: versions.keep_small(connection, set(TARGETS), 7),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("which", KEEPERS)
def test_words_of_rows_are_all_looked_for_before_any_is_put_in(pipeline: Pipeline, which: str):
    assert pipeline.take("first.csv", plain(*(row(f"{number}") for number in range(1001, 1401)))).rejected == 0
    assert pipeline.take("trial/again.csv", plain(*(row(f"{number}") for number in range(1001, 1401)))).rejected == 0
    pipeline.admin.execute("VACUUM ANALYZE homeroom.row_version")
    with pipeline.connections().opened(ROLE) as connection:
        staging.create(connection)
        connection.execute(
            "INSERT INTO pg_temp.stage_student_key SELECT kind, alias, loose, NULL, 0, 1 FROM homeroom.student_key"
        )
        connection.execute("ANALYZE pg_temp.stage_student_key")
        explained = Explained(connection)
        KEEPERS[which](explained)
    filling = [plan for plan in explained.plans if plan["Node Type"] == "ModifyTable"]
    assert [plan["Relation Name"] for plan in filling] == ["row_version"] * len(explained.plans)
    assert [look for plan in filling for look in looks_while_it_fills(plan)] == []
