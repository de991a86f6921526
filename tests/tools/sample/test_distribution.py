"""The clean sample is distributed like the published awards, within what 12,000 draws allow."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.contracts.samples import read_records
from tests.tools.sample.conftest import Sample
from tools.sample.categories import CATEGORIES
from tools.sample.distribution import AREAS, DPWH, FLOOD_EXACT

Record = dict[str, str]


@pytest.fixture(scope="module")
def records(clean: Sample) -> list[Record]:
    """The rows of the four yearly files: one generation, so one set of names."""
    years = ("2021.csv", "2022.csv", "2023.csv", "2024.csv")
    return [record for name in years for record in read_records(clean.folder / name)]


@pytest.fixture(scope="module")
def awards(records: list[Record]) -> list[Record]:
    return [record for record in records if record["Award No."] != "NULL"]


def amount(award: Record) -> float:
    return float(award["Contract Amount"])


def test_a_third_of_the_rows_is_unawarded(records: list[Record], awards: list[Record]) -> None:
    assert 1 - len(awards) / len(records) == pytest.approx(0.33, abs=0.02)


def test_categories_have_their_shares(awards: list[Record]) -> None:
    counts = Counter(award["Business Category"] for award in awards)
    everything = sum(category.contracts for category in CATEGORIES)
    for category in CATEGORIES:
        share = category.contracts / everything
        assert counts[category.name] / len(awards) == pytest.approx(share, abs=0.012), category.name
    assert len(counts) > 120


def test_table_has_all_categories_with_their_counts() -> None:
    assert len(CATEGORIES) == 170
    assert sum(category.contracts for category in CATEGORIES) == 5_481_161
    works = next(category for category in CATEGORIES if category.name == "Construction Projects")
    assert (works.contracts, works.mean_php, works.kind) == (844_626, 13_659_564, "works")


def test_areas_are_missing_as_often_as_they_are(awards: list[Record]) -> None:
    counts = Counter(award["Area of Delivery"] for award in awards)
    assert counts["NULL"] / len(awards) == pytest.approx(0.085, abs=0.012)
    assert counts["Metro Manila"] / len(awards) == pytest.approx(0.1467, abs=0.015)
    assert len(AREAS) == 88


def test_some_awards_are_delivered_to_several_areas(awards: list[Record]) -> None:
    joined = [award for award in awards if "," in award["Area of Delivery"]]
    assert 0 < len(joined) < len(awards) * 0.005


def test_works_department_has_a_tenth_of_the_awards_and_half_of_the_value(awards: list[Record]) -> None:
    own = [award for award in awards if award["Procuring Entity"].startswith(DPWH)]
    assert len(own) / len(awards) == pytest.approx(0.093, abs=0.012)
    assert sum(map(amount, own)) / sum(map(amount, awards)) == pytest.approx(0.5, abs=0.15)


def test_organization_names_are_cut_where_the_published_ones_are(awards: list[Record]) -> None:
    lengths = [len(award["Procuring Entity"]) for award in awards]
    assert max(lengths) == 60
    assert lengths.count(60) > 20


def test_few_suppliers_have_many_awards_and_many_have_one(awards: list[Record]) -> None:
    counts = Counter(award["Awardee Organization Name"] for award in awards)
    singles = sum(count == 1 for count in counts.values()) / len(counts)
    top = sum(count for _, count in counts.most_common(len(counts) // 100))
    assert 0.2 < singles < 0.7
    assert top / len(awards) > 0.1


def test_amounts_are_rounded_as_people_round(awards: list[Record]) -> None:
    amounts = [amount(award) for award in awards]
    assert sum(value % 1_000 == 0 for value in amounts) / len(amounts) == pytest.approx(0.369, abs=0.03)
    assert sum(value % 1 != 0 for value in amounts) / len(amounts) == pytest.approx(0.137, abs=0.03)


def test_amounts_crowd_below_the_thresholds(awards: list[Record]) -> None:
    for threshold in (500_000, 1_000_000, 2_000_000):
        below = sum(threshold * 0.95 <= amount(award) <= threshold for award in awards)
        above = sum(threshold < amount(award) <= threshold * 1.05 for award in awards)
        assert below > 1.3 * above, threshold


def test_half_of_the_amounts_is_below_half_a_million_and_some_exceed_a_hundred(awards: list[Record]) -> None:
    amounts = sorted(map(amount, awards))
    assert 100_000 < amounts[len(amounts) // 2] < 500_000
    assert amounts[-1] > 100_000_000


def test_december_is_busier_than_january(awards: list[Record]) -> None:
    months = Counter(award["Award Date"][5:7] for award in awards if award["Award Date"].startswith("202"))
    assert months["12"] > 1.2 * months["01"]


@pytest.mark.parametrize("mark", ["Ñ", "'", "&", ",", "%", "_", "  "])
def test_names_hold_what_breaks_naive_searches(awards: list[Record], mark: str) -> None:
    names = (
        award[column] for award in awards for column in ("Procuring Entity", "Awardee Organization Name")
    )
    assert any(mark in name for name in names)


def test_flood_contracts_crowd_at_the_known_amounts(clean: Sample) -> None:
    amounts = [
        float(row["ContractCost"]) for row in read_records(clean.folder / "flood-control-projects.csv")
    ]
    assert all(1_150_000 <= value <= 289_500_000 for value in amounts)
    assert {value for _, value in FLOOD_EXACT} & set(amounts)


def test_flood_names_have_ventures_and_former_names(clean: Sample) -> None:
    names = [row["Contractor"] for row in read_records(clean.folder / "flood-control-projects.csv")]
    assert any(" / " in name for name in names)
    assert any("(FORMERLY: " in name for name in names)
