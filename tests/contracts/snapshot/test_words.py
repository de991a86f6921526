from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.snapshot.arrays import sparing_memory
from contracts.snapshot.versions import Snapshot
from contracts.snapshot.words import (
    Cut,
    Phrase,
    WordIndex,
    building,
    cut_ascii,
    cut_phrases,
    index,
    read_cuts,
)
from tests.contracts import oracle
from tests.contracts.small_stores import make_award, write_snapshot

PRINTABLE = "".join(map(chr, range(32, 127)))
NASTY = "aabAñ1 (),-%🏗“文\u0301İß"
words = st.text(st.sampled_from(NASTY), max_size=14).map(lambda text: " ".join(text.split()))


def cut(*phrases: str) -> dict[str, Phrase]:
    statement = cut_phrases(phrases)
    rows = duckdb.execute(statement.sql, statement.parameters).fetchall()
    return read_cuts([Cut(*row) for row in rows])


def find(snapshot: Snapshot, *phrases: str) -> dict[str, list[int]]:
    """The ids of the contracts that hold each phrase."""
    cuts = cut(*phrases)
    index = WordIndex(snapshot.words)
    return {phrase: [int(row) + 1 for row in np.flatnonzero(index.match(cuts[phrase]))] for phrase in phrases}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(words, words, words), min_size=1, max_size=18),
    st.lists(words.filter(bool), min_size=8),
)
def test_index_finds_what_the_oracle_finds(texts: list[tuple[str, str, str]], phrases: list[str]) -> None:
    awards = [
        make_award(n, award_title=title or None, notice_title=notice or None, awardee_name=name or None)
        for n, (title, notice, name) in enumerate(texts)
    ]
    parts = [
        text[at : at + 5].strip() for triple in texts for text in triple for at in range(0, len(text), 3)
    ]
    with tempfile.TemporaryDirectory() as folder:
        snapshot = write_snapshot(Path(folder), awards)
        with duckdb.connect(str(snapshot.database), read_only=True) as con:
            rows = con.execute(f"SELECT {', '.join(oracle.SEARCHED)} FROM contracts ORDER BY id").fetchall()
        wanted = {
            phrase: [n for n, row in enumerate(rows, 1) if any(oracle.holds(t, phrase) for t in row)]
            for phrase in [*phrases, *parts]
            if oracle.fold(phrase).strip()
        }
        assert find(snapshot, *wanted) == wanted


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(st.sampled_from(PRINTABLE), max_size=12), min_size=20, unique=True))
def test_ascii_is_cut_as_the_rows_are(phrases: list[str]) -> None:
    assert {phrase: cut_ascii(phrase) for phrase in phrases} == cut(*phrases)


def test_words_are_found_in_steps_by_work_that_spares_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = write_snapshot(
        tmp_path, [make_award(n, award_title=f"Road {n % 3} to town {n}") for n in range(20)]
    )
    phrases = ("road", "to town 1", "road 1 to", "own")
    whole = find(snapshot, *phrases)
    monkeypatch.setattr(index, "STEP", 3)
    with sparing_memory():
        assert find(snapshot, *phrases) == whole
    assert len(whole["road"]) == 20


def test_index_written_in_many_batches_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    awards = [make_award(n, award_title=f"Road {n % 3} to town {n}") for n in range(20)]
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    one = write_snapshot(tmp_path / "one", awards)
    monkeypatch.setattr(building, "BATCH_DOCUMENTS", 3)
    many = write_snapshot(tmp_path / "many", awards)
    for file in sorted(one.words.iterdir()):
        assert file.read_bytes() == (many.words / file.name).read_bytes(), file.name


def test_index_of_an_empty_dataset_finds_nothing(tmp_path: Path) -> None:
    assert find(write_snapshot(tmp_path, []), "road") == {"road": []}


def test_words_of_a_title_of_thousands_of_words_are_found_in_their_order(tmp_path: Path) -> None:
    title = " ".join(f"item {n}" for n in range(40_000))
    snapshot = write_snapshot(tmp_path, [make_award(1, award_title=title, notice_title="Item 39999")])
    wanted = {"item 39998 item 3999": [1], "item 39998 39999": [], "39999 item 39999": []}
    assert find(snapshot, *wanted) == wanted
