"""What the stand-ins decide, as values: tasks to start and stop, pauses, metrics in lines, images, cache users."""

from __future__ import annotations

import json
import socket

import pytest

from sandbox.standins.addresses import PortTakenError, free_address
from sandbox.standins.health import matches
from sandbox.standins.images import has_process
from sandbox.standins.logs import embedded
from sandbox.standins.planning import LONGEST_PAUSE, Plan, Running, breaks, pause, plan
from sandbox.standins.relay import forwarded
from sandbox.standins.scaling import tasks_wanted
from sandbox.standins.valkey import User, Wanted, acl, configuration

OLD, NEW = (
    [Running(f"old{number}", "task:1") for number in (1, 2)],
    [Running("new1", "task:2"), Running("new2", "task:2")],
)


@pytest.mark.parametrize(
    ("desired", "running", "expected"),
    [
        (2, [], Plan(2, ())),
        (2, NEW, Plan(0, ())),
        (1, NEW, Plan(0, ("new2",))),
        (0, NEW, Plan(0, ("new1", "new2"))),
        # A new definition: its tasks come first, and only then the old ones go.
        (2, OLD, Plan(2, ())),
        (2, [*OLD, NEW[0]], Plan(1, ())),
        (2, [*OLD, *NEW], Plan(0, ("old1", "old2"))),
    ],
)
def test_a_service_is_brought_to_what_is_wanted(desired: int, running: list[Running], expected: Plan):
    assert plan(desired=desired, definition="task:2", running=running) == expected


@pytest.mark.parametrize(
    ("status", "statuses", "expected"),
    [(200, "200", True), (204, "200", False), (204, "200,204", True), (299, "200-299", True), (301, "200-299", False)],
)
def test_a_health_check_takes_the_statuses_of_its_matcher(status: int, statuses: str, expected: bool):
    assert matches(status, statuses) is expected


def test_a_balancer_says_by_which_scheme_a_request_came_whatever_the_request_says_of_it():
    request = (
        b"POST /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: ftp\r\nconnection: keep-alive\r\nContent-Length: 2\r\n\r\n"
    )
    expected = (
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nX-Forwarded-Proto: http\r\nConnection: close\r\n\r\n"
    )
    assert forwarded(request, "http") == expected
    assert forwarded(b"GET / HTTP/1.1\r\n\r\n", "https").endswith(b"Proto: https\r\nConnection: close\r\n\r\n")


def test_pauses_grow_to_a_bound():
    assert [pause(failures) for failures in range(5)] == [0.0, 1.0, 2.0, 4.0, 8.0]
    assert pause(100) == LONGEST_PAUSE


@pytest.mark.parametrize(("desired", "failures"), [(0, 3), (1, 3), (6, 3), (7, 4), (25, 13), (400, 200), (1_000, 200)])
def test_a_deployment_ends_after_half_as_many_failed_starts_as_tasks_and_never_before_three(
    desired: int, failures: int
):
    assert not breaks(failures - 1, desired)
    assert breaks(failures, desired)


@pytest.mark.parametrize(("waiting", "expected"), [(0, 1), (5, 1), (6, 2), (19, 4), (1_000, 4)])
def test_a_service_that_follows_a_queue_has_a_task_for_so_many_messages(waiting: int, expected: int):
    assert tasks_wanted(waiting=waiting, target=5.0, least=1, most=4) == expected


def test_metrics_of_a_line_are_found_for_each_set_of_dimensions_and_each_value():
    line = {
        "_aws": {
            "Timestamp": 1_700_000_000_000,
            "CloudWatchMetrics": [
                {"Namespace": "N", "Dimensions": [["District"], []], "Metrics": [{"Name": "Rows", "Unit": "Count"}]}
            ],
        },
        "District": "x",
        "Rows": [1, 2],
    }
    metrics = embedded(json.dumps(line))
    assert [(metric.dimensions, metric.value, metric.unit) for metric in metrics] == [
        ((("District", "x"),), 1.0, "Count"),
        ((("District", "x"),), 2.0, "Count"),
        ((), 1.0, "Count"),
        ((), 2.0, "Count"),
    ]


@pytest.mark.parametrize("line", ["", "plain", '{"_aws": 1}', '{"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{}]}}'])
def test_other_lines_hold_no_metrics(line: str):
    assert embedded(line) == []


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (f"123456789012.dkr.ecr.us-east-1.amazonaws.com/homeroom/processor@sha256:{'a' * 64}", True),
        ("localhost:5000/homeroom/processor:1.2", True),
        ("homeroom/processor", True),
        ("public.ecr.aws/docker/library/busybox:stable", False),
        ("registry.example/homeroom/processor-two:1", False),
        ("registry.example/myhomeroom/processor:1", False),
    ],
)
def test_the_processors_image_has_a_process_and_no_other(image: str, expected: bool):
    assert has_process(image) is expected


def test_an_address_of_its_own_has_the_port_free_unless_somebody_has_it_everywhere():
    with socket.socket() as theirs:
        theirs.bind(("0.0.0.0", 0))
        theirs.listen()
        port = theirs.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"Port {port} is taken"):
            free_address(port)
    address = free_address(port)
    with socket.socket() as ours:
        ours.bind((address, port))


def test_cache_users_have_their_passwords_or_none():
    assert acl(User("app", "on ~* +@all", "iam")) == "user app nopass on ~* +@all"
    assert acl(User("app", "on ~* +@all", "password", ("one", "two"))) == "user app >one >two on ~* +@all"


def test_a_cache_whose_group_has_no_default_user_lets_nobody_in_without_a_name(tmp_path):
    app, off = User("app", "on ~* +@all", "iam"), User("default", "off -@all", "no-password-required")
    for users, default in (((app,), "user default nopass off"), ((app, off), "user default nopass off -@all")):
        lines = configuration(Wanted("127.0.0.1", 6379, True, users), 6379, tmp_path).splitlines()
        assert [line for line in lines if line.startswith("user default")] == [default]
