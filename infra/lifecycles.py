"""What of a resource Terraform leaves to AWS, and why."""

from __future__ import annotations

from infra.cdk import TerraformResourceLifecycle


def versions_left_to_aws(*, pinned: bool, besides: tuple[str, ...] = ()) -> TerraformResourceLifecycle | None:
    """Return what leaves an engine's version to AWS, or nothing where the specification pins it.

    `besides` are further arguments that are left as they are.

    AWS applies minor versions by itself. The provider then takes the later one into the state (provider,
    `compareActualEngineVersion`), and each plan would ask for the older one again, which RDS refuses and for which the
    provider replaces a cache (provider, `customizeDiffEngineVersionForceNewOnDowngrade`).
    """
    ignored = [*([] if pinned else ["engine_version"]), *besides]
    return TerraformResourceLifecycle(ignore_changes=ignored) if ignored else None
