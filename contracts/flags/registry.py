"""The registry of red flags. A new flag is one module in a folder of its sort and one entry here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from contracts.flags.flag import Flag

MODULES = (
    "amounts.just_under_limit",
    "amounts.over_limit",
    "suppliers.split_purchases",
    "suppliers.split_by_category",
    "amounts.over_budget",
    "amounts.at_budget",
    "dates.award_before_closing",
    "dates.short_notice",
    "dates.weekend_award",
    "dates.year_end_rush",
    "amounts.equal_amounts",
    "suppliers.duplicate_awards",
    "amounts.price_outliers",
    "amounts.round_amounts",
    "amounts.benford",
    "shares.supplier_share",
    "shares.concentration",
    "shares.negotiated_share",
    "shares.missing_fields",
    "suppliers.new_supplier",
    "suppliers.many_trades",
    "suppliers.joint_ventures",
)
"""The modules that declare a FLAG, in the order in which they are shown."""

FLAGS: Mapping[str, Flag] = {
    flag.code: flag for name in MODULES for flag in [import_module(f"contracts.flags.{name}").FLAG]
}
