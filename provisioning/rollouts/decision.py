"""What a rollout does next: a pure function of how its districts stand. It starts nothing itself.

1. Only a running rollout does anything.
2. More failures than the rule allows halt it, before anything else is started.
3. A wave's runs are started as districts are free, so many at a time, and not before all earlier waves have ended:
   a run that is being retried or waits for approval has not ended.
4. When the wave has ended the next one begins; after the last, with nothing left under way, it is complete.
5. A wave is the proof for the next one. Where a plan expired undecided, or no run came through because all were called
   off, there is none: it halts, and a person says whether it goes on without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from messages.message import Message, message, verbatim
from provisioning.states.rollouts import JUDGED_RUNS, UNFINISHED, RolloutState, Standing


@dataclass(frozen=True)
class HaltRule:
    """A rollout halts when more than so many percent of its finished runs failed, or at so many failures; None: no."""

    percent: int | None
    failures: int | None

    def broken(self, failed: int, finished: int) -> str:
        """Return the sentence that says how the rule is broken, or nothing."""
        if self.failures is not None and failed >= self.failures:
            return (
                message("{failed} run failed; it halts at {failures}.", failed=failed, failures=self.failures)
                if failed == 1
                else message("{failed} runs failed; it halts at {failures}.", failed=failed, failures=self.failures)
            )
        if self.percent is not None and failed * 100 > self.percent * finished:
            return message(
                "{failed} of {finished} finished runs failed; it halts above {percent} percent.",
                failed=failed,
                finished=finished,
                percent=self.percent,
            )
        return ""


@dataclass(frozen=True)
class Member:
    """A district as the decision sees it. `busy`: another run works on it; `skip`: why it can have none, if so."""

    key: int
    wave: int
    standing: Standing
    busy: bool = False
    skip: str = ""
    accepted: bool = False
    """A person saw that the run failed, or has proven nothing, and went on: it does not count any more."""
    count: int = 1
    """For how many districts that stand alike this one stands; more than one where none of them can be started now."""


@dataclass(frozen=True)
class Snapshot:
    """A rollout and its districts; those that can be started now are in the order in which they go."""

    state: RolloutState
    wave: int
    at_once: int
    rule: HaltRule
    members: Sequence[Member]


@dataclass(frozen=True)
class Start:
    """Ask for the runs of these members, and leave those out, each with its reason."""

    members: tuple[int, ...]
    skipped: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Wait:
    """There is nothing to do now."""


@dataclass(frozen=True)
class Halt:
    """Stop until a person says how it goes on."""

    reason: Message


@dataclass(frozen=True)
class NextWave:
    """Begin this wave."""

    wave: int


@dataclass(frozen=True)
class Complete:
    """Every district has had its turn."""


Decision = Start | Wait | Halt | NextWave | Complete


def decide(rollout: Snapshot) -> Decision:
    """Return what is to be done now."""
    if rollout.state is not RolloutState.RUNNING:
        return Wait()
    counted = [member for member in rollout.members if member.standing in JUDGED_RUNS and not member.accepted]
    failed = sum(member.count for member in counted if member.standing is Standing.FAILED)
    if broken := rollout.rule.broken(failed, sum(member.count for member in counted)):
        return Halt(verbatim(broken))
    reached = [member for member in rollout.members if member.wave <= rollout.wave]
    unfinished = [member for member in reached if member.standing in UNFINISHED]
    if not unfinished:
        later = [member.wave for member in rollout.members if member.wave > rollout.wave]
        if later and (doubt := _unproven(rollout.wave, reached)):
            return Halt(verbatim(doubt))
        return NextWave(min(later)) if later else Complete()
    return _within(rollout, unfinished)


def _unproven(wave: int, reached: list[Member]) -> str:
    """Return the sentence that says why the waves so far are no proof for the next one, or nothing."""
    counted = [member for member in reached if not member.accepted]
    expired = sum(member.count for member in counted if member.standing is Standing.EXPIRED)
    if expired == 1:
        return message("The plan of 1 run expired before anybody decided; the next wave would begin without proof.")
    if expired:
        return message(
            "The plans of {expired} runs expired before anybody decided; the next wave would begin without proof.",
            expired=expired,
        )
    standings = {member.standing for member in counted if member.wave == wave}
    if Standing.CALLED_OFF in standings and Standing.DONE not in standings:
        return message("No run of wave {wave} succeeded; the next wave would begin without proof.", wave=wave)
    return ""


def _within(rollout: Snapshot, unfinished: list[Member]) -> Decision:
    """Return what starts among the unfinished: those of the earliest wave that has any, as far as there is room."""
    wave = min(member.wave for member in unfinished)
    pending = [member for member in unfinished if member.wave == wave and member.standing is Standing.PENDING]
    skipped = tuple((member.key, member.skip) for member in pending if member.skip)
    free = [member.key for member in pending if not member.skip and not member.busy]
    under_way = sum(member.count for member in rollout.members if member.standing is Standing.UNDER_WAY)
    start = tuple(free[: max(0, rollout.at_once - under_way)])
    return Start(start, skipped) if start or skipped else Wait()
