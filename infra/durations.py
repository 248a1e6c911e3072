"""How long a run may take, step by step, and in all: what ends runs, tasks, messages and sessions is derived from it.

Aurora and NAT gateways take minutes, and Lambda keeps a network's interfaces for up to 45; hours mean that something
hangs. Pure, and here since the deploy role's session is as long.
"""

from __future__ import annotations

from datetime import timedelta

STEPS = {
    "synthesizing": timedelta(minutes=10),
    "planning": timedelta(hours=1),
    "applying": timedelta(hours=3),
    "verifying": timedelta(hours=1),
}
"""How long each step may take, by the state of the run."""
LONGEST_RUN = sum(STEPS.values(), timedelta())
"""All steps of a run together: nothing else may end one before."""
ENDING = timedelta(minutes=15)
"""What a run needs to end in words when its time is over: Terraform's grace, the records, the release of the lock."""
LONGEST_SESSION = timedelta(hours=12)
"""The most that IAM lets a role's session last (IAM User Guide, "Update the maximum session duration for a role")."""
