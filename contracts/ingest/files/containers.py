"""Files as they are given -> files that the readers know: archives unpacked, workbooks of other formats
converted.

What is packed is bounded as workbooks are (docs/decisions/0018): it unfolds to so many times its size, and
no more.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from contracts.errors import BadFile
from contracts.ingest.files import other_workbooks
from contracts.ingest.files.kinds import Kind, recognise
from contracts.ingest.workbooks.package import SPARE, UNFOLDS, BadWorkbook, open_package
from contracts.snapshot.versions import Note

# Between the name of an archive and that of a file in it; a slash would make folders of it.
SEPARATOR = ":"
# File systems have names of 255 bytes.
MAX_NAME_BYTES = 200
_NESTED = "it is packed within a packed file: unpack it and import the files in it"
_CHUNK = 1 << 20
_TABLES = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
_PACKED = frozenset({".zip", ".gz", ".7z", ".rar", ".xz", ".bz2", ".zst", ".tar", ".tgz"})
# What Macintosh computers put into archives beside the files, under the names of these.
_SYSTEM = "__MACOSX/"


@dataclass(frozen=True)
class UnpackedFile:
    """A file that a reader can read at ``path``, and that is called by the name of ``path``.

    Its size and digest are those of ``origin``; ``notes`` say what else its archive holds, which is not read.
    """

    path: Path
    origin: Path
    kind: Kind
    notes: tuple[Note, ...] = ()


def unpack(path: Path, folder: Path) -> Iterator[UnpackedFile]:
    """The file, or the files in it; what is unpacked or converted lies in ``folder``.

    Raises BadFile for what is no table, no whole archive, or unfolds beyond measure.
    """
    folder.mkdir(parents=True)
    with translate_os_errors(path):
        yield from _unpack(path, folder)


@contextlib.contextmanager
def translate_os_errors(path: Path) -> Iterator[None]:
    """What the system says of a file that cannot be read -> BadFile; a full disk is not the file's fault."""
    try:
        yield
    except OSError as error:
        if error.errno in other_workbooks.FULL_DISK:
            raise
        raise BadFile(path.name, f"it cannot be read: {error.strerror}") from error


def _unpack(path: Path, place: Path) -> Iterator[UnpackedFile]:
    kind = recognise(path)
    if kind is Kind.ZIP:
        yield from _unpack_zip(path, place)
    elif kind is Kind.GZIP:
        yield _unpack_gzip(path, place)
    else:
        yield _convert(path, kind, place)


def _unpack_zip(path: Path, place: Path) -> Iterator[UnpackedFile]:
    inner, left_out = _extract(path, place)
    if not inner:
        held = f"it holds {', '.join(left_out[:10])}" if left_out else "it is empty"
        raise BadFile(path.name, f"there is no table in this archive: {held}")
    for number, file in enumerate(inner):
        kind = recognise(file)
        if kind in (Kind.ZIP, Kind.GZIP):
            raise BadFile(file.name, _NESTED)
        readable = _convert(file, kind, place / f"converted-{number}")
        yield readable if number else replace(readable, notes=tuple(map(_note_left_out, left_out)))


def _note_left_out(name: str) -> Note:
    return Note(
        kind="left_out_file", subject=name, text=f"{name!r} of its archive is no table and is not read"
    )


def _extract(path: Path, place: Path) -> tuple[list[Path], tuple[str, ...]]:
    inner: list[Path] = []
    left_out: list[str] = []
    try:
        with open_package(path) as (package, _):
            for name in package.names:
                if name.endswith("/"):
                    continue
                # By its name alone, because a file in an archive cannot be looked at before it is unpacked.
                suffix = PurePosixPath(name).suffix.lower()
                if suffix in _PACKED:
                    raise BadFile(_name_inner(path, name), _NESTED)
                if suffix not in _TABLES or name.startswith(_SYSTEM):
                    left_out.append(name)
                    continue
                target = place / _name_inner(path, name)
                if target.exists():
                    raise BadFile(path.name, f"two of its files would have the name {target.name!r}")
                _write_chunks(target, package.read_chunks(name))
                inner.append(target)
    except BadWorkbook as fault:
        raise BadFile(
            path.name, f"not a sound zip archive: {fault}; unpack it and import the files in it"
        ) from None
    return inner, tuple(left_out)


