"""Workbooks: every way in which a producer may write a cell, several sheets, and files that are broken."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from contracts.errors import BadFile
from contracts.ingest.workbooks import xlsx_files
from tests.contracts.ingest.raw_files import (
    AWARD,
    S1,
    S3,
    import_all,
    list_notes,
    make_inline_row,
    make_rows,
    make_shared_row,
    read_contracts,
    read_rejects,
    read_repairs,
    read_source,
    replace_part,
    write_raw_xlsx,
    write_xlsx,
)

BAD = {"Contract Amount": "none of your business"}
SHEET = "xl/worksheets/sheet1.xml"


def put(row: list[Any], **values: Any) -> list[Any]:
    """The S3 row with other cells; a name's underscores are spaces."""
    for name, value in values.items():
        row[S3.index(name.replace("_", " "))] = value
    return row


def import_row(folder: Path, **values: Any) -> dict[str, Any]:
    """The contract that comes of one S3 row with these typed cells."""
    [row] = make_rows(S3, [{}])
    snapshot = import_all(folder / "data", write_xlsx(folder / "raw.xlsx", [S3, put(row, **values)]))
    [contract] = read_contracts(snapshot)
    return contract


def test_typed_cells_are_what_a_person_sees(tmp_path: Path) -> None:
    contract = import_row(
        tmp_path,
        Award_Date=datetime(2024, 5, 17),  # noqa: DTZ001
        Published_Date=date(2024, 2, 29),
        Contract_Amount=1234567.5,
        Approved_Budget_of_the_Contract=2e15,
        Contract_No=42,
    )
    shown = [
        str(contract[name]) for name in ("award_date", "publish_date", "contract_amount", "approved_budget")
    ]
    assert shown == ["2024-05-17", "2024-02-29", "1234567.50", "2000000000000000.00"]
    assert contract["contract_number"] == "42"


def test_a_number_in_a_date_column_is_a_serial(tmp_path: Path) -> None:
    assert str(import_row(tmp_path, Award_Date=45429)["award_date"]) == "2024-05-17"


def test_typed_manila_midnights_in_utc_are_shifted_too(tmp_path: Path) -> None:
    moment = datetime(2024, 5, 16, 16, tzinfo=UTC).replace(tzinfo=None)
    assert str(import_row(tmp_path, Award_Date=moment)["award_date"]) == "2024-05-17"


def test_a_workbook_that_counts_from_1904_is_read_so(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = datetime(1904, 1, 1)  # noqa: DTZ001
    [row] = make_rows(S3, [{}])
    assert book.active is not None
    book.active.append(S3)
    book.active.append(put(row, Award_Date=datetime(2024, 5, 17)))  # noqa: DTZ001
    book.save(tmp_path / "raw.xlsx")
    [contract] = read_contracts(import_all(tmp_path / "data", tmp_path / "raw.xlsx"))
    assert str(contract["award_date"]) == "2024-05-17"


def test_formatted_text_is_read_without_its_formatting(tmp_path: Path) -> None:
    title = CellRichText("Repair & ", TextBlock(InlineFont(b=True), "road <north>"))
    assert import_row(tmp_path, Award_Title=title)["award_title"] == "Repair & road <north>"


def test_entities_and_excel_escapes_are_characters(tmp_path: Path) -> None:
    contract = import_row(
        tmp_path, Award_Title='A & B <C> "D" Ñ ₱', Notice_Title="first_x000D_second _x00D1_"
    )
    assert (contract["award_title"], contract["notice_title"]) == ('A & B <C> "D" Ñ ₱', "first second Ñ")


def test_the_value_of_a_formula_is_its_result(tmp_path: Path) -> None:
    header, cells = make_inline_row(3, S3), make_inline_row(5, make_rows(S3, [{"Contract Amount": "@"}])[0])
    formula = cells.replace('<c t="inlineStr"><is><t>@</t></is></c>', "<c><f>1+1</f><v>2</v></c>")
    assert formula != cells
    snapshot = import_all(tmp_path / "data", write_raw_xlsx(tmp_path / "raw.xlsx", header + formula))
    assert [str(contract["contract_amount"]) for contract in read_contracts(snapshot)] == ["2.00"]


def write_shared(path: Path, *, title: str, beyond: int = 0) -> Path:
    """An S3 workbook whose cells are all shared texts; the title's is given as XML."""
    [row] = make_rows(S3, [{"Award Title": "@"}])
    texts = list(dict.fromkeys([*S3, *row]))
    items = [f"<si>{title}</si>" if text == "@" else f"<si><t>{text}</t></si>" for text in texts]
    rows = [
        make_shared_row(1, map(texts.index, S3)),
        make_shared_row(2, [texts.index(c) + beyond for c in row]),
    ]
    return write_raw_xlsx(path, "".join(rows), shared=items)


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ('<t xml:space="preserve"> Repair &amp; paint </t>', "Repair & paint"),
        ("<r><rPr><b/></rPr><t>Repair</t></r><r><t> of road</t></r>", "Repair of road"),
        ("<t>工事</t><rPh sb='0' eb='2'><t>コウジ</t></rPh><phoneticPr fontId='1'/>", "工事"),
        ("<t/>", None),
    ],
)
def test_shared_texts_are_looked_up(tmp_path: Path, title: str, read: str | None) -> None:
    [contract] = read_contracts(
        import_all(tmp_path / "data", write_shared(tmp_path / "raw.xlsx", title=title))
    )
    assert (contract["award_title"], contract["awardee_name"]) == (read, "ACME TRADING")


