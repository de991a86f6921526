"""What guides tell people to do can be done: files that they name exist, and the kind and the filter work."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from data_processing.models import DeadReason
from tests.copies import PRODUCT, copy_rooms, insert_before, run_in
from tests.data_processing.kinds.test_registry import GREETING
from tests.docs.pages import DOCS, NOT_RUN, RUN, Block, read_blocks

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
    checks = re.search(
        r"^check: .*\n\t\$\(MAKE\)(?: --\S+)* (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
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


PAGES = [page for page in sorted(DOCS.rglob("*.md")) if page.parent.name != "decisions"]


def list_blocks() -> Sequence[Block]:
    found = [block for page in (DOCS / "how-to").glob("*.md") for block in read_blocks(page)]
    return [block for block in found if block.language == "sh"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_page_says_whom_it_is_for(page: Path) -> None:
    title, _, rest = page.read_text(encoding="utf-8").partition("\n")
    assert title.startswith("# ")
    assert re.match(r"\s*For [a-z]", rest), "the first sentence under the title"


def test_index_leads_to_every_page() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    linked = {(DOCS / target).resolve() for target in re.findall(r"\]\(([^)#:]+)", index)}
    assert {page for page in PAGES if page not in linked} == {DOCS / "README.md"}


def test_blocks_of_commands_are_run_or_say_why_not() -> None:
    blocks = list_blocks()
    assert {block.mark for block in blocks} - {""} == set(NOT_RUN)
    assert {block.page for block in blocks if not block.mark} == {"api.md", *RUN}


def list_compose_commands() -> list[list[str]]:
    lines = "\n".join(block.text for block in list_blocks() if block.mark == "containers").splitlines()
    return [shlex.split(line.partition(" | ")[0]) for line in lines if line.startswith("docker compose")]


def test_commands_for_containers_name_services_and_commands_that_are_there() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    services, commands = compose["services"], list_compose_commands()
    assert len(commands) > 10
    for words in commands:
        verb = next(
            word
            for word in words[2:]
            if word in ("config", "exec", "logs", "ps", "restart", "run", "stop", "up")
        )
        named = [word for word in words[words.index(verb) + 1 :] if re.match(r"[a-z][a-z-]+$", word)]
        if "python" in words:
            check_of_django(words[words.index("manage.py") + 1 :])
            named = named[: named.index("python")]
        assert set(named) <= set(services), words
        for profile in re.findall(r"--profile (\S+)", " ".join(words)):
            assert any(profile in service.get("profiles", ()) for service in services.values())


def check_of_django(words: Sequence[str]) -> None:
    """Whether it is a command with its options."""
    name, *rest = words
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    parser.parse_args(rest)


def test_operations_guide_knows_every_reason_and_no_alert_that_is_not_there() -> None:
    text = (DOCS / "how-to" / "operate.md").read_text(encoding="utf-8")
    assert {reason for reason in DeadReason.values if f"| `{reason}` |" not in text} == set()
    rules = yaml.safe_load((ROOT / "deploy" / "watch" / "alerts.yml").read_text(encoding="utf-8"))
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", text))
    assert len(named) > 5
    assert named <= alerts
