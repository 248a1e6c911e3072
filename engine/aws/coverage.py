"""How each kind that the stack can make would be seen if it stayed after a teardown: views of `engine.kinds`.

For reviewers and tests: a new kind in the stack has no row there, and a test says so.
"""

from __future__ import annotations

from engine.kinds import KINDS
from engine.kinds import MADE_BY_AWS as BESIDE_THE_STACK
from engine.kinds.kind import Coverage

COVERAGE: dict[str, Coverage] = {name: kind.coverage for name, kind in KINDS.items()}
"""Every type of the stack."""

MADE_BY_AWS: dict[str, Coverage] = {entry.title: entry.coverage for entry in BESIDE_THE_STACK}
"""What AWS makes beside the stack, or keeps after it."""
