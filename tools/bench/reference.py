"""The page of benchmarks in the reference: a table first, and sections that other commands write."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "benchmarks.md"


def write_head(lines: Sequence[str], page: Path = PAGE) -> None:
    """What stands before the sections, which stay."""
    _, *sections = _split(page)
    _join(["\n".join(lines).rstrip() + "\n", *sections], page)


def write_section(title: str, lines: Sequence[str], page: Path = PAGE) -> None:
    """One section, in place of the one with its title or at the end; all else stays."""
    written = "\n".join([f"## {title}", "", *lines]).rstrip() + "\n"
    parts = _split(page)
    titles = [part.partition("\n")[0] for part in parts]
    if f"## {title}" in titles:
        parts[titles.index(f"## {title}")] = written
    else:
        parts.append(written)
    _join(parts, page)


def describe_machine() -> str:
    """On what was measured, and when."""
    cores, python = os.cpu_count(), platform.python_version()
    today, load = datetime.now(UTC), os.getloadavg()[0]
    return f"{cores} cores, Python {python}, {today:%Y-%m-%d}, load at the end {load:.1f}."


def _split(page: Path) -> list[str]:
    return re.split(r"^(?=## )", page.read_text(encoding="utf-8"), flags=re.MULTILINE)


def _join(parts: Sequence[str], page: Path) -> None:
    page.write_text("\n".join(part.rstrip() + "\n" for part in parts), encoding="utf-8")
