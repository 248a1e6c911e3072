"""What in AWS is no longer as the state says, attribute by attribute, out of a plan as JSON.

Pure. Sensitive values never leave this module; what changes by design, or says nothing, is no drift, with the reason.
Source: Terraform, "JSON Output Format": `resource_drift`, change representation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.kinds import KINDS
from engine.kinds.kind import Kind
from engine.terraform.foreign_drift import foreign_parts
from engine.terraform.redaction import UNMARKED, is_marked

PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*")
NOTHING: tuple[Any, ...] = (None, "", [], {})
"""What providers use without a difference in meaning for "not set"; false and 0 are values."""


@dataclass(frozen=True)
class DriftedAttribute:
    """One attribute that AWS has otherwise than the state.

    The values are JSON data; of a sensitive attribute both are None. A resource that is `gone` has one entry without a
    path. What is `foreign` belongs to no resource of the stack: no plan of it removes it.
    """

    address: str
    type: str
    path: str
    before: Any = None
    after: Any = None
    sensitive: bool = False
    gone: bool = False
    foreign: bool = False


@dataclass(frozen=True)
class Noise:
    """Attributes, of one type or of any (empty), that AWS changes by itself or that say what others say."""

    type: str
    path: str
    reason: str

    def covers(self, kind: str, path: str) -> bool:
        """Return whether an attribute is one of these, or a part of one."""
        return self.type in ("", kind) and (path == self.path or path.startswith((f"{self.path}.", f"{self.path}[")))


_PARTS = "its parts are resources of their own, and what belongs to none of them is told as foreign"
_TWICE = "a resource of its own holds it, and tells its drift"


def _noise(kind: Kind) -> Iterator[Noise]:
    yield from (Noise(kind.type, attribute, _PARTS) for attribute in kind.drift.parts)
    yield from (Noise(kind.type, attribute, _TWICE) for attribute in kind.drift.told_by_another)
    yield from (Noise(kind.type, attribute, reason) for attribute, reason in kind.drift.by_aws.items())


NOISE: tuple[Noise, ...] = tuple(noise for kind in KINDS.values() for noise in _noise(kind))
"""What the rows of `engine.kinds` say to be no drift."""


def drift_of(plan: Mapping[str, Any], ignored: Mapping[str, frozenset[str]] | None = None) -> list[DriftedAttribute]:
    """Return all that drifted, by address and path.

    `plan` is the plan, `ignored` the attributes by address that the stack itself leaves to AWS (see `ignored_by`).
    """
    attributes: list[DriftedAttribute] = []
    for change in plan.get("resource_drift", []):
        if change.get("mode", "managed") == "managed":
            names = (ignored or {}).get(change["address"], frozenset())
            attributes.extend(attribute for attribute in _resource(change) if not _is_noise(attribute, names))
    attributes.extend(
        DriftedAttribute(part.address, part.type, f"{part.attribute}[]", after=part.value, foreign=True)
        for part in foreign_parts(_state_resources(plan))
    )
    return sorted(
        attributes,
        key=lambda attribute: (
            attribute.address,
            attribute.path,
            json.dumps([attribute.before, attribute.after], default=str),
        ),
    )


def ignored_by(stack: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return, by address, what a synthesized stack (`cdk.tf.json`) leaves to AWS by `lifecycle.ignore_changes`."""
    return {
        f"{kind}.{name}": frozenset(body["lifecycle"]["ignore_changes"])
        for kind, bodies in stack.get("resource", {}).items()
        for name, body in bodies.items()
        if body.get("lifecycle", {}).get("ignore_changes")
    }


def _is_noise(attribute: DriftedAttribute, ignored: frozenset[str]) -> bool:
    return not attribute.gone and (
        _top(attribute.path) in ignored or any(rule.covers(attribute.type, attribute.path) for rule in NOISE)
    )


