"""Puts the operations together: every module of `routes` that has a router."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ninja import NinjaAPI, Router

from portal.api import routes
from portal.api.reading import StrictParser
from portal.api.refusals import install

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


def routers() -> list[Router]:
    """Return the routers of all modules of `routes`, each once: those whose methods share addresses share one.

    Django Ninja asks the first router alone that has an address.
    """
    modules = [import_module(f"{routes.__name__}.{module.name}") for module in iter_modules(routes.__path__)]
    found = [router for module in modules if isinstance(router := getattr(module, "router", None), Router)]
    return list(dict.fromkeys(found))


for router in routers():
    api.add_router("", router)
install(api)
