"""The tools that assistants find here. Each is declared once, in TOOLS: what it is called, what it takes and
how it is answered; the server, the docs and /llms.txt follow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from django.urls import reverse

from assistants import answers, arguments
from assistants.answers import Body
from assistants.calls import Api, Problem, Reply
from assistants.permalinks import link_filters, link_rows
from contracts.fields import FIELD_BY_NAME
from contracts.questions.filters import Filters
from contracts.questions.model import Question
from contracts.questions.numbers import fold_number
from contracts.questions.query import Sort
from data_processing.kinds.export import ExportRequest
from data_processing.kinds.kind import TaskRequest
from data_processing.kinds.registry import OFFERED
from data_processing.kinds.search import SearchRequest
from data_processing.kinds.table_export import TableExportRequest

Q = TypeVar("Q", bound=Question)
Asked = TypeVar("Asked", bound=TaskRequest)
Ticketed: TypeAlias = arguments.StartExport | arguments.StartTableExport

# Clients of the protocol give up after half a minute or a minute.
WAIT_S = 20
COME_BACK = "ask get_task for it, with the ticket where there is one"
NO_CONTRACT = "no contract bears these numbers; search_contracts finds other numbers by its filter `numbers`"


@dataclass(frozen=True, kw_only=True)
class Tool(Generic[Q]):
    """Something that an assistant can do. ``changes``: it leaves something behind."""

    name: str
    title: str
    about: str
    takes: type[Q]
    answer: Callable[[Api, Q], Awaitable[Body]]
    changes: bool = False

    async def run(self, api: Api, given: object) -> Body:
        """Raises contracts.errors.InvalidQuery, Problem."""
        return await self.answer(api, self.takes.from_json(given))


async def find_names(api: Api, asked: arguments.FindNames) -> Body:
    reply = await api.get(reverse("suggest"), field=asked.field, q=asked.typed, limit=str(asked.limit))
    names, together = reply.data["suggestions"], reply.data["all_names"]
    # Null where nothing was typed: then it is the largest names of an unknown number.
    all_of_them = {asked.field: together["patterns"]} if together else None
    return {
        "names": names,
        "total_names": together["names"] if together else None,
        "truncated": len(names) < together["names"] if together else len(names) == asked.limit,
        "filters_for_all_of_them": all_of_them,
        "permalink": answers.link(api, link_filters(Filters.from_json(all_of_them))),
        **await asyncio.to_thread(answers.date_current),
    }


async def get_contract(api: Api, asked: arguments.OneContract) -> Body:
    # A slash would be another part of the address.
    if asked.award is None or "/" in asked.reference:
        return await _list_awards(api, asked)
    reply = await api.get(reverse("contract-record", args=[asked.reference, asked.award]))
    dated = answers.date_version(reply.data["dataset_version"])
    if reply.status == 300:
        choices = reply.data["choices"]
        shown, more = choices[: arguments.MOST_ROWS], len(choices) > arguments.MOST_ROWS
        page = api.address(reverse("contract", args=[asked.reference, asked.award]))
        return {
            "choices": shown,
            "total_choices": len(choices),
            "truncated": more,
            "permalink": page,
            **dated,
        }
    around = ("provenance", "siblings", "siblings_count", "before", "after")
    return {
        "contracts": [reply.data["contract"]],
        "total_contracts": 1,
        "truncated": False,
        **{name: reply.data[name] for name in around},
        "permalink": api.address(reply.data["links"]["html"]),
        **dated,
    }


async def _list_awards(api: Api, asked: arguments.OneContract) -> Body:
    """The contracts of a notice."""
    filters = Filters.from_json({"numbers": [asked.reference], "include_flood_control": True})
    wanted = SearchRequest(filters=filters, columns=tuple(FIELD_BY_NAME), page_size=arguments.MOST_ROWS)
    reply = await _start(api, "search", wanted)
    if reply.status != 200:
        return _describe_start(reply)
    rows = reply.data["data"]["rows"]
    found = [row for row in rows if _bears(row, asked)]
    if not found:
        raise Problem(members={"status": 404, "code": "not-found", "detail": NO_CONTRACT})
    return {
        "contracts": found,
        "total_contracts": len(found),
        # All that bear the number in one of three columns.
        "truncated": len(rows) < reply.data["data"]["total_rows"],
        "permalink": answers.link(api, link_rows(filters, Sort())),
        **answers.date_version(reply.data["data"]["dataset_version"]),
    }


def ask_kind(kind: str) -> Callable[[Api, Asked], Awaitable[Body]]:
    """Asks a question whose answer is read in the conversation."""

    async def ask(api: Api, asked: Asked) -> Body:
        reply = await _start(api, kind, asked)
        if reply.status != 200:
            return _describe_start(reply)
        return answers.complete(api, kind, asked, reply.data["data"])

    return ask


def estimate_kind(kind: str) -> Callable[[Api, Asked], Awaitable[Body]]:
    """Says what a file would be, without writing it."""

    async def estimate(api: Api, asked: Asked) -> Body:
        reply = await api.post(reverse(f"estimate-{kind}"), asked.to_json())
        link = answers.link_request(api, asked)
        return {**reply.data, "permalink": link, **answers.date_version(reply.data["dataset_version"])}

    return estimate


def start_kind(kind: str) -> Callable[[Api, Ticketed], Awaitable[Body]]:
    """Writes a file, and says where it is if that was quick."""

    async def start(api: Api, asked: Ticketed) -> Body:
        reply = await _start(api, kind, asked, ticket=asked.ticket)
        ticket = reply.ticket or asked.ticket
        status = await api.get(reverse("task-status"), ticket=ticket, task_id=reply.data["task_id"])
        return {**_describe_start(reply), **_describe_task(api, status.data, ticket)}

    return start


async def get_task(api: Api, asked: arguments.OneTask) -> Body:
    status = await api.get(reverse("task-status"), ticket=asked.ticket, task_id=asked.task_id)
    task, answer = status.data, _describe_task(api, status.data, asked.ticket)
    if task["successful"] and task["kind"] in answers.SHAPES and task["request"]:
        result = await api.get(reverse("task-result"), ticket=asked.ticket, task_id=asked.task_id)
        request = OFFERED[task["kind"]].request.from_json(task["request"])
        answer |= answers.complete(api, task["kind"], request, result.data)
    return answer


async def list_datasets(api: Api, _: arguments.Nothing) -> Body:
    reply = await api.get(reverse("dataset-list"))
    told = ("version", "as_of", "rows", "total_value", "first_award", "last_award", "flood_rows", "current")
    versions = [{name: one[name] for name in told} for one in reply.data["datasets"]]
    return {
        "datasets": versions[: arguments.MOST_ROWS],
        "total_datasets": len(versions),
        "truncated": len(versions) > arguments.MOST_ROWS,
        "permalink": api.address(reverse("datasets")),
        **answers.date_version(reply.data["current"]),
    }


async def _start(api: Api, kind: str, asked: TaskRequest, ticket: str | None = None) -> Reply:
    return await api.post(reverse(f"task-{kind}"), asked.to_json(), wait_s=WAIT_S, ticket=ticket)


def _describe_start(reply: Reply) -> Body:
    """What to know of a task that may not have ended yet."""
    started = {"task_id": reply.data["task_id"], "state": reply.data["state"], "advice": COME_BACK}
    return started if reply.ticket is None else {**started, "ticket": reply.ticket}


def _describe_task(api: Api, task: Mapping[str, Any], ticket: str | None) -> Body:
    progress = {name: task["meta"][name] for name in ("phase", "percent", "eta_seconds", "queue_position")}
    request = OFFERED[task["kind"]].request.from_json(task["request"]) if task["request"] else None
    answer = {
        **{name: task[name] for name in ("task_id", "kind", "state", "status", "ready", "successful")},
        "error": task["error"],
        "asked": task["description"],
        "progress": None if task["ready"] else progress,
        "permalink": answers.link_request(api, request) if request else None,
        **answers.date_version(task["dataset_version"]),
    }
    if task["successful"] and task["result"]:
        answer |= answers.describe_file(api, task, ticket)
    return answer if not task["ready"] else {**answer, "advice": None}


def _bears(row: Mapping[str, Any], asked: arguments.OneContract) -> bool:
    """Whether these are its numbers, as people type them."""
    reference, award = (fold_number(row[name] or "") for name in ("reference_id", "award_number"))
    return reference == asked.reference and asked.award in (None, award)


TOOLS: Mapping[str, Tool[Any]] = {
    tool.name: tool
    for tool in (
        Tool(
            name="find_names",
            title="Find names",
            about="Find contractors, organizations, areas, categories and other names by what is typed of"
            " them, with their contracts and value. Filters take names exactly as they are stored: "
            "look them up here first. `filters_for_all_of_them` means every name that was found.",
            takes=arguments.FindNames,
            answer=find_names,
        ),
        Tool(
            name="search_contracts",
            title="Search contracts",
            about="Find contracts, a page at a time, with their exact number and value. `text` takes "
            "words as people type them: all must be found, in titles, names, areas and categories; "
            '"quotes" make a phrase, -word leaves out, or joins. Where nothing is found the answer '
            "says why, and what is near.",
            takes=arguments.SearchArguments,
            answer=ask_kind("search"),
        ),
        Tool(
            name="get_contract",
            title="One contract",
            about="All columns of the contracts of a bid notice, by its PhilGEPS reference number; with "
            "the number of the award, that one with the raw rows it was read from and its neighbours.",
            takes=arguments.OneContract,
            answer=get_contract,
        ),
        Tool(
            name="total_contracts",
            title="Totals",
            about="Count and add up contracts: the summary (count, total, average, median, contractors, "
            "organizations) and lists by year, contractor and so on. For whole rankings take "
            "`tabulate`.",
            takes=arguments.TotalsArguments,
            answer=ask_kind("aggregates"),
        ),
        Tool(
            name="tabulate",
            title="Rankings and cross tables",
            about="Figures by one dimension or two, in any order, a page of rows at a time: the largest "
            "contractors, awards by year and area, amounts in bands. `total_rows` is exact.",
            takes=arguments.TableArguments,
            answer=ask_kind("table"),
        ),
        Tool(
            name="compare",
            title="Compare two filters",
            about="Put the contracts of two filters side by side: two years, two areas, two contractors. "
            "Summary, years, and a page of rows by a dimension, each with a, b, the difference (a less b) "
            "and the ratio (a divided by b).",
            takes=arguments.CompareArguments,
            answer=ask_kind("compare"),
        ),
        Tool(
            name="estimate_export",
            title="Estimate an export",
            about="Say how large a file of contracts would be, and whether it may be made.",
            takes=ExportRequest,
            answer=estimate_kind("export"),
        ),
        Tool(
            name="start_export",
            title="Export contracts",
            about="Write all contracts that are meant into a file (xlsx, csv, csv.gz, parquet), however "
            "many. Answers with the address of the file when that is quick, otherwise with a task "
            "to ask for.",
            takes=arguments.StartExport,
            answer=start_kind("export"),
            changes=True,
        ),
        Tool(
            name="estimate_table_export",
            title="Estimate the export of a table",
            about="Say how large a file of a whole ranking or cross table would be.",
            takes=TableExportRequest,
            answer=estimate_kind("table_export"),
        ),
        Tool(
            name="start_table_export",
            title="Export a table",
            about="Write a whole ranking or cross table into a file (xlsx, csv, csv.gz, parquet).",
            takes=arguments.StartTableExport,
            answer=start_kind("table_export"),
            changes=True,
        ),
        Tool(
            name="get_task",
            title="Task status",
            about="What has become of a task: its progress, and when it has ended its answer or its file.",
            takes=arguments.OneTask,
            answer=get_task,
        ),
        Tool(
            name="list_datasets",
            title="Datasets",
            about="The versions of the data: how many contracts, of which days, and which one is current.",
            takes=arguments.Nothing,
            answer=list_datasets,
        ),
    )
}
"""All of them, by name."""
