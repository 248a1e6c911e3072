"""Log lines are JSON that names the request, the run and its district, and never hold a secret setting."""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from typing import Any

import pytest
from celery import shared_task
from celery.signals import setup_logging
from celery.utils.log import get_multiprocessing_logger
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from engine.processes.threads import carrying
from portal.environment import choice
from provisioning import tasks
from provisioning.models import Run
from provisioning.runs.fence import RunMovedError
from provisioning.states.runs import RunState
from registry.audit.models import AuditEvent
from registry.request_id import WELL_FORMED, current
from registry.telemetry.context import about_run, on_behalf_of, request_at_work, run_at_work
from registry.telemetry.logs import TextLines, configuration
from tests.builders import a_run, moved
from tests.registry.telemetry.lines import work_off, written

logger = logging.getLogger("tests.logs")
SENT = "0af76519-16cd-43dd-8448-eb211c80319c"


@shared_task(name="tests.say_so")
def say_so() -> None:
    logger.info("Said in a task.")


def test_a_line_has_its_time_level_logger_and_message():
    with written() as lines:
        logger.warning("Disk %s is full.", "a")
    (line,) = lines.all()
    assert line.keys() == {"timestamp", "level", "logger", "message"}, "what is not known is left out"
    assert (line["level"], line["logger"], line["message"]) == ("WARNING", "tests.logs", "Disk a is full.")
    assert line["timestamp"].endswith("Z")
    age = timezone.now() - datetime.fromisoformat(line["timestamp"])
    assert abs(age.total_seconds()) < 60


@pytest.mark.django_db
def test_a_request_keeps_the_well_formed_id_that_it_brings():
    with written() as lines:
        answer = Client().get("/nowhere", headers={"X-Request-ID": SENT})
    assert answer["X-Request-ID"] == SENT
    assert lines.saying("Not Found: /nowhere")["request_id"] == SENT
    assert current().request_id == "", "it is over with the request"


@pytest.mark.parametrize("sent", ["", "short", "with spaces in it", 'a"b<c>d-efgh', "x" * 65, "öäüöäüöäü"])
def test_an_id_that_is_not_well_formed_is_replaced(sent):
    answer = Client().get("/livez", headers={"X-Request-ID": sent})
    assert answer["X-Request-ID"] != sent
    assert WELL_FORMED.fullmatch(answer["X-Request-ID"])


@pytest.mark.django_db
def test_an_id_of_any_accepted_length_fits_into_the_audit_record():
    client = Client()
    answer = client.post("/sign-in", {"username": "x", "password": "y"}, headers={"X-Request-ID": "a" * 64})
    assert answer["X-Request-ID"] == "a" * 64
    assert AuditEvent.objects.get().request_id == "a" * 64


def test_a_task_names_the_request_that_sent_it():
    with on_behalf_of("request-that-sends"):
        say_so.apply_async(queue="told")
    with written() as lines:
        assert request_at_work() == ""
        assert work_off("told") == 1
        assert request_at_work() == "", "the next task is another request's, or none's"
    assert lines.saying("Said in a task.")["request_id"] == "request-that-sends"


def test_a_task_that_nobody_asked_for_names_no_request():
    say_so.apply_async(queue="told")
    with written() as lines:
        assert work_off("told") == 1
    assert "request_id" not in lines.saying("Said in a task.")


def test_a_task_that_is_called_in_place_is_part_of_the_request():
    with written() as lines, on_behalf_of("request-in-place"):
        say_so.apply()
        assert request_at_work() == "request-in-place"
    assert lines.saying("Said in a task.")["request_id"] == "request-in-place"


@pytest.mark.django_db
def test_the_walk_of_a_run_names_the_run_and_its_district(monkeypatch):
    run = a_run()
    Run.objects.filter(pk=run.pk).update(sent_at=timezone.now())

    def walk(*_: object) -> None:
        logger.info("On the way.")
        thread = threading.Thread(target=carrying(logger.info), args=("In a thread.",))
        thread.start()
        thread.join()
        raise RunMovedError("Somebody else has it.")

    monkeypatch.setattr(tasks, "execute", walk)
    with written() as lines:
        tasks.execute_run.apply(args=(run.number,))
        assert run_at_work() is None
        logger.info("Behind it.")
    for message in ("On the way.", "In a thread.", "Somebody else has it."):
        line = lines.saying(message)
        assert (line["run"], line["district"]) == (run.number, run.district.suffix), message
    assert "run" not in lines.saying("Behind it.")


@pytest.mark.django_db
def test_a_delivery_that_comes_to_nothing_names_the_run():
    run = moved(a_run(), RunState.SYNTHESIZING)
    with written() as lines:
        tasks.execute_run.apply(args=(run.number,))
    assert lines.saying("is not to be taken")["run"] == run.number


def test_an_exception_is_a_field():
    with written() as lines:
        try:
            raise LookupError("no\nsuch place")
        except LookupError:
            logger.exception("It failed.")
    (line,) = lines.all()
    assert line["message"] == "It failed."
    assert line["exception"]["type"] == "builtins.LookupError"
    assert line["exception"]["message"] == "no\nsuch place"
    assert "test_an_exception_is_a_field" in line["exception"]["traceback"]


@pytest.mark.parametrize("formatter", [None, TextLines()], ids=["json", "text"])
def test_no_secret_setting_is_in_a_line(settings, formatter):
    settings.METRICS_TOKEN = "scrape/me+please"
    settings.BROKER_PASSWORD = "broker-password"
    values = [settings.SECRET_KEY, "scrape/me+please", "scrape%2Fme%2Bplease", "broker-password"]
    with written(formatter) as lines:
        try:
            raise ValueError(f"refused: {' '.join(values)}")
        except ValueError:
            logger.exception("Sent %s", " ".join(values))
    assert lines.texts
    assert [value for value in values if value in "\n".join(lines.texts)] == []


def test_the_text_line_is_the_one_that_people_know():
    with written(TextLines()) as lines, on_behalf_of("request-of-text"), about_run(7, "cedar-abcd"):
        logger.info("Hello.")
    (line,) = lines.texts
    assert line.endswith("INFO tests.logs [request-of-text] Hello.")


@given(st.text())
def test_whatever_is_said_is_one_line(text):
    with written() as lines:
        logger.error("%s", text)
    (line,) = lines.texts
    assert lines.all()[0]["level"] == "ERROR"
    assert line.isascii()


def test_celerys_pool_of_processes_writes_as_all_others_do():
    pool: Any = get_multiprocessing_logger()
    with written() as lines:
        setup_logging.send(sender=None)
        pool.error("Process %s exited.", 7)
    assert lines.saying("Process 7 exited.")["level"] == "ERROR"
    setup_logging.send(sender=None)


def test_the_format_is_one_of_two(monkeypatch):
    assert configuration("json")["formatters"]["line"]["()"].endswith("JsonLines")
    monkeypatch.setenv("HOMEROOM_LOG_FORMAT", "xml")
    with pytest.raises(Exception, match="HOMEROOM_LOG_FORMAT must be one of json, text"):
        choice("LOG_FORMAT", "json", ("json", "text"))
