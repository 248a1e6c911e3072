"""The data office in a real browser: sign in, drag a file, watch it, read what was refused, look at charts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from devtools.services.chromium import running_browser
from tests.pages.axe import Axe
from tests.pages.browsing import HEIGHT, THEMES, WIDTHS, keep, paint, resize
from tests.pages.checks import overflows
from tests.processor import samples
from tests.processor.api.browsing import complaints_of
from tests.processor.api.world import Api, Issuer
from tests.processor.pipeline import Pipeline

pytestmark = pytest.mark.browser
SHEET = samples.PLAIN.replace("190", "=cmd()") + "1003,Reading,Fall,03.10.2025,205,,,s1,,4,,\n"
# No columns of another module's files: a mapping that is saved is proposed for what is like its file.
BIRCH = "Learner No,Paper,Term Of Paper,Taken,Marks,Standing,Campus\n" + "".join(
    f"B{number},Birch Reading,Autumn,9/16/2025,{208 + number},Secure,Birch\n" for number in range(12)
)
CHOSEN = {"student_id": "Learner No", "assessment": "Paper", "administration": "Term Of Paper", "date": "Taken",
          "score": "Marks", "level": "Standing", "school_name": "Campus"}  # fmt: skip
DROPPED = """
([name, text]) => {
  const held = new DataTransfer();
  held.items.add(new File([text], name, { type: "text/csv" }));
  const zone = document.querySelector("[data-drop]");
  for (const kind of ["dragenter", "dragover", "drop"]) {
    zone.dispatchEvent(new DragEvent(kind, { dataTransfer: held, bubbles: true, cancelable: true }));
  }
}
"""
# Every word of the upload's status, kept beyond the page that it was on.
WATCHED = """
addEventListener("DOMContentLoaded", () => {
  const status = document.querySelector("[data-status]");
  if (!status) { return; }
  const kept = () => JSON.parse(sessionStorage.getItem("said") || "[]");
  new MutationObserver(() => sessionStorage.setItem("said", JSON.stringify([...kept(), status.textContent])))
    .observe(status, { childList: true, characterData: true, subtree: true });
});
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as started:
        yield started


@pytest.fixture
def office(browser: Browser, api: Api, issuer: Issuer, let_in: None) -> Iterator[Page]:
    page = browser.new_page(base_url=api.url)
    page.add_init_script(WATCHED)
    complaints = complaints_of(page)
    page.goto("/")
    expect(page).to_have_url(f"{api.url}/sign-in")
    page.get_by_label("Token of").fill(issuer.token())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Files")).to_be_visible()
    yield page
    page.close()
    assert complaints == [], "the browser complained"


def assert_explained(page: Page, name: str) -> None:
    """The page of a file of SHEET says what became of its three rows."""
    expect(page.get_by_role("heading", name=name)).to_be_visible(timeout=20_000)
    expect(page.get_by_text("The file is in.")).to_be_visible(timeout=20_000)
    facts = page.locator(".facts")
    for term, number in (("Rows read", "3"), ("Accepted", "1"), ("Rejected", "2")):
        expect(facts.locator("div", has_text=term).locator("dd")).to_have_text(number)
    table = page.get_by_role("region", name="Rejected and waiting rows")
    expect(table).to_contain_text("This is no number with a decimal point.")
    expect(table).to_contain_text("This is no date as YYYY-MM-DD or MM/DD/YYYY.")


def test_a_file_that_is_dragged_there_is_uploaded_watched_and_explained(
    office: Page, district: Pipeline, tmp_path: Path
):
    office.get_by_role("link", name="Upload").click()
    expect(office.get_by_text("or drag one here")).to_be_visible()
    office.evaluate(DROPPED, ["dragged scores.csv", SHEET])
    expect(office.get_by_role("heading", name="dragged scores.csv is uploaded")).to_be_visible()
    assert json.loads(office.evaluate("sessionStorage.getItem('said')"))[-1] == "100 % uploaded"
    district.drain()
    # The page looks again by itself.
    assert_explained(office, "dragged scores.csv")
    with office.expect_download() as download:
        office.get_by_role("link", name="Download the report").click()
    report = tmp_path / "report.csv"
    download.value.save_as(report)
    assert "'=cmd()" in report.read_text("utf-8-sig")


