"""From the form to the removal, with real processes: two districts are registered, deployed, watched and torn down.

One comes by the console's form, into an account of its own, which is entered by a role; one by the admin's. They are
deployed at the same time, and the web server is stopped in the middle. The second is canceled before anything of it
exists, but in the long edition: there it is deployed and torn down as the first is.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from playwright.sync_api import Browser, Page, expect

from devtools.environment import inherited
from devtools.paths import VAR
from devtools.services.chromium import running_browser
from devtools.services.portal import Portal
from devtools.services.web import running_web
from tests.builders import ACCOUNT_ID, PASSWORD
from tests.journeys.whole_portal import (
    OTHER_ACCOUNT_ID,
    a_whole_portal,
    as_deploy_role,
    inside_the_other_account,
    manage,
)
from tests.pages.statements import Statements

pytestmark = [pytest.mark.browser, pytest.mark.terraform, pytest.mark.long]

HOSTILE = 'Maple ${aws_kms_key.x} "%{ if }" 🍁'
PLANNED_MS, DEPLOYED_MS = 300_000, 900_000
"""A run takes some two minutes; a machine that does much else at the same time may need far longer."""
ENDED = re.compile("Succeeded|No changes|Failed|Canceled|Lost|Drift found|Exposed")
SCREENSHOTS = VAR / "screenshots"


@pytest.fixture
def is_long(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("soak", default=False))


@pytest.fixture
def portal(request: pytest.FixtureRequest, is_long: bool) -> Iterator[Portal]:
    """Run a whole portal; in the long edition every command of Terraform starts its provider itself."""
    if is_long:
        request.getfixturevalue("real_terraform")
    folder = VAR / "tests" / f"journey-{secrets.token_hex(4)}"
    with a_whole_portal(folder, request.session) as running:
        assert running.variables["HOMEROOM_TERRAFORM"] == os.environ["HOMEROOM_TERRAFORM"]
        yield running


@pytest.fixture
def browser() -> Iterator[Browser]:
    with running_browser() as started:
        yield started


def signed_in(browser: Browser, portal: Portal, username: str) -> Page:
    # What turns on a page that waits would be painted all the while, for minutes.
    page = browser.new_page(base_url=portal.url, reduced_motion="reduce")
    page.goto("/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill("a wrong password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("correct username and password")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Districts")).to_be_visible()
    return page


def register_in_console(page: Page) -> str:
    page.goto("/districts/new")
    fields = page.locator("#register-form :is(input, select, textarea):visible:not([type=hidden])")
    assert fields.count() == 4
    page.get_by_label("District's name").fill(HOSTILE)
    page.locator("#advanced > summary").click()
    page.get_by_label("Slug").fill("maple")
    page.get_by_label("AWS account").select_option(OTHER_ACCOUNT_ID)
    page.get_by_role("button", name="Create and deploy").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(HOSTILE)
    return page.url


def register_in_admin(page: Page) -> None:
    page.goto("/admin/districts/district/add/")
    page.get_by_label("District's name").fill("Cedar Grove")
    page.get_by_label("Slug").fill("cedar")
    page.get_by_label("AWS account").select_option(ACCOUNT_ID)
    page.get_by_role("button", name="Create and deploy").click()
    expect(page.get_by_role("link", name="Tear down")).to_be_visible()


def done(page: Page) -> int:
    """Return the number of resources that the page says are there."""
    counted = page.get_by_text(re.compile(r"^\d+ of \d+$")).first
    return int(counted.inner_text().split()[0]) if counted.count() else 0


def has_moved_beyond(page: Page, number: int) -> int:
    expect(page.get_by_text(re.compile(r"^\d+ of \d+$")).first).to_be_visible(timeout=PLANNED_MS)
    page.wait_for_function(
        """number => [...document.querySelectorAll('main *')].some(part => {
            const found = /^\\s*(\\d+) of \\d+\\s*$/.exec(part.textContent);
            return found && Number(found[1]) > number;
        })""",
        arg=number,
        polling=250,
        timeout=60_000,
    )
    return done(page)


def state_is(page: Page, word: str) -> None:
    state = page.locator("#run-live .facts .state").first
    expect(state).to_have_text(ENDED, timeout=DEPLOYED_MS)
    assert state.inner_text().strip() == word, page.get_by_role("main").inner_text()[:1500]


def passwords(portal: Portal) -> set[str]:
    """Return the passwords that are in the first district's secrets."""
    # The secret's own policy refuses everybody else, whoever opened the account among them.
    client: Any = as_deploy_role(portal.aws_url).client("secretsmanager", endpoint_url=portal.aws_url)
    names = [f"database-{kind}-maple-sbx" for kind in ("owner", "application")]
    values = {json.loads(client.get_secret_value(SecretId=name)["SecretString"])["password"] for name in names}
    assert len(values) == 2
    assert all(len(password) == 40 for password in values)
    return values


