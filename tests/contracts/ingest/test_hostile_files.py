"""Files from outside that are to starve or stop an import: refused in seconds, in little memory, in words
that name the place and say what to do."""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import BadFile
from contracts.ingest.text import csv_files
from contracts.ingest.workbooks import texts as workbook_texts
from contracts.ingest.workbooks.xlsx_files import read_workbook
from tests.contracts.ingest.hostile import (
    RELATIONS,
    SHARED,
    SHEET,
    STORED,
    STYLES,
    WORKBOOK,
    Member,
    award_row,
    header_row,
    number_cell,
    parts,
    relations_xml,
    sheet_xml,
    unfold,
    unfolding_shared,
    unfolding_sheet,
    with_row,
    with_shared,
    workbook_xml,
    write_package,
)
from tests.contracts.ingest.importing_child import WITHIN_MB, WITHIN_S, ImportingChild
from tests.contracts.ingest.raw_files import (
    S3,
    import_all,
    make_shared_row,
    read_contracts,
    read_source,
    write_s3,
)

MB, GB = 1 << 20, 1 << 30
LARGEST = 4 * GB - 2 * MB
"""The largest part that a zip file without the extension for more can claim."""
ADVICE = "get it from its source again"
DATE_STYLE = b'<styleSheet xmlns="x"><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>'

Make = Callable[[], Mapping[str, bytes | Member]]


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImportingChild]:
    importing = ImportingChild(tmp_path_factory.mktemp("hostile") / "data")
    yield importing
    importing.close()


def refuse(child: ImportingChild, file: Path, *words: str) -> None:
    """Import ``file``, which must be refused by its name and in these words, and leave nothing."""
    outcome = child.try_import(file)
    assert outcome.code == "bad-file", outcome
    for word in (file.name, *words):
        assert word in outcome.text
    assert len(outcome.text) < 1000
    assert outcome.seconds < WITHIN_S
    assert outcome.peak_mb < WITHIN_MB
    assert set(child.root.rglob("*")) <= {child.root / "versions"}


def say_row(number: int, cells: str) -> str:
    return f'<row r="{number}">{cells}</row>'


def style_part(formats: str) -> bytes:
    return f'<styleSheet xmlns="x"><numFmts>{formats}</numFmts><cellXfs/></styleSheet>'.encode()


def entity_bomb() -> str:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE workbook [<!ENTITY l0 "lol">{levels}]>'


def repeating_texts() -> Mapping[str, bytes | Member]:
    """One long text that is in every cell of 100,000 rows: 46 MB of them would be 4 TB."""
    row = make_shared_row(9, [0] * len(S3)).replace('<row r="9">', "<row>")
    head = sheet_xml(header_row()).removesuffix(b"</sheetData></worksheet>")
    return parts(
        shared=f'<sst xmlns="x"><si><t>{"x" * 150_000}</t></si></sst>'.encode(),
        sheet=unfold(head, row.encode(), b"</sheetData></worksheet>", size=100 * MB, junk=3 * MB),
    )


