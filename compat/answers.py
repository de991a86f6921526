"""Our answers in the shapes that the incumbent's clients read: money as JSON numbers, names that are missing
as text, parts as lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from compat.bodies import MISSING
from contracts.engine.amounts import BENFORD, Bins, Count, Digits, compare_with_benford

Shape = Mapping[str, Any]
Shaping = Callable[[Shape], Shape]

COLUMNS: Mapping[str, str] = {
    "reference_id": "reference_id",
    "contract_no": "contract_number",
    "award_title": "award_title",
    "notice_title": "notice_title",
    "awardee_name": "awardee_name",
    "organization_name": "organization_name",
    "area_of_delivery": "area_of_delivery",
    "business_category": "business_category",
    "contract_amount": "contract_amount",
    "award_date": "award_date",
    "award_status": "award_status",
}
"""Member of a contract, or column of a CSV file, there -> our column; in the order of the file."""
NAMED_PARTS = ("by_contractor", "by_organization", "by_area", "by_category")
# The levels of rounding as clients know them, by the pesos of which an amount is a multiple.
LEVELS = {
    10_000_000: "Rounded to 10M",
    1_000_000: "Rounded to 1M",
    100_000: "Rounded to 100K",
    10_000: "Rounded to 10K",
    1_000: "Rounded to 1K",
    0: "No rounding",
}
# The incumbent's own measure of what is striking, kept so that its figures mean what they meant: points for
# each level of millions above a share, and for each last digit further from a tenth than a few in a hundred.
MILLIONS_SHARE, MILLIONS_POINTS = 15.0, 30.0
DIGIT_OFF, DIGIT_POINTS = 5.0, 2.0
STRIKING_SCORE, STRIKING_P = 70.0, 0.05


def shape_search(result: Shape) -> Shape:
    """A page of contracts, from the result of a search."""
    rows = [shape_contract(row) for row in result["rows"]]
    pages = _shape_pages(result, total=result["total_rows"])
    return {"success": True, "data": rows, "pagination": {"page": result["page"], **pages}}


def shape_contract(row: Shape) -> Shape:
    shaped = {name: row.get(column) for name, column in COLUMNS.items()}
    amount = to_number(row.get("contract_amount"))
    return {"id": row.get("id"), **shaped, "contract_amount": amount, "award_amount": amount}


def shape_aggregates(result: Shape) -> Shape:
    """Totals by year, month and name, from the result of aggregates."""
    summary = result["summary"]
    data: dict[str, Any] = {
        "summary": [_shape_money(summary)],
        "by_year": _shape_periods(result["by_year"], "year", int),
        "by_month": _shape_periods(result["by_month"], "month", str),
    }
    for part in NAMED_PARTS:
        rows = [row for row in result[part] if not row.get("others")]
        data[part] = [_shape_named(row) for row in rows]
    return {"success": True, "data": data}


def shape_table(result: Shape) -> Shape:
    """A page of names with their totals, from the result of a table."""
    pages = _shape_pages(result, total=result["total_rows"])
    return {
        "success": True,
        "data": [_shape_named(row) for row in result["rows"]],
        "pagination": {"current_page": result["page"], **pages},
    }


def shape_bins(bins: Bins | None, *, number: int) -> Shape:
    """The distribution of amounts; ``bins`` are None where there are no contracts. Empty ones are left out,
    as there."""
    if bins is None:
        nothing = dict.fromkeys(("min_value", "max_value", "bin_width", "total_contracts"), 0)
        return {**nothing, "num_bins": number, "bins": {}}
    least, width = float(bins.least), float(bins.most - bins.least) / number
    shown = {
        str(place + 1): {
            "bin_start": least + place * width,
            "bin_end": least + (place + 1) * width,
            "count": found.count,
            "total_value": float(found.total_value),
            "avg_value": float(found.total_value) / found.count,
        }
        for place, found in bins.found.items()
    }
    return {
        "min_value": least,
        "max_value": float(bins.most),
        "bin_width": width,
        "num_bins": number,
        "total_contracts": sum(found.count for found in bins.found.values()),
        "bins": shown,
    }


def shape_benford(digits: Digits) -> Shape:
    """First digits beside Benford's law. Shares are of a hundred."""
    fit = compare_with_benford(digits)
    total = _add_up(digits.first)
    return {
        "success": True,
        "total_contracts": total,
        "analysis": [
            {
                "digit": digit,
                "count": _count(digits.first, digit),
                "observed_frequency": _percent(_count(digits.first, digit), total),
                "expected_frequency": round(100 * share, 2),
                "chi_square_component": round(fit.parts[digit], 2),
            }
            for digit, share in BENFORD.items()
        ],
        "chi_square_statistic": round(fit.chi_square, 2),
        "p_value": round(fit.p_value, 4),
        "is_suspicious": fit.p_value < STRIKING_P,
    }


