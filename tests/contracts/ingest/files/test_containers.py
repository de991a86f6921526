"""Archives, packed files and workbooks of other formats: what they hold is read as if it had been given."""

from __future__ import annotations

import gzip
import hashlib
import struct
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from contracts.errors import BadFile
from contracts.ingest.files import containers
from contracts.ingest.files.containers import UnpackedFile, unpack
from contracts.ingest.files.kinds import Kind
from contracts.ingest.tables.batches import DATE_CELL
from contracts.ingest.text.csv_files import read_csv
from contracts.ingest.workbooks import package
from contracts.ingest.workbooks.xlsx_files import read_workbook
from tests.contracts.ingest.other_workbooks import (
    Value,
    write_compound,
    write_ods,
    write_xls,
    write_xlsb,
)
from tests.contracts.ingest.raw_files import (
    FLOOD,
    FLOOD_AWARD,
    S3,
    import_all,
    make_rows,
    read_contracts,
    write_flood,
    write_s3,
    write_xlsx,
)

MB = 1 << 20


def unpack_all(*files: Path) -> list[UnpackedFile]:
    folder = files[0].parent / f"unpacked-{len(list(files[0].parent.iterdir()))}"
    return [given for number, file in enumerate(files) for given in unpack(file, folder / str(number))]


def read_rows(given: UnpackedFile) -> list[tuple[str, ...]]:
    """The cells of all rows."""
    batches = read_csv(given.path) if given.kind is Kind.TEXT else read_workbook(given.path)
    return [
        row
        for batch in batches
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    ]