HOSTILE: dict[str, tuple[Make, tuple[str, ...]]] = {
    # What unfolds beyond measure.
    "shared texts of 4 GB": (
        lambda: unfolding_shared("<si><t>none of your business</t></si>", size=LARGEST),
        (SHARED, "larger than 2,147,483,648 bytes", ADVICE),
    ),
    "shared texts of 1 GB": (
        lambda: unfolding_shared("<si><t>none of your business</t></si>", size=GB),
        (SHARED, "250 times", ADVICE),
    ),
    "one shared text without end": (
        lambda: unfolding_shared("x" * 1000, size=2 * GB, junk=17 * MB),
        (SHARED, "longer than 8,388,608 bytes"),
    ),
    "a shared text of 2 MB": (lambda: with_shared(f"<si><t>{'x' * 2 * MB}</t></si>"), ("1,048,576 bytes",)),
    "a sheet of 4 GB of empty rows": (
        lambda: unfolding_sheet("<row></row>", size=LARGEST),
        ("sheet 'Awards'", SHEET, "250 times"),
    ),
    "a sheet of 4 GB of empty rows beside junk": (
        lambda: unfolding_sheet("<row/>", size=LARGEST, junk=17 * MB),
        ("sheet 'Awards'", "after row 1048576", "no more than 1,048,576 rows"),
    ),
    "a sheet of 4 GB of blanks": (
        lambda: unfolding_sheet(" " * 1000, size=LARGEST, junk=17 * MB),
        ("sheet 'Awards'", "after row 1", "longer than 8,388,608 bytes"),
    ),
    "a row without end": (
        lambda: unfolding_sheet("<row>", size=LARGEST, junk=17 * MB),
        ("sheet 'Awards'", "after row 1", "longer than 8,388,608 bytes"),
    ),
    "a long text in every cell": (repeating_texts, ("sheet 'Awards'", "20 times")),
    "60 MB of elements in the list of sheets": (
        lambda: parts(workbook=workbook_xml("Awards", more="<a/>" * 15_000_000)),
        (WORKBOOK, "more elements"),
    ),
    "2,000 elements within each other": (
        lambda: parts(workbook=workbook_xml("Awards", more="<a>" * 2000)),
        (WORKBOOK, "more elements"),
    ),
    "200,000 sheets": (
        lambda: parts(workbook=workbook_xml(*["Awards"] * 200_000)),
        (WORKBOOK, "more elements"),
    ),
    "2,000 sheets": (
        lambda: parts(
            workbook=workbook_xml(*["Awards"] * 2000),
            relations=relations_xml(*["worksheets/sheet1.xml"] * 2000),
        ),
        ("1,000 sheets",),
    ),
    "two sheets that are one part": (
        lambda: parts(
            workbook=workbook_xml("Awards", "More"),
            relations=relations_xml(*["worksheets/sheet1.xml"] * 2),
        ),
        ("one and the same part",),
    ),
    "200,000 relations": (
        lambda: parts(
            relations=relations_xml("worksheets/sheet1.xml", more='<Relationship Id="a"/>' * 200_000)
        ),
        (RELATIONS, "more elements"),
    ),
    "200,000 formats": (
        lambda: parts(styles=style_part('<numFmt numFmtId="1" formatCode="d"/>' * 200_000)),
        (STYLES, "more elements"),
    ),
    "a list of sheets of 70 MB": (
        lambda: parts(workbook=workbook_xml("Awards", more=" " * 70_000_000)),
        (WORKBOOK, "larger than"),
    ),
    "an attribute of 60 MB": (
        lambda: parts(workbook=workbook_xml("x" * 60_000_000)),
        (WORKBOOK, "a tag or text of more than"),
    ),
    "entities of entities": (
        lambda: parts(workbook=workbook_xml("&l9;", above=entity_bomb())),
        (WORKBOOK, "DOCTYPE"),
    ),
    "entities of files": (
        lambda: parts(
            workbook=workbook_xml("&f;", above='<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>')
        ),
        (WORKBOOK, "DOCTYPE"),
    ),
    "entities in a sheet": (
        lambda: parts(sheet=b'<!DOCTYPE a [<!ENTITY b "b">]>' + sheet_xml(header_row() + award_row())),
        ("sheet 'Awards'", SHEET),
    ),
    # Zip files that lie.
    "parts that overlap": (
        lambda: {name: Member(data=b"", size=100, claimed=10**6) for name in parts()},
        ("overlap",),
    ),
    "a part that is larger than it claims": (
        lambda: parts(sheet=Member(data=Member.pack(sheet_xml(header_row())).data, size=100)),
        ("sheet 'Awards'", SHEET, "damaged"),
    ),
    "a part that is smaller than it claims": (
        lambda: parts(sheet=Member(data=Member.pack(sheet_xml(header_row())).data, size=10**6)),
        ("sheet 'Awards'", SHEET, "damaged"),
    ),
    "a part under a password": (
        lambda: parts(sheet=Member(data=bytes(5000), size=5000, flags=1, method=STORED)),
        ("sheet 'Awards'", "password"),
    ),
    "a part that is packed otherwise": (
        lambda: parts(sheet=Member(data=bytes(5000), size=5000, method=zipfile.ZIP_LZMA)),
        ("sheet 'Awards'", SHEET, "packed"),
    ),
    "30,000 parts": (
        lambda: {f"part-{n:095}": Member(data=b"", size=0, method=STORED) for n in range(30_000)},
        ("table of contents",),
    ),
    "no list of sheets": (
        lambda: {SHEET: sheet_xml(header_row())},
        (WORKBOOK, "missing"),
    ),
    "no sheet": (
        lambda: parts(relations=relations_xml("worksheets/sheet7.xml")),
        ("sheet 'Awards'", "sheet7.xml", "missing"),
    ),
    # Cells that no sheet has.
    "a number of a billion digits": (
        lambda: with_row(number_cell("1E999999999")),
        ("sheet 'Awards'", "cell A2", "1E999999999", ADVICE),
    ),
    "a number of a billion decimals": (
        lambda: with_row(number_cell("1E-300000000")),
        ("sheet 'Awards'", "cell A2", "1E-300000000"),
    ),
    "a number with an exponent of 5,000 digits": (
        lambda: with_row(number_cell(f"1e{'9' * 5000}")),
        ("cell A2", "1e999"),
    ),
    "a number of 5,000 digits": (lambda: with_row(number_cell("9" * 5000)), ("cell A2", "9999")),
    "a date that is a number of a billion digits": (
        lambda: {**with_row(number_cell("1E999999999", 'r="A2" s="0"')), STYLES: DATE_STYLE},
        ("cell A2",),
    ),
    "a reference beyond all columns": (
        lambda: with_row(number_cell("1", 'r="ZZZZZZ3"')),
        ("sheet 'Awards'", "cell ZZZZZZ3"),
    ),
    "a reference beyond the last column": (
        lambda: with_row(number_cell("1", 'r="XFE2"')),
        ("sheet 'Awards'", "column XFE"),
    ),
    "a cell that stands twice": (
        lambda: with_row(number_cell("1") + number_cell("2")),
        ("sheet 'Awards'", "cell A2", "twice"),
    ),
    "a style that is no number": (
        lambda: with_row(number_cell("1", 'r="B2" s="abc"')),
        ("sheet 'Awards'", "cell B2", "'abc'"),
    ),
    "a shared text with a negative number": (
        lambda: with_row(number_cell("-1", 'r="A2" t="s"')),
        ("sheet 'Awards'", "cell A2", "shared text"),
    ),
    "a row number of 70 bits": (
        lambda: with_row(number_cell("1", ""), row=f'<row r="{2**70}">'),
        ("sheet 'Awards'", "after row 1", str(2**70)),
    ),
    "a row number of 5,000 digits": (
        lambda: with_row(number_cell("1", ""), row=f'<row r="{"9" * 5000}">'),
        ("sheet 'Awards'", "after row 1", "9999"),
    ),
    "rows that go back": (
        lambda: parts(sheet=sheet_xml(header_row() + say_row(3, "") + say_row(2, ""))),
        ("sheet 'Awards'", "row 2 comes after row 3"),
    ),
    "17,000 columns": (
        lambda: with_row("<c/>" * 17_000),
        ("sheet 'Awards'", "row 2", "16,384"),
    ),
    # What begins again and again, and does not end.
    "endless pronunciations": (
        lambda: with_shared(f"<si><t>a</t>{'<rPh ' * 24_000}</si>"),
        ("pronunciation",),
    ),
    "pronunciations without end": (
        lambda: with_shared(f"<si><t>a</t>{'<rPh>' * 1_500_000}</si>"),
        ("pronunciation",),
    ),
    "endless texts": (lambda: with_shared(f"<si>{'<t ' * 40_000}</si>"), ("a text does not end",)),
    "texts without end": (lambda: with_shared(f"<si>{'<t>' * 2_500_000}</si>"), ("a text does not end",)),
    "endless cells": (
        lambda: with_row("<c " * 16_000),
        ("sheet 'Awards'", "row 2", "a cell that does not end"),
    ),
    "cells without end": (
        lambda: with_row("<c>" * 16_000),
        ("sheet 'Awards'", "row 2", "a cell that does not end"),
    ),
    "cells within a cell": (
        lambda: with_row(f"{'<c>' * 16_000}</c>"),
        ("sheet 'Awards'", "row 2", "a cell that does not end"),
    ),
    "two million cells": (lambda: with_row("<c>" * 2_000_000), ("sheet 'Awards'", "row 2", "16,384")),
    "comments": (lambda: with_row("<!-- -->"), ("sheet 'Awards'", SHEET, "comment")),
    "something else than rows": (
        lambda: parts(sheet=sheet_xml(f"{header_row()}<col/>{say_row(2, '')}")),
        ("sheet 'Awards'", "after row 1", "<col/>"),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_refused(child: ImportingChild, tmp_path: Path, name: str) -> None:
    make, words = HOSTILE[name]
    refuse(child, write_package(tmp_path / "raw.xlsx", make()), *words)


PIECES = [
    *(
        b"<",
        b">",
        b"/>",
        b"</",
        b"<row",
        b"<row>",
        b"</row>",
        b"<c ",
        b"<c>",
        b"</c>",
        b"<v>",
        b"</v>",
        b"<f>",
    ),
    *(
        b"<is>",
        b"<t>",
        b"</t>",
        b"<si>",
        b"</si>",
        b"<rPh",
        b"<!--",
        b"<![CDATA[",
        b"&",
        b"&#x",
        b";",
        b"_x0000_",
    ),
    *(
        b'"',
        b" r=",
        b't="s"',
        b's="1"',
        b"-",
        b"E",
        b"9" * 20,
        b"\x00",
        b"\xff",
        b"PK\1\2",
        b"PK\5\6",
        b"\xff" * 4,
    ),
]
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from([b"", *PIECES])), min_size=1, max_size=4
)


