"""Which of an Ed-Fi result's numbers is the score, and which of its words is the level: told by reporting methods.

Every number of a vendor's file becomes a score result, minutes and growth targets among them, and every word a
performance level, such as whether the test was attempted. The reporting method says what each is. Its vocabulary is
Ed-Fi's own (Data Standard 5.2, AssessmentReportingMethodDescriptor.xml) or, more often, the vendor's: the names are
those of the files that vendors describe publicly, and words within a name decide where it is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum

WORDS = re.compile(r"[a-z]+|\d+")
OF_RAW = frozenset({"raw", "score", "scores"})


class Rank(IntEnum):
    """What a number can stand for, the best first; from NEVER on it is no score."""

    CHOSEN = 0
    SCALE = 1
    OVERALL = 2
    VERTICAL = 3
    COMPOSITE = 4
    NUMBER = 5
    STANDARD = 6
    RAW = 7
    OTHER = 8
    PERCENT = 9
    RELATIVE = 10
    NEVER = 11


CHOICES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("nwea", ("rit scale score", "test rit score", "rit score", "rit")),
    ("renaissance", ("scaled score", "scale score", "unified score")),
    ("star", ("scaled score", "scale score", "unified score")),
    ("curriculumassociates", ("overall scale score", "scale score")),
    ("iready", ("overall scale score", "scale score")),
    ("amplify", ("composite score",)),
    ("dibels", ("composite score",)),
    ("wida", ("composite overall scale score", "overall scale score", "scale score")),
    ("collegeboard", ("total score", "composite score")),
    ("act.org", ("composite score", "act score")),
)
"""By a part of the namespace: the methods whose number is the score where they are there."""

EXACT = {
    "scale score": Rank.SCALE,
    "scaled score": Rank.SCALE,
    "scale": Rank.SCALE,
    "overall scale score": Rank.OVERALL,
    "vertical scale score": Rank.VERTICAL,
    "rit scale score": Rank.VERTICAL,
    "adaptive scale score": Rank.VERTICAL,
    "vertical score": Rank.VERTICAL,
    "act score": Rank.COMPOSITE,
    "college board examination scores": Rank.COMPOSITE,
    "composite score": Rank.COMPOSITE,
    "total score": Rank.COMPOSITE,
    "subject grade": Rank.COMPOSITE,
    "number score": Rank.NUMBER,
    "score": Rank.NUMBER,
    "ic per ten minutes": Rank.NUMBER,
    "ic per minute": Rank.NUMBER,
    "wrc per minute": Rank.NUMBER,
    "raw score": Rank.RAW,
    "items correct": Rank.RAW,
}
NUMBERED_LEVEL = (
    *("proficiency level", "performance level", "achievement level", "certificate level", "mastery level"),
    "placement level",
)
NEVER = (
    *("growth", "sgp", "projected", "projection", "predicted", "prediction", "bonus", "sugg"),
    *("target", "goal", "gain", "value added", "typical", "stretch"),
    *("minute", "minutes", "duration", "time", "date", "seconds", "start", "end", "term", "window", "season"),
    *("grade", "age", "attempt", "attempts", "attempted", "attemptedness", "items", "item", "questions", "count"),
    *("standard error", "standard error measurement", "error", "sem", "confidence", "interval", "probability"),
    *("flag", "status", "code", "version", "form", "id", "identifier", "accommodation", "accommodations", "language"),
    *("lexile", "quantile", "atos", "zpd", "reading range", "difficulty", "disengaged", "guessing", "yn", "minimum"),
    *("maximum", "low", "high", "range", "tested", "days", "weeks", "year", "norms", "cohort", "group", "index growth"),
    *(
        "possible",
        "points available",
        "out of",
        "no score",
        "qualifying",
        "birth",
        "dob",
        "gender",
        "ethnicity",
        "school",
        "district",
        "agency",
        "number of",
        *NUMBERED_LEVEL,
    ),
    *("sum", "syllabus", "session", "session number", "course", "subject", "respondent", "intent"),
)
RELATIVE = (
    "percentile",
    "percentiles",
    "pctl",
    "rank",
    "ranking",
    "nce",
    "curve equivalent",
    "stanine",
    "sten",
    "quartile",
)
PERCENT = ("percent", "percentage", "pct", "perc", "accuracy")

LEVEL = (
    *("proficiency", "achievement", "performance level", "performance levels", "placement", "benchmark", "mastery"),
    *("letter grade", "pass fail", "pass", "composite rating", "level", "standing", "category", "readiness", "band"),
    *("proficient", "met standard", "mark", "performance", "rating"),
)
"""Words of a method that names levels."""
LEVEL_ORDER = (
    ("proficiency level", "performance level", "achievement level"),
    ("relative placement", "state benchmark"),
    LEVEL,
)
"""The best first: a placement names a grade, of which only the one relative to the student's own is a level; of several
benchmarks the state's counts, as in the mappings."""
NO_LEVEL = (
    *("status", "growth", "projected", "projection", "attempt", "attempted", "attemptedness", "flag", "code", "tested"),
    *("term", "window", "season", "accommodation", "accommodations", "language", "lexile", "quantile", "time", "date"),
    *("yn", "form", "version", "mode", "session", "reason", "completion", "invalidated", "participation", "enrolled"),
    *("typical", "target", "goal", "conditional", "met projected", "exempt", "void", "grade equivalent", "grade level"),
    *(
        "level entered",
        "level achieved",
        "test level",
        "award",
        "awards",
        "profile",
        "intent",
        "release",
        "irregularity",
    ),
    *("progress toward", "progress towards", "predicted", "prediction", "likelihood", "likely"),
)
LEVEL_STATUS = (
    "benchmark status",
    "proficiency status",
    "performance status",
    "mastery status",
    "achievement status",
    "goal adjective",
)
"""Statuses that are levels all the same."""
NO_WORDS = frozenset({
    *("yes", "no", "y", "n", "true", "false", "n/a", "na", "null", "none", "-", "--", "---", "*", "**"),
    *("not applicable", "unknown", "blank", "not available", "nan", "nil", "undefined"),
})  # fmt: skip
"""What no level is called."""

