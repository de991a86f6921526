"""One sentence on how the machine is: the worst first, with what to do."""

from __future__ import annotations

from data_processing.operations.watch import verdict
from data_processing.operations.watch.conditions import Condition

DISK = Condition(name="disk", text="The disk is full. Remove something.")
LETTERS = Condition(name="dead-letters-high", text="3 dead letters wait.", serious=False)


def test_nothing_that_holds_is_good_news() -> None:
    assert verdict.judge([]) == verdict.Verdict(level="good", sentence=verdict.WELL, conditions=[])
    assert verdict.name_conditions([]) == "ok"


def test_the_first_condition_is_told_and_the_others_are_counted() -> None:
    judged = verdict.judge([DISK, LETTERS, LETTERS])
    assert judged.level == "bad"
    assert judged.sentence == "The disk is full. Remove something. 2 more things need a look."
    assert verdict.name_conditions([DISK, LETTERS]) == "disk, dead-letters-high"


def test_what_keeps_no_work_from_being_done_is_a_notice() -> None:
    judged = verdict.judge([LETTERS])
    assert (judged.level, judged.sentence) == ("notice", "3 dead letters wait.")
