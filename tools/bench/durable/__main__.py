"""``python -m tools.bench.durable``: no-op tasks of the task machine beside those of other durable ones.

Each has the same PostgreSQL (one database a peer), the same cores, two processes that work, and the settings
by which it loses least. Prints a table, and writes it to docs/reference/benchmarks.md with --write.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.bench.durable.work import FILE, Note, read_notes
from tools.bench.reference import describe_machine, write_section
from tools.stack.children import kill_group, spawn, stop_child
from tools.stack.polling import poll
from tools.stack.servers import Servers
from tools.stack.system import CHECKOUT

LONG_S = 180
"""Longer than any of them takes to notice a dead worker."""
PAUSE_S, TAKES_S = 0.02, 0.02
"""Between two tasks where the wait is measured, and of a task where workers are killed."""
KILLED_OF = 200
TITLE = "Tasks beside durable peers"

Command = Sequence[str]
DJANGO = {"DJANGO_SETTINGS_MODULE": "tools.bench.durable.settings"}
CELERY = ("-m", "celery", "-A")
PROCRASTINATE = ("-m", "procrastinate", "--app", "tools.bench.durable.procrastinating.app")
AHEAD = ("--prefetch-multiplier", "4")
"""How many tasks a child of a worker of short tasks may have waiting beside it."""
QUIETLY = ("--without-gossip", "--without-mingle", "--loglevel", "warning")


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A task machine: the module that enqueues, what makes its tables, what works (and is killed), and what
    runs beside. ``settings`` are variables of its processes."""

    name: str
    module: str
    tables: Command
    workers: Sequence[Command]
    beside: Sequence[Command] = ()
    settings: Mapping[str, str]


