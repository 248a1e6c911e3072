"""IAM and KMS: what was changed a moment ago is shown at once, and decides a while later.

A new role is assumed by nobody yet: IAM says that the policy which would allow it is not there. Tags that a key is
given or loses decide on it after up to five minutes; those that it is made with at once, which is an assumption: the
document speaks of changes. Sources: see `sandbox.authorization.settling`.
"""

from __future__ import annotations

from typing import Any

from sandbox.authorization.settling import KEY_TAGS_SECONDS, deciding_tags
from sandbox.clock import CLOCK
from sandbox.gaps.extension import wrap


def fill() -> None:
    """Remember when roles were made, and how keys were tagged before."""
    from moto.iam.models import IAMBackend
    from moto.kms.models import KmsBackend

    wrap(IAMBackend, "create_role", _create_role)
    wrap(KmsBackend, "tag_resource", _tags_changed)
    wrap(KmsBackend, "untag_resource", _tags_changed)


def _create_role(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
    role = original(backend, *args, **kwargs)
    role.sandbox_made_at = CLOCK.now()
    return role


def _tags_changed(original: Any, backend: Any, arn: str, *args: Any, **kwargs: Any) -> Any:
    key_id = backend.get_key_id(arn)
    key, tags = backend.keys.get(key_id), backend.tagger.get_tag_dict_for_resource(key_id)
    before = deciding_tags(key, tags)
    answer = original(backend, arn, *args, **kwargs)
    key.sandbox_tags_before = (before, CLOCK.now() + KEY_TAGS_SECONDS)
    return answer
