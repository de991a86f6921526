"""The known faults of the raw files, each with what a correct import makes of it. Counts nothing.

A fault changes the rows of one notice and sets their fates by the published import rules.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from tools.sample.draft import NULL_SPELLINGS, Draft, leave_unawarded
from tools.sample.layouts import FLOOD, SLOT
from tools.sample.notation import (
    DateStyle,
    as_date,
    as_day,
    write_day,
    write_grouped_money,
    write_otherwise,
    write_plain_money,
    write_serial,
)
from tools.sample.plan import FilePlan
from tools.sample.tally import Fate, Line

OPTIONAL_SLOTS = (
    "publish_date",
    "closing_date",
    "award_title",
    "area_of_delivery",
    "procurement_mode",
    "award_status",
)
TELLING_SLOTS = (
    *("reference_id", "award_number", "contract_number", "award_title", "notice_title"),
    *("awardee_name", "organization_name", "project_id"),
)
"""All of these missing: nobody can say what was bought."""
LARGE_FILE = 700
"""From this size on a few dates against the file's order are less than one in a hundred."""


Inject = Callable[[Draft], None]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One kind of fault: how it is put in, and into which files it may be put."""

    inject: Inject
    suits: Callable[[FilePlan], bool]
    awards: int = 1
    """At most so many awards come out of it."""


def _main(plan: FilePlan) -> bool:
    return plan.layout is not FLOOD


def _flood(plan: FilePlan) -> bool:
    return plan.layout is FLOOD


def _any(_: FilePlan) -> bool:
    return True


def _delimited(plan: FilePlan) -> bool:
    return not plan.workbook


def _ordered(plan: FilePlan) -> bool:
    return plan.notation.dates.slashed and plan.size >= LARGE_FILE


def _bad_amount(reason: str, *texts: str) -> Inject:
    return lambda draft: draft.reject("contract_amount", draft.rng.choice(texts), reason)


def _bad_cell(slot: str, reason: str, *texts: str) -> Inject:
    return lambda draft: draft.repair(slot, draft.rng.choice(texts), reason)


def _bad_year(slot: str, year: int) -> Inject:
    def inject(draft: Draft) -> None:
        moment = date(year, draft.rng.randint(1, 12), draft.rng.randint(1, 28))
        draft.repair(slot, write_day(as_day(moment), draft.plan.notation.dates), "impossible_year")

    return inject


def _bad_date(slot: str) -> Inject:
    def inject(draft: Draft) -> None:
        slashed = {
            DateStyle.MONTH_FIRST: "2/30/2024",
            DateStyle.MONTH_FIRST_TIME: "02/30/2024 12:00:00 AM",
            DateStyle.DAY_FIRST: "30/02/2025",
        }
        text = slashed.get(draft.plan.notation.dates, "2023-02-29")
        draft.repair(slot, draft.rng.choice((text, "0000-00-00", "TBA", "2024-13-05")), "invalid_date")

    return inject


def write_date_otherwise(draft: Draft) -> None:
    texts = write_otherwise(draft.notice.day, draft.plan.notation.dates)
    for line in draft.lines:
        line.cells[SLOT["award_date"]] = draft.rng.choice(texts)


def contradict_order(draft: Draft) -> None:
    """A day that must be read in the other order than the file's; on one row, to stay the exception."""
    draft.lines = draft.lines[:1]
    moment = as_date(draft.notice.day).replace(day=draft.rng.randint(13, 28))
    text = f"{moment.day}/{moment.month}/{moment.year}"
    if draft.plan.notation.dates is DateStyle.DAY_FIRST:
        text = f"{moment.month}/{moment.day}/{moment.year}"
    draft.repair("award_date", text, "invalid_date")


def write_serial_date(draft: Draft) -> None:
    fraction = "" if draft.plan.notation.utc else draft.rng.choice(("", ".4375", ".0"))
    draft.put("award_date", write_serial(draft.notice.day) + fraction)


