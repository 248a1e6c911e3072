"""Where the portal's texts are: templates, calls of gettext, messages, enumerations and tables, models."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from babel.messages.extract import DEFAULT_KEYWORDS, extract
from django.utils.translation.template import templatize

from devtools.paths import ROOT
from engine.aws.quotas import KINDS
from engine.kinds import ROWS as AWS_KINDS
from engine.known_errors.catalogue import CATALOGUE
from engine.preflight.access import IDENTITY
from engine.preflight.checks import CHECKS
from infra.cost import NOT_COUNTED, estimate, load_prices
from infra.fields import ROWS
from infra.outline import TIERS, Wish, names, outline
from infra.sizes import SIZES
from infra.spec import Egress, Environment
from messages.message import SAID
from portal import model_names
from portal.console.pages.district.diagram import Place
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.districts.changes import EDITABLE
from registry.districts.registration import DEFAULT_REGION
from registry.labels import LabeledEnum
from registry.messages.words import WORDS

TRANSLATING = ("portal", "provisioning", "registry")
"""Rooms that call gettext themselves."""

SPEAKING = ("engine", "infra", "portal", "provisioning", "registry")
"""Rooms that say messages (`messages.message`)."""

FORMAT = re.compile(r":[^{}]*(?=\})")
"""How a value is written, behind its name."""

KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

MESSAGES: dict[str, Any] = {"message": None}
"""The call that makes a message: its first argument is the text."""


@dataclass(frozen=True, order=True)
class Text:
    """A text as the catalogue knows it: its context, and the plural where a number decides."""

    context: str
    text: str
    plural: str = ""


def texts() -> set[Text]:
    """Return every text of the portal; Django has to be set up."""
    return {*_calls(), *_templates(), *_words(), *_models(), *_messages()}


def _calls() -> Iterator[Text]:
    for path in _python(TRANSLATING):
        yield from _extracted(path.read_bytes())


def _templates() -> Iterator[Text]:
    for path in sorted((ROOT / "portal").rglob("*.html")):
        calls = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        # It keeps a template's indentation, which is none of Python's.
        yield from _extracted("\n".join(line.strip() for line in calls.splitlines()).encode())


def _extracted(source: bytes, keywords: Mapping[str, Any] = KEYWORDS) -> Iterator[Text]:
    # To read a source token by token takes a hundred times as long as to see that it calls none of these.
    if not re.search(rb"\b(?:%s)\s*\(" % b"|".join(name.encode() for name in keywords), source):
        return
    for _, message, _, context in extract("python", io.BytesIO(source), keywords=keywords):
        if isinstance(message, tuple):
            yield Text(context or "", message[0], message[1])
        else:
            yield Text(context or "", message)


def _words() -> Iterator[Text]:
    for kind in sorted(LabeledEnum.__subclasses__(), key=lambda states: states.__name__):
        yield from (Text(kind.__name__, member.word) for member in kind)
    yield from (Text("AuditAction", act.words) for act in AuditAction)
    yield from (Text("Role", role.value) for role in Role)
    yield from (Text("Place", place.value) for place in Place)
    yield from (Text("word", word) for word in WORDS)
    yield from (Text(SAID, row.label) for row in SIZES.values())
    yield from (Text(SAID, row.enrolment) for row in SIZES.values())
    yield from (Text("", field.label) for field in ROWS if field.is_asked)
    for field in ROWS:
        yield from (Text("", text) for text in (field.hint, field.question_hint) if text)
    for name in EDITABLE.values():
        yield Text(SAID, name)
    yield from (Text(SAID, kind.name) for kind in KINDS.values())
    yield from (Text(SAID, name) for name in (IDENTITY, *CHECKS))
    yield from (Text(SAID, text) for text in _costs())
    for aws_kind in AWS_KINDS:
        note = FORMAT.sub("", aws_kind.lingering.note) if aws_kind.lingering else ""
        yield from (Text(SAID, text) for text in (aws_kind.loss, aws_kind.holds, note) if text)
        yield from (Text("", box.title) for box in aws_kind.boxes)
        yield from (Text("", flow.sentence) for flow in aws_kind.flows)
    for hint in CATALOGUE:
        yield from (Text(SAID, hint.summary), Text(SAID, hint.remedy))


def _costs() -> set[str]:
    """Return what a preview says of costs and names, but for the line that names a cache's engine: a sentence."""
    labels = {*NOT_COUNTED, *(what for what, _ in names("a-sbx", "0" * 12))}
    for environment, egress in product(Environment, Egress):
        wish = Wish(environment=environment, egress=egress, has_image=True)
        lines = estimate({"resource": outline(wish)}, load_prices(), DEFAULT_REGION).lines
        labels |= {line.kind for line in lines if not line.kind.startswith("ElastiCache")}
        labels |= {line.note for line in lines if line.note}
    return labels | set(TIERS)


def _models() -> Iterator[Text]:
    yield from (Text(model_names.CONTEXT, name) for name in model_names.NAMES)


def _messages() -> Iterator[Text]:
    for path in _python(SPEAKING):
        yield from (Text(SAID, entry.text) for entry in _extracted(path.read_bytes(), MESSAGES))


def _python(places: Iterable[str]) -> list[Path]:
    paths = [path for place in places for path in (sorted((ROOT / place).rglob("*.py")) or [ROOT / place])]
    return [path for path in paths if "migrations" not in path.parts]
