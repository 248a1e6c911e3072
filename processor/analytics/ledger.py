"""What was told of an occasion before, so that no two versions of its data tell few students by their difference. Pure.

Who asks before and after a file lands, or is taken back, sees two tables; what they differ by is a table of its own. So
all that is ever told of an occasion is put together of *pieces*: sets of students, each with what was known of them,
no student in two of those that are told. The first piece is what the first question found. What came later waits until
it can be another piece; what has changed or gone parts a piece in two, or the piece is told as it was, or not at all.

The rule: a cell is told of several pieces together only where it may be told of each piece alone, by the rules for a
whole occasion (`suppression`). A piece is parted only where both parts may tell all that the whole told.

Why nothing follows: give the attacker, in place of all answers ever, the table of each piece with what it hides. Every
answer is a sum of these. Pieces are different students, so the other table that hides a count of one piece (its
witness) leaves the other pieces' tables alone, and every answer of every version with them.

Source: 34 CFR 99.31(b)(1), "single or multiple releases"; for differences between releases: FCSM, Statistical Policy
Working Paper 22, and NCES 2011-603. Bounded: a new piece costs one decision of `suppression` and a parted one two, and
there are `PIECES` at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from processor.analytics.cells import ALL, DIMENSIONS, LEVELS_UP_TO, UNKNOWN, Atom, Cell, Family, family
from processor.analytics.profiles import Key, Profile, Reading
from processor.analytics.suppression import LEAST, hidden_cells

WORTH = 10
"""A piece that hides what is told is worth it where it is one in so many of the others together."""
WAITS_SECONDS = 7 * 86_400
"""So long what is worth less waits."""
PIECES = 40
ROUNDS = 6
Entry = tuple[Key, float | None]
Bag = Mapping[int, Entry]
"""What is known of students, each by a number."""


@dataclass(frozen=True)
class Piece:
    """Students who are told together, or were; `hidden` is known from the second piece on.

    One that is `is_aside` is told no more, since a larger one that came later would hide more beside it.
    """

    bag: Bag
    is_released: bool = True
    hidden: frozenset[Cell] | None = None
    is_aside: bool = False

    @property
    def is_in_answers(self) -> bool:
        """Return whether answers are made of it today."""
        return self.is_released and not self.is_aside


@dataclass(frozen=True)
class Ledger:
    """The pieces, the levels' names, and since when (in seconds) something waits."""

    pieces: tuple[Piece, ...] = ()
    levels: tuple[str, ...] = ()
    waits_since: float | None = None

    @property
    def released(self) -> tuple[Piece, ...]:
        """Return the pieces that are in answers."""
        return tuple(piece for piece in self.pieces if piece.is_in_answers)

    def reading(self) -> Reading:
        """Return the students of whom is told, as they are told."""
        return reading_of((piece.bag for piece in self.released), self.levels)


def reading_of(bags: Iterable[Bag], levels: tuple[str, ...]) -> Reading:
    """Return students by their profiles."""
    by_profile: dict[Key, list[float | None]] = {}
    for bag in bags:
        for key, score in bag.values():
            by_profile.setdefault(key, []).append(score)
    return Reading(
        [
            Profile(*key, len(scores), sorted(score for score in scores if score is not None))
            for key, scores in by_profile.items()
        ],
        levels,
    )


def renewed(ledger: Ledger, bag: Bag, levels: tuple[str, ...], *, now: float, least: int = LEAST) -> Ledger:
    """Return what is told from now on, where these are the students of the data.

    Of an occasion of which nothing was told yet, all is; nothing is kept of one of which nothing may be.
    """
    levels = _levels(ledger, levels)
    if not ledger.pieces:
        is_any = len(bag) >= least and Cell() not in _hidden(bag, levels, least)
        return Ledger((Piece(bag),) if is_any else (), levels)
    decided = _Decision(bag, levels, least)
    pieces = [part for piece in ledger.pieces for part in decided.kept(piece)]
    waiting = decided.waiting(pieces)
    since = ledger.waits_since
    if waiting:
        since = now if since is None else since
        piece = Piece(waiting, hidden=_hidden(waiting, levels, least))
        if len(pieces) < PIECES and (now - since >= WAITS_SECONDS or decided.is_worth(piece, pieces)):
            pieces, since = decided.joined(pieces, piece), None
    return replace(ledger, pieces=tuple(pieces), levels=levels, waits_since=since if waiting else None)


