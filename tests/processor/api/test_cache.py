"""The cache by its promises: one computation for many, a new version at once, slower when it is away."""

from __future__ import annotations

import json
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
import redis

from devtools.services.broker import Broker, running_broker
from processes.process import free_port
from processor.analytics.cells import DIMENSIONS
from processor.analytics.suppression import LEAST
from processor.cache.iam import IamCredentials, replication_group
from processor.cache.singleflight import SingleFlight, ValueSource
from processor.cache.store import Store, connect
from tests.processor import samples
from tests.processor.api.world import Issuer, running_api
from tests.processor.pipeline import Pipeline


def store(broker: Broker) -> Store:
    parts = urlsplit(broker.url)
    return Store(connect(str(parts.hostname), int(parts.port or 0), tls=False, password=str(parts.password)))


def variables(broker: Broker) -> dict[str, str]:
    parts = urlsplit(broker.url)
    return {"CACHE_HOST": str(parts.hostname), "CACHE_PORT": str(parts.port), "CACHE_PASSWORD": str(parts.password)}


def test_many_that_wait_in_two_processes_cost_one_computation(broker: Broker):
    # Two flights know nothing of each other but the server: that is two processes as far as a key is concerned.
    flights = [SingleFlight(store(broker)), SingleFlight(store(broker))]
    began, go, computed = threading.Event(), threading.Event(), []

    def compute() -> bytes:
        computed.append(1)
        began.set()
        assert go.wait(30)
        return b"value"

    with ThreadPoolExecutor(16) as threads:
        first = threads.submit(flights[0].through, "key", compute)
        assert began.wait(10)
        futures = [threads.submit(flights[number % 2].through, "key", compute) for number in range(12)]
        go.set()
        answers = [first.result(30), *(future.result(30) for future in futures)]
    assert len(computed) == 1
    assert {value for value, _ in answers} == {b"value"}
    assert [came for _, came in answers].count(ValueSource.COMPUTED) == 1


def test_the_claim_of_one_who_died_ends_and_another_computes(broker: Broker):
    cache = store(broker)
    assert cache.client is not None
    cache.client.set("key:claim", "of a process that was killed", px=700)
    assert SingleFlight(cache).through("key", lambda: b"value") == (b"value", ValueSource.COMPUTED)


def test_a_failed_computation_is_not_kept_and_fails_nobody_else(broker: Broker):
    singleflight = SingleFlight(store(broker))

    def fail() -> bytes:
        raise ValueError

    for _ in range(2):
        try:
            singleflight.through("key", fail)
        except ValueError:
            continue
        raise AssertionError("It was kept.")
    assert singleflight.through("key", lambda: b"value") == (b"value", ValueSource.COMPUTED)
    assert singleflight.through("key", fail) == (b"value", ValueSource.CACHE)


def test_values_end_at_different_times(broker: Broker):
    cache = store(broker)
    assert cache.client is not None
    for number in range(40):
        cache.put(str(number), b"")
    ends = {cache.client.ttl(str(number)) for number in range(40)}
    assert len(ends) > 20
    assert min(ends) >= 0.89 * 6 * 3600
    assert max(ends) <= 1.11 * 6 * 3600


def test_a_cache_that_is_away_is_left_alone_for_a_while_and_asked_again(tmp_path: Path):
    port, clock = free_port(), [0.0]
    with running_broker(tmp_path / "one", port=port) as first:
        password = str(urlsplit(first.url).password)
    cache = Store(connect("127.0.0.1", port, tls=False, password=password), now=lambda: clock[0])
    singleflight = SingleFlight(cache)
    assert singleflight.through("key", lambda: b"1") == (b"1", ValueSource.AWAY)
    assert not cache.is_available
    with running_broker(tmp_path / "one", port=port) as again:
        cache.client = connect("127.0.0.1", port, tls=False, password=str(urlsplit(again.url).password))
        assert singleflight.through("key", lambda: b"1") == (b"1", ValueSource.AWAY), "not yet"
        clock[0] += 60
        assert singleflight.through("key", lambda: b"1") == (b"1", ValueSource.COMPUTED)
        assert singleflight.through("key", lambda: b"2") == (b"1", ValueSource.CACHE)


