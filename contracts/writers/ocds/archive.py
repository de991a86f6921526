"""Processes -> a ZIP archive with a file for each year: JSON Lines, each line a release package, gzip."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import pyarrow as pa
from isal import igzip

from contracts.progress import Progress
from contracts.writers.ocds.release import LOCATION, Publication, Row, compile_release
from contracts.writers.outfile import Blocks, open_whole, write_behind

# Of a line some 150 KB: what a reader holds at a time.
PACKAGE_RELEASES = 100
# Namespace of the ids of packages; any fixed one does.
_PACKAGES = uuid.UUID("8a3a6a44-6c5b-5b0e-9a35-5f0f6b8f2f57")
_KEY = attrgetter("year", "process")


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """What an archive holds."""

    releases: int
    files: int


Compiling = Generator[Progress, None, Compiled]


def write_ocds(
    batches: pa.RecordBatchReader, path: Path, *, total_rows: int, publication: Publication
) -> Compiling:
    """Write the contracts of ``batches``, sorted by year and process, to ``path``; yields rows done of
    ``total_rows``. Their columns are those of ``Row``.

    Equal rows of a dataset version give equal bytes. Errors and early closing: as ``write_csv``.
    """
    assert tuple(batches.schema.names) == Row._fields
    with open_whole(path) as file, ZipFile(file, "w", ZIP_STORED) as archive, _Years(archive) as years:
        processes = _Processes(publication)
        pieces = ((rows, partial(years.write, done)) for rows, done in processes.compile(batches))
        yield from write_behind(pieces, total_rows=total_rows)
    return Compiled(releases=processes.count, files=years.count)


Line = tuple[int | None, str]
"""A year, and a line of its file."""


class _Processes:
    """Puts rows together to releases, and releases to lines."""

    def __init__(self, publication: Publication) -> None:
        self.count = 0
        self._publication = publication
        self._rows: list[Row] = []
        self._releases: list[str] = []
        self._packages = 0

    def compile(self, batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, Sequence[Line]]]:
        """For each batch its rows and the lines that are complete by it; the last has no rows."""
        for batch in batches:
            rows = [
                Row(*values) for values in zip(*(column.to_pylist() for column in batch.columns), strict=True)
            ]
            yield len(rows), list(self._add(rows))
        yield 0, list(self._end_process(last=True))

    def _add(self, rows: Iterable[Row]) -> Iterator[Line]:
        for _, group in groupby(rows, _KEY):
            more = list(group)
            # A process may go on in the next batch.
            if self._rows and _KEY(self._rows[0]) != _KEY(more[0]):
                yield from self._end_process(last=self._rows[0].year != more[0].year)
            self._rows += more

    def _end_process(self, *, last: bool) -> Iterator[Line]:
        """The line that is full; with ``last`` also one that is not, because its file ends."""
        if self._rows:
            year = self._rows[0].year
            self._releases.append(compile_release(self._rows, self._publication))
            self._rows = []
            self.count += 1
            if last or len(self._releases) == PACKAGE_RELEASES:
                yield year, self._pack()

    def _pack(self) -> str:
        self._packages += 1
        of = self._publication
        head = {
            "uri": uuid.uuid5(_PACKAGES, f"{of.prefix} {of.version} {of.name} {self._packages}").urn,
            "version": "1.1",
            "extensions": [LOCATION],
            "publishedDate": of.published,
            "publisher": {"name": of.publisher},
        }
        # Releases are text already, and are not read again to be written.
        begun = json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1]
        line = f'{begun},"releases":[{",".join(self._releases)}]}}\n'
        self._releases = []
        return line


class _Years:
    """The files of an archive, one after the other."""

    def __init__(self, archive: ZipFile) -> None:
        self.count = 0
        self._archive = archive
        self._open = ExitStack()
        self._year: int | None = None
        self._write: Callable[[bytes], object] = lambda _: None

    def __enter__(self) -> _Years:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def write(self, lines: Sequence[Line]) -> None:
        for year, line in lines:
            if not self.count or year != self._year:
                self._open.close()
                self._write = self._open.enter_context(_open_year(self._archive, year))
                self._year = year
                self.count += 1
            self._write(line.encode())


@contextmanager
def _open_year(archive: ZipFile, year: int | None) -> Iterator[Callable[[bytes], object]]:
    # Its time is always 1980, and gzip gets none, so that equal rows give equal bytes.
    info = ZipInfo(f"{year or 'undated'}.jsonl.gz")
    with (
        archive.open(info, "w", force_zip64=True) as member,
        igzip.GzipFile(filename="", mode="wb", compresslevel=1, fileobj=member, mtime=0) as packed,  # type: ignore[no-untyped-call]
    ):
        blocks = Blocks(packed.write)
        yield blocks.append
        blocks.flush()
