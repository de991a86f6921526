"""What date texts mean, and how a file decides between day first and month first."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import BadFile
from contracts.ingest.cells.dates import DateOrder, Evidence, decide_order, is_utc_column, parse_stamp
from contracts.snapshot.versions import Snapshot
from tests.contracts.ingest.raw_files import (
    S1,
    S3,
    S4,
    import_all,
    make_rows,
    read_contracts,
    read_rejects,
    read_repairs,
    write_csv,
    write_flood,
    write_s3,
    write_xlsx,
)

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def read_text(text: str, order: DateOrder | None = None) -> date | None:
    stamp = parse_stamp(text)
    return stamp.read(order) if stamp else None


@given(DAYS, st.times())
def test_a_day_is_the_same_in_every_notation(day: date, time: object) -> None:
    month = MONTHS[day.month - 1]
    texts = [
        f"{day}",
        f"{day} {time}",
        f"{day}T{time}",
        f"{day:%Y/%m/%d}",
        f"{day:%Y.%m.%d}",
        f"{day:%Y%m%d}",
    ]
    texts += [f"{day.day:02d}-{month}-{day.year}", f"{day.day} {month.upper()} {day:%y}"]
    texts += [f"{month} {day.day}, {day.year}", f"{month}. {day.day} {day.year} 11:59 PM"]
    texts += [
        f"{day:%Y%m%d}",
        f"{day:%A, %B %d, %Y}",
        f"{day:%a, %d %b %Y}",
        f"{day.day}th of {day:%B %Y}",
        f"{day:%Y-%b-%d}",
    ]
    texts += [f"{day:%d-%b-%y} 12.00.00.000000000 AM", str((day - date(1899, 12, 30)).days)]
    assert {read_text(text) for text in texts} == {day}
    for mark, year in itertools.product("/-.", (f"{day:%Y}", f"{day:%y}")):
        assert read_text(f"{day.day}{mark}{day.month}{mark}{year}", DateOrder.DAY_FIRST) == day
        text = f"{day.month:02d}{mark}{day.day:02d}{mark}{year} 11:59 PM"
        assert read_text(text, DateOrder.MONTH_FIRST) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-11-21T00:00:00+08:00", 21),
        ("2024-11-20T16:00:00Z", 21),
        ("2024-11-20 16:00:00.000 UTC", 21),
        ("2024-11-20 15:59 +0000", 20),
        ("2024-11-21 08:00:00+1000", 21),
        ("2024-11-22 01:00:00+1000", 21),
        ("2024-11-21 00:00:00+08", 21),
        ("Wed, 20 Nov 2024 16:00:00 GMT", 21),
        ("21/11/2024 23:00:00 -0100", 22),
    ],
)
def test_a_moment_with_its_zone_is_the_day_that_it_is_in_manila(text: str, day: int) -> None:
    stamp = parse_stamp(text)
    assert stamp is not None
    assert (stamp.read(DateOrder.DAY_FIRST), stamp.seconds) == (date(2024, 11, day), None)


@given(DAYS, st.integers(1, 12), st.integers(0, 59), st.sampled_from(["AM", "PM", "am", "pm"]))
def test_twelve_hour_times_count_from_midnight(day: date, hour: int, minute: int, half: str) -> None:
    stamp = parse_stamp(f"{day.month}/{day.day}/{day.year} {hour}:{minute:02d}:00 {half}")
    assert stamp is not None
    assert stamp.seconds == (hour % 12 + 12 * (half.lower() == "pm")) * 3600 + minute * 60


@given(st.integers(20_000, 79_999), st.integers(0, 86_399))
def test_a_serial_holds_day_and_time(days: int, seconds: int) -> None:
    stamp = parse_stamp(f"{days + seconds / 86_400:.9f}")
    assert stamp is not None
    assert (stamp.read(None), stamp.seconds) == (date(1899, 12, 30) + timedelta(days=days), seconds)


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-29",
        "2023-13-01",
        "2023-01/05",
        "01-05/2023",
        "31/31/2023",
        "1/2/123",
        "30-Feb-2020",
        "5-Sepp-2020",
        "5-Nov",
        "2023-01-05 +08:00",
        "2023-01-05 10:00 PHT",
        "20231301",
        "1702828800000",
        "1702828800",
        "Dec-18-23",
        "12-2023-18",
        "2023-01-05 25:00",
        "2023-01-05 10:60",
        "2023-01-05x",
        "1/13/2020 13:00 PM",
        "19999",
        "80001",
        "4519",
        "-45000",
        "May 2020",
        "٢٠٢٣-٠١-٠٥",
    ],
)
def test_what_is_no_date_is_not_guessed_at(text: str) -> None:
    assert parse_stamp(text) is None


@pytest.mark.parametrize(
    ("day_first", "month_first", "order"),
    [
        (1, 0, DateOrder.DAY_FIRST),
        (0, 1, DateOrder.MONTH_FIRST),
        (99, 1, DateOrder.DAY_FIRST),
        (1, 99, DateOrder.MONTH_FIRST),
    ],
)
def test_the_order_is_what_ninety_nine_in_a_hundred_show(
    day_first: int, month_first: int, order: DateOrder
) -> None:
    evidence = Evidence(day_first=day_first, month_first=month_first, ambiguous=5)
    assert decide_order(evidence, None, file="x.csv") is order


def test_an_order_that_ninety_eight_in_a_hundred_show_is_contradictory() -> None:
    with pytest.raises(BadFile, match="contradictory"):
        decide_order(Evidence(day_first=98, month_first=2), None, file="x.csv")


def test_an_explicit_order_wins_over_the_evidence() -> None:
    evidence = Evidence(day_first=100)
    assert decide_order(evidence, DateOrder.MONTH_FIRST, file="x.csv") is DateOrder.MONTH_FIRST


@pytest.mark.parametrize(
    ("times", "utc"),
    [
        ({0}, False),
        (set(), False),
        ({16 * 3600}, True),
        ({0, 15 * 3600, 16 * 3600}, True),
        ({16 * 3600, 16 * 3600 + 1}, False),
        ({0, 9 * 3600, 16 * 3600}, False),
    ],
)
def test_only_midnights_of_manila_make_a_utc_column(times: set[int], utc: bool) -> None:
    assert is_utc_column(times) is utc


def import_award_dates(folder: Path, *texts: str, date_order: DateOrder | None = None) -> list[str | None]:
    """The award dates of an S3 file with these texts in that column, in the order of its rows."""
    rows = [{"Bid Reference No.": str(1000 + n), "Award Date": text} for n, text in enumerate(texts)]
    snapshot = import_all(folder / "data", write_s3(folder / "raw.csv", *rows), date_order=date_order)
    return [row["award_date"] and str(row["award_date"]) for row in read_contracts(snapshot)]


def test_one_cell_beyond_the_twelfth_decides_for_the_whole_file(tmp_path: Path) -> None:
    assert import_award_dates(tmp_path, "09/12/2024", "25/12/2024") == ["2024-12-09", "2024-12-25"]


def test_month_first_files_are_read_month_first(tmp_path: Path) -> None:
    assert import_award_dates(tmp_path, "09/12/2024", "12/25/2024") == ["2024-09-12", "2024-12-25"]


def test_another_date_column_of_the_file_gives_evidence_too(tmp_path: Path) -> None:
    file = write_s3(tmp_path / "raw.csv", {"Award Date": "05/06/2024", "Published Date": "31/05/2024"})
    [contract] = read_contracts(import_all(tmp_path / "data", file))
    assert str(contract["award_date"]) == "2024-06-05"


def test_each_file_has_an_order_of_its_own(tmp_path: Path) -> None:
    first = write_s3(tmp_path / "a.csv", {"Award Date": "05/06/2024", "Published Date": "31/05/2024"})
    second = write_s3(
        tmp_path / "b.csv",
        {"Bid Reference No.": "2", "Award Date": "05/06/2024", "Published Date": "05/31/2024"},
    )
    contracts = read_contracts(import_all(tmp_path / "data", first, second))
    assert [str(contract["award_date"]) for contract in contracts] == ["2024-06-05", "2024-05-06"]


def test_a_file_that_shows_no_order_asks_for_one(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"give the date order \(day-first or month-first\)"):
        import_award_dates(tmp_path, "05/06/2024")


def test_an_explicit_order_answers_the_question(tmp_path: Path) -> None:
    assert import_award_dates(tmp_path, "05/06/2024", date_order=DateOrder.DAY_FIRST) == ["2024-06-05"]


def test_dates_equal_in_both_orders_need_none(tmp_path: Path) -> None:
    assert import_award_dates(tmp_path, "05/05/2024", "2024-06-07", "") == ["2024-05-05", "2024-06-07", None]


def test_a_file_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="contradictory"):
        import_award_dates(tmp_path, "25/12/2024", "12/25/2024")


def test_the_rare_cell_against_the_order_is_missing(tmp_path: Path) -> None:
    rows = [{"Bid Reference No.": f"9{n}", "Award Date": f"{13 + n % 10}/01/2024"} for n in range(99)]
    file = write_s3(tmp_path / "raw.csv", *rows, {"Bid Reference No.": "x", "Award Date": "01/13/2024"})
    snapshot = import_all(tmp_path / "data", file)
    assert read_repairs(snapshot) == [("raw.csv", 101, "award_date", "01/13/2024", "invalid_date")]
    assert snapshot.manifest().rows == 100


def test_an_explicit_order_leaves_undated_what_contradicts_it(tmp_path: Path) -> None:
    file = write_s3(tmp_path / "raw.csv", {"Award Date": "25/12/2024"})
    snapshot = import_all(tmp_path / "data", file, date_order=DateOrder.MONTH_FIRST)
    assert [repair[4] for repair in read_repairs(snapshot)] == ["invalid_date"]
    assert [contract["award_date"] for contract in read_contracts(snapshot)] == [None]


def test_manila_midnights_in_utc_belong_to_the_next_day(tmp_path: Path) -> None:
    texts = ("2024-05-17 16:00:00", "1990-05-17 15:00:00", "2024-12-31T16:00:00.000", "2024-05-17")
    rows = [{"Bid Reference No.": str(1000 + n), "Award Date": text} for n, text in enumerate(texts)]
    snapshot = import_all(tmp_path / "data", write_s3(tmp_path / "raw.csv", *rows))
    days = [str(contract["award_date"]) for contract in read_contracts(snapshot)]
    assert days == ["2024-05-18", "None", "2025-01-01", "2024-05-17"]
    assert [repair[3] for repair in read_repairs(snapshot)] == ["1990-05-17 15:00:00"]


def test_a_column_with_other_times_of_day_is_local_time(tmp_path: Path) -> None:
    assert import_award_dates(tmp_path, "2024-05-17 16:00", "2024-05-17 09:30") == [
        "2024-05-17",
        "2024-05-17",
    ]


def test_the_utc_shift_of_one_column_does_not_touch_another(tmp_path: Path) -> None:
    row = {
        "Award Date": "2024-05-17 16:00",
        "Published Date": "2024-05-01 16:00",
        "Closing Date": "2024-05-09 16:00",
    }
    other = {"Bid Reference No.": "2", "Published Date": "2024-05-01 08:00", "Closing Date": "2024-05-09"}
    [first, _] = read_contracts(import_all(tmp_path / "data", write_s3(tmp_path / "raw.csv", row, other)))
    assert [str(first[name]) for name in ("award_date", "publish_date", "closing_date")] == [
        "2024-05-18",
        "2024-05-01",
        "2024-05-09",
    ]


def test_the_hour_at_which_bids_close_is_no_midnight(tmp_path: Path) -> None:
    rows = [{"Bid Reference No.": str(n), "Closing Date": f"2024-05-17 {15 + n}:00:00.000"} for n in (0, 1)]
    snapshot = import_all(tmp_path / "data", write_s3(tmp_path / "raw.csv", *rows))
    assert {str(contract["closing_date"]) for contract in read_contracts(snapshot)} == {"2024-05-17"}


@pytest.mark.parametrize(
    "text",
    ["45617", "45617.5", "21-Nov-2024", "21-NOV-24", "2024/11/21", "21-11-2024", "21/11/24", "Nov 21, 2024"],
)
def test_a_date_means_the_same_in_files_of_every_generation(tmp_path: Path, text: str) -> None:
    s1 = {"Reference ID": "1", "Award No.": "2", "Contract Amount": "5", "Award Date": text}
    s4 = {"Bid Reference No.": "3", "Award Reference No.": "4", "Contract Amount": "5", "Award Date": text}
    files = [
        write_csv(tmp_path / "s1.csv", [S1, *make_rows(S1, [s1], given={})]),
        write_csv(tmp_path / "s4.csv", [S4, *make_rows(S4, [s4], given={})]),
        write_s3(tmp_path / "s3.csv", {"Award Date": text}),
        write_flood(tmp_path / "flood.csv", {"award_date": text}),
    ]
    contracts = read_contracts(import_all(tmp_path / "data", *files))
    # What the derivative of the flood-control list calls its award date is the day of completion.
    days = [contract["award_date"] or contract["completion_date"] for contract in contracts]
    assert [str(day) for day in days] == ["2024-11-21"] * 4


@pytest.mark.parametrize("column", ["Award Date", "Published Date", "Closing Date"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1999-12-31", "impossible_year"),
        ("2027-01-01", "impossible_year"),
        ("1920-01-08", "impossible_year"),
        ("soon", "invalid_date"),
    ],
)
def test_a_date_that_cannot_be_is_missing_and_named(
    tmp_path: Path, column: str, text: str, reason: str
) -> None:
    field = {"Award Date": "award_date", "Published Date": "publish_date", "Closing Date": "closing_date"}[
        column
    ]
    snapshot = import_all(tmp_path / "data", write_s3(tmp_path / "raw.csv", {column: text}))
    assert read_repairs(snapshot) == [("raw.csv", 2, field, text, reason)]
    [contract] = read_contracts(snapshot)
    assert (contract[field], contract["repaired_fields"]) == (None, field)
    assert (str(contract["contract_amount"]), read_rejects(snapshot)) == ("1500.00", [])


def test_the_years_at_both_ends_are_possible(tmp_path: Path) -> None:
    assert import_award_dates(tmp_path, "2000-01-01", "2026-12-31") == ["2000-01-01", "2026-12-31"]


# A workbook saved under another locale


def write_torn(path: Path, *cells: object, late: tuple[str, ...] = ("21/10/2004", "25/12/2004")) -> Path:
    """A workbook whose award dates are these date cells and texts."""
    rows = make_rows(S3, [{"Bid Reference No.": str(1000 + n)} for n in range(len(cells) + len(late))])
    for row, cell in zip(rows, (*cells, *late), strict=True):
        row[S3.index("Award Date")] = cell  # type: ignore[call-overload]  # typed cells
    return write_xlsx(path, [S3, *rows])


EARLY = (datetime(2004, 2, 11), datetime(2004, 3, 10))  # noqa: DTZ001


def read_award_dates(snapshot: Snapshot) -> list[str]:
    return [str(contract["award_date"]) for contract in read_contracts(snapshot)]


def test_a_workbook_saved_under_another_locale_is_refused_until_the_order_is_given(tmp_path: Path) -> None:
    file = write_torn(tmp_path / "raw.xlsx", *EARLY)
    with pytest.raises(BadFile, match=r"award_date holds 2 date cells.*locale.*\(day-first or month-first\)"):
        import_all(tmp_path / "data", file)
    snapshot = import_all(tmp_path / "data", file, date_order=DateOrder.DAY_FIRST)
    assert read_award_dates(snapshot) == ["2004-11-02", "2004-10-03", "2004-10-21", "2004-12-25"]


def test_texts_against_the_given_order_are_missing_and_their_date_cells_stay(tmp_path: Path) -> None:
    file = write_torn(tmp_path / "raw.xlsx", *EARLY)
    snapshot = import_all(tmp_path / "data", file, date_order=DateOrder.MONTH_FIRST)
    assert read_award_dates(snapshot) == ["2004-02-11", "2004-03-10", "None", "None"]
    assert [repair[3] for repair in read_repairs(snapshot)] == ["21/10/2004", "25/12/2004"]


@pytest.mark.parametrize(
    ("cells", "late"),
    [
        ((*EARLY, datetime(2004, 3, 13)), ("21/10/2004",)),  # noqa: DTZ001
        (EARLY, ("21/10/2004", "05/06/2004")),
        (EARLY, ("2004-10-21", "21-Oct-2004")),
        ((), ("21/10/2004", "25/12/2004")),
    ],
)
def test_a_workbook_of_date_cells_and_texts_without_that_sign_is_read(
    tmp_path: Path, cells: tuple[datetime, ...], late: tuple[str, ...]
) -> None:
    file = write_torn(tmp_path / "raw.xlsx", *cells, late=late)
    dates = read_award_dates(import_all(tmp_path / "data", file))
    assert dates[: len(cells)] == [f"{cell:%Y-%m-%d}" for cell in cells]
    assert "None" not in dates


def test_the_text_of_such_a_workbook_is_refused_as_well(tmp_path: Path) -> None:
    early, late = [f"2004-0{n}-11 00:00:00" for n in range(1, 6)], [f"2{n}/10/2004" for n in range(5)]
    with pytest.raises(BadFile, match="locale"):
        import_award_dates(tmp_path, *early, *late)
    assert import_award_dates(tmp_path, *early, *late, date_order=DateOrder.DAY_FIRST) == [
        *[f"2004-11-0{n}" for n in range(1, 6)],
        *[f"2004-10-2{n}" for n in range(5)],
    ]
    assert import_award_dates(tmp_path, *early[:2], *late[:2])[:2] == ["2004-01-11", "2004-02-11"]


# Years of two digits


def test_the_end_at_which_a_short_year_stands_is_shown_by_the_file(tmp_path: Path) -> None:
    assert import_award_dates(tmp_path, "21/11/24", "05/12/24") == ["2024-11-21", "2024-12-05"]
    assert import_award_dates(tmp_path, "12-18-23", "2023-12-05") == ["2023-12-18", "2023-12-05"]


@pytest.mark.parametrize("texts", [["24-11-21", "2024-10-13"], ["24-11-21", "24-11-22"]])
def test_a_file_whose_short_years_stand_first_is_refused(tmp_path: Path, texts: list[str]) -> None:
    with pytest.raises(BadFile, match=r"'24-11-21' seem to begin with their year"):
        import_award_dates(tmp_path, *texts)


def test_the_rare_date_that_seems_to_begin_with_a_short_year_is_missing(tmp_path: Path) -> None:
    rows = [{"Bid Reference No.": f"9{n}", "Award Date": f"{13 + n % 10}/01/24"} for n in range(99)]
    odd = {"Bid Reference No.": "x", "Award Date": "24/01/13", "Published Date": "2024-01-01"}
    snapshot = import_all(tmp_path / "data", write_s3(tmp_path / "raw.csv", *rows, odd))
    assert [repair[3] for repair in read_repairs(snapshot)] == ["24/01/13"]
