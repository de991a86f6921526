"""Which constraint refused a row, in the words of both databases."""

from __future__ import annotations

import sqlite3

import pytest
from django.db import IntegrityError, transaction

from data_processing.database.constraints import violates
from data_processing.models import IdempotencyKey, TaskRun
from tests.machine import MakeRun

ONE_USE = "one_use_of_a_key"


def use_key(run: TaskRun, **changed: object) -> None:
    values = {"owner": run.owner, "key": "k", "body_digest": "d", "run": run, **changed}
    with transaction.atomic():
        IdempotencyKey.objects.create(**values)


def test_the_constraint_that_refused_a_row_is_told_from_others(make_run: MakeRun) -> None:
    run = make_run()
    use_key(run)
    with pytest.raises(IntegrityError) as twice:
        use_key(run)
    with pytest.raises(IntegrityError) as without_digest:
        use_key(run, key="other", body_digest=None)
    assert violates(twice.value, IdempotencyKey, ONE_USE)
    assert not violates(without_digest.value, IdempotencyKey, ONE_USE)
    assert not violates(twice.value, TaskRun, "one_equal_unfinished_run")


def test_sqlite_tells_the_columns() -> None:
    table = IdempotencyKey._meta.db_table
    database = sqlite3.connect(":memory:")
    database.execute(f"CREATE TABLE {table} (owner, key, body_digest NOT NULL)")
    database.execute(f"CREATE UNIQUE INDEX {ONE_USE} ON {table} (owner, key) WHERE key IS NOT NULL")
    insert = f"INSERT INTO {table} VALUES (?, ?, ?)"
    database.execute(insert, ("a", "k", "d"))
    refused = []
    for row in (("a", "k", "d"), ("a", "other", None)):
        with pytest.raises(sqlite3.IntegrityError) as error:
            database.execute(insert, row)
        refused.append(IntegrityError(*error.value.args))
    assert violates(refused[0], IdempotencyKey, ONE_USE)
    assert not violates(refused[1], IdempotencyKey, ONE_USE)
    assert not violates(refused[0], TaskRun, "one_equal_unfinished_run")
