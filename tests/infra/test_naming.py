"""Names fit every service's limit, whatever the district is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.naming import ENVIRONMENT_CODES, LIMITS, SUFFIX_LENGTH, is_slug, is_suffix, name, suffix_for


@given(
    slug=st.from_regex(r"[a-z](-?[a-z0-9]){1,14}", fullmatch=True),
    environment=st.sampled_from(sorted(ENVIRONMENT_CODES)),
)
def test_every_slug_makes_a_suffix_that_fits(slug: str, environment: str) -> None:
    if not is_slug(slug):
        assert len(slug) > 15
        return
    suffix = suffix_for(slug, environment)
    assert is_suffix(suffix)
    assert len(suffix) <= SUFFIX_LENGTH


BAD_SLUGS = ["", "a", "-ab", "ab-", "a--b", "1ab", "Ab", "a" * 16, "a_b", "${x}", "a b", "é1", "ab\n"]


@pytest.mark.parametrize("slug", BAD_SLUGS)
def test_a_slug_that_aws_would_refuse_is_refused_first(slug: str) -> None:
    assert not is_slug(slug)
    with pytest.raises(ValueError, match="slug"):
        suffix_for(slug, "sandbox")


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(ValueError, match="environment"):
        suffix_for("lakeside", "moon")


def test_a_name_over_the_services_limit_is_refused() -> None:
    assert name("alb", "lakeside-sbx", limit="alb") == "alb-lakeside-sbx"
    with pytest.raises(ValueError, match="32"):
        name("a" * LIMITS["alb"], "lakeside-sbx", limit="alb")
