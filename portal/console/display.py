"""How a person wants pages to be shown: theme and density, kept in the browser alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Choice:
    """One thing to choose, with its values; the empty one is where nothing was chosen."""

    name: str
    title: str | Promise
    words: Mapping[str, str | Promise]

    @property
    def cookie(self) -> str:
        """Where the browser keeps it."""
        return f"homeroom-{self.name}"


THEMES = Choice("theme", _("Theme"), {"": _("System theme"), "light": _("Light"), "dark": _("Dark")})
DENSITIES = Choice("density", _("Density"), {"": _("Comfortable"), "compact": _("Compact")})
CHOICES = {choice.name: choice for choice in (THEMES, DENSITIES)}


def chosen(request: HttpRequest, choice: Choice) -> str:
    """Return the value that the browser sends along; the empty one for what is no value."""
    value = request.COOKIES.get(choice.cookie, "")
    return value if value in choice.words else ""


def keep(response: HttpResponse, choice: Choice, value: str) -> None:
    """Have the browser keep a value for a year; raises KeyError for what is none."""
    choice.words[value]
    response.set_cookie(
        choice.cookie,
        value,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.BEHIND_TLS,
        httponly=True,
        samesite="Lax",
    )
