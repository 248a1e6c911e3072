"""What a token may be used for: never more than its person's role allows at that moment."""

from __future__ import annotations

from enum import StrEnum

from messages.message import message
from registry.accounts.acts import Act
from registry.messages.translation import translated


class Scope(StrEnum):
    """A right of a token. Each stands for itself; reading is part of all."""

    READ = "read"
    OPERATE = "operate"
    APPROVE = "approve"
    DESTROY = "destroy"
    AUDIT = "audit"
    ADMINISTER = "administer"
    PEOPLE = "people"
    PERSONAL = "personal"

    @property
    def label(self) -> str:
        """What it lets through, in the reader's language."""
        return str(translated(WORDS[self]))


WORDS = {
    Scope.READ: message("Read"),
    Scope.OPERATE: message("Register, plan and deploy"),
    Scope.APPROVE: message("Approve and discard plans"),
    Scope.DESTROY: message("Destroy environments"),
    Scope.AUDIT: message("Verify the audit log, take evidence and the access review"),
    Scope.ADMINISTER: message("Administer AWS accounts, notices and states"),
    Scope.PEOPLE: message("Manage people, grants and service accounts, but no administrators"),
    Scope.PERSONAL: message("Mark one's own inbox read, choose one's mail, end one's sessions"),
}
ACTS = {
    Scope.READ: Act.SEE,
    Scope.OPERATE: Act.OPERATE,
    Scope.APPROVE: Act.APPROVE,
    Scope.DESTROY: Act.DESTROY,
    Scope.AUDIT: Act.VERIFY,
    Scope.ADMINISTER: Act.RESOLVE,
    Scope.PEOPLE: Act.ADMINISTER,
    Scope.PERSONAL: Act.SEE,
}
"""What a person needs to be allowed to do somewhere for what a scope lets through; each act asks anew, and where."""
CHOSEN_BY_HAND = frozenset({Scope.PEOPLE})
"""Scopes that a program cannot ask for: a person chooses them under API tokens, or nobody does.

Whoever is led to confirm a stranger's code gives away no more than the other scopes.
"""
