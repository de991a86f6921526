"""`python -m tools.stack.up`: the whole system in one terminal until Ctrl-C, at http://127.0.0.1:3200.

Variables: PORT; DATA_DIR (default var/); SAMPLE_CONTRACTS, with which an empty system is filled. `--reload`,
as in `make dev`, starts again what a change of the code concerns, and keeps a log file for each process.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from dotenv import load_dotenv
from watchfiles import watch

from tools.stack.client import Client
from tools.stack.errors import ApiError, StackError
from tools.stack.logs import FileLog, TerminalLog
from tools.stack.processes import LogWriter
from tools.stack.system import CHECKOUT, System, list_programs

DEFAULT_PORT = "3200"
DEFAULT_SAMPLE = "100000"
PROGRAMS = tuple(program.name for program in list_programs(port=0))
OF_WEB_ALONE = ("web", "assistants", "compat", "api")
"""Rooms whose code only the web server runs."""
WATCHED = (*OF_WEB_ALONE, "backend", "monitors", "data_processing", "contracts")
ADDRESSES = ("DATA_DIR", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "DATABASE_URL")


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGINT or SIGTERM; the exit status."""
    # SIGINT too: whoever starts this in the background of a shell has it ignored.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    options = _parse(arguments)
    load_dotenv(os.environ.get("ENV_FILE") or CHECKOUT / ".env")
    folder = Path(os.environ.get("DATA_DIR") or CHECKOUT / "var").resolve()
    log: LogWriter = TerminalLog()
    if options.reload:
        log = FileLog(folder / "logs", beside=TerminalLog())
    try:
        with System(folder, port=int(os.environ.get("PORT") or DEFAULT_PORT), write=log) as system:
            serve(system, log, without=options.without)
            reload_on_change(system, log, without=options.without) if options.reload else _wait()
    except KeyboardInterrupt:
        log("stack", "stopped")
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def serve(system: System, log: LogWriter, *, without: Sequence[str] = ()) -> None:
    """Start everything but the processes named, and give an empty system sample contracts."""
    carriers = system.carriers
    log("stack", f"broker {carriers.broker}, results {carriers.result_backend}, rows {carriers.database}")
    system.start_servers()
    system.start_processes(without=without)
    if "web" not in without and not has_contracts(system):
        import_sample(system, log, contracts=int(os.environ.get("SAMPLE_CONTRACTS") or DEFAULT_SAMPLE))
    log("stack", f"serving at {system.url} (Ctrl-C stops everything)")


def reload_on_change(system: System, log: LogWriter, *, without: Sequence[str] = ()) -> None:
    """Start again what runs a file that has changed, until a signal."""
    addresses = write_addresses(system)
    log("stack", f"programs of other terminals find this system after: set -a; . {addresses}; set +a")
    try:
        for changes in watch(*(CHECKOUT / room for room in WATCHED), watch_filter=_is_code):
            changed = sorted({str(Path(path).relative_to(CHECKOUT)) for _, path in changes})
            names = [name for name in list_concerned(changed) if name not in without]
            log("stack", f"changed: {', '.join(changed)}; starting again: {', '.join(names)}")
            system.restart_processes(names)
    finally:
        addresses.unlink()


def list_concerned(changed: Iterable[str]) -> tuple[str, ...]:
    """The processes that run one of these files of the checkout."""
    rooms = {Path(path).parts[0] for path in changed}
    return ("web",) if rooms <= set(OF_WEB_ALONE) else PROGRAMS


def write_addresses(system: System) -> Path:
    """Write where the system's servers and data are, for a shell to read."""
    path = system.folder / "addresses.sh"
    # The embedded Redis has a password.
    path.touch(mode=0o600)
    known = {name: system.environment[name] for name in ADDRESSES if name in system.environment}
    path.write_text("".join(f"{name}={shlex.quote(text)}\n" for name, text in known.items()))
    return path


def has_contracts(system: System) -> bool:
    """Whether any dataset was imported."""
    try:
        asyncio.run(Client(system.url).get("/api/v1/datasets/current/"))
    except ApiError as error:
        if error.status == 503:
            return False
        raise
    return True


def import_sample(system: System, log: LogWriter, *, contracts: int) -> None:
    """Import generated contracts; the raw files go again."""
    log("stack", f"no contracts yet: importing {contracts:,} INVENTED ones; to replace them by real ones:")
    log("stack", '    make import FILES="..."')
    with tempfile.TemporaryDirectory(prefix="raw-", dir=system.folder) as raw:
        generate_and_import(system, Path(raw), contracts=contracts, seed=1)


def generate_and_import(
    system: System, raw: Path, *, contracts: int, seed: int, quietly: bool = False
) -> None:
    """Write raw files of all generations into the folder `raw` and import them as the current dataset."""
    generate(system, raw, contracts=contracts, seed=seed, quietly=quietly)
    import_files(system, raw, quietly=quietly)


def generate(system: System, raw: Path, *, contracts: int, seed: int, quietly: bool = False) -> None:
    """Write raw files of all generations into the folder `raw`."""
    sample = ["--contracts", str(contracts), "--out", str(raw), "--seed", str(seed)]
    system.run_program("-m", "tools.sample", *sample, quietly=quietly)


def import_files(system: System, raw: Path, *, quietly: bool = False) -> None:
    """Import the raw files of the folder `raw` as the current dataset."""
    files = sorted(str(path) for path in raw.iterdir() if path.suffix.lower() in {".csv", ".xlsx"})
    # The faults of a small sample are more than may be lost by accident.
    system.run_command("import_contracts", "--accept-losses", *files, quietly=quietly)


def _is_code(_: object, path: str) -> bool:
    # Scripts and styles of the pages are read anew with every request.
    return path.endswith((".py", ".html"))


def _wait() -> None:
    while True:
        signal.pause()


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.stack.up", description=__doc__)
    parser.add_argument("--reload", action="store_true")
    parser.add_argument(
        "--without", action="append", default=[], choices=PROGRAMS, help="a process that somebody else runs"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
