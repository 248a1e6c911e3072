"""What a plan changes, attribute by attribute and value by value, out of ``terraform show -json``.

Pure. No secret leaves this module (`engine.terraform.secret_values`); a long value is cut, with its length and its
digest, so that a change behind the cut is told all the same. A string that is a JSON document (policies) is told line
by line (`engine.terraform.document_lines`).
Source: Terraform, "JSON Output Format": change representation, `replace_paths`, `action_reason`, `importing`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from engine.terraform.command import NO_CHANGE, action_of
from engine.terraform.document_lines import Line, lines_between
from engine.terraform.redaction import WITHHELD, is_marked
from engine.terraform.secret_values import document, known_secrets, secret_mask
from messages.message import message

MOST_VALUES = 100
"""So many values are told of one change; how many there are beside these is counted."""
LONGEST = 400
"""So many characters are told of one value."""
LONGEST_PARTS = 4000
"""So many characters of an object or a list that is told as a whole: it is read as a tree."""
PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*")
STEP = re.compile(r'\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]')
ORDER = {"delete": 0, "replace": 1, "update": 2, "create": 3, "import": 4, "move": 5, "forget": 6}
"""What may lose something is told first."""

Steps = tuple[str | int, ...]


class _Absent(Enum):
    ABSENT = "absent"


ABSENT = _Absent.ABSENT
"""What is not there: an attribute that is null or missing, an element behind a list's end. A list's null is a value."""


@dataclass(frozen=True)
class Difference:
    """One value that differs, whole: where, what it was and is to be. Of a secret one neither is told."""

    steps: Steps
    before: Any = ABSENT
    after: Any = ABSENT
    later: bool = False
    """Nobody knows the value before the apply."""
    sensitive: bool = False


@dataclass(frozen=True)
class Text:
    """A value as JSON; of a long one the beginning, its length in characters and the beginning of its SHA-256."""

    text: str
    length: int = 0
    sha256: str = ""


@dataclass(frozen=True)
class ToldValue:
    """One value of a change as pages show it; without `before` there was none, without `after` there will be none."""

    path: str
    before: Text | None = None
    after: Text | None = None
    later: bool = False
    sensitive: bool = False
    forces: bool = False
    """It is why the resource is replaced."""
    lines: tuple[Line, ...] = ()
    """Of a JSON document: what goes, what comes and what stands around it, in place of `before` and `after`."""
    more_lines: int = 0
    """How many lines there are beside those."""


@dataclass(frozen=True)
class ToldChange:
    """One change of a plan: to which resource or output, why, and its values."""

    address: str
    type: str
    action: str
    reason: str = ""
    previous_address: str = ""
    import_id: str = ""
    forced_by: tuple[str, ...] = ()
    values: tuple[ToldValue, ...] = ()
    left_out: int = field(default=0)

    def as_data(self) -> dict[str, Any]:
        """Return the change as JSON data."""
        return json.loads(json.dumps(asdict(self)))  # type: ignore[no-any-return]


def told_changes(plan: Mapping[str, Any]) -> list[ToldChange]:
    """Return every change of a plan, those first that may lose something; moves, imports and outputs among them."""
    secrets = known_secrets(plan)
    changes = [
        told_change
        for resource_change in plan.get("resource_changes", [])
        if resource_change.get("mode", "managed") == "managed"
        and (told_change := _resource(resource_change, secrets)) is not None
    ]
    for name, change in plan.get("output_changes", {}).items():
        if set(change["actions"]) not in NO_CHANGE:
            changes.append(_change_of(f"output.{name}", "output", change, action_of(change["actions"]), secrets))
    return sorted(
        changes, key=lambda change: (ORDER.get(change.action, len(ORDER)), change.type == "output", change.address)
    )


def differences(
    before: Any, after: Any, unknown: Any = False, sensitive_before: Any = False, sensitive_after: Any = False
) -> list[Difference]:
    """Return the values of a tree that differ, by where they are; the masks are Terraform's.

    Objects and lists are compared part by part, and so are strings that are JSON documents on both sides. To set every
    `after` in `before`, and take out what is then absent, makes `after` of it.
    """
    return list(_differences((), before, after, unknown, sensitive_before, sensitive_after))


def path_text(steps: Sequence[str | int]) -> str:
    """Write where a value is: `ingress[0].cidr_blocks[1]`, a key that is no plain name in quotes."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif PLAIN_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{_json(step)}]"
    return text


