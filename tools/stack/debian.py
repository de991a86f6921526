"""Runs a command over a copy of the checkout in a root of Debian 13, whose servers and Python are those that
compose pins. What is mounted and started lives in namespaces of the command's own, and ends with it.

`python3 -m tools.stack.debian FOLDER COMMAND...`, as root; FOLDER keeps the root from one call to the next.
"""

from __future__ import annotations

import ast
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.stack.errors import StackError
from tools.stack.install import ENVIRONMENT, Package, install_servers

RELEASE = "trixie"
NEEDED = (Package("debootstrap", "/usr/sbin/debootstrap"), Package("git", "git"))
# What the project's own commands begin with; they install the rest.
FIRST = ("ca-certificates", "git", "make", "python3")
CHECKOUT = Path(__file__).resolve().parents[2]
INSIDE = Path("srv/explorer")
PASSED = ("ARGS", "CI", "TERM", "http_proxy", "https_proxy", "no_proxy")
ENTER = Path(__file__).with_name("enter_root.sh")


def make_root(root: Path, mirror: str) -> None:
    """Make the root where it is not there yet. Raises StackError."""
    if root.exists():
        return
    part = root.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    print(f"Making a root of Debian {RELEASE} in {root}", flush=True)
    include = f"--include={','.join(FIRST)}"
    command = [NEEDED[0].program, "--variant=minbase", include, RELEASE, str(part), mirror]
    if subprocess.run(command, check=False).returncode:
        raise StackError(f"debootstrap failed; {part / 'debootstrap/debootstrap.log'} says why")
    part.rename(root)


def find_mirror() -> str:
    """Where this machine's apt gets Debian from, or what DEBIAN_MIRROR says. Raises StackError."""
    if given := os.environ.get("DEBIAN_MIRROR"):
        return given
    subprocess.run(["apt-get", "update", "-q"], check=False, stdout=subprocess.DEVNULL)
    asked = ["apt-get", "indextargets", "--format", "$(SITE)", "Label: Debian", "Created-By: Packages"]
    sites = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
    if not sites:
        raise StackError("apt knows no mirror of Debian here; name one by the variable DEBIAN_MIRROR")
    return sites[0]


def copy_checkout(checkout: Path, folder: Path) -> None:
    """Bring the folder to what the checkout holds: its history, and its files as they lie there. What is
    installed in the folder stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            if entry.name != ENVIRONMENT.name:
                shutil.rmtree(entry)
        else:
            entry.unlink()
    git = ["git", "-C", str(checkout)]
    # The history of a worktree lies elsewhere; a clone brings it along, by hard links.
    subprocess.run([*git, "clone", "--quiet", "--bare", ".", str(folder / ".git")], check=True)
    subprocess.run(["git", "-C", str(folder), "config", "core.bare", "false"], check=True)
    listed = [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if os.path.lexists(checkout / name):  # not deleted since the last commit
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(checkout / name, folder / name, follow_symlinks=False)


def list_pip_settings() -> dict[str, str]:
    """Where this machine's pip gets packages from, as variables that pip reads."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    found = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        found["PIP_" + name.rpartition(".")[2].replace("-", "_").upper()] = str(ast.literal_eval(value))
    return found


def list_places(settings: Mapping[str, str]) -> list[str]:
    """The files and folders that pip's settings name. Of an index its parent: the packages lie beside it."""
    named = re.findall(r"(?:^|\s)(file://)?(/\S+)", "\n".join(settings.values()))
    places = {Path(path).parent if scheme else Path(path) for scheme, path in named}
    return sorted(str(place) for place in places if place.exists())


def enter(root: Path, inside: Path, command: Sequence[str]) -> None:
    """Become the command in the root's folder `inside`."""
    settings = list_pip_settings()
    kept = {name: os.environ[name] for name in PASSED if name in os.environ}
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    own = {"PATH": path, "HOME": "/root", "LANG": "C.UTF-8", "PLACES": "\n".join(list_places(settings))}
    namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    words = [*namespaces, "sh", str(ENTER), str(root), f"/{inside}", *command]
    os.execvpe(words[0], words, {**kept, **settings, **own})


def main(arguments: Sequence[str]) -> int:
    """Does not return where the command could be begun; otherwise the exit status."""
    match list(arguments):
        case [folder, *command] if command:
            return run(Path(folder), command)
    print("usage: python3 -m tools.stack.debian FOLDER COMMAND...", file=sys.stderr)
    return 2


def run(folder: Path, command: Sequence[str]) -> int:
    """Make or take the root in the folder, one call at a time, and run the command there."""
    if os.geteuid() != 0:
        print("A root of its own can be made by root alone: sudo make test-next", file=sys.stderr)
        return 1
    if status := install_servers(NEEDED):
        return status
    folder.mkdir(parents=True, exist_ok=True)
    # Held by the command itself: what it becomes keeps the file open.
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR)
    os.set_inheritable(lock, True)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        root = folder / RELEASE
        make_root(root, "" if root.exists() else find_mirror())
        prepare(root)
    except BlockingIOError:
        print(f"Another command already runs in {folder}", file=sys.stderr)
        return 1
    except (StackError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    enter(root, INSIDE, command)
    return 0


def prepare(root: Path) -> None:
    """Make the root ready for a command, whatever the one before has left."""
    shutil.rmtree(root / "tmp", ignore_errors=True)
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    # As the network of this machine is now.
    shutil.copyfile("/etc/resolv.conf", root / "etc/resolv.conf")
    copy_checkout(CHECKOUT, root / INSIDE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
