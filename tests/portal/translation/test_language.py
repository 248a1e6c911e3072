"""Who reads chooses the language: by the browser, or by the menu in the bar; numbers, days and plurals follow."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.test import Client
from django.utils import formats, translation
from django.utils.functional import Promise

from devtools.messages.catalogue import compile_all
from portal.console.badges import PartState
from portal.console.forms import AuditFilter, PasswordForm, RegistrationForm, TeardownForm
from portal.console.pages.district.diagram import PARTS, Known, Place, draw
from portal.console.pages.rollout.form import RolloutForm
from portal.console.pages.settings.page import SettingsForm
from portal.console.templatetags.console import relative
from provisioning.models import Run
from registry.accounts.roles import Role
from tests.builders import a_person, a_run, an_account
from tests.markup import squeezed
from tests.portal.console.test_diagram import GOLDEN, addresses
from tests.portal.console.test_pages import typed

FORMS = [RegistrationForm, SettingsForm, RolloutForm, TeardownForm, PasswordForm, AuditFilter]
NOW = datetime(2026, 3, 9, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def compiled() -> None:
    compile_all()


@pytest.mark.django_db
class TestTheChoice:
    def test_the_browser_s_language_counts_until_somebody_chooses(self) -> None:
        client = Client(headers={"accept-language": "es-US,es;q=0.9,en;q=0.5"})
        page = squeezed(client.get("/sign-in").content.decode())
        assert '<html lang="es">' in page
        assert "Iniciar sesión en Homeroom" in page
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        assert "Sign in to Homeroom" in squeezed(client.get("/sign-in").content.decode())

    def test_an_unknown_language_is_english(self) -> None:
        page = squeezed(Client(headers={"accept-language": "xx"}).get("/sign-in").content.decode())
        assert '<html lang="en">' in page

    def test_the_menu_in_the_bar_changes_it_by_a_post_and_leads_back(self) -> None:
        client = Client(enforce_csrf_checks=True)
        page = squeezed(client.get("/sign-in?next=/audit").content.decode())
        menu = re.findall(r'<form class="languages".*?</form>', page, re.DOTALL)[0]
        assert 'name="language" value="es" lang="es" aria-pressed="false">Español' in menu
        assert 'value="en" lang="en" aria-pressed="true">English' in menu
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', menu)[0]
        form = {"language": "es", "next": "/sign-in?next=/audit", "csrfmiddlewaretoken": token}
        answer = client.post("/language", form)
        assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=/audit")
        cookie = answer.cookies[settings.LANGUAGE_COOKIE_NAME]
        assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("es", True, "Lax")
        assert '<html lang="es">' in squeezed(client.get("/sign-in").content.decode())

    def test_the_menu_leads_to_no_other_site_and_a_get_changes_nothing(self) -> None:
        client = Client()
        answer = client.post("/language", {"language": "es", "next": "https://elsewhere.example/"})
        assert answer["Location"] == "/"
        other_client = Client()
        other_client.get("/language", {"language": "es"})
        assert settings.LANGUAGE_COOKIE_NAME not in other_client.cookies

    def test_what_is_stored_is_english_whoever_asked(self) -> None:
        client = Client()
        client.force_login(a_person(Role.OPERATOR))
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
        run = a_run()
        assert client.post(f"/runs/{run.number}/cancel").status_code == 302
        client.post(f"/districts/{run.district.suffix}/plan")
        messages = list(run.district.audit_events.values_list("message", flat=True))
        assert f"Plan only run #{Run.objects.latest('id').number} was requested for {run.district.name}." in messages
        assert any(message.endswith("canceled.") for message in messages)
        assert Run.objects.latest("id").reason == "Asked for in the console"

    def test_what_the_specification_refuses_is_read_in_it_by_who_registers(self) -> None:
        client = Client(headers={"accept-language": "es"})
        client.force_login(a_person(Role.OPERATOR))
        wrong = {"slug": "Not A Slug", "cidr": "10.0.0.0/30", "alarm_emails": "nobody"}
        page = squeezed(
            client.post("/districts/new", typed(account_id=an_account().account_id, **wrong)).content.decode()
        )
        for sentence in (
            "Use de 2 a 15 minúsculas, dígitos y guiones sueltos, con una letra al principio.",
            "Use una red de entre /16 y /22, como 10.0.4.0/22.",
            "&#x27;nobody&#x27; no es una dirección de correo; escríbala como nombre@example.org.",
        ):
            assert sentence in page


class TestNumbersAndDays:
    def test_numbers_are_written_as_in_the_united_states(self) -> None:
        for language in ("en", "es"):
            with translation.override(language):
                assert formats.number_format(Decimal("1234567.5"), force_grouping=True) == "1,234,567.5"

    def test_days_are_written_in_the_reader_s_language(self) -> None:
        with translation.override("es"):
            assert formats.date_format(NOW) == "9 de marzo de 2026"
            assert relative(NOW - timedelta(days=3), NOW) == "hace 3 d"
            assert relative(NOW - timedelta(days=60), NOW) == "8 ene 2026"
            assert relative(NOW - timedelta(hours=3), NOW) == "hace 3 h"
        with translation.override("en"):
            assert formats.date_format(NOW) == "March 9, 2026"
            assert relative(NOW - timedelta(days=3), NOW) == "3 d ago"
            assert relative(NOW - timedelta(days=60), NOW) == "08 Jan 2026"

    @pytest.mark.parametrize(("number", "told"), [(0, "0 recursos"), (1, "1 recurso"), (2, "2 recursos")])
    def test_a_number_decides_the_form(self, number: int, told: str) -> None:
        page = Template(
            "{% load i18n %}{% blocktranslate count n=number %}{{ n }} resource{% plural %}{{ n }} resources"
            "{% endblocktranslate %}"
        )
        with translation.override("es"):
            assert page.render(Context({"number": number})) == told


def texts_of(form: type[forms.Form]) -> list[tuple[str, Any]]:
    """Return every text that a form has of its own, with where it stands."""
    texts: list[tuple[str, Any]] = []
    for name, field in form.base_fields.items():
        if not field.widget.is_hidden:
            texts += [(f"{name}'s label", field.label), (f"{name}'s help", field.help_text)]
        texts += [(f"{name}'s error {code}", text) for code, text in field.error_messages.items()]
        choices = getattr(field, "choices", ())
        # Choices that are made when they are asked for are made in the reader's language.
        if isinstance(choices, list):
            texts += [(f"{name}'s choice {value}", word) for value, word in choices]
    return texts + [("a group", title) for title, _ in getattr(form, "GROUPS", ())]


@pytest.mark.parametrize("form", FORMS)
def test_a_form_decides_its_language_when_it_is_read(form: type[forms.Form]) -> None:
    """Text that was translated when the module was loaded would be English for everybody."""
    for where, text in texts_of(form):
        is_data = "choice" in where and where.endswith(f" {text}")
        assert isinstance(text, Promise) or text in ("", "—") or is_data, f"{where} is fixed: {text!r}"


def test_spanish_titles_fit_the_drawing_s_boxes() -> None:
    with translation.override("es"):
        for stack in GOLDEN:
            drawn = draw({address: Known("#", PartState.EXISTS) for address in addresses(stack)})
            assert drawn is not None
            for box in drawn.boxes:
                assert len(box.title) * 7 <= box.width, box.title
        assert len({str(title) for _, title, _, _ in PARTS}) == len(PARTS)
        assert {place.label for place in Place} != {place.value for place in Place}
