"""Names of everything in a district's stack, within each service's limit of length.

Pure functions of the suffix; never looks at AWS.
"""

from __future__ import annotations

import re

ENVIRONMENT_CODES = {"sandbox": "sbx", "staging": "stg", "production": "prod"}
"""The short form of an environment inside a suffix: 20 characters are few, and the district's name needs them."""

SLUG = re.compile(r"[a-z](?:-?[a-z0-9])+")
SUFFIX = re.compile(r"[a-z](?:-?[a-z0-9]){2,}")
SLUG_LENGTH = 15
SUFFIX_LENGTH = 20

LIMITS = {"alb": 32, "target_group": 32, "elasticache": 40, "s3": 63, "iam_role": 64, "default": 255}
"""Longest name per kind, in characters. Sources: the API references of ELBv2 CreateLoadBalancer and CreateTargetGroup,
ElastiCache CreateReplicationGroup, S3's bucket naming rules, IAM CreateRole."""


def is_slug(text: str) -> bool:
    """Return whether the text can stand for a district in names."""
    return len(text) <= SLUG_LENGTH and SLUG.fullmatch(text) is not None


def is_suffix(text: str) -> bool:
    """Return whether the text can end every name of a stack."""
    return len(text) <= SUFFIX_LENGTH and SUFFIX.fullmatch(text) is not None


def suffix_for(slug: str, environment: str) -> str:
    """Return the suffix of a district's stack; raises ValueError for a slug or an environment that cannot be named."""
    if not is_slug(slug):
        raise ValueError(f"{slug!r} is not a slug")
    if environment not in ENVIRONMENT_CODES:
        raise ValueError(f"{environment!r} is not an environment")
    return f"{slug}-{ENVIRONMENT_CODES[environment]}"


def name(kind: str, suffix: str, *, limit: str = "default") -> str:
    """Return ``<kind>-<suffix>``; raises ValueError where AWS would refuse its length."""
    text = f"{kind}-{suffix}"
    if len(text) > LIMITS[limit]:
        raise ValueError(f"{text!r} has {len(text)} characters; {limit} allows {LIMITS[limit]}")
    return text
