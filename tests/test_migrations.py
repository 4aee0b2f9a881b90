"""Migrations run both ways on both databases and say the same as the tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from config import Settings
from matchmaker import db
from models import Model
from tests import databases


@pytest.fixture
def settings(database_kind: str, tmp_path: Path) -> Settings:
    url = f"sqlite:///{tmp_path / 'migrated.sqlite'}"
    if database_kind == "postgres":
        url = databases.new_postgres_database(f"migrate_{tmp_path.name}"[:60].lower())
    return Settings.for_tests(tmp_path, url)


def test_up_equals_the_tables_and_down_leaves_nothing(settings: Settings) -> None:
    db.migrate(settings)
    engine = db.open_database(settings).engine
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Model.metadata) == []

    command.downgrade(db.alembic_config(settings), "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}

    db.migrate(settings)
    assert inspect(engine).has_table("matches")
    engine.dispose()


def test_a_database_newer_than_the_program_is_refused(settings: Settings) -> None:
    db.migrate(settings)
    engine = db.open_database(settings).engine
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'tomorrow'"))
    engine.dispose()

    with pytest.raises(db.DatabaseTooNewError):
        db.migrate(settings)
