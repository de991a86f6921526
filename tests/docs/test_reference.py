"""The reference names everything that is there: settings, errors, kinds, tasks, columns, paths."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from celery import current_app
from django.core.management import BaseCommand, load_command_class
from django.urls import URLPattern, URLResolver, get_resolver

from assistants.tools import TOOLS
from backend import secrets
from contracts.errors import ContractsError
from contracts.fields import FIELDS
from contracts.questions.comparisons import PagedComparison
from contracts.questions.filters import FILTER_OF, Filters
from contracts.questions.query import Query
from data_processing.errors import TaskError
from data_processing.kinds.registry import KINDS

OURS = ("data_processing.", "philgeps_data_explorer.")
OF_OTHERS = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_DEFAULT_REGION",
    "AWS_REQUEST_CHECKSUM_CALCULATION",
    "AWS_RESPONSE_CHECKSUM_VALIDATION",
    "COMPOSE_PROFILES",
}
"""Read by boto3 and by Compose itself."""
ROOT = Path(__file__).resolve().parents[2]


def page(name: str) -> str:
    return (ROOT / "docs" / "reference" / f"{name}.md").read_text(encoding="utf-8")


def test_every_setting_is_documented_and_every_documented_setting_is_read() -> None:
    assert list_read() == list_documented(before="Compose")


def test_every_setting_reaches_the_containers_and_all_that_compose_reads_is_documented() -> None:
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    product = yaml.safe_load(compose)["x-product"]["environment"]
    filled_in = {name for name in product if product[name] is None}
    filled_in |= set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", compose))
    assert list_read() - filled_in == {"ENV_FILE", "DATA_DIR"}, "and takes effect there"
    own = list_documented() - list_documented(before="Compose")
    assert own <= filled_in
    assert filled_in - OF_OTHERS <= list_documented()
    assert all(f"`{name}`" in page("settings") for name in OF_OTHERS)


def test_every_variable_of_the_example_is_documented() -> None:
    example = (ROOT / "deploy" / "env.example").read_text(encoding="utf-8")
    names = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))
    assert len(names) > 10
    assert names - OF_OTHERS <= list_documented()


def list_read() -> set[str]:
    """All names that the readers of backend/env.py are called with."""
    source = ast.parse((ROOT / "backend" / "settings.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(source) if isinstance(node, ast.Call)]
    readers = [call for call in calls if ast.unparse(call.func).startswith("env.")]
    named = [part for call in readers for part in (call.args[0], *(word.value for word in call.keywords))]
    texts = [node.value for part in named for node in ast.walk(part) if isinstance(node, ast.Constant)]
    places_of_secrets = {secrets.PROJECT, secrets.PREFIX, secrets.ENDPOINT}
    return {text for text in texts if isinstance(text, str)} | places_of_secrets


def list_documented(*, before: str = "Commands") -> set[str]:
    """The names in the tables of settings.md, up to a section."""
    text, _, _ = page("settings").partition(f"\n## {before}")
    return set(re.findall(r"^\| `([A-Z0-9_]+)` \|", text, re.MULTILINE))


def subclasses(root: type[Exception]) -> Iterator[type[Exception]]:
    yield root
    for child in root.__subclasses__():
        yield from subclasses(child)


@pytest.mark.parametrize("root", [TaskError, ContractsError], ids=lambda root: root.__name__)
def test_every_error_code_is_documented(root: type[Exception]) -> None:
    codes = {vars(error)["code"] for error in subclasses(root) if "code" in vars(error)}
    missing = {code for code in codes if f"`{code}`" not in page("errors")}
    assert not missing


def test_every_kind_and_every_celery_task_is_documented() -> None:
    text = page("tasks")
    current_app.loader.import_default_modules()
    ours = {name for name in current_app.tasks if name.startswith(OURS)}
    assert len(ours) > len(KINDS)
    assert {name for name in ours if f"`{name}`" not in text} == set()
    for kind in KINDS.values():
        assert f"| `{kind.name}` | `{kind.task_name}` | {kind.queue} |" in text


def test_every_tool_for_assistants_is_documented() -> None:
    assert {name for name in TOOLS if f"`{name}`" not in page("assistants")} == set()


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_column_is_documented_as_it_is(field: object) -> None:
    (row,) = re.findall(rf"^\| `{field.name}` \|.*$", page("columns"), re.MULTILINE)  # type: ignore[attr-defined]
    for text in (field.label, field.type.value, field.description, FILTER_OF.get(field.name, "")):  # type: ignore[attr-defined]
        assert text in row


def test_every_option_of_the_import_is_documented() -> None:
    ours, everybodys = (
        re.findall(r"--[a-z-]+", command.create_parser("manage.py", "x").format_help())
        for command in (load_command_class("data_processing", "import_contracts"), BaseCommand())
    )
    options = set(ours) - set(everybodys)
    assert len(options) > 5
    assert {option for option in options if f"`{option}" not in page("import")} == set()


def paths(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from paths(pattern, route)


def test_every_path_of_the_api_is_documented() -> None:
    routes = [route for route in paths(get_resolver()) if route.startswith(("api/v1/", "health/"))]
    assert len(routes) > 20
    text = page("api")
    for route in routes:
        # Names of things are shown as such, other variable parts are ids.
        named = re.sub(r"<(?:str|path):(kind|slug|reference|award)>", r"{\1}", route)
        shown = re.sub(r"<[^>]+>", "{id}", named).removeprefix("api/v1/data-processing/")
        assert shown in text, shown


def test_examples_are_questions_that_can_be_asked() -> None:
    example, compared = re.findall(r"```json\n(.*?)```", page("api"), re.DOTALL)
    body = json.loads(example)
    assert Filters.from_json(body["filters"]).areas == ("Metro Manila", None)
    assert Query.from_json({"sort": body["sort"]}).sort.descending
    assert PagedComparison.from_json(json.loads(compared)).by == "organization"


def list_anchors(page: Path) -> set[str]:
    """What GitHub makes of the titles of a page."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_links_between_the_pages_lead_somewhere() -> None:
    for source in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^):]+)\)", source.read_text(encoding="utf-8")):
            path, _, anchor = target.partition("#")
            page = source.parent / path if path else source
            assert page.exists(), f"{source.name} -> {target}"
            assert not anchor or anchor in list_anchors(page), f"{source.name} -> {target}"
