"""The product beside what one would pick instead: all say the same of the same contracts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.bench import dataset
from tools.bench.peers import __main__ as peers
from tools.bench.peers.__main__ import PEERS, WrongAnswer, compare, list_missed, show_table
from tools.bench.peers.ours import Ours
from tools.bench.peers.questions import KINDS, Question, are_equal, list_questions, sort_groups

ROWS = 3000
NAMES = [Ours.name, *(peer.name for peer in PEERS)]


def test_all_give_the_same_answers_to_every_question(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With servers, workers, Datasette and pandas. A peer that says something else raises WrongAnswer."""
    for module in ("datasette", "pandas"):
        pytest.importorskip(module, reason="make bench-peers installs it")
    monkeypatch.setattr(dataset, "ROOT", tmp_path)
    times = peers.run(rows=ROWS, turns=1)
    assert {kind: list(by_name) for kind, by_name in times.items()} == dict.fromkeys(KINDS, NAMES)
    assert all(took > 0 for by_name in times.values() for turn in by_name.values() for took in turn)


def test_each_turn_asks_something_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dataset, "ROOT", tmp_path)
    turns = list_questions(dataset.prepare_snapshot(ROWS), turns=4)
    for questions in zip(*turns, strict=True):
        assert len({question.kind for question in questions}) == 1
        assert len(set(questions)) == 4


def test_an_answer_that_differs_is_refused() -> None:
    question = Question(kind="totals", turn=0)
    groups = [("Dagupan", 2, 30.0), (None, 1, 0.1)]
    ours = sort_groups(groups)
    compare(question, {"ours": ours, "theirs": sort_groups(reversed(groups))})
    compare(question, {"ours": ours, "theirs": [(*row[:2], row[2] * (1 + 1e-12)) for row in ours]})
    wrong_answers = (
        ours[:1],
        [(label, count + 1, total) for label, count, total in ours],
        [(label, count, total + 0.01) for label, count, total in ours],
    )
    for wrong in wrong_answers:
        assert not are_equal(ours, wrong)
        with pytest.raises(WrongAnswer, match="theirs says"):
            compare(question, {"ours": ours, "theirs": wrong})
    with pytest.raises(WrongAnswer, match="no rows"):
        compare(question, {"ours": [], "theirs": []})


def test_bars_are_judged_by_medians() -> None:
    quick, slow = ({name: [10.0, 11.0, 99.0] for name in NAMES} for _ in range(2))
    quick[Ours.name] = [9.0, 1.0, 1.1]
    slow[Ours.name] = [2.0, 2.0, 0.1]
    times = {"search": slow, "totals": slow, "table": quick, "file": quick}
    # 5.5 times as fast is enough for a search, and beside a frame that was loaded before.
    assert [missed.partition(":")[0] for missed in list_missed(times)] == [KINDS["totals"]] * 2
    row = show_table(times)[-1]
    assert "| 1.10 s | 11.00 s (10.0 times, bar 10) |" in row
    assert show_table(times)[3].count("missed") == 2
