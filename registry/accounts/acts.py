"""What people do here, and which roles may: the one table that every door asks, and that pages and documents show."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from messages.message import message
from registry.accounts.roles import Role
from registry.messages.translation import translated


class Act(StrEnum):
    """Something that a role lets through: about a district, an account, or about everything at once."""

    SEE = "see"
    COMMENT = "comment"
    APPROVE = "approve"
    OPERATE = "operate"
    DESTROY = "destroy"
    RESOLVE = "resolve"
    VERIFY = "verify"
    EVIDENCE = "evidence"
    REVIEW = "review"
    ADMINISTER = "administer"

    @property
    def label(self) -> str:
        """What it is, in the reader's language."""
        return str(translated(WORDS[self]))

    @property
    def is_whole(self) -> bool:
        """Return whether it concerns all districts at once, and needs a role that is held for everything."""
        return self in WHOLE


_DECIDES = (Role.APPROVER, Role.OPERATOR, Role.ADMINISTRATOR)
_WORKS = (Role.OPERATOR, Role.ADMINISTRATOR)
_AUDITS = (Role.AUDITOR, Role.ADMINISTRATOR)

TABLE: dict[Act, frozenset[Role]] = {
    Act.SEE: frozenset(Role),
    Act.COMMENT: frozenset(_DECIDES),
    Act.APPROVE: frozenset(_DECIDES),
    Act.OPERATE: frozenset(_WORKS),
    Act.DESTROY: frozenset(_WORKS),
    Act.RESOLVE: frozenset({Role.ADMINISTRATOR}),
    Act.VERIFY: frozenset({Role.AUDITOR, *_WORKS}),
    Act.EVIDENCE: frozenset(_AUDITS),
    Act.REVIEW: frozenset(_AUDITS),
    Act.ADMINISTER: frozenset({Role.ADMINISTRATOR}),
}
WHOLE = frozenset({Act.VERIFY, Act.EVIDENCE, Act.REVIEW, Act.ADMINISTER})
CHANGES = frozenset({Act.COMMENT, Act.APPROVE, Act.OPERATE, Act.DESTROY, Act.RESOLVE, Act.ADMINISTER})
"""What changes anything: who may do one of them needs a second factor where the setting says so."""
WORDS = {
    Act.SEE: message("See districts, runs, drift, certificates and the audit log, and export them"),
    Act.COMMENT: message("Comment on runs"),
    Act.APPROVE: message("Approve and discard plans"),
    Act.OPERATE: message("Register, plan, deploy, change and repair districts; start rollouts"),
    Act.DESTROY: message("Tear districts down"),
    Act.RESOLVE: message("Force stops, kept states and state locks"),
    Act.VERIFY: message("Verify the audit log"),
    Act.EVIDENCE: message("Make and take evidence packages"),
    Act.REVIEW: message("See people, their access and the access review"),
    Act.ADMINISTER: message("Administer people, tokens, AWS accounts, notices and limits"),
}


def acts_of(roles: Iterable[Role]) -> frozenset[Act]:
    """Return everything that these roles together let through."""
    granted = set(roles)
    return frozenset(act for act, able in TABLE.items() if granted & able)


def lowest(act: Act) -> Role:
    """Return the role to ask for, for who lacks the act: the least that lets it through."""
    return next(role for role in Role if role in TABLE[act])
