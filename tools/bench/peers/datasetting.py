"""Datasette, served by its own server, over SQLite with FTS5.

The database is made as its documentation advises: an index on each column that is filtered or grouped by, a
full-text index over the searched columns, ANALYZE. Its limits on time and rows, with which it would not
answer, are lifted.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

import duckdb
import httpx

from contracts.fields import FIELD_BY_NAME, PHILGEPS, SEARCHED, FieldType
from contracts.snapshot.versions import Snapshot
from tools.bench import dataset
from tools.bench.peers.ours import save
from tools.bench.peers.questions import (
    COLUMNS,
    SHOWN,
    Answer,
    Question,
    read_contracts,
    read_table,
    sort_groups,
)
from tools.stack.children import spawn, stop_child, wait_until
from tools.stack.ports import LOOPBACK, pick_port

TYPES = {FieldType.INTEGER: "INTEGER", FieldType.MONEY: "REAL"}
INDEXED = ("award_date", "contract_amount", "organization_name", "awardee_name", "area_of_delivery")
BATCH_ROWS = 50_000
LIMIT_MS = 600_000
READY_WITHIN_S = 120
TOTALS = """SELECT organization_name, count(*) AS n, sum(contract_amount) AS total FROM contracts
    WHERE award_date BETWEEN :start AND :stop GROUP BY organization_name ORDER BY total DESC LIMIT :shown"""
CONTRACTORS = """SELECT awardee_name, count(*) AS n, sum(contract_amount) AS total FROM contracts
    GROUP BY awardee_name ORDER BY n DESC"""


class Datasette:
    name: ClassVar = "Datasette"

    def __init__(self, url: str, database: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=LIMIT_MS / 1000)
        self._database = database

    def ask(self, question: Question, file: Path) -> Any:
        days = {"start": f"{question.start}", "stop": f"{question.stop}"}
        match question.kind:
            case "search":
                # Word starts, as with us: the last word may go on.
                wanted = {"_search": f'"{question.keyword}" *', "_searchmode": "raw"}
                shown = {"_sort_desc": "contract_amount", "_size": SHOWN, "_nosuggest": 1}
                asked = {**wanted, **shown, "_shape": "objects"}
                return self._get(f"/{self._database}/contracts.json", asked)
            case "totals":
                asked = {"sql": TOTALS, "shown": SHOWN, "_shape": "arrays", **days}
                return self._get(f"/{self._database}.json", asked)
            case "table":
                return save(self._client, f"/{self._database}.csv?{urlencode({'sql': CONTRACTORS})}", file)
            case _:
                within = {"award_date__gte": days["start"], "award_date__lte": days["stop"]}
                asked = {"_stream": "on", "_size": "max", **within}
                return save(self._client, f"/{self._database}/contracts.csv?{urlencode(asked)}", file)

    def read(self, question: Question, came: Any, file: Path) -> Answer:
        match question.kind:
            case "search":
                amounts = [(float(row["contract_amount"]),) for row in came["rows"]]
                return [(came["filtered_table_rows_count"],), *amounts]
            case "totals":
                return sort_groups((label, count, float(total)) for label, count, total in came["rows"])
            case "table":
                return read_table(file)
            case _:
                return read_contracts(file)

    def _get(self, path: str, asked: dict[str, Any]) -> Any:
        answer = self._client.get(path, params=asked)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def serve_datasette(snapshot: Snapshot, *, rows: int) -> Iterator[Datasette]:
    """Datasette over the contracts of the main source, of which there are so many."""
    database, port = prepare_database(snapshot, rows=rows), pick_port()
    settings = {
        "sql_time_limit_ms": LIMIT_MS,
        # In one page, as each page of a stream asks the database anew.
        "max_returned_rows": rows + 1,
        "max_csv_mb": 0,
        "suggest_facets": "off",
        "cache_size_kb": 1_000_000,
    }
    options = [part for name, value in settings.items() for part in ("--setting", name, str(value))]
    command = [sys.executable, "-m", "datasette", "serve", "--immutable", str(database), *options]
    with tempfile.TemporaryDirectory(prefix="bench-datasette-") as name:
        log = Path(name) / "log"
        with log.open("wb") as output:
            child = spawn(
                [*command, "--host", LOOPBACK, "--port", str(port)],
                environment=os.environ,
                folder=Path(name),
                output=output,
            )
            try:
                url = f"http://{LOOPBACK}:{port}"
                wait_until(
                    lambda: _answers(f"{url}/-/versions.json"),
                    child=child,
                    name="Datasette",
                    within_s=READY_WITHIN_S,
                    log=log,
                )
                yield Datasette(url, database.stem)
            finally:
                stop_child(child, within_s=20)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


def prepare_database(snapshot: Snapshot, *, rows: int) -> Path:
    """The SQLite file of the contracts, which is kept beside their dataset."""
    database = dataset.ROOT / f"peers-{rows}-{snapshot.version}.db"
    if not database.exists():
        for old in dataset.ROOT.glob(f"peers-{rows}-*"):
            old.unlink()
        unfinished = database.with_suffix(".unfinished")
        with closing(sqlite3.connect(unfinished)) as con:
            _fill(con, snapshot)
        unfinished.rename(database)
    return database


def _fill(con: sqlite3.Connection, snapshot: Snapshot) -> None:
    # A file that is not finished is not kept, whatever becomes of it.
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000", "temp_store = FILE"):
        con.execute(f"PRAGMA {pragma}")
    columns = ", ".join(f"{name} {TYPES.get(FIELD_BY_NAME[name].type, 'TEXT')}" for name in COLUMNS)
    con.execute(f"CREATE TABLE contracts ({columns}, PRIMARY KEY (id))")
    holes = ", ".join("?" * len(COLUMNS))
    for batch in _read_rows(snapshot):
        con.executemany(f"INSERT INTO contracts VALUES ({holes})", batch)
    con.commit()
    searched = ", ".join(SEARCHED)
    # In these letters, by which Datasette knows that it is the index of contracts.
    con.execute(
        f"""CREATE VIRTUAL TABLE contracts_fts USING FTS5({searched}, content="contracts", content_rowid="id",
            tokenize='unicode61 remove_diacritics 2')"""
    )
    con.execute("INSERT INTO contracts_fts (contracts_fts) VALUES ('rebuild')")
    con.execute("INSERT INTO contracts_fts (contracts_fts) VALUES ('optimize')")
    for name in INDEXED:
        con.execute(f"CREATE INDEX contracts_{name} ON contracts ({name})")
    con.execute("ANALYZE")
    con.commit()


def _read_rows(snapshot: Snapshot) -> Iterator[list[tuple[Any, ...]]]:
    """Contracts as SQLite takes them, some at a time."""
    values = {FieldType.MONEY: "{}::DOUBLE", FieldType.DATE: "{}::VARCHAR"}
    columns = ", ".join(values.get(FIELD_BY_NAME[name].type, "{}").format(name) for name in COLUMNS)
    with duckdb.connect(str(snapshot.database), read_only=True) as con:
        found = con.execute(f"SELECT {columns} FROM contracts WHERE source = ? ORDER BY id", [PHILGEPS])
        while batch := found.fetchmany(BATCH_ROWS):
            yield batch
