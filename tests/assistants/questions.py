"""Questions as people ask them, how an assistant asks the tools, and what SQL over the snapshot says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MAIN = "FROM contracts WHERE source = 'philgeps'"
SEARCHED = (
    "concat_ws(' | ', award_title, notice_title, awardee_name, organization_name, area_of_delivery, "
    "business_category)"
)
DPWH = (
    "(organization_name ILIKE '%dpwh%' OR organization_name ILIKE '%department of public works _%highways%')"
)
PUBLIC_WORKS = [{"contains": "dpwh"}, {"contains": "department of public works"}]
SUMS = "count(*), coalesce(sum(contract_amount), 0)::DECIMAL(18, 2)"


def holds(*words: str) -> str:
    """All words stand at word starts in what is searched."""
    return " AND ".join(rf"regexp_matches({SEARCHED}, '(?i)\b{word}')" for word in words)


def year(number: int) -> list[dict[str, object]]:
    return [{"type": "yearly", "year": number}]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """``read`` takes from the tool's answer what ``sql`` gives: a list of rows."""

    words: str
    tool: str
    arguments: dict[str, object]
    read: Callable[[Any], list[tuple[object, ...]]]
    sql: str


def count(words: str, filters: dict[str, object], where: str) -> Asked:
    return Asked(
        words=words,
        tool="search_contracts",
        arguments={"filters": filters, "page_size": 1},
        read=lambda answer: [(answer["total_rows"], answer["total_value"])],
        sql=f"SELECT {SUMS} {MAIN} AND {where}",
    )


def rank(words: str, rows: str, column: str, *, sort: str, where: str = "true", **more: object) -> Asked:
    """The first rows of a ranking; ties by label, a missing name last."""
    way = "DESC" if sort.startswith("-") else "ASC"
    by = {"count": "count(*)", "total_value": "sum(contract_amount)", "label": column}[sort.lstrip("-")]
    return Asked(
        words=words,
        tool="tabulate",
        arguments={"rows": rows, "sort": sort, "page_size": 10, **more},
        read=lambda answer: list(map(list_figures, answer["rows"])),
        sql=f"SELECT {column}, {SUMS} {MAIN} AND {where} GROUP BY 1 "
        f"ORDER BY {by} {way} NULLS LAST, 1 NULLS LAST LIMIT 10",
    )


def total(words: str, filters: dict[str, object], figure: str, sql: str, where: str = "true") -> Asked:
    return Asked(
        words=words,
        tool="total_contracts",
        arguments={"filters": filters},
        read=lambda answer: [(answer["summary"][figure],)],
        sql=f"SELECT {sql} {MAIN} AND {where}",
    )


def page(words: str, sort: str, order: str, filters: dict[str, object], where: str, number: int = 1) -> Asked:
    return Asked(
        words=words,
        tool="search_contracts",
        arguments={
            "filters": filters, "sort": sort, "page": number, "page_size": 5,
            "columns": ["id", "awardee_name", "contract_amount", "award_date"],
        },
        read=lambda answer: [tuple(row.values()) for row in answer["rows"]],
        sql=f"SELECT id, awardee_name, contract_amount, award_date {MAIN} AND {where} "
        f"ORDER BY {order} NULLS LAST, id LIMIT 5 OFFSET {5 * (number - 1)}",
    )  # fmt: skip


def names(words: str, field: str, typed: str, column: str, where: str) -> Asked:
    return Asked(
        words=words,
        tool="find_names",
        arguments={"field": field, "typed": typed, "limit": 50},
        read=lambda answer: sorted(
            (one["label"], one["count"], one["total_value"]) for one in answer["names"]
        ),
        sql=f"SELECT {column}, {SUMS} {MAIN} AND {where} GROUP BY 1 ORDER BY 1",
    )


def list_figures(row: Any) -> tuple[object, ...]:
    return row["label"], row["count"], row["total_value"]


def list_cells(answer: Any, column: str) -> list[tuple[object, ...]]:
    """The rows that have a cell in this column, with its number."""
    place = [one["label"] for one in answer["columns"]].index(column)
    cells = [(row["label"], row["cells"][place]) for row in answer["rows"] if row["label"]]
    return [(label, cell["count"]) for label, cell in cells if cell]


