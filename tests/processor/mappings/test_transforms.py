"""The closed list of transforms: what each makes of people's text, and that none ever breaks a row of COPY."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.formats import values
from processor.formats.occasion import window_name
from processor.mappings import kinds, names, transforms
from processor.mappings.transforms import MADE_STEPS, PLAIN_STEPS, chained, step_of
from processor.problems import InvalidValueError
from tests.processor.mappings.reading import read, table

ARGUMENTS = {
    "map": st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    "prefix": st.sampled_from(["STAAR ", "AP "]), "suffix": st.sampled_from([" test"]),
    "part": st.tuples(st.sampled_from([" ", "-", ":"]), st.integers(-2, 2)),
    "slice": st.tuples(st.integers(0, 5), st.integers(1, 5)), "pad": st.integers(1, 12),
    "divide": st.sampled_from([10, 100, 0.5]), "empty": st.lists(st.text(max_size=4), max_size=3),
    "default": st.sampled_from(["none told"]), "date": st.sampled_from(transforms.DATE_ORDERS),
}  # fmt: skip
CELLS = st.one_of(
    st.text(max_size=40), st.from_regex(r"[A-Za-z]{0,8} ?\d{0,4}[-/. ]\d{0,4}[-/ ]?\d{0,4}", fullmatch=True),
    st.dates().map(str), st.floats(allow_nan=True).map(str), st.integers(-(10**12), 10**12).map(str),
)  # fmt: skip


@st.composite
def steps(draw: st.DrawFn) -> list[object]:
    name = draw(st.sampled_from([*PLAIN_STEPS, *MADE_STEPS]))
    return [name if name in PLAIN_STEPS else {name: draw(ARGUMENTS[name])}]


@given(cell=CELLS, first=steps(), second=steps(), kind=st.sampled_from(list(kinds.KINDS)))
def test_whatever_the_cell_a_field_is_read_or_refused(cell: str, first: list[object], second: list[object], kind: str):
    read = kinds.reader(kind, [*first, *second])  # type: ignore[list-item]
    try:
        value = read(cell)
    except InvalidValueError:
        return
    assert value == read(cell), "the same cell is read the same again"
    if value == kinds.NOBODY and kind == "student or nobody":
        return
    assert not set(value) & set("\t\n\r\0"), "COPY's own signs"
    assert re.fullmatch(r"(?:[^\\]|\\\\)*", value), "no lone backslash"


@given(cell=CELLS)
def test_a_date_is_iso_and_a_school_year_is_one(cell: str):
    for reader, form in ((transforms.day, r"\d{4}-\d\d-\d\d"), (transforms.year, r"(19|20)\d\d|2100")):
        try:
            value = reader(cell)
        except InvalidValueError:
            continue
        assert value == "" or re.fullmatch(form, value)


@given(year=st.integers(1991, 2099), month=st.integers(1, 12), day=st.integers(1, 28))
def test_a_date_is_the_same_however_it_is_written(year: int, month: int, day: int):
    iso = f"{year}-{month:02}-{day:02}"
    written = (iso, f"{month}/{day}/{year}", f"{month:02}-{day:02}-{year}", f"{iso}T23:59:59Z", f"{iso} 08:00",
               f"{month:02}{day:02}{year}", f"{year}{month:02}{day:02}",
               f"{transforms.MONTH_NAMES[month - 1]} {day}, {year}", f"{month}/{day}/{year} 8:30:00 AM")  # fmt: skip
    assert {transforms.day(text) for text in written} == {iso}
    assert transforms.dated("MMDDYYYY")(f"{month}{day:02}{year}") == iso, "spreadsheets drop the zero before"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("2025-2026", "2026"), ("2025-26", "2026"), ("25-26", "2026"), ("2025\u20132026", "2026"), ("2025/26", "2026"),
     ("Fall 2025-2026", "2026"), ("Fall 2025", "2026"), ("Spring 2026", "2026"), ("SP26", "2026"), ("FA25", "2026"),
     ("SY26", "2026"), ("2026", "2026"), ("26", "2026"), ("2025-10-03", "2026"), ("4/1/2026", "2026"),
     ("Spring2024", "2024"), ("", ""), ("N/A", ""), ("2024_2025", "2025"), ("2024 to 2025", "2025"),
     ("2024.2025", "2025"), ("20242025", "2025"), ("202425", "2025"), ("2425", "2025"), ("FY25", "2025"),
     ("2024-2025 School Year", "2025"), ("10/11/2025", "2026"), ("2011-12-05", "2012"), ("2020", "2020")],
)  # fmt: skip
def test_a_school_year_is_named_by_its_end(cell: str, expected: str):
    assert transforms.year(cell) == expected


@given(year=st.integers(2000, 2097), sign=st.sampled_from(["-", "_", "/", ".", "\u2013", "\u2014", " to ", " - ", ""]),
       short=st.booleans(), before=st.sampled_from(["", "SY ", "SY"]))  # fmt: skip
def test_a_school_year_is_the_same_whatever_stands_between_its_years(year: int, sign: str, short: bool, before: str):
    written = f"{before}{year}{sign}{(year + 1) % 100:02}" if short else f"{before}{year}{sign}{year + 1}"
    assert transforms.year(written) == values.named_year(written) == str(year + 1)


@given(day=st.dates(min_value=date(1991, 1, 1), max_value=date(2099, 12, 31)), sign=st.sampled_from("-/"))
def test_a_day_in_a_school_years_place_is_of_the_year_that_it_falls_in(day: date, sign: str):
    expected = values.school_year(day.isoformat())
    assert transforms.year(f"{day.month:02}{sign}{day.day:02}{sign}{day.year}") == expected
    assert transforms.year(day.isoformat()) == expected


@pytest.mark.parametrize("cell", ["3-Oct-25", "03-OCT-2025", "3 Oct 2025", "3-Oct, 2025", "October 3, 2025"])
def test_a_day_with_its_months_name_is_read(cell: str):
    assert transforms.day(cell) == "2025-10-03"


@pytest.mark.parametrize(
    ("window", "expected"),
    [("Fall", "Fall"), ("Fall 2025", "Fall"), ("Fall 2025-2026", "Fall"), ("2025-26 Fall", "Fall"),
     ("Fall (2025)", "Fall"), ("Spring 2026", "Spring"), ("Winter 2025-26 Window 2", "Winter Window 2"),
     ("Fall 2024-2025", "Fall 2024-2025"), ("Spring 2025", "Spring 2025"), ("SY2026", "SY2026"), ("2026", "2026"),
     ("Unit 12", "Unit 12"), ("Benchmark 2025", "Benchmark 2025")],
)  # fmt: skip
def test_a_window_is_named_without_the_school_year_that_it_is_of_anyway(window: str, expected: str):
    assert window_name(window, "2026") == expected


@given(window=st.text(max_size=30), year=st.integers(1991, 2100).map(str))
def test_a_windows_name_is_settled_at_once_and_never_lost(window: str, year: str):
    name = window_name(window, year)
    assert bool(name) == bool(window)
    assert window_name(name, year) == name


def test_a_window_with_and_without_its_year_is_one_occasion_of_the_plain_csv():
    cells = {"student_id": "1", "assessment": "Reading", "date": "2025-10-03", "score": "212", "school_id": "s1"}
    rows = [{**cells, "administration": name} for name in ("Fall", "Fall 2025", "fall 2025-2026")]
    assert {result["administration_id"] for result in read(table(*rows)).sink.results} == {"pl:reading|2026|fall"}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("End of Course Fall 2025", "Fall"), ("Fall End of Course", "Fall"), ("End of Course", "End of Course"),
     ("7/28/2025", "Summer"), ("EOC Spring", "Spring"), ("Mid-Year", "Winter"), ("End of the School Year", "Spring"),
     ("Beginning", "Fall"), ("Weekend", "Weekend"),
     ("Fall 2025-2026", "Fall"), ("BOY", "Fall"), ("Middle of Year", "Winter"), ("EOY", "Spring"),
     ("Winter (November 16 - March 1)", "Winter"), ("SP24", "Spring"), ("2025-09-01", "Fall"), ("1/5/2026", "Winter"),
     ("Window 2", "Window 2"), ("", "")],
)  # fmt: skip
def test_a_season_is_found_in_a_windows_name(cell: str, expected: str):
    assert transforms.season(re.sub(r"(\D)(\d\d)$", r"\1 \2", cell) if cell == "SP24" else cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("0", "KG"),
        ("K", "KG"),
        ("00", "KG"),
        ("-1", "PK"),
        ("PreK", "PK"),
        ("4", "04"),
        ("04", "04"),
        ("4th", "04"),
        ("4.0", "04"),
        ("Grade 4", "04"),
        ("11th Grade", "11"),
        ("Nine", "09"),
        ("1st", "01"),
        ("", ""),
        ("??", "??"),
    ],
)
def test_a_grade_is_read_as_schools_write_it(cell: str, expected: str):
    assert kinds.grade(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("1,310", "1310.0"), ("208", "208.0"), ("--", ""), ("N/A*", ""), (" 3.50 ", "3.5"), ("***", ""), ("NULL", "")],
)
def test_a_score_is_a_number_or_none(cell: str, expected: str):
    assert kinds.number(cell) == expected


@pytest.mark.parametrize("cell", ["1,31", "4,5", "<10", "208 (57)", "1.2.3"])
def test_what_is_nearly_a_number_is_refused(cell: str):
    with pytest.raises(InvalidValueError):
        kinds.number(cell)


@pytest.mark.parametrize(
    "step",
    ["eval", {"regex": "(a+)+$"}, {"map": 3}, {"slice": [0, 0]}, {"divide": 0}, {"date": "hello"}, {}, {"pad": 99}],
)
def test_nothing_beyond_the_list_is_a_step(step: object):
    with pytest.raises(ValueError, match=r"."):
        step_of(step)  # type: ignore[arg-type]


def test_steps_follow_each_other():
    run = chained([{"slice": [0, 2]}, {"map": {"04": "Spring", "*": "Other"}}, "upper"])
    assert (run("0426"), run("1225")) == ("SPRING", "OTHER")


@given(name=st.text(max_size=20))
def test_a_columns_name_is_alike_in_any_case_and_spacing(name: str):
    assert names.plain(f" {name} ") == names.plain(name)
    assert names.plain(name.upper().lower()) == names.plain(names.plain(name.upper().lower()))
