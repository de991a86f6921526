"""What the site offers to those who read by machine, as https://llmstxt.org asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from django.conf import settings
from django.urls import reverse

from assistants.tools import TOOLS
from contracts.questions.dimensions import DIMENSIONS
from contracts.questions.entities.kinds import KINDS
from contracts.questions.filters import Filters
from data_processing.kinds.registry import OFFERED

SUMMARY = (
    "Search, add up and export the public procurement contracts of the Philippines (PhilGEPS): who bought "
    "what from whom, where, when and for how many pesos."
)
NOTES = (
    "Amounts are pesos, as decimal text. Counts and totals are exact. Names are matched exactly as they are "
    "stored: look them up first, or mean all names with some words by "
    '{"contains": "public works && district"}. '
    "Every answer names its dataset version. A second source, of flood control, overlaps the main one and is "
    "left out unless `include_flood_control` asks for it."
)


class Entry(NamedTuple):
    """A line of a section: what is there, where, and what it is good for."""

    name: str
    path: str
    about: str


def describe_site(address: Callable[[str], str]) -> str:
    """The whole text; ``address`` makes a path a whole address."""
    lines = ["# PhilGEPS Data Explorer", "", f"> {SUMMARY}", "", NOTES]
    for title, entries in list_sections():
        lines += ["", f"## {title}", ""]
        lines += [f"- [{one.name}]({address(one.path)}): {one.about}" for one in entries]
    return "\n".join(lines) + "\n"


def list_sections() -> Iterator[tuple[str, list[Entry]]]:
    if settings.MCP:
        tools = ", ".join(TOOLS)
        about = f"streamable HTTP, stateless; with a token, or a few calls without. Tools: {tools}"
        yield "For assistants", [Entry("Model Context Protocol", "/mcp", about)]
    yield "API", list(_list_calls())
    yield "Data", list(_list_data())
    yield "For people", list(_list_pages())


def _list_calls() -> Iterator[Entry]:
    yield Entry("OpenAPI 3.1", reverse("schema"), "every call with its parameters, answers and errors")
    yield Entry("Interactive page", reverse("docs"), "the same to read and to try")
    filters, dimensions = ", ".join(Filters.model_fields), ", ".join(DIMENSIONS)
    for name, kind in OFFERED.items():
        if kind.is_there:
            yield Entry(f"POST {name}", reverse(f"task-{name}"), kind.about)
    yield Entry("GET suggest", reverse("suggest"), "names by what is typed of them, for the filters of names")
    for entities in KINDS:
        path = reverse("entity-directory", args=[entities])
        yield Entry(
            f"GET {entities}", path, "a directory; each has totals, partners, largest contracts, spellings"
        )
    yield Entry(
        "GET columns", reverse("columns"), f"all columns. Filters: {filters}. Dimensions: {dimensions}"
    )


def _list_data() -> Iterator[Entry]:
    yield Entry("GET datasets", reverse("dataset-list"), "versions, days covered, sources with checksums")
    if settings.BULK_FILES:
        about = "everything: Parquet files by year with checksums and a data package, of the current version"
        yield Entry("Bulk download", reverse("bulk-list", args=["current"]), about)
    about = "any selection as xlsx, csv, csv.gz or parquet, of any number of rows"
    yield Entry("POST export", reverse("task-export"), about)


def _list_pages() -> Iterator[Entry]:
    yield Entry(
        "Explorer", reverse("explorer"), "search, charts, tables and exports; its address is the question"
    )
    for entities in KINDS:
        path = reverse("entities", args=[entities])
        yield Entry(
            f"All {entities}", path, "a page for each, readable without scripts; also as .json and .csv"
        )
    yield Entry("Tokens", reverse("tokens"), "for programs and assistants that ask more than a few times")
    yield Entry("Datasets", reverse("datasets"), "where the data comes from and what it leaves out")
    yield Entry("Help", reverse("help"), "how to ask, in plain words")
