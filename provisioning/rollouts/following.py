"""What follows when a run has left its worker, has been queued anew or ended: places are filled, rollouts go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from provisioning.dispatch.dispatcher import dispatch
from provisioning.periodic.turns import take_steps
from provisioning.rollouts.ticking import tick

_gathering: ContextVar[bool] = ContextVar("gathering", default=False)


def follow() -> None:
    """Fill the places that came free, then let rollouts ask for their next runs, which are dispatched as they are.

    Nothing within `gathered`, whose caller follows when all of it is done.
    """
    if _gathering.get():
        return
    take_steps(dispatch, tick)


@contextmanager
def gathered() -> Iterator[None]:
    """Let many runs move and follow none of them: two hundred that are lost at once are followed once, by the caller.

    Each time reads all that waits. Where the caller dies before it follows, the next turn of the reaper does.
    """
    token = _gathering.set(True)
    try:
        yield
    finally:
        _gathering.reset(token)
