"""Where the portal's texts are: templates, calls of gettext, enumerations, models, sentences of other rooms."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from babel.messages.extract import DEFAULT_KEYWORDS, extract
from django.utils.translation.template import templatize

from devtools.messages.sentences import sentences
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
from portal import model_names
from portal.console.pages.district.diagram import Place
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.badges import Badge
from registry.districts.changes import EDITABLE
from registry.districts.registration import DEFAULT_REGION
from registry.texts import CONTEXT, WORDS

TRANSLATING = ("portal", "provisioning", "registry")
"""Rooms that call gettext themselves."""

SPEAKING = (
    "infra/cost.py",
    "registry/accounts",
    "registry/audit",
    "registry/districts",
    "registry/outbound",
    "provisioning",
    "engine",
    "portal/sign_in",
    "infra/spec.py",
    "infra/spec_errors.py",
)
"""Rooms whose sentences pages show, and that say them in English."""

EDGE = ("portal/console", "portal/admin/districts.py", "portal/admin/accounts.py", "portal/admin/provisioning.py")
"""The pages themselves: only what they store there is English."""

STORED = frozenset({"reason", "message"})

SILENT = (
    *("engine/kinds", "engine/known_errors", "engine/terraform/drift.py", "engine/terraform/exposure.py"),
    *("engine/terraform/document_lines.py", "engine/adoption/document.py"),
    *(
        "provisioning/aws_kinds.py",
        "engine/aws/quotas.py",
        "provisioning/states/runs.py",
        "provisioning/states/rollouts.py",
    ),
    *(
        "provisioning/models/cost.py",
        "provisioning/models/notice.py",
        "provisioning/models/evidence.py",
        "provisioning/evidence/anchors.py",
        "provisioning/evidence/controls.py",
        "provisioning/evidence/ocsf.py",
        "provisioning/evidence/push.py",
        "provisioning/evidence/verifying.py",
        "provisioning/models/run.py",
        "provisioning/models/stack.py",
        "provisioning/terraform_state/reconciliation.py",
        "registry/districts/models.py",
        "registry/audit/models.py",
    ),
    *("registry/districts/statuses.py", "registry/audit/actions.py", "registry/districts/fields.py"),
    "registry/districts/time_zones.py",
)
"""What of these is read by programmers and operators of the machine only, or is an enumeration: see `words`."""

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


@dataclass(frozen=True, order=True)
class Text:
    """A text as the catalogue knows it: its context, and the plural where a number decides."""

    context: str
    text: str
    plural: str = ""


def texts() -> set[Text]:
    """Return every text of the portal; Django has to be set up."""
    return {*_calls(), *_templates(), *_words(), *_models(), *_sentences()}


def _calls() -> Iterator[Text]:
    for path in _python(TRANSLATING):
        yield from _found(path.read_bytes())


def _templates() -> Iterator[Text]:
    for path in sorted((ROOT / "portal").rglob("*.html")):
        calls = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        # It keeps a template's indentation, which is none of Python's.
        yield from _found("\n".join(line.strip() for line in calls.splitlines()).encode())


def _found(source: bytes) -> Iterator[Text]:
    for _, message, _, context in extract("python", io.BytesIO(source), keywords=KEYWORDS):
        if isinstance(message, tuple):
            yield Text(context or "", message[0], message[1])
        else:
            yield Text(context or "", message)


def _words() -> Iterator[Text]:
    for kind in sorted(Badge.__subclasses__(), key=lambda each: each.__name__):
        yield from (Text(kind.__name__, member.word) for member in kind)
    yield from (Text("AuditAction", act.words) for act in AuditAction)
    yield from (Text("Role", role.value) for role in Role)
    yield from (Text("Place", place.value) for place in Place)
    yield from (Text("word", word) for word in WORDS)
    yield from (Text(CONTEXT, row.label) for row in SIZES.values())
    yield from (Text(CONTEXT, row.enrolment) for row in SIZES.values())
    yield from (Text("", field.label) for field in ROWS if field.is_asked)
    for field in ROWS:
        yield from (Text("", text) for text in (field.hint, field.question_hint) if text)
    for name in EDITABLE.values():
        yield from (Text(CONTEXT, name), Text(CONTEXT, f"{name}: {{value}}"))
    yield from (Text(CONTEXT, kind.name) for kind in KINDS.values())
    yield from (Text(CONTEXT, name) for name in (IDENTITY, *CHECKS))
    yield from (Text(CONTEXT, text) for text in _costs())
    for aws_kind in AWS_KINDS:
        note = FORMAT.sub("", aws_kind.lingering.note) if aws_kind.lingering else ""
        yield from (Text(CONTEXT, text) for text in (aws_kind.loss, aws_kind.holds, note) if text)
        yield from (Text("", box.title) for box in aws_kind.boxes)
        yield from (Text("", flow.sentence) for flow in aws_kind.flows)
    for hint in CATALOGUE:
        yield from (Text(CONTEXT, hint.summary), Text(CONTEXT, hint.remedy))


def _costs() -> set[str]:
    """Return what a preview says of costs and names, but for the line that names a cache's engine: a sentence."""
    found = {*NOT_COUNTED, *(what for what, _ in names("a-sbx", "0" * 12))}
    for environment, egress in product(Environment, Egress):
        wish = Wish(environment=environment, egress=egress, has_image=True)
        lines = estimate({"resource": outline(wish)}, load_prices(), DEFAULT_REGION).lines
        found |= {line.kind for line in lines if not line.kind.startswith("ElastiCache")}
        found |= {line.note for line in lines if line.note}
    return found | set(TIERS)


def _models() -> Iterator[Text]:
    yield from (Text(model_names.CONTEXT, name) for name in model_names.NAMES)


def _sentences() -> Iterator[Text]:
    said = [path for path in _python(SPEAKING) if not _is_below(path, (*SILENT, *EDGE))]
    yield from (Text(CONTEXT, text) for text in sentences(said))
    yield from (Text(CONTEXT, text) for text in sentences(_python(EDGE), only=STORED))


def _python(places: Iterable[str]) -> list[Path]:
    found = [path for place in places for path in (sorted((ROOT / place).rglob("*.py")) or [ROOT / place])]
    return [path for path in found if not {"migrations", "management"} & set(path.parts)]


def _is_below(path: Path, places: Iterable[str]) -> bool:
    return any(path.is_relative_to(ROOT / place) for place in places)