def write_zip(path: Path, members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def make_csv(folder: Path, *rows: dict[str, str]) -> bytes:
    return write_flood(folder / "made.csv", *rows).read_bytes()


def test_files_of_an_archive_are_files_of_their_own(tmp_path: Path) -> None:
    other = write_s3(tmp_path / "2.csv", {"Procuring Entity": "CITY OF PEÑABLANCA"}, encoding="cp1252")
    book = write_xlsx(tmp_path / "3.xlsx", [S3, *make_rows(S3, [{"Bid Reference No.": "3"}])])
    (tmp_path / "given").mkdir()
    file = write_zip(
        tmp_path / "given" / "all.zip",
        {
            "1.csv": make_csv(tmp_path, {}),
            "years/2.csv": other.read_bytes(),
            "years/3.xlsx": book.read_bytes(),
        },
    )
    snapshot = import_all(tmp_path / "data", file)
    sources = snapshot.manifest().sources
    assert [(source.file, source.imported, source.encoding) for source in sources] == [
        ("all.zip:1.csv", 1, "utf-8"),
        ("all.zip:years:2.csv", 1, "windows-1252"),
        ("all.zip:years:3.xlsx", 1, None),
    ]
    assert sources[1].sha256 == hashlib.sha256(other.read_bytes()).hexdigest()
    assert {contract["source_file"] for contract in read_contracts(snapshot)} == {
        source.file for source in sources
    }
    assert not list(snapshot.path.glob("unpacked*"))


def test_what_is_no_table_in_an_archive_is_left_out_by_name(tmp_path: Path) -> None:
    content = make_csv(tmp_path, {})
    file = write_zip(
        tmp_path / "all.zip", {"a.csv": content, "read me.pdf": b"%PDF", "__MACOSX/._a.csv": b"\0"}
    )
    [given] = unpack_all(file)
    assert given.path.name == "all.zip:a.csv"
    assert [note.subject for note in given.notes] == ["read me.pdf", "__MACOSX/._a.csv"]


def test_names_in_an_archive_lead_nowhere_else(tmp_path: Path) -> None:
    content = make_csv(tmp_path, {})
    names = ["../../out.csv", "/etc/out.csv", f"{'Ñ' * 400}.csv"]
    [*given] = unpack_all(write_zip(tmp_path / "all.zip", dict.fromkeys(names, content)))
    assert len({one.path.parent for one in given}) == 1
    assert [read_rows(one) for one in given] == [read_rows(given[0])] * 3


def test_a_packed_file_is_read_under_its_name(tmp_path: Path) -> None:
    file = tmp_path / "2021.csv.gz"
    file.write_bytes(gzip.compress(make_csv(tmp_path, {}, {"contract_amount": "7.00"})))
    [given] = unpack_all(file)
    assert (given.path.name, given.origin, len(read_rows(given))) == ("2021.csv.gz", file, 2)


def test_a_file_is_read_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    book = write_xlsx(tmp_path / "book.csv", [FLOOD, *make_rows(FLOOD, [{}], given=FLOOD_AWARD)])
    text = write_flood(tmp_path / "text.xls", {})
    macros = write_xlsx(tmp_path / "macros.xlsm", [FLOOD, *make_rows(FLOOD, [{}], given=FLOOD_AWARD)])
    kinds = [(given.path, given.kind) for given in unpack_all(book, text, macros)]
    assert kinds == [(book, Kind.XLSX), (text, Kind.TEXT), (macros, Kind.XLSX)]


@pytest.mark.parametrize(
    ("write", "suffix"), [(write_xls, ".xls"), (write_xlsb, ".xlsb"), (write_ods, ".ods")]
)
def test_workbooks_of_other_formats_mean_the_same(
    tmp_path: Path, write: Callable[[Path, list[list[Value]]], Path], suffix: str
) -> None:
    award: list[Value] = [
        date(2024, 11, 21),
        "21E00050",
        "a & b_x000D_ <Ñ>",
        "",
        "ACME",
        7.0,
        0.1,
        1e20,
        50000.25,
    ]
    file = write(tmp_path / f"raw{suffix}", [["about"], [*FLOOD], award])
    [given] = unpack_all(file)
    [row] = read_rows(given)
    assert row == (
        f"{DATE_CELL}2024-11-21",
        *("21E00050", "a & b_x000D_ <Ñ>", "", "ACME", "7", "0.1", "100000000000000000000", "50000.25"),
    )
    assert (given.path.name, given.origin) == (file.name, file)


def refuse(file: Path, *words: str) -> None:
    with pytest.raises(BadFile) as caught:
        unpack_all(file)
    for word in words:
        assert word in str(caught.value)


def test_archives_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    content = make_csv(tmp_path, {})
    whole = write_zip(tmp_path / "whole.zip", {"a.csv": content * 50}).read_bytes()
    packed = gzip.compress(content * 50)
    (tmp_path / "cut.zip").write_bytes(whole[:200])
    (tmp_path / "cut.csv.gz").write_bytes(packed[:-20])
    (tmp_path / "bad.csv.gz").write_bytes(packed[:20] + b"\xff" * 20 + packed[40:])
    (tmp_path / "twice.csv.gz").write_bytes(gzip.compress(packed))
    refuse(tmp_path / "cut.zip", "cut.zip", "not a sound zip archive", "unpack it")
    refuse(tmp_path / "cut.csv.gz", "not a whole .gz file", "get it from its source again")
    refuse(tmp_path / "bad.csv.gz", "not a whole .gz file")
    refuse(tmp_path / "twice.csv.gz", "twice.csv.gz", "unpack it")
    refuse(write_zip(tmp_path / "nested.zip", {"b/in.zip": whole}), "nested.zip:b:in.zip", "unpack it")
    refuse(write_zip(tmp_path / "false.zip", {"in.csv": whole}), "false.zip:in.csv", "unpack it")
    refuse(write_zip(tmp_path / "none.zip", {"a.pdf": b"%PDF"}), "no table", "a.pdf")
    refuse(write_zip(tmp_path / "empty.zip", {}), "it is empty")
    refuse(write_zip(tmp_path / "same.zip", {"a/b.csv": content, "a//b.csv": content}), "same.zip:a:b.csv")
    refuse(
        write_zip(tmp_path / "lzma.zip", {"a.csv": content}, method=zipfile.ZIP_LZMA), "a.csv", "unpack it"
    )


def test_archives_that_unfold_beyond_measure_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zeros are packed to a thousandth. Below 64 MB nobody would mind."""
    monkeypatch.setattr(containers, "SPARE", MB)
    monkeypatch.setattr(package, "SPARE", MB)
    bomb = tmp_path / "bomb.csv.gz"
    bomb.write_bytes(gzip.compress(bytes(10 * MB)))
    refuse(bomb, "unfolds to more than 250 times its size")
    zipped = write_zip(tmp_path / "bomb.zip", {"a.csv": bytes(10 * MB)})
    refuse(zipped, "'a.csv'", "unfolds to more than 250 times its size")
    binary = write_zip(tmp_path / "bomb.xlsb", {"xl/workbook.bin": bytes(10 * MB)})
    refuse(binary, "unfolds to more than 250 times its size")


def test_workbooks_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    damaged = write_xls(tmp_path / "raw.xls", [["a"]])
    damaged.write_bytes(damaged.read_bytes()[:1000])
    refuse(damaged, "raw.xls", "not a sound workbook", "save it as .xlsx")
    refuse(write_zip(tmp_path / "raw.xlsb", {"xl/workbook.bin": b"\xff" * 9}), "not a sound workbook")


def test_a_workbook_that_would_take_all_memory_is_refused(tmp_path: Path) -> None:
    """Two cells, in the first and in the last place of a sheet: the library fills all places between them."""
    first = write_xlsb(tmp_path / "raw.xlsb", [["a"]])
    with zipfile.ZipFile(first) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.bin"]
    last = bytes([0, 17]) + struct.pack("<IIHBBB", MB - 1, 0, 300, 0, 0, 0) + bytes(4)
    cell = bytes([5, 16]) + struct.pack("<IId", 16_383, 0, 1.0)
    members["xl/worksheets/sheet1.bin"] = sheet[:-3] + last + cell + sheet[-3:]
    refuse(write_zip(first, members), "more than 2 GB of memory", "save it as .xlsx")


def test_a_compound_file_with_a_password_is_called_that(tmp_path: Path) -> None:
    refuse(
        write_compound(tmp_path / "raw.xlsx", "EncryptedPackage", b""), "protected by a password", "without"
    )
