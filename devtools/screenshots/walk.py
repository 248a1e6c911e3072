"""The walk through the running portal that the pictures are taken on, from the first sign-in to the certificate.

Everything is really done: Terraform deploys into the embedded AWS, which is changed behind the portal's back for the
drift, and refuses the account of the run that fails.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any, Literal

import boto3
from playwright.sync_api import Page, expect

from devtools.demo import district as example
from devtools.demo.account import ACCOUNT_ID
from devtools.environment import SANDBOX_CREDENTIALS, inherited
from devtools.paths import ROOT
from devtools.screenshots.camera import Camera
from devtools.services.portal import Portal

LONGEST_MS = 1_800_000
ENDED = re.compile("^(Succeeded|No changes|Failed|Canceled|Discarded|Lost|Drift found|Exposed)$")
CLOSED_ACCOUNT = "210987654321"
FILE = b"name,size,environment\nMaple Valley,S,sandbox\nOak Park,XL,sandbox\nBirch Hill,M,sandbox\n"
Say = Callable[[str], None]


class Walk:
    """One way through the portal; `passwords` are those of the demonstration's people."""

    def __init__(self, portal: Portal, camera: Camera, passwords: Mapping[str, str], say: Say) -> None:
        self._portal, self._camera, self._passwords, self._say = portal, camera, passwords, say

    def go(self) -> None:
        """Take every picture; raises AssertionError where a page is not as it ought to be."""
        operator = self._first_sign_in()
        self._register(operator)
        self._failure(operator)
        self._approval(operator)
        self._deployed(operator)
        self._change(operator)
        self._drift(operator)
        self._fleet(operator)
        self._records(operator)
        self._teardown()

    def _sign_in(self, username: str) -> Page:
        page = self._camera.page()
        page.goto("/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(self._passwords[username])
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("heading", name="Districts", level=1)).to_be_visible()
        return page

    def _first_sign_in(self) -> Page:
        self._say("First sign-in")
        page = self._camera.page()
        page.goto("/")
        self._camera.take(page, "sign-in")
        page = self._sign_in("operator")
        self._camera.take(page, "fleet-empty")
        return page

    def _register(self, page: Page) -> None:
        self._say("Registration")
        page.goto("/districts/new")
        fill(page, "Lakeside Unified", "lakeside", ACCOUNT_ID)
        page.get_by_label("NCES id").press("Tab")
        expect(page.locator("#preview")).to_contain_text("lakeside-sbx")
        self._camera.take(page, "register")
        page.get_by_label("NCES id").fill("12")
        page.get_by_role("button", name="Create and deploy").click()
        expect(page.locator("#error-summary")).to_be_visible()
        self._camera.take(page, "register-error")
        page.get_by_label("NCES id").fill("3904380")
        page.get_by_role("button", name="Create and deploy").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Lakeside Unified")
        self._lakeside = page.url
        self._say("Apply")
        expect(page.get_by_text(re.compile(r"^[1-9]\d of \d+$")).first).to_be_visible(timeout=LONGEST_MS)
        self._camera.take(page, "run")

    def _failure(self, page: Page) -> None:
        self._say("A run that fails")
        page.goto("/districts/new")
        fill(page, "Birch Hill", "birch", CLOSED_ACCOUNT)
        page.get_by_role("button", name="Create and deploy").click()
        state(page, "Failed")
        self._camera.take(page, "failed", at=page.locator("#run-error"))

    def _approval(self, page: Page) -> None:
        self._say("A plan that waits for approval")
        page.goto("/districts/new")
        fill(page, "Cedar Grove", "cedar", ACCOUNT_ID)
        page.get_by_label("Environment").select_option("production")
        page.get_by_label("Certificate ARN").fill(example.certificate("production"))
        page.get_by_label("Processor image").fill(example.image())
        page.get_by_role("button", name="Create and deploy").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Cedar Grove")
        waiting = page.locator("#approval")
        expect(waiting).to_be_visible(timeout=LONGEST_MS)
        administrator = self._sign_in("admin")
        administrator.goto(page.url)
        self._camera.take(administrator, "approval", at=administrator.locator("#approval"))
        administrator.locator("#decision-comment").fill("The network is reserved for another district.")
        administrator.get_by_role("button", name="Discard the plan").click()
        state(administrator, "Discarded")

    def _deployed(self, page: Page) -> None:
        self._say("The district, deployed")
        page.goto(self._lakeside)
        state(page, "Succeeded")
        page.goto("/districts/lakeside-sbx")
        self._camera.take(page, "district")
        page.goto("/districts/lakeside-sbx/resources")
        self._camera.take(page, "resources")
        page.goto("/districts/lakeside-sbx/settings")
        self._camera.take(page, "settings")

    def _change(self, page: Page) -> None:
        self._say("A change of settings, value by value")
        page.goto("/districts/lakeside-sbx/settings")
        page.get_by_label("Log retention, days").select_option("90")
        page.get_by_role("button", name="Review plan").click()
        changes = page.locator("details.changed > summary")
        expect(changes.first).to_be_visible(timeout=LONGEST_MS)
        for place in range(2):
            changes.nth(place).click()
        expect(page.locator("details.changed", has_text="365").first).to_be_visible()
        self._camera.take(page, "plan", at=page.locator("#changes"))
        page.get_by_role("button", name="Discard the plan").click()
        state(page, "Discarded")

    def _drift(self, page: Page) -> None:
        self._say("Drift")
        change_behind_the_back(self._portal.aws_url)
        page.goto("/districts/lakeside-sbx/drift")
        page.get_by_role("button", name="Check now").click()
        state(page, ENDED)
        page.goto("/districts/lakeside-sbx/drift")
        expect(page.get_by_role("button", name="Repair", exact=True)).to_be_visible()
        self._camera.take(page, "drift")
        open_the_database(self._portal.aws_url)
        page.get_by_role("button", name="Check now").click()
        state(page, ENDED)
        keep_figures(self._portal.variables)
        page.goto("/overview")
        self._camera.take(page, "overview")
        page.get_by_role("link", name="district with exposure").click()
        page.get_by_role("main").get_by_role("link", name="Lakeside Unified").click()
        expect(page.locator("#incident")).to_contain_text("AuthorizeSecurityGroupIngress")
        self._camera.take(page, "incident")

    def _fleet(self, page: Page) -> None:
        self._say("Fleet, rollout, file")
        page.goto("/")
        self._camera.take(page, "fleet")
        page.goto("/rollouts/new")
        page.get_by_label("What changes").select_option("retention_days")
        page.get_by_label("New value").fill("90")
        page.get_by_label("New value").press("Tab")
        expect(page.locator("#preview")).to_contain_text("wave")
        self._camera.take(page, "rollout")
        page.goto("/districts/bulk")
        page.get_by_label("CSV file").set_input_files({"name": "districts.csv", "mimeType": "text/csv", "buffer": FILE})
        page.get_by_role("button", name="Validate file").click()
        expect(page.get_by_role("heading", name="What the file asks for")).to_be_visible()
        self._camera.take(page, "bulk")

    def _records(self, page: Page) -> None:
        self._say("Audit, search, system")
        page.goto("/audit")
        page.get_by_role("button", name="Verify now").click()
        expect(page.locator("#chain")).to_contain_text("Audit log verified")
        self._camera.take(page, "audit")
        page.goto("/search?q=lakeside")
        self._camera.take(page, "search")
        page.goto("/system")
        self._camera.take(page, "system")

    def _teardown(self) -> None:
        self._say("Teardown")
        page = self._sign_in("operator")
        page.goto("/districts/lakeside-sbx/teardown")
        self._camera.take(page, "teardown")
        page.get_by_label("Type the full name to confirm").fill("lakeside-sbx")
        page.get_by_label("Reason").fill("The contract has ended")
        page.get_by_role("button", name="Destroy everything").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("teardown")
        state(page, "Succeeded")
        page.get_by_role("link", name=re.compile("Certificate of removal")).first.click()
        expect(page.get_by_role("main")).to_contain_text("signature verified")
        self._camera.take(page, "certificate")


