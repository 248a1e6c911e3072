"""Load balancers: each answers on a port of 127.0.0.1, which its DNS name names, and relays to its targets.

The name is what a browser can open here: `127.0.0.1:PORT`. The listener that forwards answers there, over TLS with a
certificate of the sandbox's own where it is HTTPS. Source: Elastic Load Balancing API Reference, CreateListener.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from sandbox.gaps.extension import wrap
from sandbox.standins.addresses import ONLY, free_port
from sandbox.standins.grounds import Grounds, backends
from sandbox.standins.relay import Address, Relay
from sandbox.standins.relays import Relays

log = logging.getLogger("sandbox.standins")


@dataclass(frozen=True)
class Wanted:
    """What answers on a balancer's port."""

    port: int
    tls: bool
    target_group: str


@dataclass
class Kept:
    """A balancer's relay."""

    wanted: Wanted
    relay: Relay
    arn: str
    targets: list[Address]


class Balancers:
    """All balancers."""

    def __init__(self, grounds: Grounds, relays: Relays) -> None:
        self._grounds, self._relays = grounds, relays
        self._kept: dict[str, Kept] = {}

    def install(self) -> None:
        """Give balancers a name that can be opened."""
        from moto.elbv2.models import ELBv2Backend

        wrap(ELBv2Backend, "create_load_balancer", self._create)

    def _create(self, original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        balancer = original(backend, *args, **kwargs)
        balancer.sandbox_port = free_port()
        balancer.dns_name = f"{ONLY}:{balancer.sandbox_port}"
        return balancer

    def round(self) -> None:
        """Open and close what differs from what moto says."""
        from moto.elbv2.models import elbv2_backends

        with self._grounds.moto():
            found = {}
            for _, _, backend in backends(elbv2_backends):
                for balancer in backend.load_balancers.values():
                    wanted = wanted_of(backend, balancer)
                    if wanted is not None:
                        found[balancer.arn] = (wanted, _targets(backend, wanted))
        for arn in [arn for arn in self._kept if arn not in found or self._kept[arn].wanted != found[arn][0]]:
            self._relays.close(self._kept.pop(arn).relay)
        for arn, (wanted, targets) in found.items():
            if arn in self._kept:
                self._kept[arn].targets[:] = targets
            else:
                self._open(arn, wanted, targets)

    def _open(self, arn: str, wanted: Wanted, targets: list[Address]) -> None:
        folder = self._grounds.folder / "balancers" / str(wanted.port)
        pair = self._grounds.authority.certify(ONLY, folder) if wanted.tls else None
        try:
            relay = self._relays.open((ONLY, wanted.port), lambda: targets, tls=pair)
        except OSError as error:
            log.error("the balancer %s cannot listen: %s", arn, error)
            return
        self._kept[arn] = Kept(wanted, relay, arn, targets)

    def close(self) -> None:
        """Nothing runs on: relays end with this process."""

    def listing(self) -> list[dict[str, Any]]:
        """Return what runs."""
        return [
            {
                "kind": "balancer",
                "arn": kept.arn,
                "url": f"{'https' if kept.wanted.tls else 'http'}://{ONLY}:{kept.wanted.port}",
                "targets": [f"{host}:{port}" for host, port in kept.targets],
                "running": True,
            }
            for kept in list(self._kept.values())
        ]


def wanted_of(backend: Any, balancer: Any) -> Wanted | None:
    """Return what a balancer's port answers: the listener that forwards, HTTPS before HTTP."""
    found = [
        Wanted(balancer.sandbox_port, listener.protocol == "HTTPS", arns[0])
        for listener in balancer.listeners.values()
        for action in listener.default_actions
        if action.type == "forward" and (arns := backend._get_target_group_arns_from(action.data))
    ]
    return max(found, key=lambda wanted: wanted.tls, default=None)


def _targets(backend: Any, wanted: Wanted) -> list[Address]:
    group = backend.target_groups.get(wanted.target_group)
    return [(target["Id"], int(target["Port"])) for target in group.targets.values()] if group else []
