"""The program that runs inside a district's stack: `python -m processor COMMAND`."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Callable

from processor import commands, logs
from processor.children import UnclearIdError
from processor.erasure import HeldError
from processor.pseudonyms import PseudonymKeyError
from processor.settings import SettingMissingError, Settings

Command = Callable[[Settings, argparse.Namespace], int]
KNOWN = (HeldError, PseudonymKeyError, SettingMissingError, UnclearIdError)


def api(settings: Settings, arguments: argparse.Namespace) -> int:
    """Serve the analytics; imported here, so that the worker starts without it."""
    return int(importlib.import_module("processor.api.serve").serve(settings))


def parser() -> argparse.ArgumentParser:
    """Return what reads the arguments."""
    root = argparse.ArgumentParser(prog="python -m processor", description=__doc__)
    named = root.add_subparsers(dest="command", required=True)

    def add(name: str, call: Command) -> argparse.ArgumentParser:
        subparser = named.add_parser(name, help=call.__doc__, description=call.__doc__)
        subparser.set_defaults(call=call)
        return subparser

    worker = add("worker", commands.worker)
    worker.add_argument("--wait-seconds", type=int, default=20, help="how long to wait for a message at a time")
    worker.add_argument("--visible-seconds", type=int, default=0, help="how soon a dead worker's message comes back")
    add("api", api)
    add("migrate", commands.migrate)
    redrive = add("redrive", commands.redrive_command)
    redrive.add_argument("--list", action="store_true", help="only list them with their causes")
    redrive.add_argument("--code", help="only those with this code")
    for name, call in (("erase", commands.erase), ("hold", commands.hold)):
        command = add(name, call)
        command.add_argument("--student", required=True, help="the district's own id of the student")
        command.add_argument("--requested-by", required=True)
        command.add_argument("--reason", required=True)
        if name == "hold":
            command.add_argument("--lift", action="store_true", help="lift the holds that are there")
    for name, call in (("merge-students", commands.merge_students), ("split-student", commands.split_student)):
        command = add(name, call)
        command.add_argument("--student", required=True, help="an id of the student")
        if name == "merge-students":
            command.add_argument("--other", required=True, help="an id of the record that is the same student's")
        command.add_argument("--requested-by", required=True)
        command.add_argument("--reason", required=True)
    add("retain", commands.retain).add_argument("--years", type=_years, required=True, help="school years to keep")
    add("check-chain", commands.check_chain)
    return root


def _years(text: str) -> int:
    """Read a number of years; none or fewer would erase the year that is going on."""
    if (years := int(text)) < 1:
        raise argparse.ArgumentTypeError("keep one school year at least")
    return years


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = parser().parse_args(arguments)
    logs.set_up()
    try:
        return int(options.call(Settings.read(), options))
    except KNOWN as error:
        logging.getLogger("processor").error("%s", error)
        return 2


if __name__ == "__main__":
    sys.exit(main())
