"""Rows -> an archive of the Open Contracting Data Standard (OCDS), version 1.1.

How columns become its fields, and why: docs/reference/ocds.md.
"""

from contracts.writers.ocds.archive import Compiled, write_ocds
from contracts.writers.ocds.release import Publication

__all__ = ["Compiled", "Publication", "write_ocds"]
