"""Writing a whole sample: files of every generation with their faults, and the answer key beside them."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from tools.sample.answer_key import AnswerKey, FileAnswer
from tools.sample.awards import NoticeDesk
from tools.sample.faults import FAULTS
from tools.sample.filler import FILE_FAULTS, Carried, FileFiller
from tools.sample.flood import FloodDesk, plan_flood
from tools.sample.market import Market
from tools.sample.plan import FLOOD_FILE, FilePlan, plan_files
from tools.sample.progress import Progress
from tools.sample.shape import SampleShape

AS_OF = date(2025, 12, 31)


def generate(shape: SampleShape, out: Path) -> Generator[Progress, None, AnswerKey]:
    """Write the sample's files and ``answer-key.json`` into ``out``; equal shapes give equal bytes.

    Yields progress in contracts or rows, as the shape is measured, and returns the answer key.
    """
    out.mkdir(parents=True, exist_ok=True)
    total = shape.main_size + shape.flood_size
    done, answers, faults = 0, list[FileAnswer](), dict.fromkeys((*FAULTS, *FILE_FAULTS), 0)
    for filler in _plan_fillers(shape, faults):
        for units in filler.fill(out / filler.plan.name):
            yield Progress(phase="generate", current=done + units, total=total, unit=filler.unit)
        done += filler.plan.size
        faults["utc_shift"] += filler.desk.shifted
        answers.append(filler.tally.answer(filler.plan.name, filler.plan.layout.generation))
    key = _make_key(shape, answers, faults)
    key.write(out)
    return key


def _plan_fillers(shape: SampleShape, faults: dict[str, int]) -> Iterator[FileFiller]:
    carried: deque[Carried] = deque()
    per_unit = 1.0 if shape.contracts is None else shape.rows_per_contract
    contracts = shape.contracts or int(shape.main_size / shape.rows_per_contract)
    market = Market(shape.seed, max(contracts, 1))
    for number, planned in enumerate(plan_files(shape.main_size, rows_per_unit=per_unit)):
        plan = planned if shape.faults else _tidy(planned)
        rng = random.Random(f"{shape.seed}/{plan.name}")
        desk = NoticeDesk(
            plan,
            0 if plan.restarted else number,
            market=market,
            lines_per_award=shape.lines_per_award,
            rng=rng,
        )
        yield FileFiller(plan, desk, shape=shape, rng=rng, carried=carried, faults=faults)
    if shape.flood_size:
        plan = plan_flood(shape.flood_size)
        rng = random.Random(f"{shape.seed}/{plan.name}")
        yield FileFiller(
            plan,
            FloodDesk(plan, market=market, rng=rng),
            shape=replace(shape, unawarded_share=0.0),
            rng=rng,
            carried=deque(),
            faults=faults,
        )


def _tidy(plan: FilePlan) -> FilePlan:
    """The plan without what is a fault of the file as a whole."""
    return replace(plan, notation=replace(plan.notation, utc=False), reexported=False, reexport=False)


def _make_key(shape: SampleShape, answers: list[FileAnswer], faults: dict[str, int]) -> AnswerKey:
    flood = [answer for answer in answers if answer.file == FLOOD_FILE]
    return AnswerKey(
        as_of=AS_OF,
        seed=shape.seed,
        rows=sum(answer.imported for answer in answers),
        total_value=sum((answer.total_value for answer in answers), start=Decimal("0.00")),
        flood_rows=sum(answer.imported for answer in flood),
        flood_value=sum((answer.total_value for answer in flood), start=Decimal("0.00")),
        faults={kind: count for kind, count in sorted(faults.items()) if count},
        files=tuple(answers),
    )