def test_a_reference_to_no_shared_text_is_bad(tmp_path: Path) -> None:
    file = write_shared(tmp_path / "raw.xlsx", title="<t/>", beyond=1000)
    with pytest.raises(BadFile, match="shared text that does not exist"):
        import_all(tmp_path / "data", file)


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_inline_cells_without_references_stand_in_order(tmp_path: Path, prefix: str) -> None:
    rows = [S3, *make_rows(S3, [{"Award Title": "A & B"}, {"Bid Reference No.": "2", **BAD}])]
    xml = "".join(make_inline_row(n, row, prefix=prefix) for n, row in zip((3, 5, 9), rows, strict=True))
    snapshot = import_all(tmp_path / "data", write_raw_xlsx(tmp_path / "raw.xlsx", xml, prefix=prefix))
    assert [contract["award_title"] for contract in read_contracts(snapshot)] == ["A & B"]
    assert [reject[1] for reject in read_rejects(snapshot)] == [9]


def test_rows_without_numbers_are_counted(tmp_path: Path) -> None:
    rows = [S3, *make_rows(S3, [{}, {"Bid Reference No.": "2", **BAD}])]
    xml = "".join(make_inline_row(1, row).replace(' r="1"', "") for row in rows)
    snapshot = import_all(tmp_path / "data", write_raw_xlsx(tmp_path / "raw.xlsx", xml))
    assert [reject[1] for reject in read_rejects(snapshot)] == [3]


def test_cells_are_placed_by_their_reference_however_it_is_written(tmp_path: Path) -> None:
    file = write_xlsx(tmp_path / "raw.xlsx", [S3, *make_rows(S3, [{}])])
    with zipfile.ZipFile(file) as archive:
        xml = archive.read(SHEET).decode()
    at = f"{openpyxl.utils.get_column_letter(S3.index('Award Date') + 1)}2"
    start = xml.index(f'<c r="{at}"')
    cell = xml[start : xml.index("</c>", start)]
    kind = cell[cell.index(' t="') : cell.index(">")]
    replace_part(file, SHEET, (cell, cell.replace(f' r="{at}"{kind}', f'{kind}  r="{at}"')))
    [contract] = read_contracts(import_all(tmp_path / "data", file))
    assert str(contract["award_date"]) == "2022-05-17"


def test_empty_rows_are_not_read_but_keep_their_numbers(tmp_path: Path) -> None:
    [row, bad] = make_rows(S3, [{}, {"Bid Reference No.": "2", **BAD}])
    file = write_xlsx(tmp_path / "raw.xlsx", [["PhilGEPS"], [], S3, [], row, [" "] * 50, bad])
    snapshot = import_all(tmp_path / "data", file)
    assert (read_source(snapshot).read, [reject[1] for reject in read_rejects(snapshot)]) == (2, [7])


