"""Flags: which contracts are a reason to look, by each of the red flags, with the evidence."""

from __future__ import annotations

from contracts.engine.absence import Remarks
from contracts.flags.answers import FlagAnswer, answer_flag
from contracts.flags.flag import VERDICT
from contracts.flags.question import FlagQuestion
from contracts.flags.registry import FLAGS
from contracts.progress import Progress
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskKind, TaskRequest


class FlagsRequest(TaskRequest, FlagQuestion):
    """Which flags, of which contracts, and which page of the cases."""

    def describe(self) -> str:
        return f"Red flags: {self.say()}, page {self.page}"


class FlagsResult(Remarks):
    """The flags in their order, and of what they are judged. ``caution`` goes with all that is shown."""

    flags: list[FlagAnswer]
    caution: str
    page: int
    page_size: int
    filters_in_words: str
    include_flood_control: bool
    dataset_version: str
    sample: bool


def judge_flags(request: FlagsRequest, context: Context) -> Work:
    """Payload: counts, coverage and a page of cases of each flag, money as strings with two places."""
    answers = []
    for done, code in enumerate(request.flags):
        # By one reader for each, so that what a flag keeps beside the contracts goes with it.
        yield Progress(phase=f"judging {code}", current=done, total=len(request.flags), unit="flags")
        with context.open_reader() as reader:
            answers.append(answer_flag(FLAGS[code], request.filters, request.wanted, reader))
    with context.open_reader() as reader:
        remarks = reader.remark(request.filters)
    payload: FlagsResult = {
        "flags": answers,
        "caution": VERDICT,
        "page": request.page,
        "page_size": request.page_size,
        "filters_in_words": request.filters.describe(),
        "include_flood_control": request.filters.include_flood_control,
        **remarks,
        "dataset_version": context.dataset_version,
        "sample": context.sample,
    }
    return Outcome(payload=payload)


KIND = TaskKind(
    name="flags",
    task="judge_flags",
    queue="high",
    about="Judge contracts by red flags: reasons to look, each with its evidence.",
    request=FlagsRequest,
    result=FlagsResult,
    work=judge_flags,
    time_limit_s=300,
    cached=True,
)
