"""Who may be deployed to by `make live`: the account that is meant, nobody's production, and after one question."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.cost import estimate, load_prices
from infra.outline import Wish, outline
from infra.spec import Size
from processes.errors import RemediedError

Make = Callable[[str], Any]

HOURS = 2
"""How long it takes at most, as a rule: deploying and removing half an hour each, and looking between."""
HOURS_OF_A_MONTH = 730
STAGES = ("Environment", "environment", "Env", "env", "Stage", "stage")
PRODUCTION = ("production", "Production", "PRODUCTION", "prod", "Prod", "PROD", "prd", "live")
IN_NAME = re.compile(r"(^|[^a-z])(prod|production|prd|live)([^a-z]|$)", re.IGNORECASE)
SHOWN = 5


class NotHereError(RemediedError):
    """This account is not one to try things in."""


def require_account(make: Make, account: str) -> str:
    """Return as whom AWS knows us; raises NotHereError where another account answers than the one that was named."""
    try:
        identity = make("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise NotHereError(
            f"AWS did not say who we are: {error}", remedy="Give credentials of the account, such as AWS_PROFILE."
        ) from error
    if identity["Account"] != account:
        raise NotHereError(
            f"These credentials are the account {identity['Account']}'s, not {account}'s.",
            remedy="Name the account that you mean, or give its credentials.",
        )
    return str(identity["Arn"])


def refuse_production(make: Make, account: str) -> None:
    """Raise NotHereError for an account whose name or resources say that it is production, or that does not tell."""
    try:
        aliases = make("iam").list_account_aliases()["AccountAliases"]
        arns = {
            mapping["ResourceARN"]
            for key in STAGES
            for page in make("resourcegroupstaggingapi")
            .get_paginator("get_resources")
            .paginate(TagFilters=[{"Key": key, "Values": list(PRODUCTION)}])
            for mapping in page["ResourceTagMappingList"]
        }
    except (BotoCoreError, ClientError) as error:
        raise NotHereError(
            f"Whether {account} is a production account cannot be told: {error}",
            remedy="Allow tag:GetResources and iam:ListAccountAliases.",
        ) from error
    named = [alias for alias in aliases if IN_NAME.search(alias)]
    if named:
        raise NotHereError(f"The account calls itself {named[0]}.", remedy="Use an account made for trying things.")
    if arns:
        some = "\n  ".join(sorted(arns)[:SHOWN])
        raise NotHereError(
            f"{len(arns)} resources of {account} are tagged as production, such as\n  {some}",
            remedy="Use an account made for trying things.",
        )


def price(size: str, region: str) -> str:
    """Return what it costs, in words: list prices by the hour, and what they leave out."""
    hourly = estimate({"resource": outline(Wish(size=Size(size)))}, load_prices(), region).total_usd / HOURS_OF_A_MONTH
    return (
        f"about {hourly:.2f} USD an hour at list prices, so some {hourly * HOURS:.2f} USD for up to {HOURS} hours; a "
        "deleted KMS key and requests come to cents"
    )


def ask_once(account: str, region: str, size: str, *, given: str, read: Callable[[str], str]) -> None:
    """Have a person type the account's id; `given` is what was typed beforehand. Raises NotHereError otherwise."""
    question = (
        f"Homeroom will make a whole district (sandbox, size {size}) in the account {account}, {region}, look at it "
        f"and remove it.\n  It takes one to {HOURS} hours and costs {price(size, region)}.\n"
        "Type the account's id to go on: "
    )
    typed = given or read(question)
    if typed.strip() != account:
        raise NotHereError("Nothing was made: the account's id was not typed.", remedy="Type it, or set YES to it.")
