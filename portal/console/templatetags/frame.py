"""What the frame of a page asks for: its navigation, its trail, and how the person wants it shown."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import RequestContext

from portal.console.approvals_page import count_for
from portal.console.display import DENSITIES, THEMES, chosen
from portal.console.frame import Crumb, Link, navigation, trail
from portal.console.templatetags.console import held_role
from registry.accounts.models import User

register = template.Library()


def _view(context: RequestContext) -> tuple[str, dict[str, Any]]:
    match = getattr(getattr(context, "request", None), "resolver_match", None)
    return (match.url_name or "", match.kwargs) if match is not None else ("", {})


@register.simple_tag(takes_context=True)
def sections(context: RequestContext) -> list[Link]:
    """Return the navigation's lines."""
    user = getattr(getattr(context, "request", None), "user", None)
    counts = {"approvals": count_for(user)} if isinstance(user, User) and held_role(user) is not None else {}
    return navigation(_view(context)[0], counts)


@register.simple_tag(takes_context=True)
def crumbs(context: RequestContext) -> list[Crumb]:
    """Return the way to this page; nothing where it is an error's."""
    view, kwargs = _view(context)
    return trail(view, kwargs, district=str(getattr(context.get("district"), "name", "")))


@register.simple_tag(takes_context=True)
def display_classes(context: RequestContext) -> str:
    """Return the classes of the document that say which theme and density the person has chosen."""
    request = getattr(context, "request", None)
    if request is None:
        return ""
    return " ".join(f"is-{value}" for value in (chosen(request, THEMES), chosen(request, DENSITIES)) if value)


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
