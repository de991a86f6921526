"""Statements that Django compiles once per process, for the few that every task runs: building and compiling
a queryset costs more processor time than PostgreSQL needs for the statement (docs/decisions/0012).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.sql import InsertQuery, UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=Model)


class Slot(Expression):
    """The place of a value that is given at each execution, by ``name``; ``field`` says how it is stored."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        return "%s", [self]

    def stored(self, value: Any, database: BaseDatabaseWrapper) -> Any:
        return self.output_field.get_db_prep_save(value, database)


@dataclass(frozen=True, kw_only=True)
class _Compiled:
    sql: str
    parameters: Sequence[Any]
    compiler: SQLCompiler
    converters: dict[int, Any]

    def execute(self, values: Mapping[str, Any]) -> list[Sequence[Any]]:
        # Not by way of django.db.connection, which looks up the thread's connection at every attribute.
        database = connections[DEFAULT_DB_ALIAS]
        parameters = [
            p.stored(values[p.name], database) if isinstance(p, Slot) else p for p in self.parameters
        ]
        with database.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            rows = cursor.fetchall()
        return list(self.compiler.apply_converters(rows, self.converters))


class Select:
    """A queryset of ``values_list``; slots may stand wherever it takes a value."""

    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        self._rows = rows
        self._compiled = cache(self._compile)

    def execute(self, **values: Any) -> list[Sequence[Any]]:
        """The rows. ``values`` fills every slot."""
        return self._compiled(connection.vendor).execute(values)

    def _compile(self, vendor: str) -> _Compiled:
        compiler = self._rows.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([expression for expression, *_ in compiler.select])
        return _Compiled(sql=sql, parameters=parameters, compiler=compiler, converters=converters)


class Rows(Generic[Row]):
    """A queryset of whole rows; slots may stand wherever it takes a value."""

    def __init__(self, rows: QuerySet[Row]) -> None:
        self._model: type[Row] = rows.model
        self._select = Select(rows)

    def execute(self, **values: Any) -> list[Row]:
        """The rows. ``values`` fills every slot."""
        names = [field.attname for field in self._model._meta.concrete_fields]
        found = self._select.execute(**values)
        return [self._model.from_db(connection.alias, names, row) for row in found]


class Insert:
    """``INSERT`` of one row. Slots may stand among ``values``; a field that is left out has its default."""

    def __init__(self, model: type[Model], values: Mapping[str, Any]) -> None:
        self._model, self._values = model, values
        self._compiled = cache(self._compile)

    def execute(self, **values: Any) -> None:
        """``values`` fills every slot. Raises IntegrityError."""
        self._compiled(connection.vendor).execute(values)

    def _compile(self, vendor: str) -> _Compiled:
        options = self._model._meta
        query = InsertQuery(self._model)
        # Raw: a field that fills itself, such as the time of creation, would do so once for all rows.
        query.insert_values(options.concrete_fields, [self._model(**self._values)], raw=True)
        ((sql, parameters),) = query.get_compiler(connection=connection).as_sql()
        key = connection.ops.quote_name(str(options.pk.column))
        compiler = self._model._default_manager.all().query.get_compiler(connection=connection)
        # Something to return, because execute() fetches what a statement gives.
        return _Compiled(
            sql=f"{sql} RETURNING {key}", parameters=parameters, compiler=compiler, converters={}
        )


class Update:
    """``UPDATE rows SET changes RETURNING returning``; slots may stand wherever a queryset takes a value."""

    def __init__(
        self, rows: QuerySet[Any], changes: Mapping[str, Any], *, returning: Sequence[str] = ("id",)
    ) -> None:
        self._rows, self._changes, self._returning = rows, changes, returning
        self._compiled = cache(self._compile)

    def execute(self, **values: Any) -> list[Sequence[Any]]:
        """The ``returning`` fields of each row as the UPDATE left it. ``values`` fills every slot."""
        return self._compiled(connection.vendor).execute(values)

    def _compile(self, vendor: str) -> _Compiled:
        # Django has no RETURNING for an UPDATE, so it is put behind the text.
        query = cast(UpdateQuery, self._rows.query.chain(UpdateQuery))
        query.add_update_values(dict(self._changes))
        sql, parameters = query.get_compiler(connection=connection).as_sql()
        options = cast(type[Model], self._rows.model)._meta
        fields = [cast("Field[Any, Any]", options.get_field(name)) for name in self._returning]
        columns = [field.cached_col for field in fields]
        names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
        compiler = self._rows.query.get_compiler(connection=connection)
        return _Compiled(
            sql=f"{sql} RETURNING {names}",
            parameters=parameters,
            compiler=compiler,
            converters=compiler.get_converters(columns),
        )