def test_the_api_answers_without_its_cache_and_a_new_version_is_seen_at_once(
    district: Pipeline, issuer: Issuer, tmp_path: Path
):
    occasion: dict[str, Any] = {
        "assessment": "or:reading benchmark",
        "year": 2025,
        "period": "2025 Fall",
        "by": "school",
    }
    with (
        running_broker(tmp_path / "broker") as broker,
        running_api(district, issuer, tmp_path, **variables(broker)) as api,
        running_api(district, issuer, tmp_path, **variables(broker)) as second_api,
    ):
        first = api.get("/v1/aggregates", **occasion).json()
        client = redis.Redis.from_url(broker.url)
        before = client.info("stats")["keyspace_hits"]
        assert second_api.get("/v1/aggregates", **occasion).json() == first
        assert client.info("stats")["keyspace_hits"] > before
        accesses = "SELECT count(*) FROM homeroom.access_record WHERE scope = 'aggregate'"
        ((recorded,),) = district.rows(accesses)
        district.admin.execute("UPDATE homeroom.result SET scale_score = scale_score + 1 WHERE scale_score < 299")
        district.admin.execute("UPDATE homeroom.data_version SET version = version + 1")
        second = api.get("/v1/aggregates", **occasion).json()
        assert second["data_version"] == first["data_version"] + 1
        assert second["rows"] != first["rows"]
        assert district.rows(accesses) == [(recorded + 1,)]
        client.shutdown(nosave=True)
        broker.service.guard.wait(30)
        for process in (api, second_api):
            assert process.get("/v1/aggregates", **occasion).json() == second
        assert "The cache is away" in second_api.output(), "it had nothing at hand of this version"


def test_many_who_ask_two_processes_at_once_cost_the_database_one_computation(
    pipeline: Pipeline, issuer: Issuer, broker: Broker, tmp_path: Path
):
    pipeline.take("scores.csv", samples.PLAIN)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

    def lock_waiters() -> int:
        # A transaction sees the activity of when it first asked, unless it is told to look again.
        pipeline.admin.execute("SELECT pg_stat_clear_snapshot()")
        return int(pipeline.rows(waiting)[0][0])

    client = redis.Redis.from_url(broker.url)
    question: dict[str, Any] = {"assessment": "pl:reading", "year": 2026, "period": "2026 Fall", "by": "school"}
    with (
        running_api(pipeline, issuer, tmp_path, **variables(broker)) as first_api,
        running_api(pipeline, issuer, tmp_path, **variables(broker)) as second_api,
        ThreadPoolExecutor(24) as threads,
    ):
        most = 0
        with pipeline.admin.transaction():
            # Whoever computes waits here; the others must wait for that one, and not here.
            pipeline.admin.execute("LOCK TABLE homeroom.result IN ACCESS EXCLUSIVE MODE")
            answers = [
                threads.submit((first_api, second_api)[number % 2].get, "/v1/aggregates", **question)
                for number in range(24)
            ]
            while not (most and client.pubsub_channels("*:done")):
                assert not any(answer.done() for answer in answers)
                most = max(most, lock_waiters())
            most = max(most, lock_waiters())
        responses = [answer.result(60) for answer in answers]
        for process in (first_api, second_api):
            process.process.terminate()
            process.process.wait(30)
        metrics = [
            json.loads(line)
            for api in (first_api, second_api)
            for line in api.output().splitlines()
            if "CacheHits" in line
        ]
    assert {answer.status_code for answer in responses} == {200}
    assert len({answer.text for answer in responses}) == 1
    assert most == 1, "statements of the database that computed at the same time"
    assert sum(line["CacheMisses"] for line in metrics) == 1
    assert sum(line["CacheHits"] for line in metrics) == 23


