"""The page of benchmarks keeps what another command wrote."""

from __future__ import annotations

from pathlib import Path

from tools.bench.durable.__main__ import PEERS, TITLE, Measured, combine, show_table
from tools.bench.durable.work import read_notes
from tools.bench.reference import PAGE, write_head, write_section


def test_each_command_writes_its_own_part(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n\nold\n\n## Tasks\n\nold\n\n## Others\n\nkept\n", encoding="utf-8")
    write_section("Tasks", ["new"], page)
    write_head(["# Benchmarks", "", "fresh"], page)
    write_section("Last", ["added"], page)
    assert page.read_text(encoding="utf-8") == (
        "# Benchmarks\n\nfresh\n\n## Tasks\n\nnew\n\n## Others\n\nkept\n\n## Last\n\nadded\n"
    )


def test_page_holds_every_peer() -> None:
    section = PAGE.read_text(encoding="utf-8").partition(f"## {TITLE}\n")[2]
    assert [peer.name for peer in PEERS if f"| {peer.name} |" not in section] == []


def test_peers_are_judged_by_their_worst_loss(tmp_path: Path) -> None:
    rounds = [
        Measured(rate=rate, median_ms=2, p99_ms=9, lost=lost, repeated=1, worst_wait_s=4)
        for rate, lost in ((100, 0), (300, 2), (200, 0))
    ]
    assert (combine(rounds).rate, combine(rounds).lost) == (200, 2)
    assert show_table({"one": combine(rounds)})[-1] == "| one | 200 | 2.0 ms | 9.0 ms | 2 | 1 | 4.0 s |"
    notes = tmp_path / "notes"
    assert read_notes(notes) == []
    notes.write_text("7 0.250000 12.500000\n")
    assert [(note.number, note.waited_s, note.ended_at) for note in read_notes(notes)] == [(7, 0.25, 12.5)]
