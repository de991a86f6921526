from __future__ import annotations

import re
import tempfile
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from contracts.engine.store import Store
from contracts.fields import FIELD_BY_NAME, FIELDS
from contracts.progress import Progress
from contracts.questions.filters import Filters
from contracts.questions.query import Query, Sort
from contracts.writers.workbook import About, Year, write_xlsx
from contracts.writers.workbook.zip_stream import ZipStream
from tests.contracts.small_stores import make_award, open_awards

CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ALL_COLUMNS = tuple(field.name for field in FIELDS)
ABOUT = About(
    title="Roads",
    filters_in_words="text: road",
    dataset_version="20261121T024000Z-1f3a",
    sources=("2023.csv", "2024.csv"),
    rows=12,
    total_value=Decimal("11851851.84"),
    made_at=datetime(2026, 11, 21, 10, 40, tzinfo=UTC),
)
DEFAULT = Query()
EVERYTHING = Filters(include_flood_control=True)


def export(
    store: Store, path: Path, *, query: Query = DEFAULT, about: About = ABOUT, **options: Any
) -> list[Progress]:
    with store.reader() as reader:
        total = reader.count(query.filters).rows
        return list(write_xlsx(reader.rows_of(query), path, about=about, total_rows=total, **options))


def read_table(store: Store, query: Query) -> list[tuple[Any, ...]]:
    with store.reader() as reader:
        batches = list(reader.stream(query))
    return [tuple(row.values()) for row in pa.Table.from_batches(batches).to_pylist()] if batches else []


def read_sheet(path: Path, name: str = "Contracts") -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(path)[name].iter_rows(min_row=2, values_only=True))


def read_part(path: Path, name: str = "xl/worksheets/sheet1.xml") -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode()


def read_about(path: Path) -> dict[str, Any]:
    return dict(openpyxl.load_workbook(path)["About"].iter_rows(max_col=2, values_only=True))


# --- what is in the cells --------------------------------------------------------------------------------

AWKWARD = st.sampled_from(
    [
        *(
            "=1+1",
            "+63 2",
            "-5",
            "@SUM(A1)",
            "007",
            "1e5",
            "TRUE",
            " edges ",
            "\t",
            "a\r\nb",
            "\x00\x01",
            "",
            " ",
        ),
        *(
            "Ñandú",
            "😀",
            "\ufffe\uffff\uf8ff",
            "<a>&amp;\"'",
            "]]>",
            "_x0041_",
            "_x0041_x0042_",
            "_x",
            "_\x01x0041_",
        ),
        *("e\u0301", "\u2028", "\x7f\x85", "ｆｕｌｌ"),
    ]
)
LONG = st.sampled_from(
    ["a" * 32_768, "é" * 32_767, "😀" * 16_384, "x" + "😀" * 16_383, "&\x02" * 32_767, "_x0041_" * 5_000]
)
TEXT = st.one_of(st.none(), AWKWARD, st.text(max_size=40), st.lists(AWKWARD, max_size=4).map("".join), LONG)
DATES = st.none() | st.dates(date(1900, 3, 1), date(9999, 12, 31))
MONEY = st.decimals("0.00", "9999999999999999.99", places=2)
AWARDS = st.lists(
    st.fixed_dictionaries(
        {
            "reference_id": TEXT,
            "award_title": TEXT,
            "awardee_name": TEXT,
            "area_of_delivery": TEXT,
            "award_date": DATES,
            "closing_date": DATES,
            "approved_budget": st.none() | MONEY,
            "contract_amount": MONEY.filter(bool),
            "line_items": st.integers(1, 2**31),
            "source": st.sampled_from(["philgeps", "flood_control"]),
        }
    ),
    max_size=12,
)


def expect_text(text: str) -> str:
    """What a cell must say: no characters that XML forbids, at most 32,767 UTF-16 units."""
    legal = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)
    return legal.encode("utf-16-le")[: 2 * 32_767].decode("utf-16-le", errors="ignore")


def expect_cell(value: Any, *, empty: Any) -> Any:
    if isinstance(value, str):
        return expect_text(value) or empty
    if value is None:
        return empty
    return float(value) if isinstance(value, Decimal) else value


