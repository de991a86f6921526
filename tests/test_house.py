"""Bounds within which a module, a package and a function of the product can be taken in at a glance."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
ROOMS = ("backend", "web", "api", "data_processing", "contracts")
MOST_LINES, MOST_MODULES, MOST_FUNCTION_LINES, MOST_MEDIAN_LINES = 400, 12, 50, 8
LEAST_COMMENTS = 1.0
"""Lines with a comment in a hundred lines. Code that is dense and says no reason is changed by guessing."""
DIRECTIVE = re.compile(r"#\s*(noqa|type:)")
"""What a tool reads, which is no comment."""


def list_modules() -> list[Path]:
    found = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts]
    assert len(found) > 100
    return found


def list_functions() -> Iterator[tuple[str, int]]:
    """Each function's place and its lines, decorators and docstring included."""
    for path in list_modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1


def test_no_module_is_longer_than_people_read() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in list_modules()}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_package_has_more_doors_than_a_glance_takes_in() -> None:
    doors = Counter(path.parent for path in list_modules() if path.name != "__init__.py")
    assert {folder: count for folder, count in doors.items() if count > MOST_MODULES} == {}


def test_functions_are_short() -> None:
    lengths = dict(list_functions())
    assert {place: lines for place, lines in lengths.items() if lines > MOST_FUNCTION_LINES} == {}
    assert median(lengths.values()) < MOST_MEDIAN_LINES


def count_comments(source: str) -> int:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return sum(token.type == tokenize.COMMENT and not DIRECTIVE.match(token.string) for token in tokens)


def test_comments_say_reasons_often_enough() -> None:
    sources = [path.read_text(encoding="utf-8") for path in list_modules()]
    lines = sum(len(source.splitlines()) for source in sources)
    assert 100 * sum(map(count_comments, sources)) / lines >= LEAST_COMMENTS
