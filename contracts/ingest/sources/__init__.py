"""Where raw files come from: one module for each source, which declares the generations of its files.

A further source is a module here, a place in GENERATIONS, and a value of ``source`` in ``contracts.fields``.
"""

from contracts.ingest.sources import flood_control, philgeps
from contracts.ingest.sources.layout import Generation, Header

GENERATIONS: tuple[Generation, ...] = (*philgeps.GENERATIONS, *flood_control.GENERATIONS)

__all__ = ["GENERATIONS", "Generation", "Header"]
