"""The error tree of the engine. Each class carries a stable ``code`` and says whether a retry can help."""

from __future__ import annotations

from collections.abc import Sequence


class ContractsError(Exception):
    """Root of all errors that the engine raises on purpose."""

    code = "contracts-error"
    retryable = False


class InvalidQuery(ContractsError):
    """A question that cannot be asked. ``pointer`` is the JSON pointer of the culprit (RFC 6901)."""

    code = "invalid-query"

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(f"{pointer or '/'}: {message}")
        self.pointer = pointer
        self.message = message


class NoDataset(ContractsError):
    """Nothing has been imported yet."""

    code = "no-dataset"


class SnapshotMissing(ContractsError):
    """A dataset version was asked for that is not on disk (any more)."""

    code = "snapshot-missing"


class UnknownEntity(ContractsError):
    """The dataset has no name at this address."""

    code = "unknown-entity"


class NotTrained(ContractsError):
    """The dataset version has no model of anomalies that this program can read."""

    code = "not-trained"


class ContractDropped(ContractsError):
    """A contract that an earlier version had, ``last_version``, and the current one has not."""

    code = "contract-dropped"

    def __init__(self, message: str, *, last_version: str) -> None:
        super().__init__(message)
        self.last_version = last_version


class QueryInterrupted(ContractsError):
    """The caller interrupted a running query; nothing is wrong with the query."""

    code = "query-interrupted"


class OutOfSpace(ContractsError):
    """The disk ran full, or the memory that the engine may use. Retryable: others may free some."""

    code = "out-of-space"
    retryable = True


class BadFile(ContractsError):
    """A raw file that cannot be read as what it claims to be. Names the file and, where known, the place:
    the line of a text file, or the sheet and the cell or row of a workbook."""

    code = "bad-file"

    def __init__(
        self,
        file: str,
        message: str,
        *,
        line: int | None = None,
        sheet: str | None = None,
        place: str | None = None,
    ) -> None:
        where = [
            file,
            *([] if line is None else [f"line {line}"]),
            *([] if sheet is None else [f"sheet {sheet!r}"]),
            *([] if place is None else [place]),
        ]
        super().__init__(f"{', '.join(where)}: {message}")
        self.file = file
        self.line = line
        self.sheet = sheet
        self.place = place
        self.message = message
        self.faults: tuple[BadFile, ...] = (self,)


class BadFiles(BadFile):
    """Several raw files that cannot be read: what is wrong with each of them, line by line."""

    def __init__(self, faults: Sequence[BadFile]) -> None:
        super().__init__(faults[0].file, faults[0].message)
        self.faults = tuple(faults)
        # BadFile composes its text of one file and place; here all faults are told, each on its line.
        told = "\n".join(f"- {fault}" for fault in faults)
        self.args = (f"{len(faults)} files cannot be read:\n{told}",)


class ReconciliationFailed(ContractsError):
    """Rows read and rows accounted for differ: the import is stopped rather than losing rows silently."""

    code = "reconciliation-failed"


class ImportHeld(ContractsError):
    """An import that would lose awards is stopped before its version becomes current. ``losses`` says what
    would be lost, a sentence each; ``rejected_share`` is the larger of its shares of rejected rows and pesos,
    and ``only_share`` whether nothing else holds it."""

    code = "import-held"

    def __init__(
        self, message: str, *, losses: tuple[str, ...], rejected_share: float, only_share: bool
    ) -> None:
        super().__init__(message)
        self.losses = losses
        self.rejected_share = rejected_share
        self.only_share = only_share
