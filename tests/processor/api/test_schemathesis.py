"""The data office answers whatever is sent as its document says, to each right: no fault, nothing undescribed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from processes.postgres import running_postgres
from processor.api.tokens import Right
from tests.processor.api.world import PLAIN, Api, Issuer, fill, running_api
from tests.processor.pipeline import running_pipeline

LEFT_OUT = {
    "positive_data_acceptance": "what has the right form may still be refused: no such file, no such right",
    "negative_data_rejection": "parameters that nobody knows are passed over",
    "unsupported_method": "tried of the pages",
    "ignored_auth": "each operation is asked without a right and without a token below",
    "missing_required_header": "the purpose is asked for where it is needed, with a sentence of its own",
    "ensure_resource_availability": "for sequences of requests",
    "use_after_free": "for sequences of requests",
}
"""Checks that are not asked, and why."""
RIGHTS = [*(right.value for right in Right), " ".join(Right)]
READS = {"GET"}


def checks() -> list[Any]:
    return [check for check in CHECKS.get_all() if check.__name__ not in LEFT_OUT]


def attacked(api: Api, scopes: list[str], examples: int, methods: set[str]) -> dict[str, set[int]]:
    """Send so many requests for each operation, with each of the scopes in its turn; return what each answered."""
    tokens = itertools.cycle([api.issuer.token(scope) for scope in scopes])
    with httpx.Client(base_url=api.url, timeout=60, verify=PLAIN) as client:
        schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
        operations: list[Any] = [cast(Any, result).ok() for result in schema.get_all_operations()]
        return {
            f"{operation.method.upper()} {operation.path}": answers_of(operation, client, tokens, examples)
            for operation in operations
            if operation.method.upper() in methods
        }


def answers_of(operation: Any, client: httpx.Client, tokens: Iterator[str], examples: int) -> set[int]:
    """Send so many requests for an operation, look at each answer, and return their statuses."""
    assertions, statuses = checks(), set[int]()

    @seed(7)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in _modes(operation))))
    def send(case: Any) -> None:
        head = {"Authorization": f"Bearer {next(tokens)}", "X-Access-Purpose": "a test"}
        response = case.call(base_url=str(client.base_url), headers=head)
        case.validate_response(response, checks=assertions, headers=head)
        statuses.add(response.status_code)

    send()
    return statuses


def _modes(operation: Any) -> list[GenerationMode]:
    negative = [GenerationMode.NEGATIVE] if operation.body or operation.query else []
    return [GenerationMode.POSITIVE, *negative]


def test_whatever_is_asked_with_whichever_right_is_answered_as_described(api: Api):
    statuses = attacked(api, RIGHTS, 5, READS)
    assert len(statuses) > 10
    assert all(answers for answers in statuses.values())


def test_without_a_right_nothing_is_let_through(api: Api):
    statuses = attacked(api, ["nothing"], 2, {"GET", "POST", "PUT", "DELETE"})
    assert len(statuses) > 25
    assert not {
        name: answers for name, answers in statuses.items() if not answers <= {400, 401, 403, 404, 413, 415, 422}
    }
    assert {name for name, answers in statuses.items() if 403 in answers or 401 in answers}


@pytest.fixture(scope="module")
def own(issuer: Issuer, sandbox_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A district that may be changed by whatever is sent."""
    with (
        running_postgres(tmp_path_factory.mktemp("attacked") / "postgres", durable=False, at_socket=True) as server,
        running_pipeline(server, sandbox_url) as pipeline,
    ):
        fill(pipeline, tmp_path_factory.mktemp("made"), rows=300)
        with running_api(pipeline, issuer, tmp_path_factory.mktemp("api")) as api:
            yield api


@pytest.mark.soak
@pytest.mark.long
@pytest.mark.parametrize("scope", RIGHTS)
def test_whatever_is_sent_with_a_right_is_answered_as_described(own: Api, scope: str):
    assert len(attacked(own, [scope], 60, {"GET", "POST", "PUT", "DELETE"})) > 25
