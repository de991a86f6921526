"""The database backend of django-tasks."""

from __future__ import annotations

from django_tasks import task

from tools.bench.durable.work import work


@task()
def nothing(number: int, asked_at: float, takes_s: float) -> None:
    work(number, asked_at, takes_s)


def enqueue(number: int, asked_at: float, takes_s: float) -> None:
    nothing.enqueue(number, asked_at, takes_s)