def edit(content: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """``content`` with pieces of it cut out and others put in their places."""
    for where, cut, piece in edits:
        at = int(where * len(content))
        content = content[:at] + piece + content[at + cut :]
    return content


def rich_parts() -> dict[str, bytes | Member]:
    """A workbook with a cell of every kind."""
    texts = '<si><t>a</t></si><si/><si><r><t>b &amp; c</t></r><rPh sb="0"><t>d</t></rPh></si>'
    cells = '<c r="A9"><f>1+1</f><v>2</v></c><c r="B9" s="0"><v>1.5E3</v></c><c r="D9"><f>A1</f></c>'
    rows = header_row() + award_row() + make_shared_row(3, [0, 1, 2]) + say_row(9, cells)
    return with_shared(texts) | {SHEET: sheet_xml(rows), STYLES: DATE_STYLE}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([None, *parts()]), EDITS)
def test_a_workbook_that_was_tampered_with_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, part: str | None, edits: list[tuple[float, int, bytes]]
) -> None:
    members = rich_parts()
    file = tmp_path_factory.mktemp("tampered") / "raw.xlsx"
    if part is not None:
        content = members[part]
        assert isinstance(content, bytes)
        members[part] = edit(content, edits)
    write_package(file, members)
    if part is None:
        file.write_bytes(edit(file.read_bytes(), edits))
    with contextlib.suppress(BadFile):
        for _ in read_workbook(file):
            pass


