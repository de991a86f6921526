"""The pages of names as rows for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from contracts.engine.aggregates import Part
from contracts.engine.entities.answers import Entity, NamedEntity
from contracts.fields import FIELD_BY_NAME, Field, FieldType
from contracts.questions.entities.kinds import KINDS
from contracts.questions.tables import MEASURES
from contracts.writers.lines import Cell, write_lines

Row = Mapping[str, Cell]


def _text(name: str, description: str) -> Field:
    return Field(name=name, label=name, type=FieldType.TEXT, width=20, description=description)


ENTITY_FIELDS: Sequence[Field] = (
    _text("part", "what the line says a figure of"),
    _text("label", "which of them"),
    *(MEASURES[name] for name in ("count", "total_value", "avg_value", "share")),
    *(FIELD_BY_NAME[name] for name in ("reference_id", "award_number", "award_date")),
)
DIRECTORY_FIELDS: Sequence[Field] = (
    _text("name", "as it is stored"),
    MEASURES["count"],
    MEASURES["total_value"],
    _text("slug", "the last part of its address"),
)


def answer_csv(name: str, fields: Sequence[Field], rows: Iterable[Row]) -> HttpResponse:
    """A file of ``rows`` under a name."""
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
    }
    return HttpResponse("".join(write_lines(fields, rows)), headers=headers)


def list_entity_rows(entity: Entity) -> Iterator[Row]:
    """A row for each figure of an entity's page."""
    summary = entity["summary"]
    yield _row(
        "all contracts", entity["name"], summary["count"], summary["total_value"], summary["avg_value"]
    )
    yield _row("median", entity["name"], None, summary["median_value"])
    for year in entity["by_year"]:
        yield _row_of("year", year)
    for month in entity["by_month"]:
        yield _row_of("month", month)
    for partners in entity["partners"]:
        for part in partners["parts"]:
            yield _row_of(KINDS[partners["kind"]].exact.words, part)
    for one in entity["largest_contracts"]:
        told = _row("contract", one["title"], 1, one["contract_amount"])
        known = {name: one[name] for name in ("reference_id", "award_number", "award_date")}
        yield {**told, **known}
    for spelling in entity["spellings"]:
        yield _row("spelling", spelling["name"], spelling["count"], spelling["total_value"])


def list_name_rows(entities: Iterable[NamedEntity]) -> Iterator[Row]:
    """A row for each name of a directory."""
    for one in entities:
        yield {name: one[name] for name in ("name", "count", "total_value", "slug")}


def _row_of(part: str, group: Part) -> Row:
    label = f"{group['labels']} others" if group.get("others") else group["label"]
    row = _row(part, label, group["count"], group["total_value"], group["avg_value"])
    return {**row, "share": group["share"]}


def _row(
    part: str, label: str | None, count: int | None, total_value: str | None, avg_value: str | None = None
) -> Row:
    figures = {"part": part, "label": label, "count": count, "total_value": total_value}
    return {**dict.fromkeys(field.name for field in ENTITY_FIELDS), **figures, "avg_value": avg_value}
