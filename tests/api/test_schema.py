"""The OpenAPI document says of requests what the parser thinks of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from contracts.errors import InvalidQuery
from data_processing.kinds.registry import KINDS
from tests.api.test_bad_input import BAD_BODIES

SCHEMAS = {
    name: KINDS[name].request.model_json_schema()
    for name in ("search", "aggregates", "export", "table", "table_export", "compare", "ocds")
}
GOOD_BODIES: list[tuple[str, dict[str, Any]]] = [
    ("search", {}),
    ("search", {"page": 3, "page_size": 1000, "sort": "-contract_amount", "columns": ["id"]}),
    (
        "search",
        {"filters": {"areas": ["Cebu", None], "keywords": ["a && b"], "value_range": {"min": "1.50"}}},
    ),
    ("search", {"filters": {"time_ranges": [{"type": "quarterly", "year": 2024, "quarter": 4}]}}),
    ("search", {"filters": {"time_ranges": [{"type": "custom", "start_date": "2024-01-01"}]}}),
    ("search", {"filters": {"except_areas": ["Cebu", None], "time_ranges": [{"type": "undated"}]}}),
    ("search", {"filters": {"areas": ["Cebu", {"contains": "a && b"}, None], "text": '"a b" -c or d'}}),
    (
        "search",
        {"filters": {"text": None, "numbers": ["0012", "C - 4"], "except_areas": [{"contains": "b"}]}},
    ),
    ("export", {"format": "csv", "filters": {"include_flood_control": True, "value_range": {"max": 5}}}),
    ("ocds", {"format": "zip", "filters": {"include_flood_control": True}}),
    ("export", {"format": "csv.gz", "formula_guard": False}),
    ("export", {"format": "parquet", "formula_guard": None}),
    ("aggregates", {"dimensions": ["by_year"], "top_n": 5}),
    ("table", {"columns": "year", "measures": ["share"], "sort": "-last_award", "page_size": 200}),
    ("table", {"rows": "value_band", "bands": {"scale": "linear", "width": "0.50", "steps": None}}),
    ("compare", {"a": {"areas": ["Cebu"]}, "by": "month", "sort": "-count_ratio", "page": 2}),
    ("table_export", {"rows": "value_band", "bands": {"steps": 3}, "format": "csv", "formula_guard": False}),
]
BEYOND_JSON_SCHEMA = (
    "reversed",
    "/filters/value_range",
    "/filters/time_ranges/0",
    "/filters/keywords/0",
    "/filters/text",
)
"""What a schema cannot say: orders of two values, amounts within text, NUL characters."""


@pytest.mark.parametrize(("kind", "body"), GOOD_BODIES, ids=str)
def test_body_that_the_parser_takes_fits_the_schema(kind: str, body: dict[str, Any]) -> None:
    KINDS[kind].request.from_json(body)
    Draft202012Validator(SCHEMAS[kind]).validate(body)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (kind, body)
        for kind, body, pointer in BAD_BODIES
        if kind in SCHEMAS and not pointer.startswith(BEYOND_JSON_SCHEMA)
    ],
    ids=str,
)
def test_body_that_the_parser_refuses_does_not_fit_the_schema(kind: str, body: dict[str, Any]) -> None:
    with pytest.raises(InvalidQuery):
        KINDS[kind].request.from_json(body)
    assert not Draft202012Validator(SCHEMAS[kind]).is_valid(body)


def test_document_is_made_without_a_complaint(tmp_path: Any) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yaml"))


def test_no_answer_is_an_object_with_anything_in_it() -> None:
    document = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    loose = list(list_loose(document, "#"))
    assert not loose


def list_loose(node: Any, path: str) -> Iterator[str]:
    """The places of schemas that say of an object neither its members nor the type of their values."""
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from list_loose(item, f"{path}/{number}")
    if isinstance(node, dict):
        kinds = node.get("type")
        is_object = kinds == "object" or (isinstance(kinds, list) and "object" in kinds)
        if is_object and "properties" not in node and "additionalProperties" not in node:
            yield path
        if node.get("additionalProperties") is True or node.get("additionalProperties") == {}:
            yield path
        for name, item in node.items():
            yield from list_loose(item, f"{path}/{name}")
