from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.engine.sql import FOUND, matching_rows, select_rows
from contracts.questions.filters import EXACT, EXCEPTIONS, Filters
from contracts.questions.numbers import ValueRange
from contracts.questions.query import Query
from contracts.snapshot.expressions import BIN_BOUNDS, fold_field, value_bin
from contracts.snapshot.words import Cut, cut_phrases, read_cuts
from tests.contracts import oracle

NASTY = "'; DROP TABLE contracts; -- \" $1 % _ \\ Ñ"
words = st.text(st.sampled_from("aAbÑñé1 (),-%_'\\\"🏗“文"), max_size=12).map(
    lambda text: " ".join(text.split())
)


def test_values_never_stand_in_the_sql() -> None:
    given = (NASTY, None)
    filters = Filters(
        contractors=given,
        organizations=given,
        areas=given,
        business_categories=given,
        except_contractors=given,
        keywords=(NASTY,),
        value_range=ValueRange(min=Decimal("31337")),
    )
    columns = {name: exact.column for name, exact in (*EXACT.items(), *EXCEPTIONS.items())}
    names = {**dict.fromkeys(columns.items(), b"\xa0"), FOUND: b"\x80"}
    statements = [
        matching_rows(filters, names),
        select_rows(Query(filters=filters), names),
    ]
    for statement in statements:
        assert "DROP" not in statement.sql
        assert "31337" not in statement.sql
        assert statement.sql.count("$") >= len(statement.parameters) > 0


@settings(deadline=None)
@given(words, words.filter(bool))
def test_folded_text_holds_a_folded_phrase_where_the_text_holds_it_at_a_word_start(
    text: str, phrase: str
) -> None:
    [(folded,)] = duckdb.execute(f"SELECT {fold_field('$1::VARCHAR')}", [text]).fetchall()
    statement = cut_phrases([phrase])
    cuts = read_cuts([Cut(*row) for row in duckdb.execute(statement.sql, statement.parameters).fetchall()])
    assert (cuts[phrase].folded in folded) == oracle.holds(text, phrase)


@pytest.mark.parametrize("bound", BIN_BOUNDS[1:-1])
def test_a_bin_ends_just_below_its_bound(bound: Decimal) -> None:
    expression = value_bin("$1::DECIMAL(18,2)")
    [(below,)] = duckdb.execute(f"SELECT {expression}", [bound - Decimal("0.01")]).fetchall()
    [(at,)] = duckdb.execute(f"SELECT {expression}", [bound]).fetchall()
    assert (below + 1, BIN_BOUNDS[at]) == (at, bound)
