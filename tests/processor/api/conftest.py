"""One filled district for the module's tests; an API process and a cache where a test asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.demo.issuer import Issuer as Provider
from devtools.demo.issuer import running_issuer as running_provider
from devtools.demo.sign_ins import CLIENT_ID
from devtools.services.broker import Broker, running_broker
from processes.postgres import Postgres, running_postgres
from tests.processor.api.world import AUDIENCE, Api, Issuer, fill, running_api, running_issuer
from tests.processor.pipeline import Pipeline, running_pipeline


@pytest.fixture(scope="package")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture(scope="package")
def district_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    # Another pipeline on one server gives the application's user another password.
    with running_postgres(tmp_path_factory.mktemp("district") / "postgres", durable=False, at_socket=True) as server:
        yield server


@pytest.fixture(scope="package")
def district(
    district_server: Postgres, sandbox_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pipeline]:
    with running_pipeline(district_server, sandbox_url) as running:
        fill(running, tmp_path_factory.mktemp("made"), rows=6_000)
        yield running


@pytest.fixture(scope="package")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """An issuer that signs people in."""
    with running_provider(tmp_path_factory.mktemp("provider"), audience=AUDIENCE) as running:
        yield running


@pytest.fixture(scope="package")
def client_office(district: Pipeline, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A data office that is a client of its issuer."""
    folder = tmp_path_factory.mktemp("client-office")
    with running_api(district, provider, folder, OIDC_CLIENT_ID=CLIENT_ID) as running:
        yield running


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with running_broker(tmp_path / "broker") as running:
        yield running


@pytest.fixture(scope="package")
def api(district: Pipeline, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(district, issuer, tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture
def let_in(district: Pipeline, api: Api) -> Iterator[None]:
    """The bucket lets scripts of the page's origin in, as the stack's own does."""
    rule = {"AllowedOrigins": [api.url], "AllowedMethods": ["POST"], "AllowedHeaders": ["*"]}
    s3 = district.client("s3")
    s3.put_bucket_cors(Bucket=district.bucket, CORSConfiguration={"CORSRules": [rule]})
    yield
    s3.delete_bucket_cors(Bucket=district.bucket)
