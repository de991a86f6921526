"""`python -m tools.stack.demo`: the main job once, end to end, on sample contracts, through the HTTP API.

Its last line is one JSON object with what was measured; it exits 0 only when the file holds the counted rows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook
from tqdm import tqdm

from tools.stack.client import EXPORTS, TASKS, Client
from tools.stack.errors import ApiError, StackError
from tools.stack.logs import FileLog
from tools.stack.ports import pick_port
from tools.stack.system import CHECKOUT, LOCK, Carriers, System
from tools.stack.up import generate_and_import

WITHIN_S = 600
MARK = ".demo"
SEARCHED: Mapping[str, Any] = {"filters": {"keywords": ["construction"]}, "page": 1, "page_size": 20}
EVERYTHING: Mapping[str, Any] = {"filters": {}}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the demo measured, and on what, in the words of its last line."""

    export_path: str
    rows: int
    export_seconds: float
    search_ms: float
    aggregates_ms: float
    carriers: Carriers


def main(arguments: Sequence[str]) -> int:
    """Run the demo; the exit status."""
    # SIGINT too: whoever starts this in the background of a shell has it ignored.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    options = _parse(arguments)
    try:
        outcome = run_demo(options.folder.resolve(), contracts=options.contracts, seed=options.seed)
    except StackError as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; everything is stopped.", file=sys.stderr)
        return 130
    measured = asdict(outcome)
    measured.update(measured.pop("carriers"))
    print(json.dumps(measured, ensure_ascii=False), flush=True)
    return 0


def run_demo(folder: Path, *, contracts: int, seed: int) -> Outcome:
    """Everything from raw files to the downloaded workbook in a fresh `folder`; nothing runs afterwards."""
    began = time.monotonic()
    with System(folder, port=pick_port(), write=FileLog(folder / "logs")) as system:
        _empty(folder)
        carriers = system.carriers
        say(f"Broker {carriers.broker}, results {carriers.result_backend}, database {carriers.database}.")
        system.start_servers()
        say(f"Generating raw files that hold {contracts:,} sample contracts, and importing them.")
        generate_and_import(system, folder / "raw", contracts=contracts, seed=seed)
        say(f"Starting web server, workers and Beat (logs in {folder / 'logs'}).")
        system.start_processes()
        outcome = asyncio.run(use_api(system, folder))
    say(f"Everything is stopped. All of it took {time.monotonic() - began:.0f} s.")
    return outcome


async def use_api(system: System, folder: Path) -> Outcome:
    """One search, one aggregate and one export as a visitor would ask for them."""
    client = Client(system.url)
    search, search_ms = await _time_answer(client, "search", SEARCHED)
    say(f"Search 'construction': {search['total_rows']:,} contracts, ₱{_money(search)}, {search_ms:.0f} ms.")
    aggregates, aggregates_ms = await _time_answer(client, "aggregates", EVERYTHING)
    summary = aggregates["summary"]
    say(f"Aggregates of all: {summary['count']:,} contracts, ₱{_money(summary)}, {aggregates_ms:.0f} ms.")
    path, rows, export_seconds = await export_all(client, folder)
    if rows != summary["count"]:
        raise ApiError(f"the file {path} holds {rows:,} rows, but {summary['count']:,} were counted")
    say(f"Export: {path} holds the {rows:,} counted rows, written in {export_seconds:.1f} s.")
    return Outcome(
        export_path=str(path),
        rows=rows,
        export_seconds=round(export_seconds, 3),
        search_ms=round(search_ms, 1),
        aggregates_ms=round(aggregates_ms, 1),
        carriers=system.carriers,
    )


async def export_all(client: Client, folder: Path) -> tuple[Path, int, float]:
    """Export all contracts, follow it with a progress bar, download: (path, rows found in it, seconds)."""
    began = time.monotonic()
    accepted = await client.post(f"{TASKS}/export/", EVERYTHING)
    with tqdm(desc="Excel export", unit=" rows", unit_scale=True, file=sys.stderr, dynamic_ncols=True) as bar:
        async for status in client.follow(accepted["task_id"], within_s=WITHIN_S):
            show_progress(bar, status)
    seconds = time.monotonic() - began
    export = await client.get(f"{EXPORTS}/{accepted['export_id']}/")
    path = folder / export["name"]
    path.write_bytes(await client.get_file(export["links"]["download"]))
    columns = (await client.get("/api/v1/contracts/columns/"))["columns"]
    return path, count_rows(path, [column["label"] for column in columns]), seconds


def show_progress(bar: tqdm[Any], status: Mapping[str, Any]) -> None:
    """Bring the bar to what the status says."""
    meta = status["meta"]
    if meta["total"] and (meta["unit"] == "rows" or status["successful"]):
        bar.total, bar.n = meta["total"], meta["current"]
    bar.refresh()


def count_rows(path: Path, labels: Sequence[str]) -> int:
    """Rows below the header in all sheets of a workbook that have one; a header consists of column labels."""
    known = set(labels)
    counted = 0
    with CalamineWorkbook.from_path(path) as workbook:
        for name in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(name).to_python()
            header = next((index for index, row in enumerate(rows) if row and set(row) <= known), None)
            counted += 0 if header is None else len(rows) - header - 1
    return counted


def say(line: str) -> None:
    print(line, flush=True)


async def _time_answer(client: Client, kind: str, body: Mapping[str, Any]) -> tuple[Any, float]:
    began = time.monotonic()
    answer = await client.answer(kind, body, within_s=WITHIN_S)
    return answer, 1000 * (time.monotonic() - began)


def _money(holder: Mapping[str, Any]) -> str:
    whole, _, cents = str(holder["total_value"]).partition(".")
    return f"{int(whole):,}.{cents or '00'}"


def _empty(folder: Path) -> None:
    """Remove what an earlier demo left; StackError when the folder holds anything else."""
    left = [entry for entry in folder.iterdir() if entry.name != LOCK]
    if left and not (folder / MARK).exists():
        raise StackError(f"{folder} holds something else than an earlier demo; name another folder")
    for entry in left:
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    (folder / MARK).touch()


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.stack.demo", description=__doc__)
    parser.add_argument("--contracts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=CHECKOUT / "var" / "demo")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
