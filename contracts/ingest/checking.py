"""A rehearsal of an import: what it would read, repair, reject and leave out, and whether it would be held.
Nothing is published, and nothing is left on disk."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Unpack

from contracts.errors import BadFile
from contracts.ingest.files.containers import SEPARATOR
from contracts.ingest.importer import (
    Reading,
    Resources,
    account_rows,
    copy_reports,
    open_database,
    translate_errors,
)
from contracts.ingest.losses import Losses, measure_losses
from contracts.ingest.rows.fate_counts import FateCount, count_left_out, count_rejects, count_repairs
from contracts.progress import Progress
from contracts.snapshot.versions import VERSIONS, SourceReport, building, new_version

SOUND, HELD, REFUSED = "sound", "held", "refused"
NOTHING = Losses(
    awarded_rows=0,
    rejected_rows=0,
    awarded_pesos=Decimal(0),
    rejected_pesos=Decimal(0),
    faults=(),
    excesses=(),
)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A file that cannot be imported, and why."""

    file: str
    problem: str


@dataclass(frozen=True, kw_only=True)
class Check:
    """What an import of these files would come to. Files that are refused would stop it; the rest is as it
    would be without them."""

    refusals: tuple[Refusal, ...] = ()
    sources: tuple[SourceReport, ...] = ()
    fate_counts: tuple[FateCount, ...] = ()
    losses: Losses = NOTHING

    @property
    def outcome(self) -> str:
        """``sound``, ``held`` or ``refused``."""
        if self.refusals:
            return REFUSED
        return HELD if self.losses.sentences else SOUND

    @property
    def contracts(self) -> int:
        return sum(source.imported for source in self.sources)

    @property
    def total_value(self) -> Decimal:
        """Pesos of the contracts."""
        return self.losses.awarded_pesos - self.losses.rejected_pesos

    def to_json(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "contracts": self.contracts,
            "total_value": str(self.total_value),
            "awarded_rows": self.losses.awarded_rows,
            "rejected_rows": self.losses.rejected_rows,
            "rejected_value": str(self.losses.rejected_pesos),
            "rejected_share": round(self.losses.rejected_share, 6),
            "held_because": list(self.losses.sentences),
            "refused": [asdict(refusal) for refusal in self.refusals],
            "sources": [asdict(source) for source in self.sources],
            "findings": [count.to_json() for count in self.fate_counts],
        }


def check_files(
    files: Sequence[Path],
    *,
    root: Path,
    max_rejected_share: float = 1.0,
    reports_folder: Path | None = None,
    memory_limit_mb: int = 1000,
    threads: int = 2,
    **reading: Unpack[Reading],
) -> Generator[Progress, None, Check]:
    """What ``import_files`` with the same arguments would do. The work needs room below ``root``, as an
    import does. Raises ReconciliationFailed or OutOfSpace; a file that is refused stands in the answer."""
    rest, refusals = list(files), list[Refusal]()
    with translate_errors(), _leaving_no_folder(root):
        while rest:
            work = _rehearse(
                rest,
                root=root,
                max_rejected_share=max_rejected_share,
                reports_folder=reports_folder,
                resources=Resources(memory_limit_mb=memory_limit_mb, threads=threads),
                **reading,
            )
            try:
                check = yield from work
            # The others may be refused as well, and whoever mends files wants to know all of it.
            except BadFile as error:
                refusals += [Refusal(file=fault.file, problem=str(fault)) for fault in error.faults]
                rest = _leave_out(rest, error)
            else:
                return replace(check, refusals=tuple(refusals))
    return Check(refusals=tuple(refusals))


def _rehearse(
    files: Sequence[Path],
    *,
    root: Path,
    max_rejected_share: float,
    reports_folder: Path | None,
    resources: Resources,
    **reading: Unpack[Reading],
) -> Generator[Progress, None, Check]:
    # In the folder and on the disk of an import, so that a check cannot say anything else than the import
    # does.
    with building(root, new_version(datetime.now(UTC))) as folder, open_database(folder, resources) as con:
        reports = yield from account_rows(con, files, folder, **reading)
        if reports_folder is not None:
            copy_reports(folder, reports_folder)
        return Check(
            sources=reports,
            fate_counts=(*count_repairs(con), *count_rejects(con), *count_left_out(con)),
            losses=measure_losses(con, reports, max_rejected_share=max_rejected_share),
        )


def _leave_out(files: Sequence[Path], error: BadFile) -> list[Path]:
    """The files but the culprits. A file within an archive goes with it."""
    named = {fault.file for fault in error.faults}
    culprits = [path for path in files if path.name in named]
    archived = named - {path.name for path in culprits}
    # With the separator: 2024.zip is to blame for 2024.zip:a.csv, and 2024.zip2 is not.
    culprits += [path for path in files if any(name.startswith(path.name + SEPARATOR) for name in archived)]
    # A fault of no file that was given would have us check the same files for ever.
    if not culprits:
        raise error
    return [path for path in files if path not in culprits]


@contextlib.contextmanager
def _leaving_no_folder(root: Path) -> Iterator[None]:
    """Takes the folders of datasets away again if they were not there: nothing has been imported yet."""
    missing = [folder for folder in (root / VERSIONS, root) if not folder.exists()]
    try:
        yield
    finally:
        for folder in missing:
            with contextlib.suppress(OSError):  # an import may have come meanwhile
                folder.rmdir()
