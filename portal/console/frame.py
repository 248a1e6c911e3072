"""What stands around every page: the sections of the navigation, and the trail that says where a page is. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from registry.accounts.acts import Act


@dataclass(frozen=True)
class Section:
    """A line of the navigation."""

    key: str
    label: str | Promise
    view: str
    """The name of its address."""
    icon: str
    letter: str
    """What goes there after `g`."""


SECTIONS = (
    Section("overview", _("Overview"), "console:overview", "gauge", "h"),
    Section("districts", _("Districts"), "console:fleet", "building", "f"),
    Section("runs", _("Runs"), "console:runs", "play", "u"),
    Section("approvals", _("Approvals"), "console:approvals", "hand", "p"),
    Section("rollouts", _("Rollouts"), "console:rollouts", "rocket", "o"),
    Section("drift", _("Drift"), "console:drift", "drift", "d"),
    Section("audit", _("Audit"), "console:audit", "list", "a"),
    Section("settings", _("Settings"), "console:system", "settings", "s"),
)
BY_KEY = {section.key: section for section in SECTIONS}


PARTS: Mapping[str, Mapping[str, Act]] = {
    "settings": {
        "system": Act.SEE,
        "aws-accounts": Act.ADMINISTER,
        "people": Act.REVIEW,
        "roles": Act.SEE,
        "services": Act.ADMINISTER,
        "notices": Act.ADMINISTER,
        "calendar": Act.SEE,
        "tokens": Act.SEE,
    }
}
"""Of a section that has several pages those that stand as lines below it, and who may see each.

The section's own address is that of its first page, which everybody sees."""

PLACES: Mapping[str, tuple[str, str | Promise]] = {
    "overview": ("overview", ""),
    "fleet": ("districts", ""),
    "register": ("districts", _("Register a district")),
    "bulk": ("districts", _("Register by file")),
    "bulk-progress": ("districts", _("Register by file")),
    "district": ("districts", ""),
    "district-resources": ("districts", _("Resources")),
    "district-runs": ("districts", _("Runs")),
    "district-drift": ("districts", _("Drift")),
    "district-settings": ("districts", _("Settings")),
    "district-audit": ("districts", _("Audit")),
    "district-danger": ("districts", _("Danger zone")),
    "teardown": ("districts", _("Tear down")),
    "certificate": ("districts", _("Certificate of removal")),
    "district-lifetime": ("districts", _("Lifetime")),
    "district-contract": ("districts", _("Contract")),
    "district-time-zone": ("districts", _("Time zone")),
    "calendar": ("settings", _("Calendar")),
    "freeze-new": ("settings", _("Add freeze")),
    "window-new": ("settings", _("Add window")),
    "runs": ("runs", ""),
    "run": ("runs", ""),
    "run-force-stop": ("runs", _("Force stop")),
    "run-state": ("runs", _("State and lock")),
    "approvals": ("approvals", ""),
    "drift": ("drift", ""),
    "rollouts": ("rollouts", ""),
    "rollout-new": ("rollouts", _("Start a rollout")),
    "rollout": ("rollouts", ""),
    "audit": ("audit", ""),
    "system": ("settings", _("System")),
    "preflight": ("settings", _("Preflight")),
    "run-lines": ("runs", _("Log")),
    "run-activity": ("runs", _("Activity")),
    "run-resources": ("runs", _("Resources")),
    "run-changes": ("runs", _("Changes")),
    "inbox": ("", _("Inbox")),
    "notices": ("settings", _("Notices")),
    "notice-new": ("settings", _("New endpoint")),
    "notice-endpoint": ("settings", _("Endpoint")),
    "people": ("settings", _("People")),
    "person-new": ("settings", _("Invite a person")),
    "person": ("settings", _("Person")),
    "grant-new": ("settings", _("Grant a role")),
    "roles": ("settings", _("Roles")),
    "services": ("settings", _("Service accounts")),
    "aws-accounts": ("settings", _("AWS accounts")),
    "aws-account-new": ("settings", _("Add an AWS account")),
    "aws-account": ("settings", _("AWS account")),
    "evidence": ("audit", _("Evidence")),
    "tokens": ("settings", _("API tokens")),
    "device": ("", _("Sign in a program")),
    "search": ("", _("Search")),
    "legend": ("", _("Statuses and shortcuts")),
    "design": ("", _("Design")),
    "account": ("", _("Account")),
    "account-password": ("", _("Password")),
    "sign-in-again": ("", _("Sign in again")),
}
"""Of each page by the name of its address: its section, and what it is called within; empty where it is the section."""

