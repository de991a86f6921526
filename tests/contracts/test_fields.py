from __future__ import annotations

from contracts.fields import (
    DEFAULT_COLUMNS,
    FIELD_BY_NAME,
    FIELDS,
    REPAIRABLE,
    SEARCHED,
    SORTABLE,
    FieldType,
)
from contracts.ingest.rows.staging import STAGED
from contracts.questions.filters import EXACT, EXCEPTIONS, FILTER_OF, Filters
from contracts.questions.query import Sort


def test_names_and_labels_of_columns_are_unique() -> None:
    assert len({field.name for field in FIELDS}) == len({field.label for field in FIELDS}) == len(FIELDS)


def test_every_filter_speaks_of_columns_that_there_are() -> None:
    assert set(FILTER_OF) <= set(FIELD_BY_NAME)
    # These speak of columns that answer to filters of their own.
    others = {"text", "places", "also_within", "flood_control_only"}
    named = {name for name in Filters.model_fields if not name.startswith("except_")} - others
    assert set(FILTER_OF.values()) == named
    assert all(FIELD_BY_NAME[exact.column].type is FieldType.TEXT for exact in EXACT.values())
    assert all(FIELD_BY_NAME[column].type is FieldType.TEXT for column in SEARCHED)


def test_every_exact_filter_has_exceptions() -> None:
    assert {f"except_{name}" for name in EXACT} == set(EXCEPTIONS)


def test_the_default_sort_and_columns_exist() -> None:
    assert Sort().field in SORTABLE
    assert set(DEFAULT_COLUMNS) < set(FIELD_BY_NAME)


def test_money_says_its_unit_and_every_column_what_it_is() -> None:
    assert all(field.unit == "PHP" for field in FIELDS if field.type is FieldType.MONEY)
    assert all(field.description.endswith(".") and field.width > 0 for field in FIELDS)


def test_what_raw_files_give_may_be_repaired_but_for_the_amount() -> None:
    assert {*REPAIRABLE, "contract_amount"} == set(STAGED)
