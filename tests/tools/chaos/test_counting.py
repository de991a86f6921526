"""The chaos program notices what it is there to notice."""

from __future__ import annotations

import asyncio
import hashlib
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data_processing.kinds.registry import KINDS as KINDS_THERE_ARE
from tests.tools.chaos.scripted import answer, problem, serve
from tools.chaos.audit import Findings, audit_task, find_stray, find_tear
from tools.chaos.chronicle import Chronicle, Kill, Spell
from tools.chaos.faults.messages import TASK_NAMES
from tools.chaos.ledger import Ending, Ledger, Order
from tools.chaos.meetings import KINDS, Life, count_pairs, list_missing
from tools.chaos.plan import FAULTS, draw_plan
from tools.chaos.rescue import find_rescues
from tools.chaos.visitors import Visitor

RUN = "11111111-2222-3333-4444-555555555555"
ORDER = Order(kind="search", body={}, key="k")
NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def lost_attempt(number: int, *, began: float, ended: float) -> dict[str, Any]:
    times = {"started_at": at(began).isoformat(), "ended_at": at(ended).isoformat()}
    return {"number": number, "outcome": "lost", **times}


def attempt(number: int, *, began: float) -> dict[str, Any]:
    return {"number": number, "outcome": "succeeded", "started_at": at(began).isoformat()}


def kill(seconds: float, number: int) -> Kill:
    return Kill(at=at(seconds).timestamp(), attempts=frozenset({(RUN, number)}))


def test_second_file_of_one_run_is_noticed() -> None:
    names = [f"{RUN}.1.xlsx", f"{RUN}.2.xlsx"]
    assert len(list(find_stray(names, {RUN: f"{RUN}.2.xlsx"}))) == 1


def audit_told(told: str, status: bytes) -> Findings:
    """What is found of a task that a stream said to have ended as `told`."""
    ledger, findings = Ledger(), Findings()
    task = ledger.accept(RUN, visitor=0, order=ORDER)
    ledger.note_told(task, told, resumed=False)
    with serve(answer(status)) as url:
        asyncio.run(audit_task(Visitor(0, [url], seed=1, ledger=ledger), ledger, task, findings))
    return findings


def test_stream_that_told_another_end_is_noticed() -> None:
    status = b'{"ready": true, "successful": false, "state": "FAILURE"}'
    assert audit_told("FAILURE", status).is_clean
    assert len(audit_told("SUCCESS", status).doubled) == 1


def test_task_that_has_no_answer_or_no_end_is_lost() -> None:
    assert len(audit_told("SUCCESS", b'{"ready": false}').lost) == 1
    ledger, findings = Ledger(), Findings()
    with serve(problem(503, "database-unavailable")) as url:
        visitor = Visitor(0, [url], seed=1, ledger=ledger)
        asyncio.run(audit_task(visitor, ledger, ledger.accept(RUN, visitor=0, order=ORDER), findings))
    assert len(findings.lost) == 1


@pytest.mark.parametrize("name", [f"{RUN}.1.csv", f"{RUN}.1.csv.part", "something"])
def test_file_that_no_run_published_is_noticed(name: str) -> None:
    assert len(list(find_stray([name], {}))) == 1


def test_published_file_is_in_order() -> None:
    assert list(find_stray([f"{RUN}.3.csv"], {RUN: f"{RUN}.3.csv"})) == []


def write_csv(path: Path, rows: int) -> str:
    path.write_text("\ufeffa,b\r\n" + '"x","two\nlines"\r\n' * rows)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_whole_csv_file_has_no_tear(tmp_path: Path) -> None:
    digest = write_csv(tmp_path / "f", 3)
    assert find_tear(tmp_path / "f", sha256=digest, format="csv", rows=3, labels=[]) is None


def test_file_with_a_row_too_few_is_torn(tmp_path: Path) -> None:
    digest = write_csv(tmp_path / "f", 3)
    assert find_tear(tmp_path / "f", sha256=digest, format="csv", rows=4, labels=[]) is not None


def test_file_with_other_bytes_than_its_row_says_is_torn(tmp_path: Path) -> None:
    digest = write_csv(tmp_path / "f", 3)
    write_csv(tmp_path / "f", 4)
    assert find_tear(tmp_path / "f", sha256=digest, format="csv", rows=4, labels=[]) is not None


