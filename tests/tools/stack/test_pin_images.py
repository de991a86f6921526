"""`make pin`, with a stand-in for the program docker: no machine of the tests has an engine."""

from __future__ import annotations

import json
import sys
from copy import deepcopy
from pathlib import Path

import pytest

from tests.deploy.compose import read_config
from tools.stack import pin_images
from tools.stack.errors import StackError

PROFILES = ("edge", "backup", "watch")
DOCKER = """#!{python}
import json, sys
if sys.argv[1] == "compose":
    print(open("config.json").read())
elif sys.argv[-1] in json.load(open("pulled.json")):
    print(json.dumps([sys.argv[-1].partition(":")[0] + "@sha256:" + sys.argv[-1].encode().hex()]))
else:
    sys.exit("No such image: " + sys.argv[-1])
"""


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Those of the compose file that are pulled, all of them."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(DOCKER.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.chdir(tmp_path)
    config = read_config("docker-compose.yml", profiles=PROFILES)
    (tmp_path / "config.json").write_text(json.dumps(config))
    services = config["services"].values()
    pulled = sorted({service["image"] for service in services if "build" not in service})
    (tmp_path / "pulled.json").write_text(json.dumps(pulled))
    return pulled


def test_override_changes_nothing_but_that_images_of_servers_have_digests(
    images: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    override = tmp_path / "pinned.yml"
    assert pin_images.write_override(override) == len(images)
    monkeypatch.undo()
    before = deepcopy(read_config("docker-compose.yml", profiles=PROFILES))
    after = read_config("docker-compose.yml", str(override), profiles=PROFILES)
    for service in before["services"].values():
        if service["image"] in images:
            service["image"] += f"@sha256:{service['image'].encode().hex()}"
    assert after == before


def test_image_that_is_not_there_is_named(images: list[str], tmp_path: Path) -> None:
    (tmp_path / "pulled.json").write_text(json.dumps(images[1:]))
    with pytest.raises(StackError, match=f"No such image: {images[0]}"):
        pin_images.write_override(tmp_path / "pinned.yml")
    assert not (tmp_path / "pinned.yml").exists()


def test_machine_without_an_engine_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StackError, match="no docker"):
        pin_images.write_override()
