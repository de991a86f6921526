"""Raw files -> a published snapshot. Owns the order of the steps; every rule is another module's."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Required, TypedDict, Unpack

import duckdb

from contracts.engine.cursor import OUT_OF_SPACE
from contracts.errors import BadFile, ContractsError, OutOfSpace
from contracts.fields import FLOOD_CONTROL
from contracts.ingest import layout
from contracts.ingest.cells.dates import DateOrder
from contracts.ingest.files.containers import UnpackedFile, translate_os_errors
from contracts.ingest.files.kinds import Kind
from contracts.ingest.files.other_workbooks import FULL_DISK
from contracts.ingest.files.preparation import prepare_files
from contracts.ingest.losses import measure_losses, raise_if_held
from contracts.ingest.rows.accounts import measure_contracts, report_sources, write_reports
from contracts.ingest.rows.days import settle_days
from contracts.ingest.rows.fates import decide_fates
from contracts.ingest.rows.implausible import mark_implausible
from contracts.ingest.rows.later_years import join_later_years
from contracts.ingest.rows.origins import write_origins
from contracts.ingest.rows.staging import NUMBERED, RawFile, create_staging, stage_batch, stage_file
from contracts.ingest.sources import Generation
from contracts.ingest.tables.batches import RawBatch
from contracts.ingest.tables.headers import get_generation, list_generations
from contracts.ingest.tables.sifting import RowSieve
from contracts.ingest.text.csv_files import read_csv
from contracts.ingest.workbooks.xlsx_files import read_workbook
from contracts.progress import Progress
from contracts.snapshot.versions import (
    DATABASE,
    LINES,
    REJECTS,
    REPAIRS,
    Manifest,
    Note,
    Snapshot,
    SourceReport,
    building,
    new_version,
    publish,
)

_STAGING, _SPILL, _UNPACKED = "staging.duckdb", "spill", "unpacked"
_STEPS = 4
# DuckDB reads no files in an import but those that it writes, so that any IOException is one of room.
_NO_ROOM = (duckdb.OutOfMemoryException, duckdb.IOException)
_ROOM = "nothing of it is left; make room on the disk of the datasets and import again"


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What the engine may use for an import."""

    memory_limit_mb: int = 1000
    threads: int = 2


class Reading(TypedDict, total=False):
    """How files are to be read, by an import and by its rehearsal alike.

    ``as_of`` is the day up to which years are plausible, ``date_order`` settles slashed dates in all files,
    ``generation`` names the layout of files without a header, ``encoding`` is that of text files without a
    mark of their own (None: as their bytes say).
    """

    as_of: Required[date]
    date_order: DateOrder | None
    generation: str | None
    encoding: str | None


def import_files(
    files: Sequence[Path],
    *,
    root: Path,
    max_rejected_share: float = 1.0,
    accept_losses: bool = False,
    reports_folder: Path | None = None,
    memory_limit_mb: int = 1000,
    threads: int = 2,
    **reading: Unpack[Reading],
) -> Generator[Progress, None, Snapshot]:
    """Import raw files into a new version under ``root`` and make it the current one; returns the snapshot.

    ``max_rejected_share`` of the awarded rows, and of their pesos, may be rejected, unless a file has nothing
    else; ``accept_losses`` lets everything pass. The reports of rejects and repairs also go to
    ``reports_folder``, even if the import is held.

    Raises BadFile, ImportHeld, ReconciliationFailed or OutOfSpace (retryable). On any error, and when the
    generator is closed early, nothing is left behind and the current version stays.
    """
    created_at = datetime.now(UTC)
    version = new_version(created_at)
    resources = Resources(memory_limit_mb=memory_limit_mb, threads=threads)
    with translate_errors(), building(root, version) as folder:
        with open_database(folder, resources) as con:
            reports = yield from account_rows(con, files, folder, **reading)
            # Before it may be held, which leaves nothing of the import but these.
            if reports_folder is not None:
                copy_reports(folder, reports_folder)
            if not accept_losses:
                raise_if_held(con, measure_losses(con, reports, max_rejected_share=max_rejected_share))
            mark_implausible(con)
            con.execute("CREATE TEMP VIEW awards AS SELECT * FROM staging.awards")
            layout.build(con, "awards", numbered=NUMBERED)
            layout.build_arrays(con, folder)
            write_origins(con, folder / LINES)
            yield _show_step(3)
            manifest = _make_manifest(
                con, reports, version=version, created_at=created_at, as_of=reading["as_of"]
            )
        # Staging has a file of its own, because a DuckDB file does not shrink as a rule when tables are
        # dropped.
        (folder / _STAGING).unlink()
        shutil.rmtree(folder / _UNPACKED, ignore_errors=True)
        shutil.rmtree(folder / _SPILL, ignore_errors=True)
        yield _show_step(_STEPS)
        return publish(root, folder, manifest)