def nothing_holds(portal: Portal, secrets_of_the_district: set[str]) -> None:
    """Look for the passwords in states, logs, workspaces and the whole database."""
    store: Any = boto3.client(
        "s3",
        endpoint_url=portal.aws_url,
        region_name="us-east-1",
    )
    bucket = portal.variables["HOMEROOM_STATE_BUCKET"]
    keys = [part["Key"] for part in store.list_objects_v2(Bucket=bucket)["Contents"]]
    assert "districts/maple-sbx/terraform.tfstate" in keys
    texts = {key: store.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
    texts["database"] = manage(portal.variables, "dumpdata").encode()
    assert b"maple-sbx" in texts["database"]
    folder = Path(portal.variables["HOMEROOM_VAR_DIR"])
    paths = [path for place in ("logs", "work") for path in (folder / place).rglob("*") if path.is_file()]
    texts |= {str(path): path.read_bytes() for path in paths}
    for path in filter(zipfile.is_zipfile, paths):
        # A plan is an archive: its parts are searched as they are inside.
        with zipfile.ZipFile(path) as archive:
            texts |= {f"{path}: {member}": archive.read(member) for member in archive.namelist()}
    assert any("logs" in name for name in texts)
    for name, text in texts.items():
        assert not any(secret.encode() in text for secret in secrets_of_the_district), name


def tear_down(page: Page, slug: str) -> None:
    page.goto(f"/districts/{slug}-sbx/teardown")
    page.get_by_label("Type the full name to confirm").fill("something else")
    page.get_by_label("Reason").fill("The contract has ended")
    page.get_by_role("button", name="Destroy everything").click()
    expect(page.get_by_role("main")).to_contain_text(f"Type {slug}-sbx to confirm")
    page.get_by_label("Type the full name to confirm").fill(f"{slug}-sbx")
    page.get_by_role("button", name="Destroy everything").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("teardown")


def open_the_database(portal: Portal) -> None:
    """Open the first district's database to the internet, as somebody in its account would by hand."""
    client: Any = inside_the_other_account(portal.aws_url).client("ec2", endpoint_url=portal.aws_url)
    filters = [{"Name": "group-name", "Values": ["database-maple-sbx"]}]
    (group,) = client.describe_security_groups(Filters=filters)["SecurityGroups"]
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    client.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[rule])


def handle_an_exposure(page: Page, portal: Portal) -> None:
    """Plant an exposure; find it from the overview in two clicks, see who made it, remove it, and see it gone."""
    open_the_database(portal)
    page.goto("/districts/maple-sbx/drift")
    page.get_by_role("button", name="Check now").click()
    state_is(page, "Exposed")
    page.goto("/overview")
    page.get_by_role("link", name="1 district with exposure").click()
    page.get_by_role("main").get_by_role("link", name="Maple").click()
    incident = page.locator("#incident")
    expect(incident).to_contain_text("AuthorizeSecurityGroupIngress")
    expect(incident).to_contain_text("OrganizationAccountAccessRole")
    incident.get_by_label("Reason").fill("Nobody knows it")
    incident.get_by_role("checkbox").check()
    incident.get_by_role("button", name="Remove it from AWS").click()
    expect(page.get_by_role("main")).to_contain_text("Removal requested")
    page.goto("/districts/maple-sbx/runs")
    latest = page.get_by_role("main").locator("tbody tr").first
    expect(latest).to_contain_text("Drift check")
    page.wait_for_function(
        """async () => {
            const answer = await fetch("/overview");
            return (await answer.text()).includes("Nothing needs attention.");
        }""",
        polling=2000,
        timeout=PLANNED_MS,
    )


