"""What the API answers of links to files."""

from __future__ import annotations

from typing import TypedDict

from api.document.shapes import Id, Path, Sha256, Time
from data_processing.outputs.estimates import Count


class ShareLinks(TypedDict):
    """Where to go on from a link that one has made: ``page`` is what others are given."""

    self: Path
    page: Path
    shared: Path


class Share(TypedDict):
    """A link that opens a file to whoever has it."""

    id: Id
    made_by: str
    created_at: Time
    ends_at: Time
    links: ShareLinks


class Shares(TypedDict):
    """The links that open a file now."""

    shares: list[Share]


class SharedFileLinks(TypedDict):
    """Where the file is, and the page that shows this to people."""

    download: Path
    page: Path


class SharedFile(TypedDict):
    """The file that a link opens, who made the link and when it ends."""

    name: str
    format: str
    rows: Count
    size_bytes: Count
    sha256: Sha256
    filters_in_words: str
    dataset_version: str
    created_at: Time
    made_by: str
    ends_at: Time
    links: SharedFileLinks