def fill(page: Page, name: str, slug: str, account: str) -> None:
    """Fill the registration in as an operator would."""
    page.get_by_label("District's name").fill(name)
    page.locator("#advanced > summary").click()
    page.get_by_label("Slug").fill(slug)
    page.get_by_label("NCES id").fill("3904380")
    page.get_by_label("AWS account").select_option(account)
    page.get_by_label("Monthly budget (USD)").fill(str(example.MONTHLY_BUDGET_USD))


def state(page: Page, word: str | re.Pattern[str]) -> None:
    """Wait until the run's page says that the run has ended so."""
    badge = page.locator("#run-live .facts .state").first
    expect(badge).to_have_text(ENDED, timeout=LONGEST_MS)
    expect(badge).to_have_text(word)


def keep_figures(variables: Mapping[str, str]) -> None:
    """Have the overview's figures counted now, in place of within ten minutes."""
    command = "import django; django.setup(); from provisioning.measurements.daily import keep_figures; keep_figures()"
    environment = inherited() | dict(variables) | {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    subprocess.run([sys.executable, "-c", command], cwd=ROOT, env=environment, check=True)


def aws(url: str, service: Literal["ec2", "logs"]) -> Any:
    """Return a client of the embedded AWS, as somebody who changes it behind the portal's back."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=SANDBOX_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=SANDBOX_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def change_behind_the_back(url: str) -> None:
    """Change in AWS what the stack holds: how long one of the district's logs is kept."""
    client = aws(url, "logs")
    groups = [group["logGroupName"] for group in client.describe_log_groups()["logGroups"]]
    mine = sorted(name for name in groups if "lakeside-sbx" in name)
    client.put_retention_policy(logGroupName=mine[0], retentionInDays=7)


def open_the_database(url: str) -> None:
    """Open the database's port to the internet, which no plan of the stack closes."""
    client = aws(url, "ec2")
    filters = [{"Name": "group-name", "Values": ["database-lakeside-sbx"]}]
    (group,) = client.describe_security_groups(Filters=filters)["SecurityGroups"]
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    client.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[rule])
