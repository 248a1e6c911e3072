"""The whole catalogue, in the order in which entries are asked: causes, specific ones, families."""

from __future__ import annotations

from engine.known_errors import access, data, families, identity, network, service, tool
from engine.known_errors.entry import Hint

PARTS = {
    "Reaching AWS": access.KNOWN,
    "Terraform and its state": tool.KNOWN,
    "Network": network.KNOWN,
    "Data": data.KNOWN,
    "Roles, keys and secrets": identity.KNOWN,
    "Containers, functions and the way in": service.KNOWN,
    "Anything else": families.KNOWN,
}
"""The entries by the heading under which the documentation lists them."""

CATALOGUE: tuple[Hint, ...] = tuple(
    sorted((hint for part in PARTS.values() for hint in part), key=lambda hint: hint.rank)
)
