"""What contracts are known by in every dataset version, as written at import and as made anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from contracts.engine.store import Store
from contracts.questions.filters import Filters
from contracts.snapshot.versions import Snapshot
from tests.contracts.small_stores import Award, make_award, write_snapshot

UNNUMBERED = {"award_number": None, "contract_number": None}
AWARDS = [
    make_award(1),
    make_award(2, award_number=" 00a2"),
    # Alike in all that tells contracts apart, but for the place among themselves.
    *(make_award(3, award_title="Road", **UNNUMBERED) for _ in range(3)),
]


def read_all(snapshot: Snapshot) -> list[tuple[int, int]]:
    store = Store(snapshot)
    with store.reader() as reader:
        found = reader.identify(Filters(include_flood_control=True))
    store.close()
    return list(zip(found.keys.tolist(), found.amounts.tolist(), strict=True))


def write(folder: Path, awards: Sequence[Award]) -> Snapshot:
    folder.mkdir()
    return write_snapshot(folder, awards)


def test_version_without_written_keys_knows_contracts_by_the_same(tmp_path: Path) -> None:
    snapshot = write(tmp_path / "one", AWARDS)
    written = read_all(snapshot)
    (snapshot.rows / "keys.npy").unlink()
    assert read_all(snapshot) == written
    assert len({key for key, _ in written}) == len(AWARDS)


def test_next_version_knows_a_contract_by_the_same_key_wherever_it_stands(tmp_path: Path) -> None:
    before = read_all(write(tmp_path / "one", AWARDS))
    after = read_all(write(tmp_path / "two", [make_award(9, award_date=None), *reversed(AWARDS)]))
    assert set(before) < set(after)
