"""Raw files like those of PhilGEPS, in every generation, with an answer key of what a correct import finds.

Knows nothing of the importer: what is in the files and what must become of it is decided here alone.
"""

from __future__ import annotations

from tools.sample.answer_key import AnswerKey, FileAnswer, RejectedRow, RepairedCell
from tools.sample.generator import generate
from tools.sample.shape import SampleShape

__all__ = ["AnswerKey", "FileAnswer", "RejectedRow", "RepairedCell", "SampleShape", "generate"]
