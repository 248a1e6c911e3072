"""Puts the operations together."""

from __future__ import annotations

from ninja import NinjaAPI

from portal.api.reading import StrictParser
from portal.api.refusals import install
from portal.api.routes import (
    access,
    account_acts,
    accounts,
    audit,
    calendar,
    certificates,
    device,
    districts,
    drift,
    endpoints,
    evidence,
    facts,
    inbox,
    me,
    people,
    resolving,
    rollouts,
    runs,
    tokens,
)

DESCRIPTION = """\
Everything that Homeroom's console does, for programs. Send a token as `Authorization: Bearer`; make one under
**API tokens** in the console. Refusals are problem details (RFC 9457) with a `code` that does not change.
"""

api = NinjaAPI(
    title="Homeroom",
    version="1.0.0",
    description=DESCRIPTION,
    docs_url=None,
    openapi_url=None,
    urls_namespace="api-v1",
    parser=StrictParser(),
)
PARTS = (
    *(device, me, districts, drift, runs, rollouts, certificates, audit, evidence),
    *(accounts, account_acts, calendar, people, access, endpoints, inbox, resolving, facts, tokens),
)
# Modules with methods of the same addresses share a router: of two routers the first alone would be asked.
for router in dict.fromkeys(part.router for part in PARTS):
    api.add_router("", router)
install(api)
