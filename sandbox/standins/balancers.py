"""Load balancers: each answers on a port of 127.0.0.1, which its DNS name names, and relays to its targets.

The name is what a browser can open here: `127.0.0.1:PORT`. The listener that forwards answers there, over TLS with a
certificate of the sandbox's own where it is HTTPS. Targets of an HTTPS group are reached over TLS, and their
certificates are not verified. Targets are asked how they are; where none is healthy, all are tried.
Source: Elastic Load Balancing API Reference, CreateListener, CreateTargetGroup, DescribeTargetHealth; Application Load
Balancers, "Target groups" (routing configuration) and "Health checks for target groups".
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.gaps.extension import wrap
from sandbox.standins.addresses import ONLY, free_port
from sandbox.standins.context import StandinContext, backends
from sandbox.standins.health import Check, is_healthy, unverified
from sandbox.standins.relay import Address, Relay
from sandbox.standins.relays import Relays

log = logging.getLogger("sandbox.standins")
HEALTHY_SECONDS, UNHEALTHY_SECONDS = 15.0, 1.0
"""How long a look at a target counts; sooner than on AWS where it was not healthy."""


@dataclass(frozen=True)
class Wanted:
    """What answers on a balancer's port."""

    port: int
    tls: bool
    target_group: str
    tls_onward: bool
    check: Check


@dataclass(frozen=True)
class Health:
    """What a look at a target found, and when it is looked at again (`time.monotonic`)."""

    healthy: bool
    again: float


@dataclass
class BalancerRelay:
    """A balancer's relay."""

    wanted: Wanted
    relay: Relay
    arn: str
    targets: list[Address]
    """Those that connections go to."""
    health: dict[Address, Health] = field(default_factory=dict)
    """How each registered target was when it was last asked."""


class Balancers:
    """All balancers."""

    def __init__(self, context: StandinContext, relays: Relays) -> None:
        self._context, self._relays = context, relays
        self._kept: dict[str, BalancerRelay] = {}
        self._unverified = unverified()

    def install(self) -> None:
        """Give balancers a name that can be opened, and tell how their targets are."""
        from moto.elbv2.models import ELBv2Backend

        wrap(ELBv2Backend, "create_load_balancer", self._create)
        wrap(ELBv2Backend, "describe_target_health", self._describe_health)

    def _create(self, original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        balancer = original(backend, *args, **kwargs)
        balancer.sandbox_port = free_port()
        balancer.dns_name = f"{ONLY}:{balancer.sandbox_port}"
        return balancer

    def _describe_health(self, original: Any, backend: Any, arn: str, *args: Any, **kwargs: Any) -> Any:
        statuses = original(backend, arn, *args, **kwargs)
        for standin in list(self._kept.values()):
            if standin.wanted.target_group != arn:
                continue
            for target in statuses:
                health = standin.health.get((target.instance_id, int(target.port)))
                if health is not None and not health.healthy:
                    target.status, target.reason = "unhealthy", "Target.FailedHealthChecks"
                    target.description = "Health checks failed"
        return statuses

    def round(self) -> None:
        """Open and close what differs from what moto says."""
        from moto.elbv2.models import elbv2_backends

        with self._context.moto():
            balancers = {}
            for _, _, backend in backends(elbv2_backends):
                for balancer in backend.load_balancers.values():
                    wanted = wanted_of(backend, balancer)
                    if wanted is not None:
                        balancers[balancer.arn] = (wanted, _targets(backend, wanted))
        for arn in [arn for arn in self._kept if arn not in balancers or self._kept[arn].wanted != balancers[arn][0]]:
            self._relays.close(self._kept.pop(arn).relay)
        for arn, (wanted, targets) in balancers.items():
            if arn not in self._kept:
                self._open(arn, wanted)
            if arn in self._kept:
                self._look(self._kept[arn], targets)

    def _look(self, standin: BalancerRelay, targets: list[Address]) -> None:
        """Ask the targets that are due, and have connections go to the healthy ones; to all where none is."""
        now, before = time.monotonic(), dict(standin.health)
        for target in targets:
            if target not in before or before[target].again <= now:
                healthy = is_healthy(target, standin.wanted.check, self._unverified)
                again = time.monotonic() + (HEALTHY_SECONDS if healthy else UNHEALTHY_SECONDS)
                before[target] = Health(healthy, again)
        standin.health = {target: before[target] for target in targets}
        standin.targets[:] = [target for target in targets if before[target].healthy] or targets

    def _open(self, arn: str, wanted: Wanted) -> None:
        folder = self._context.folder / "balancers" / str(wanted.port)
        pair = self._context.authority.certify(ONLY, folder) if wanted.tls else None
        targets: list[Address] = []
        onward = self._unverified if wanted.tls_onward else None
        try:
            relay = self._relays.open((ONLY, wanted.port), lambda: targets, tls=pair, onward=onward)
        except OSError as error:
            log.error("the balancer %s cannot listen: %s", arn, error)
            return
        self._kept[arn] = BalancerRelay(wanted, relay, arn, targets)

    def close(self) -> None:
        """Nothing runs on: relays end with this process."""

    def listing(self) -> list[dict[str, Any]]:
        """Return what runs."""
        return [
            {
                "kind": "balancer",
                "arn": standin.arn,
                "url": f"{'https' if standin.wanted.tls else 'http'}://{ONLY}:{standin.wanted.port}",
                "targets": [f"{host}:{port}" for host, port in standin.targets],
                "running": True,
            }
            for standin in list(self._kept.values())
        ]


def wanted_of(backend: Any, balancer: Any) -> Wanted | None:
    """Return what a balancer's port answers: the listener that forwards, HTTPS before HTTP."""
    candidates = [
        _wanted(balancer.sandbox_port, listener.protocol == "HTTPS", group)
        for listener in balancer.listeners.values()
        for action in listener.default_actions
        if action.type == "forward" and (arns := backend._get_target_group_arns_from(action.data))
        if (group := backend.target_groups.get(arns[0])) is not None
    ]
    return max(candidates, key=lambda wanted: wanted.tls, default=None)


def _wanted(port: int, tls: bool, group: Any) -> Wanted:
    statuses = str((getattr(group, "matcher", None) or {}).get("HttpCode") or "200")
    check = Check(group.health_check_protocol == "HTTPS", group.health_check_path or "/", statuses)
    return Wanted(port, tls, group.arn, group.protocol == "HTTPS", check)


def _targets(backend: Any, wanted: Wanted) -> list[Address]:
    group = backend.target_groups.get(wanted.target_group)
    return [(target["Id"], int(target["Port"])) for target in group.targets.values()] if group else []