def test_a_cell_beside_the_table_makes_a_row_ragged(tmp_path: Path) -> None:
    [row, other] = make_rows(S3, [{}, {"Bid Reference No.": "2"}])
    snapshot = import_all(tmp_path / "data", write_xlsx(tmp_path / "raw.xlsx", [S3, row, [*other, "note"]]))
    assert read_rejects(snapshot) == [("raw.xlsx", 3, "", "", "ragged_row")]


def test_every_sheet_with_a_header_is_read_and_the_others_are_not(tmp_path: Path) -> None:
    [first, second, bad] = make_rows(S3, [{}, {"Bid Reference No.": "2"}, {"Bid Reference No.": "3", **BAD}])
    file = write_xlsx(
        tmp_path / "raw.xlsx", [S3, first, first], Notes=[["see below"]], More=[["x"], S3, second, first, bad]
    )
    snapshot = import_all(tmp_path / "data", file)
    assert [contract["reference_id"] for contract in read_contracts(snapshot)] == ["1001", "2"]
    assert read_source(snapshot).duplicates == 2
    assert [reject[:2] for reject in read_rejects(snapshot)] == [("raw.xlsx [More]", 5)]


def test_every_sheet_that_is_left_out_is_told(tmp_path: Path) -> None:
    rows = [S3, *make_rows(S3, [{}])]
    file = write_xlsx(tmp_path / "raw.xlsx", rows, Notes=[["see below"]], Empty=[])
    source = read_source(import_all(tmp_path / "data", file))
    assert list_notes(source) == [("left_out_sheet", "Notes"), ("left_out_sheet", "Empty")]


def test_a_sheet_that_goes_on_without_a_header_belongs_to_the_first(tmp_path: Path) -> None:
    rest = [{"Bid Reference No.": str(number)} for number in range(1, 11)]
    first, *others = make_rows(S3, [{}, *rest, BAD])
    file = write_xlsx(tmp_path / "raw.xlsx", [["x"], S3, first], Sheet2=others, Notes=[["1", "2"]])
    snapshot = import_all(tmp_path / "data", file)
    assert read_source(snapshot).imported == 11
    assert [reject[:2] for reject in read_rejects(snapshot)] == [("raw.xlsx [Sheet2]", 11)]
    assert list_notes(read_source(snapshot)) == [("continued_sheet", "Sheet2"), ("left_out_sheet", "Notes")]


def test_a_sheet_with_a_header_that_is_nearly_right_is_refused_by_name(tmp_path: Path) -> None:
    rows = [S3, *make_rows(S3, [{}])]
    nearly = [name.replace("Contract Amount", "Amount of Contract") for name in S3]
    file = write_xlsx(tmp_path / "raw.xlsx", rows, Second=[nearly, *make_rows(nearly, [{}])])
    with pytest.raises(
        BadFile, match=r"sheet 'Second': its header resembles .*, but lacks 'Contract Amount'"
    ):
        import_all(tmp_path / "data", file)


def write_merged(path: Path, rows: list[list[str]], *blocks: tuple[str, int, int]) -> Path:
    """A workbook in which blocks of cells are merged: name of the column, first and last row."""
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append([cell or None for cell in row])
    for name, first, last in blocks:
        column = S3.index(name) + 1
        book.active.merge_cells(start_row=first, end_row=last, start_column=column, end_column=column)
    book.save(path)
    return path


def test_cells_merged_over_the_items_of_an_award_hold_for_all_of_them(tmp_path: Path) -> None:
    shared = [name for name in AWARD if name != "Contract Amount"]
    items = [
        {"Item Name": name, "Contract Amount": amount} for amount in ("5", "7") for name in ("pen", "ink")
    ]
    whole = make_rows(S3, [{**item, "Award No.": item["Contract Amount"]} for item in items])
    rows = [
        [cell if place % 2 == 0 or S3[j] not in AWARD else "" for j, cell in enumerate(row)]
        for place, row in enumerate(whole)
    ]
    blocks = [(name, first, first + 1) for name in [*shared, "Contract Amount"] for first in (3, 5)]
    file = write_merged(tmp_path / "raw.xlsx", [["Awards"], S3, *rows], *blocks, ("Notice Title", 1, 2))
    snapshot = import_all(tmp_path / "data", file)
    assert [(str(c["contract_amount"]), c["line_items"]) for c in read_contracts(snapshot)] == [
        ("5.00", 2),
        ("7.00", 2),
    ]
    source = read_source(snapshot)
    assert (source.read, source.imported, source.collapsed, source.duplicates) == (4, 2, 2, 0)


