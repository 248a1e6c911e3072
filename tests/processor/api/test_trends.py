"""Results over a test's administrations, and the scale of levels: in order, on one scale, the numbers beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import httpx
import pytest

from devtools.paths import ROOT
from processor.api.charts import STEPS, Measured, shade
from processor.api.trends import Course, multiples
from tests.markup import squeezed
from tests.processor.api.world import PLAIN, Api, Issuer
from tests.processor.pipeline import Pipeline

STYLE = ROOT / "processor" / "api" / "static" / "office.css"
TOLD_APART = 1.4
"""Of two neighbors' luminance: who sees no hue sees which one is higher."""


@pytest.fixture
def office(api: Api, issuer: Issuer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api.url, follow_redirects=True, timeout=60, verify=PLAIN) as client:
        client.post("/sign-in", data={"token": issuer.token()})
        yield client


def exact(value: float) -> Measured:
    return Measured("x", value)


def test_all_groups_are_drawn_on_one_scale_and_a_higher_mean_stands_higher():
    low, high = multiples([Course("Oak", [exact(190), exact(200)]), Course("Elm", [exact(210), exact(230)])])
    (_, oak_then), (_, oak_now) = low.dots
    (_, elm_then), (_, elm_now) = high.dots
    assert oak_then > oak_now > elm_then > elm_now, "up is less in a drawing"
    assert [line.text for line in low.labels] == [line.text for line in high.labels] == ["230", "190"]
    assert len(low.lines) == 1


def test_a_range_is_drawn_as_one_and_a_gap_joins_nothing():
    ranged = Measured("Oak", None, (180.0, 220.0))
    (small,) = multiples([Course("Oak", [exact(190), None, exact(200), ranged, exact(210), exact(211)])])
    assert len(small.dots) == 4
    assert [bar.text for bar in small.ranges] == ["Oak: 180 to 220"]
    assert len(small.lines) == 1, "the last two alone stand side by side"
    assert small.summary == "5 of 6 administrations have a mean or its range."


def test_without_any_mean_nothing_is_drawn():
    assert multiples([Course("Oak", [None, Measured("Oak", None)])]) == []
    assert multiples([]) == []


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_levels_go_from_light_to_dark_so_that_no_hue_has_to_be_told_apart():
    colors = re.findall(r"svg \.level-(\d) \{ fill: (#[0-9a-f]{6})", STYLE.read_text())
    assert [int(step) for step, _ in colors] == list(range(STEPS))
    for (_, lower), (_, higher) in pairwise(colors):
        assert (luminance(lower) + 0.05) / (luminance(higher) + 0.05) >= TOLD_APART, (lower, higher)


@pytest.mark.parametrize(("count", "steps"), [(1, [0]), (2, [0, 5]), (4, [0, 2, 3, 5]), (6, [0, 1, 2, 3, 4, 5])])
def test_the_lowest_level_is_the_lightest_and_the_highest_the_darkest(count: int, steps: list[int]):
    assert [shade(rank, count) for rank in range(count)] == [f"level-{step}" for step in steps]


def told_of(office: httpx.Client) -> str:
    """Return the results of an occasion with enough students: those that tests beside this one have made have few."""
    first = squeezed(office.get("/results", params={"by": "nothing"}).text)
    (chosen,) = re.findall(r'<select[^>]* id="occasion"[^>]*>(.*?)</select>', first)
    for occasion in re.findall(r'<option value="([^"]+)"', chosen):
        page = squeezed(office.get("/results", params={"by": "nothing", "occasion": occasion}).text)
        if '<th scope="row">Everybody</th><td class="number">' in page:
            return page
    raise AssertionError("No occasion has enough students.")


def test_a_tests_administrations_stand_side_by_side_with_the_numbers_of_their_own_pages(
    office: httpx.Client, district: Pipeline
):
    page = told_of(office)
    link = re.search(r'href="(/results/trend\?[^"]+)"', page)
    assert link is not None
    counted = "SELECT count(*) FROM homeroom.access_record WHERE scope = 'aggregate'"
    ((before,),) = district.rows(counted)
    answer = office.get(link[1].replace("&amp;", "&"))
    assert answer.status_code == 200
    text = squeezed(answer.text)
    ((after,),) = district.rows(counted)
    names = re.findall(r'<th scope="col" class="number">([^<]+)</th>', text)
    assert len(names) >= 1
    assert after - before == 1 + len(names), "the list, and each administration"
    (row,) = re.findall(r'<th scope="row">Everybody</th>(.*?)</tr>', text)
    cells = re.findall(r'<td class="number">([^<]+)</td>', row)
    mean = r'<th scope="row">Everybody</th><td class="number">[^<]+</td><td class="number">([^<]+)<'
    expected = re.findall(mean, page)[0]
    assert len(cells) == len(names)
    assert expected in cells
    assert text.count('role="img"') == 1


def test_a_trend_of_no_test_is_not_found(office: httpx.Client):
    assert office.get("/results/trend?occasion=00000000").status_code == 404
