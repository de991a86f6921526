"""Every flag finds its planted cases; how many false alarms it raises on clean contracts is printed."""

from __future__ import annotations

import json
import random
from collections.abc import Generator, Iterator
from datetime import date
from pathlib import Path

import pytest

from contracts.engine.store import Store
from contracts.flags.answers import answer_flag
from contracts.flags.judging import open_evidence
from contracts.flags.registry import FLAGS
from contracts.ingest import import_files
from contracts.progress import Progress
from contracts.questions.filters import Filters
from contracts.questions.query import Page
from contracts.snapshot.versions import Snapshot
from tools.sample.suspects import KEY, write_suspects

SEED = random.SystemRandom().randrange(1_000_000)
FIRST = Page(number=1, size=50)
Planted = tuple[Store, dict[str, list[str]]]


def open_sample(folder: Path, *, planted: bool) -> Planted:
    path = write_suspects(folder, seed=SEED, planted=planted)
    steps: Generator[Progress, None, Snapshot] = import_files(
        [path], root=folder / "datasets", as_of=date(2025, 12, 31)
    )
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return Store(end.value, memory_limit_mb=256), json.loads((folder / KEY).read_text())


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    print(f"seed {SEED}")  # noqa: T201 - shown where a test fails
    store, key = open_sample(tmp_path_factory.mktemp("planted"), planted=True)
    yield store, key
    store.close()


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store, _ = open_sample(tmp_path_factory.mktemp("clean"), planted=False)
    yield store
    store.close()


def list_evidence(store: Store, code: str, filters: Filters | None = None) -> list[str]:
    with store.reader() as reader:
        rows = open_evidence(FLAGS[code], filters or Filters(), reader)
        found: list[str] = rows.stream().read_all().column("award_number").to_pylist()
        assert len(found) == rows.count
        return found


def test_answer_key_has_cases_of_every_flag(planted: Planted) -> None:
    assert set(planted[1]) == set(FLAGS)


@pytest.mark.parametrize("code", FLAGS)
def test_flag_finds_all_of_its_planted_cases(planted: Planted, code: str) -> None:
    store, key = planted
    missed = set(key[code]) - set(list_evidence(store, code))
    assert missed == set(), f"seed {SEED}"


@pytest.mark.parametrize("code", FLAGS)
def test_counts_pages_and_file_of_a_flag_agree(planted: Planted, code: str) -> None:
    with planted[0].reader() as reader:
        answer = answer_flag(FLAGS[code], Filters(), FIRST, reader)
    numbers = list_evidence(planted[0], code)
    assert answer["contracts"] == len(set(numbers))
    assert answer["cases"] == len(answer["evidence"])
    assert sum(case["contracts"] for case in answer["evidence"]) == len(numbers)
    assert answer["contracts"] <= answer["judged"] <= answer["rows"]
    assert "never a verdict" in answer["caution"]
    for case in answer["evidence"]:
        assert case["evidence"]
        assert all(one["address"] for one in case["evidence"])


@pytest.mark.parametrize("code", FLAGS)
def test_filters_of_a_case_find_its_contracts(planted: Planted, code: str) -> None:
    with planted[0].reader() as reader:
        answer = answer_flag(FLAGS[code], Filters(), Page(number=1, size=1), reader)
        [case] = answer["evidence"]
        around = reader.count(Filters.from_json(case["filters"])).rows
    assert around >= case["contracts"]


def test_false_alarms_on_clean_contracts_are_few(clean: Store, capsys: pytest.CaptureFixture[str]) -> None:
    with clean.reader() as reader:
        alarms = {
            code: answer_flag(flag, Filters(), Page(number=1, size=1), reader)["contracts"]
            for code, flag in FLAGS.items()
        }
    with capsys.disabled():
        print(f"\nfalse alarms, of 2,000 clean contracts, seed {SEED}: {alarms}")  # noqa: T201
    assert sum(alarms.values()) <= 20


def test_filters_narrow_what_is_judged(planted: Planted) -> None:
    filters = Filters(organizations=("BUREAU OF PIECES",))
    assert len(list_evidence(planted[0], "split-purchases", filters)) == 4
    assert list_evidence(planted[0], "over-limit", filters) == []
