"""Whether what IAM and KMS were told a moment ago decides yet; `sandbox.lives.settling` remembers when it was told.

Sources: IAM User Guide, "Troubleshoot IAM: Changes that I make are not always immediately visible" (for how long is not
documented; the provider repeats for two minutes); KMS Developer Guide, "ABAC for AWS KMS".
"""

from __future__ import annotations

from typing import Any

from sandbox.clock import CLOCK, MINUTE

ROLE_SECONDS = 10.0
KEY_TAGS_SECONDS = 5 * MINUTE
NOTICED_SECONDS = 0.1
"""Of the wall's: a client could not tell a shorter delay from none, but for by chance. At the usual pace, a role's."""


def is_settled(role: Any) -> bool:
    """Return whether a role can be assumed."""
    if ROLE_SECONDS / CLOCK.pace < NOTICED_SECONDS:
        return True
    return bool(CLOCK.now() >= getattr(role, "sandbox_made_at", CLOCK.now() - ROLE_SECONDS) + ROLE_SECONDS)


def deciding_tags(key: Any, tags: dict[str, str]) -> dict[str, str]:
    """Return the tags that decide on a key: those that it has, or had until a change of a moment ago."""
    before, until = getattr(key, "sandbox_tags_before", (tags, CLOCK.now()))
    return dict(before) if CLOCK.now() < until else tags