def shape_rounding(digits: Digits) -> Shape:
    """How round amounts are, and what is striking in it. Shares are of a hundred."""
    total = _add_up(digits.last)
    levels = {step: _share(digits.steps, step, total) for step in LEVELS}
    last = [{"digit": digit, **_share(digits.last, digit, total)} for digit in range(10)]
    score = _score(levels, last) if total else 0.0
    return {
        "success": True,
        "total_contracts": total,
        "rounding_buckets": [
            {"bucket": LEVELS[step], **share, "total_value": _worth(digits.steps, step)}
            for step, share in levels.items()
        ],
        "last_digit_distribution": last,
        "trailing_zeros_distribution": [
            {"zeros": zeros, **_share(digits.zeros, zeros, total)} for zeros in sorted(digits.zeros)
        ],
        "suspicion_score": round(score, 1),
        "is_suspicious": score > STRIKING_SCORE,
    }


def to_number(pesos: Any) -> float | None:
    """Money, text in our answers, as the JSON number that is read there."""
    return None if pesos is None else float(pesos)


def _score(levels: Mapping[int, Shape], last: Sequence[Shape]) -> float:
    millions = [share for step, share in levels.items() if step >= 1_000_000]
    points = MILLIONS_POINTS * sum(share["percentage"] > MILLIONS_SHARE for share in millions)
    offs: list[float] = [abs(digit["percentage"] - 10) for digit in last]
    points += DIGIT_POINTS * sum(off for off in offs if off > DIGIT_OFF)
    return float(min(100.0, points))


def _shape_pages(result: Shape, *, total: int) -> Shape:
    page, pages = result["page"], result["pages"]
    return {
        "page_size": result["page_size"],
        "total_count": total,
        "total_pages": pages,
        "has_next": page < pages,
        "has_previous": page > 1,
    }


def _shape_periods(rows: Sequence[Shape], name: str, read: Callable[[str], Any]) -> list[Shape]:
    # Without those of no known day, as there.
    dated = [row for row in rows if row["label"] is not None]
    return [{name: read(row["label"]), **_shape_money(row)} for row in dated]


def _shape_named(row: Shape) -> Shape:
    return {"label": MISSING if row["label"] is None else row["label"], **_shape_money(row)}


def _shape_money(row: Shape) -> Shape:
    return {
        "count": row["count"],
        "total_value": to_number(row["total_value"]),
        "avg_value": to_number(row["avg_value"] or 0),
    }


def _share(counts: Mapping[int, Count], key: int, total: int) -> dict[str, Any]:
    count = _count(counts, key)
    return {"count": count, "percentage": _percent(count, total)}


def _count(counts: Mapping[int, Count], key: int) -> int:
    return counts[key].count if key in counts else 0


def _worth(counts: Mapping[int, Count], key: int) -> float:
    return float(counts[key].total_value) if key in counts else 0.0


def _add_up(counts: Mapping[int, Count]) -> int:
    return sum(found.count for found in counts.values())


def _percent(count: int, total: int) -> float:
    return round(100 * count / total, 2) if total else 0.0
