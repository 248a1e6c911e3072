"""What somebody does on a page before it is in the state that is looked at."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from registry.accounts.tokens.devices import begin
from registry.accounts.tokens.scopes import Scope
from tests.builders import PASSWORD

FILE = b"name,size\nMaple Leaf,S\nOak Leaf,XL\nBirch Leaf,M\n"


def sign_in_wrongly(page: Page) -> None:
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("not the one")
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_in_again_wrongly(page: Page) -> None:
    page.get_by_label("Your password").fill("not the one")
    page.get_by_role("button", name="Go on").click()


def sign_in_again(page: Page) -> None:
    # Somebody who has signed in lately is not asked again.
    if page.get_by_label("Your password").count():
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("Add|Grant"))


def change_the_password_wrongly(page: Page) -> None:
    page.get_by_label("Old password").fill("not the one")
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_label("New password confirmation").fill("other")
    page.get_by_role("button", name="Change the password").click()


def confirm_a_code(page: Page) -> None:
    code = begin(client="homeroom-laptop", scopes=[Scope.OPERATE], address="192.0.2.7").user_code
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Look at it").click()


def type_a_wrong_code(page: Page) -> None:
    page.get_by_label("Code").fill("BBBB-BBBB")
    page.get_by_role("button", name="Look at it").click()


def create_a_token_wrongly(page: Page) -> None:
    page.locator("#id_name").fill("ci")
    page.get_by_role("textbox", name="AWS accounts").fill("12")
    page.get_by_role("button", name="Create token").click()


def register_wrongly(page: Page) -> None:
    page.get_by_label("District's name").fill("Maple Valley")
    page.locator("#advanced > summary").click()
    page.get_by_label("Slug").fill("other")
    page.get_by_label("NCES id").fill("12")
    page.locator("#id_cidr").fill("10.0.0.0/16")
    page.get_by_role("button", name="Create and deploy").click()


def choose_a_file(page: Page, content: bytes = FILE) -> None:
    page.get_by_label("CSV file").set_input_files({"name": "d.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Validate file").click()


def try_a_file(page: Page) -> None:
    choose_a_file(page)
    expect(page.get_by_role("main")).to_contain_text("2 rows can be registered")


def try_an_empty_file(page: Page) -> None:
    choose_a_file(page, b"name,size\n")


def register_a_file(page: Page) -> None:
    choose_a_file(page)
    page.get_by_role("button", name="Register and deploy selected").click()
    expect(page.locator("#bulk-progress")).to_be_visible()


def set_wrongly(page: Page) -> None:
    page.locator("#id_allowed_client_cidrs").fill("not a network")
    page.get_by_role("button", name="Review plan").click()


def add_a_freeze_wrongly(page: Page) -> None:
    page.get_by_label("Reason").fill("State testing")
    page.get_by_label("From").fill("2099-02-02T08:00")
    page.get_by_label("Until").fill("2099-02-01T08:00")
    page.get_by_role("button", name="Add freeze").click()


def add_a_window_wrongly(page: Page) -> None:
    page.get_by_label("Begins").fill("22:00")
    page.get_by_label("Minutes").fill("120")
    page.get_by_role("button", name="Add window").click()


def set_a_past_day(page: Page) -> None:
    page.get_by_label("Last day").fill("2020-06-30")
    page.get_by_role("button", name="Set last day").click()


def confirm_wrongly(page: Page) -> None:
    page.get_by_label("Type the full name to confirm").fill("another")
    page.get_by_label("Reason").fill("The contract has ended")
    page.get_by_role("button", name="Destroy everything").click()


def type_a_wrong_number(page: Page) -> None:
    page.get_by_label("Type the run's number").fill("0")
    page.get_by_role("button", name="Kill Terraform").click()


def push_without_a_word(page: Page) -> None:
    """Spaces pass the browser's own check of what is required, and are no reason."""
    page.get_by_label("What to do").select_option("push")
    page.get_by_label("Reason").fill("   ")
    page.get_by_role("button", name="Do it").click()


def roll_out_wrongly(page: Page) -> None:
    page.get_by_label("New value").fill("no-digest")
    page.get_by_label("Reason").fill("Faster ingest")
    page.get_by_role("button", name="Start the rollout").click()


def lose_the_connection(page: Page) -> None:
    page.route("**/live?*", lambda route: route.abort())
    expect(page.get_by_text("Updates paused, trying again.")).to_be_visible()


def open_the_dialog(page: Page) -> None:
    page.get_by_role("link", name="Tear down …").click()
    expect(page.get_by_role("dialog")).to_contain_text("What will be destroyed")


def add_an_endpoint_wrongly(page: Page) -> None:
    sign_in_again(page)
    page.get_by_label("Endpoint's name").fill("Metadata")
    page.get_by_label("Endpoint's address").fill("https://169.254.169.254/")
    page.get_by_role("button", name="Add endpoint").click()


def ask_for_no_period(page: Page) -> None:
    page.get_by_label("First day").fill("2026-02-01")
    page.get_by_label("Last day").fill("2026-01-01")
    page.get_by_role("button", name="Make package").click()


def invite_wrongly(page: Page) -> None:
    sign_in_again(page)
    page.get_by_label("Username").fill("0tt0")
    page.get_by_label("E-mail").fill("otto@example.com")
    page.get_by_role("button", name="Invite").click()


def grant_wrongly(page: Page) -> None:
    sign_in_again(page)
    page.locator("#id_suffixes").fill("No Where")
    page.get_by_role("button", name="Grant", exact=True).click()


def make_a_service_wrongly(page: Page) -> None:
    page.get_by_label("Name").fill("deploy pipeline")
    page.get_by_role("button", name="Make the account").click()


def add_an_account_wrongly(page: Page) -> None:
    sign_in_again(page)
    page.get_by_label("Account's name").fill("Elsewhere")
    page.get_by_label("Account id").fill("12")
    page.get_by_role("button", name="Add account").click()