GRADES = ("grade", "subject grade")
MARK = re.compile(r"[A-HU][*+-]?|pass|merit|distinction|fail", re.IGNORECASE).fullmatch
"""Grades of examinations in words: a student's own grade is a number, or K."""

UNTESTED_METHOD = ("not tested", "nottested", "reason not tested", "non participation", "nonparticipation", "exempt")
STATUS_METHOD = ("test status", "testing status", "attempt status", "completion status", "participation status")
UNTESTED_STATUS = (
    *("assign", "assigned", "absent", "not tested", "nottested", "not attempted", "did not attempt", "no attempt"),
    *(
        "exempt",
        "invalidated",
        "invalid",
        "refused",
        "refusal",
        "not started",
        "parent refusal",
        "opt out",
        "withdrawn",
    ),
    *("absence", "incomplete", "dns", "excused", "did not complete", "did not start"),
    *("did not test", "dnt", "not enrolled", "medical exemption", "void", "voided", "not complete"),
)
"""Values of a test's status that say that the student has no score, whatever numbers stand beside them."""
STATUS_BEGINS = tuple(f"{status} " for status in UNTESTED_STATUS)


def plainly(method: str) -> str:
    """Return a method's name as its words in lower case; `ScaleScore` and `scale_score` are `scale score`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", method)
    return " ".join(WORDS.findall(spaced.casefold()))


def holds(words: str, parts: tuple[str, ...]) -> bool:
    """Return whether one of these is in a name as a whole word."""
    within = f" {words} "
    return any(f" {part} " in within for part in parts)


def rank_of(method: str, namespace: str = "") -> tuple[Rank, int]:
    """Return what a method's number stands for, and its place among the namespace's own choices."""
    words, where = plainly(method), namespace.casefold()
    for part, chosen in CHOICES:
        if part in where and words in chosen:
            return Rank.CHOSEN, chosen.index(words)
    if words in EXACT:
        return EXACT[words], list(EXACT).index(words)
    return _by_words(words), len(EXACT)


def same_scale(method: str, other: str) -> bool:
    """Return whether two methods, in plain words, are two names of one score."""
    return method == other or (holds(method, ("rit",)) and holds(other, ("rit",)))


def _by_words(words: str) -> Rank:
    if holds(words, ("grade equivalent", "grade level", "grade level equivalent", "grade")) or holds(words, NEVER):
        # A percentile of growth is none of achievement.
        return Rank.NEVER
    if holds(words, RELATIVE):
        return Rank.RELATIVE
    if holds(words, PERCENT):
        return Rank.PERCENT
    if holds(words, ("scale", "scaled", "rit", "unified", "vertical", "ss")):
        return Rank.SCALE
    if holds(words, ("composite", "total score", "overall score", "overall")):
        return Rank.COMPOSITE
    if holds(words, ("standard score", "z score", "t score", "normalized standard score", "iq", "theta")):
        return Rank.STANDARD
    if holds(words, ("raw", "points", "correct")):
        return Rank.RAW
    return Rank.OTHER


def transformed_from(methods: Iterable[str]) -> frozenset[str]:
    """Return the names beside which stands one for the raw score of the same: with `BERI Raw Score`, `BERI` is a scale.

    Names are in plain words.
    """
    names = frozenset(map(plainly, methods))
    bare = {" ".join(word for word in words.split() if word not in OF_RAW) for words in names if holds(words, ("raw",))}
    return frozenset(words for words in names if words in bare or words.removesuffix(" score") in bare) - {""}


def names_a_level(method: str, word: str = "") -> bool:
    """Return whether a result in words under this method is a level; `word` is the result."""
    words = plainly(method)
    if words in GRADES:
        return MARK(word.strip()) is not None
    if words == "category":
        return False
    return holds(words, LEVEL) and (not holds(words, NO_LEVEL) or holds(words, LEVEL_STATUS))


def numbers_levels(method: str) -> bool:
    """Return whether a number under this method is the number of a level: `Performance Level` 3 is no score of 3."""
    words = plainly(method)
    return holds(words, NUMBERED_LEVEL) and not holds(words, NO_LEVEL)


def level_rank(method: str) -> int | None:
    """Return where a performance level's method stands, the best first; nothing where it names none.

    A level without a method, or with one that says nothing either way, is taken where no better one is there.
    """
    words = plainly(method)
    if holds(words, NO_LEVEL) and not holds(words, LEVEL_STATUS):
        return None
    for place, parts in enumerate(LEVEL_ORDER):
        if holds(words, parts):
            return place
    return len(LEVEL_ORDER)


def is_untested(method: str, word: str) -> bool:
    """Return whether a level or a result says that the student was not tested."""
    words, status = plainly(method), plainly(word)
    if holds(words, UNTESTED_METHOD):
        return bool(status) and status not in ("n", "no", "false", "0", "none", "na", "n a", "null", "tested")
    return holds(words, STATUS_METHOD) and f"{status} ".startswith(STATUS_BEGINS)
