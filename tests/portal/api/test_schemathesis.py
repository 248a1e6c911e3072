"""The API answers whatever is sent as its document says: no fault, and no answer that is not described.

Requests are made up from the document by schemathesis, valid ones and invalid ones, and sent in this process to the
portal's WSGI application, with a token of each role.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from portal.api.document import document
from portal.wsgi import application
from registry.accounts.roles import Role
from tests.builders import a_run
from tests.pages.fixtures import torn_down
from tests.portal.api.callers import a_caller

pytestmark = pytest.mark.django_db
LEFT_OUT = {
    "positive_data_acceptance": "what has the right form may still be refused: no such district, a run in the way",
    "unsupported_method": "tried in test_operations: once for all addresses",
    "ensure_resource_availability": "for sequences of requests",
    "use_after_free": "for sequences of requests",
}
"""Checks that are not asked, and why."""


@pytest.fixture(autouse=True)
def one_connection() -> Any:
    """Keep the test's connection: each request of a server's closes what is old."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def checks() -> list[Any]:
    return [check for check in CHECKS.get_all() if check.__name__ not in LEFT_OUT]


def attacked(roles: Sequence[Role], examples: int, number: int) -> Counter[Role]:
    """Send so many requests for each operation, by each role in its turn, undo each, and return who sent how many."""
    run = a_run()
    torn_down(a_run())
    callers = [(role, a_caller(role)) for role in roles]
    schema = schemathesis.openapi.from_dict(document())
    schema.app = application
    selected = checks()
    count: Counter[Role] = Counter()
    places = {"suffix": run.district.suffix, "number": run.pk, "account_id": run.district.account.account_id}
    places |= {"username": callers[0][1].user.get_username()}
    for result in schema.get_all_operations():
        operation: Any = cast(Any, result).ok()

        @seed(number)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=ways(operation, places))
        def send(case: Any) -> None:
            role, caller = callers[count.total() % len(callers)]
            savepoint = transaction.savepoint()
            response = case.call(headers={"Authorization": f"Bearer {caller.secret}"})
            transaction.savepoint_rollback(savepoint)
            case.validate_response(response, checks=selected, headers={"Authorization": f"Bearer {caller.secret}"})
            count[role] += 1

        send()
    return count


def ways(operation: Any, places: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return requests that fit the document, also for what there is, and such that do not."""
    names = {parameter.name for parameter in operation.path_parameters}
    path_parameters = {name: value for name, value in places.items() if name in names}
    right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE, path_parameters=path_parameters)
    invalid = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE, path_parameters=path_parameters)
    if operation.body or operation.query:
        return st.one_of(right, invalid)
    return cast(st.SearchStrategy[Any], right)


@pytest.fixture
def unlimited(settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1_000_000


def test_whatever_is_sent_is_answered_as_described(unlimited: None):
    counts = attacked(list(Role), 2, 7)
    assert min(counts[role] for role in Role) > 20


@pytest.mark.soak
@pytest.mark.long
@pytest.mark.parametrize("role", list(Role))
def test_whatever_is_sent_by_whoever_is_answered_as_described(role: Role, unlimited: None):
    assert attacked([role], 150, 11)[role] > 5000
