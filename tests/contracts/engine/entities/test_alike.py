"""Which names are proposed as perhaps the same: few wrong ones, most of those that people misspell."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.engine.entities.alike import CUT_AT, AlikeEntity, compare_names
from contracts.errors import UnknownEntity
from contracts.questions.entities.addresses import make_slug
from contracts.questions.entities.kinds import KINDS
from tests.contracts.small_stores import make_award, open_awards
from tools.bench.alike import measure_alike


def propose(*names: str, kind: str = "contractors") -> list[AlikeEntity]:
    """What is proposed for the first name where the others are there too."""
    column = KINDS[kind].column
    awards: list[dict[str, Any]] = [make_award(place, **{column: name}) for place, name in enumerate(names)]
    with open_awards(awards) as store, store.reader() as reader:
        return reader.entities.list_alike(KINDS[kind], make_slug(names[0]))["alike"]


@pytest.mark.parametrize(
    ("name", "other", "reasons"),
    [
        ("MABUHAY CONSTRUCTION", "MABUHAY CONSTURCTION", ["misspelled"]),
        ("ULTICON BUILDERS", "ULTIKON BUILDERS, INC.", ["misspelled"]),
        ("J.L. CRUZ GENERAL MERCHANDISE", "J.L. CRUZ GEN. MDSE.", ["abbreviated", "abbreviated"]),
        ("J.L. CRUZ TRADING", "CRUZ, J.L. TRADING", ["order"]),
        ("NEW ERA (FORMERLY: J.L. CRUZ TRADING)", "J.L. Cruz Trading", ["former"]),
        ("J.L. Cruz Trading", "NEW ERA (FORMERLY: J.L. CRUZ TRADING)", ["former"]),
        ("DEPT. OF HEALTH", "DEPARTMENT OF HEALTH", ["abbreviated"]),
    ],
)
def test_names_that_may_be_the_same(name: str, other: str, reasons: list[str]) -> None:
    (found,) = propose(name, other)
    assert found["name"] == other
    assert sorted(one["reason"] for one in found["evidence"]) == reasons
    assert 0.8 < found["score"] <= 1


def test_a_name_that_the_source_cut_is_proposed() -> None:
    whole = "DEPARTMENT OF PUBLIC WORKS AND HIGHWAYS - METRO MANILA 1ST ENGINEERING DISTRICT"
    (found,) = propose(whole, whole[:CUT_AT], kind="organizations")
    assert found["evidence"][0]["reason"] == "cut"


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("J.L. CRUZ TRADING", "J.M. CRUZ TRADING"),
        ("CRUZ TRADING BRANCH 12", "CRUZ TRADING BRANCH 13"),
        ("LIM TRADING", "LIN TRADING"),
        ("MABUHAY BUILDERS", "MABUHAY TRADING"),
        ("MABUHAY BUILDERS", "MABUHAY BUILDERS AND TRADING"),
        # A spelling of the same name is no guess, and has a list of its own.
        ("ABC Corp.", "A.B.C. CORPORATION"),
        ('"!!"', "?"),
    ],
)
def test_names_that_are_others(name: str, other: str) -> None:
    assert propose(name, other) == []


def test_two_words_that_many_bear_are_no_slip_of_the_pen() -> None:
    others = [f"VALDEZ {word}" for word in ("PHARMACY", "PRINTING", "BAKERY")]
    others += [f"VALDES {word}" for word in ("LUMBER", "HARDWARE", "CATERING")]
    assert propose("VALDEZ TRADING", "VALDES TRADING", *others) == []
    assert [one["name"] for one in propose("VALDEZ TRADING", "VALDES TRADING", *others[:3])] == [
        "VALDES TRADING"
    ]


def test_comparison_has_no_direction() -> None:
    for name, other in (("A CONST. CO", "A CONSTRUCTION"), ("X REYES TRADING", "REYES, X TRADING")):
        here, there = compare_names(name, other), compare_names(other, name)
        assert here is not None
        assert there is not None
        assert here.score == there.score


def test_name_that_is_not_there_is_refused() -> None:
    with open_awards([make_award()]) as store, store.reader() as reader, pytest.raises(UnknownEntity):
        reader.entities.list_alike(KINDS["contractors"], make_slug("Nobody"))


@pytest.mark.parametrize("seed", [1, 2])
def test_hardly_a_proposal_is_wrong(seed: int) -> None:
    judged = measure_alike(2000, asked=150, seed=seed)
    assert judged.precision >= 0.95, judged.wrong
    assert judged.recall >= 0.85, (judged.found, judged.planted)
