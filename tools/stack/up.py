"""`python -m tools.stack.up`: the whole system in one terminal until Ctrl-C, at http://127.0.0.1:3200.

Variables: PORT; DATA_DIR (default var/); SAMPLE_CONTRACTS, with which an empty system is filled.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path

from tools.stack.client import Client
from tools.stack.errors import ApiError, StackError
from tools.stack.logs import TerminalLog
from tools.stack.system import CHECKOUT, System

DEFAULT_PORT = "3200"
DEFAULT_SAMPLE = "100000"


def main() -> int:
    """Serve until SIGINT or SIGTERM; the exit status."""
    # SIGINT too: whoever starts this in the background of a shell has it ignored.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    log = TerminalLog()
    folder = Path(os.environ.get("DATA_DIR") or CHECKOUT / "var").resolve()
    try:
        with System(folder, port=int(os.environ.get("PORT") or DEFAULT_PORT), write=log) as system:
            serve(system, log)
    except KeyboardInterrupt:
        log("stack", "stopped")
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def serve(system: System, log: TerminalLog) -> None:
    """Start everything, give an empty system sample contracts, and wait for a signal."""
    carriers = system.carriers
    log("stack", f"broker {carriers.broker}, results {carriers.result_backend}, rows {carriers.database}")
    system.start_servers()
    system.start_processes()
    if not has_contracts(system):
        import_sample(system, log, contracts=int(os.environ.get("SAMPLE_CONTRACTS") or DEFAULT_SAMPLE))
    log("stack", f"serving at {system.url} (Ctrl-C stops everything)")
    while True:
        signal.pause()


def has_contracts(system: System) -> bool:
    """Whether any dataset was imported."""
    try:
        Client(system.url).get("/api/v1/datasets/current/")
    except ApiError as error:
        if error.status == 503:
            return False
        raise
    return True


def import_sample(system: System, log: TerminalLog, *, contracts: int) -> None:
    """Import generated contracts; the raw files go again."""
    log("stack", f"no contracts yet: importing {contracts:,} INVENTED ones; to replace them by real ones:")
    log("stack", '    make import FILES="..."')
    with tempfile.TemporaryDirectory(prefix="raw-", dir=system.folder) as raw:
        generate_and_import(system, Path(raw), contracts=contracts, seed=1)


def generate_and_import(system: System, raw: Path, *, contracts: int, seed: int) -> None:
    """Write raw files of all generations into the folder `raw` and import them as the current dataset."""
    system.run_program(
        "-m", "tools.sample", "--contracts", str(contracts), "--out", str(raw), "--seed", str(seed)
    )
    files = sorted(str(path) for path in raw.iterdir() if path.suffix.lower() in {".csv", ".xlsx"})
    # The faults of a small sample are more than may be lost by accident.
    system.run_command("import_contracts", "--accept-losses", *files)


if __name__ == "__main__":
    sys.exit(main())
