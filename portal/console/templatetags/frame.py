"""What the frame of a page asks for: its navigation, its trail, and how the person wants it shown."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import RequestContext
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.console.display import DENSITIES, THEMES, chosen
from portal.console.doors import rights_here
from portal.console.frame import Crumb, Link, navigation, trail
from portal.console.pages.approvals.page import count_here
from portal.reach import Within
from registry.accounts.models import User

register = template.Library()


def _view(context: RequestContext) -> tuple[str, dict[str, Any]]:
    match = getattr(getattr(context, "request", None), "resolver_match", None)
    return (match.url_name or "", match.kwargs) if match is not None else ("", {})


@register.simple_tag(takes_context=True)
def sections(context: RequestContext) -> list[Link]:
    """Return the navigation's lines."""
    user = getattr(getattr(context, "request", None), "user", None)
    if not isinstance(user, User):
        return navigation(_view(context)[0], {}, lambda act: False)
    rights = rights_here(user)
    return navigation(_view(context)[0], {"approvals": count_here(user, Within(rights))}, rights.somewhere)


@register.simple_tag(takes_context=True)
def crumbs(context: RequestContext) -> list[Crumb]:
    """Return the way to this page; nothing where it is an error's."""
    view, kwargs = _view(context)
    return trail(view, kwargs, district=str(getattr(context.get("district"), "name", "")))


@register.simple_tag(takes_context=True)
def display_classes(context: RequestContext) -> SafeString:
    """Return the attribute of the document that says which theme and density the person has chosen, if any."""
    request = getattr(context, "request", None)
    if request is None:
        return SafeString("")
    classes = " ".join(f"is-{value}" for value in (chosen(request, THEMES), chosen(request, DENSITIES)) if value)
    return format_html(' class="{}"', classes) if classes else SafeString("")


@register.simple_tag(takes_context=True)
def display_choices(context: RequestContext) -> list[tuple[str, Any, list[tuple[str, Any, bool]]]]:
    """Return each choice of the display: its name, its title, and its values with word and whether it is chosen."""
    request = getattr(context, "request", None)
    if request is None:
        return []
    return [
        (kind.name, kind.title, [(value, word, value == chosen(request, kind)) for value, word in kind.words.items()])
        for kind in (THEMES, DENSITIES)
    ]
