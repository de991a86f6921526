"""``python -m tools.bench.peers [--write]``: questions of users, to us and to what they would pick instead.

All are asked the same over the same contracts in one run, by turns; the answers of a turn that is not timed
are compared before, and those of the timed ones after. Prints a table, and writes it to
docs/reference/benchmarks.md with --write. BENCH_ROWS makes it smaller.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tools.bench.dataset import FULL, prepare_snapshot, read_rows
from tools.bench.peers.datasetting import Datasette, serve_datasette
from tools.bench.peers.frames import LoadedFrame, Script, load_frame, write_parquet
from tools.bench.peers.ours import Ours
from tools.bench.peers.peer import Peer
from tools.bench.peers.questions import KINDS, Answer, Question, are_equal, list_questions
from tools.bench.reference import describe_machine, write_section
from tools.bench.serving import serve
from tools.stack.servers.nginx import run_nginx

TITLE = "Questions beside what one would pick instead"
TURNS = 3
PEERS = (Datasette, Script, LoadedFrame)
"""Those beside us."""

LEAST: Mapping[str, float] = {"search": 1, "totals": 10, "table": 10, "file": 10}
"""How many times as fast as Datasette and as a script we are at least, by the kind of question."""
LEAST_LOADED = 1.0
"""The same beside a frame that is loaded: it has been waited for before."""


def least(kind: str, peer: str) -> float:
    return LEAST_LOADED if peer == LoadedFrame.name else LEAST[kind]


Times = Mapping[str, Mapping[str, Sequence[float]]]
"""Kind of question -> name of who answers -> seconds of each turn."""


class WrongAnswer(AssertionError):
    """A peer has answered something else than we."""


def run(*, rows: int, turns: int = TURNS) -> Times:
    """Ask all of them. Raises WrongAnswer."""
    snapshot = prepare_snapshot(rows)
    first, *timed = list_questions(snapshot, turns=turns + 1)
    with tempfile.TemporaryDirectory(prefix="bench-peers-") as name, _all_there(rows, Path(name)) as peers:
        ask_turn(peers, first, Path(name))
        took = [ask_turn(peers, turn, Path(name)) for turn in timed]
    return {kind: {peer.name: [turn[kind, peer.name] for turn in took] for peer in peers} for kind in KINDS}


@contextmanager
def _all_there(rows: int, folder: Path) -> Iterator[Sequence[Peer]]:
    """We first, and the peers, ready to be asked."""
    snapshot, parquet = prepare_snapshot(rows), folder / "contracts.parquet"
    with ExitStack() as stack:
        write_parquet(snapshot, parquet)
        datasette = stack.enter_context(serve_datasette(snapshot, rows=rows))
        loaded = stack.enter_context(load_frame(parquet))
        site = stack.enter_context(serve(rows=rows, EXPORT_ACCEL_PREFIX="/protected/exports/"))
        site.start_processes()
        # As in production: nginx sends the files.
        nginx = run_nginx(folder / "nginx", web=site.url, exports=site.folder / "exports")
        yield Ours(stack.enter_context(nginx).url), datasette, Script(parquet), loaded


def ask_turn(
    peers: Sequence[Peer], questions: Sequence[Question], folder: Path
) -> dict[tuple[str, str], float]:
    """(kind of question, name) -> seconds. Raises WrongAnswer where one says something else than we."""
    took = {}
    for question in questions:
        answers: dict[str, Answer] = {}
        for peer in peers:
            file = folder / "answer"
            began = time.perf_counter()
            came = peer.ask(question, file)
            took[question.kind, peer.name] = time.perf_counter() - began
            answers[peer.name] = peer.read(question, came, file)
            file.unlink(missing_ok=True)
            print(f"  {question.kind:8}{peer.name:24}{took[question.kind, peer.name]:9.3f} s", flush=True)
        compare(question, answers)
    return took


def compare(question: Question, answers: Mapping[str, Answer]) -> None:
    """Raises WrongAnswer where one differs from the first, and where nothing was answered."""
    (ours, expected), *others = answers.items()
    if not expected:
        raise WrongAnswer(f"{question}: no rows")
    for name, answer in others:
        if not are_equal(expected, answer):
            raise WrongAnswer(f"{question}: {ours} says {expected[:3]}, {name} says {answer[:3]}")


def list_ratios(times: Times) -> dict[tuple[str, str], float]:
    """(kind of question, peer) -> how many times as fast we are, in the medians."""
    return {
        (kind, peer.name): statistics.median(by_name[peer.name]) / statistics.median(by_name[Ours.name])
        for kind, by_name in times.items()
        for peer in PEERS
    }


def list_missed(times: Times) -> list[str]:
    """The bars that are missed, in words."""
    return [
        f"{KINDS[kind]}: {ratio:.1f} times as fast as {peer}, not {least(kind, peer):g}"
        for (kind, peer), ratio in list_ratios(times).items()
        if ratio < least(kind, peer)
    ]


def show_table(times: Times) -> list[str]:
    """Lines of a Markdown table: medians, how many times as fast we are, and the bar."""
    names = [peer.name for peer in PEERS]
    lines = [f"| | {Ours.name} | {' | '.join(names)} |", f"|---|---:|{'---:|' * len(names)}"]
    ratios = list_ratios(times)
    for kind, by_name in times.items():
        cells = [f"{KINDS[kind]} (`{kind}`)", _say_time(by_name[Ours.name])]
        for name in names:
            ratio, bar = ratios[kind, name], least(kind, name)
            verdict = f"{ratio:,.1f} times, bar {bar:g}{'' if ratio >= bar else ', missed'}"
            cells.append(f"{_say_time(by_name[name])} ({verdict})")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _say_time(took: Sequence[float]) -> str:
    seconds = statistics.median(took)
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


ABOUT = """Written by `make bench-peers`: medians of {turns} turns over {rows:,} contracts, each turn another
question to all, whose answers were compared: the same counts, sums and rows. In brackets: how many times as
long as we they take, and the bar. We and Datasette are asked over HTTP, and files are read to the client's
disk; ours are sent by nginx, as in production. Datasette has its own server over SQLite: FTS5 over the
searched columns, an index on each column that is filtered or grouped by, its limits on time and rows lifted.
The script with pandas reads the columns that it needs from Parquet, with amounts as doubles; beside it, the
same questions to a session that has loaded the frame before. We make no use of an
answer that we have given before.

{machine}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--write", action="store_true", help="write it to docs/reference/benchmarks.md")
    options = parser.parse_args()
    rows = read_rows()
    times = run(rows=rows, turns=options.turns)
    table, missed = show_table(times), list_missed(times)
    print("\n".join(table))
    if options.write and rows >= FULL:
        about = ABOUT.format(turns=options.turns, rows=rows, machine=describe_machine())
        write_section(TITLE, [*about.splitlines(), "", *table])
    if missed:
        print("below the bar: " + "; ".join(missed))
        raise SystemExit(1)


if __name__ == "__main__":
    main()
