"""What follows when a run has left its worker, has been queued anew or ended: the next runs get its place."""

from __future__ import annotations

from provisioning.dispatch.dispatcher import dispatch


def follow() -> None:
    """Fill the places that came free."""
    dispatch()
