"""DB parameters that were set say so, and can be set back."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import Clients


@pytest.fixture
def group(client):
    rds = client("rds")
    name = "pg-small-sbx"
    rds.create_db_parameter_group(
        DBParameterGroupName=name, DBParameterGroupFamily="aurora-postgresql16", Description="For a test"
    )
    yield name
    rds.delete_db_parameter_group(DBParameterGroupName=name)


def parameters(client: Clients, group: str) -> dict[str, tuple[str, str]]:
    listed = client("rds").describe_db_parameters(DBParameterGroupName=group)["Parameters"]
    return {parameter["ParameterName"]: (parameter["ParameterValue"], parameter["Source"]) for parameter in listed}


def methods(client: Clients, group: str) -> dict[str, str]:
    listed = client("rds").describe_db_parameters(DBParameterGroupName=group)["Parameters"]
    return {parameter["ParameterName"]: parameter["ApplyMethod"] for parameter in listed}


def test_another_way_to_apply_what_is_not_changed_is_not_kept(client, group):
    def settle(name: str, value: str, method: str) -> str:
        parameter = {"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}
        client("rds").modify_db_parameter_group(DBParameterGroupName=group, Parameters=[parameter])
        return methods(client, group)[name]

    assert settle("log_statement", "none", "immediate") == "pending-reboot", "it is the default"
    assert settle("log_lock_waits", "1", "immediate") == "immediate"
    assert settle("log_lock_waits", "1", "pending-reboot") == "immediate"
    assert settle("log_lock_waits", "0", "pending-reboot") == "pending-reboot"


def test_a_static_parameter_is_applied_at_a_reboot_alone(client, group):
    static = {"ParameterName": "shared_preload_libraries", "ParameterValue": "pgaudit"}
    with pytest.raises(ClientError, match="cannot use immediate apply method for static parameter"):
        client("rds").modify_db_parameter_group(
            DBParameterGroupName=group, Parameters=[static | {"ApplyMethod": "immediate"}]
        )
    client("rds").modify_db_parameter_group(
        DBParameterGroupName=group, Parameters=[static | {"ApplyMethod": "pending-reboot"}]
    )


def test_a_parameter_that_was_set_has_its_source_and_can_be_reset(client, group):
    settings = [
        {"ParameterName": name, "ParameterValue": "1", "ApplyMethod": "immediate"}
        for name in ("log_lock_waits", "log_connections")
    ]
    client("rds").modify_db_parameter_group(DBParameterGroupName=group, Parameters=settings)
    assert parameters(client, group) == {"log_lock_waits": ("1", "user"), "log_connections": ("1", "user")}
    client("rds").reset_db_parameter_group(DBParameterGroupName=group, Parameters=settings[:1])
    assert set(parameters(client, group)) == {"log_connections"}
    client("rds").reset_db_parameter_group(DBParameterGroupName=group, ResetAllParameters=True)
    assert parameters(client, group) == {}
