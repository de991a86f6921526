"""The bill of materials names what the product runs on, and nothing else; the schema is CycloneDX's own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tools import sbom

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("bill") / "new" / "sbom.json"
    subprocess.run([sys.executable, "-m", "tools.sbom", str(file)], cwd=ROOT, check=True, capture_output=True)
    return file.read_text(encoding="utf-8")


def test_bill_fits_the_schema(bill: str) -> None:
    # A few, because the schema looks at each beside all others; they are all made by the same library.
    few = json.loads(bill)
    few["components"] = few["components"][:10]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(few)) is None


def test_bill_names_each_pinned_package_and_no_tool(bill: str) -> None:
    parts = json.loads(bill)["components"]
    pinned = re.findall(r"^([\w.-]+)(?:\[.*\])?==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert {sbom.normalize(part["name"]) for part in parts} == {sbom.normalize(name) for name in pinned}
    assert {"django", "celery", "duckdb"} <= {part["name"].lower() for part in parts}
    assert all(part["purl"].startswith("pkg:pypi/") and part["version"] for part in parts)


def test_bill_says_licences_and_who_needs_whom(bill: str) -> None:
    described = json.loads(bill)
    unlicensed = [part["name"] for part in described["components"] if not part.get("licenses")]
    assert len(unlicensed) < len(described["components"]) / 10, unlicensed
    known = {part["bom-ref"] for part in described["components"]} | {
        described["metadata"]["component"]["bom-ref"]
    }
    needs = {each["ref"]: set(each.get("dependsOn", [])) for each in described["dependencies"]}
    assert set(needs) <= known
    assert set().union(*needs.values()) <= known
    (celery,) = (part["bom-ref"] for part in described["components"] if part["name"] == "celery")
    assert any("kombu" in ref for ref in needs[celery])


def test_environment_that_is_not_the_pinned_one_is_refused() -> None:
    described: dict[str, Any] = {
        "components": [{"name": "Some_Thing", "version": "1", "bom-ref": "a"}],
        "metadata": {"component": {"bom-ref": "root"}},
        "dependencies": [],
    }
    assert sbom.keep_pinned(described, {"some-thing": "1"})["components"] == described["components"]
    for pins in ({"some-thing": "2"}, {"some-thing": "1", "missing": "1"}):
        with pytest.raises(SystemExit, match=r"missing|some-thing"):
            sbom.keep_pinned(described, pins)


def test_image_is_built_with_provenance_and_bill() -> None:
    script = ROOT / "scripts" / "build_image.sh"
    told = subprocess.run(
        [script, "registry.example/explorer", "--no-cache"],
        env={"PATH": os.environ["PATH"], "DOCKER": "echo"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert told[:2] == ["buildx", "build"]
    assert told[-2:] == ["--no-cache", "."]
    options = dict(pairwise(told))
    version = re.findall(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[0]
    assert options["--tag"] == f"registry.example/explorer:{version}"
    assert (ROOT / options["--file"]).is_file()
    assert (options["--provenance"], options["--sbom"]) == ("mode=max,version=v1", "true")
    refused = subprocess.run([script], capture_output=True, text=True, check=False)
    assert (refused.returncode, "REPOSITORY" in refused.stderr) == (2, True)


def test_workflow_releases_as_the_guide_says() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
    assert workflow["permissions"] == {}
    (job,) = workflow["jobs"].values()
    run = "\n".join(step.get("run", "") for step in job["steps"])
    assert all((ROOT / script).exists() for script in re.findall(r"scripts/\w+\.sh", run))
    guide = (ROOT / "docs" / "how-to" / "release.md").read_text()
    for command in (
        "scripts/build_image.sh",
        "make sbom",
        "docker buildx create --driver docker-container --use",
    ):
        assert command in run
        assert command in guide
    asked = set(re.findall(r"\b(?:vars|secrets)\.([A-Z_]+)", yaml.safe_dump(job)))
    assert {name for name in asked if f"`{name}`" not in guide} == set()
