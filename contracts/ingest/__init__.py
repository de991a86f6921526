"""Raw PhilGEPS files of every generation -> a new dataset version, with every row accounted for.

The rules are published in docs/explanation/data.md.
"""

from contracts.ingest.dates import DateOrder
from contracts.ingest.importer import import_files

__all__ = ["DateOrder", "import_files"]
