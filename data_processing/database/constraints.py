"""Which constraint an IntegrityError is about: the expected conflict is an answer, any other one an error."""

from __future__ import annotations

from django.db import IntegrityError
from django.db.models import Model, UniqueConstraint


def violates(error: IntegrityError, model: type[Model], name: str) -> bool:
    """Whether it was the unique constraint ``name`` of ``model`` that refused a row."""
    # PostgreSQL tells the name; SQLite the columns, in its words only.
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is not None:
        return bool(diagnosis.constraint_name == name)
    return str(error) == f"UNIQUE constraint failed: {', '.join(_columns(model, name))}"


def _columns(model: type[Model], name: str) -> list[str]:
    (constraint,) = (
        one for one in model._meta.constraints if isinstance(one, UniqueConstraint) and one.name == name
    )
    columns = [model._meta.get_field(field).column for field in constraint.fields]  # type: ignore[union-attr]
    return [f"{model._meta.db_table}.{column}" for column in columns]
