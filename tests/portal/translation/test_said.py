"""Stored sentences are found again by their templates, with their values, and become the reader's language."""

from __future__ import annotations

import time

import pytest
from django.utils import translation
from django.utils.safestring import mark_safe

from devtools.messages.catalogue import compile_all
from provisioning.states.rollouts import RolloutState
from provisioning.states.runs import RunState
from registry.texts import forget, said


@pytest.fixture(autouse=True)
def compiled() -> None:
    compile_all()
    forget()


CASES = {
    "A repair brings it back.": "Una reparación lo restituye.",
    "Lakeside went from Draft to Provisioning.": "Lakeside pasó de «Borrador» a «En aprovisionamiento».",
    "Lakeside, drift: drifted: 1 attribute.": "Lakeside, desviación: con desviación: 1 atributo.",
    "Lakeside, drift: in sync.": "Lakeside, desviación: sincronizado.",
    "This needs the role Operator. Ask an administrator for it.": (
        "Esto requiere el rol Operador. Pídaselo a un administrador."
    ),
    "Run #4 for Lakeside: failed. AWS did not answer.": "Ejecución n.º 4 para Lakeside: con error. AWS no respondió.",
    "10.4.0.0/22 overlaps Lakeside (10.4.0.0/20). Next free: 10.4.16.0/22.": (
        "10.4.0.0/22 se solapa con Lakeside (10.4.0.0/20). La próxima libre: 10.4.16.0/22."
    ),
    "aws_rds_cluster.main is deleted and with it the database is lost.": (
        "aws_rds_cluster.main se elimina y con ello se pierde la base de datos."
    ),
    "Change of settings: size, processor image": "Cambio de ajustes: tamaño, imagen del procesador",
    "awaiting_approval": "en espera de aprobación",
    "Something that nobody here ever said.": "Something that nobody here ever said.",
    "": "",
}


@pytest.mark.parametrize(("english", "spanish"), CASES.items())
def test_in_spanish(english: str, spanish: str) -> None:
    with translation.override("es"):
        assert said(english) == spanish


@pytest.mark.parametrize("english", CASES)
def test_in_english_everything_stays_as_it_was_said(english: str) -> None:
    with translation.override("en"):
        assert said(english) is english


def test_markup_is_not_touched() -> None:
    with translation.override("es"):
        assert said(mark_safe("A repair brings it back.")) == "A repair brings it back."


def test_people_s_own_words_inside_a_sentence_stay_theirs() -> None:
    with translation.override("es"):
        told = said("The teardown of Live was requested: The contract ended. Ask Ada.")
        assert told == "Se pidió el desmantelamiento de Live: The contract ended. Ask Ada."


def test_a_long_text_that_is_none_of_ours_costs_little() -> None:
    text = "Error: something. " * 200
    with translation.override("es"):
        said("A repair brings it back.")
        began = time.monotonic()
        assert said(text) == text
        assert time.monotonic() - began < 0.5


def test_words_of_enumerations_have_a_label_and_keep_their_english_word() -> None:
    with translation.override("es"):
        assert (RunState.FAILED.word, RunState.FAILED.label) == ("Failed", "Con error")
        assert str(dict(RolloutState.choices())["halted"]) == "Detenido"
    with translation.override("en"):
        assert RunState.FAILED.label == "Failed"
