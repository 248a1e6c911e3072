"""Gunicorn's own lines have the format of all others."""

from __future__ import annotations

import importlib
import logging.config

import pytest

from portal import web_server


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_gunicorns_lines_have_the_format_of_all_others(monkeypatch, log_format):
    monkeypatch.setenv("HOMEROOM_LOG_FORMAT", log_format)
    lines = importlib.reload(web_server).logconfig_dict
    assert lines["formatters"]["line"]["()"].lower().endswith(f"{log_format}lines")
    logging.config.DictConfigurator(lines)
    assert lines["loggers"]["gunicorn.error"]["handlers"] == ["console"]


def test_no_request_is_logged_with_its_address():
    assert web_server.logconfig_dict["loggers"]["gunicorn.access"]["level"] == "WARNING"
