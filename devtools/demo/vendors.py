"""A vendor's and a state's result file of made-up students, in the columns of their exports: read through mappings."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable
from pathlib import Path

MAP = "8-nwea-map-growth.csv"
STATE = "9-state-results.csv"
STUDENTS = 240
LEVELS = ("Not Met", "Nearly Met", "Met", "Exceeded")
QUINTILES = ("Low", "LoAvg", "Avg", "HiAvg", "High")
NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana")


def write_vendors(folder: Path, seed: int) -> dict[str, int]:
    """Write both files into a folder, and return how many rows each has."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(f"vendors {seed}")
    return {
        MAP: _written(folder / MAP, (_map_row(number, chance) for number in range(STUDENTS))),
        STATE: _written(folder / STATE, (_state_row(number, chance) for number in range(STUDENTS))),
    }


def _map_row(number: int, chance: random.Random) -> dict[str, str]:
    place = chance.randrange(5)
    return {
        "TermName": "Fall 2025-2026",
        "DistrictName": "Lakeside",
        "SchoolName": f"School {number % 3 + 1}",
        "StudentID": f"V{number:05}",
        "Student_StateID": f"8{number:09}",
        "StudentFirstName": NAMES[number % len(NAMES)],
        "StudentLastName": f"Made-up {number}",
        "Subject": "Mathematics",
        "TestName": "Growth: Math 2-5",
        "TestStartDate": "09/16/2025",
        "TestDurationMinutes": str(chance.randrange(20, 70)),
        "TestRITScore": str(180 + 10 * place + chance.randrange(10)),
        "TestStandardError": "3.1",
        "TestPercentile": str(chance.randrange(1, 100)),
        "AchievementQuintile": QUINTILES[place],
        "Goal1Name": "Operations",
        "Goal1RitScore": str(175 + chance.randrange(60)),
        "Goal1Adjective": QUINTILES[place],
    }


def _state_row(number: int, chance: random.Random) -> dict[str, str]:
    place = chance.randrange(4)
    return {
        "School Year": "2025-2026",
        "School Code": f"{number % 3 + 1:04}",
        "School Name": f"School {number % 3 + 1}",
        "SASID": f"8{number:09}",
        "First Name": NAMES[number % len(NAMES)],
        "Last Name": f"Made-up {number}",
        "Grade": "4",
        "Subject": "Mathematics",
        "Scale Score": str(2300 + 80 * place + chance.randrange(80)),
        "Performance Level": LEVELS[place],
        "Test Completion Date": "2026-04-21",
    }


def _written(path: Path, rows: Iterable[dict[str, str]]) -> int:
    listed = list(rows)
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.DictWriter(out, list(listed[0]))
        table.writeheader()
        table.writerows(listed)
    return len(listed)