def _name_inner(archive: Path, name: str) -> str:
    """``2024.zip`` and ``q1/a.csv`` -> ``2024.zip:q1:a.csv``; the middle of a long name is left out."""
    whole = f"{archive.name}/{name}".replace("\\", "/").replace("\0", "")
    whole = SEPARATOR.join(part for part in whole.split("/") if part)
    encoded = whole.encode("utf-8", "replace")
    if len(encoded) > MAX_NAME_BYTES:
        half = MAX_NAME_BYTES // 2
        encoded = encoded[: half - 3] + b"..." + encoded[-half:]
    return encoded.decode("utf-8", "ignore")


def _unpack_gzip(path: Path, place: Path) -> UnpackedFile:
    target = place / path.name
    try:
        _write_chunks(target, _read_gzip(path))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadFile(path.name, f"not a whole .gz file ({error}): get it from its source again") from None
    kind = recognise(target)
    if kind in (Kind.ZIP, Kind.GZIP):
        raise BadFile(path.name, _NESTED)
    converted = _convert(target, kind, place / "converted")
    return UnpackedFile(converted.path, path, converted.kind)


def _read_gzip(path: Path) -> Iterator[bytes]:
    # Counted while it unfolds: the size that a .gz says at its end is modulo 4 GB, and anybody's to write.
    left = SPARE + UNFOLDS * path.stat().st_size
    with gzip.open(path) as file:
        while chunk := file.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise BadFile(
                    path.name, f"it unfolds to more than {UNFOLDS} times its size, as no table does"
                )
            yield chunk


def _write_chunks(target: Path, chunks: Iterable[bytes]) -> None:
    with target.open("wb") as file:
        file.writelines(chunks)


def _convert(path: Path, kind: Kind, place: Path) -> UnpackedFile:
    if kind is not Kind.OTHER_WORKBOOK:
        return UnpackedFile(path, path, kind)
    _check_unfolding(path)
    place.mkdir(parents=True, exist_ok=True)
    target = place / path.name
    # A process of its own, because memory and time of the library can be bounded from outside only. By path,
    # and not as a module: the child needs nothing of ours, whose imports would take its memory.
    done = subprocess.run(
        [sys.executable, other_workbooks.__file__, str(path), str(target)], capture_output=True, check=False
    )
    if done.returncode == other_workbooks.FULL:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if done.returncode:
        raise BadFile(path.name, _explain(done.returncode, done.stderr.decode("utf-8", "replace")))
    return UnpackedFile(target, path, Kind.XLSX)


def _check_unfolding(path: Path) -> None:
    # Formats that are zip files (.xlsb, .ods): the library unfolds whatever it is given.
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            return
    try:
        with open_package(path) as (package, _):
            package.check_whole()
    except BadWorkbook as fault:
        raise BadFile(path.name, f"not a sound workbook: {fault}; get it from its source again") from None


def _explain(code: int, said: str) -> str:
    advice = "open it in a spreadsheet program and save it as .xlsx"
    if code == other_workbooks.PROTECTED:
        return f"it is protected by a password; {advice}, without the password"
    # Negative: the system has killed it, for its memory or its processor time.
    if code < 0 or code == other_workbooks.TOO_LARGE:
        limits = (
            f"{other_workbooks.MAX_MEMORY >> 30} GB of memory or {other_workbooks.MAX_SECONDS // 60} minutes"
        )
        return f"reading it takes more than {limits}; {advice}, or as .csv"
    reason = f" ({said.strip()[:200]})" if code == other_workbooks.UNREADABLE else ""
    return f"not a sound workbook{reason}; {advice}, or get it from its source again"
