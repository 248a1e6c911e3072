"""Which drift can become a setting of its district, and why the rest cannot: pure, over what the last check stored.

A setting holds many resources at once. It is proposed only where all that drifted of it agree.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.kinds import KINDS
from infra.spec import TAG_KEYS_OF_OURS
from messages.message import listed, message


class Item(Protocol):
    """One drifted attribute, as it is stored."""

    address: str
    type: str
    path: str
    before: Any
    after: Any
    sensitive: bool
    gone: bool
    foreign: bool


@dataclass(frozen=True)
class Refusal:
    """Why one drifted attribute cannot become a setting, and what to do with it."""

    address: str
    path: str
    sentence: str


@dataclass(frozen=True)
class Proposal:
    """The change of settings by which the drift becomes what the stack says, and what is left over."""

    change: dict[str, Any] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    accepted: tuple[tuple[str, str], ...] = ()
    """Address and path of each attribute that the change takes up."""


REMEDY = message("A repair brings it back.")
GONE = message("It was deleted in AWS, and no setting leaves it out. A repair makes it again.")
FOREIGN = message("Added in AWS outside the stack. No plan removes it: remove it in AWS.")
WITHHELD = message("Its value is withheld. A repair brings it back.")
NO_SETTING = message("No setting of a district holds this: the stack decides it for all. A repair brings it back.")
OF_SIZE = message("The district's size decides this. Choose another size in the settings, or repair it.")
OUR_TAG = message("This tag is Homeroom's own: it tells whose the resource is. A repair brings it back.")
ONE_PORT = message("Only one port of this network drifted, and a setting holds them together. A repair brings it back.")


class NotANumberError(ValueError):
    """The value in AWS is none that the setting takes."""


def _whole(value: Any) -> int:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise NotANumberError from None
    if number != int(number):
        raise NotANumberError
    return int(number)


@dataclass(frozen=True)
class Rule:
    """One attribute of one resource type, the district's field that holds it, and how its value is read."""

    type: str
    path: str
    field: str
    read: Callable[[Any], Any] = str

    def matches(self, item: Item) -> bool:
        """Return whether a drifted attribute is this one."""
        return item.type == self.type and re.fullmatch(self.path, item.path) is not None


RULES = tuple(
    Rule(name, setting.path, setting.setting, _whole if setting.is_whole_number else str)
    for name, kind in KINDS.items()
    for setting in kind.settings
)
"""What one setting holds as it is; tags and the entries of lists have functions of their own below."""

SIZED = tuple((name, path) for name, kind in KINDS.items() for path in kind.sized)
"""What the size decides, by the beginning of its path."""

TAG = re.compile(r'tags(?:_all)?(?:\.([A-Za-z_][\w-]*)|\[(".*")\])')

_Wish = tuple[str, Any]
"""A part of a setting, and the value that AWS has: `tags:Owner`, `allowed_client_cidrs:0` or a field's name."""


def proposal(items: Iterable[Item], settings: Mapping[str, Any], clients_per_network: int) -> Proposal:
    """Return the change by which the district's settings take up what drifted.

    `settings` are the fields of the district by name; `clients_per_network` is how many rules of the load balancer
    one allowed network has.
    """
    wishes: dict[str, list[tuple[Item, Any]]] = defaultdict(list)
    refusals: list[Refusal] = []
    for item in items:
        wish = _wish(item)
        if isinstance(wish, str):
            refusals.append(Refusal(item.address, item.path, wish))
        else:
            wishes[wish[0]].append((item, wish[1]))
    agreed: dict[str, Any] = {}
    accepted: list[tuple[str, str]] = []
    for part, pairs in wishes.items():
        problem = _disagreement(part, [value for _, value in pairs], clients_per_network)
        if problem:
            refusals += [Refusal(item.address, item.path, problem) for item, _ in pairs]
        else:
            agreed[part] = pairs[0][1]
            accepted += [(item.address, item.path) for item, _ in pairs]
    return Proposal(_change(agreed, settings), tuple(refusals), tuple(accepted))


def _wish(item: Item) -> _Wish | str:
    """Return which setting would hold the attribute as it is now, or the sentence that says why none does."""
    if item.foreign:
        return FOREIGN
    if item.sensitive:
        return WITHHELD
    entry = _entry(item)
    if entry:
        return entry, item.after
    if item.gone:
        return GONE
    tag = TAG.fullmatch(item.path)
    if tag:
        key = tag[1] or json.loads(tag[2])
        return OUR_TAG if key.lower() in TAG_KEYS_OF_OURS else (f"tags:{key}", item.after)
    if any(item.type == kind and item.path.startswith(path) for kind, path in SIZED):
        return OF_SIZE
    rule = next((rule for rule in RULES if rule.matches(item)), None)
    if rule is None:
        return NO_SETTING
    try:
        return rule.field, rule.read(item.after)
    except NotANumberError:
        return message(
            "The setting takes whole numbers, and AWS has {found}. {remedy}",
            found=json.dumps(item.after),
            remedy=REMEDY,
        )


def _entry(item: Item) -> str:
    """Return which entry of which list the resource stands for, such as `alarm_emails:0`; empty for none."""
    entries = KINDS[item.type].entries if item.type in KINDS else None
    match = re.fullmatch(entries.name, item.address.rpartition(".")[2]) if entries else None
    if entries is None or match is None or not (item.gone or item.path == (entries.path or None)):
        return ""
    return f"{entries.setting}:{int(match[1]) - 1}"


def _disagreement(part: str, values: list[Any], clients_per_network: int) -> str:
    different = sorted({json.dumps(value) for value in values})
    if len(different) > 1:
        return message(
            "What drifted of this setting does not agree: {different}. {remedy}",
            different=listed(different),
            remedy=REMEDY,
        )
    if part.startswith("allowed_client_cidrs:") and len(values) < clients_per_network:
        return ONE_PORT
    return ""


def _change(agreed: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Put the parts that were agreed on into whole settings."""
    change: dict[str, Any] = {}
    lists = {name: list(settings[name]) for name in ("allowed_client_cidrs", "alarm_emails")}
    tags = dict(settings["tags"])
    for part, value in agreed.items():
        name, _, key = part.partition(":")
        if name == "tags":
            tags = {**tags, key: value} if value is not None else {had: tags[had] for had in tags if had != key}
            change["tags"] = tags
        elif name in lists:
            if int(key) < len(lists[name]):
                lists[name][int(key)] = value
            change[name] = lists[name]
        else:
            change[name] = value
    return {
        name: [part for part in value if part is not None] if name in lists else value for name, value in change.items()
    }
