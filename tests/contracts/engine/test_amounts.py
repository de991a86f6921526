"""Digits and bins of amounts, beside a plain count in Python."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.engine.amounts import BENFORD, STEPS, Count, Digits, compare_with_benford
from contracts.questions.filters import Filters
from tests.contracts.small_stores import make_award, open_awards

AMOUNTS = st.lists(
    st.one_of(
        st.integers(1, 10**18 - 1),
        st.sampled_from([1, 99, 100, 1000, 10**5, 10**9, 25 * 10**8, 10**18 - 1]),
        st.integers(1, 999).map(lambda whole: whole * 10**5),
    ).map(lambda centavos: Decimal(centavos).scaleb(-2)),
    min_size=1,
    max_size=12,
)


def count_by(amounts: Sequence[Decimal], of: Callable[[Decimal], int]) -> dict[int, Count]:
    counts = Counter(map(of, amounts))
    worth = {key: sum((one for one in amounts if of(one) == key), Decimal(0)) for key in counts}
    return {key: Count(count=counts[key], total_value=worth[key]) for key in counts}


def count_zeros(amount: Decimal) -> int:
    whole = str(int(amount))
    return len(whole) - len(whole.rstrip("0")) if int(amount) else 0


@settings(max_examples=15)
@given(amounts=AMOUNTS)
def test_digits_are_those_of_each_amount(amounts: list[Decimal]) -> None:
    awards = [make_award(number, contract_amount=amount) for number, amount in enumerate(amounts, start=1)]
    with open_awards(awards) as store, store.reader() as reader:
        digits = reader.count_digits(Filters())
    assert digits.first == count_by(amounts, lambda one: int(f"{one:f}".replace(".", "").lstrip("0")[0]))
    assert digits.last == count_by(amounts, lambda one: int(one) % 10)
    assert digits.zeros == count_by(amounts, count_zeros)
    assert digits.steps == count_by(amounts, lambda one: next((step for step in STEPS if one % step == 0), 0))


@settings(max_examples=15)
@given(amounts=AMOUNTS, number=st.integers(1, 10_000))
def test_each_amount_is_in_the_bin_between_whose_ends_it_lies(amounts: list[Decimal], number: int) -> None:
    awards = [make_award(number, contract_amount=amount) for number, amount in enumerate(amounts, start=1)]
    with open_awards(awards) as store, store.reader() as reader:
        bins = reader.find_bins(Filters(), number=number)
    assert bins is not None
    least, most = min(amounts), max(amounts)
    assert (bins.least, bins.most, bins.number) == (least, most, number)
    width = int(100 * (most - least))

    def place(amount: Decimal) -> int:
        return min(number - 1, int(100 * (amount - least)) * number // width) if width else 0

    assert bins.found == count_by(amounts, place)


def test_what_the_filters_leave_out_counts_nowhere() -> None:
    awards = [
        make_award(1, contract_amount=Decimal(2000), award_title="Bridge"),
        make_award(2, contract_amount=Decimal(3000), award_title="School"),
        make_award(3, contract_amount=Decimal(4000), award_title="Bridge", source="flood_control"),
    ]
    with open_awards(awards) as store, store.reader() as reader:
        bridges = Filters.from_json({"keywords": ["bridge"]})
        assert reader.count_digits(bridges).first == {2: Count(count=1, total_value=Decimal("2000.00"))}
        none = Filters.from_json({"keywords": ["airport"]})
        assert reader.find_bins(none, number=10) is None
        assert reader.count_digits(none) == Digits(first={}, last={}, zeros={}, steps={})


def make_digits(counts: dict[int, int]) -> Digits:
    first = {digit: Count(count=count, total_value=Decimal(0)) for digit, count in counts.items()}
    return Digits(first=first, last={}, zeros={}, steps={})


def test_benfords_shares_are_all_there_is() -> None:
    assert math.isclose(sum(BENFORD.values()), 1)
    assert round(BENFORD[1], 3) == 0.301


@pytest.mark.parametrize(("statistic", "chance"), [(15.507, 0.05), (20.090, 0.01), (2.733, 0.95), (0.0, 1.0)])
def test_the_chance_of_a_chi_square_is_that_of_the_tables(statistic: float, chance: float) -> None:
    # Critical values of eight degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.4).
    # All contracts but a few agree: one digit carries the whole statistic.
    total = 10**9
    off = math.sqrt(statistic * total / sum(1 / share for share in (BENFORD[1], BENFORD[2])))
    counts = {digit: round(total * share) for digit, share in BENFORD.items()}
    counts[1], counts[2] = round(total * BENFORD[1] + off), round(total * BENFORD[2] - off)
    fit = compare_with_benford(make_digits(counts))
    assert math.isclose(fit.chi_square, statistic, abs_tol=0.002)
    assert math.isclose(fit.p_value, chance, abs_tol=0.0005)


def test_amounts_that_all_begin_alike_do_not_agree_and_none_at_all_do() -> None:
    assert compare_with_benford(make_digits({9: 10**6})).p_value == 0
    assert compare_with_benford(make_digits({})).p_value == 1
