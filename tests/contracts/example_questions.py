"""Awards and questions for Hypothesis; their words differ in case, accents, punctuation and script."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from contracts.fields import SORTABLE
from contracts.questions.filters import EXACT, EXCEPTIONS, Filters
from contracts.questions.numbers import ValueRange
from contracts.questions.periods import UNDATED, TimeRange
from contracts.questions.query import Sort
from contracts.questions.searchtext import SearchText
from contracts.questions.texts import NamePattern
from tests.contracts.small_stores import make_award

WORDS = [
    "Peña",
    "PENA",
    "road",
    "Road-side",
    "a",
    "49",
    "2049",
    "100%",
    "50_x",
    "O'Brien",
    '"x"',
    "&&",
    "🏗",
    "ñ",
]
WORDS += [
    "(flood",
    "flood",
    "control",
    "control.",
    "ood",
    "-",
    "\\",
    "ΡROVINCE",
    "É",
    "x%y",
    "Ü",
    "文字",
    "“flood”",
    "DOH",
    "Department of Health",
    "00004",
]
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
labels = st.none() | st.sampled_from(
    [
        "Peña & Sons",
        "PENA & SONS",
        "%",
        "_",
        "O'Brien",
        "a",
        "Flood",
        "🏗 Inc",
        "Department of Health - Cebu",
        "DOH",
    ]
)
areas = st.sampled_from(
    ["Bulacan", "Bulacan,Nueva Vizcaya", "PIÑAN (BULACAN), BULACAN, Region III", "Leyte", "Southern Leyte"]
)
days = st.none() | st.dates(date(2022, 11, 1), date(2024, 2, 1))
amounts = st.decimals("0.01", "99999999.99", places=2) | st.sampled_from(
    [Decimal(n) for n in ("0.99", "1.00", "2.00", "5.00", "9.99", "10.00", "9999999999999999.99")]
)
awards = st.builds(
    make_award,
    st.integers(1, 5),
    award_date=days,
    closing_date=days,
    award_title=st.none() | texts,
    notice_title=st.none() | texts,
    awardee_name=labels,
    organization_name=labels,
    area_of_delivery=labels | areas,
    business_category=labels,
    procurement_mode=labels,
    funding_source=labels,
    classification=labels,
    award_status=labels,
    contract_amount=amounts,
    approved_budget=st.none() | amounts,
    implausible=st.none() | st.sampled_from(["over_budget", "over_like"]),
    source=st.sampled_from(["philgeps", "philgeps", "flood_control"]),
    repaired_fields=st.none() | st.sampled_from(["award_date", "award_number, award_date", "closing_date"]),
)


def in_order(ends: tuple[Decimal | None, Decimal | None]) -> ValueRange:
    low, high = ends
    if low is not None and high is not None:
        low, high = sorted((low, high))
    return ValueRange(min=low, max=high)


one_keyword = (
    st.lists(st.sampled_from(WORDS).filter(lambda w: w != "&&") | texts, min_size=1, max_size=2)
    .map(" && ".join)
    .filter(lambda k: all(part.strip() for part in k.split("&&")))
)
keywords = st.lists(one_keyword, max_size=2).map(tuple)
patterns = (st.sampled_from(["pena", "PEÑA && &", "o", "inc", "DOH", "health && of"]) | one_keyword).map(
    lambda text: NamePattern(contains=text)
)
names = st.lists(labels | patterns, max_size=3, unique=True).map(tuple)


def parses(typed: str) -> bool:
    try:
        SearchText.parse(typed)
    except ValueError:
        return False
    return True


terms = st.tuples(
    st.sampled_from(["", "", "-"]), st.sampled_from(WORDS), st.sampled_from(['"', "", "", ""])
).map(lambda parts: f"{parts[0]}{parts[2]}{parts[1]}{parts[2]}")
typed_texts = (
    st.lists(st.lists(terms, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=2)
    .map(" or ".join)
    .filter(parses)
)
search_texts = st.none() | typed_texts.map(SearchText.parse)
numbers = st.lists(st.sampled_from(["1", " 0002", "c-3", "C - 4", "0", "x"]), max_size=2).map(tuple)
time_ranges = st.sampled_from(
    [
        TimeRange.year(2023),
        TimeRange.quarter(2023, 4),
        TimeRange(start=None, end=date(2023, 1, 1)),
        TimeRange(start=date(2023, 6, 1), end=None),
        UNDATED,
    ]
)
ranges = st.lists(time_ranges, max_size=2).map(tuple)
places = st.lists(
    st.sampled_from(["Bulacan", "LEYTE", "Central Luzon", "nowhere"]), max_size=2, unique=True
).map(tuple)
value_ranges = st.tuples(st.none() | amounts, st.none() | amounts).map(in_order)
repaired = st.lists(st.sampled_from(["award_date", "closing_date"]), max_size=2, unique=True).map(tuple)
implausible = st.sampled_from(["include", "exclude", "only"])
filters_ = st.builds(
    Filters,
    **dict.fromkeys((*EXACT, *EXCEPTIONS), names),
    keywords=keywords,
    text=search_texts,
    numbers=numbers,
    time_ranges=st.lists(time_ranges, max_size=2).map(tuple),
    value_range=value_ranges,
    implausible=implausible,
    repaired_fields=repaired,
    include_flood_control=st.booleans(),
)
one_filter = st.one_of(
    st.builds(Filters, include_flood_control=st.booleans()),
    st.builds(Filters, keywords=keywords, include_flood_control=st.just(True)),
    st.builds(Filters, text=search_texts, include_flood_control=st.just(True)),
    st.builds(Filters, text=search_texts, areas=names),
    st.builds(Filters, numbers=numbers),
    st.builds(Filters, contractors=names, areas=names),
    st.builds(Filters, procurement_modes=names, award_statuses=names),
    st.builds(Filters, except_contractors=names, except_areas=names),
    st.builds(Filters, time_ranges=st.lists(time_ranges, max_size=2).map(tuple)),
    st.builds(Filters, repaired_fields=repaired),
    st.builds(Filters, implausible=implausible, include_flood_control=st.booleans()),
    st.builds(Filters, implausible=implausible, areas=names),
    st.builds(Filters, places=places, flood_control_only=st.booleans()),
    st.builds(Filters, time_ranges=ranges, also_within=st.lists(ranges, max_size=2).map(tuple)),
    filters_,
)
sorts = st.builds(Sort, field=st.sampled_from(SORTABLE), descending=st.booleans())
