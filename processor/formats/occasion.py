"""When in a year a test was taken, as people name it: the season in a window's name, and the name without its year."""

from __future__ import annotations

import functools
import re

from processor.formats.values import MOST_REMEMBERED, NULL, UNSEEN, YEARS, spanned_year

WORD = re.compile(r"[a-z]+")
NAMES = {
    "fall": "Fall", "autumn": "Fall", "boy": "Fall",
    "winter": "Winter", "moy": "Winter",
    "spring": "Spring", "eoy": "Spring",
    "summer": "Summer",
}  # fmt: skip
"""Words that name a season wherever they stand."""
SHORT = {"fa": "Fall", "wi": "Winter", "sp": "Spring", "su": "Summer"}
OF_THE_YEAR = re.compile(
    r"\b(beginning|start|middle|mid|end)(?:[ -]of)?(?:[ -]the)?(?:[ -]school)?[ -]?(?:year|window|benchmark|period)\b"
    r"|^\W*(beginning|middle|end)\W*$"
)
"""A place in the year: the end of a course, or of a grade, is none."""
PLACES = {"beginning": "Fall", "start": "Fall", "middle": "Winter", "mid": "Winter", "end": "Spring"}
MONTHS = {8: "Fall", 9: "Fall", 10: "Fall", 11: "Fall", 12: "Winter", 1: "Winter", 2: "Winter", 7: "Summer"}
ONE_YEAR = re.compile(r"(?<![\w./-])['\u2019]?((?:19|20)\d\d)(?![\w./-])")
YEARS_OF = {"Fall": (-1,), "Winter": (-1, 0), "Spring": (0,), "Summer": (-1, 0)}
"""In which of its calendar years a school year has a season, counted from the one that it ends in."""
AROUND = " \t,;:()[]-\u2013\u2014/_"


def season_in(text: str) -> str:
    """Return Fall, Winter, Spring or Summer where a window's name tells one; nothing otherwise."""
    folded = text.casefold()
    words = WORD.findall(folded)
    if season := next((NAMES[word] for word in words if word in NAMES), ""):
        return season
    if match := OF_THE_YEAR.search(folded):
        return PLACES[match[1] or match[2]]
    return next((SHORT[word] for word in words if word in SHORT), NULL)


def season_of(iso: str) -> str:
    """Return the season of an ISO date: Fall from August, Winter from December, Spring from March, Summer in July."""
    return MONTHS.get(int(iso[5:7]), "Spring")


@functools.lru_cache(MOST_REMEMBERED)
def window_name(text: str, year: str) -> str:
    """Return a window's name without the school year that it is of anyway.

    Of 2026, `Fall`, `Fall 2025` and `Fall 2025-2026` are one occasion. A name that is of another year, or is nothing
    but a year, stays as it is.
    """
    if not year or not any(sign.isdigit() for sign in text):
        return text
    season = season_in(text)

    def without(match: re.Match[str]) -> str:
        return " " if spanned_year(match[0].strip(AROUND)) == year else match[0]

    def without_one(match: re.Match[str]) -> str:
        fits = any(int(match[1]) == int(year) + before for before in YEARS_OF.get(season, ()))
        return " " if fits else match[0]

    bare = YEARS.sub(without, text.translate(UNSEEN))
    bare = " ".join(ONE_YEAR.sub(without_one, bare).split()).strip(AROUND)
    return bare or text
