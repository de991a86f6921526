"""One contract by its address, for the API and for its page: where it stands, what is said of it, why it is
gone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, NotRequired, TypedDict
from urllib.parse import urlencode

from api.document.shapes import Path, Sha256
from contracts.engine.records.addresses import Address, read_address
from contracts.engine.records.record import Record, Standing, may_hold
from contracts.engine.records.rows import JsonRow
from contracts.errors import ContractDropped, SnapshotMissing
from contracts.fields import FLOOD_CONTROL, Also
from contracts.questions.numbers import MAX_NUMBER_LENGTH
from contracts.snapshot.lines import RawRows
from contracts.snapshot.versions import Manifest, Snapshot
from data_processing import datasets
from data_processing.errors import NotFound
from data_processing.kinds.search import ROW
from data_processing.outputs.estimates import Count

HTML, API = "/contracts/", "/api/v1/contracts/"


class RecordLinks(TypedDict):
    """The contract here, and as a page for people."""

    self: Path
    html: Path


class RecordInShort(TypedDict):
    """Enough of a contract to know it by; ``links`` is null where it has no number at all."""

    reference_id: str | None
    project_id: str | None
    award_number: str | None
    contract_number: str | None
    award_title: str | None
    notice_title: str | None
    awardee_name: str | None
    organization_name: str | None
    award_date: Annotated[str, Also(format="date")] | None
    contract_amount: Annotated[str, Also(description="pesos")]
    source: str
    links: RecordLinks | None


class RawRun(TypedDict):
    """Rows of a raw file that follow each other, numbered as in rejects.csv; ``table`` names the sheet."""

    file: str
    table: str
    first: Count
    last: Count


class Provenance(TypedDict):
    """What the contract was read from. ``rows`` is null in versions of older programs, ``sha256`` where the
    version does not tell it."""

    source_file: str
    sha256: Sha256 | None
    rows: list[RawRun] | None


class RecordFilters(TypedDict):
    """Filters for a search or an export that find the contract."""

    numbers: list[str]
    include_flood_control: NotRequired[bool]


class ContractRecord(TypedDict):
    """One contract: all columns, where it was read, and the contracts around it: ``siblings`` of the same
    notice, the first of ``siblings_count``; ``before`` and ``after`` of the same organization and contractor
    by day of award."""

    dataset_version: str
    sample: bool
    contract: Annotated[dict[str, str | int | None], Also(**ROW)]
    provenance: Provenance
    siblings: list[RecordInShort]
    siblings_count: Count
    before: RecordInShort | None
    after: RecordInShort | None
    filters: RecordFilters
    links: RecordLinks


class RecordChoices(TypedDict):
    """Several contracts that bear the same numbers; the ``links`` of each lead to it alone."""

    dataset_version: str
    sample: bool
    choices: list[RecordInShort]


@dataclass(frozen=True, kw_only=True)
class Located:
    """What stands at an address: a ``record``, or several ``choices``."""

    manifest: Manifest
    record: Record | None
    choices: Sequence[Standing]

    def find_move(self, reference: str, award: str, key: str | None) -> str | None:
        """The tail of the canonical address, where that is not what was asked for."""
        standing = self.record.standing if self.record else self.choices[0]
        wanted = spell_tail(standing if self.record else _without_key(standing))
        # A key that nobody here has is of another version, or mistyped.
        return None if wanted == _join((reference, award), key) else wanted


def locate(reference: str, award: str, key: str | None) -> Located:
    """What stands at an address of the current version. Raises ContractDropped where only an earlier one has
    it, NotFound, NoDataset."""
    snapshot, address = datasets.current_snapshot(), read_address(reference, award)
    if address is None:
        raise NotFound("no contract has such an address")
    with datasets.open_store(snapshot.version).reader() as reader:
        found = reader.find_standings(address)
        one = found[0] if len(found) == 1 else next((one for one in found if one.key == key), None)
        record = reader.describe_record(one) if one else None
    if not found:
        raise _explain_absence(address, snapshot)
    return Located(manifest=snapshot.manifest(), record=record, choices=found)


def _explain_absence(address: Address, now: Snapshot) -> Exception:
    for earlier in datasets.list_snapshots():
        if earlier.version < now.version and may_hold(earlier, address):
            # One that was pruned meanwhile, or is of an older program.
            with contextlib.suppress(SnapshotMissing):
                with datasets.open_store(earlier.version).reader() as reader:
                    found = reader.find_standings(address)
                if found:
                    return _explain_loss(found[0], earlier.manifest(), now.manifest())
    return NotFound("no contract of this dataset version, or of those before it on disk, has these numbers")


def _explain_loss(lost: Standing, before: Manifest, now: Manifest) -> ContractDropped:
    file = str(lost.row["source_file"])
    digests = [{one.file: one.sha256 for one in manifest.sources} for manifest in (before, now)]
    if file not in digests[1]:
        reason = "that file is not among those of the current version"
    elif digests[0].get(file) != digests[1][file]:
        reason = "the current version was read from another file of that name"
    else:
        reason = "the same file is read in another way now, or another file tells other numbers"
    return ContractDropped(
        f"The contract was in dataset version {before.version} of {before.created_at:%Y-%m-%d}, read from"
        f" {file}; the current version {now.version} of {now.created_at:%Y-%m-%d} has it not: {reason}.",
        last_version=before.version,
    )


def represent(located: Located, record: Record) -> ContractRecord:
    row, manifest = record.row, located.manifest
    file = str(row["source_file"])
    links = link(record.standing)
    # A contract with an address has a number.
    assert links is not None
    return {
        "dataset_version": manifest.version,
        "sample": manifest.sample,
        "contract": row,
        "provenance": {
            "source_file": file,
            "sha256": next((one.sha256 for one in manifest.sources if one.file == file), None),
            "rows": None if record.origins is None else [_represent_run(run) for run in record.origins],
        },
        "siblings": [represent_short(one) for one in record.siblings],
        "siblings_count": record.all_siblings,
        "before": None if record.before is None else represent_short(record.before),
        "after": None if record.after is None else represent_short(record.after),
        "filters": _filter_for(row),
        "links": links,
    }


def represent_choices(located: Located) -> RecordChoices:
    return {
        "dataset_version": located.manifest.version,
        "sample": located.manifest.sample,
        "choices": [represent_short(one) for one in located.choices],
    }


def represent_short(standing: Standing) -> RecordInShort:
    shown = {name: standing.row[name] for name in RecordInShort.__annotations__ if name != "links"}
    return {**shown, "links": link(standing)}  # type: ignore[typeddict-item]


def link(standing: Standing) -> RecordLinks | None:
    if standing.address is None:
        return None
    tail = spell_tail(standing)
    return {"self": f"{API}{tail}", "html": f"{HTML}{tail}"}


def spell_tail(standing: Standing) -> str:
    """What follows ``/contracts/`` in the address of a contract that has one."""
    assert standing.address is not None
    return _join(standing.address.parts, standing.key)


def _join(parts: tuple[str, str], key: str | None) -> str:
    return "/".join(parts) + "/" + (f"?{urlencode({'key': key})}" if key is not None else "")


def _without_key(standing: Standing) -> Standing:
    return Standing(row=standing.row, address=standing.address, key=None)


def _represent_run(run: RawRows) -> RawRun:
    return {"file": run.table.file, "table": run.table.label, "first": run.first, "last": run.last}


def _list_numbers(row: JsonRow) -> Iterator[str]:
    """The numbers by which it is looked up, the most telling first."""
    for column in ("award_number", "contract_number", "reference_id"):
        # A longer one the filter refuses.
        if row[column] is not None and len(str(row[column])) <= MAX_NUMBER_LENGTH:
            yield str(row[column])


def _filter_for(row: JsonRow) -> RecordFilters:
    numbers = [*_list_numbers(row)][:1]
    if row["source"] == FLOOD_CONTROL:
        return {"numbers": numbers, "include_flood_control": True}
    return {"numbers": numbers}
