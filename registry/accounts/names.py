"""Which user names there may be: such as look like no other, and like nothing that the portal calls itself."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.accounts.models import User

RESERVED = frozenset(
    {"homeroom", "system", "root", "nobody", "anonymous", "acommandontheserver", "unknown", "none", "everybody"}
)
"""Without signs: what the audit record and the notices call whoever is no person."""
WELL_FORMED = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.@+_-]{0,148}[A-Za-z0-9])?")
"""ASCII alone: no letter of it is invisible, turns the line round, or is drawn like another script's."""
_DRAWN_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l"})


def skeleton(username: str) -> str:
    """Return what is left of a name when letters that are drawn alike are taken for one."""
    return username.casefold().translate(_DRAWN_ALIKE).replace("rn", "m").replace("vv", "w")


def bare(username: str) -> str:
    """Return a name's letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", username.casefold())


def check_username(username: str, *, but: int | None = None) -> None:
    """Raise ValidationError for a name that could be taken for another; `but` is the id of whose name it is."""
    if not WELL_FORMED.fullmatch(username):
        raise ValidationError(
            _("A user name has the letters A to Z, digits and @ . + - _ between them."), code="malformed"
        )
    if bare(username) in RESERVED or skeleton(bare(username)) in {skeleton(name) for name in RESERVED}:
        raise ValidationError(_("The portal itself goes by this name. Choose another."), code="reserved")
    own = skeleton(username)
    usernames = User.objects.exclude(pk=but or 0).values_list("username", flat=True)
    if any(skeleton(name) == own for name in usernames.iterator()):
        raise ValidationError(_("Somebody has this name, or one that looks like it. Choose another."), code="taken")
