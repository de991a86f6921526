"""The count from outside, when all is quiet: HTTP, the rows, and the files on disk must tell one story."""

from __future__ import annotations

import csv
import hashlib
import re
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaos.arena import UNFINISHED, Arena
from chaos.ledger import Accepted, Ledger
from chaos.visitors import TASKS, Visitor
from stack.demo import count_rows

FINAL_STATES = {"SUCCESS": "succeeded", "FAILURE": "failed", "REVOKED": "revoked"}
RUN_FILE = re.compile(r"([0-9a-f-]{36})\.(\d+)\.(xlsx|csv)")
WITHIN_S = 60


@dataclass
class Findings:
    """What is wrong, one line each, and how the accepted tasks ended."""

    ended: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.torn)


def audit(arena: Arena, ledger: Ledger, visitors: Mapping[int, Visitor]) -> Findings:
    """Ask for every accepted task, look at every row and file, and download every export."""
    findings = Findings()
    with ThreadPoolExecutor(4) as hands:
        list(
            hands.map(
                lambda task: _audit_task(visitors[task.visitor], ledger, task, findings),
                [*ledger.tasks.values()],
            )
        )
    findings.doubled += ledger.contradictions
    _audit_rows(arena, findings)
    _audit_files(arena, findings)
    exports = [
        task
        for task in ledger.tasks.values()
        if task.order.kind == "export" and task.ending is not None and task.ending.state == "SUCCESS"
    ]
    for task in exports:
        _audit_download(visitors[task.visitor], task, arena.folder / "download", findings)
    return findings


def _audit_task(visitor: Visitor, ledger: Ledger, task: Accepted, findings: Findings) -> None:
    ending = visitor.see_ending(task.task_id)
    if ending is None or ending.state not in FINAL_STATES:
        findings.lost.append(f"{task.task_id} ({task.order.kind}) has not ended: {ending}")
        return
    findings.ended[FINAL_STATES[ending.state]] += 1
    ledger.note_ending(task, ending)
    if task.must_stop and ending.state != "REVOKED":
        findings.doubled.append(f"{task.task_id} was cancelled and yet is {ending.state}")


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
    named = {
        str(run): str(path) for run, path in arena.ask("SELECT run_id, path FROM data_processing_exportfile")
    }
    for path in arena.exports.folder.iterdir():
        match = RUN_FILE.fullmatch(path.name)
        if match is None:
            findings.doubled.append(f"litter in the export folder: {path.name}")
        elif named.get(match[1]) != path.name:
            findings.doubled.append(f"{path.name} is there beside {named.get(match[1])}")


def _audit_download(visitor: Visitor, task: Accepted, target: Path, findings: Findings) -> None:
    """Download, compare with the checksum, open, and count the rows against what a search counts."""
    detail = visitor.browser.call("GET", f"/api/v1/data-processing/exports/{task.task_id}/").body
    status = visitor.browser.download(detail["links"]["download"], target)
    if status != 200:
        findings.torn.append(f"download of {task.task_id} answers {status}")
        return
    if hashlib.sha256(target.read_bytes()).hexdigest() != detail["sha256"]:
        findings.torn.append(f"{task.task_id} has another checksum than its row")
    rows, wanted = _count_rows(visitor, target, detail["format"]), _count_by_search(visitor, task)
    if rows != wanted:
        findings.torn.append(f"{task.task_id} holds {rows} rows, {wanted} were counted")


def _count_rows(visitor: Visitor, path: Path, format: str) -> int | str:
    if format == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return sum(1 for _ in csv.reader(file)) - 1
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except zipfile.BadZipFile as error:
        return str(error)
    return count_rows(path, _labels(visitor)) if broken is None else f"broken {broken}"


def _labels(visitor: Visitor) -> Sequence[str]:
    columns = visitor.browser.call("GET", "/api/v1/contracts/columns/").body["columns"]
    return [column["label"] for column in columns]


def _count_by_search(visitor: Visitor, task: Accepted) -> int:
    body: dict[str, Any] = {"filters": task.order.body["filters"], "page_size": 1}
    wait = {"Prefer": f"wait={WITHIN_S}"}
    answer = visitor.browser.call("POST", f"{TASKS}/search/", body, headers=wait, timeout_s=2 * WITHIN_S)
    return int(answer.body["data"]["total_rows"])
