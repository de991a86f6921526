"""How long the checks of many monitors take over BENCH_ROWS contracts, in one process and without a queue.

``python -m tools.bench.monitors``: 200 searches of 20 owners get a baseline, and then find some contracts
each in a next version. What it prints holds for one worker; several share the monitors by owners.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

PROGRAM = "import django; django.setup(); from tools.bench.checks import main; main()"


def main() -> int:
    """Measure in a database of its own; the exit status."""
    with tempfile.TemporaryDirectory(prefix="bench-monitors-") as folder:
        own = {"DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", "DJANGO_SETTINGS_MODULE": "backend.settings"}
        # Django would keep every statement with its values otherwise, as it does for developers.
        own["DEBUG"] = "0"
        command = [sys.executable, "-c", PROGRAM]
        return subprocess.run(command, env={**os.environ, **own}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
