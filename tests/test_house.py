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

from tests.copies import ROOMS
from tools.stack.up import WATCHED

ROOT = Path(__file__).parents[1]
MOST_LINES, MOST_MODULES, MOST_FUNCTION_LINES, MOST_MEDIAN_LINES = 400, 12, 50, 8
LEAST_COMMENTS = 2.5
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


def test_a_change_of_any_room_restarts_what_runs_it() -> None:
    assert set(WATCHED) == set(ROOMS)


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


TYPED = [f"data_processing/{package}" for package in ("lifecycle", "kinds", "outputs")]
TYPED += [f"contracts/{package}" for package in ("engine", "questions")]
JSON_EDGE = {
    "contracts.questions.model.MESSAGES",
    "contracts.questions.model.Question.to_json",
}
"""Where a value comes in that nobody has looked at yet, or goes to a library without types."""


def list_public_hints(body: list[ast.stmt], name: str) -> Iterator[tuple[str, ast.expr]]:
    """Each annotation of a public function, method, attribute or constant, under its full name."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from list_public_hints(node.body, f"{name}.{node.name}")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not node.name.startswith("_") or node.name == "__init__":
                given = node.args
                arguments = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
                hints = [node.returns, *(argument.annotation for argument in arguments if argument)]
                yield from ((f"{name}.{node.name}", hint) for hint in hints if hint)
        elif isinstance(node, ast.AnnAssign) and not ast.unparse(node.target).startswith("_"):
            yield f"{name}.{ast.unparse(node.target)}", node.annotation


def test_public_signatures_say_what_they_take_and_give() -> None:
    untyped = set()
    for path in (path for folder in TYPED for path in (ROOT / folder).rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for name, hint in list_public_hints(ast.parse(path.read_text(encoding="utf-8")).body, module):
            if any(isinstance(part, ast.Name) and part.id == "Any" for part in ast.walk(hint)):
                untyped.add(name)
    assert untyped == JSON_EDGE
