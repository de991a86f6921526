"""Says in words, for a terminal, what an import or its rehearsal came to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from contracts.ingest import Check
from contracts.snapshot.versions import REJECTS, SourceReport

_FATES = ("imported", "collapsed", "unawarded", "duplicates", "rejected")
_TOLD = frozenset(("file", "generation", "sha256", "notes", "read", *_FATES))
"""What has lines of its own."""
_BY_REASON = frozenset(["rejected_by_reason", "repaired_by_reason"])
"""A check says the same with an example each."""


def describe_source(source: SourceReport, *, without: frozenset[str] = frozenset()) -> Iterator[str]:
    """What became of the rows of one file, then whatever else is known of it, a line each."""
    yield (
        f"{source.file} ({source.generation}): read {source.read:,} = imported {source.imported:,}"
        f" + collapsed {source.collapsed:,} + unawarded {source.unawarded:,}"
        f" + duplicates {source.duplicates:,} + rejected {source.rejected:,}"
    )
    for note in source.notes:
        yield f"  {note.text}"
    for name, value in asdict(source).items():
        if name not in _TOLD | without and value not in (None, "", 0, [], (), {}):
            yield f"  {name.replace('_', ' ')}: {_say(value)}"


def _say(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_say(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_say(one) for one in value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def describe_check(check: Check) -> Iterator[str]:
    """Every file, what was found in it with an example each, and what an import would come to."""
    for source in check.sources:
        yield from describe_source(source, without=_BY_REASON)
    for count in check.fate_counts:
        yield str(count)
    for refusal in check.refusals:
        yield f"refused: {refusal.problem}"
    yield f"{check.contracts:,} contracts, ₱{check.total_value:,.2f}"
    for sentence in check.losses.sentences:
        yield f"held: {sentence}"


def advise(*, rejected_share: float, only_share: bool, reports: Path | None) -> Iterator[str]:
    """How to go on after an import that is held."""
    if rejected_share and reports:
        yield f"Every rejected row stands in {reports / REJECTS}."
    elif rejected_share:
        yield "To see every rejected row: --check --reports FOLDER with the same files."
    percent = math.ceil(100 * rejected_share)
    accept = (
        f"To import all the same: --max-rejected-percent {percent}"
        if only_share
        else "Mend the files or leave them out. To import all the same: --accept-losses"
    )
    yield f"{accept} (`use_dataset` leads back)."