BIG: dict[str, object] = {"value_range": {"min": "1000000"}}
QUESTIONS = [
    # How many, and worth what.
    count("all contracts", {}, "true"),
    count("how many contracts has DPWH in 2024",
          {"organizations": PUBLIC_WORKS, "time_ranges": year(2024)}, f"{DPWH} AND year(award_date) = 2024"),
    count("how many has DPWH in all", {"organizations": PUBLIC_WORKS}, DPWH),
    count("flood control in Leyte", {"text": "flood control leyte"}, holds("flood", "control", "leyte")),
    count("flood control in Metro Manila", {"text": "flood control metro manila"},
          holds("flood", "control", "metro", "manila")),
    count("flood control of the area Batangas", {"text": '"flood control"', "areas": ["Batangas"]},
          rf"regexp_matches({SEARCHED}, '(?i)\bflood control') AND area_of_delivery = 'Batangas'"),
    count("roads, but not repairs", {"text": "road -repair"}, f"{holds('road')} AND NOT {holds('repair')}"),
    count("medicines or drugs", {"text": "medicines or drugs"},
          f"({holds('medicines')} OR {holds('drugs')})"),
    count("of Cebu or Iloilo", {"areas": ["Cebu", "Iloilo"]}, "area_of_delivery IN ('Cebu', 'Iloilo')"),
    count("without an area", {"areas": [None]}, "area_of_delivery IS NULL"),
    count("all but public bidding", {"except_procurement_modes": ["Public Bidding"]},
          "procurement_mode IS DISTINCT FROM 'Public Bidding'"),
    count("over a million", BIG, "contract_amount >= 1000000"),
    count("between 900k and one million", {"value_range": {"min": "900k", "max": "1 million"}},
          "contract_amount BETWEEN 900000 AND 1000000"),
    count("in the second quarter of 2023",
          {"time_ranges": [{"type": "quarterly", "year": 2023, "quarter": 2}]},
          "award_date BETWEEN '2023-04-01' AND '2023-06-30'"),
    count("of no known day", {"time_ranges": [{"type": "undated"}]}, "award_date IS NULL"),
    count("between two days",
          {"time_ranges": [{"type": "custom", "start_date": "2022-02-01", "end_date": "2022-02-14"}]},
          "award_date BETWEEN '2022-02-01' AND '2022-02-14'"),
    count("in 2021 or 2025", {"time_ranges": year(2021) + year(2025)}, "year(award_date) IN (2021, 2025)"),
    count("of municipalities", {"organizations": [{"contains": "municipality"}]},
          r"regexp_matches(organization_name, '(?i)\bmunicipality')"),
    count("won by somebody called Español, typed without the ñ", {"contractors": [{"contains": "espanol"}]},
          r"regexp_matches(strip_accents(awardee_name), '(?i)\bespanol')"),
    count("civil works in Metro Manila", {"classifications": ["Civil Works"], "areas": ["Metro Manila"]},
          "classification = 'Civil Works' AND area_of_delivery = 'Metro Manila'"),
    count("what nobody ever bought", {"text": "submarine periscope"}, holds("submarine", "periscope")),
    # Rankings and tables.
    rank("the ten largest contractors by total", "contractor", "awardee_name", sort="-total_value"),
    rank("the ten largest contractors in Leyte by total", "contractor", "awardee_name", sort="-total_value",
         where="area_of_delivery = 'Leyte'", filters={"areas": ["Leyte"]}),
    rank("the ten with the most contracts", "contractor", "awardee_name", sort="-count"),
    rank("who buys the most", "organization", "organization_name", sort="-total_value"),
    rank("awards by year", "year", "year(award_date)::VARCHAR", sort="label"),
    rank("areas in alphabetical order", "area", "area_of_delivery", sort="label"),
    rank("modes of procurement by number", "procurement_mode", "procurement_mode", sort="-count"),
    rank("the smallest categories", "category", "business_category", sort="total_value"),
    rank("who sells to DPWH", "contractor", "awardee_name", sort="-total_value", where=DPWH,
         filters={"organizations": PUBLIC_WORKS}),
    Asked(words="the second page of the ranking of contractors", tool="tabulate",
          arguments={"rows": "contractor", "page": 2, "page_size": 5},
          read=lambda answer: [(row["label"],) for row in answer["rows"]],
          sql=f"SELECT awardee_name {MAIN} GROUP BY 1 "
          "ORDER BY sum(contract_amount) DESC, 1 NULLS LAST LIMIT 5 OFFSET 5"),
    Asked(words="how many contractors are there in a ranking", tool="tabulate",
          arguments={"rows": "contractor", "page_size": 1},
          read=lambda answer: [(answer["total_rows"], answer["truncated"])],
          sql=f"SELECT count(*), true FROM (SELECT DISTINCT awardee_name {MAIN})"),
    Asked(words="civil works by year, as a cross table", tool="tabulate",
          arguments={"rows": "year", "columns": "classification", "measures": ["count"], "sort": "label",
                     "page_size": 50},
          read=lambda answer: list_cells(answer, "Civil Works"),
          sql=f"SELECT year(award_date)::VARCHAR, count(*) {MAIN} AND classification = 'Civil Works' "
          "AND award_date IS NOT NULL GROUP BY 1 ORDER BY 1"),
    Asked(words="2024 beside 2023", tool="compare",
          arguments={"a": {"time_ranges": year(2024)}, "b": {"time_ranges": year(2023)}, "page_size": 1},
          read=lambda answer: [
              tuple(str(one[part]) for part in ("a", "b", "difference"))
              for one in (answer["summary"]["count"], answer["summary"]["total_value"])],
          sql=f"""WITH sides AS (
              SELECT count(*) FILTER (year(award_date) = 2024) AS a,
                  count(*) FILTER (year(award_date) = 2023) AS b,
                  sum(contract_amount) FILTER (year(award_date) = 2024) AS a_value,
                  sum(contract_amount) FILTER (year(award_date) = 2023) AS b_value {MAIN})
              SELECT a::VARCHAR, b::VARCHAR, (a - b)::VARCHAR FROM sides UNION ALL
              SELECT a_value::VARCHAR, b_value::VARCHAR, (a_value - b_value)::VARCHAR FROM sides"""),
    # Totals.
    total("the sum of it all", {}, "total_value", "sum(contract_amount)::DECIMAL(18, 2)"),
    total("how many contractors in 2023", {"time_ranges": year(2023)}, "contractors",
          "count(DISTINCT awardee_name)", "year(award_date) = 2023"),
    total("how many organizations", {}, "organizations", "count(DISTINCT organization_name)"),
    total("the median of goods", {"classifications": ["Goods"]}, "median_value",
          "round(median(contract_amount), 2)::DECIMAL(18, 2)", "classification = 'Goods'"),
    Asked(words="the totals of each year", tool="total_contracts", arguments={},
          read=lambda answer: [list_figures(row) for row in answer["by_year"] if row["label"]],
          sql=f"SELECT year(award_date)::VARCHAR, {SUMS} {MAIN} AND award_date IS NOT NULL "
          "GROUP BY 1 ORDER BY 1"),
    Asked(words="the three largest areas", tool="total_contracts",
          arguments={"dimensions": ["by_area"], "top_n": 3},
          read=lambda answer: [(row["label"], row["count"]) for row in answer["by_area"][:3]],
          sql=f"SELECT area_of_delivery, count(*) {MAIN} GROUP BY 1 "
          "ORDER BY sum(contract_amount) DESC, 1 NULLS LAST LIMIT 3"),
    # Contracts.
    page("the largest contracts", "-contract_amount", "contract_amount DESC", {}, "true"),
    page("the second page of the largest", "-contract_amount", "contract_amount DESC", {}, "true", number=2),
    page("the newest of Cebu", "-award_date", "award_date DESC", {"areas": ["Cebu"]},
         "area_of_delivery = 'Cebu'"),
    page("the smallest over a million", "contract_amount", "contract_amount", BIG,
         "contract_amount >= 1000000"),
    Asked(words="a contract by its reference number", tool="get_contract",
          arguments={"reference": " 02000055 "},
          read=lambda answer: [(one["id"], one["award_title"]) for one in answer["contracts"]],
          sql="SELECT id, award_title FROM contracts WHERE reference_id = '2000055' "
          "ORDER BY award_date DESC NULLS LAST, id"),
    # Names.
    names("which offices has DPWH", "organizations", "dpwh", "organization_name", DPWH),
    names("contractors called Castañeda, typed plainly", "contractors", "castaneda", "awardee_name",
          r"regexp_matches(strip_accents(awardee_name), '(?i)\bcastaneda')"),
    names("hospitals of a region", "organizations", "hospital regional", "organization_name",
          r"regexp_matches(organization_name, '(?i)\bhospital') AND "
          r"regexp_matches(organization_name, '(?i)\bregional')"),
    names("categories of construction", "business_categories", "construction", "business_category",
          r"regexp_matches(business_category, '(?i)\bconstruction')"),
    # What the data is.
    Asked(words="how far does the data go", tool="list_datasets", arguments={},
          read=lambda answer: [
              (one["rows"], one["first_award"], one["last_award"]) for one in answer["datasets"]],
          sql="SELECT count(*), min(award_date), max(award_date) FROM contracts"),
    Asked(words="how large would an export of Leyte be", tool="estimate_export",
          arguments={"filters": {"areas": ["Leyte"]}},
          read=lambda answer: [(answer["rows"], answer["total_value"])],
          sql=f"SELECT {SUMS} {MAIN} AND area_of_delivery = 'Leyte'"),
    Asked(words="how large would a table of all contractors be", tool="estimate_table_export",
          arguments={"rows": "contractor"},
          read=lambda answer: [(answer["rows"],)],
          sql=f"SELECT count(*) FROM (SELECT DISTINCT awardee_name {MAIN})"),
]  # fmt: skip
