"""Bodies of requests that start no task. Those that start one are declared with their kind."""

from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import AfterValidator, FailFast, Field, PlainValidator, Strict, WithJsonSchema

from contracts.questions.model import Question, check_by
from contracts.questions.numbers import Whole
from contracts.questions.reading import identifier, storable

MAX_DEAD_LETTERS = 1000
MAX_CODE = 100
LARGEST_ID = 2**63 - 1
LONGEST_SHARE_HOURS = 24 * 365


TaskId = Annotated[
    uuid.UUID, PlainValidator(check_by(identifier)), WithJsonSchema({"type": "string", "format": "uuid"})
]


class OneTask(Question):
    """Which task is meant."""

    task_id: TaskId


class Cancel(OneTask):
    """Which task is to stop; ``all``: for everybody who has joined it."""

    all: Annotated[bool, Strict()] = False


class NewShare(Question):
    """For how long a link to a file is to open it; None: for as long as the file is kept."""

    hours: Annotated[int, Whole(1, LONGEST_SHARE_HOURS)] | None = None


class OneError(Question):
    """Dead letters of which error are meant: the code of a group, empty for those without one."""

    code: Annotated[
        str,
        Strict(),
        Field(max_length=MAX_CODE, json_schema_extra={"pattern": r"^[^\u0000]*$"}),
        AfterValidator(check_by(storable)),
    ]


class DeadLetters(Question):
    """Which dead letters are meant."""

    ids: Annotated[
        tuple[Annotated[int, Whole(1, LARGEST_ID)], ...],
        FailFast(),
        Field(min_length=1, max_length=MAX_DEAD_LETTERS),
    ]