def test_a_file_that_is_chosen_by_keyboard_shows_its_progress_and_is_read_before_ones_eyes(
    office: Page, district: Pipeline, tmp_path: Path
):
    path = tmp_path / "chosen.csv"
    rows = (samples.PLAIN.splitlines()[1].replace("1001", f"9{number}") for number in range(6_000))
    path.write_text(SHEET.splitlines()[0] + "\n" + "\n".join(rows) + "\n")
    office.goto("/upload")
    office.get_by_label("Choose a file").set_input_files(path)
    office.get_by_role("button", name="Upload").focus()
    office.keyboard.press("Enter")
    expect(office.get_by_role("heading", name="chosen.csv is uploaded")).to_be_visible()
    messages = json.loads(office.evaluate("sessionStorage.getItem('said')"))
    assert messages[0] == "Uploading"
    assert messages[-1] == "100 % uploaded"
    # The file is claimed, and its merge waits for its turn: the page says that it is being read.
    district.admin.execute(
        "INSERT INTO homeroom.file (bucket, object_key, object_version, size_bytes, uploaded_at, state) "
        "SELECT %s, %s, %s, 1, now(), 'reading'",
        (district.bucket, uploaded_key(office), "before"),
    )
    expect(office.get_by_text("The file is being read.")).to_be_visible(timeout=20_000)
    district.admin.execute(
        "UPDATE homeroom.file SET state = 'merged', rows_read = 6000 WHERE object_version = 'before'"
    )
    expect(office.get_by_text("The file is in.")).to_be_visible(timeout=20_000)
    district.drain()


def uploaded_key(page: Page) -> str:
    """The key in the address of the page that waits."""
    return str(page.evaluate("new URL(location).searchParams.get('key')"))


def test_what_cannot_be_uploaded_is_said_and_can_be_tried_again(office: Page, district: Pipeline, tmp_path: Path):
    empty = tmp_path / "empty.csv"
    empty.touch()
    office.goto("/upload")
    office.get_by_label("Choose a file").set_input_files(empty)
    office.get_by_role("button", name="Upload").click()
    expect(office.get_by_text("The file is empty.")).to_be_visible()
    expect(office.get_by_role("button", name="Upload")).to_be_enabled()


def test_where_the_bucket_lets_no_script_in_the_browser_sends_the_form_itself_and_once(
    browser: Browser, api: Api, issuer: Issuer, district: Pipeline, tmp_path: Path
):
    # The stand-in lets every script in, so the browser itself refuses, as it would by the bucket's word.
    page = browser.new_page(base_url=api.url)
    bucket = f"{district.aws}/{district.bucket}"
    page.route(
        f"{bucket}**", lambda route: route.abort() if route.request.resource_type == "xhr" else route.continue_()
    )
    page.goto("/sign-in")
    page.get_by_label("Token of").fill(issuer.token())
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Upload").click()
    expect(page.get_by_text("or drag one here")).to_be_visible()
    page.evaluate(DROPPED, ["sent by form.csv", SHEET])
    expect(page.get_by_role("heading", name="sent by form.csv is uploaded")).to_be_visible()
    assert len(district.drain()) == 1
    assert_explained(page, "sent by form.csv")
    page.close()


def test_an_unknown_file_is_mapped_tried_stored_and_taken_back_before_ones_eyes(office: Page, district: Pipeline):
    office.set_viewport_size({"width": WIDTHS[-1], "height": HEIGHT})
    unknown = district.take("unknown/birch.csv", BIRCH).file_id
    office.goto(f"/files/{unknown}")
    office.get_by_role("link", name="Map this file").click()
    expect(office.get_by_role("heading", name="Map birch.csv")).to_be_visible()
    office.get_by_label("Name of the mapping").fill("Birch reading")
    for field, column in CHOSEN.items():
        office.locator(f"#{field}").select_option(column)
    office.get_by_role("button", name="Preview").click()
    expect(office.get_by_role("region", name="Preview")).to_contain_text("Birch Reading")
    keep(office, "office-map-a-file")
    office.get_by_role("button", name="Save and read the file").click()
    expect(office.get_by_role("heading", name="birch.csv")).to_be_visible()
    district.drain()
    # The page goes on by itself; who opens another meanwhile cuts it off.
    expect(office.get_by_role("heading", name="birch.csv", exact=True)).to_be_visible()
    tried = district.take("trial/y/birch-winter.csv", BIRCH.replace("Autumn", "Winter").replace("208", "219")).file_id
    office.goto(f"/files/{tried}")
    expect(office.get_by_role("heading", name="What storing it would change")).to_be_visible()
    keep(office, "office-try-a-file")
    office.get_by_role("button", name="Store this file").click()
    expect(office.get_by_role("heading", name="birch-winter.csv is uploaded")).to_be_visible()
    district.drain()
    office.get_by_role("link", name="Take this file back").click()
    office.get_by_label("Reason").fill("It is the spring's, sent under the winter's name")
    keep(office, "office-take-a-file-back")
    office.get_by_role("button", name="Take the file back").click()
    expect(office.get_by_text("The file was taken back.")).to_be_visible()


