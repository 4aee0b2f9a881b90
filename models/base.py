"""What every table shares: names of constraints, times in UTC, limits that the database holds."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, DateTime, Enum, MetaData, String, Table, event
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored as UTC; a naive one is refused rather than guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a time needs its zone"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def enum_column(kind: type[StrEnum], name: str = "") -> Enum:
    """Store an enum by value, wide enough for later members; a CHECK holds the list.

    A table with two columns of one enum names them, so that their CHECKs differ.
    """
    return Enum(
        kind,
        native_enum=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
        create_constraint=True,
        name=name or _snake(kind.__name__),
        validate_strings=True,
    )


def json_column(limit: int, **options: Any) -> MappedColumn[Any]:
    """Store JSON of at most so many characters as written; beyond ASCII, one letter takes six."""
    return mapped_column(JSON, info={"limit": limit}, **options)


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


@event.listens_for(Table, "after_parent_attach")
def _hold_limits(table: Table, parent: Any) -> None:
    """SQLite ignores VARCHAR's length, so each limited text gets a CHECK of its own.

    JSON has no length at all; `info["limit"]` gives its text one on both databases.
    """
    if parent is not Model.metadata:  # copies made by a migration tool have theirs already
        return
    for column in table.columns:
        if isinstance(column.type, Enum) or not isinstance(column.type, String | JSON):
            continue
        limit = column.info.get("limit") or getattr(column.type, "length", None)
        text = column.name
        if isinstance(column.type, JSON):
            text = f'CAST("{column.name}" AS TEXT)'
        if limit:
            table.append_constraint(
                CheckConstraint(f"length({text}) <= {limit}", name=f"{column.name}_limit")
            )
