"""Where the output of the programs goes: the terminal, readable, or one file per program."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

COLOURS = (36, 33, 32, 35, 34, 31)
WIDTH = 12


class TerminalLog:
    """Every line with its program's name before it, in the program's colour on a terminal."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._colours: dict[str, int] = {}
        self._coloured = sys.stdout.isatty()

    def __call__(self, name: str, line: str) -> None:
        with self._lock:
            print(f"{self._prefix(name)} {line}", flush=True)

    def _prefix(self, name: str) -> str:
        prefix = f"{name:<{WIDTH}}|"
        if not self._coloured:
            return prefix
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        return f"\x1b[{colour}m{prefix}\x1b[0m"


class FileLog:
    """One file per program in a folder, and maybe another log beside; an earlier file is written over."""

    def __init__(self, folder: Path, *, beside: TerminalLog | None = None) -> None:
        self._folder, self._beside = folder, beside
        self._lock = threading.Lock()
        self._begun: set[str] = set()

    def __call__(self, name: str, line: str) -> None:
        if self._beside is not None:
            self._beside(name, line)
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._lock, (self._folder / f"{name}.log").open("a" if name in self._begun else "w") as file:
            file.write(f"{line}\n")
            self._begun.add(name)
