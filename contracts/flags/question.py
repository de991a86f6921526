"""What may be asked of the flags: which of them, of which contracts, and which cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, FailFast, Field

from contracts.flags.registry import FLAGS
from contracts.questions.filters import Filters
from contracts.questions.model import Question, invalid
from contracts.questions.numbers import Whole
from contracts.questions.query import Page
from contracts.questions.texts import OneOf

# Each case tells ten contracts, and one answer holds the cases of all flags.
MAX_CASES = 100
MAX_PAGE = 100_000


def _order(codes: Sequence[str]) -> tuple[str, ...]:
    if not codes:
        raise invalid("needs at least one flag")
    # One order, so that the same flags asked for in another share a cached answer.
    return tuple(code for code in FLAGS if code in codes)


Code = Annotated[str, OneOf(FLAGS, "flag")]


class FlagQuestion(Question):
    """Which flags are judged of the contracts that ``filters`` means, all unless some are named; and which
    page of the cases of each is told, the strongest first."""

    filters: Filters = Filters()
    flags: Annotated[
        tuple[Code, ...],
        FailFast(),
        Field(max_length=len(FLAGS), json_schema_extra={"minItems": 1}),
        AfterValidator(_order),
    ] = tuple(FLAGS)
    page: Annotated[int, Whole(1, MAX_PAGE)] = 1
    page_size: Annotated[int, Whole(1, MAX_CASES)] = 5

    @property
    def wanted(self) -> Page:
        return Page(number=self.page, size=self.page_size)

    def say(self) -> str:
        """The question in words, for people."""
        named = "all" if len(self.flags) == len(FLAGS) else ", ".join(self.flags)
        return f"{named} of {self.filters.describe()}"