def _levels(ledger: Ledger, levels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the levels of the data, and those besides that are told."""
    present = {key[2] for piece in ledger.pieces for key, _ in piece.bag.values()}
    if not levels and present <= {ALL, UNKNOWN}:
        return ()
    return (*levels, *sorted(present - set(levels)))


class _Decision:
    """What becomes of the pieces where these are the students now."""

    def __init__(self, bag: Bag, levels: tuple[str, ...], least: int) -> None:
        self.bag, self.levels, self.least = bag, levels, least
        self.spoken_of: set[int] = set()

    def kept(self, piece: Piece) -> list[Piece]:
        """Return a piece as it is, or in two parts, told or not told any more."""
        unchanged = {student: entry for student, entry in piece.bag.items() if self.bag.get(student) == entry}
        self.spoken_of.update(unchanged)
        if len(unchanged) in (0, len(piece.bag)):
            return [replace(piece, is_released=bool(unchanged))]
        piece = replace(piece, hidden=self._hidden_of(piece))
        return self._parted(piece, unchanged) or [replace(piece, is_released=2 * len(unchanged) >= len(piece.bag))]

    def _parted(self, piece: Piece, unchanged: dict[int, Entry]) -> list[Piece]:
        """Return both parts, where each may tell what the piece tells; the few who hinder it go to the other."""
        hidden = piece.hidden or frozenset()
        unchanged, gone = (
            dict(unchanged),
            {student: entry for student, entry in piece.bag.items() if student not in unchanged},
        )
        for _ in range(ROUNDS):
            if not unchanged or not gone:
                return []
            moved = self._moved(gone, unchanged, hidden) or self._moved(unchanged, gone, hidden)
            if not moved:
                break
        else:
            return []
        parts = [
            replace(piece, bag=bag, is_released=is_released,
                    hidden=hidden_cells(_family(bag, self.levels), least=self.least, also=hidden))
            for bag, is_released in ((unchanged, True), (gone, False))
        ]  # fmt: skip
        return parts if all((part.hidden or frozenset()) <= hidden for part in parts) else []

    def _moved(self, mine: dict[int, Entry], others: dict[int, Entry], hidden: frozenset[Cell]) -> bool:
        """Give the others those who are too few in a cell that is told; say whether there were any."""
        cube = _family(mine, self.levels)
        few = {cell for cell, count in cube.counts.items() if count < self.least and cell not in hidden}
        # Where nobody reached a level that is told, there is nobody to give but the whole group.
        few |= {cell.group for cell in few if not cube.counts[cell]}
        leave = [student for student, entry in mine.items() if any(cell in few for cell in _cells(entry))]
        for student in leave:
            others[student] = mine.pop(student)
        return bool(leave)

    def waiting(self, pieces: Sequence[Piece]) -> Bag:
        """Return who is in no piece and can make another.

        Those of whom is told as they were, wait, and as many others like them: a record that has another number since.
        Of a school there are `least` at least, or they wait for more.
        """
        stale = {
            student: entry
            for piece in pieces
            if piece.is_released
            for student, entry in piece.bag.items()
            if self.bag.get(student) != entry
        }
        alike = Counter(entry for student, entry in stale.items() if student not in self.bag)
        waiting = {}
        for student, entry in self.bag.items():
            if student in self.spoken_of or student in stale:
                continue
            if alike[entry] > 0:
                alike[entry] -= 1
                continue
            waiting[student] = entry
        schools = Counter(key[0] for key, _ in waiting.values())
        return {number: entry for number, entry in waiting.items() if schools[entry[0][0]] >= self.least}

    def is_worth(self, piece: Piece, pieces: Sequence[Piece]) -> bool:
        """Return whether a new piece is worth what it hides, or hides nothing that is told."""
        published = [existing for existing in pieces if existing.is_in_answers]
        if len(piece.bag) * WORTH >= sum(len(existing.bag) for existing in published):
            return True
        hidden = {cell for existing in published for cell in self._hidden_of(existing)}
        whole = _family(
            {number: entry for existing in published for number, entry in existing.bag.items()}, self.levels
        )
        lost = (piece.hidden or frozenset()) - hidden
        return not any(cell in whole.counts for cell in lost)

    def joined(self, pieces: Sequence[Piece], piece: Piece) -> list[Piece]:
        """Return the pieces with a new one; former ones that are small beside it and hide more are told no more."""
        kept = []
        for existing in pieces:
            former = replace(existing, hidden=self._hidden_of(existing))
            is_small = len(existing.bag) * WORTH <= len(piece.bag)
            is_harmful = not (former.hidden or frozenset()) <= (piece.hidden or frozenset())
            kept.append(replace(former, is_aside=existing.is_aside or (is_small and is_harmful)))
        return [*kept, piece]

    def _hidden_of(self, piece: Piece) -> frozenset[Cell]:
        return _hidden(piece.bag, self.levels, self.least) if piece.hidden is None else piece.hidden


def _hidden(bag: Bag, levels: tuple[str, ...], least: int) -> frozenset[Cell]:
    return hidden_cells(_family(bag, levels), least=least)


def _family(bag: Bag, levels: tuple[str, ...]) -> Family:
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    for (school, grade, level, values), students in Counter(key for key, _ in bag.values()).items():
        counts[school, grade, ALL, ALL, level] += students
        for dimension, value in zip(DIMENSIONS, values, strict=True):
            counts[school, grade, dimension, value, level] += students
    return family((Atom(*key, count) for key, count in counts.items()), levels)


def _cells(entry: Entry) -> Iterable[Cell]:
    """Yield every cell that a student is in."""
    (school, grade, level, values), _ = entry
    for dimension, value in ((ALL, ALL), *zip(DIMENSIONS, values, strict=True)):
        for of_school in (ALL, school):
            for of_grade in (ALL, grade):
                cell = Cell(of_school, of_grade, dimension, value)
                yield cell
                if level and cell.narrowed <= LEVELS_UP_TO:
                    yield cell._replace(level=level)
