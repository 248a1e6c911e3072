"""What a newcomer adds stands in the files that docs/development.md names, and the house shows it with no other change.

Each test does it, in a copy of the project that lets no other file be written.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.additions.tree import Tree

ROW = '''
"""A made-up service."""

from engine.kinds.adoption import Adopt, Question
from engine.kinds.kind import Box, Charge, Coverage, Drift, Kind, Service

SERVICE = Service("Orchards", ("aws_orchard",), data_rank=9)
KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_orchard_tree",
        SERVICE,
        adoption=Adopt(Question("orchard", "list_trees", "Trees"), {"Name": "name"}, "{item.Id}"),
        charge=Charge.FREE,
        seen=Coverage(tag="orchard tree"),
        drift=Drift(by_aws={"height": "It grows."}),
        loss="Its apples are lost.",
        holds_data=True,
        console=lambda id_: f"orchard/home#/trees/{id_}",
        boxes=(Box("tree", "Apple tree", "REGION"),),
    ),
)
'''


def test_a_resource_is_its_row(tmp_path: Path):
    tree = Tree(tmp_path, "an AWS resource")
    tree.add("engine/kinds/orchard.py", ROW)
    answer = tree.ask(
        "import json\n"
        "from engine.adoption.table import TABLE\n"
        "from engine.aws.coverage import COVERAGE\n"
        "from engine.kinds import MODULES\n"
        "from provisioning import aws_kinds\n"
        "kind = 'aws_orchard_tree'\n"
        "print(json.dumps([TABLE[kind].import_id, COVERAGE[kind].tag, aws_kinds.service_of(kind),\n"
        "    aws_kinds.DATA_SERVICES[-1], kind in aws_kinds.HOLDING_DATA, aws_kinds.CONSOLE_PAGES[kind]('t1'),\n"
        "    aws_kinds.diagram_boxes()[-1].title, MODULES[-1].__name__]))\n"
    )
    assert answer == [
        *("{item.Id}", "orchard tree", "Orchards", "Orchards", True, "orchard/home#/trees/t1", "Apple tree"),
        "engine.kinds.orchard",
    ]


FORMAT = '''
"""A made-up format: a pupil, a test and points."""

from processor.formats import ids, values
from processor.formats.base import Field, Format, fixed
from processor.formats.plain import RESULT_LINE


def writer(reading, sink):
    def write(line, row):
        pupil, test, points = row
        student = reading.numbered(pupil)
        cells = dict.fromkeys(("standard", "school_id", "grade", "performance_level"), "")
        sink.put_result(RESULT_LINE(
            line=line, part=reading.part, record_id=f"{test}|{student}", school_year="2026", student=student,
            administration_id=test, taken_on="2026-05-01", scale_score=points, modified_at=reading.when, **cells,
        ))

    return write


FORMAT = Format(
    name="orchard",
    title="Orchard CSV",
    source="a test",
    fields=(
        Field("pupil", fixed(ids.copyable), required=True),
        Field("fruit test", fixed(values.text()), required=True),
        Field("points", fixed(values.score()), required=True),
    ),
    writer=writer,
    marks=frozenset({"pupil", "fruit test", "points"}),
    student_field="pupil",
)
'''


def test_a_format_is_its_module(tmp_path: Path):
    tree = Tree(tmp_path, "an assessment format")
    tree.add("processor/formats/orchard.py", FORMAT)
    answer = tree.ask(
        "import io, json\n"
        "from datetime import UTC, datetime\n"
        "from processor.formats.base import Reading\n"
        "from processor.ingest.preview import Collected\n"
        "from processor.ingest.reading import read_upload\n"
        "from processor.ingest.report import Report\n"
        "from processor.pseudonyms import Pseudonyms\n"
        "sink, report = Collected(), Report()\n"
        "reading = Reading(Pseudonyms({'pseudonym_key': 'k' * 40}), datetime(2026, 6, 1, tzinfo=UTC))\n"
        "content = b'pupil,fruit test,points\\n4711,apples,31\\n4712,apples,many\\n'\n"
        "outcome = read_upload(io.BytesIO(content), name='o.csv', size=len(content), reading=reading,\n"
        "                      staging=sink, report=report)\n"
        "print(json.dumps([[row['scale_score'] for row in sink.results], [cell.field for cell in report.kept]]))\n"
    )
    assert answer == [["31.0"], ["points"]]


VIEWS = '''
"""A made-up page."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.console.doors import require_role
from registry.accounts.acts import Act


