"""Asks AWS what a search needs to know, each question once, and reads every page of an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from engine.adoption.rules import at
from engine.aws.clients import DeployRole, answering, client, error_code, session_in
from engine.errors import AwsUnavailableError
from engine.kinds.adoption import Item, Question
from engine.settings import EngineSettings
from messages.message import message

GONE = ("notfound", "nosuch", "nonexistent")
"""What AWS's codes for a thing that is not there have in common, in small letters."""
REFUSED = ("accessdenied", "authorizationerror", "unauthorizedoperation")


class RefusedError(AwsUnavailableError):
    """AWS does not show us this: a right is missing, or the thing is not ours where rights go by tag."""

    remedy = message("Give the deploy role the right to ask this, then retry the run.")


class Look:
    """AWS in one region, through one role; raises AwsUnavailableError where it does not answer."""

    def __init__(self, settings: EngineSettings, region: str, role: DeployRole | None) -> None:
        self.settings = settings
        self.region = region
        self.session = session_in(settings, region, role)
        self.clients: dict[str, Any] = {}
        self.known: dict[str, list[Mapping[str, Any]]] = {}
        self.calls = 0

    def answer(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Return the first page of an answer; an empty one where there is no such thing."""
        return next(iter(self.pages(service, operation, parameters)), {})

    def items(self, question: Question, parameters: Mapping[str, Any]) -> list[Item]:
        """Return what AWS lists, an item for each; a bare text becomes the item's `value`."""
        items: list[Item] = []
        for page in self.pages(question.service, question.operation, parameters):
            collection = at(page, question.collection)
            for part in question.read(collection) if question.read and collection is not None else _listed(collection):
                item = dict(part) if isinstance(part, Mapping) else {"value": part}
                if question.within:
                    items += [{**inner, "parent": item} for inner in item.get(question.within, [])]
                else:
                    items.append(item)
        return items

    def pages(self, service: str, operation: str, parameters: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return every page of an answer; raises Refused where AWS does not let us see it."""
        key = json.dumps([service, operation, parameters], sort_keys=True)
        if key not in self.known:
            self.known[key] = self._request(service, operation, parameters)
        return self.known[key]

    def _request(self, service: str, operation: str, parameters: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        with answering(message("ask {service} for {operation}", service=service, operation=operation)):
            try:
                return list(self._pages(self._client(service), operation, parameters))
            except ClientError as error:
                code = error_code(error).lower()
                if any(word in code for word in GONE):
                    return []
                if any(word in code for word in REFUSED):
                    raise RefusedError(
                        message(
                            "AWS does not let us ask {service} for {operation}.", service=service, operation=operation
                        ),
                        detail=str(error),
                    ) from error
                raise

    def _pages(self, service_client: Any, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        if service_client.can_paginate(operation):
            for page in service_client.get_paginator(operation).paginate(**parameters):
                self.calls += 1
                yield page
            return
        more: dict[str, Any] = {}
        while True:
            self.calls += 1
            page = getattr(service_client, operation)(**parameters, **more)
            yield page
            # WAF has no paginator in boto3, and gives a marker with an empty last page.
            if not page.get("NextMarker") or not any(isinstance(part, list) and part for part in page.values()):
                return
            more = {"NextMarker": page["NextMarker"]}

    def _client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = client(self.settings, service, self.region, self.session)
        return self.clients[service]


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