def pages_of(run_url: str) -> list[str]:
    """Return the pages that state anything about the first district and a run of it."""
    tabs = ("", "/resources", "/runs", "/drift", "/teardown")
    return ["/", "/overview", "/runs", "/search?q=maple", run_url, *(f"/districts/maple-sbx{tab}" for tab in tabs)]


def hand_over(page: Page, said: Statements) -> None:
    """Open the certificate from its run, and download what the district is given."""
    page.get_by_role("link", name=re.compile("Certificate of removal")).first.click()
    said.read(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the signed file").click()
    document = json.loads(Path(download.value.path()).read_text())["document"]
    assert document["district"]["suffix"] == "maple-sbx"


def cancel(page: Page) -> None:
    """Cancel the second district's run; it has found its Terraform or not, and in either case nothing exists yet."""
    page.goto("/districts/cedar-sbx/runs")
    page.get_by_role("main").get_by_role("link", name=re.compile("#2")).first.click()
    page.get_by_role("button", name="Cancel the run").click()
    state_is(page, "Canceled")


def test_two_districts_live_and_go(browser: Browser, portal: Portal, tmp_path: Path, is_long: bool):
    operator = signed_in(browser, portal, "otto")
    run_url = register_in_console(operator)
    administrator = signed_in(browser, portal, "ada")
    register_in_admin(administrator)
    if not is_long:
        cancel(administrator)

    first = has_moved_beyond(operator, 0)
    portal.services["web"].stop()
    environment = inherited() | dict(portal.variables)
    with running_web(tmp_path, environment, port=int(portal.url.rpartition(":")[2])):
        # The page itself finds the server again and goes on: nobody reloads it.
        has_moved_beyond(operator, first)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        operator.screenshot(path=SCREENSHOTS / "run.png", full_page=False)
        state_is(operator, "Succeeded")
        assert operator.url == run_url

        operator.goto("/districts/maple-sbx")
        expect(operator.get_by_role("main")).to_contain_text(HOSTILE)
        expect(operator.get_by_role("main")).to_contain_text("service_url")
        operator.goto("/districts/maple-sbx/resources")
        expect(operator.get_by_role("main")).to_contain_text("aws_rds_cluster.database_cluster")
        expect(operator.get_by_role("main")).to_contain_text(f":{OTHER_ACCOUNT_ID}:")
        operator.goto("/districts/maple-sbx/audit")
        expect(operator.get_by_role("main")).to_contain_text("was registered as maple-sbx")
        expect(operator.get_by_role("main")).to_contain_text("applying")

        said = Statements()
        said.read_all(operator, *pages_of(run_url))
        told = {what for about, what in said.compared if about == "/districts/maple-sbx"}
        assert {"State", "Resources", "Est. monthly cost", "AWS account", "Network"} <= told

        if is_long:
            administrator.goto("/districts/cedar-sbx/runs")
            administrator.get_by_role("main").get_by_role("link", name=re.compile("#2")).first.click()
            state_is(administrator, "Succeeded")
            administrator.goto("/districts/cedar-sbx/resources")
            expect(administrator.get_by_role("main")).to_contain_text(f":{ACCOUNT_ID}:")

        if is_long:
            handle_an_exposure(operator, portal)

        nothing_holds(portal, passwords(portal))

        viewer = signed_in(browser, portal, "vera")
        refused = viewer.goto("/districts/maple-sbx/teardown")
        assert refused is not None
        assert refused.status == 403
        expect(viewer.get_by_role("main")).to_contain_text("Operator")

        tear_down(operator, "maple")
        teardown_url = operator.url
        tear_down(administrator, "cedar")
        for page, word in ((operator, "Succeeded"), (administrator, "Succeeded" if is_long else "No changes")):
            state_is(page, word)
            expect(page.locator("#run-live .facts .state").nth(1)).to_have_text("Removed")
        said.happened()
        said.read_all(operator, teardown_url, "/?show=removed", "/overview", "/runs", "/districts/maple-sbx")
        operator.goto(teardown_url)
        hand_over(operator, said)