def test_charts_have_their_numbers_beside_them_and_can_be_asked_for_other_groups(office: Page):
    office.get_by_role("link", name="Results").click()
    expect(office.get_by_role("heading", name="Results")).to_be_visible()
    # Of the occasions that tests beside this one have made, no group is large enough to be told of.
    occasions = office.locator("#occasion option").evaluate_all("all => all.map(one => one.value)")
    for occasion in occasions:
        office.goto(f"/results?occasion={occasion}")
        if office.get_by_role("rowheader").count():
            break
    charts = office.locator("figure svg[role=img]")
    assert charts.count() >= 1
    assert office.locator("figure + .scroll table").count() == office.locator("figure").count()
    swatch = office.locator(".key svg").first.bounding_box()
    assert swatch is not None
    assert swatch["width"] < 20
    office.get_by_label("Group by").select_option(label="grade")
    office.get_by_role("button", name="Show").click()
    # The page before may have such rows as well.
    expect(office).to_have_url(re.compile("by=grade"))
    expect(office.get_by_role("rowheader", name="Grade 04").first).to_be_visible()
    # A group too small for a mean has no bar in the first chart; the second one draws every group that it names.
    drawn = office.locator("figure").nth(1).locator("svg[role=img] rect").count()
    assert drawn >= office.locator("figure + .scroll").nth(1).locator("tbody tr").count() >= 1


def stay_once_there() -> Callable[[Route], None]:
    """Let the first request through; an answer without content leaves a browser where it is."""
    urls: list[str] = []

    def handle(route: Route) -> None:
        urls.append(route.request.url)
        if len(urls) == 1:
            route.continue_()
        else:
            route.fulfill(status=204)

    return handle


PAGES = (
    *("/upload", "/files", "/sources", "/tests", "/results", "/results?by=ethnicity", "/students", "/sign-in"),
    "/files/999999",
)


def test_no_page_has_an_accessibility_violation_or_needs_scrolling_to_the_side(
    request: pytest.FixtureRequest, browser: Browser, api: Api, issuer: Issuer, district: Pipeline
):
    axe = Axe(whole=request.config.getoption("soak", default=False))
    page = browser.new_page(base_url=api.url, color_scheme="light", viewport={"width": WIDTHS[-1], "height": HEIGHT})
    page.goto("/sign-in")
    page.get_by_label("Token of").fill(issuer.token())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Files")).to_be_visible()
    if not district.rows("SELECT FROM homeroom.file WHERE object_key LIKE '%%explained.csv'"):
        district.take("explained.csv", SHEET)
    ((file_id,),) = district.rows("SELECT min(file_id) FROM homeroom.file WHERE object_key LIKE '%%explained.csv'")
    # The page that waits asks for itself again, which would end an audit that takes longer than its two seconds.
    page.route("**/uploaded?*", stay_once_there())
    for path in (*PAGES, f"/files/{file_id}", "/uploaded?key=incoming/none.csv"):
        page.goto(path)
        problems = [*overflows(page), *axe.violations(page)]
        assert not problems, f"{path}: " + "\n".join(problems)
    page.goto("/results")
    for width in WIDTHS:
        resize(page, width)
        for theme in THEMES:
            paint(page, theme)
            keep(page, f"office-results-{width}-{theme}")
    page.get_by_role("link", name="Over time").click()
    expect(page.get_by_role("heading", name="Results over time")).to_be_visible()
    keep(page, "office-trend")
    problems = [*overflows(page), *axe.violations(page)]
    assert not problems, "trend: " + "\n".join(problems)
    ((local,),) = district.rows(
        "SELECT local_id FROM homeroom.student_identity "
        "WHERE student IN (SELECT student FROM homeroom.analytics_result) LIMIT 1"
    )
    page.goto("/students")
    page.get_by_label("Student's id").fill(local)
    page.get_by_label("Purpose").fill("a look at its page")
    page.get_by_role("button", name="Show the record").click()
    expect(page.get_by_role("region", name="Results of the student")).to_be_visible()
    keep(page, "office-student")
    problems = [*overflows(page), *axe.violations(page)]
    assert not problems, "student: " + "\n".join(problems)
    page.close()
