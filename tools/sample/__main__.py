"""``python -m tools.sample``: raw PhilGEPS-like files with known faults and their answer key."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path

from tqdm import tqdm

from tools.sample.answer_key import AnswerKey
from tools.sample.generator import generate
from tools.sample.shape import SampleShape
from tools.sample.suspects import write_suspects
from tools.sample.unusual import write_unusual

PLANTED = {"flags": write_suspects, "anomalies": write_unusual}
"""What can be planted -> what writes the file."""


def write_sample(shape: SampleShape, folder: Path) -> AnswerKey:
    """Write the files into ``folder``, with a bar on a terminal."""
    work = generate(shape, folder)
    with tqdm(file=sys.stderr, disable=not sys.stderr.isatty(), unit="row") as bar:
        try:
            while True:
                progress = next(work)
                bar.total, bar.n = progress.total, progress.current
                bar.set_description(progress.phase)
        except StopIteration as done:
            key: AnswerKey = done.value
    return key


def main() -> None:
    parser = ArgumentParser(
        prog="python -m tools.sample",
        description="Write raw files of every generation, with known faults, and an answer-key.json.",
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--rows", type=int, help="number of raw rows to write")
    size.add_argument("--contracts", type=int, help="number of contracts that a right import holds")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same bytes")
    parser.add_argument(
        "--plant",
        choices=tuple(PLANTED),
        nargs="+",
        default=(),
        help="also a file with known cases of these among clean contracts, and the key to them",
    )
    given = parser.parse_args()
    if given.rows is None and given.contracts is None and not given.plant:
        parser.error("one of --rows, --contracts, --plant is needed")
    given.out.mkdir(parents=True, exist_ok=True)
    for name in given.plant:
        print(PLANTED[name](given.out, seed=given.seed))
    if given.rows is None and given.contracts is None:
        return
    shape = SampleShape(rows=given.rows, contracts=given.contracts, seed=given.seed)
    for file in write_sample(shape, given.out).files:
        print(given.out / file.file)


if __name__ == "__main__":
    main()
