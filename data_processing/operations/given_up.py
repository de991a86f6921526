"""What operators ask of the tasks that were given up: those that a text is found in, and how many there are
of each error."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from data_processing.models import DeadLetter

MOST_GROUPS = 100
SHORT_ID = re.compile(r"[0-9a-f]{4,32}")
"""An id as pages show it: its first digits."""

# As text, because rows of other versions may hold anything.
CODE = Coalesce(KeyTextTransform("code", "error"), Value(""), output_field=TextField())


@dataclass(frozen=True, kw_only=True)
class DeadGroup:
    """Dead letters of one error ``code``, empty where they have none. ``message`` and ``reason_in_words`` are
    of the newest, whose id is ``newest``."""

    code: str
    count: int
    first_at: datetime
    last_at: datetime
    message: str
    reason_in_words: str
    newest: int


def matching(text: str) -> Q:
    """Dead letters with this text in error, message, task or owner, or of the task whose id begins so."""
    found = Q(run__kind=text) | Q(run__owner=text)
    for field in ("error__code", "error__message", "message", "run__description"):
        found |= Q(**{f"{field}__icontains": text})
    digits = text.strip().lower().replace("-", "")
    if SHORT_ID.fullmatch(digits):
        # As bounds, because the databases keep ids in different ways.
        low, high = (uuid.UUID(digits.ljust(32, end)) for end in "0f")
        found |= Q(run__id__range=(low, high))
    return found


def of_code(rows: QuerySet[DeadLetter], code: str) -> QuerySet[DeadLetter]:
    """Those whose error has this code; empty: those that have none."""
    return rows.annotate(code=CODE).filter(code=code)


def count_by_error(rows: QuerySet[DeadLetter]) -> list[DeadGroup]:
    """The groups, largest first, MOST_GROUPS at most."""
    # Typed as anything: the checker does not follow what is grouped by an expression.
    counted: Any = rows.annotate(code=CODE).order_by().values("code")
    counted = counted.annotate(
        count=Count("pk"), first=Min("created_at"), last=Max("created_at"), newest=Max("pk")
    )
    groups = list(counted.order_by("-count", "code")[:MOST_GROUPS])
    samples = DeadLetter.objects.in_bulk([group["newest"] for group in groups])
    return [_describe(group, samples.get(group["newest"])) for group in groups]


def _describe(group: Any, sample: DeadLetter | None) -> DeadGroup:
    # One that goes between the two questions is shown without its words.
    error = sample.error if sample is not None and isinstance(sample.error, dict) else {}
    return DeadGroup(
        code=str(group["code"]),
        count=group["count"],
        first_at=group["first"],
        last_at=group["last"],
        message=str(error.get("message", "")),
        reason_in_words=sample.get_reason_display() if sample is not None else "",
        newest=group["newest"],
    )