def test_a_contract_number_that_looks_like_a_number_is_kept_as_written(tmp_path: Path) -> None:
    [row] = make_rows(S3, [{"Contract No": "@", "Contract Amount": "1.5E3"}])
    cells = make_inline_row(2, row).replace(
        '<c t="inlineStr"><is><t>@</t></is></c>', "<c><v>21E00050</v></c>"
    )
    xml = make_inline_row(1, S3) + cells
    [contract] = read_contracts(import_all(tmp_path / "data", write_raw_xlsx(tmp_path / "raw.xlsx", xml)))
    assert (contract["contract_number"], str(contract["contract_amount"])) == ("21E00050", "1500.00")


def test_sheets_of_two_generations_are_refused(tmp_path: Path) -> None:
    file = write_xlsx(tmp_path / "raw.xlsx", [S3], More=[S1])
    with pytest.raises(BadFile, match="S3 and S1"):
        import_all(tmp_path / "data", file)


def test_more_rows_than_a_batch_are_all_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_files, "BATCH_ROWS", 400)
    rows = make_rows(S3, [{"Bid Reference No.": str(number)} for number in range(900)])
    source = read_source(import_all(tmp_path / "data", write_xlsx(tmp_path / "raw.xlsx", [S3, *rows])))
    assert (source.read, source.imported) == (900, 900)


@pytest.mark.parametrize("kept", [0.05, 0.5, 0.95])
def test_a_truncated_workbook_is_bad(tmp_path: Path, kept: float) -> None:
    rows = make_rows(S3, [{"Bid Reference No.": str(number)} for number in range(500)])
    file = write_xlsx(tmp_path / "raw.xlsx", [S3, *rows])
    file.write_bytes(file.read_bytes()[: int(kept * file.stat().st_size)])
    with pytest.raises(BadFile, match=r"raw\.xlsx: not a sound \.xlsx file: it is not whole"):
        import_all(tmp_path / "data", file)


def test_a_workbook_with_flipped_bytes_is_bad(tmp_path: Path) -> None:
    rows = make_rows(S3, [{"Bid Reference No.": str(number)} for number in range(500)])
    file = write_xlsx(tmp_path / "raw.xlsx", [S3, *rows])
    content = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as archive:
        start = archive.getinfo(SHEET).header_offset + 200
    content[start : start + 50] = bytes(50)
    file.write_bytes(content)
    with pytest.raises(BadFile, match=r"raw\.xlsx"):
        import_all(tmp_path / "data", file)


@pytest.mark.parametrize("content", [b"", b"Organization Name,Reference ID\n", b"\xd0\xcf\x11\xe0" * 200])
def test_what_is_no_workbook_is_bad(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "raw.xlsx"
    file.write_bytes(content)
    with pytest.raises(BadFile, match=r"raw\.xlsx"):
        import_all(tmp_path / "data", file)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        (SHEET, ("</sheetData>", "<!-- ")),
        ("xl/workbook.xml", ("<sheets>", "<sheet")),
        ("xl/_rels/workbook.xml.rels", ("sheet1.xml", "sheet7.xml")),
    ],
)
def test_a_workbook_whose_parts_do_not_fit_is_bad(tmp_path: Path, part: str, change: tuple[str, str]) -> None:
    file = write_xlsx(tmp_path / "raw.xlsx", [S3, *make_rows(S3, [{}])])
    if part == SHEET and "sheetData" in change[0]:
        with zipfile.ZipFile(file) as archive:
            rest = archive.read(SHEET).decode().partition("</sheetData>")[2]
        change = (f"</sheetData>{rest}", "<row")
    with pytest.raises(BadFile, match="not a sound"):
        import_all(tmp_path / "data", replace_part(file, part, change))


