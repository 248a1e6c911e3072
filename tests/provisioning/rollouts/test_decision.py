"""What a rollout does next: as a table of cases, and as properties over any rollout."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.message import verbatim
from provisioning.rollouts.decision import (
    Complete,
    Decision,
    Halt,
    HaltRule,
    Member,
    NextWave,
    Snapshot,
    Start,
    Wait,
    decide,
)
from provisioning.rollouts.waves import WavesRefusedError, bounds, parse, wave_of
from provisioning.states.rollouts import JUDGED_RUNS, TRANSITIONS, UNFINISHED, RolloutState, Standing

LETTERS = {
    "p": Standing.PENDING,
    "u": Standing.UNDER_WAY,
    "a": Standing.APPROVAL,
    "d": Standing.DONE,
    "f": Standing.FAILED,
    "c": Standing.CALLED_OFF,
    "e": Standing.EXPIRED,
    "s": Standing.SKIPPED,
}


def rollout(
    members: str,
    *,
    wave: int = 1,
    state: RolloutState = RolloutState.RUNNING,
    at_once: int = 9,
    percent: int | None = None,
    failures: int | None = 9,
    accepted: str = "",
) -> Snapshot:
    """Return a rollout out of a text: a letter for each district, B for a busy one, X for one that must be left out,
    waves apart by a bar."""
    entries: list[Member] = []
    for number, part in enumerate(members.split("|"), 1):
        for letter in part:
            key = len(entries)
            entries.append(
                Member(
                    key,
                    number,
                    LETTERS.get(letter, Standing.PENDING),
                    busy=letter == "B",
                    skip="gone" if letter == "X" else "",
                    accepted=str(key) in accepted,
                )
            )
    return Snapshot(state, wave, at_once, HaltRule(percent, failures), entries)


CASES: list[tuple[str, Snapshot, Decision]] = [
    ("the first wave starts", rollout("pp|pp"), Start((0, 1))),
    ("a busy district is waited for, the others start", rollout("Bp|pp"), Start((1,))),
    ("while only busy ones are left there is nothing to do", rollout("Bd|pp"), Wait()),
    ("a district that is gone is left out", rollout("Xp|pp"), Start((1,), ((0, "gone"),))),
    ("no more than so many are under way", rollout("uupp", at_once=3), Start((2,))),
    ("nothing starts while so many are under way", rollout("uupp", at_once=2), Wait()),
    ("a run that waits for approval takes no place", rollout("aap", at_once=1), Start((2,))),
    ("a run at work keeps the next wave waiting", rollout("du|p"), Wait()),
    ("a run that waits for approval does too", rollout("da|p"), Wait()),
    ("an ended wave lets the next begin", rollout("dc|p"), NextWave(2)),
    ("skipped ones count as ended", rollout("ss|p"), NextWave(2)),
    ("the begun wave starts", rollout("dd|pp", wave=2), Start((2, 3))),
    ("a retry in an earlier wave is waited for", rollout("du|pp", wave=2), Wait()),
    ("all ended is complete", rollout("ds|dc", wave=2), Complete()),
    ("a failure below the rule goes on", rollout("df|p", failures=2), NextWave(2)),
    ("so many failures halt", rollout("dffp", failures=2), Halt(verbatim("2 runs failed; it halts at 2."))),
    ("one failure is told in the singular", rollout("dfp", failures=1), Halt(verbatim("1 run failed; it halts at 1."))),
    (
        "a share above the rule halts",
        rollout("ddfp", percent=33, failures=None),
        Halt(verbatim("1 of 3 finished runs failed; it halts above 33 percent.")),
    ),
    ("a share that only equals it goes on", rollout("dfp", percent=50, failures=None), Start((2,))),
    ("a halt comes before completion", rollout("df", failures=1), Halt(verbatim("1 run failed; it halts at 1."))),
    ("an accepted failure counts no more", rollout("fp", failures=1, accepted="0"), Start((1,))),
    ("what somebody called off is no failure", rollout("dcc|p", failures=1), NextWave(2)),
    (
        "a wave of which all was called off is no proof",
        rollout("cc|p"),
        Halt(verbatim("No run of wave 1 succeeded; the next wave would begin without proof.")),
    ),
    (
        "nor does an earlier wave's success prove this one",
        rollout("d|c|p", wave=2),
        Halt(verbatim("No run of wave 2 succeeded; the next wave would begin without proof.")),
    ),
    ("somebody who saw that may go on", rollout("cc|p", accepted="01"), NextWave(2)),
    (
        "a plan that nobody decided on is no success",
        rollout("de|p"),
        Halt(verbatim("The plan of 1 run expired before anybody decided; the next wave would begin without proof.")),
    ),
    ("somebody who saw that it expired may go on", rollout("de|p", accepted="1"), NextWave(2)),
    ("an expired plan of the last wave ends it all the same", rollout("d|de", wave=2), Complete()),
    (
        "what was called off or expired makes the share of failures no smaller",
        rollout("dfceep", percent=49, failures=None),
        Halt(verbatim("1 of 2 finished runs failed; it halts above 49 percent.")),
    ),
    ("a paused rollout does nothing", rollout("pp", state=RolloutState.PAUSED), Wait()),
    ("a halted one does nothing", rollout("pp", state=RolloutState.HALTED), Wait()),
    ("an aborted one does nothing", rollout("pp", state=RolloutState.ABORTED), Wait()),
]


@pytest.mark.parametrize(("snapshot", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_done_next(snapshot: Snapshot, expected: Decision):
    assert decide(snapshot) == expected


members = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(list(Standing)), st.booleans(), st.sampled_from(["", "", "gone"])),
    min_size=1,
    max_size=25,
).map(
    lambda rows: [
        Member(key, wave, standing, busy, skip)
        for key, (wave, standing, busy, skip) in enumerate(sorted(rows, key=lambda row: row[0]))
    ]
)
rules = st.builds(HaltRule, st.none() | st.integers(0, 100), st.none() | st.integers(1, 5))
snapshots = st.builds(
    Snapshot, st.sampled_from(list(RolloutState)), st.integers(1, 4), st.integers(1, 6), rules, members
)


@given(snapshots)
def test_no_wave_starts_before_all_earlier_ones_have_ended(snapshot):
    decision = decide(snapshot)
    by_key = {member.key: member for member in snapshot.members}
    started = [by_key[key] for key in decision.members] if isinstance(decision, Start) else []
    for member in started:
        assert member.wave <= snapshot.wave
        assert member.standing is Standing.PENDING
        assert not member.busy
        assert not member.skip
        assert not [
            earlier for earlier in snapshot.members if earlier.wave < member.wave and earlier.standing in UNFINISHED
        ]
    if isinstance(decision, NextWave):
        assert decision.wave > snapshot.wave
        assert not [
            earlier for earlier in snapshot.members if earlier.wave < decision.wave and earlier.standing in UNFINISHED
        ]
    if isinstance(decision, Complete):
        assert not [member for member in snapshot.members if member.standing in UNFINISHED]


@given(snapshots)
def test_no_more_runs_are_under_way_than_asked_for(snapshot):
    decision = decide(snapshot)
    if isinstance(decision, Start) and decision.members:
        under_way = sum(member.standing is Standing.UNDER_WAY for member in snapshot.members)
        assert under_way + len(decision.members) <= snapshot.at_once


@given(snapshots)
def test_it_halts_exactly_when_the_rule_says(snapshot):
    finished = [member for member in snapshot.members if member.standing in JUDGED_RUNS]
    failed = [member for member in finished if member.standing is Standing.FAILED]
    percent, failures = snapshot.rule.percent, snapshot.rule.failures
    over = bool(finished) and percent is not None and len(failed) / len(finished) > percent / 100 + 1e-12
    many = failures is not None and len(failed) >= failures
    expected = snapshot.state is RolloutState.RUNNING and (over or many)
    decision = decide(snapshot)
    unproven = isinstance(decision, Halt) and decision.reason.endswith("without proof.")
    assert (isinstance(decision, Halt) and not unproven) == expected


@given(snapshots)
def test_no_wave_begins_on_a_plan_that_expired(snapshot):
    expired = [member for member in snapshot.members if member.standing is Standing.EXPIRED]
    if isinstance(decide(snapshot), NextWave):
        assert not [member for member in expired if member.wave <= snapshot.wave]


@given(snapshots.filter(lambda snapshot: snapshot.state is not RolloutState.RUNNING))
def test_what_is_not_running_does_nothing(snapshot):
    assert decide(snapshot) == Wait()


def test_abort_and_completion_are_final():
    assert TRANSITIONS[RolloutState.ABORTED] == TRANSITIONS[RolloutState.COMPLETED] == frozenset()


@given(st.integers(1, 60), st.integers(1, 5), st.data())
def test_a_rollout_whose_runs_come_through_reaches_every_district_once(total, at_once, data):
    reached = bounds(parse("2, 10%, 50%, 100%"), total)
    standings = dict.fromkeys(range(total), Standing.PENDING)
    started: list[int] = []
    wave = 1
    for _ in range(10 * total + 20):
        members = [Member(key, wave_of(key, reached), standing) for key, standing in standings.items()]
        decision = decide(Snapshot(RolloutState.RUNNING, wave, at_once, HaltRule(0, 1), members))
        if isinstance(decision, Complete):
            break
        if isinstance(decision, NextWave):
            wave = decision.wave
        elif isinstance(decision, Start):
            started += decision.members
            standings |= dict.fromkeys(decision.members, Standing.UNDER_WAY)
        else:
            going = sorted(key for key, standing in standings.items() if standing is Standing.UNDER_WAY)
            standings[data.draw(st.sampled_from(going))] = Standing.DONE
    assert started == list(range(total))
    assert set(standings.values()) == {Standing.DONE}


@pytest.mark.parametrize(
    ("text", "total", "expected"),
    [
        ("2, 10%, 50%, 100%", 100, [2, 10, 50, 100]),
        ("2 10% 50% 100%", 12, [2, 6, 12]),
        ("2, 10%, 50%, 100%", 1, [1]),
        ("1;100%", 3, [1, 3]),
        ("100%", 7, [7]),
    ],
)
def test_waves_count_the_districts_reached_so_far(text, total, expected):
    assert bounds(parse(text), total) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "at least one"),
        ("two, 100%", "'two' is no wave"),
        ("0, 100%", "is no wave"),
        ("110%", "is no wave"),
        ("10%, 5, 100%", "too late"),
        ("50%, 10%, 100%", "increase"),
        ("5, 5, 100%", "increase"),
        ("2, 50%", "100%"),
        ("3", "100%"),
    ],
)
def test_waves_that_make_no_sense_are_refused_in_words(text, told):
    with pytest.raises(WavesRefusedError, match=told):
        parse(text)
