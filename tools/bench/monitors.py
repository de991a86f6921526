"""How long the checks of many monitors take with a new version of a dataset of BENCH_ROWS contracts.

``python -m tools.bench.monitors``: 200 searches of 20 owners get a baseline, and then find some contracts
each in a next version: first in one process, which shows what the checks themselves cost, then on servers of
their own, by Beat, queues and workers, while somebody searches. ``--alone`` leaves out the second.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile

from tools.bench import watching
from tools.bench.dataset import read_rows

PROGRAM = "import django; django.setup(); from tools.bench.checks import main; main()"


def measure_alone() -> None:
    """Measure in a database of its own; prints one JSON object."""
    with tempfile.TemporaryDirectory(prefix="bench-monitors-") as folder:
        own = {"DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", "DJANGO_SETTINGS_MODULE": "backend.settings"}
        # Django would keep every statement with its values otherwise, as it does for developers.
        own["DEBUG"] = "0"
        subprocess.run([sys.executable, "-c", PROGRAM], env={**os.environ, **own}, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alone", action="store_true", help="in one process only, without servers")
    parser.add_argument("--served", action="store_true", help="on servers only")
    options = parser.parse_args()
    if not options.served:
        measure_alone()
    if not options.alone:
        print(json.dumps(watching.measure(read_rows())))


if __name__ == "__main__":
    main()
