"""Writes import blocks (Terraform, "Import"): text in, text out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.adoption.results import Adoption

ADOPTION_FILE = "adoption.tf"
ADDRESS = re.compile(r"[A-Za-z_][\w-]*\.[A-Za-z_][\w-]*")
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "$": "\\u0024", "%": "\\u0025"}
"""A sign that begins a template is written by its number: what is escaped by doubling could be doubled once more."""


def import_blocks(adoptions: Iterable[Adoption]) -> str:
    """Return HCL that imports each; raises ValueError for an address that is no resource's of a root module."""
    return "\n".join(_block(adoption) for adoption in sorted(adoptions))


def _block(adoption: Adoption) -> str:
    if not ADDRESS.fullmatch(adoption.address):
        raise ValueError(f"{adoption.address!r} is not the address of a resource.")
    return f"import {{\n  to = {adoption.address}\n  id = {quoted(adoption.import_id)}\n}}\n"


def quoted(text: str) -> str:
    """Return a text as HCL's quoted literal, in which nothing is a template (HCL, "Quoted templates")."""
    escaped = "".join(ESCAPES.get(sign) or (sign if sign.isprintable() else f"\\U{ord(sign):08x}") for sign in text)
    return f'"{escaped}"'
