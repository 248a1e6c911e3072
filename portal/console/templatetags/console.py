"""What templates need to show a state, a time or a role. Decides nothing; reads who may do what, and no other table."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, pgettext

from portal.console.aws_console import console_url
from portal.console.badges import badge_of
from portal.console.district_fields import REQUIRED_IN_PRODUCTION
from portal.console.doors import may_here, rights_here
from portal.console.pages.fleet.page import Past
from portal.sign_in.reauthentication import typed_before
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run, StackResource
from provisioning.notices.runbooks import Runbook, runbook
from provisioning.runs.duration_estimates import Range
from provisioning.runs.second_person import second_person_problem
from provisioning.states.runs import CheckOutcome, RunKind, RunState, outcome
from registry.accounts.acts import Act, lowest
from registry.accounts.models import User
from registry.accounts.people import administrator_names
from registry.audit.actions import AuditAction
from registry.districts.models import District
from registry.labels import LabeledEnum
from registry.messages.translation import translated as in_readers_language
from registry.messages.translation import translated_term, translated_word

register = template.Library()

NUMBER = 999
"""Stands for a run's number in an address."""
ASKED = 3
"""So many administrators are named to whom nothing is allowed."""
MINUTE, HOUR, DAY, MONTH = 60, 3600, 86400, 30 * 86400
STEPS = ((MINUTE, 1), (HOUR, MINUTE), (DAY, HOUR), (MONTH, DAY))
"""Up to so many seconds a moment is told in units of so many; in the words of `ages`."""


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw one shape of the sprite; it is decoration, the word beside it speaks."""
    return _icon(name, static("console/icons.svg"))


@cache
def _icon(name: str, sprite: str) -> SafeString:
    return format_html(
        '<svg class="icon icon-{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>', name, sprite, name
    )


@register.simple_tag(name="runbook")
def runbook_of(section: str) -> Runbook:
    """Return where a section of the runbooks stands."""
    return runbook(section)


@register.simple_tag
def badge(state: LabeledEnum, count: int = 1) -> SafeString:
    """Draw a state of any enumeration: its word, its icon and its tone; its title says what it means.

    Of a state that nothing is in (`count` is 0) nothing wants an act: it is drawn without a colour.
    """
    # Members of two enumerations may be equal as text: the type tells them apart.
    return _badge(type(state), state, static("console/icons.svg"), get_language(), is_empty=not count)


@register.filter
def tone(state: LabeledEnum) -> str:
    """Return the tone of a state, for a drawing that has no badge."""
    return badge_of(state).tone


@register.simple_tag
def run_badge(run: Run, exposing: Collection[int] = ()) -> SafeString:
    """Draw what a run came to; `exposing` are the numbers of checks that found an exposure."""
    return badge(outcome(run.kind_badge, run.state_badge, is_exposing=run.number in exposing))


@cache
def _badge(
    kind: type[LabeledEnum], state: LabeledEnum, sprite: str, language: str | None, *, is_empty: bool
) -> SafeString:
    """Draw a badge once for each language: a page of the fleet has hundreds."""
    look = badge_of(state)
    acts = " acts" if look.acts and not is_empty else ""
    tone = "neutral" if is_empty else look.tone
    return format_html(
        '<span class="state{} tint-{}" title="{}">{}{}</span>',
        *(acts, tone, look.meaning, _icon(look.icon, sprite), state.label),
    )


@cache
def _run_label(kind: RunKind, end: RunState | CheckOutcome, language: str | None) -> str:
    return f"{kind.label}: {end.label}"


@register.simple_tag
def past_runs(past: Sequence[Past]) -> SafeString:
    """Draw a district's last runs, the newest last; nothing where it has none."""
    if not past:
        return SafeString()
    sprite, language = static("console/icons.svg"), get_language()
    # Of five hundred addresses on a page all but the number is the same.
    before, _, after = reverse("console:run", args=[NUMBER]).partition(str(NUMBER))
    parts = format_html_join(
        "",
        '<li><a href="{}{}{}" class="tint-{}" id="past-{}" title="#{} {}">{}'
        '<span class="visually-hidden">#{} {}</span></a></li>',
        (
            (before, number, after, look.tone, number, number, label, _icon(look.icon, sprite), number, label)
            for run in past
            for look in [badge_of(run.end)]
            for number, label in [(run.number, _run_label(run.kind, run.end, language))]
        ),
    )
    return format_html('<ul class="past" aria-label="{}">{}</ul>', gettext("Last runs, newest last"), parts)


