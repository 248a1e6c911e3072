"""Messages become the reader's language with their values; people's own words stay theirs."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.template import Context, Template
from django.utils import timezone, translation
from django.utils.safestring import mark_safe

from devtools.messages.catalogue import compile_all
from engine.errors import AwsUnavailableError
from engine.terraform.policy import STATEFUL, PolicyCode, assess
from messages.message import Message, listed, message, sentences, term, verbatim, word
from messages.stored import stored
from provisioning.models import NoticeEndpoint, RolloutMember, Run, RunEvent
from provisioning.states.rollouts import RolloutState
from provisioning.states.runs import Decision, RunState
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.audit.services import record
from registry.districts.changes import EDITABLE
from registry.districts.statuses import DistrictStatus, DriftStatus
from registry.messages.translation import translated, translated_word
from tests.builders import a_run

HOSTILE = "{username} %(x)s <script>alert(1)</script>"


@pytest.fixture(autouse=True)
def compiled() -> None:
    compile_all()


CASES: list[tuple[str, str]] = [
    (message("A repair brings it back."), "Una reparación lo restituye."),
    (
        message(
            "{name} went from {before} to {status}.",
            name="Lakeside",
            before=DistrictStatus.DRAFT.word,
            status=DistrictStatus.PROVISIONING.word,
        ),
        "Lakeside pasó de «Borrador» a «En aprovisionamiento».",
    ),
    (
        message(
            "{name}, drift: {drift}{count}.",
            name="Lakeside",
            drift=DriftStatus.DRIFTED.word.lower(),
            count=message(": {found} attribute", found=1),
        ),
        "Lakeside, desviación: con desviación: 1 atributo.",
    ),
    (str(NotAllowedError(Role.OPERATOR)), "Esto requiere el rol Operador. Pídaselo a un administrador."),
    (
        sentences(
            message(
                "Run #{number} for {name}: {after}.", number=4, name="Lakeside", after=RunState.FAILED.word.lower()
            ),
            message("AWS did not let us {what}.", what=message("list the states")),
        ),
        "Ejecución n.º 4 para Lakeside: con error. AWS no nos dejó enumerar los estados.",
    ),
    (
        sentences(
            message("{wanted} overlaps {name} ({cidr}).", wanted="10.4.0.0/22", name="Lakeside", cidr="10.4.0.0/20"),
            message("Next free: {free}.", free="10.4.16.0/22"),
        ),
        "10.4.0.0/22 se solapa con Lakeside (10.4.0.0/20). La próxima libre: 10.4.16.0/22.",
    ),
    (
        message("Change of settings: {names}", names=listed(EDITABLE[name].lower() for name in ("size", "image"))),
        "Cambio de ajustes: tamaño, imagen del procesador",
    ),
    (
        message(
            "The teardown of {name} was requested: {reason}", name="Live", reason="Ask Ada. A repair brings it back."
        ),
        "Se pidió el desmantelamiento de Live: Ask Ada. A repair brings it back.",
    ),
    (message("{username} used a recovery code.", username=HOSTILE), f"{HOSTILE} usó un código de recuperación."),
    (verbatim("A repair brings it back."), "A repair brings it back."),
    (verbatim(""), ""),
]


@pytest.mark.parametrize(("english", "spanish"), CASES)
def test_in_spanish(english: str, spanish: str) -> None:
    with translation.override("es"):
        assert translated(english) == spanish


@pytest.mark.parametrize("english", [english for english, _ in CASES])
def test_in_english_everything_stays_as_it_was_said(english: str) -> None:
    with translation.override("en"):
        assert translated(english) == english


def test_plain_text_and_markup_are_not_touched() -> None:
    with translation.override("es"):
        for text in ("A repair brings it back.", mark_safe("A repair brings it back.")):
            assert translated(text) is text


def test_words_that_are_stored_alone_are_translated_by_their_own_filter() -> None:
    with translation.override("es"):
        assert translated_word("production") == "producción"
        page = Template("{% load console %}{{ word|word|capfirst }} {{ tier|term }} {{ own|translated }}")
        html = page.render(Context({"word": "sandbox", "tier": "public", "own": verbatim("<b>")}))
    assert html == "Pruebas (sandbox) pública &lt;b&gt;"


def test_words_of_enumerations_have_a_label_and_keep_their_english_word() -> None:
    with translation.override("es"):
        assert (RunState.FAILED.word, RunState.FAILED.label) == ("Failed", "Con error")
        assert str(dict(RolloutState.choices())["halted"]) == "Detenido"
    with translation.override("en"):
        assert RunState.FAILED.label == "Failed"


def test_what_a_plan_would_lose_is_named_in_the_reader_s_language() -> None:
    lost = {"address": "aws_rds_cluster.main", "type": "aws_rds_cluster", "change": {"actions": ["delete"]}}
    (loss,) = [
        finding for finding in assess({"resource_changes": [lost]}) if finding.code is PolicyCode.STATEFUL_DELETED
    ]
    assert STATEFUL["aws_rds_cluster"] in loss.sentence
    with translation.override("es"):
        assert translated(loss.sentence) == "aws_rds_cluster.main se elimina y con ello se pierde la base de datos."


@pytest.mark.django_db
class TestWhatIsStored:
    SAID = message(
        "The plan of run #{number} was {decision} by {username}.",
        number=4,
        decision=Decision.APPROVED.word.lower(),
        username=HOSTILE,
    )

    def test_every_way_of_writing_keeps_all_of_it(self) -> None:
        run = a_run()
        run.error_summary = self.SAID
        run.save()
        assert stored(Run.objects.get(pk=run.pk).error_summary) == stored(self.SAID)
        run.error_summary = message("Empty.")
        run.save(update_fields=["error_summary"])
        assert stored(Run.objects.get(pk=run.pk).error_summary) == stored(message("Empty."))
        Run.objects.filter(pk=run.pk).update(error_summary=self.SAID, approval_reasons=[self.SAID])
        run.refresh_from_db()
        assert [stored(run.error_summary), stored(run.approval_reasons[0])] == [stored(self.SAID)] * 2
        now = timezone.now()
        rows = [RunEvent(run=run, sequence=n, at=now, level="info", kind="x", message=self.SAID) for n in (1, 2)]
        RunEvent.objects.bulk_create(rows)
        values = run.events.values_list("message", flat=True)
        assert [stored(text) for text in values] == [stored(self.SAID)] * 2
        Run.objects.bulk_update([run], ["held_reason"])
        NoticeEndpoint.objects.update_or_create(name="x", defaults={"kind": "slack", "disabled_reason": self.SAID})
        assert stored(NoticeEndpoint.objects.get().disabled_reason) == stored(self.SAID)

    def test_queries_see_the_english_text(self) -> None:
        run = a_run()
        Run.objects.filter(pk=run.pk).update(error_summary=self.SAID)
        assert Run.objects.filter(error_summary=str(self.SAID)).exists()
        assert Run.objects.filter(error_summary__icontains="PLAN OF RUN").exists()
        assert not Run.objects.filter(error_summary__contains="template").exists()
        assert not Run.objects.filter(error_summary="").exists()
        assert Run.objects.filter(held_reason="", error_summary__in=["x", str(self.SAID)]).count() == 1
        assert RolloutMember.objects.exclude(skipped="").count() == 0

    def test_plain_text_is_somebody_s_own(self) -> None:
        run = a_run()
        Run.objects.filter(pk=run.pk).update(reason="The contract ended.")
        assert stored(Run.objects.get(pk=run.pk).reason) == {"text": "The contract ended."}

    def test_the_record_is_read_in_the_reader_s_language_and_sealed_in_english(self) -> None:
        event = record(
            action=AuditAction.RUN_DECIDED, actor=None, subject_kind="run", subject_id="4", message=self.SAID
        )
        read = AuditEvent.objects.get(pk=event.pk)
        with translation.override("es"):
            assert translated(read.message) == f"Decisión sobre el plan de la ejecución n.º 4: aprobado, por {HOSTILE}."
        assert AuditEvent.objects.filter(message__icontains="was approved by").exists()

    def test_the_record_and_the_log_take_no_sentence_that_is_no_message(self) -> None:
        with pytest.raises(TypeError, match="verbatim"), transaction.atomic():
            record(
                action=AuditAction.RUN_DECIDED,
                actor=None,
                subject_kind="run",
                subject_id="4",
                message=f"Run #{4} ended.",  # type: ignore[arg-type]
            )
        assert not AuditEvent.objects.exists()

    def test_a_text_that_is_missing_is_refused_by_the_database(self) -> None:
        run = a_run()
        with pytest.raises(IntegrityError), transaction.atomic():
            Run.objects.filter(pk=run.pk).update(error_summary=None)


def test_an_error_keeps_its_message() -> None:
    error = AwsUnavailableError(message("The kept state is gone from the state bucket."))
    assert str(error) is error.summary
    assert isinstance(error.remedy, Message)
    assert term("GuardDuty") == "GuardDuty"
    assert word("lifetime").context == "word"