def omit_award_date(draft: Draft) -> None:
    draft.put("award_date", draft.rng.choice(NULL_SPELLINGS))
    for line in draft.lines:
        line.day = None


def spell_nulls(draft: Draft) -> None:
    for slot in OPTIONAL_SLOTS:
        draft.put(slot, draft.rng.choice(NULL_SPELLINGS))


def omit(slot: str) -> Inject:
    """On all rows, as rows with a number and rows without one are not known to be of one award."""
    everywhere = slot != "awardee_name"
    return lambda draft: draft.repair(
        slot, draft.rng.choice(NULL_SPELLINGS), "missing_value", everywhere=everywhere
    )


def write_zero_number(slot: str) -> Inject:
    return lambda draft: draft.repair(
        slot, draft.rng.choice(("0", "00", "0.0")), "zero_number", everywhere=True
    )


def omit_amount(draft: Draft) -> None:
    draft.reject("contract_amount", draft.rng.choice(NULL_SPELLINGS), "missing_value")


def tell_nothing(draft: Draft) -> None:
    """An amount, and neither what nor whose it is."""
    for slot in TELLING_SLOTS if draft.plan.layout is FLOOD else TELLING_SLOTS[:-1]:
        draft.put(slot, "")
    for line in draft.lines:
        line.fate, line.reason = Fate.REJECTED, "nothing_told"
    draft.lines = draft.lines[:1]


def repeat_row(draft: Draft) -> None:
    """The very same row again; spaces around a text make no difference."""
    line = draft.copy_last(fate=Fate.DUPLICATE)
    if draft.rng.random() < 0.5:
        place = SLOT["organization_name"]
        line.cells[place] = f"  {line.cells[place]} "


def repeat_unawarded_row(draft: Draft) -> None:
    leave_unawarded(draft)
    repeat_row(draft)


def repeat_rejected_row(draft: Draft) -> None:
    draft.lines = draft.lines[-1:]
    draft.reject("contract_amount", "0.00", "amount_not_positive")
    repeat_row(draft)


def contradict_amount(draft: Draft) -> None:
    other = draft.notice.centavos + 100_000
    text = draft.plan.notation.write_money(other)
    line = draft.add_line(
        fate=Fate.REJECTED, column="contract_amount", value=text, reason="conflicting_amount"
    )
    line.cells[SLOT["contract_amount"]] = text


def write_negative_amount(draft: Draft) -> None:
    draft.reject(
        "contract_amount", f"-{draft.plan.notation.write_money(draft.notice.centavos)}", "amount_not_positive"
    )


def spell_amount(draft: Draft) -> None:
    """As people and programs write pesos; ? is what a code page without the sign makes of it."""
    centavos = draft.notice.centavos
    text = write_grouped_money(centavos)
    spellings = [sign + text for sign in ("₱", "₱ ", "PHP ", "PHP", "P", "Php. ", "?", "\ufffd")]
    spellings += [f"{text} PHP", text.replace(",", "\u00a0"), f"{centavos}E-2", f"{centavos // 100:,} pesos"]
    for line in draft.lines:
        line.cells[SLOT["contract_amount"]] = draft.rng.choice(
            spellings[: None if centavos % 100 == 0 else -1]
        )


def write_more_decimals(draft: Draft) -> None:
    """Halves of a centavo are rounded up."""
    draft.put("contract_amount", f"{write_plain_money(draft.notice.centavos)}5")
    for line in draft.lines:
        line.centavos += 1


def write_odd_amount(draft: Draft) -> None:
    """Suspicious, but an amount. The largest is rare, as it outweighs thousands of others."""
    centavos = 45_000_000_000_00 if draft.rng.random() < 0.02 else draft.rng.choice((1, 54, 100))
    draft.put("contract_amount", draft.plan.notation.write_money(centavos))
    for line in draft.lines:
        line.centavos = centavos