def path_steps(text: str) -> Steps:
    """Read what `path_text` wrote; raises ValueError for anything else."""
    steps: list[str | int] = []
    place = 0
    while place < len(text):
        match = STEP.match(text, place)
        if match is None or (text[place] == ".") != (bool(steps) and match[1] is not None):
            raise ValueError(f"{text!r} is no path.")
        name, number, quoted = match.groups()
        steps.append(int(number) if number is not None else json.loads(quoted) if quoted is not None else name)
        place = match.end()
    return tuple(steps)


def _resource(resource_change: Mapping[str, Any], secrets: frozenset[str]) -> ToldChange | None:
    change = resource_change["change"]
    action = action_of(change["actions"])
    moved, imported = str(resource_change.get("previous_address") or ""), change.get("importing")
    if {action} in NO_CHANGE:
        if imported is None and not moved:
            return None
        action = "move" if imported is None else "import"
    address = (
        message("{address} (deposed {deposed})", address=resource_change["address"], deposed=resource_change["deposed"])
        if resource_change.get("deposed")
        else str(resource_change["address"])
    )
    import_id = str((imported or {}).get("id") or "")
    more = {
        "reason": str(resource_change.get("action_reason") or ""),
        "previous_address": moved,
        # An import by identity has no id, and one that is a secret is none to show.
        "import_id": WITHHELD if any(secret in import_id for secret in secrets) else import_id,
    }
    return _change_of(address, str(resource_change["type"]), change, action, secrets, **more)


def _change_of(
    address: str, kind: str, change: Mapping[str, Any], action: str, secrets: frozenset[str], **more: str
) -> ToldChange:
    paths: list[list[str | int]] = change.get("replace_paths") or []
    masks = [
        secret_mask(kind, change.get(side), change.get(f"{side}_sensitive"), secrets) for side in ("before", "after")
    ]
    values = list(_values(change, masks, paths))
    # Why a resource is replaced is never among what is left out.
    values.sort(key=lambda value: not value.forces)
    return ToldChange(
        address,
        kind,
        action,
        forced_by=tuple(path_text(path) for path in paths[:MOST_VALUES]),
        values=tuple(values[:MOST_VALUES]),
        left_out=max(0, len(values) - MOST_VALUES),
        **more,
    )


def _values(
    change: Mapping[str, Any], masks: Sequence[Any], paths: Sequence[Sequence[str | int]]
) -> Iterator[ToldValue]:
    """Yield the values of a change; those inside a document together, as lines, but for what is secret in it."""
    before, after = change.get("before"), change.get("after")
    documents: dict[Steps, tuple[tuple[Line, ...], int]] = {}
    for difference in differences(before, after, change.get("after_unknown"), *masks):
        place = None if difference.sensitive or difference.later else _document_steps(before, after, difference.steps)
        if place is not None:
            told_already = place in documents
            if not told_already:
                inner = tuple(_at(mask, place) for mask in masks)
                sides = (document(_redacted(_at(side, place), inner)) for side in (before, after))
                documents[place] = lines_between(*sides)
            lines, more = documents[place]
            if lines and not told_already:
                forces = any(_touch(place, path) for path in paths)
                yield ToldValue(path_text(place), forces=forces, lines=lines, more_lines=more)
            if lines:
                continue
        yield ToldValue(
            path_text(difference.steps),
            None if difference.before is ABSENT else _text(difference.before),
            None if difference.after is ABSENT else _text(difference.after),
            difference.later,
            difference.sensitive,
            any(_touch(difference.steps, path) for path in paths),
        )


def _document_steps(before: Any, after: Any, steps: Steps) -> Steps | None:
    """Return where the JSON document is that a difference stands in, or is; None for one in no document."""
    for length in range(len(steps) + 1):
        sides = [_at(side, steps[:length]) for side in (before, after)]
        texts = [side for side in sides if isinstance(side, str)]
        if texts and all(side is None or document(side) is not None for side in sides):
            return steps[:length]
    return None


def _at(value: Any, steps: Steps) -> Any:
    for step in steps:
        value = _part(value, step, None)
    return value


def _touch(steps: Sequence[str | int], path: Sequence[str | int]) -> bool:
    length = min(len(steps), len(path))
    return list(steps[:length]) == list(path[:length])


