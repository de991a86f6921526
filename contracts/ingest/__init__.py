"""Raw PhilGEPS files of every generation -> a new dataset version, with every row accounted for.

The rules are published in docs/explanation/data.md.
"""

from contracts.ingest.cells.dates import DateOrder
from contracts.ingest.checking import Check, check_files
from contracts.ingest.importer import import_files
from contracts.ingest.tables.headers import list_generations

__all__ = [
    "Check",
    "DateOrder",
    "check_files",
    "import_files",
    "list_generations",
]
