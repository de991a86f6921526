"""What kinds that make a file have in common: what a request says of the file, and how it is written."""

from data_processing.kinds.exporting.files import (
    ARCHIVE,
    FORMATS,
    STREAM_MEMORY_MB,
    ExportResult,
    FileRequest,
    describe_file,
    expect_few,
    hand_over,
    write_file,
)
from data_processing.kinds.exporting.split import fill_part, write_split

__all__ = [
    "ARCHIVE",
    "FORMATS",
    "STREAM_MEMORY_MB",
    "ExportResult",
    "FileRequest",
    "describe_file",
    "expect_few",
    "fill_part",
    "hand_over",
    "write_file",
    "write_split",
]
