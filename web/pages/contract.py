"""One contract as a page: whole without scripts, to be printed, cited, and found by search engines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString

from api import records
from api.records import ContractRecord, RecordInShort
from contracts.engine.records.rows import JsonRow
from contracts.errors import ContractDropped
from contracts.fields import FIELD_BY_NAME, FIELDS, FLOOD_CONTROL, REPAIRABLE, FieldType
from contracts.questions.entities.addresses import make_slug
from contracts.questions.entities.kinds import KINDS
from contracts.questions.filters import EXACT
from data_processing.errors import NotFound
from web.pages.public import PublicPage, explain
from web.pages.structured import write_structured

TITLES = ("award_title", "notice_title")
_OWN_PLACE = {*TITLES, "id", "source_file"}
"""Columns that the page tells elsewhere; the id is that of one dataset version only."""
_WORDS = {exact.column: exact.word for exact in EXACT.values()}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A line of the page; ``text`` is empty where the source says nothing. ``explore`` is the query of the
    explorer that shows all contracts of the same name, ``of`` the word for that, ``page`` the page of the
    name."""

    label: str
    about: str
    text: str
    figure: bool
    explore: str | None
    of: str | None
    page: str | None


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """Another contract, in a line."""

    title: str
    href: str | None
    numbers: str
    contractor: str | None
    day: str | None
    amount: str


class ContractPage(PublicPage):
    """A contract, where it was read, and the contracts around it."""

    template_name = "web/contract.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        reference, award, key = kwargs["reference"], kwargs["award"], request.GET.get("key")
        try:
            located = records.locate(reference, award, key)
        except NotFound as unknown:
            return explain(request, 404, "There is no such contract", f"{str(unknown).capitalize()}.")
        except ContractDropped as dropped:
            return explain(request, 410, "This contract is not in the data any more", str(dropped))
        if (moved := located.find_move(reference, award, key)) is not None:
            return HttpResponsePermanentRedirect(f"{records.HTML}{moved}")
        if located.record is None:
            choices = records.represent_choices(located)["choices"]
            return render(request, "web/contracts.html", {"choices": list(map(_show, choices))}, status=300)
        answer = records.represent(located, located.record)
        return self.render_to_response(self.get_context_data(answer=answer))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        answer: ContractRecord = kwargs["answer"]
        row = answer["contract"]
        canonical = self.request.build_absolute_uri(answer["links"]["html"])
        return super().get_context_data(
            canonical=canonical,
            title=make_title(row),
            second_title=_second_title(row),
            amount=format_value(row["contract_amount"], FieldType.MONEY),
            facts=list(list_facts(row)),
            missing=[FIELD_BY_NAME[name].label for name in REPAIRABLE if row[name] is None],
            flood=row["source"] == FLOOD_CONTROL,
            raw_rows=_count_rows(answer["provenance"]["rows"]),
            siblings=list(map(_show, answer["siblings"])),
            before=answer["before"] and _show(answer["before"]),
            after=answer["after"] and _show(answer["after"]),
            structured=_structure(row, canonical),
            **kwargs,
        )


def make_title(row: Mapping[str, object]) -> str:
    return str(next((row[name] for name in TITLES if row[name] is not None), "Contract without a title"))


def list_facts(row: JsonRow) -> Iterator[Fact]:
    """What the columns say, in their order; those that are missing are told apart."""
    for field in FIELDS:
        value = row[field.name]
        if field.name not in _OWN_PLACE and value is not None:
            word = _WORDS.get(field.name)
            yield Fact(
                label=field.label,
                about=field.description,
                text=format_value(value, field.type),
                figure=field.type is not FieldType.TEXT,
                explore=None if word is None else _explore(word, str(value), row),
                of=None if word is None else word.replace("_", " "),
                page=_find_page(field.name, str(value)),
            )


def _find_page(column: str, name: str) -> str | None:
    kind = next((kind for kind in KINDS.values() if kind.column == column), None)
    return None if kind is None else reverse("entity", args=[kind, make_slug(name)])


def format_value(value: object, kind: FieldType) -> str:
    """A value as people read it: ₱1,234.50."""
    if kind is FieldType.MONEY:
        pesos, _, centavos = str(value).partition(".")
        return f"₱{int(pesos):,}.{centavos}"
    return str(value)


def _show(other: RecordInShort) -> Neighbour:
    numbers = (("Award no.", other["award_number"]), ("Contract no.", other["contract_number"]))
    return Neighbour(
        title=make_title(other),
        href=other["links"] and other["links"]["html"],
        numbers=" · ".join(f"{label} {number}" for label, number in numbers if number is not None),
        contractor=other["awardee_name"],
        day=other["award_date"],
        amount=format_value(other["contract_amount"], FieldType.MONEY),
    )


def _explore(word: str, name: str, row: JsonRow) -> str:
    flood = {"flood": "1"} if row["source"] == FLOOD_CONTROL else {}
    return urlencode({word: name, **flood})


def _second_title(row: JsonRow) -> str | None:
    first, second = (str(row[name] or "") for name in TITLES)
    return second if first and second and first.lower() != second.lower() else None


def _count_rows(rows: list[records.RawRun] | None) -> int | None:
    return None if rows is None else sum(run["last"] - run["first"] + 1 for run in rows)


def _structure(row: JsonRow, address: str) -> SafeString:
    # schema.org has no contract; an order has both parties, a number, a day and an amount.
    return write_structured(
        {
            "@type": "Order",
            "url": address,
            "name": make_title(row),
            "orderNumber": row["award_number"] or row["contract_number"] or row["reference_id"],
            "orderDate": row["award_date"],
            "seller": _name("Organization", row["awardee_name"]),
            "customer": _name("GovernmentOrganization", row["organization_name"]),
            "acceptedOffer": {
                "@type": "Offer",
                "price": row["contract_amount"],
                "priceCurrency": "PHP",
                "category": row["business_category"],
            },
        }
    )


def _name(kind: str, name: object) -> Mapping[str, object] | None:
    return None if name is None else {"@type": kind, "name": name}
