from __future__ import annotations

from contracts.fields import (
    DEFAULT_COLUMNS,
    FIELD_BY_NAME,
    FIELDS,
    LABEL_DIMENSIONS,
    NAME_FILTERS,
    REPAIRABLE,
    SEARCHED,
    SORTABLE,
    FieldType,
)
from contracts.ingest.rows.staging import STAGED
from contracts.questions.query import Filters, Sort


def test_names_and_labels_of_columns_are_unique() -> None:
    assert len({field.name for field in FIELDS}) == len({field.label for field in FIELDS}) == len(FIELDS)


def test_every_filter_of_a_column_is_one_that_queries_take() -> None:
    known = Filters().to_json()
    assert {field.filter for field in FIELDS if field.filterable} <= set(known)


def test_name_filters_and_dimensions_speak_of_the_columns_that_name_them() -> None:
    assert {FIELD_BY_NAME[column].filter for column in NAME_FILTERS.values()} == set(NAME_FILTERS)
    assert set(LABEL_DIMENSIONS.values()) == set(NAME_FILTERS.values())
    assert all(FIELD_BY_NAME[column].type is FieldType.TEXT for column in SEARCHED)


def test_the_default_sort_and_columns_exist() -> None:
    assert Sort().field in SORTABLE
    assert set(DEFAULT_COLUMNS) < set(FIELD_BY_NAME)


def test_money_says_its_unit_and_every_column_what_it_is() -> None:
    assert all(field.unit == "PHP" for field in FIELDS if field.type is FieldType.MONEY)
    assert all(field.description.endswith(".") and field.width > 0 for field in FIELDS)


def test_what_raw_files_give_may_be_repaired_but_for_the_amount() -> None:
    assert {*REPAIRABLE, "contract_amount"} == set(STAGED)
