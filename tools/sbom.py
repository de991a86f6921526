"""``python -m tools.sbom FILE``: what the product is made of, as a bill of materials (CycloneDX, JSON).

The library describes all packages of the environment, with licences and who needs whom; those that
requirements.txt does not name are tools, and left out. An environment that is not the pinned one is refused.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[1]
REQUIREMENTS = CHECKOUT / "requirements.txt"
PROJECT = CHECKOUT / "pyproject.toml"
SPECIFICATION = "1.6"


def read_pins(requirements: Path = REQUIREMENTS) -> dict[str, str]:
    """Version by normalized name of each pinned package."""
    pinned = re.findall(
        r"^([\w.-]+)(?:\[[^\]]*\])?==(\S+)", requirements.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {normalize(name): version for name, version in pinned}


def normalize(name: str) -> str:
    """As the index of packages compares names (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def describe_environment(python: str = sys.executable) -> dict[str, Any]:
    """All that is installed there."""
    tool = [sys.executable, "-m", "cyclonedx_py", "environment", python]
    # Its own validation of all that is installed takes a quarter of a minute; ours is in the tests.
    quickly = ["--no-validate", "--output-reproducible"]
    options = ["--pyproject", str(PROJECT), "--spec-version", SPECIFICATION, "--output-format", "JSON"]
    run = subprocess.run([*tool, *quickly, *options], capture_output=True, text=True, check=True)
    described: dict[str, Any] = json.loads(run.stdout)
    return described


def keep_pinned(described: Mapping[str, Any], pins: Mapping[str, str]) -> dict[str, Any]:
    """The description of the pinned packages alone. Raises SystemExit that names those that differ."""
    parts = [part for part in described["components"] if normalize(part["name"]) in pins]
    found = {normalize(part["name"]): part["version"] for part in parts}
    if wrong := sorted(name for name, version in pins.items() if found.get(name) != version):
        named = ", ".join(wrong)
        raise SystemExit(f"not installed as {REQUIREMENTS.name} pins them: {named}; make it anew")
    kept = {part["bom-ref"] for part in parts} | {described["metadata"]["component"]["bom-ref"]}
    needs = [_keep_needed(each, kept) for each in described["dependencies"] if each["ref"] in kept]
    return {**described, "components": parts, "dependencies": needs}


def _keep_needed(dependency: Mapping[str, Any], kept: set[str]) -> dict[str, Any]:
    needed = [ref for ref in dependency.get("dependsOn", []) if ref in kept]
    return {"ref": dependency["ref"], **({"dependsOn": needed} if needed else {})}


def main() -> None:
    (file,) = map(Path, sys.argv[1:])
    described = keep_pinned(describe_environment(), read_pins())
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    print(f"{len(described['components'])} packages are in {file}")


if __name__ == "__main__":
    main()
