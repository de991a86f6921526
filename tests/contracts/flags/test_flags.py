"""What every flag declares, and what the shared parts of judging do."""

from __future__ import annotations

import string
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.engine import store as store_module
from contracts.fields import FIELD_BY_NAME
from contracts.flags import judging
from contracts.flags.answers import answer_flag
from contracts.flags.counts import count_flags
from contracts.flags.flag import KEYS, Flag
from contracts.flags.registry import FLAGS
from contracts.questions.filters import Filters
from contracts.questions.query import Page
from tests.contracts.small_stores import Award, make_award, open_awards

SMALL = "Negotiated Procurement - Small Value Procurement (Sec. 53.9)"
PAGE = Page(number=1, size=10)


@pytest.mark.parametrize("flag", FLAGS.values(), ids=FLAGS.keys())
def test_flag_says_what_it_asks_by_which_formula_and_source(flag: Flag) -> None:
    for text in (flag.title, flag.question, flag.formula, flag.source, flag.caution):
        assert text
    assert flag.question.endswith("?")
    assert set(flag.fields) <= set(FIELD_BY_NAME)
    assert set(flag.keys) <= set(KEYS)
    assert bool(flag.keys) == bool(flag.members)


@pytest.mark.parametrize("flag", FLAGS.values(), ids=FLAGS.keys())
def test_flag_decides_by_thresholds_that_it_declares(flag: Flag) -> None:
    parts = (flag.needed, flag.cases, flag.members, flag.joins)
    used = {name for part in parts for _, name, _, _ in string.Formatter().parse(part) if name}
    assert used - {"judged"} == {one.name for one in flag.thresholds}


def judge(code: str, *awards: Award) -> tuple[int, int]:
    """How many contracts could be judged, and how many are in cases."""
    with open_awards(awards) as store, store.reader() as reader:
        answer = answer_flag(FLAGS[code], Filters(), PAGE, reader)
    return answer["judged"], answer["contracts"]


@pytest.mark.parametrize(
    ("buyer", "published", "budget", "judged"),
    [
        ("MUNICIPALITY OF KAPALONG", date(2018, 5, 1), "200000.00", (1, 0)),
        ("MUNICIPALITY OF KAPALONG", date(2018, 5, 1), "200000.01", (1, 1)),
        ("MUNICIPALITY OF KAPALONG", date(2025, 3, 1), "400000.00", (1, 0)),
        ("MUNICIPALITY OF KAPALONG", date(2012, 5, 1), "900000.00", (0, 0)),
        ("DEPARTMENT OF HEALTH", date(2018, 5, 1), "1000000.00", (1, 0)),
        ("DEPARTMENT OF HEALTH", date(2012, 5, 1), "500000.01", (1, 1)),
        ("DEPARTMENT OF HEALTH", date(2025, 3, 1), "2000000.01", (1, 1)),
    ],
)
def test_limit_is_that_of_the_buyer_on_the_day_of_the_notice(
    buyer: str, published: date, budget: str, judged: tuple[int, int]
) -> None:
    award = make_award(
        1,
        organization_name=buyer,
        publish_date=published,
        approved_budget=Decimal(budget),
        procurement_mode=SMALL,
    )
    assert judge("over-limit", award) == judged


def test_contracts_that_lack_a_field_are_not_judged() -> None:
    known, missing = make_award(1, award_date=date(2024, 4, 1)), make_award(2, closing_date=None)
    assert judge("award-before-closing", known, missing) == (1, 1)


def test_lots_of_one_notice_are_no_split_purchase() -> None:
    def buy(number: int, reference: str) -> Award:
        return make_award(
            number,
            reference_id=reference,
            organization_name="DEPARTMENT OF HEALTH",
            publish_date=date(2023, 5, number),
            approved_budget=Decimal("600000.00"),
            procurement_mode=SMALL,
        )

    assert judge("split-purchases", *(buy(number, "1") for number in range(1, 5)))[1] == 0
    assert judge("split-purchases", *(buy(number, str(number)) for number in range(1, 5)))[1] == 4


def test_dataset_without_contracts_raises_no_flag() -> None:
    with open_awards([make_award()]) as store, store.reader() as reader:
        nobody = Filters(organizations=("NOBODY",))
        for flag in FLAGS.values():
            answer = answer_flag(flag, nobody, PAGE, reader)
            assert (answer["rows"], answer["judged"], answer["cases"], answer["evidence"]) == (0, 0, 0, [])


def test_filters_by_words_judge_few_contracts() -> None:
    saturday = {"award_date": date(2024, 5, 18)}
    awards = [make_award(1, **saturday), make_award(2, award_title="Dredging", **saturday)]
    with open_awards(awards) as store, store.reader() as reader:
        answer = answer_flag(FLAGS["weekend-award"], Filters(keywords=("dredging",)), PAGE, reader)
    assert (answer["rows"], answer["contracts"]) == (1, 1)
    assert answer["evidence"][0]["evidence"][0]["award_title"] == "Dredging"


@pytest.mark.parametrize("flag", FLAGS.values(), ids=FLAGS.keys())
def test_flag_is_documented_as_it_is(flag: Flag) -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "flags.md").read_text(encoding="utf-8")
    section = page.split(f"## {flag.title}\n", 1)[1].split("\n## ", 1)[0]
    assert f"`{flag.code}`" in section
    for text in (flag.question, flag.formula, flag.source, flag.caution):
        assert text in section
    for one in flag.thresholds:
        assert f"`{one.name}` {one.value:,.10g} ({one.meaning})" in section


@pytest.mark.parametrize("flag", FLAGS.values(), ids=FLAGS.keys())
def test_filters_that_few_or_no_contracts_meet_can_be_judged(flag: Flag) -> None:
    awards = [make_award(number, area_of_delivery=f"Area {number}") for number in range(1, 31)]
    in_one, in_none = (
        Filters.from_json({"areas": ["Area 7"], "time_ranges": [{"type": "yearly", "year": year}]})
        for year in (2024, 2031)
    )
    with open_awards(awards) as store, store.reader() as reader:
        rows = [answer_flag(flag, filters, PAGE, reader)["rows"] for filters in (in_one, in_none)]
    assert rows == [1, 0]


def test_few_contracts_are_judged_as_many_are(monkeypatch: pytest.MonkeyPatch) -> None:
    saturday = {"award_date": date(2024, 5, 18), "awardee_name": "A / Peña & Sons"}
    awards = [
        *(make_award(number) for number in range(1, 31)),
        *(make_award(n, **saturday) for n in (31, 32)),
    ]
    found = []
    for most in (0, len(awards)):
        monkeypatch.setattr(store_module, "FEW_SCANNED", most)
        monkeypatch.setattr(judging, "MOST_KEPT", most)
        with open_awards(awards) as store, store.reader() as reader:
            together = list(count_flags(Filters(), reader))
            alone = [answer_flag(flag, Filters(), PAGE, reader) for flag in FLAGS.values()]
        assert [
            {name: one[name] for name in one if name != "evidence"} for one in map(dict, alone)
        ] == together
        found.append(alone)
    assert found[0] == found[1]
    assert sum(one["cases"] > 0 for one in found[0]) > 3
