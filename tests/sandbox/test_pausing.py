"""When a serverless database pauses and how long it takes to resume: as values, and at a relay that people wait at."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from sandbox.clock import Clock
from sandbox.standins.pausing import DEEP_SECONDS, Terms, Visits, visits_in, write
from sandbox.standins.relay import PausingDoor, Relay

HALF_AN_HOUR = Terms(idle_seconds=1_800)


def test_it_pauses_when_nobody_has_been_connected_for_its_seconds():
    alone = Visits(idle_since=100)
    assert alone.paused_for(HALF_AN_HOUR, 1_900) == 0
    assert alone.paused_for(HALF_AN_HOUR, 1_901) == 1
    assert alone.paused_for(Terms(), 1e9) == 0, "without a capacity of 0 it never does"


def test_a_connection_that_stays_keeps_it_awake():
    two = Visits().opened(HALF_AN_HOUR, 10).opened(HALF_AN_HOUR, 20)
    assert two.closed(30).paused_for(HALF_AN_HOUR, 1e9) == 0
    assert two.closed(30).closed(5_000).paused_for(HALF_AN_HOUR, 6_800) == 0
    assert two.closed(30).closed(5_000).paused_for(HALF_AN_HOUR, 6_801) == 1


@pytest.mark.parametrize(("paused", "resumes"), [(1, 15), (DEEP_SECONDS, 15), (DEEP_SECONDS + 1, 30)])
def test_it_resumes_for_the_first_who_comes_and_later_after_a_day(paused, resumes):
    now = 1_800 + paused
    first = Visits().opened(HALF_AN_HOUR, now)
    assert first.resumed_at - now == resumes
    second = first.opened(HALF_AN_HOUR, now + 5)
    assert second.resumed_at == first.resumed_at, "who comes meanwhile waits for the same"


def test_who_gives_up_while_it_resumes_has_resumed_it():
    gone = Visits().opened(HALF_AN_HOUR, 2_000).closed(2_001)
    assert gone.paused_for(HALF_AN_HOUR, 2_015 + 1_800) == 0
    assert gone.paused_for(HALF_AN_HOUR, 2_016 + 1_800) == 1


def test_another_process_has_the_same_time_whatever_was_done_to_it():
    clock = Clock(600)
    clock.forward(86_400)
    clock.go_at(3)
    wall = time.monotonic()
    assert Terms(None, clock.pace, clock.offset).now(wall) == pytest.approx(clock.now(), abs=3)


def test_at_a_paused_database_people_wait_and_are_let_in(tmp_path: Path):
    """At a pace of 60, a quarter of a minute is a quarter of a second."""
    terms, visits = tmp_path / "terms.json", tmp_path / "visits.json"
    write(terms, Terms(1_800, 60.0, 0.0))

    async def asked() -> tuple[float, float]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        target = server.sockets[0].getsockname()
        probe = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = probe.sockets[0].getsockname()[1]
        probe.close()
        relay = Relay(lambda: [target], door=PausingDoor(terms, visits))
        await relay.listen(("127.0.0.1", port))

        async def once() -> float:
            began = time.monotonic()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"hello\n")
            assert await reader.readline() == b"hello\n"
            writer.close()
            return time.monotonic() - began

        awake = await once()
        while visits_in(visits).connected:
            await asyncio.sleep(0)
        # An hour goes by, as the sandbox's lever has it.
        write(terms, Terms(1_800, 60.0, 3_600.0))
        resumed = await once()
        await relay.end()
        server.close()
        return awake, resumed

    awake, resumed = asyncio.run(asked())
    assert resumed >= 0.25
    assert visits_in(visits).resumed_at > 0
    assert awake < resumed + 5
