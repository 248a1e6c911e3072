"""What an approval is for: each change of a plan, by the digest of its values, and the values that were not known yet.

Terraform's JSON plan ("JSON Output Format: Change Representation") has `before`, `after` and `after_unknown`. What was
unknown when the plan was approved is filled in by whoever applies it: a later plan may know it, and is still the same.
Pure; the digests are keyed, since a value may be a short one that should not be guessed from its digest.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

NOTHING = ("no-op", "read")
Contents = dict[str, dict[str, Any]]
"""By address, and key where it is deposed: the actions, the mask of what was unknown, and the digest of all else."""


def contents_of(plan: Mapping[str, Any], key: bytes) -> Contents:
    """Return the contents of a plan as `terraform show -json` has it: of what it changes, and of its outputs."""
    return {
        address: {
            "actions": change["actions"],
            "unknown": _mask(change.get("after_unknown")),
            "digest": _digest(change, _mask(change.get("after_unknown")), key),
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
