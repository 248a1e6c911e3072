"""What an approval is for: each change of a plan, by the digest of its values, and the values that were not known yet.

Terraform's JSON plan ("JSON Output Format: Change Representation") has `before`, `after` and `after_unknown`. What was
unknown when the plan was approved is filled in by whoever applies it: a later plan may know it, and is still the same.
Pure; the digests are keyed, since a value may be a short one that should not be guessed from its digest. Beside them
each change has its kind, which says nothing of values: plans of two districts that do the same have the same kinds.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

NOTHING = ("no-op", "read")
Contents = dict[str, dict[str, Any]]
"""By address, and key where it is deposed: the actions, the mask of what was unknown, the digest of all else, and the
kind."""


def contents_of(plan: Mapping[str, Any], key: bytes) -> Contents:
    """Return the contents of a plan as `terraform show -json` has it: of what it changes, and of its outputs."""
    return {
        address: {
            "actions": change["actions"],
            "unknown": _mask(change.get("after_unknown")),
            "digest": _digest(change, _mask(change.get("after_unknown")), key),
            "kind": kind_of(address, change),
        }
        for address, change in _changes(plan).items()
    }


def beyond(plan: Mapping[str, Any], approved: Contents, key: bytes) -> list[str]:
    """Return the addresses of a plan whose change is none of the approved ones: other acts, or other values.

    An object that was deposed is named as one, by its address and key. What is missing from the plan has been done
    already, and is no difference.
    """
    addresses = []
    for address, change in _changes(plan).items():
        approved_change = approved.get(address)
        if (
            approved_change is None
            or approved_change["actions"] != change["actions"]
            or not hmac.compare_digest(approved_change["digest"], _digest(change, approved_change["unknown"], key))
        ):
            addresses.append(address)
    return sorted(addresses)


def kind_of(address: str, change: Mapping[str, Any]) -> str:
    """Return a digest of what is changed there, and of nothing about its values: the address, what is done to it, which
    attributes are others afterwards, and which of them have it replaced. Places in lists are not told apart.
    """
    paths = _differing(change.get("before"), change.get("after"), _mask(change.get("after_unknown")))
    forcing = {_path(path) for path in change.get("replace_paths") or []}
    kind = [address, list(change["actions"]), sorted(paths), sorted(forcing)]
    return hashlib.sha256(json.dumps(kind, separators=(",", ":")).encode()).hexdigest()


def _differing(before: Any, after: Any, unknown: Any, path: str = "") -> set[str]:
    """Return the paths below which something is another value afterwards, or is not known yet."""
    if isinstance(before, dict | None) and isinstance(after, dict | None) and (before or after):
        old, new = before or {}, after or {}
        masks = unknown if isinstance(unknown, dict) else dict.fromkeys({*old, *new}, unknown)
        names = sorted({*old, *new, *masks})
        parts = [_differing(old.get(name), new.get(name), masks.get(name, False), f"{path}.{name}") for name in names]
        return set().union(*parts)
    if isinstance(before, list | None) and isinstance(after, list | None) and (before or after):
        old_parts, new_parts = before or [], after or []
        unknown_parts = unknown if isinstance(unknown, list) else [unknown] * max(len(old_parts), len(new_parts))
        parts = [
            _differing(_at(old_parts, place), _at(new_parts, place), _at(unknown_parts, place), f"{path}[]")
            for place in range(max(len(old_parts), len(new_parts), len(unknown_parts)))
        ]
        return set().union(*parts)
    return {path} if unknown or before != after else set()


def _at(parts: Sequence[Any], place: int) -> Any:
    return parts[place] if place < len(parts) else None


def _path(steps: Any) -> str:
    return "".join("[]" if isinstance(step, int) else f".{step}" for step in steps)


def _changes(plan: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    resources = {
        _name(resource_change): resource_change["change"] for resource_change in plan.get("resource_changes", [])
    }
    outputs = {f"output.{name}": change for name, change in plan.get("output_changes", {}).items()}
    return {
        address: change
        for address, change in (resources | outputs).items()
        if not all(action in NOTHING for action in change["actions"])
    }


def _name(resource_change: Mapping[str, Any]) -> str:
    """Return what names the object that is changed: beside one that lives, others of its address may be deposed."""
    address, deposed = str(resource_change["address"]), resource_change.get("deposed")
    return f"{address} (deposed {deposed})" if deposed else address


def _mask(unknown: Any) -> Any:
    """Return the structure of what is unknown: true where all below is, else the parts that have something unknown."""
    if isinstance(unknown, dict):
        parts = {name: mask for name, part in unknown.items() if (mask := _mask(part))}
        return parts or False
    if isinstance(unknown, list):
        masks = [_mask(part) for part in unknown]
        return masks if any(masks) else False
    return bool(unknown)


def _known(value: Any, mask: Any) -> Any:
    """Return the value without what the mask covers."""
    if mask is True:
        return None
    if isinstance(mask, dict) and isinstance(value, dict):
        masks = {name: mask.get(name, False) for name in value}
        return {name: _known(value[name], inner) for name, inner in masks.items() if inner is not True}
    if isinstance(mask, list) and isinstance(value, list):
        wide = [*mask, *[False] * (len(value) - len(mask))]
        return [_known(part, wide[place]) for place, part in enumerate(value)]
    return value


def _digest(change: Mapping[str, Any], mask: Any, key: bytes) -> str:
    content = {
        "before": change.get("before"),
        "after": _known(change.get("after"), mask),
        "unknown": _beyond_mask(_mask(change.get("after_unknown")), mask),
        "replace": change.get("replace_paths", []),
    }
    plain = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.new(key, plain.encode(), hashlib.sha256).hexdigest()


def _beyond_mask(unknown: Any, mask: Any) -> Any:
    """Return what is unknown now and was known then: a value that was approved is a part of what was seen."""
    if mask is True or not unknown:
        return False
    if unknown is True:
        return True
    if isinstance(unknown, dict):
        inner = mask if isinstance(mask, dict) else {}
        parts = {name: rest for name, part in unknown.items() if (rest := _beyond_mask(part, inner.get(name, False)))}
        return parts or False
    of_list = [*mask, *[False] * (len(unknown) - len(mask))] if isinstance(mask, list) else [False] * len(unknown)
    left_over = [_beyond_mask(part, of_list[place]) for place, part in enumerate(unknown)]
    return left_over if any(left_over) else False
