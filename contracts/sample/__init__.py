"""Raw files like those of PhilGEPS, in every generation, with an answer key of what a correct import finds.

Knows nothing of the importer: what is in the files and what must become of it is decided here alone.
"""

from __future__ import annotations

from contracts.sample.answer_key import AnswerKey, FileAnswer, RejectedRow, RepairedCell
from contracts.sample.generator import generate
from contracts.sample.shape import SampleShape

__all__ = ["AnswerKey", "FileAnswer", "RejectedRow", "RepairedCell", "SampleShape", "generate"]