@pytest.mark.parametrize("limit", ["MAX_SHARED_TEXTS", "MAX_SHARED_BYTES"])
def test_shared_texts_beyond_what_a_sheet_can_hold_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    file = write_package(tmp_path / "raw.xlsx", with_shared("<si><t>1234567</t></si>" * 100))
    monkeypatch.setattr(workbook_texts, limit, 100 if limit == "MAX_SHARED_TEXTS" else 700)
    assert [batch.read for batch in read_workbook(file)] == [0, 1]
    monkeypatch.setattr(workbook_texts, limit, 99)
    with pytest.raises(BadFile, match="its shared texts are more than"):
        list(read_workbook(file))


def write_lines(file: Path, *pieces: bytes) -> None:
    """A CSV file with a sound header and one award, and after them these pieces."""
    write_s3(file, {})
    with file.open("ab") as out:
        out.writelines(pieces)


def write_one_line_of_4_gb(file: Path) -> None:
    write_lines(file, b"x")
    os.truncate(file, 4 * GB)


HOSTILE_TEXT: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "a line of 4 GB": (write_one_line_of_4_gb, ("line 3", "8,388,608 bytes")),
    "a quote that is closed after 60 MB": (
        lambda file: write_lines(
            file, b'"', b"this is a line of no table, and long enough\n" * 1_400_000, b'"\n'
        ),
        ("line 3", "never closed", "get the file again"),
    ),
    "a quote that is closed after 60 MB, above the header": (
        lambda file: file.write_bytes(
            b'"' + b"this is a line of no table, and long enough\n" * 1_400_000 + b'"\n'
        ),
        ("not a table",),
    ),
    "30 MB of line breaks": (
        lambda file: write_lines(file, b"\n" * 30 * MB),
        ("1,048,576 empty lines in a megabyte",),
    ),
    "a quarter of a million rows of one cell": (
        lambda file: write_lines(file, b"this is a line of no table, and long enough\n" * 250_000),
        ("most records up to", "header in record 1"),
    ),
    "a header of eight million cells": (
        lambda file: file.write_bytes((b"," * 8_000_000 + b"\n") * 2),
        ("no known header",),
    ),
}


@pytest.mark.parametrize("name", HOSTILE_TEXT)
def test_a_hostile_text_file_is_refused(child: ImportingChild, tmp_path: Path, name: str) -> None:
    write, words = HOSTILE_TEXT[name]
    file = tmp_path / "raw.csv"
    write(file)
    refuse(child, file, *words)


def test_many_ragged_rows_among_more_sound_ones_are_only_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "MAX_RAGGED", 10)
    file = write_s3(tmp_path / "raw.csv", *[{"Award No.": str(number)} for number in range(100)])
    with file.open("a", encoding="utf-8") as out:
        out.write("x,y\n" * 90)
    source = read_source(import_all(tmp_path / "data", file))
    assert (source.imported, source.rejected_by_reason) == (100, {"ragged_row": 90})


def test_a_text_with_zero_bytes_is_read_without_them(tmp_path: Path) -> None:
    file = write_s3(tmp_path / "raw.csv", {"Award Title": "Repair\x00 of road", "Notice Title": "\x00"})
    [contract] = read_contracts(import_all(tmp_path / "data", file))
    assert (contract["award_title"], contract["notice_title"]) == ("Repair of road", None)