def break_row(surplus: int) -> Inject:
    def inject(draft: Draft) -> None:
        line = draft.lines[-1]
        line.fate, line.surplus, line.reason = Fate.REJECTED, surplus, "ragged_row"

    return inject


def insert_blank_row(draft: Draft) -> None:
    blank = [""] * len(draft.lines[0].cells)
    draft.lines.insert(0, Line(cells=blank, fate=Fate.BLANK, centavos=0, day=None))


def award_twice(draft: Draft) -> None:
    """One award number, two awardees: two awards."""
    line = draft.add_line(award="other awardee")
    line.cells[SLOT["awardee_name"]] = f"{draft.notice.awardee} / JOINT VENTURE PARTNER"


def award_another_lot(draft: Draft) -> None:
    """A second award of the same notice."""
    line = draft.add_line(award="other lot")
    line.cells[SLOT["award_number"]] = f"{draft.notice.number}1"


def vary_name(draft: Draft) -> None:
    """The awardee once more with doubled spaces and decomposed letters: the same award."""
    line = draft.add_line()
    name = unicodedata.normalize("NFD", draft.notice.awardee).replace(" ", "  ")
    line.cells[SLOT["awardee_name"]] = name if draft.plan.workbook else f"{name}\x07"


def escape_name(draft: Draft) -> None:
    """A system has written & as an entity, and in capitals: the same award."""
    draft.put("awardee_name", f"{draft.notice.awardee} & SONS")
    line = draft.add_line()
    line.cells[SLOT["awardee_name"]] = (
        f"{draft.notice.awardee} {draft.rng.choice(('&AMP;', '&amp;amp;'))} SONS"
    )


def turn_name(draft: Draft) -> None:
    """Marks of writing direction, which nobody sees."""
    line = draft.add_line()
    line.cells[SLOT["awardee_name"]] = f"\u202a{draft.notice.awardee}\u202c"


def resave_numbers(draft: Draft) -> None:
    """What spreadsheets and data frames make of numbers: the same award."""
    line = draft.add_line()
    number = draft.notice.number
    line.cells[SLOT["award_number"]] = draft.rng.choice((f"{number}.0", f"00{number}"))
    line.cells[SLOT["reference_id"]] = f"{draft.notice.reference}.0"


def omit_awardee_of_one_line(draft: Draft) -> None:
    """The other rows of the award name it."""
    draft.add_line()
    draft.lines[0].cells[SLOT["awardee_name"]] = "NULL"
    draft.lines[0].repairs += (("awardee_name", "NULL", "missing_value"),)


def add_later_year(draft: Draft) -> None:
    """The next year of the contract, which refers to the first in place of a cost: a part of it."""
    line = draft.copy_last()
    line.cells[SLOT["project_id"]] = f"{draft.notice.number}2"
    line.cells[SLOT["funding_year"]] = str(int(line.cells[SLOT["funding_year"]]) + 1)
    line.cells[SLOT["contract_amount"]] = f"MYCA with Project ID {draft.notice.number}"


def break_lines_of_text(draft: Draft) -> None:
    draft.put("award_title", f'{draft.notice.award_title}\nPhase 2, "as amended", 100%')


def break_two_columns(draft: Draft) -> None:
    """All bad cells of a row are named, and the contract stays."""
    draft.lines = draft.lines[:1]
    draft.repair(
        "award_date", write_day(as_day(date(1920, 3, 4)), draft.plan.notation.dates), "impossible_year"
    )
    draft.repair("awardee_name", "NULL", "missing_value")


def leave_bad_row_unawarded(draft: Draft) -> None:
    """Nobody asks for the date of a row without an award."""
    leave_unawarded(draft)
    draft.put("award_date", "not a date")


def _in_flood(inject: Inject) -> Fault:
    return Fault(inject=inject, suits=_flood)


def _everywhere(inject: Inject) -> Fault:
    return Fault(inject=inject, suits=_any)


def _in_main(inject: Inject, *, awards: int = 1) -> Fault:
    return Fault(inject=inject, suits=_main, awards=awards)


