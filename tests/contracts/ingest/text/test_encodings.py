"""Text files of other encodings than UTF-8: what is read, and what is said about it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from contracts.errors import BadFile
from contracts.ingest.tables.batches import Decoding
from contracts.ingest.text.csv_files import read_csv
from tests.contracts.ingest.raw_files import S3, make_rows, write_s3

NAMES = ["CITY OF PEÑABLANCA", "Niño's “Bakery” – ½"]


def read_names(file: Path, *, encoding: str | None = None) -> tuple[list[str], Decoding | None]:
    """The procuring entities of an S3 file, and how its bytes were read."""
    batches = list(read_csv(file, encoding=encoding, scratch=file.parent))
    return [name for batch in batches for name in batch.columns[0].to_pylist()], batches[0].decoding


def write_names(path: Path, names: Iterable[str], *, encoding: str) -> Path:
    return write_s3(path, *({"Procuring Entity": name} for name in names), encoding=encoding)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "windows-1252"),
    ],
)
def test_the_encoding_of_a_file_is_found_and_said(tmp_path: Path, written: str, said: str) -> None:
    file = write_names(tmp_path / "raw.csv", NAMES, encoding=written)
    assert read_names(file) == (NAMES, Decoding(encoding=said))
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_of_utf_16_with_a_mark_of_the_other_order_is_read_by_its_mark(tmp_path: Path) -> None:
    file = write_names(tmp_path / "raw.csv", NAMES, encoding="utf-16-be")
    file.write_bytes(b"\xfe\xff" + file.read_bytes())
    assert read_names(file, encoding="cp850") == (NAMES, Decoding(encoding="utf-16-be"))


def test_an_encoding_given_by_hand_holds(tmp_path: Path) -> None:
    """0xA5 is ¥ in Windows-1252 and Ñ in the code pages of DOS: nothing in the file tells."""
    file = write_names(tmp_path / "raw.csv", ["CITY OF PEÑABLANCA"], encoding="cp850")
    assert read_names(file)[0] == ["CITY OF PE¥ABLANCA"]
    assert read_names(file, encoding="cp850") == (["CITY OF PEÑABLANCA"], Decoding(encoding="cp850"))


@pytest.mark.parametrize(
    ("rows", "names", "decoding"),
    [
        # Mostly UTF-8, within one line too.
        (
            ["PEÑA".encode(), "Ñ-Ñ-₱ ".encode() + b"\xd1 \x96"],
            ["PEÑA", "Ñ-Ñ-₱ Ñ –"],
            Decoding(encoding="utf-8", mixed=2),
        ),
        # Mostly Windows-1252. 0xC9AE would be ɮ in UTF-8.
        (
            ["PEÑA".encode(), b"\xd1\xd1", b"CAF\xc9\xae \xd1 "],
            ["PEÑA", "ÑÑ", "CAFÉ® Ñ"],
            Decoding(encoding="windows-1252", mixed=1),
        ),
        # What is no character in either.
        ([b"PE\x81A \xd1"], ["PE\ufffdA Ñ"], Decoding(encoding="windows-1252", replaced=1)),
    ],
)
def test_a_file_of_two_encodings_is_read_character_by_character(
    tmp_path: Path, rows: list[bytes], names: list[str], decoding: Decoding
) -> None:
    lines = [",".join(row).encode() for row in make_rows(S3, [{"Procuring Entity": "?"}] * len(rows))]
    file = tmp_path / "raw.csv"
    cells = [line.replace(b"?", name, 1) for line, name in zip(lines, rows, strict=True)]
    file.write_bytes(b"\r\n".join([",".join(S3).encode(), *cells]))
    found, said = read_names(file)
    assert ([name.strip() for name in found], said) == (names, decoding)


def test_a_character_that_is_cut_off_costs_itself(tmp_path: Path) -> None:
    file = write_names(tmp_path / "raw.csv", NAMES, encoding="utf-8")
    file.write_bytes(file.read_bytes() + "Ñ".encode()[:1])
    assert read_names(file) == (NAMES, Decoding(encoding="utf-8", mixed=1))


def test_half_a_character_of_utf_16_is_counted(tmp_path: Path) -> None:
    file = write_names(tmp_path / "raw.csv", NAMES, encoding="utf-16")
    file.write_bytes(file.read_bytes() + b"x")
    assert read_names(file) == (NAMES, Decoding(encoding="utf-16-le", replaced=1))


def test_lines_that_end_with_a_return_alone_are_lines(tmp_path: Path) -> None:
    file = write_names(tmp_path / "raw.csv", NAMES, encoding="cp1252")
    file.write_bytes(file.read_bytes().replace(b"\r\n", b"\r"))
    assert read_names(file) == (NAMES, Decoding(encoding="windows-1252"))


def test_a_fault_beyond_the_decoding_is_named_by_the_name_and_line_of_the_file(tmp_path: Path) -> None:
    file = write_names(tmp_path / "raw.csv", ["PEÑA", "x" * 10_000_000], encoding="utf-16")
    with pytest.raises(BadFile, match=r"raw\.csv, line 3: a line of more than"):
        read_names(file)
