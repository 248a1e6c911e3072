"""What is left after a destroy: log groups that AWS makes again are deleted, and everything else is told."""

from __future__ import annotations

from devtools.converge import left_after
from devtools.engine_settings import settings_for
from engine.aws.clients import client
from engine.aws.late_log_groups import made_again
from sandbox.launch import running_sandbox


def test_a_group_that_aws_has_made_again_is_deleted_and_one_of_ours_is_left(tmp_path):
    ours = "/homeroom/access-lakeside-sbx"
    with running_sandbox() as sandbox:
        settings = settings_for(tmp_path, sandbox.url)
        logs = client(settings, "logs", "us-east-1")
        for name in (*made_again("lakeside-sbx"), ours):
            logs.create_log_group(logGroupName=name)
        left = left_after(settings, "lakeside-sbx")
        names = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    assert [item.identifier.partition(":log-group:")[2] for item in left] == names == [ours]
