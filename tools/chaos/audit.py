"""The count from outside, when all is quiet: HTTP, the rows, and the files on disk must tell one story."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.chaos.alerts.counting import AlertCount
from tools.chaos.arena import UNFINISHED, Arena
from tools.chaos.ledger import Accepted, Ledger
from tools.chaos.visitors import Visitor
from tools.stack.client import EXPORTS, TASKS
from tools.stack.connection import NoAnswer
from tools.stack.demo import count_rows

FINAL_STATES = {"SUCCESS": "succeeded", "FAILURE": "failed", "REVOKED": "revoked"}
RUN_FILE = re.compile(r"([0-9a-f-]{36})\.(\d+)\.(xlsx|csv)")
WITHIN_S = 60
AT_ONCE = 4

WRONGS = ("lost", "doubled", "torn", "server_errors", "alerts_lost", "alerts_doubled")
"""The members of Findings that have to be empty."""


@dataclass
class Findings:
    """What is wrong, one line each, and how the accepted tasks ended."""

    accepted: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    server_errors: list[str] = field(default_factory=list)
    alerts: AlertCount = field(default_factory=AlertCount)

    @property
    def alerts_lost(self) -> list[str]:
        return self.alerts.lost

    @property
    def alerts_doubled(self) -> list[str]:
        return self.alerts.doubled

    @property
    def is_clean(self) -> bool:
        return not any(getattr(self, name) for name in WRONGS)


async def audit(arena: Arena, ledger: Ledger, visitors: Sequence[Visitor]) -> Findings:
    """Ask for every accepted task, look at every row and file, and download every export."""
    findings, places = Findings(accepted=len(ledger.tasks)), asyncio.Semaphore(AT_ONCE)

    async def ask(task: Accepted) -> None:
        async with places:
            await audit_task(visitors[task.visitor], ledger, task, findings)

    await asyncio.gather(*map(ask, [*ledger.tasks.values()]))
    findings.doubled += ledger.contradictions
    findings.torn += ledger.tears
    _audit_rows(arena, findings)
    _audit_files(arena, findings)
    for task in ledger.tasks.values():
        if task.has_file:
            target = arena.folder.with_name("download")
            await _audit_download(visitors[task.visitor], task, target, findings)
    return findings


async def audit_task(visitor: Visitor, ledger: Ledger, task: Accepted, findings: Findings) -> None:
    """Ask how it ended, and compare with what was told before."""
    try:
        ending = await visitor.see_ending(task.task_id)
    except NoAnswer as error:
        findings.lost.append(f"{task.task_id} ({task.order.kind}): {error}")
        return
    if ending is None or ending.state not in FINAL_STATES:
        findings.lost.append(f"{task.task_id} ({task.order.kind}) has not ended: {ending}")
        return
    findings.ended[FINAL_STATES[ending.state]] += 1
    ledger.note_ending(task, ending)
    if task.must_stop and ending.state != "REVOKED":
        findings.doubled.append(f"{task.task_id} was cancelled and yet is {ending.state}")
    if task.told - {ending.state}:
        told = ", ".join(sorted(task.told))
        findings.doubled.append(f"{task.task_id} ended as {told} by its streams and yet is {ending.state}")


def _audit_rows(arena: Arena, findings: Findings) -> None:
    """Rows that nobody was told of must end too; a run has one file row at most, and only with success."""
    open_rows = f"SELECT id::text, state FROM data_processing_taskrun WHERE {UNFINISHED}"
    findings.lost += [f"row {run_id} is {state}" for run_id, state in arena.ask(open_rows)]
    stray = """
        SELECT run_id::text, count(*), min(state) FROM data_processing_exportfile
        JOIN data_processing_taskrun ON id = run_id GROUP BY run_id
        HAVING count(*) > 1 OR min(state) <> 'SUCCESS'
    """
    findings.doubled += [f"run {run}: {count} export rows, {state}" for run, count, state in arena.ask(stray)]
    bare = """
        SELECT id::text FROM data_processing_taskrun LEFT JOIN data_processing_exportfile ON id = run_id
        WHERE kind = 'export' AND state = 'SUCCESS' AND run_id IS NULL
    """
    findings.lost += [f"export {run} succeeded without a file" for (run,) in arena.ask(bare)]


def _audit_files(arena: Arena, findings: Findings) -> None:
    """Every file on disk is the one file of a run that succeeded."""
    rows = arena.ask("SELECT run_id::text, path FROM data_processing_exportfile WHERE deleted_at IS NULL")
    findings.doubled += find_stray(sorted(path.name for path in arena.exports.folder.iterdir()), dict(rows))


def find_stray(names: Iterable[str], published: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the files in the export folder, where each run has published one at most."""
    for name in names:
        match = RUN_FILE.fullmatch(name)
        if match is None:
            yield f"litter in the export folder: {name}"
        elif published.get(match[1]) != name:
            yield f"{name} is there, while {published.get(match[1])} is what was published"


async def _audit_download(visitor: Visitor, task: Accepted, target: Path, findings: Findings) -> None:
    """Download, compare with the checksum, open, and count the rows against what a search counts."""
    detail = (await visitor.get(f"{EXPORTS}/{task.task_id}/")).data
    with visitor.connect() as server:
        file = await server.call("GET", detail["links"]["download"])
    target.write_bytes(file.body)
    columns = (await visitor.get("/api/v1/contracts/columns/")).data["columns"]
    tear = (
        f"download answers {file.status}"
        if file.status != 200
        else find_tear(
            target,
            sha256=detail["sha256"],
            format=detail["format"],
            rows=await _count_by_search(visitor, task),
            labels=[column["label"] for column in columns],
        )
    )
    if tear is not None:
        findings.torn.append(f"{task.task_id}: {tear}")


def find_tear(path: Path, *, sha256: str, format: str, rows: int, labels: Sequence[str]) -> str | None:
    """What is wrong with a downloaded file; None when it is whole and holds `rows` rows."""
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        return "another checksum than its row has"
    if format == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = sum(1 for _ in csv.reader(file)) - 1
    else:
        try:
            with zipfile.ZipFile(path) as archive:
                broken = archive.testzip()
        except zipfile.BadZipFile as error:
            return str(error)
        if broken is not None:
            return f"{broken} is broken"
        found = count_rows(path, labels)
    return None if found == rows else f"{found} rows, {rows} were counted"


async def _count_by_search(visitor: Visitor, task: Accepted) -> int:
    body: dict[str, Any] = {"filters": task.order.body["filters"], "page_size": 1}
    with visitor.connect() as server:
        answer = await server.call("POST", f"{TASKS}/search/", body, wait_s=WITHIN_S)
    return int(answer.data["data"]["total_rows"])
