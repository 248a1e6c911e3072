"""What follows when a run has left its worker, has been queued anew or ended: places are filled, rollouts go on."""

from __future__ import annotations

from provisioning.dispatch.dispatcher import dispatch
from provisioning.turns import take_steps


def follow() -> None:
    """Fill the places that came free, then let rollouts ask for their next runs, which are dispatched as they are."""
    # Imported late: a rollout asks for runs, whose moves lead back here.
    from provisioning.rollouts.ticking import tick

    take_steps(dispatch, tick)