def test_of_an_occasions_questions_the_first_alone_reads_results_and_each_is_on_record(
    district: Pipeline, issuer: Issuer, broker: Broker, tmp_path: Path
):
    test = {"assessment": "or:mathematics benchmark", "year": 2025}
    questions: list[tuple[str, dict[str, Any]]] = [
        ("/v1/aggregates", {**test, "period": "2025 Fall", "by": by, **narrow})
        for by in ("nothing", "school", "grade", *DIMENSIONS)
        for narrow in ({}, {"grade": "03"}, {"dimension": "gender", "value": "female"})
        if by not in narrow and not ("value" in narrow and by in DIMENSIONS)
    ]
    changes = {**test, "period": "2025 Fall", "to_year": 2025, "to_period": "2025 Spring"}
    questions += [("/v1/growth", {**changes, "by": by}) for by in ("nothing", "school", *DIMENSIONS)]
    accesses = "SELECT count(*) FROM homeroom.access_record WHERE scope = 'aggregate'"
    with running_api(district, issuer, tmp_path, BOOKS_MB="0") as alone:
        expected = [alone.get(path, **question).json() for path, question in questions]
    with (
        running_api(district, issuer, tmp_path, **variables(broker)) as first_api,
        running_api(district, issuer, tmp_path, **variables(broker)) as second_api,
    ):
        for path, question in (questions[0], questions[-1]):
            first_api.get(path, **question)
        ((recorded,),) = district.rows(accesses)
        with district.admin.transaction():
            # Whoever reads a result waits here for ever.
            district.admin.execute("LOCK TABLE homeroom.result IN ACCESS EXCLUSIVE MODE")
            for api in (first_api, second_api):
                assert [api.get(path, **question).json() for path, question in questions] == expected
        assert district.rows(accesses) == [(recorded + 2 * len(questions),)]


def test_the_cache_holds_nothing_that_may_not_be_told(
    district: Pipeline, issuer: Issuer, broker: Broker, tmp_path: Path
):
    occasion: dict[str, Any] = {"assessment": "pl:interim reading", "year": 2025, "period": "2025 Fall"}
    with running_api(district, issuer, tmp_path, **variables(broker)) as api:
        api.get("/v1/aggregates", **occasion)
    client = redis.Redis.from_url(broker.url)
    (value,) = [client.get(key) for key in client.keys("*")]
    assert isinstance(value, bytes)
    content = json.loads(zlib.decompress(value))
    assert content["hidden"], "the made-up data has small groups"
    assert {len(row) for row in content["hidden"]} == {4}, "names of school, grade, dimension and value alone"
    hidden = {tuple(row) for row in content["hidden"]}
    for *cell, n, mean, deviation, p10, p25, p50, p75, p90, low, _, _, _ in (row[:16] for row in content["shown"]):
        assert tuple(cell) not in hidden
        assert n >= LEAST
        assert {value is None for value in (mean, deviation, p10, p25, p50, p75, p90)} == {mean is None}
        assert mean is None or n >= 100
        assert low is None or n >= 30
    for row in content["shown"]:
        assert all(count is None or count >= LEAST for count in row[16:])


def test_on_aws_the_password_is_a_signed_request_of_this_user_for_this_cache():
    session = botocore.session.get_session()
    session.set_config_variable("region", "us-east-1")
    session.set_credentials("AKIDEXAMPLE", "secret")
    host = "master.cache-maple-test.abc123.use1.cache.amazonaws.com"
    user, token = IamCredentials(session, "app-maple-test", replication_group(host)).get_credentials()
    address, _, query = token.partition("?")
    parameters = parse_qs(query)
    assert user == "app-maple-test"
    assert address == "cache-maple-test/"
    assert parameters["Action"] == ["connect"]
    assert parameters["User"] == ["app-maple-test"]
    assert parameters["X-Amz-Expires"] == ["900"]
    assert "/us-east-1/elasticache/aws4_request" in parameters["X-Amz-Credential"][0]
    assert "secret" not in token
