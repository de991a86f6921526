"""The peer of keyword search: PostgreSQL over the same rows, without and with a trigram index.

It looks for a keyword anywhere in one column that holds the four searched texts, which is less than we answer
(word starts, accents), and returns what we return: count, total, and the top 50 by amount with their columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psycopg

from contracts.fields import DEFAULT_COLUMNS, FIELD_BY_NAME, SEARCHED, FieldType
from contracts.snapshot.versions import Snapshot
from tools.stack.servers import PostgreSQL

TYPES = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "bigint",
    FieldType.MONEY: "numeric(18,2)",
    FieldType.DATE: "date",
}


@contextmanager
def serve_contracts(snapshot: Snapshot, folder: Path) -> Iterator[psycopg.Connection]:
    """A private PostgreSQL that holds the contracts of the main source."""
    with (
        PostgreSQL(folder / "postgresql", durable=False) as server,
        psycopg.connect(server.url, autocommit=True) as con,
    ):
        con.execute("SET work_mem = '256MB'")
        con.execute("SET maintenance_work_mem = '1GB'")
        _load(con, snapshot, folder / "contracts.csv")
        yield con


def _load(con: psycopg.Connection, snapshot: Snapshot, file: Path) -> None:
    columns = ", ".join(f"{name} {TYPES[FIELD_BY_NAME[name].type]}" for name in DEFAULT_COLUMNS)
    con.execute(f"CREATE UNLOGGED TABLE contracts (id bigint PRIMARY KEY, {columns}, searched text)")
    with duckdb.connect(str(snapshot.database), read_only=True) as source:
        source.execute("SET enable_progress_bar = false")
        source.execute(
            f"""COPY (SELECT id, {", ".join(DEFAULT_COLUMNS)}, concat_ws(chr(10), {", ".join(SEARCHED)})
                FROM contracts WHERE source = 'philgeps') TO '{file}' (FORMAT csv, HEADER false)"""
        )
    with file.open("rb") as rows, con.cursor().copy("COPY contracts FROM STDIN (FORMAT csv)") as copy:
        while block := rows.read(1 << 20):
            copy.write(block)
    file.unlink()
    con.execute("VACUUM ANALYZE contracts")


def add_trigram_index(con: psycopg.Connection) -> None:
    con.execute("CREATE EXTENSION pg_trgm")
    con.execute("CREATE INDEX ON contracts USING gin (searched gin_trgm_ops)")
    con.execute("VACUUM ANALYZE contracts")


def search(con: psycopg.Connection, phrases: Sequence[str]) -> None:
    """A search for all ``phrases``."""
    where = " AND ".join("searched ILIKE %s" for _ in phrases)
    patterns = [f"%{phrase}%" for phrase in phrases]
    count = f"SELECT count(*), sum(contract_amount) FROM contracts WHERE {where}"
    top = f"""SELECT id, {", ".join(DEFAULT_COLUMNS)} FROM contracts WHERE {where}
        ORDER BY contract_amount DESC, id LIMIT 50"""
    for statement in (count, top):
        con.execute(statement, patterns).fetchall()