def account_rows(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    folder: Path,
    *,
    as_of: date,
    date_order: DateOrder | None = None,
    generation: str | None = None,
    encoding: str | None = None,
) -> Generator[Progress, None, tuple[SourceReport, ...]]:
    """Read all files and decide what becomes of each row: what an import and its rehearsal have in common.
    Leaves the awards in ``staging.awards`` and the reports of rejects and repairs in ``folder``."""
    _check_names(files)
    assumed = _get_assumed(generation)
    unpacked = prepare_files(files, folder / _UNPACKED, assumed=assumed, encoding=encoding)
    raw_files = yield from read_files(con, unpacked, scratch=folder, assumed=assumed, encoding=encoding)
    yield _show_step(0)
    # Each file by itself: the next one may come from a program with another order of day and month.
    for file in raw_files:
        settle_days(con, file, date_order)
    yield _show_step(1)
    # Before the fates: a later year has no amount until it is joined, and would be rejected.
    join_later_years(con, raw_files)
    decide_fates(con, raw_files, as_of=as_of)
    yield _show_step(2)
    reports = report_sources(con, raw_files)
    write_reports(con, folder, reports)
    return reports


def copy_reports(folder: Path, target: Path) -> None:
    """Copy the reports of rejects and repairs, so that they outlive an import that is not published."""
    target.mkdir(parents=True, exist_ok=True)
    for name in (REJECTS, REPAIRS):
        shutil.copyfile(folder / name, target / name)


def _check_names(files: Sequence[Path]) -> None:
    seen: set[str] = set()
    for path in files:
        if not path.is_file():
            raise BadFile(path.name, "there is no such file")
        if path.name in seen:
            raise BadFile(path.name, "two files have this name, and rows are traced by it")
        seen.add(path.name)


def _get_assumed(name: str | None) -> Generation | None:
    if name is None:
        return None
    if found := get_generation(name):
        return found
    raise ContractsError(f"there is no generation {name!r}; known are {', '.join(list_generations())}")


def _show_step(done: int) -> Progress:
    return Progress(phase="building", current=done, total=_STEPS, unit="steps")


@contextlib.contextmanager
def translate_errors() -> Iterator[None]:
    """What a full disk or memory comes as -> the engine's error."""
    try:
        yield
    except duckdb.Error as error:
        # Full where it commits or checkpoints, DuckDB has other classes for it, with the same words.
        if not isinstance(error, _NO_ROOM) and not any(sign in str(error) for sign in OUT_OF_SPACE):
            raise
        raise OutOfSpace(f"no room for the import: {error}; {_ROOM}") from error
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise
        raise OutOfSpace(f"no room for the import: {error.strerror}; {_ROOM}") from error


