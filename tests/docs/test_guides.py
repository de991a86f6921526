"""What guides tell people to do can be done: files that they name exist, and the kind and the filter work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.copies import PRODUCT, copy_rooms, insert_before, run_in
from tests.data_processing.kinds.test_registry import GREETING

ROOT = Path(__file__).resolve().parents[2]
GUIDES = [
    ROOT / "CONTRIBUTING.md",
    ROOT / "README.md",
    ROOT / "docs" / "quickstart.md",
    ROOT / "docs" / "explanation" / "pages.md",
    ROOT / "docs" / "reference" / "glossary.md",
    *sorted((ROOT / "docs" / "how-to").glob("*.md")),
]
HOW_TO = ROOT / "docs" / "how-to" / "add-things.md"
MADE = (".venv/", "var/")
"""What is there only once something has run."""
BEFORE = "    keywords: Annotated["
USE = """
import json, sys
import django
django.setup()
from api.document import schema
from contracts.questions.query import Aggregation, Page, Query
from drf_spectacular.generators import SchemaGenerator
from tests.contracts.small_stores import make_award, open_awards
from web.views import DECLARED

def ask(filters):
    query = Query.from_json({"filters": filters, "columns": ["source_file"]})
    words = query.filters.describe()
    with open_awards(awards) as store, store.reader() as reader:
        return words, sorted(row["source_file"] for row in reader.search(query, Page()))

awards = [make_award(number, source_file=f"{number}.csv") for number in (1, 2, 3)]
with open_awards(awards) as store, store.reader() as reader:
    totals = reader.aggregate(Aggregation.from_json({"dimensions": ["by_file"]}))
schemas = SchemaGenerator().get_schema(public=True)["components"]["schemas"]
json.dump({
    "only": ask({"source_files": ["2.csv"]}),
    "but": ask({"except_source_files": ["2.csv"]}),
    "totals": sorted(part["label"] for part in totals["by_file"]),
    "filters": "source_files" in schemas["Filters"]["properties"],
    "answer": "by_file" in schemas["AggregatesResult"]["properties"],
    "page": json.loads(DECLARED)[-1],
}, sys.stdout)
"""


def list_files(guide: Path) -> set[str]:
    """What stands in backticks with a slash, outside of blocks of code, and is no address."""
    text = re.sub(r"^```.*?^```$", "", guide.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    named = set(re.findall(r"`([\w.-][\w./-]*/[\w./-]*)`", text))
    return {name for name in named if not name.startswith(MADE)}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_every_file_that_a_guide_names_exists(guide: Path) -> None:
    assert {name for name in list_files(guide) if not (ROOT / name).exists()} == set()


def test_guides_name_files() -> None:
    assert len(list_files(HOW_TO)) > 40


def test_every_command_of_make_that_a_guide_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for guide in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/**/*.md")]:
        # A sentence may have the word too; a command stands in backticks or at the start of a line of code.
        named = re.findall(r"(?:`|^)(?:[A-Z_]+=\S+ )*make ([a-z-]+)", guide.read_text(), re.MULTILINE)
        assert set(named) <= targets, guide.name


def test_checks_before_a_commit_are_those_of_make_and_ask_no_other_repository() -> None:
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert local["repo"] == "local"
    checks = re.search(r"^check: (.*?) ##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert checks is not None
    assert [hook["entry"] for hook in local["hooks"]] == [f"make {name}" for name in checks[1].split()]


def test_kind_of_the_guide_is_the_one_that_is_tried() -> None:
    assert GREETING.strip() in HOW_TO.read_text(encoding="utf-8")


def test_filter_of_the_guide_works_once_it_stands_where_the_guide_says(tmp_path: Path) -> None:
    section = HOW_TO.read_text(encoding="utf-8").split("\n## A filter\n")[1]
    members = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert members is not None
    copy = copy_rooms(tmp_path / "copy", (*PRODUCT, "tests", "tools"))
    insert_before(BEFORE, members[1], file=copy / "contracts" / "questions" / "filters.py")
    assert run_in(copy, USE, DATA_DIR=str(tmp_path)) == {
        "only": ["file: 2.csv", ["2.csv"]],
        "but": ["file other than: 2.csv", ["1.csv", "3.csv"]],
        "totals": ["1.csv", "2.csv", "3.csv"],
        "filters": True,
        "answer": True,
        "page": {
            "filter": "source_files",
            "word": "file",
            "words": "file",
            "plural": "source files",
            "dimension": "by_file",
            "more": True,
        },
    }