@require_GET
@require_role(Act.SEE)
def orchard(request):
    """Show the trees."""
    return render(request, "orchard/page.html", {"trees": 3})
'''
PAGE = """{% extends "console/base.html" %}
{% block title %}Orchard{% endblock %}
{% block main %}<h1>Orchard</h1><p>{{ trees }} trees</p>{% endblock main %}
"""


def test_a_page_is_its_folder_its_address_and_its_place(tmp_path: Path):
    tree = Tree(tmp_path, "a page")
    for name, text in (("__init__.py", ""), ("views.py", VIEWS), ("page.html", PAGE)):
        tree.add(f"portal/console/pages/orchard/{name}", text)
    tree.insert(
        "portal/console/urls.py",
        '    path("sign-in", ',
        '    path("orchard", import_module("portal.console.pages.orchard.views").orchard, name="orchard"),\n',
    )
    tree.insert("portal/console/urls.py", "from django.urls import", "from importlib import import_module\n")
    tree.insert("portal/console/frame.py", '    "fleet": (', '    "orchard": ("audit", _("Orchard")),\n')
    answer = tree.ask(
        "import json\n"
        "import django\n"
        "django.setup()\n"
        "from django.template.loader import get_template\n"
        "from django.test import Client\n"
        "from django.urls import reverse\n"
        "from portal.console.frame import PLACES\n"
        "refused = Client(SERVER_NAME='localhost').get('/orchard')\n"
        "print(json.dumps([reverse('console:orchard'), refused.status_code, refused['Location'],\n"
        "    str(PLACES['orchard'][1]), get_template('orchard/page.html').template.name]))\n"
    )
    assert answer == ["/orchard", 302, "/sign-in?next=/orchard", "Orchard", "orchard/page.html"]


def test_a_state_is_its_row_its_condition_and_its_look(tmp_path: Path):
    tree = Tree(tmp_path, "a state or a transition of a run")
    states = "provisioning/states/runs.py"
    tree.insert(states, '    LOST = "lost"', '    SHELVED = "shelved", "Shelved"\n')
    tree.insert(states, '    GIVES_WAY = "', '    SHELVED_LONG = "nobody took it from the shelf"\n')
    tree.insert(
        states,
        "        Transition(L, S, By.WORKER",
        "        Transition(Q, RunState.SHELVED, By.PERSON),\n"
        "        Transition(RunState.SHELVED, RunState.CANCELED, By.SCHEDULER, Guard.SHELVED_LONG),\n",
    )
    tree.insert(
        "provisioning/runs/guards.py", "    Guard.GIVES_WAY:", "    Guard.SHELVED_LONG: lambda run, mover: True,\n"
    )
    tree.insert(
        "portal/console/badges.py",
        "    RunState.LOST: ",
        '    RunState.SHELVED: Badge("archive", "neutral", _("It lies on the shelf.")),\n',
    )
    answer = tree.ask(
        "import json\n"
        "import django\n"
        "django.setup()\n"
        "from devtools.states_page import text\n"
        "from portal.console.templatetags.console import badge\n"
        "from provisioning.models import Run\n"
        "from provisioning.runs.guards import GUARDS\n"
        "from provisioning.states.runs import ACTIVE_STATES, Guard, RunState, may_move\n"
        "state = RunState('shelved')\n"
        "print(json.dumps([may_move(RunState.QUEUED, state), state in ACTIVE_STATES, set(GUARDS) == set(Guard),\n"
        "    'Shelved' in text(), 'It lies on the shelf.' in badge(state),\n"
        "    ['shelved', 'Shelved'] in [[key, str(word)] for key, word in Run._meta.get_field('state').choices]]))\n"
    )
    assert answer == [True] * 6


def test_a_setting_is_its_row_its_column_and_its_field(tmp_path: Path):
    tree = Tree(tmp_path, "a setting of a district")
    tree.insert(
        "infra/fields.py",
        '    DistrictField(name="nces_id"',
        '    DistrictField(name="orchard", group=STACK, label="Orchard", hint="Which trees.", longest=9,\n'
        '                  spec=("orchard",), changed_by=OPERATOR),\n',
    )
    tree.insert("infra/spec.py", "    zones: Annotated", '    orchard: str = Field(default="", max_length=9)\n')
    column = '    orchard = models.CharField(max_length=longest("orchard"), blank=True)\n'
    tree.insert("registry/districts/models.py", "    zones = models.", column)
    tree.insert("registry/districts/registration.py", "    tags: Mapping", '    orchard: str = ""\n')
    tree.insert("homeroom_cli/inputs.py", "TEXTS = {", "")
    answer = tree.ask(
        "import json\n"
        "import django\n"
        "django.setup()\n"
        "from infra.schema import text\n"
        "from portal.api.schemas.districts import RegistrationIn, Settings, SettingsIn\n"
        "from portal.console.forms import RegistrationForm\n"
        "from portal.console.pages.bulk.file import COLUMNS\n"
        "from portal.console.pages.settings.page import SettingsForm\n"
        "from registry.districts.models import District\n"
        "from registry.districts.registration import Registration, stored\n"
        "field = SettingsForm.base_fields['orchard']\n"
        "label = str(RegistrationForm.base_fields['orchard'].label)\n"
        "print(json.dumps([label, field.max_length, 'orchard' in COLUMNS,\n"
        "    json.loads(text())['properties']['orchard']['description'],\n"
        "    ['orchard' in schema.model_fields for schema in (RegistrationIn, Settings, SettingsIn)],\n"
        "    stored(Registration(name='Oak', account_id='1', orchard='apples'))['orchard'],\n"
        "    District(orchard='pears').orchard]))\n"
    )
    label, longest, in_file, description, in_api, registered, kept = answer
    assert (label, longest, in_file, description) == ("Orchard", 9, True, "Orchard. Which trees.")
    assert in_api == [True] * 3
    assert (registered, kept) == ("apples", "pears")


ROUTE = '''
"""A made-up operation."""