@contextlib.contextmanager
def open_database(folder: Path, resources: Resources) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database to be built, with the staging tables in a second file that does not outlive the import."""
    con = duckdb.connect(
        str(folder / DATABASE),
        config={
            "memory_limit": f"{resources.memory_limit_mb}MB",
            "threads": resources.threads,
            "temp_directory": str(folder / _SPILL),
        },
    )
    try:
        create_staging(con, folder / _STAGING)
        yield con
        con.execute("DROP VIEW IF EXISTS awards")
        con.execute("DETACH staging")
    finally:
        con.close()


def read_files(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[UnpackedFile],
    *,
    scratch: Path | None = None,
    assumed: Generation | None = None,
    encoding: str | None = None,
) -> Generator[Progress, None, tuple[RawFile, ...]]:
    """Stage the rows of all files, yielding the bytes read; returns what each file is. Raises BadFile.

    ``scratch`` is a folder for what readers cannot hold in memory, the system's temporary one by default;
    ``assumed`` is the generation of files without a header, ``encoding`` that of texts without a mark.
    """
    total, before = sum(file.path.stat().st_size for file in files), 0
    raw_files = []
    for number, file in enumerate(files):
        size, read, notes = file.path.stat().st_size, 0, list(file.notes)
        sieve = RowSieve(file.path.name)
        con.begin()  # one transaction a file: a commit per batch would wait for the disk each time
        for raw in _read_ahead(_read(file, scratch, assumed=assumed, encoding=encoding)):
            batch = sieve.sift(raw)
            stage_batch(con, batch, file=number)
            read += batch.read
            notes += batch.notes
            position = before + min(size, batch.position)
            yield Progress(phase="reading", current=position, total=total, unit="bytes")
        con.commit()
        raw_files.append(
            _describe_file(file, number=number, last=batch, read=read, notes=[*notes, *sieve.list_notes()])
        )
        stage_file(con, raw_files[-1])
        before += size
    return tuple(raw_files)


def _read(
    file: UnpackedFile, scratch: Path | None, *, assumed: Generation | None, encoding: str | None
) -> Generator[RawBatch, None, None]:
    with translate_os_errors(file.path):
        if file.kind is Kind.XLSX:
            yield from read_workbook(file.path, scratch, assumed)
        else:
            yield from read_csv(file.path, assumed, scratch=scratch, encoding=encoding)


def _read_ahead(batches: Generator[RawBatch, None, None]) -> Iterator[RawBatch]:
    """The same batches, each read while the one before it is stored."""
    # Parsing and storing take a core each, because DuckDB works outside of Python's lock.
    with contextlib.closing(batches), ThreadPoolExecutor(max_workers=1) as reader:
        upcoming = reader.submit(next, batches, None)
        while (batch := upcoming.result()) is not None:
            upcoming = reader.submit(next, batches, None)
            yield batch


def _describe_file(
    file: UnpackedFile, *, number: int, last: RawBatch, read: int, notes: Sequence[Note]
) -> RawFile:
    # Of the file as it was given: whoever compares the digest has that one, and not what was unpacked.
    with file.origin.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    return RawFile(
        number=number,
        path=file.path,
        sha256=sha256,
        size_bytes=file.origin.stat().st_size,
        generation=last.header.generation,
        read=read,
        notes=tuple(notes),
        decoding=last.decoding,
    )


def _make_manifest(
    con: duckdb.DuckDBPyConnection,
    reports: tuple[SourceReport, ...],
    *,
    version: str,
    created_at: datetime,
    as_of: date,
) -> Manifest:
    rows, total_value = measure_contracts(con, reports)
    [figures] = con.execute(
        f"""SELECT count(*) FILTER (source = '{FLOOD_CONTROL}'),
            coalesce(sum(contract_amount) FILTER (source = '{FLOOD_CONTROL}'), 0),
            min(award_date), max(award_date)
        FROM contracts"""
    ).fetchall()
    flood_rows, flood_value, first_award, last_award = figures
    return Manifest(
        version=version,
        created_at=created_at,
        as_of=as_of,
        rows=rows,
        total_value=total_value,
        flood_rows=flood_rows,
        flood_value=flood_value,
        first_award=first_award,
        last_award=last_award,
        sources=reports,
    )
