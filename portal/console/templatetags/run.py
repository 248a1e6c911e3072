"""What templates of a run's pages need to show a change, a line of the log and an environment. Decides nothing."""

from __future__ import annotations

from datetime import datetime

from django import template

from infra.spec import Environment
from portal.console.action_words import ActionWord
from portal.console.templatetags.console import span

register = template.Library()


@register.filter
def action_word(action: str) -> ActionWord:
    """Return an action of a plan with its word, icon and tone."""
    return ActionWord(action)


@register.filter
def environment_tone(environment: str) -> str:
    """Return the colour of an environment's tag: production stands out."""
    return {Environment.PRODUCTION.value: "production", Environment.STAGING.value: "staging"}.get(
        environment, "sandbox"
    )


@register.simple_tag
def since_start(moment: datetime, start: datetime | None) -> str:
    """Write how long after the run's start a line was written: "+6 min 10 s"; nothing before it."""
    if start is None or moment < start:
        return ""
    return f"+{span((moment - start).total_seconds())}"
