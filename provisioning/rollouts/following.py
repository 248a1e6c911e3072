"""What follows when a run has left its worker, has been queued anew or ended: places are filled, rollouts go on."""

from __future__ import annotations

from provisioning.dispatch.dispatcher import dispatch, is_gathering
from provisioning.periodic.turns import take_steps
from provisioning.rollouts.ticking import tick


def advance_rollouts() -> None:
    """Fill the places that came free, then let rollouts ask for their next runs, and dispatch these.

    Nothing within `gathered`, whose caller follows when all of it is done: two hundred runs that are lost at once are
    followed once.
    """
    if is_gathering():
        return
    take_steps(dispatch, tick)
