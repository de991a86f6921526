"""Functions that the tests enqueue as an app would."""

from __future__ import annotations

from django_tasks import TaskContext, task
from pydantic import JsonValue


@task(queue_name="high")
def join_words(*words: str, between: str = " ") -> str:
    return between.join(words)


@task(takes_context=True)
def tell_attempt(context: TaskContext) -> list[JsonValue]:
    return [context.task_result.id, context.attempt]


@task
def divide(dividend: int, divisor: int) -> float:
    return dividend / divisor


@task
def echo(value: JsonValue) -> JsonValue:
    return value


@task
async def say_done() -> str:
    return "done"