def _top(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _resource(change: Mapping[str, Any]) -> list[DriftedAttribute]:
    address, kind, details = str(change["address"]), str(change["type"]), change["change"]
    if details.get("after") is None:
        return [DriftedAttribute(address, kind, "", gone=True)]
    masks = (details.get("before_sensitive"), details.get("after_sensitive"))
    attributes = [
        DriftedAttribute(address, kind, path, before, after, sensitive)
        for path, before, after, sensitive in _differences("", details.get("before"), details["after"], *masks)
    ]
    attributes = [
        replace(attribute, before=None, after=None, sensitive=True)
        if any(attribute.type == kind and attribute.path.startswith(top) for kind, top in UNMARKED)
        else attribute
        for attribute in attributes
    ]
    # The provider tells a resource's own tags twice: as they are, and together with the default ones.
    own = {attribute.path for attribute in attributes}
    return [
        attribute
        for attribute in attributes
        if not (attribute.path.startswith("tags_all") and attribute.path.replace("_all", "", 1) in own)
    ]


Difference = tuple[str, Any, Any, bool]


def _differences(path: str, before: Any, after: Any, mask_before: Any, mask_after: Any) -> Iterator[Difference]:
    """Yield path, both values and whether they are withheld, down to the smallest part that differs."""
    if before == after or (before in NOTHING and after in NOTHING):
        return
    if mask_before is True or mask_after is True:
        yield path, None, None, True
        return
    old, new = _document(before), _document(after)
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            masks = (_part(mask_before, key), _part(mask_after, key))
            yield from _differences(_joined(path, key), old.get(key), new.get(key), *masks)
    elif isinstance(old, list) and isinstance(new, list) and (is_marked(mask_before) or is_marked(mask_after)):
        # Which element a mask belongs to is lost once elements are paired: all of it is withheld.
        yield path, None, None, True
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_differences(path, old, new)
    elif is_marked(mask_before) or is_marked(mask_after):
        yield path, None, None, True
    elif old != new:
        yield path, before, after, False


def _list_differences(path: str, old: list[Any], new: list[Any]) -> Iterator[Difference]:
    """Tell what was taken out and what was put in; Terraform's sets have no order, so that positions say nothing."""
    added = list(new)
    removed = []
    for index, element in enumerate(old):
        if element in added:
            added.remove(element)
        else:
            removed.append((index, element))
    unlike = len(removed) != len(added)
    # An element that is null cannot be told from one that is not there: then the lists are shown whole.
    hidden = unlike and (None in added or any(element is None for _, element in removed))
    if hidden or (not removed and not added):
        yield path, old, new, False
    elif not unlike:
        for (index, element), other in _paired(removed, added):
            name = _name_of(element)
            label = json.dumps(name, ensure_ascii=False) if name and name == _name_of(other) else str(index)
            yield from _differences(f"{path}[{label}]", element, other, None, None)
    else:
        yield from ((f"{path}[]", element, None, False) for _, element in removed)
        yield from ((f"{path}[]", None, element, False) for element in added)


def _paired(removed: list[tuple[int, Any]], added: list[Any]) -> Iterator[tuple[tuple[int, Any], Any]]:
    """Pair what was taken out with what was put in: parts of one name with one another, the rest as they come."""
    remaining = list(added)
    pairs: list[tuple[tuple[int, Any], Any]] = []
    rest = []
    for index, element in removed:
        name = _name_of(element)
        other = next((part for part in remaining if name and _name_of(part) == name), None)
        if other is None:
            rest.append((index, element))
        else:
            remaining.remove(other)
            pairs.append(((index, element), other))
    yield from sorted([*pairs, *zip(rest, remaining, strict=True)], key=lambda pair: pair[0][0])


def _name_of(element: Any) -> str:
    """Return the name by which a block is told from others of its kind, such as a parameter of a group."""
    name = element.get("name") if isinstance(element, dict) else None
    return name if isinstance(name, str) else ""


def _document(value: Any) -> Any:
    """Return the data of a JSON document inside an attribute (policies), so that its layout is no difference."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _joined(path: str, key: str) -> str:
    if PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key, ensure_ascii=False)}]"


def _part(mask: Any, key: str) -> Any:
    return mask.get(key) if isinstance(mask, dict) else None


def _state_resources(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the managed resources as AWS has them now: the plan's prior state is the refreshed one."""
    module = plan.get("prior_state", {}).get("values", {}).get("root_module", {})
    resources: list[Mapping[str, Any]] = module.get("resources", [])
    return resources


def repaired_by(plan: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return what an ordinary plan changes: for each address its attributes, none for one that it makes anew."""
    repaired = {}
    for change in plan.get("resource_changes", []):
        details = change["change"]
        if not {"create", "update"} & set(details["actions"]):
            continue
        before, after = details.get("before") or {}, details.get("after") or {}
        new = "create" in details["actions"]
        changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        repaired[str(change["address"])] = frozenset() if new else frozenset(changed)
    return repaired


def is_repaired(attribute: DriftedAttribute, by: Mapping[str, frozenset[str]]) -> bool:
    """Return whether a plan brings an attribute back to what the stack says."""
    if attribute.foreign or attribute.address not in by:
        return False
    return not by[attribute.address] or _top(attribute.path) in by[attribute.address]
