"""What to do about errors of AWS and Terraform whose text we know; the others are shown as they are."""

from __future__ import annotations

from engine.known_errors.catalogue import CATALOGUE
from engine.known_errors.entry import Hint, Rank

CAUSES = tuple(hint for hint in CATALOGUE if hint.rank is Rank.CAUSE)
OTHERS = tuple(hint for hint in CATALOGUE if hint.rank is not Rank.CAUSE)


def hint_for(text: str) -> Hint | None:
    """Return what is known of an error, or of the first that is known where the text holds several.

    Several problems stand one after the other, an empty line between them. The first is the one whose resource is
    shown, so it is explained before the others are looked at; only what explains all of them goes first.
    """
    for hint in CAUSES:
        if hint.pattern.search(text):
            return hint
    paragraphs = text.split("\n\n")
    return next((hint for part in paragraphs for hint in OTHERS if hint.pattern.search(part)), None)