def test_half_a_workbook_is_torn(tmp_path: Path) -> None:
    path = tmp_path / "f"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "x" * 10_000)
    path.write_bytes(path.read_bytes()[:5_000])
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert find_tear(path, sha256=digest, format="xlsx", rows=0, labels=[]) is not None


def test_result_that_changes_after_it_was_seen_is_noticed() -> None:
    ledger = Ledger()
    ledger.accept(RUN, visitor=0, order=ORDER)
    task = ledger.tasks[RUN]
    for digest in ("a", "a"):
        ledger.note_ending(task, Ending(state="SUCCESS", digest=digest))
    assert ledger.contradictions == []
    ledger.note_ending(task, Ending(state="SUCCESS", digest="b"))
    assert len(ledger.contradictions) == 1


def test_key_that_starts_two_tasks_is_noticed() -> None:
    ledger = Ledger()
    ledger.accept("one", visitor=0, order=ORDER)
    ledger.accept("two", visitor=1, order=ORDER)
    assert ledger.contradictions == []
    ledger.accept("three", visitor=0, order=ORDER)
    assert len(ledger.contradictions) == 1


def test_same_seed_draws_the_same_faults_and_a_long_storm_all_kinds() -> None:
    plan = draw_plan(7, seconds=250, clustered=True)
    assert plan == draw_plan(7, seconds=250, clustered=True)
    assert plan != draw_plan(8, seconds=250, clustered=True)
    assert {fault.name for _, fault in plan} == {fault.name for fault in FAULTS}


def test_messages_that_are_duplicated_are_those_that_the_product_sends() -> None:
    assert {kind: KINDS_THERE_ARE[kind].task_name for kind in TASK_NAMES} == TASK_NAMES


def test_storm_without_a_cluster_has_no_faults_of_one() -> None:
    plan = draw_plan(7, seconds=250, clustered=False)
    assert {fault.name for _, fault in plan} == {fault.name for fault in FAULTS if not fault.clustered}


def test_kind_of_task_met_a_fault_when_one_was_unfinished_meanwhile() -> None:
    hit = Spell(what="node killed", began=10, ended=14, hit=True)
    missed = Spell(what="leader killed", began=10, ended=14)
    lives = [
        Life(kind="search", accepted=9, ended=11),
        Life(kind="export", accepted=15, ended=16),
        Life(kind="import", accepted=9, ended=16),
    ]
    pairs = count_pairs(Chronicle(faults=[hit, missed]), lives)
    assert pairs == {("node killed", "search"): 1}
    assert "node killed / export" in list_missing(pairs, ["node killed"])
    assert len(list_missing(pairs, ["node killed"])) == len(KINDS) - 1


def test_rescue_lasts_from_the_kill_to_the_next_attempt() -> None:
    attempts = [lost_attempt(1, began=0, ended=17), attempt(2, began=18)]
    found = list(find_rescues(RUN, "high", attempts, finished_at=at(20), kills=[kill(10, 1)]))
    assert [rescue.seconds for rescue in found] == [8]


def test_rescue_of_a_cancelled_run_lasts_to_its_end() -> None:
    attempts = [lost_attempt(1, began=0, ended=17)]
    found = list(find_rescues(RUN, "high", attempts, finished_at=at(17), kills=[kill(10, 1)]))
    assert [rescue.seconds for rescue in found] == [7]


def test_kill_that_left_no_time_for_the_lease_to_run_out_is_not_the_cause() -> None:
    attempts = [lost_attempt(1, began=0, ended=17), attempt(2, began=18)]
    kills = [kill(10, 1), kill(16, 1)]
    (found,) = find_rescues(RUN, "high", attempts, finished_at=at(20), kills=kills)
    assert found.killed_at == at(10).timestamp()


def test_attempt_that_nobody_killed_counts_as_no_rescue() -> None:
    attempts = [lost_attempt(1, began=0, ended=17), attempt(2, began=18)]
    assert list(find_rescues(RUN, "high", attempts, finished_at=at(20), kills=[kill(10, 2)])) == []