def _differences(
    steps: Steps, before: Any, after: Any, unknown: Any, mask_before: Any, mask_after: Any
) -> Iterator[Difference]:
    old, new, masks = _or_absent(before, steps), _or_absent(after, steps), (mask_before, mask_after)
    later = is_marked(unknown)
    if not steps and new is ABSENT and isinstance(old, dict):
        new = {}  # what is deleted is told attribute by attribute
    if later and new is ABSENT and unknown is not True:
        new = {} if isinstance(unknown, dict) else []
    if _is_hidden(old, new, masks):
        if later or not _same(old, new):
            yield Difference(steps, later=later, sensitive=True)
    elif unknown is True:
        yield Difference(steps, _redacted(old, masks), later=True, sensitive=is_marked(mask_after))
    elif _same_kind(document(old), document(new)):
        inner = list(_parts(steps, document(old), document(new), False, masks))
        # Documents that differ by their layout alone, or by a null, are told as the texts that they are.
        yield from inner or _leaf(steps, old, new, masks)
    elif _same_kind(old, new) or (old is ABSENT and isinstance(new, dict | list)):
        yield from _parts(steps, old, new, unknown, masks)
    elif later:
        yield Difference(steps, _redacted(old, masks), later=True)
    else:
        yield from _leaf(steps, old, new, masks)


def _parts(steps: Steps, old: Any, new: Any, unknown: Any, masks: tuple[Any, Any]) -> Iterator[Difference]:
    """Compare two objects or two lists; `old` may be absent."""
    differs = False
    keys: list[Any]
    if isinstance(new, list):
        keys = list(range(max(_length(old), _length(new), _length(unknown))))
    else:
        keys = sorted({key for part in (old, new, unknown) if isinstance(part, dict) for key in part})
    for key in keys:
        inner = (_part(mask, key, False) for mask in (unknown, *masks))
        for difference in _differences((*steps, key), _part(old, key, ABSENT), _part(new, key, ABSENT), *inner):
            differs = True
            yield difference
    if not differs and old is ABSENT and steps:
        yield Difference(steps, ABSENT, new)


def _leaf(steps: Steps, old: Any, new: Any, masks: tuple[Any, Any]) -> Iterator[Difference]:
    """Tell a value as a whole, without what is secret in it."""
    if not _same(old, new):
        yield Difference(steps, _redacted(old, masks), _redacted(new, masks))


def _is_hidden(old: Any, new: Any, masks: tuple[Any, Any]) -> bool:
    """Return whether nothing of a value is told: all of it is marked, or something whose place is not clear."""
    if any(mask is True for mask in masks):
        return True
    shapes = {type(part) for value in (old, new) for part in (document(value), value) if isinstance(part, dict | list)}
    return any(is_marked(mask) and type(mask) not in shapes for mask in masks)


def _same_kind(old: Any, new: Any) -> bool:
    return isinstance(old, dict | list) and type(old) is type(new)


def _or_absent(value: Any, steps: Steps) -> Any:
    """Return an attribute that is null as absent; a list's null is a value."""
    return ABSENT if value is None and not (steps and isinstance(steps[-1], int)) else value


def _part(value: Any, key: str | int, missing: Any) -> Any:
    if isinstance(value, dict):
        return value.get(key, missing)
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if key < len(value) else missing
    return missing


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


def _same(old: Any, new: Any) -> bool:
    """Return whether two values are the same JSON: true is not 1."""
    if old is ABSENT or new is ABSENT:
        return old is new
    return _json(old) == _json(new)


def _redacted(value: Any, masks: tuple[Any, ...]) -> Any:
    """Return a value, or the document in a text, without the parts that a mask marks."""
    marked = [mask for mask in masks if is_marked(mask)]
    if not marked or value is ABSENT or value is None:
        return value
    data = document(value)
    if data is not None:
        return _json(_redacted(data, tuple(marked)))
    if not isinstance(value, dict | list) or any(type(mask) is not type(value) for mask in marked):
        return WITHHELD
    if isinstance(value, dict):
        return {key: _redacted(part, tuple(_part(mask, key, False) for mask in marked)) for key, part in value.items()}
    return [_redacted(part, tuple(_part(mask, key, False) for mask in marked)) for key, part in enumerate(value)]


def _text(value: Any) -> Text:
    text = _json(value)
    longest = LONGEST_PARTS if isinstance(value, dict | list) else LONGEST
    if len(text) <= longest:
        return Text(text)
    return Text(text[:longest], len(text), hashlib.sha256(text.encode()).hexdigest()[:16])


def _json(value: Any) -> str:
    """Write a value as JSON; half a surrogate pair, which no database takes, as its escape."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, sort_keys=True)
    return text