WITHIN: Mapping[str, str] = {
    **dict.fromkeys(("aws-account", "aws-account-new"), "aws-accounts"),
    **dict.fromkeys(("person", "person-new", "grant-new", "services"), "people"),
    **dict.fromkeys(("notice-new", "notice-endpoint"), "notices"),
    **dict.fromkeys(("freeze-new", "window-new"), "calendar"),
    "preflight": "system",
}
"""Pages that stand behind a list which is itself behind a section."""


@dataclass(frozen=True)
class Crumb:
    """A step of the trail; the last one leads nowhere."""

    label: str
    href: str = ""


@dataclass(frozen=True)
class PartLink:
    """A page of the section that the reader is in."""

    label: str | Promise
    view: str
    is_current: bool


@dataclass(frozen=True)
class Link:
    """A section as the navigation of one page shows it: its own pages below it where the reader is in it."""

    section: Section
    is_current: bool
    count: int = 0
    parts: tuple[PartLink, ...] = ()


def navigation(view: str, counts: Mapping[str, int], may: Callable[[Act], bool]) -> list[Link]:
    """Return the sections, that of the page marked, some with how much waits there; `may` says what is offered."""
    current = PLACES.get(view, ("", ""))[0]
    own = PARTS.get(current, {})
    page = view if view in own else WITHIN.get(view, "")
    parts = tuple(PartLink(PLACES[name][1], name, name == page) for name, act in own.items() if may(act))
    return [
        Link(section, section.key == current, counts.get(section.key, 0), parts if section.key == current else ())
        for section in SECTIONS
    ]


def trail(view: str, kwargs: Mapping[str, Any], *, district: str = "") -> list[Crumb]:
    """Return the way to a page: its section, the thing that it is about, and what of it is shown.

    `view` is the name of its address and `kwargs` what is caught from it; `district` is the name of the district that
    the page is about, where it is known.
    """
    section, own = PLACES.get(view, ("", ""))
    crumbs = []
    if section:
        crumbs.append(Crumb(str(BY_KEY[section].label), reverse(BY_KEY[section].view)))
        if parent := WITHIN.get(view):
            crumbs.append(Crumb(str(PLACES[parent][1]), reverse(f"console:{parent}")))
    elif view.startswith("mfa_"):
        crumbs += [Crumb(gettext("Account"), reverse("console:account")), Crumb(gettext("Second factor"))]
    elif view == "account-password":
        crumbs.append(Crumb(gettext("Account"), reverse("console:account")))
    if suffix := str(kwargs.get("suffix", "")):
        crumbs.append(Crumb(district or suffix, reverse("console:district", args=[suffix])))
    number = kwargs.get("number")
    if number is not None and view.startswith("run"):
        crumbs.append(_of(pgettext("a step of the trail", "Run #%(number)s"), number, "run"))
    if number is not None and view == "rollout":
        crumbs.append(_of(pgettext("a step of the trail", "Rollout #%(number)s"), number, "rollout"))
    if own:
        crumbs.append(Crumb(str(own)))
    return crumbs


def _of(words: str, number: object, view: str) -> Crumb:
    # A run is a part of its rollout, never a rollout of a run: the addresses tell them apart.
    return Crumb(words % {"number": number}, reverse(f"console:{view}", args=[number]))
