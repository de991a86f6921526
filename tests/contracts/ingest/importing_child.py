"""A process that imports the files named on its standard input, one a line, and says what each came to.

A process of its own, because its memory is measured and because a file that is not refused may hang it. Its
seconds are those of the processor: machines that run tests are busy.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from contracts.errors import ContractsError
from contracts.ingest import import_files

WITHIN_S = 20.0
WITHIN_MB = 500


@dataclass(frozen=True)
class Outcome:
    """The ``code`` of the error, or "imported", or "traceback" for an error that is none of ours; its text;
    processor seconds, and the most memory that the process held meanwhile."""

    code: str
    text: str
    seconds: float
    peak_mb: int


class ImportingChild:
    """Imports below ``root``. A child that works too long is killed, and the next file gets another one.

    ``file_size_kb`` is what the system lets a file of the child grow to.
    """

    def __init__(self, root: Path, *, file_size_kb: int | None = None) -> None:
        self.root, self._file_size_kb = root, file_size_kb
        self._process: subprocess.Popen[str] | None = None

    def try_import(self, file: Path) -> Outcome:
        process = self._process or self._start()
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{file}\n")
        process.stdin.flush()
        if line := process.stdout.readline():
            return Outcome(**json.loads(line))
        self.close()
        raise AssertionError(f"{file.name} killed or hung its import")

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", __name__, str(self.root)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        if self._file_size_kb is not None:
            size = self._file_size_kb << 10
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (size, size))
        return self._process

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def main() -> None:
    root = Path(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(vars(_import(Path(line.rstrip("\n")), root))), flush=True)  # noqa: T201


def _import(file: Path, root: Path) -> Outcome:
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    started = time.process_time()
    resource.setrlimit(resource.RLIMIT_CPU, (int(started + 2 * WITHIN_S), resource.RLIM_INFINITY))
    code, text = "imported", ""
    try:
        for _ in import_files([file], root=root, as_of=date(2025, 11, 13), accept_losses=True):
            pass
    except ContractsError as error:
        code, text = error.code, str(error)
    except Exception as error:  # noqa: BLE001
        code, text = "traceback", repr(error)
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak_mb = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    return Outcome(code, text, time.process_time() - started, peak_mb)


if __name__ == "__main__":
    main()