PEERS = (
    Peer(
        name="this task machine",
        module="ours",
        tables=("manage.py", "migrate", "--verbosity", "0"),
        workers=((*CELERY, "backend", "worker", "-n", "high@%h", "-Q", "high", "-c", "2", *QUIETLY, *AHEAD),),
        beside=(
            (*CELERY, "backend", "worker", "-n", "critical@%h", "-Q", "critical", "-P", "threads", *QUIETLY),
        ),
        settings={"DJANGO_SETTINGS_MODULE": "backend.settings", "DATABASE_POOL_SIZE": "0"},
    ),
    Peer(
        name="Celery with django-celery-results",
        module="celery_results",
        tables=("-m", "django", "migrate", "--verbosity", "0"),
        workers=((*CELERY, "tools.bench.durable.celery_results", "worker", "-c", "2", *QUIETLY, *AHEAD),),
        # Celery takes the variable before what the app says.
        settings={**DJANGO, "CELERY_RESULT_BACKEND": "django-db"},
    ),
    Peer(
        name="procrastinate",
        module="procrastinating",
        tables=(
            "-m",
            "procrastinate",
            "--app",
            "tools.bench.durable.procrastinating.app",
            "schema",
            "--apply",
        ),
        workers=2 * ((*PROCRASTINATE, "worker"),),
        settings={},
    ),
    Peer(
        name="django-tasks, database backend",
        module="django_database",
        tables=("-m", "django", "migrate", "--verbosity", "0"),
        workers=2 * (("-m", "django", "db_worker", "--interval", "0.01", "--no-startup-delay"),),
        settings=DJANGO,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Tasks per second, milliseconds from enqueuing to start, and what became of tasks whose worker was
    killed."""

    rate: float
    median_ms: float
    p99_ms: float
    lost: int
    repeated: int
    worst_wait_s: float


class Bench:
    """One peer, on servers that run."""

    def __init__(self, peer: Peer, servers: Servers, folder: Path) -> None:
        self._peer = peer
        self._folder = folder
        self._notes = folder / f"{peer.module}.notes"
        database = servers.postgres.create_database(peer.module)
        given = servers.production(LOG_LEVEL="WARNING", DATA_DIR=str(folder), **peer.settings)
        self._environment = {**given, "DATABASE_URL": database, FILE: str(self._notes)}
        self._run(peer.tables)

    def measure(self, *, count: int) -> Measured:
        # First, because whoever works makes the queues for those who come later.
        waits_ms = self.measure_waits(count // 4)
        rate = self.measure_rate(count)
        lost, repeated, worst_wait_s = self.measure_losses()
        return Measured(
            rate=rate,
            median_ms=statistics.median(waits_ms),
            p99_ms=statistics.quantiles(waits_ms, n=100)[98],
            lost=lost,
            repeated=repeated,
            worst_wait_s=worst_wait_s,
        )

    def measure_rate(self, count: int) -> float:
        """Tasks per second of workers that find so many waiting."""
        self._enqueue(count)
        with self._working():
            ended_at = sorted(note.ended_at for note in self._wait_for(count))
        return (count - 1) / (ended_at[-1] - ended_at[0])

    def measure_waits(self, count: int) -> list[float]:
        """Milliseconds from enqueuing to start, of workers that have little to do."""
        with self._working():
            self._warm_up()
            self._enqueue(count, pause_s=PAUSE_S)
            return [note.waited_s * 1000 for note in self._wait_for(count)]

    def measure_losses(self) -> tuple[int, int, float]:
        """Of 200 tasks in the midst of which all workers are killed, and started anew: how many never end,
        how many are done twice, and the longest time from enqueuing to start."""
        with self._working() as workers:
            self._warm_up()
            self._enqueue(KILLED_OF, takes_s=TAKES_S)
            poll(lambda: len(read_notes(self._notes)) >= KILLED_OF // 2, within_s=LONG_S, every_s=0.01)
            for worker in workers:
                kill_group(worker)
            with self._started(self._peer.workers):
                notes = self._wait_for(KILLED_OF, all_of_them=False)
        done = {note.number for note in notes}
        worst_wait_s = max(note.waited_s for note in notes)
        return KILLED_OF - len(done), len(notes) - len(done), worst_wait_s

    def _warm_up(self) -> None:
        self._enqueue(20)
        self._wait_for(20)

    def _wait_for(self, count: int, *, all_of_them: bool = True) -> list[Note]:
        """The notes of so many tasks; without ``all_of_them``, of those that end within LONG_S."""

        def list_numbers() -> set[int]:
            return {note.number for note in read_notes(self._notes)}

        poll(lambda: len(list_numbers()) >= count, within_s=LONG_S, every_s=0.2)
        notes = read_notes(self._notes)
        done = len({note.number for note in notes})
        assert done == count or not all_of_them, f"{done} of {count} tasks of {self._peer.name} were done"
        return notes

    def _enqueue(self, count: int, *, pause_s: float = 0, takes_s: float = 0) -> None:
        # Emptied, not deleted: workers that run go on writing to the file that they have opened.
        self._notes.write_text("")
        self._run(
            ("-m", "tools.bench.durable.enqueue", self._peer.module, str(count), str(pause_s), str(takes_s))
        )

    def _run(self, command: Command) -> None:
        subprocess.run([sys.executable, *command], env=self._environment, cwd=CHECKOUT, check=True)

    @contextmanager
    def _working(self) -> Iterator[list[subprocess.Popen[bytes]]]:
        with self._started(self._peer.beside), self._started(self._peer.workers) as workers:
            yield workers

    @contextmanager
    def _started(self, commands: Sequence[Command]) -> Iterator[list[subprocess.Popen[bytes]]]:
        with ExitStack() as stack, (self._folder / f"{self._peer.module}.log").open("ab") as output:
            children = []
            for command in commands:
                argv = [sys.executable, *command]
                child = spawn(argv, environment=self._environment, folder=CHECKOUT, output=output)
                stack.callback(stop_child, child, within_s=20)
                children.append(child)
            yield children


def show_table(measured: Mapping[str, Measured]) -> list[str]:
    """Lines of a Markdown table."""
    head = "| | Tasks/s | Wait, median | Wait, p99 | Lost of 200 | Done twice | Longest wait |"
    lines = [head, "|---|---:|---:|---:|---:|---:|---:|"]
    for name, each in measured.items():
        waits = f"{each.median_ms:.1f} ms | {each.p99_ms:.1f} ms"
        ends = f"{each.lost} | {each.repeated} | {each.worst_wait_s:.1f} s"
        lines.append(f"| {name} | {each.rate:,.0f} | {waits} | {ends} |")
    return lines


def list_peers(names: Sequence[str]) -> list[Peer]:
    return [peer for peer in PEERS if not names or peer.module in names]


def combine(rounds: Sequence[Measured]) -> Measured:
    """Medians; of losses the worst."""
    return Measured(
        rate=statistics.median(each.rate for each in rounds),
        median_ms=statistics.median(each.median_ms for each in rounds),
        p99_ms=statistics.median(each.p99_ms for each in rounds),
        lost=max(each.lost for each in rounds),
        repeated=max(each.repeated for each in rounds),
        worst_wait_s=max(each.worst_wait_s for each in rounds),
    )


def measure(peers: Sequence[Peer], *, count: int, rounds: int) -> dict[str, Measured]:
    """By turns, so that what else the machine does meets all of them."""
    found: dict[str, list[Measured]] = {peer.name: [] for peer in peers}
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        Servers.choose(Path(name), durable=True).running() as servers,
    ):
        benches = [Bench(peer, servers, Path(name)) for peer in peers]
        for _ in range(rounds):
            for peer, bench in zip(peers, benches, strict=True):
                found[peer.name].append(bench.measure(count=count))
                print(f"{peer.name}: {found[peer.name][-1]}", flush=True)
    return {name: combine(each) for name, each in found.items()}


ABOUT = """Written by `make bench-tasks`: medians of {rounds} rounds, of losses the worst. No-op tasks, two
processes that work, one durable PostgreSQL; Celery and we have RabbitMQ besides. Tasks a second are those of
workers that find {count:,} waiting; the wait is from enqueuing to start, one task every {pause_ms:.0f} ms. Of
200 tasks of {takes_ms:.0f} ms all workers are killed in the middle and started anew: lost is what is not
done {long_s} s later. procrastinate runs the job for stalled jobs that its guide describes, once a minute.

{machine}
"""


def describe(count: int, rounds: int) -> list[str]:
    """What stands above the table."""
    return ABOUT.format(
        rounds=rounds,
        count=count,
        pause_ms=PAUSE_S * 1000,
        takes_ms=TAKES_S * 1000,
        long_s=LONG_S,
        machine=describe_machine(),
    ).splitlines()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peers", nargs="*", help="modules of peers; all of them where none is named")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--write", action="store_true", help="write the table to docs/reference/benchmarks.md"
    )
    options = parser.parse_args()
    measured = measure(list_peers(options.peers), count=options.count, rounds=options.rounds)
    table = show_table(measured)
    print("\n".join(table))
    if options.write:
        write_section(TITLE, [*describe(options.count, options.rounds), "", *table])


if __name__ == "__main__":
    main()
