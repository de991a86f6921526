"""Which names count as spellings of one another."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.engine.entities.spellings import make_spelling_key, write_pattern
from contracts.snapshot.expressions import fold_field

SAME = [
    ("ABC Construction", "abc construction", "ABC CONSTRUCTION, INC.", "A.B.C. Construction Corp."),
    ("Peña & Sons", "PENA AND SONS", "Pena  and Sons Enterprises", "Peña & Sons Co., Ltd."),
    ("O'Brien Trading", "OBrien Trading", "O’BRIEN TRADING OPC"),
    ('"X" Trading', "X Trading"),
    ("Andaya Builders", "ANDAYA BUILDERS INCORPORATED", "& aya builders"),
    ("Company Inc.", "COMPANY, INC"),
]


@pytest.mark.parametrize("names", SAME, ids=str)
def test_names_that_differ_by_case_punctuation_or_legal_form_are_the_same(names: tuple[str, ...]) -> None:
    assert len({make_spelling_key(name) for name in names}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ABC Construction", "ABD Construction"),
        ("ABC Construction", "ABC Trading"),
        ("Inc Media", "Media"),
        ("R1 Builders", "R2 Builders"),
    ],
)
def test_names_that_differ_by_a_letter_or_a_word_are_others(one: str, other: str) -> None:
    assert make_spelling_key(one) != make_spelling_key(other)


def test_name_without_letters_and_digits_has_no_spellings() -> None:
    assert make_spelling_key("--- !") == ""


pieces = st.sampled_from(
    ["and", "&", " ", "a", "an", "n", "d", "Inc.", "É", "ñ", "'", "-", "b", "文", '"', "9"]
)


@given(st.lists(pieces, min_size=1, max_size=8).map("".join))
def test_pattern_leaves_out_no_spelling(name: str) -> None:
    key = make_spelling_key(name)
    statement = f"SELECT regexp_matches({fold_field('$1::VARCHAR')}, $2)"
    [(matches,)] = duckdb.execute(statement, [name, write_pattern(key)]).fetchall()
    assert matches or not key
