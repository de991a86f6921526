"""What every page says of the data at its foot, and at its head where contracts are invented."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from contracts.errors import NoDataset, SnapshotMissing
from contracts.snapshot.citation import cite, say_date
from data_processing import datasets


@dataclass(frozen=True, kw_only=True)
class Footing:
    """``dated`` says of when the data is, ``citation`` how one cites it, with this site's address."""

    version: str
    sample: bool
    dated: str
    citation: str


def describe_data(request: HttpRequest) -> dict[str, object]:
    """A context processor: ``data`` is the Footing of the current version, or None."""
    # Lazily, because mails and fragments are rendered with it too.
    return {"data": SimpleLazyObject(lambda: _read(request))}


def _read(request: HttpRequest) -> Footing | None:
    try:
        manifest = datasets.describe_version(datasets.current_snapshot().version)
    except (NoDataset, SnapshotMissing):
        return None
    return Footing(
        version=manifest.version,
        sample=manifest.sample,
        dated=say_date(manifest),
        citation=f"{cite(manifest)} {request.build_absolute_uri('/')}",
    )
