from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.questions.numbers import fold_number
from contracts.snapshot.numbers import NumberIndex, make_key, select_keys
from tests.contracts.small_stores import make_award, write_snapshot

PRINTABLE = "".join(map(chr, range(32, 127)))
texts = st.text(st.sampled_from("0019aB é-ßİ"), min_size=1, max_size=9).map(
    lambda text: " ".join(text.split())
)
numbers = texts.filter(bool)


def read_keys(*given: str) -> list[int]:
    statement = select_keys(given)
    return [key for (key,) in duckdb.execute(statement.sql, statement.parameters).fetchall()]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.sampled_from(PRINTABLE), min_size=1, max_size=9), min_size=20))
def test_keys_of_ascii_are_the_same_in_python_as_in_sql(given_numbers: list[str]) -> None:
    assert [make_key(number) for number in given_numbers] == read_keys(*given_numbers)


@settings(max_examples=20, deadline=None)
@given(st.lists(numbers, min_size=20))
def test_canonical_number_has_the_key_of_the_one_as_typed(given_numbers: list[str]) -> None:
    assert read_keys(*map(fold_number, given_numbers)) == read_keys(*given_numbers)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.none() | numbers, st.none() | numbers), min_size=1, max_size=12))
def test_index_finds_each_number_in_the_rows_that_bear_it(pairs: list[tuple[str | None, str | None]]) -> None:
    def plain(number: str | None) -> str | None:
        # As DuckDB folds case, letter by letter.
        upper = None if number is None else "".join(c.upper() if len(c.upper()) == 1 else c for c in number)
        return upper and (upper.replace(" ", "").lstrip("0") or "0")

    awards = [
        make_award(n, reference_id=one, award_number=None, contract_number=other, contract_amount=1 + n)
        for n, (one, other) in enumerate(pairs)
    ]
    asked = {number for pair in pairs for number in pair if number is not None}
    with tempfile.TemporaryDirectory() as folder:
        snapshot = write_snapshot(Path(folder), awards)
        with duckdb.connect(str(snapshot.database), read_only=True) as con:
            rows = con.execute("SELECT reference_id, contract_number FROM contracts ORDER BY id").fetchall()
        index = NumberIndex(snapshot.numbers)
        for number in asked:
            wanted = {n for n, row in enumerate(rows) if plain(number) in map(plain, row)}
            assert set(index.list_rows(read_keys(number)).tolist()) == wanted
