"""What a search for adoptable resources tells: what can be adopted, what cannot, and what must be written again."""

from __future__ import annotations

from dataclasses import dataclass

from messages.message import Message


@dataclass(frozen=True, order=True)
class Adoption:
    """A resource that exists and is not in the state.

    `unfinished` is AWS's word while it still works on it. What `goes_along` a teardown has no need to import.
    """

    address: str
    import_id: str
    unfinished: str = ""
    goes_along: bool = False


@dataclass(frozen=True, order=True)
class Foreign:
    """Something that stands where ours would, and that we do not touch: the sentence says why."""

    address: str
    identifier: str
    sentence: Message


@dataclass(frozen=True, order=True)
class Note:
    """Something that a person, or the run, has to know or do about a resource."""

    address: str
    sentence: Message


@dataclass(frozen=True)
class Findings:
    """What AWS has of a stack beside its state.

    `forget` comes first: these addresses are taken out of the state (`terraform state rm`) before the adoptions are
    used, which count them as lost. `surplus` is ours too, and more than the stack declares: a second making, which a
    teardown finds by its tags, or a rule of a security group, which has to be revoked.
    """

    adoptions: tuple[Adoption, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    surplus: tuple[Foreign, ...] = ()
    forget: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()
