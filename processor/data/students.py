"""Made-up students, schools and scores. No name or number is anybody's."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

SCHOOLS = (
    ("s-oak", "Oak Street Elementary", ("03", "04", "05")),
    ("s-river", "Riverbend Middle", ("06", "07", "08")),
    ("s-hill", "Hillcrest High", ("09", "10", "11")),
)
SUBJECTS = ("Mathematics", "Reading")
PERIODS = (("Fall", "10"), ("Winter", "01"), ("Spring", "05"))
GIVEN = ("Avery", "Bela", "Cato", "Dara", "Emre", "Fia", "Gael", "Hana", "Iven", "Juno", "Kaya", "Lior", "Mika", "Nilo")
FAMILY = ("Abernod", "Brightwell", "Castaño", "Drummel", "Eastmore", "Farrow", "Grünfeld", "Hollis", "Ingram", "Okoro")
RACES = (
    ("White", 44),
    ("Hispanic or Latino", 29),
    ("Black or African American", 15),
    ("Asian", 6),
    ("Two or more races", 5),
    ("American Indian or Alaska Native", 1),
)
"""About the shares of public schools in the United States (NCES, Condition of Education)."""
LEVELS = ("Below basic", "Basic", "Proficient", "Advanced")
MEAN_AT_GRADE_3, GROWTH_A_GRADE, GROWTH_A_PERIOD, SPREAD = 200.0, 7.5, 3.0, 13.0


@dataclass(frozen=True)
class Student:
    """One made-up student."""

    local_id: str
    given: str
    family: str
    school: str
    grade: str
    gender: str
    ethnicity: str
    poor: bool
    learner: bool
    disability: bool
    ability: float


@dataclass(frozen=True)
class Score:
    """One made-up result."""

    student: Student
    subject: str
    period: str
    day: str
    score: float
    level: str


def students(count: int, seed: int) -> list[Student]:
    """Return so many students; the same seed makes the same."""
    chance = random.Random(f"students {seed}")
    everybody = []
    for number in range(count):
        school, _, grades = SCHOOLS[number % len(SCHOOLS)]
        poor, learner, disability = chance.random() < 0.48, chance.random() < 0.1, chance.random() < 0.15
        ability = chance.gauss(0, SPREAD) - 5 * poor - 8 * learner - 7 * disability
        race = chance.choices([name for name, _ in RACES], [share for _, share in RACES])[0]
        everybody.append(
            Student(
                f"{100000 + number}", chance.choice(GIVEN), chance.choice(FAMILY), school, chance.choice(grades),
                chance.choice(("male", "female")), race, poor, learner, disability, ability,
            )
        )  # fmt: skip
    return everybody


def students_of(results: int, seed: int) -> list[Student]:
    """Return the students whose results come to so many."""
    return students(max(1, -(-results // (len(SUBJECTS) * len(PERIODS)))), seed)


def level(score: float, grade: int) -> str:
    """Return the level of a score: the middle of the grade parts basic from proficient."""
    distance = (score - MEAN_AT_GRADE_3 - GROWTH_A_GRADE * (grade - 3)) / SPREAD
    return LEVELS[(distance > -1) + (distance > 0) + (distance > 1.2)]


def interim(score: Score) -> float:
    """Return a student's score in the district's interim test: another test than the state's, a little lower."""
    return round(max(100.0, score.score - 3.0), 1)


def scores(count: int, seed: int, year: int) -> Iterator[Score]:
    """Yield so many results of a school year: every student's subjects, period by period."""
    chance = random.Random(f"scores {seed}")
    everybody = students_of(count, seed)
    left = count
    for place, (period, month) in enumerate(PERIODS):
        day_year = year - 1 if month >= "07" else year
        for subject in SUBJECTS:
            for student in everybody:
                if not left:
                    return
                left -= 1
                grade = int(student.grade)
                expected = MEAN_AT_GRADE_3 + GROWTH_A_GRADE * (grade - 3) + GROWTH_A_PERIOD * place + student.ability
                score = round(min(300.0, max(100.0, expected + chance.gauss(0, 4))), 1)
                day = f"{day_year}-{month}-{chance.randint(2, 24):02}"
                yield Score(student, subject, period, day, score, level(score, grade))