def decode_escapes(text: str) -> str:
    """As Excel and calamine do with the text of a cell (ST_Xstring); openpyxl leaves it as it is."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)


def read_with_openpyxl(path: Path) -> list[list[Any]]:
    def normalise(value: Any) -> Any:
        if isinstance(value, str):
            return decode_escapes(value) or None
        return value.date() if isinstance(value, datetime) else value

    return [[normalise(value) for value in row] for row in read_sheet(path)]


def read_with_calamine(path: Path) -> list[list[Any]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_name("Contracts").to_python()[1:]


@settings(max_examples=12, deadline=None)
@given(awards=AWARDS)
def test_cells_read_back_as_the_table_says(awards: list[dict[str, Any]]) -> None:
    query = Query(filters=EVERYTHING, columns=ALL_COLUMNS)
    rows = [make_award(number, **award) for number, award in enumerate(awards)]
    with open_awards(rows) as store, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.xlsx"
        export(store, path, query=query)
        table = read_table(store, query)
        assert read_with_openpyxl(path) == [[expect_cell(v, empty=None) for v in row] for row in table]
        assert read_with_calamine(path) == [[expect_cell(v, empty="") for v in row] for row in table]


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "007", "1e5", "2024-01-01", "TRUE", " edges ", "Ñ 😀"])
def test_text_stays_text_whatever_it_looks_like(tmp_path: Path, text: str) -> None:
    with open_awards([make_award(award_title=text)]) as store:
        export(store, tmp_path / "out.xlsx", query=Query(columns=("award_title",)))
    cell = openpyxl.load_workbook(tmp_path / "out.xlsx")["Contracts"]["A2"]
    assert (cell.value, cell.data_type) == (text, "s")


def test_dates_and_amounts_are_typed_and_formatted(tmp_path: Path, small_store: Store) -> None:
    query = Query(columns=("award_date", "contract_amount", "line_items"))
    export(small_store, tmp_path / "out.xlsx", query=query)
    day, amount, items = openpyxl.load_workbook(tmp_path / "out.xlsx")["Contracts"][2]
    assert (day.value, day.number_format) == (datetime(2024, 5, 17), "yyyy-mm-dd")  # noqa: DTZ001
    assert (amount.value, amount.number_format) == (987654.32, "#,##0.00")
    assert (items.value, items.number_format) == (1, "0")


def test_a_missing_value_has_no_cell(tmp_path: Path) -> None:
    with open_awards([make_award(award_title=None, approved_budget=None, award_date=None)]) as store:
        query = Query(columns=("award_title", "award_date", "approved_budget", "awardee_name"))
        export(store, tmp_path / "out.xlsx", query=query)
    assert re.findall(r'<c r="([A-Z]+2)"', read_part(tmp_path / "out.xlsx")) == ["D2"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a" * 32_767, "a" * 32_767),
        ("a" * 32_768, "a" * 32_767),
        ("😀" * 20_000, "😀" * 16_383),
        ("x" + "😀" * 20_000, "x" + "😀" * 16_383),
        ("\x01" + "a" * 32_767, "a" * 32_767),
        ("&" * 40_000, "&" * 32_767),
    ],
)
def test_long_text_is_cut_where_a_cell_is_full(tmp_path: Path, text: str, kept: str) -> None:
    with open_awards([make_award(award_title=text)]) as store:
        export(store, tmp_path / "out.xlsx", query=Query(columns=("award_title", "award_date")))
    assert read_sheet(tmp_path / "out.xlsx")[0][0] == kept


def test_about_tells_how_many_texts_were_cut(tmp_path: Path) -> None:
    long, fits = "a" * 40_000, "b" * 32_767
    awards = [
        make_award(1, award_title=long, notice_title=long),
        make_award(2, award_title=long),
        make_award(3),
    ]
    with open_awards([*awards, make_award(4, award_title=fits)]) as store:
        export(store, tmp_path / "out.xlsx", batch_rows=2)
    assert read_about(tmp_path / "out.xlsx")["Note"].startswith("3 texts")


def test_a_carriage_return_and_an_escape_lookalike_survive_the_way_excel_reads(tmp_path: Path) -> None:
    with open_awards([make_award(award_title="a\rb _x0041_x0042_ _x")]) as store:
        export(store, tmp_path / "out.xlsx", query=Query(columns=("award_title",)))
    assert ">a&#13;b _x005F_x0041_x005F_x0042_ _x<" in read_part(tmp_path / "out.xlsx")


# --- sheets ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sheet_rows", "sizes"), [(5, [5, 5, 2]), (6, [6, 6]), (12, [12]), (1, [1] * 12), (100, [12])]
)
@pytest.mark.parametrize("batch_rows", [1, 4, 1000])
def test_rows_continue_on_further_sheets(
    tmp_path: Path, small_store: Store, sheet_rows: int, sizes: list[int], batch_rows: int
) -> None:
    path = tmp_path / "out.xlsx"
    export(small_store, path, query=Query(columns=("id",)), sheet_rows=sheet_rows, batch_rows=batch_rows)
    workbook = openpyxl.load_workbook(path)
    names = ["Contracts", *(f"Contracts {n}" for n in range(2, len(sizes) + 1))]
    assert workbook.sheetnames == [*names, "About"]
    sheets = [[row[0] for row in workbook[name].iter_rows(values_only=True)] for name in names]
    assert [len(sheet) - 1 for sheet in sheets] == sizes
    assert {sheet[0] for sheet in sheets} == {"ID"}
    assert [value for sheet in sheets for value in sheet[1:]] == list(range(1, 13))


def test_no_rows_give_a_sheet_with_its_header(tmp_path: Path, small_store: Store) -> None:
    progress = export(small_store, tmp_path / "out.xlsx", query=Query(filters=Filters(keywords=("nowhere",))))
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["Contracts"]
    assert (sheet.max_row, sheet["A1"].value) == (1, "Reference ID")
    assert [(step.current, step.total) for step in progress] == [(0, 0)]


def test_the_header_is_frozen_filtered_and_as_wide_as_the_column_table_says(
    tmp_path: Path, small_store: Store
) -> None:
    export(small_store, tmp_path / "out.xlsx", query=Query(columns=ALL_COLUMNS))
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["Contracts"]
    assert [cell.value for cell in sheet[1]] == [field.label for field in FIELDS]
    area = f"A1:{openpyxl.utils.get_column_letter(len(FIELDS))}13"
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.dimensions) == ("A2", area, area)
    assert sheet.column_dimensions["B"].width == FIELD_BY_NAME["reference_id"].width


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("field", ["contract_amount", "awardee_name"])
def test_rows_come_in_the_order_asked_for(tmp_path: Path, field: str, *, descending: bool) -> None:
    awards = [
        make_award(n, contract_amount=Decimal(n * 7919 % 101 + 1), awardee_name=f"Firm {n * 31 % 10}")
        for n in range(50)
    ]
    query = Query(columns=("id", field), sort=Sort(field=field, descending=descending))
    with open_awards(awards) as store:
        export(store, tmp_path / "out.xlsx", query=query, batch_rows=7)
    rows = read_sheet(tmp_path / "out.xlsx")
    values = [row[1] for row in rows]
    assert len(rows) == len(awards)
    assert values == sorted(values, reverse=descending)


# --- the file --------------------------------------------------------------------------------------------

WORKSHEET_ORDER = (
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "autoFilter"),
    *("pageMargins", "pageSetup", "ignoredErrors"),
)
"""The elements that are used, in the order of the schema (ECMA-376 part 1, 18.3.1.99)."""


def test_sheets_follow_the_order_of_the_schema(tmp_path: Path, small_store: Store) -> None:
    export(small_store, tmp_path / "out.xlsx")
    root = ElementTree.fromstring(read_part(tmp_path / "out.xlsx"))
    names = [element.tag.removeprefix(MAIN) for element in root]
    assert names == [name for name in WORKSHEET_ORDER if name in names]
    assert {"dimension", "sheetViews", "cols", "sheetData", "autoFilter"} <= set(names)
    references = [cell.attrib["r"] for cell in root.iter(f"{MAIN}c")]
    # A missing value has no cell: nothing is implausible here.
    columns = len(Query().columns)
    assert len(set(references)) == len(references) == columns + 12 * (columns - 1)


def test_no_cell_claims_a_text_that_it_does_not_hold(tmp_path: Path, small_store: Store) -> None:
    export(small_store, tmp_path / "out.xlsx")
    for part in ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"):
        cells = list(ElementTree.fromstring(read_part(tmp_path / "out.xlsx", part)).iter(f"{MAIN}c"))
        assert all(len(cell) == 1 for cell in cells if cell.attrib.get("t") == "inlineStr")
        assert len(cells) > 12


def test_every_part_has_a_content_type_and_every_declared_part_exists(
    tmp_path: Path, small_store: Store
) -> None:
    export(small_store, tmp_path / "out.xlsx", about=replace(ABOUT, years=YEARS), sheet_rows=5)
    with zipfile.ZipFile(tmp_path / "out.xlsx") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert names[0] == "[Content_Types].xml"
    types = ElementTree.fromstring(read_part(tmp_path / "out.xlsx", names[0]))
    declared = {element.attrib["PartName"].lstrip("/") for element in types if "PartName" in element.attrib}
    extensions = {element.attrib["Extension"] for element in types if "Extension" in element.attrib}
    assert declared <= set(names)
    assert {name for name in names[1:] if name.rpartition(".")[2] not in extensions - {"xml"}} == declared


def test_the_same_rows_give_the_same_bytes(tmp_path: Path, small_store: Store) -> None:
    paths = [tmp_path / "one.xlsx", tmp_path / "two.xlsx"]
    for path in paths:
        export(small_store, path, about=replace(ABOUT, years=YEARS), sheet_rows=5, batch_rows=4)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_about_says_what_the_rows_are(tmp_path: Path, small_store: Store) -> None:
    export(small_store, tmp_path / "out.xlsx")
    said = read_about(tmp_path / "out.xlsx")
    assert (said["Filters"], said["Rows"], said["Total value (PHP)"]) == ("text: road", 12, 11851851.84)
    assert (said["Dataset version"], said["Sources"]) == (ABOUT.dataset_version, "2023.csv\n2024.csv")
    assert said["Made at"] == "2026-11-21 10:40 UTC"
    assert said["Contract amount"] == "Amount of the contract, counted once per award. In PHP."
    assert "Line items" not in said
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").properties.created == datetime(2026, 11, 21, 10, 40)  # noqa: DTZ001


YEARS = (Year("2023", 4, Decimal("10.50")), Year("2024", 7, Decimal("99.00")), Year(None, 1, Decimal("1.25")))


def test_about_sums_up_and_draws_the_value_by_year_from_its_own_cells(
    tmp_path: Path, small_store: Store
) -> None:
    about = replace(ABOUT, years=YEARS, average_value=Decimal("9.23"), median_value=Decimal(3), contractors=5)
    export(small_store, tmp_path / "out.xlsx", about=about)
    said = read_about(tmp_path / "out.xlsx")
    assert (said["Average value (PHP)"], said["Median value (PHP)"], said["Contractors"]) == (9.23, 3, 5)
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["About"]
    rows = list(sheet.iter_rows(max_col=3, values_only=True))
    first = rows.index(("Year of award", "Value (PHP)", "Contracts")) + 2
    assert rows[first - 1 : first + 2] == [(2023, 10.5, 4), (2024, 99, 7), ("no date", 1.25, 1)]
    (series,) = ElementTree.fromstring(read_part(tmp_path / "out.xlsx", "xl/charts/chart1.xml")).iter(
        f"{CHART}ser"
    )
    areas = [formula.text for formula in series.iter(f"{CHART}f")]
    assert areas == [f"'About'!$A${first}:$A${first + 2}", f"'About'!$B${first}:$B${first + 2}"]


def test_about_without_years_has_no_chart(tmp_path: Path, small_store: Store) -> None:
    export(small_store, tmp_path / "out.xlsx")
    with zipfile.ZipFile(tmp_path / "out.xlsx") as archive:
        assert not [name for name in archive.namelist() if "chart" in name]


def test_about_takes_any_words(tmp_path: Path, small_store: Store) -> None:
    about = About(
        **{**vars(ABOUT), "title": "=1+1", "filters_in_words": "a\x01b" + "😀" * 20_000, "notes": ("=2",)}
    )
    export(small_store, tmp_path / "out.xlsx", about=about)
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["About"]
    assert (sheet["A1"].value, sheet["A1"].data_type) == ("=1+1", "s")
    assert read_about(tmp_path / "out.xlsx")["Filters"] == "ab" + "😀" * 16_382 + "…"
    assert read_about(tmp_path / "out.xlsx")["Note"] == "=2"


def test_about_wants_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        About(**{**vars(ABOUT), "made_at": datetime(2026, 11, 21)})  # noqa: DTZ001


# --- the archive -----------------------------------------------------------------------------------------


@given(
    contents=st.lists(st.lists(st.binary(max_size=2000), max_size=4), min_size=1, max_size=5),
    zip64_from=st.sampled_from([0, 1, 100, 1000, 0xFFFFFFFF]),
)
def test_archives_read_back_with_and_without_zip64(contents: list[list[bytes]], zip64_from: int) -> None:
    file = BytesIO()
    archive = ZipStream(file, zip64_from=zip64_from)
    for index, chunks in enumerate(contents):
        archive.begin(f"{index}.bin")
        for chunk in chunks:
            archive.append(chunk)
        archive.end()
    archive.close()
    with zipfile.ZipFile(file) as reread:
        assert reread.testzip() is None
        assert [reread.read(name) for name in reread.namelist()] == [b"".join(chunks) for chunks in contents]


def test_an_archive_beyond_4_gib_reads_back(tmp_path: Path) -> None:
    """By a hole of 5 GiB before the archive and an entry of 4 GiB of zeros, both of which take no room."""
    block, blocks = bytes(64 << 20), 65
    with (tmp_path / "large.zip").open("w+b") as file:
        file.seek(5 << 30)
        archive = ZipStream(file)
        archive.begin("large")
        for _ in range(blocks):
            archive.append(block)
        archive.end()
        archive.add("small", b"after it")
        archive.close()
        with zipfile.ZipFile(file) as reread:
            large = reread.getinfo("large")
            assert (large.file_size, large.header_offset) == (blocks * len(block), 5 << 30)
            assert reread.read("small") == b"after it"
            with reread.open("large") as content:
                assert sum(map(len, iter(lambda: content.read(1 << 20), b""))) == large.file_size