def test_a_workbook_of_something_else_has_no_header(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no sheet has a known header"):
        import_all(tmp_path / "data", write_xlsx(tmp_path / "raw.xlsx", [["name", "age"], ["Ana", 7]]))


def test_an_endless_row_is_bad(tmp_path: Path) -> None:
    xml = make_inline_row(1, S3) + f'<row r="2"><c t="inlineStr"><is><t>{"x" * 12_000_000}</t></is></c></row>'
    with pytest.raises(BadFile, match="longer than"):
        import_all(tmp_path / "data", write_raw_xlsx(tmp_path / "raw.xlsx", xml))


def test_a_formula_whose_result_is_not_stored_is_called_that(tmp_path: Path) -> None:
    """As openpyxl writes formulas; a text of none is not taken for the text of the formula."""
    rows = make_rows(S3, [{"Award No.": str(number)} for number in range(4)])
    put(rows[0], Contract_Amount="=1000+500")
    put(rows[1], Award_Date="=DATE(2022,5,17)", Awardee_Organization_Name="=B1")
    put(rows[2], Award_Title='="Repair of "&"road"', Approved_Budget_of_the_Contract="=5+5")
    put(rows[3], Item_Name="=A1")
    snapshot = import_all(tmp_path / "data", write_xlsx(tmp_path / "raw.xlsx", [S3, *rows]))
    assert [reject[1:] for reject in read_rejects(snapshot)] == [
        (2, "contract_amount", "=1000+500", "formula_without_value")
    ]
    assert [repair[1:] for repair in read_repairs(snapshot)] == [
        (3, "award_date", "=DATE(2022,5,17)", "formula_without_value"),
        (3, "awardee_name", "=B1", "formula_without_value"),
        (4, "award_title", '="Repair of "&"road"', "formula_without_value"),
        (4, "approved_budget", "=5+5", "formula_without_value"),
    ]
    contracts = {contract["award_number"]: contract for contract in read_contracts(snapshot)}
    assert list(contracts) == ["1", "2", "3"]
    for number, names in (("1", ("award_date", "awardee_name")), ("2", ("award_title", "approved_budget"))):
        assert contracts[number]["repaired_fields"] == ", ".join(names)
        assert [contracts[number][name] for name in names] == [None, None]


def test_a_formula_in_a_number_is_no_number_and_no_mark_of_it_is_left(tmp_path: Path) -> None:
    """Two awards whose numbers are not in the file, and a row that has an amount, though not in the file."""
    rows = make_rows(S3, [{}, {}, {"Award No.": "", "Awardee Organization Name": ""}])
    put(rows[0], **{"Award_No.": "=A1"})
    put(rows[1], **{"Award_No.": "=A2"})
    put(rows[2], Contract_Amount="=A3")
    snapshot = import_all(tmp_path / "data", write_xlsx(tmp_path / "raw.xlsx", [S3, *rows]))
    assert [reject[1:] for reject in read_rejects(snapshot)] == [
        (4, "contract_amount", "=A3", "formula_without_value")
    ]
    assert [repair[2:] for repair in read_repairs(snapshot)] == [
        ("award_number", "=A1", "formula_without_value"),
        ("award_number", "=A2", "formula_without_value"),
    ]
    contracts = read_contracts(snapshot)
    assert [contract["award_number"] for contract in contracts] == [None, None]
    assert not [cell for contract in contracts for cell in contract.values() if "\ufdd0" in str(cell)]


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ('<c t="str"><f>A1&amp;B1</f><v>Repair</v></c>', "Repair"),
        ('<c t="str"><f>IF(1,"","")</f><v></v></c>', None),
        ('<c t="str"><f>IF(1,"","")</f><v/></c>', None),
        ('<c><f t="shared" si="0"/><v>42</v></c>', "42"),
    ],
)
def test_a_formula_with_a_stored_result_is_its_result(tmp_path: Path, cell: str, read: str | None) -> None:
    [row] = make_rows(S3, [{"Award Title": "@"}])
    xml = make_inline_row(1, S3) + make_inline_row(2, row)
    formula = xml.replace('<c t="inlineStr"><is><t>@</t></is></c>', cell)
    assert formula != xml
    [contract] = read_contracts(import_all(tmp_path / "data", write_raw_xlsx(tmp_path / "raw.xlsx", formula)))
    assert contract["award_title"] == read


