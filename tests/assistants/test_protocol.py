"""What clients of the protocol meet beside answers: tools, refusals, files, limits, strangers."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import pytest
from python_calamine import CalamineWorkbook

from assistants.tools import TOOLS
from tests.assistants.asking import WEB, Assistant
from tests.assistants.conftest import FREE_CALLS, Site
from tests.assistants.questions import MAIN
from tools.stack.ports import LOOPBACK
from tools.stack.servers.nginx import run_nginx

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_clients_old_and_new_find_the_tools(assistant: Assistant, mode: str) -> None:
    tools = replace(assistant, mode=mode).list_tools()
    assert [tool.name for tool in tools] == list(TOOLS)
    for tool in tools:
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        assert tool.annotations
        assert tool.annotations.read_only_hint == (not tool.name.startswith("start_"))
    # What every client reads to its model before anything is asked.
    assert len(json.dumps([tool.model_dump(mode="json") for tool in tools])) < 75_000


def test_an_old_client_is_answered_too(site: Site, assistant: Assistant) -> None:
    answer = replace(assistant, mode="legacy").ask("total_contracts")
    assert [(answer["summary"]["count"],)] == site.sql.execute(f"SELECT count(*) {MAIN}").fetchall()


def test_a_refusal_names_the_culprit_and_what_may_have_been_meant(assistant: Assistant) -> None:
    problem = assistant.ask_badly("search_contracts", filters={"txt": "dike"})
    assert problem["code"] == "invalid-query"
    assert problem["errors"] == [
        {"in": "body", "pointer": "/filters/txt", "detail": "unknown field; did you mean text?"}
    ]


def test_an_answer_holds_fifty_rows_at_most(assistant: Assistant) -> None:
    answer = assistant.ask("search_contracts", page_size=50)
    assert (len(answer["rows"]), answer["truncated"]) == (50, True)
    assert assistant.ask_badly("search_contracts", page_size=51)["errors"][0]["pointer"] == "/page_size"
    months = assistant.ask("total_contracts", dimensions=["by_month"])
    assert len(months["by_month"]) <= 51
    assert (months["truncated"], months["truncated_lists"]) == (True, ["by_month"])


def test_a_name_that_nobody_bears_comes_with_close_ones(site: Site, assistant: Assistant) -> None:
    (name,) = site.sql.execute(f"SELECT max(awardee_name) {MAIN}").fetchall()[0]
    typo = name[:-1] + "X"
    answer = assistant.ask("search_contracts", filters={"contractors": [typo]})
    (unknown,) = answer["unknown_names"]
    assert (answer["total_rows"], unknown["name"]) == (0, typo)
    assert name in [one["label"] for one in unknown["close"]]


def test_a_typo_in_words_comes_with_near_words(assistant: Assistant) -> None:
    answer = assistant.ask("search_contracts", filters={"text": "constructoin"})
    assert answer["total_rows"] == 0
    assert "construction" in [one["word"] for one in answer["nothing_found"]["near"]]


def test_one_award_comes_with_its_page_and_what_it_was_read_from(site: Site, assistant: Assistant) -> None:
    ((number, reference, award),) = site.sql.execute(
        f"""SELECT max(id), reference_id, award_number {MAIN}
        AND reference_id IS NOT NULL AND award_number IS NOT NULL AND regexp_matches(award_number, '^[1-9]')
        GROUP BY ALL HAVING count(*) = 1 ORDER BY 1 LIMIT 1"""
    ).fetchall()
    answer = assistant.ask("get_contract", reference=f" 00{reference}", award=award)
    assert [one["id"] for one in answer["contracts"]] == [number]
    assert answer["provenance"]["source_file"] == answer["contracts"][0]["source_file"]
    assert answer["permalink"].startswith(f"{site.url}/contracts/{reference}/")
    assert WEB.get(answer["permalink"]).status_code == 200
    assert assistant.ask_badly("get_contract", reference=reference, award="none such")["status"] == 404


def test_unknown_contracts_and_tasks_are_refused(assistant: Assistant) -> None:
    assert assistant.ask_badly("get_contract", reference="no such number")["code"] == "not-found"
    assert assistant.ask_badly("get_contract", reference=" ")["errors"][0]["pointer"] == "/reference"
    other = "00000000-0000-4000-8000-000000000000"
    assert assistant.ask_badly("get_task", task_id=other)["code"] == "not-found"


def fetch(answer: dict[str, Any], headers: dict[str, str]) -> bytes:
    """The file of an export, as its answer says to fetch it."""
    file = WEB.get(answer["download"]["url"], headers=headers)
    assert file.status_code == 200
    assert hashlib.sha256(file.content).hexdigest() == answer["file"]["sha256"]
    return file.content


def test_a_visitor_starts_an_export_and_fetches_its_file(site: Site, assistant: Assistant) -> None:
    answer = assistant.ask("start_export", filters={"areas": ["Leyte"]}, format="csv", columns=["id"])
    ticket = answer["ticket"]
    while not answer["ready"]:
        answer = assistant.ask("get_task", task_id=answer["task_id"], ticket=ticket)
    header, value = answer["download"]["send_header"].split(": ")
    rows = list(csv.DictReader(io.StringIO(fetch(answer, {header: value}).decode("utf-8-sig"))))
    ids = {int(row["id"]) for row in rows}
    wanted = site.sql.execute(f"SELECT id {MAIN} AND area_of_delivery = 'Leyte'").fetchall()
    assert ids == {number for (number,) in wanted}
    # Nobody else's: neither without the ticket, nor with a cookie, which a browser would send unasked.
    assert assistant.ask_badly("get_task", task_id=answer["task_id"])["code"] == "not-found"
    led_astray = replace(assistant, headers={**assistant.headers, "Cookie": f"visitor={ticket}"})
    assert led_astray.ask_badly("get_task", task_id=answer["task_id"])["code"] == "not-found"


def test_a_user_exports_a_whole_ranking_and_asks_again_for_the_same_file(
    site: Site, reporter: Assistant
) -> None:
    wanted: dict[str, Any] = {"rows": "contractor", "measures": ["count"], "sort": "-count"}
    answer = reporter.ask("start_table_export", **wanted)
    while not answer["ready"]:
        answer = reporter.ask("get_task", task_id=answer["task_id"])
    assert "ticket" not in answer
    book = CalamineWorkbook.from_filelike(io.BytesIO(fetch(answer, reporter.headers)))
    rows = book.get_sheet_by_name("Table").to_python()
    ((contractors, most),) = site.sql.execute(
        f"SELECT count(*), max(n) FROM (SELECT count(*) AS n {MAIN} GROUP BY awardee_name)"
    ).fetchall()
    assert len(rows) == contractors + 1
    assert rows[1][1] == most
    again = reporter.ask("start_table_export", **wanted)
    assert again["task_id"] == answer["task_id"]


def test_a_token_may_what_its_scopes_say(site: Site, assistant: Assistant) -> None:
    reader = assistant.named(site.reads)
    assert reader.ask("total_contracts")["summary"]["count"] > 1000
    refused = reader.ask_badly("start_export")
    assert (refused["status"], refused["code"]) == (403, "wrong-scope")
    unknown = assistant.named("pgx_" + "0" * 64).ask_badly("list_datasets")
    assert (unknown["status"], unknown["code"]) == (401, "authentication-failed")


def test_calls_without_a_token_are_few_and_the_refusal_says_how_to_get_one(
    site: Site, assistant: Assistant, reporter: Assistant
) -> None:
    for _ in range(FREE_CALLS):
        assistant.ask("list_datasets")
    problem = assistant.ask_badly("list_datasets")
    assert (problem["code"], problem["status"]) == ("too-many-calls", 429)
    assert f"{site.url}/tokens/" in problem["detail"]
    reporter.ask("list_datasets")


def post(site: Site, **headers: str) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WEB.post(f"{site.url}/mcp", json=PING, headers={"Accept": "application/json", **named})


def test_pages_of_other_sites_and_other_names_of_this_one_are_refused(site: Site) -> None:
    assert post(site).json()["result"] == {}
    assert post(site, Origin=site.url).status_code == 200
    for headers, status in (
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 400),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 400),
    ):
        answer = post(site, **headers)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


def test_there_is_no_stream_to_wait_on(site: Site) -> None:
    answer = WEB.get(f"{site.url}/mcp", headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert WEB.delete(f"{site.url}/mcp").status_code == 405


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"jsonrpc": "2.0", "id": 1, "method": "x"}'])
def test_what_is_no_call_is_no_fault_of_the_server(site: Site, body: bytes) -> None:
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    answer = WEB.post(f"{site.url}/mcp", content=body, headers=headers)
    assert answer.status_code < 500
    assert answer.headers["cache-control"] == "private, no-store"


def test_nginx_lets_assistants_through_and_links_lead_back_to_it(site: Site, tmp_path: Path) -> None:
    with run_nginx(tmp_path / "nginx", web=site.url) as nginx:
        url = f"http://{LOOPBACK}:{nginx.port}"
        answer = Assistant(url).ask("find_names", typed="trading")
        assert answer["total_names"] > 10
        assert answer["permalink"].startswith(f"{url}/?contractor_contains=")


def test_the_program_of_the_guide_prints_figures_and_a_link(site: Site) -> None:
    guide = Path(__file__).parents[2] / "docs" / "how-to" / "connect-assistants.md"
    (program,) = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    run = subprocess.run(
        [sys.executable, "-c", program.replace("https://contracts.example", site.url)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "'count': " in run.stdout
    assert f"{site.url}/?text=flood+control&show=charts" in run.stdout
