"""Alembic's entry: imports the tables and the settings, never the application."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection, create_engine, pool
from sqlalchemy.types import TypeDecorator

from config import Settings
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


url = context.config.attributes.get("database_url") or Settings.from_env().database_url
engine = create_engine(url, poolclass=pool.NullPool)
with engine.connect() as connection:
    run(connection)