def test_an_unawarded_row_is_no_reject_for_its_formulas(tmp_path: Path) -> None:
    [row] = make_rows(S3, [{"Award No.": "", "Awardee Organization Name": "", "Contract Amount": ""}])
    file = write_xlsx(tmp_path / "raw.xlsx", [S3, put(row, Notice_Title="=A1")])
    source = read_source(import_all(tmp_path / "data", file))
    assert (source.unawarded, source.rejected) == (1, 0)


def test_an_empty_shared_text_without_end_tag_has_its_number(tmp_path: Path) -> None:
    [row] = make_rows(S3, [{"Award Title": "@"}])
    texts = list(dict.fromkeys([*S3, *row]))
    items = ["<si/>", *[f"<si><t>{text}</t></si>" for text in texts]]
    rows = [make_shared_row(n, [texts.index(c) + 1 for c in cells]) for n, cells in ((1, S3), (2, row))]
    file = write_raw_xlsx(tmp_path / "raw.xlsx", "".join(rows), shared=items)
    [contract] = read_contracts(import_all(tmp_path / "data", file))
    assert (contract["award_title"], contract["awardee_name"]) == ("@", "ACME TRADING")


def test_empty_rows_without_end_tag_count(tmp_path: Path) -> None:
    """A spreadsheet keeps the heights of rows that nobody has filled, up to a million of them."""
    rows = make_rows(S3, [{}, {"Bid Reference No.": "2", **BAD}])
    cells = [make_inline_row(1, row).replace(' r="1"', "") for row in [S3, *rows]]
    high = '<row ht="15"/>'
    xml = f"<row/>{cells[0]}{high * 2}{cells[1]}<row></row>{cells[2]}{high * 700_000}"
    snapshot = import_all(tmp_path / "data", write_raw_xlsx(tmp_path / "raw.xlsx", xml))
    assert [reject[1] for reject in read_rejects(snapshot)] == [7]


def test_a_row_number_in_single_quotes_is_read(tmp_path: Path) -> None:
    rows = make_rows(S3, [{}, {"Bid Reference No.": "2", **BAD}])
    xml = "".join(make_inline_row(2 * n, row) for n, row in enumerate([S3, *rows], start=1))
    xml = xml.replace('r="6"', "spans='1:9'  r = '8'")
    snapshot = import_all(tmp_path / "data", write_raw_xlsx(tmp_path / "raw.xlsx", xml))
    assert [reject[1] for reject in read_rejects(snapshot)] == [8]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("&amp;lt; &lt;&gt;&quot;&apos;", "&lt; <>\"'"),
        ("&#38;lt; &#8369;&#x20B1;", "&lt; ₱₱"),
        ("a &nbsp; b &#9999999; c", "a &nbsp; b \ufffd c"),
        ("_x20B1_ _xD800_", "₱ _xD800_"),
    ],
)
def test_references_are_resolved_once(tmp_path: Path, written: str, read: str) -> None:
    """By the reader, whose text is shown raw where it is no amount; in names, entities of HTML go as well."""
    [row] = make_rows(S3, [{"Contract Amount": "@"}])
    xml = (make_inline_row(1, S3) + make_inline_row(2, row)).replace("@", written)
    snapshot = import_all(tmp_path / "data", write_raw_xlsx(tmp_path / "raw.xlsx", xml))
    assert [reject[3] for reject in read_rejects(snapshot)] == [read]


def test_a_batch_of_long_rows_is_cut(tmp_path: Path) -> None:
    rows = make_rows(
        S3, [{"Bid Reference No.": str(n), "Item Name": f"{n}{'x' * 900_000}"} for n in range(30)]
    )
    xml = "".join(make_inline_row(n, row) for n, row in enumerate([S3, *rows], start=1))
    batches = list(xlsx_files.read_workbook(write_raw_xlsx(tmp_path / "raw.xlsx", xml)))
    assert [len(batch.numbers) for batch in batches] == [0, 10, 10, 10, 0]


@pytest.mark.parametrize(
    ("part", "called"), [("EncryptedPackage", "protected by a password"), ("", "not a sound workbook")]
)
def test_an_old_or_locked_workbook_is_called_that(tmp_path: Path, part: str, called: str) -> None:
    file = tmp_path / "raw.xlsx"
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + part.encode("utf-16-le"))
    with pytest.raises(BadFile, match=called):
        import_all(tmp_path / "data", file)
