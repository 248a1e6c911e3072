"""What stands around every page: the navigation, the trail, and how the person wants pages shown."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from portal.console.frame import BY_KEY, PARTS, PLACES, SECTIONS, trail
from portal.console.urls import urlpatterns
from provisioning.models import Announcement
from provisioning.notices.occasions import Occasion
from registry.accounts.roles import Role
from tests.builders import a_district, a_person, a_run
from tests.markup import squeezed
from tests.pages.test_complete import NO_PAGES

pytestmark = pytest.mark.django_db
FOR_ADMINISTRATORS = {"AWS accounts", "People", "Service accounts", "Notices"}


def signed_in(role: Role = Role.OPERATOR) -> Client:
    client = Client()
    client.force_login(a_person(role, username="otto"))
    return client


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return squeezed(answer.content.decode())


def steps(html: str) -> list[str]:
    match = re.search(r'<nav class="crumbs".*?</nav>', html, re.DOTALL)
    assert match is not None
    return re.findall(r"<bdi>(.*?)</bdi>", match[0])


def test_every_page_has_its_place():
    pages = {str(pattern.name) for pattern in urlpatterns} - set(NO_PAGES) - {"sign-in"}
    assert set(PLACES) == pages
    assert {section for section, _ in PLACES.values() if section} == set(BY_KEY)


def test_a_letter_leads_to_one_section_alone():
    letters = [section.letter for section in SECTIONS]
    assert len(set(letters)) == len(letters)


def test_the_section_of_a_page_is_marked():
    client = signed_in()
    run = a_run()
    pages = {
        "/": "Districts",
        f"/districts/{run.district.suffix}/audit": "Districts",
        f"/runs/{run.number}": "Runs",
        "/approvals": "Approvals",
        "/audit": "Audit",
    }
    for address, section in pages.items():
        side = page(client, address).partition('id="side"')[2].partition("</nav>")[0]
        assert re.findall(r'aria-current="page">.*?<span>(.*?)</span>', side) == [section], address


@pytest.mark.parametrize(("role", "hidden"), [(Role.ADMINISTRATOR, set()), (Role.VIEWER, FOR_ADMINISTRATORS)])
def test_the_settings_open_their_pages_for_whom_they_are(role, hidden):
    client = signed_in(role)
    side = page(client, "/calendar").partition('id="side"')[2].partition("</nav>")[0]
    parts = re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', side.partition('class="parts"')[2].partition("</ul>")[0])
    assert {label for _, label in parts} == {str(PLACES[name][1]) for name in PARTS["settings"]} - hidden
    assert re.findall(r'aria-current="page">([^<]+)</a>', side) == ["Calendar"]
    for address, _ in parts:
        assert client.get(address).status_code == 200, address
    assert 'class="parts"' not in page(client, "/audit")
    assert steps(page(client, "/system")) == ["Settings", "System"]


def test_the_trail_names_district_run_and_page():
    client = signed_in(Role.ADMINISTRATOR)
    run = a_run(name="Willow <Glen>")
    suffix = run.district.suffix
    assert steps(page(client, "/")) == ["Districts"]
    assert steps(page(client, f"/districts/{suffix}")) == ["Districts", "Willow &lt;Glen&gt;"]
    assert steps(page(client, f"/districts/{suffix}/settings")) == ["Districts", "Willow &lt;Glen&gt;", "Settings"]
    assert steps(page(client, f"/runs/{run.number}"))[-1] == f"Run #{run.number}"
    assert steps(page(client, f"/runs/{run.number}/state"))[-2:] == [f"Run #{run.number}", "State and lock"]
    assert steps(page(client, "/account/password")) == ["Account", "Password"]


def test_the_trails_steps_lead_there():
    crumbs = trail("district-settings", {"suffix": "oak-sbx"}, district="Oak")
    assert [crumb.href for crumb in crumbs] == ["/", "/districts/oak-sbx", ""]


def test_an_address_without_a_page_has_the_navigation_but_no_trail():
    html = page(signed_in(), "/nowhere", 404)
    assert 'id="side"' in html
    assert steps(html) == []


def test_who_is_not_signed_in_sees_no_navigation():
    html = page(Client(), "/sign-in")
    assert 'id="side"' not in html
    assert "Sign out" not in html


def test_only_those_who_may_register_are_offered_it():
    assert 'data-key="r"' in page(signed_in(), "/audit")
    vera = Client()
    vera.force_login(a_person(Role.VIEWER, username="vera"))
    assert 'data-key="r"' not in page(vera, "/audit")


@pytest.mark.parametrize(("name", "value"), [("theme", "dark"), ("theme", "light"), ("density", "compact")])
def test_what_was_chosen_of_the_display_stays(name, value):
    client = signed_in()
    assert "class=" not in page(client, "/legend")[:60]
    answer = client.post("/display", {name: value, "next": "/legend"})
    assert answer["Location"] == "/legend"
    html = page(client, "/legend")
    assert f'class="is-{value}"' in html[:200]
    assert re.search(rf'name="{name}" value="{value}" aria-pressed="true"', html)
    client.post("/display", {name: "", "next": "/legend"})
    assert "class=" not in page(client, "/legend")[:60]


def test_what_is_no_choice_is_refused_and_an_address_elsewhere_is_not_followed():
    client = signed_in()
    assert client.post("/display", {"theme": '"><script>'}).status_code == 400
    assert client.post("/display", {"theme": "dark", "next": "https://elsewhere.test/"})["Location"] == "/"
    assert client.get("/display").status_code == 405
    client.cookies["homeroom-theme"] = '"onclick="x'
    assert "class=" not in page(client, "/legend")[:60]


def test_only_what_wants_an_act_has_a_solid_badge():
    client = signed_in()
    a_district()
    html = page(client, "/legend")
    solid = {
        re.sub("<.*?>", "", word) for word in re.findall(r'<span class="state acts[^>]*>.*?</svg>(.*?)</span>', html)
    }
    assert {"Awaiting approval", "Needs attention", "Drifted", "Halted"} <= solid
    assert not solid & {"Live", "Succeeded", "Failed", "Applying", "Draft"}


def test_every_page_has_a_bell_that_leads_to_the_inbox_and_says_how_much_is_unread():
    client = signed_in()
    link = re.compile(r'<a class="bell" href="/inbox">(.*?)</a>', re.DOTALL)

    def shown() -> str:
        match = link.search(page(client, "/legend"))
        assert match is not None
        return " ".join(re.sub("<.*?>", "", match[1]).split())

    # That the person was given a role and a password was told.
    assert shown() == "Inbox2 unread"
    client.post("/inbox/read", {"newest": str(Announcement.objects.latest("pk").pk)})
    assert shown() == "Inbox"
    Announcement.objects.bulk_create(
        Announcement(occasion=Occasion.FAILED, sentence="It failed.", path="/") for _ in range(3)
    )
    assert shown() == "Inbox3 unread"
    Announcement.objects.bulk_create(
        Announcement(occasion=Occasion.FAILED, sentence="It failed.", path="/") for _ in range(200)
    )
    assert shown() == "Inbox99+ unread"
