"""Alembic's entry: knows the tables, the settings and how the database is opened."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection, Engine, create_engine, pool
from sqlalchemy.types import TypeDecorator

from config import Settings
from matchmaker.db import sqlite
from models import Model


def render_item(kind: str, item: Any, autogen_context: Any) -> Any:
    """Write custom types as the plain ones they are, so that migrations stand by themselves."""
    del autogen_context
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def open_engine(url: str) -> Engine:
    """Open the database with the library that the application uses, foreign keys not enforced.

    Changing a table on SQLite means copying and dropping it; enforced, that would delete the
    rows which refer to it.
    """
    options = {"module": sqlite} if url.startswith("sqlite") else {}
    return create_engine(url, poolclass=pool.NullPool, **options)


engine = open_engine(
    context.config.attributes.get("database_url") or Settings.from_env().database_url
)
with engine.connect() as connection:
    run(connection)