from ninja import Router

from portal.api.door import operation
from portal.api.schemas.orchard import OrchardOut
from registry.accounts.tokens.scopes import Scope

router = Router(tags=["facts"])


@operation(router, "GET", "/orchard", scope=Scope.READ, returns=OrchardOut)
def show_orchard(request):
    """How many trees there are."""
    return OrchardOut(trees=3)
'''
SCHEMA = '''
"""What a made-up operation answers."""

from portal.api.schemas.base import ResponsePart


class OrchardOut(ResponsePart):
    """Trees."""

    trees: int
'''


def test_an_operation_is_its_function_and_its_answer(tmp_path: Path):
    tree = Tree(tmp_path, "an operation of the API")
    tree.add("portal/api/routes/orchard.py", ROUTE)
    tree.add("portal/api/schemas/orchard.py", SCHEMA)
    answer = tree.ask(
        "import json\n"
        "import django\n"
        "django.setup()\n"
        "from portal.api.document import document\n"
        "whole = document()\n"
        "print(json.dumps([whole['paths']['/api/v1/orchard']['get']['summary'],\n"
        "    list(whole['components']['schemas']['OrchardOut']['properties'])]))\n"
    )
    assert answer == ["How many trees there are", ["trees"]]


def test_a_file_that_the_page_does_not_name_is_refused(tmp_path: Path):
    tree = Tree(tmp_path, "an assessment format")
    with pytest.raises(AssertionError, match=r"does not name processor/ingest/reading\.py"):
        tree.insert("processor/ingest/reading.py", "class Parts", "")