FAULTS: dict[str, Fault] = {
    "year_1920": _in_main(_bad_year("award_date", 1920)),
    "year_1924": _in_main(_bad_year("award_date", 1924)),
    "year_2034": _in_main(_bad_year("award_date", 2034)),
    "year_1920_completed": _in_flood(_bad_year("completion_date", 1920)),
    "invalid_start": _in_flood(_bad_date("start_date")),
    "impossible_budget_year": _in_flood(_bad_cell("funding_year", "impossible_year", "20222", "?", "1899")),
    "later_year": _in_flood(add_later_year),
    "year_1920_published": _in_main(_bad_year("publish_date", 1920)),
    "year_2204_closing": _in_main(_bad_year("closing_date", 2204)),
    "serial_of_1955": _in_main(_bad_cell("award_date", "impossible_year", "20147")),
    "invalid_date": _in_main(_bad_date("award_date")),
    "invalid_closing_date": _in_main(_bad_date("closing_date")),
    "serial_out_of_range": _in_main(_bad_cell("award_date", "invalid_date", "99999", "0", "-1")),
    "other_notation": _in_main(write_date_otherwise),
    "contradicting_order": Fault(inject=contradict_order, suits=_ordered),
    "serial_date": _in_main(write_serial_date),
    "null_award_date": _in_main(omit_award_date),
    "null_spelling": _in_main(spell_nulls),
    "duplicate_row": _everywhere(repeat_row),
    "duplicate_unawarded_row": _in_main(repeat_unawarded_row),
    "duplicate_rejected_row": _everywhere(repeat_rejected_row),
    "conflicting_amount": _in_main(contradict_amount),
    "negative_amount": _everywhere(write_negative_amount),
    "zero_amount": _everywhere(_bad_amount("amount_not_positive", "0", "0.00")),
    "garbage_amount": _everywhere(_bad_amount("invalid_amount", "TBA", "see attached", "1,2O0.00", "12.5.0")),
    "oversized_amount": _everywhere(_bad_amount("invalid_amount", "12345678901234567.00")),
    "garbage_budget": _in_main(_bad_cell("approved_budget", "invalid_amount", "TBA", "per PR")),
    "negative_budget": _in_main(_bad_cell("approved_budget", "invalid_amount", "-1", "-1000.00")),
    "missing_awardee": _everywhere(omit("awardee_name")),
    "missing_awardee_of_one_line": _in_main(omit_awardee_of_one_line),
    "missing_award_number": _in_main(omit("award_number")),
    "missing_reference": _in_main(omit("reference_id")),
    "zero_reference": _in_main(write_zero_number("reference_id")),
    "zero_award_number": _in_main(write_zero_number("award_number")),
    "missing_amount": _everywhere(omit_amount),
    "nothing_told": _everywhere(tell_nothing),
    "spelled_amount": _everywhere(spell_amount),
    "more_decimals": _everywhere(write_more_decimals),
    "odd_amount": _everywhere(write_odd_amount),
    "ragged_long": Fault(inject=break_row(1), suits=_delimited),
    "ragged_short": Fault(inject=break_row(-3), suits=_delimited),
    "blank_row": _everywhere(insert_blank_row),
    "twin_awardee": _in_main(award_twice, awards=2),
    "second_award": _in_main(award_another_lot, awards=2),
    "varied_name": _in_main(vary_name),
    "escaped_name": _in_main(escape_name),
    "turned_name": _in_main(turn_name),
    "resaved_numbers": _in_main(resave_numbers),
    "broken_lines_of_text": _everywhere(break_lines_of_text),
    "two_faults": _in_main(break_two_columns),
    "bad_unawarded_row": _in_main(leave_bad_row_unawarded),
}


def faults_of(plan: FilePlan) -> list[str]:
    """The kinds that this file can have."""
    return [name for name, fault in FAULTS.items() if fault.suits(plan)]
