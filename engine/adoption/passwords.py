"""Which resources must be written in one apply because they hold the same password, which only that apply knows.

A first password is ephemeral: made anew by every apply, in no plan and no state. If the database has it and the secret
is yet to be written, the secret would get another one. So whoever is written takes the others along. Pure.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from engine.adoption.results import Note
from messages.message import listed, message

EPHEMERAL = re.compile(r"ephemeral\.\w+\.\w+")


def declared_resources(stack: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the address and the configuration of each resource of a synthesized stack."""
    for kind, resources in stack.get("resource", {}).items():
        for name, declared in resources.items():
            yield f"{kind}.{name}", declared


def sharers(stack: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the addresses that are given each ephemeral value."""
    addresses: dict[str, set[str]] = defaultdict(set)
    for address, declared in declared_resources(stack):
        for value in EPHEMERAL.findall(json.dumps(declared)):
            addresses[value].add(address)
    return dict(addresses)


def to_forget(stack: Mapping[str, Any], known: Collection[str]) -> tuple[Note, ...]:
    """Return what the state must forget, so that it is written with those that the state lacks.

    `known` is the state's addresses. Holds for every apply onto a state that is not whole, however it came about.
    """
    notes = set()
    for users in sharers(stack).values():
        lost = sorted(users - set(known))
        for address in sorted(users & set(known)) if lost else ():
            notes.add(
                Note(
                    address,
                    message("It shares a password with {lost}, and both are written in one apply.", lost=listed(lost)),
                )
            )
    return tuple(sorted(notes))
