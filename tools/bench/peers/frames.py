"""pandas beside us: a script from its start to its end, and one that has loaded the frame before."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from contracts.fields import FIELD_BY_NAME, PHILGEPS, SEARCHED, FieldType
from contracts.snapshot.versions import Snapshot
from tools.bench.peers.questions import (
    COLUMNS,
    SHOWN,
    Answer,
    Question,
    read_contracts,
    read_table,
    sort_groups,
)
from tools.stack.system import CHECKOUT

SCRIPT = (sys.executable, "-m", "tools.bench.peers.frame")


class Script:
    """A script that begins anew with each question, and reads the columns that it needs."""

    name: ClassVar = "pandas, a script"

    def __init__(self, parquet: Path) -> None:
        self._parquet = parquet

    def ask(self, question: Question, file: Path) -> Any:
        command = [*SCRIPT, str(self._parquet), json.dumps(_word(question, file))]
        return json.loads(subprocess.run(command, check=True, cwd=CHECKOUT, stdout=subprocess.PIPE).stdout)

    def read(self, question: Question, came: Any, file: Path) -> Answer:
        return _read(question, came, file)


class LoadedFrame:
    """A session that has read everything before it is asked."""

    name: ClassVar = "pandas, frame loaded"

    def __init__(self, session: subprocess.Popen[bytes]) -> None:
        self._session = session
        self._listen()

    def ask(self, question: Question, file: Path) -> Any:
        assert self._session.stdin is not None
        self._session.stdin.write(json.dumps(_word(question, file)).encode() + b"\n")
        self._session.stdin.flush()
        return json.loads(self._listen())

    def read(self, question: Question, came: Any, file: Path) -> Answer:
        return _read(question, came, file)

    def _listen(self) -> bytes:
        assert self._session.stdout is not None
        line = self._session.stdout.readline()
        assert line, f"pandas has ended with {self._session.wait()}"
        return line


@contextmanager
def load_frame(parquet: Path) -> Iterator[LoadedFrame]:
    command = [*SCRIPT, str(parquet)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as session:
        try:
            yield LoadedFrame(session)
        finally:
            session.kill()


def write_parquet(snapshot: Snapshot, path: Path) -> None:
    """The contracts of the main source in the types that pandas is fastest with."""
    types = {FieldType.MONEY: "DOUBLE", FieldType.DATE: "TIMESTAMP"}
    columns = ", ".join(
        f"{name}::{types[FIELD_BY_NAME[name].type]} AS {name}" if FIELD_BY_NAME[name].type in types else name
        for name in COLUMNS
    )
    with duckdb.connect(str(snapshot.database), read_only=True) as con:
        con.execute("SET enable_progress_bar = false")
        rows = f"SELECT {columns} FROM contracts WHERE source = '{PHILGEPS}' ORDER BY id"
        con.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")


def _word(question: Question, file: Path) -> dict[str, Any]:
    return {
        "kind": question.kind,
        "keyword": question.keyword,
        "searched": SEARCHED,
        "start": f"{question.start}" if question.kind in ("totals", "file") else "",
        "stop": f"{question.stop}" if question.kind in ("totals", "file") else "",
        "shown": SHOWN,
        "file": str(file),
    }


def _read(question: Question, came: Any, file: Path) -> Answer:
    match question.kind:
        case "search":
            *rows, _shown = came
            return [tuple(row) for row in rows]
        case "totals":
            return sort_groups(map(tuple, came))
        case "table":
            return read_table(file)
        case _:
            return read_contracts(file)
