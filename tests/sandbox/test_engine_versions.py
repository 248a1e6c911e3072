"""Which versions of engines are offered: what specifications may name, and none that nobody has."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("version", "offered"), [("16.6", True), ("16.99", False)])
def test_rds_tells_its_versions_and_where_they_can_be_had(client, version, offered):
    rds = client("rds")
    parameters = {"Engine": "aurora-postgresql", "EngineVersion": version}
    assert [
        listed["EngineVersion"] for listed in rds.describe_db_engine_versions(**parameters)["DBEngineVersions"]
    ] == ([version] if offered else [])
    options = rds.describe_orderable_db_instance_options(**parameters, DBInstanceClass="db.serverless")
    zones = [zone["Name"] for option in options["OrderableDBInstanceOptions"] for zone in option["AvailabilityZones"]]
    assert ("us-east-1a" in zones) is offered


def test_elasticache_tells_its_versions_with_the_families_of_their_parameters(client):
    versions = client("elasticache").describe_cache_engine_versions(Engine="redis")["CacheEngineVersions"]
    families = {version["EngineVersion"]: version["CacheParameterGroupFamily"] for version in versions}
    assert (families["6.2"], families["7.1"]) == ("redis6.x", "redis7")