def span(seconds: float) -> str:
    """Write a length of time as people read it: "6 min 10 s"."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def relative(moment: datetime, now: datetime) -> str:
    """Write a moment relative to now, coarsely; its day in UTC where it is 30 days away and more."""
    words = ages(get_language(), is_past=moment <= now)
    seconds = abs((now - moment).total_seconds())
    for word, (limit, unit) in zip(words, STEPS, strict=False):
        if seconds < limit:
            return word % {"number": int(seconds // unit)}
    return words[-1] % {"day": date_format(moment, pgettext("how a day is written", "d M Y"))}


@register.simple_tag
def when(moment: datetime | None) -> SafeString | str:
    """Show a moment relative to now, with the exact one in its title."""
    if moment is None:
        return ""
    exact = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    now = timezone.now()
    is_past = moment <= now
    return format_html(
        '<time datetime="{}" title="{}" data-{}="{}">{}</time>',
        moment.isoformat(),
        exact,
        "ago" if is_past else "ahead",
        "|".join(ages(get_language(), is_past=is_past)),
        relative(moment, now),
    )


@cache
def ages(language: str | None, *, is_past: bool) -> tuple[str, ...]:
    """Return the words of `relative` from near to far, with which the script lets a time age while its page is open."""
    if is_past:
        near = gettext("just now"), gettext("%(number)s min ago"), gettext("%(number)s h ago")
        return *near, gettext("%(number)s d ago"), "%(day)s"
    near = gettext("in a moment"), gettext("in %(number)s min"), gettext("in %(number)s h")
    return *near, gettext("in %(number)s d"), gettext("on %(day)s")


@register.simple_tag
def at(moment: datetime | None) -> SafeString | str:
    """Show a moment in full with what it is relative to now beside it; scripts write it in the reader's time zone."""
    if moment is None:
        return ""
    full = date_format(moment, pgettext("how a moment is written", "d M Y, H:i"))
    return format_html(
        '<time datetime="{}"><span class="nowrap" data-at="{}">{} UTC</span> '
        '<span class="quiet small">{}</span></time>',
        moment.isoformat(),
        moment.isoformat(),
        full,
        relative(moment, timezone.now()),
    )


@register.simple_tag
def lasted(started: datetime | None, finished: datetime | None) -> SafeString | str:
    """Show how long something took; while it goes on, the script lets it tick."""
    if started is None:
        return ""
    if finished is not None:
        return span((finished - started).total_seconds())
    text = span((timezone.now() - started).total_seconds())
    return format_html('<span data-since="{}">{}</span>', started.isoformat(), text)


@register.filter
def translated(text: Any) -> Any:
    """Show a message in the reader's language; text that is none as it is."""
    return in_readers_language(text)


@register.filter
def term(text: Any) -> Any:
    """Show the name of something out of a table (a tier, a check, a size) in the reader's language."""
    return translated_term(str(text))


@register.filter
def word(text: Any) -> Any:
    """Show a word that is stored alone, such as an environment's, in the reader's language."""
    return translated_word(text)


@register.simple_tag
def aws_console(resource: StackResource, district: District) -> str:
    """Return the address of a resource in AWS's own console; empty where none leads to it."""
    return console_url(resource.type, resource.provider_id, resource.arn, district.region)


@register.filter
def moment(text: Any) -> datetime | None:
    """Read a moment that is stored as text; None for anything else."""
    return parse_datetime(text) if isinstance(text, str) else None


@register.filter
def is_required_in_production(name: str) -> bool:
    """Return whether a form's field, by its name, may be empty elsewhere and not in production."""
    return name in REQUIRED_IN_PRODUCTION


@register.filter
def took(length: timedelta | None) -> str:
    """Write a length of time."""
    return "" if length is None else span(length.total_seconds())


@register.filter
def usual(length: Range | None) -> str:
    """Write a range of seconds as people say it: "8 to 9 min", "40 to 55 s", "about 3 min"."""
    if length is None:
        return ""
    low, high, unit = length.low, length.high, "s"
    if high >= 2 * MINUTE:
        low, high, unit = low / MINUTE, high / MINUTE, "min"
    first, last = max(round(low), 1), max(round(high), 1)
    if first >= last:
        return gettext("about %(number)s %(unit)s") % {"number": last, "unit": unit}
    return gettext("%(first)s to %(last)s %(unit)s") % {"first": first, "last": last, "unit": unit}


@register.filter
def seconds(count: float) -> str:
    """Write a length of time that is a number of seconds."""
    return span(count)


@register.filter
def pretty(value: Any) -> str:
    """Write JSON data on several lines, its keys in order."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, default=str)


@register.filter
def act_words(action: str) -> str:
    """Write an act of the audit record in words; one that is no longer known as it is stored."""
    return AuditAction(action).label if action in set(AuditAction) else action


@register.filter
def shown(value: Any) -> str:
    """Write an output's value: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


@register.filter
def role_label(user: Any) -> str:
    """Name the person's role."""
    role = rights_here(user).role if isinstance(user, User) else None
    return gettext("no role yet") if role is None else role.label


@register.filter
def may(user: Any, act: str) -> bool:
    """Return whether to offer an act, by its name in the table of acts; the services decide for themselves."""
    return may_here(user, Act(act))


@register.simple_tag(takes_context=True)
def typed(context: template.Context, action: str, name: str) -> str:
    """Return what was typed into a field of the form of this address, before its person had to sign in again."""
    request = context.get("request")
    return typed_before(request, action).get(name, "") if request is not None else ""


@register.filter
def least_role(act: str) -> str:
    """Return the role to ask for, for who lacks an act: the least that lets it through."""
    return lowest(Act(act)).label


@register.filter
def may_somewhere(user: Any, act: str) -> bool:
    """Return whether to offer an act of which no district is chosen yet."""
    return isinstance(user, User) and rights_here(user).somewhere(Act(act))


@register.simple_tag
def administrators() -> list[str]:
    """Return the names of some people who give roles."""
    return administrator_names(ASKED)


@register.simple_tag
def second_person(run: Run, user: User) -> ServiceRefusedError | None:
    """Return why this person may not approve the run's plan, with its remedy; None where they may."""
    return second_person_problem(run, user)


@register.filter
def may_operate(user: Any) -> bool:
    """Return whether to offer what operators may do; the services decide for themselves."""
    return may_here(user, Act.OPERATE)
