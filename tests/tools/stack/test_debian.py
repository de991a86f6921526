"""The root in which `make test-next` runs: what comes into it, and that nothing is left of a command. That it
can be made, which takes minutes, is what `make test-next` tries itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tools.stack import debian
from tools.stack.children import unmeasured
from tools.stack.polling import poll

ROOT = Path(__file__).parents[3]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one commit, and changes since."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in ("kept", "changed", "deleted"):
        (folder / name).write_text("committed")
    (folder / ".gitignore").write_text("ignored\n")
    git = ["git", "-C", str(folder), "-c", "user.name=test", "-c", "user.email=test@localhost"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *words], check=True)
    (folder / "changed").write_text("since")
    (folder / "deleted").unlink()
    (folder / "package").mkdir()
    (folder / "package" / "added").write_text("since")
    (folder / "ignored").write_text("since")
    return folder


def read_files(folder: Path) -> dict[str, str]:
    paths = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    return {str(path.relative_to(folder)): path.read_text() for path in paths}


def test_copy_is_what_lies_in_the_checkout_with_its_history(checkout: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    (copy / ".venv").mkdir(parents=True)
    (copy / ".venv" / "stays").write_text("installed")
    (copy / "left").mkdir()
    for _ in range(2):
        debian.copy_checkout(checkout, copy)
        assert read_files(copy) == {
            ".gitignore": "ignored\n",
            ".venv/stays": "installed",
            "kept": "committed",
            "changed": "since",
            "package/added": "since",
        }
    log = subprocess.run(
        ["git", "-C", str(copy), "log", "--format=%s"], capture_output=True, text=True, check=True
    )
    assert log.stdout == "first\n"


def test_pip_in_the_root_gets_packages_from_where_this_machine_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("index/simple", "index/files", "wheels"):
        (tmp_path / name).mkdir(parents=True)
    config = tmp_path / "pip.conf"
    config.write_text(
        f"[global]\nextra-index-url = file://{tmp_path}/index/simple\n  https://packages.example/simple\n"
        f"find-links = {tmp_path}/wheels\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.setenv("PIP_DEFAULT_TIMEOUT", "7")
    settings = debian.list_pip_settings()
    assert settings["PIP_DEFAULT_TIMEOUT"] == "7"
    assert settings["PIP_EXTRA_INDEX_URL"].split() == [
        f"file://{tmp_path}/index/simple",
        "https://packages.example/simple",
    ]
    assert {str(tmp_path / "index"), str(tmp_path / "wheels")} <= set(debian.list_places(settings))


ENTERED = """
import os, sys
from pathlib import Path
from tools.stack import debian
debian.enter(Path("/"), Path(os.getcwd()[1:]), sys.argv[1:])
"""


def begin(script: str, folder: Path) -> subprocess.Popen[str]:
    """A script of the shell in the folder, in a root that is this machine's own."""
    return subprocess.Popen(
        [sys.executable, "-c", ENTERED, "sh", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**unmeasured(), "PYTHONPATH": str(ROOT), "ARGS": "-k 'a b'", "SECRET": "of the machine"},
    )


def runs(word: str) -> bool:
    """Whether there is a process with this word in its command line."""
    return any(word in (process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))


@needs_root
def test_nothing_is_left_of_a_command_that_fails(tmp_path: Path) -> None:
    before = Path("/proc/self/mountinfo").read_text()
    command = begin(
        'mount -t tmpfs none /mnt && sleep 4321 & sleep 0.2; echo "$ARGS$SECRET"; exit 7', tmp_path
    )
    assert command.communicate() == ("-k 'a b'\n", "")
    assert command.returncode == 7
    assert Path("/proc/self/mountinfo").read_text() == before
    assert not runs("4321")


@needs_root
def test_nothing_is_left_of_a_command_that_is_killed(tmp_path: Path) -> None:
    command = begin("setsid sleep 5432 & wait", tmp_path)
    assert poll(lambda: runs("5432"), within_s=30)
    command.kill()
    command.communicate()
    assert poll(lambda: not runs("5432"), within_s=30)


@needs_root
def test_orphans_in_the_root_are_collected(tmp_path: Path) -> None:
    # Whoever waits for the end of a process whose parent has died would wait for ever.
    ended = "orphan=$(sh -c 'sleep 0.1 >/dev/null & echo $!'); sleep 0.5; ls -d /proc/$orphan"
    assert begin(ended, tmp_path).communicate()[0] == ""


@needs_root
def test_another_user_is_told_how_to_run_it(tmp_path: Path) -> None:
    program = "import os; from tools.stack import debian; os.setuid(65534); debian.main(['/nowhere', 'true'])"
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=unmeasured(),
    )
    assert run.stderr == "A root of its own can be made by root alone: sudo make test-next\n"
