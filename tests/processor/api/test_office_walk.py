"""A morning in the data office: a real browser, a real worker, and the API as the stack runs them.

Sign in, send a good and a bad file by the page, watch both, read why, take the report along, look at charts with their
tables, sign out. No step breaks the content security policy, and none has an accessibility violation.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from devtools.services.chromium import running_browser
from tests.processor import samples
from tests.processor.api.browsing import complaints_of
from tests.processor.api.world import Api, Issuer
from tests.processor.pipeline import Pipeline

pytestmark = pytest.mark.browser
WAIT = 60_000
GOOD = samples.PLAIN.splitlines()[0] + "\n" + "".join(
    f"7{number:03},Amble,Fall,2025-10-03,{200 + number % 40},{'Met' if number % 3 else 'Below'},,s9,Elm School,5,A,B\n"
    for number in range(1_200)
)  # fmt: skip
BAD = samples.PLAIN.replace("190", "=cmd()") + "1003,Reading,Fall,03.10.2025,205,,,s1,,4,,\n"
BROKEN = "name,colour\nAda,blue\n"
VIOLATED = """
addEventListener("securitypolicyviolation", (event) => {
  const kept = JSON.parse(sessionStorage.getItem("violated") || "[]");
  sessionStorage.setItem("violated", JSON.stringify([...kept, `${event.violatedDirective} ${event.blockedURI}`]));
});
"""


@pytest.fixture
def worker(district: Pipeline) -> Iterator[None]:
    started = district.start("worker", "--wait-seconds", "1")
    try:
        yield
    finally:
        started.terminate()
        started.communicate(timeout=60)


@pytest.fixture
def page(api: Api, let_in: None, worker: None) -> Iterator[Page]:
    with running_browser() as browser:
        page = browser.new_page(base_url=api.url)
        page.add_init_script(VIOLATED)
        complaints = complaints_of(page)
        yield page
        assert page.evaluate("sessionStorage.getItem('violated')") is None
        page.close()
    assert complaints == [], "the browser complained"


def assert_accessible(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, f"{page.url}: {results.generate_report()}"


def send(page: Page, folder: Path, name: str, content: str) -> None:
    """Send a file by the page, and wait until it is told what became of it."""
    path = folder / name
    path.write_text(content)
    page.get_by_role("link", name="Upload").click()
    page.get_by_label("Choose a file").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("The file is in.").or_(page.get_by_text("was refused as a whole"))).to_be_visible(
        timeout=WAIT
    )
    assert_accessible(page)


def fact(page: Page, term: str) -> str:
    """Return one of the numbers of a file's page."""
    return page.locator(".facts div", has=page.get_by_text(term, exact=True)).locator("dd").inner_text()


def test_a_morning_in_the_data_office(page: Page, issuer: Issuer, tmp_path: Path):
    page.goto("/")
    assert_accessible(page)
    page.get_by_label("Token of").fill(issuer.token())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Files")).to_be_visible()

    send(page, tmp_path, "walk good.csv", GOOD)
    assert [fact(page, term) for term in ("Rows read", "Accepted", "Rejected")] == ["1,200", "1,200", "0"]
    expect(page.get_by_role("heading", name="Rejected and waiting rows")).to_have_count(0)

    send(page, tmp_path, "walk bad.csv", BAD)
    assert [fact(page, term) for term in ("Rows read", "Accepted", "Rejected")] == ["3", "1", "2"]
    reasons = page.get_by_role("region", name="Rejected and waiting rows")
    expect(reasons).to_contain_text("This is no number with a decimal point.")
    expect(reasons).to_contain_text("This is no date as YYYY-MM-DD or MM/DD/YYYY.")
    expect(reasons).not_to_contain_text("cmd()")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the report").click()
    download.value.save_as(tmp_path / "report.csv")
    report = list(csv.DictReader(io.StringIO((tmp_path / "report.csv").read_text("utf-8-sig"))))
    assert [(row["line"], row["field"], row["value"]) for row in report] == [
        ("3", "score", "'=cmd()"), ("4", "date", "03.10.2025"),
    ]  # fmt: skip

    send(page, tmp_path, "walk broken.csv", BROKEN)
    expect(page.get_by_text("Of no format that can be read.")).to_be_visible()
    expect(page.get_by_text("Send one of:")).to_be_visible()

    page.get_by_role("link", name="Files").click()
    listed = page.get_by_role("row").filter(has_text="walk broken.csv")
    expect(listed).to_contain_text("was refused as a whole")
    assert_accessible(page)

    page.get_by_role("link", name="Results").click()
    page.get_by_label("Test").select_option(label="Amble, 2025-26, Fall")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("figure")).to_have_count(2)
    expect(page.locator("figure + .scroll table")).to_have_count(2)
    expect(page.get_by_role("region", name="Numbers of the mean scores")).to_contain_text("1,200")
    expect(page.get_by_role("region", name="Numbers of the performance levels")).to_contain_text("Below")
    assert_accessible(page)

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/files")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
