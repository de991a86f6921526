"""How figures of a version are cited, in one line: what, of when, which version, from where."""

from __future__ import annotations

from contracts.snapshot.versions import Manifest

NAME = "PhilGEPS Data Explorer"
PUBLISHERS = "PhilGEPS open data", "Sumbong sa Pangulo"
SAMPLE_MARK = "SAMPLE-"
"""How names of files of invented contracts begin."""
SAMPLE_WARNING = (
    "Sample data: all contracts and amounts are invented, also those under the names of real agencies."
)


def say_date(manifest: Manifest) -> str:
    """Of when the data is: the last day of award that it knows, or that of the import."""
    if manifest.last_award is None:
        return f"imported {manifest.created_at:%Y-%m-%d}"
    return f"contracts awarded up to {manifest.last_award}, imported {manifest.created_at:%Y-%m-%d}"


def cite(manifest: Manifest) -> str:
    """A citation of the version; whoever knows the address of the site adds it."""
    if manifest.sample:
        return f"{NAME}, SAMPLE DATA (invented), dataset version {manifest.version}."
    publishers = PUBLISHERS if manifest.flood_rows else PUBLISHERS[:1]
    return (
        f"{NAME}, {say_date(manifest)}, dataset version {manifest.version}."
        f" Source: {' and '.join(publishers)}."
    )
