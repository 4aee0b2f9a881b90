"""Migrations run both ways on both databases and say the same as the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, inspect, text

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


def test_migrated_tables_hold_every_limit_of_the_models(settings: Settings) -> None:
    db.migrate(settings)
    engine = db.open_database(settings).engine
    inspector = inspect(engine)
    for table in Model.metadata.tables.values():
        wanted = {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
        held = {str(c["name"]) for c in inspector.get_check_constraints(table.name)}
        assert held == wanted, table.name
    engine.dispose()


BEFORE_LIMITS = "788a7ca66e98"


def write(connection: Connection, table: str, **values: Any) -> None:
    """Write a row with plain SQL; columns that it does not name get the plainest value."""
    for column in inspect(connection).get_columns(table):
        if column["nullable"] or column["name"] in values:
            continue
        kind = str(column["type"])
        plain: Any = "x" if kind.startswith("VARCHAR") else 0
        if kind.startswith(("DATETIME", "TIMESTAMP")):
            plain = "2026-01-01 00:00:00"
        elif kind == "BOOLEAN":
            plain = False
        elif kind == "JSON":
            plain = "[]"
        elif kind == "TEXT":
            plain = "x"
        values[column["name"]] = plain
    names, marks = ", ".join(f'"{n}"' for n in values), ", ".join(f":{n}" for n in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


def test_rows_from_before_the_limits_are_put_right_and_all_are_kept(settings: Settings) -> None:
    command.upgrade(db.alembic_config(settings), BEFORE_LIMITS)
    engine = db.open_database(settings).engine
    with engine.begin() as connection:
        write(connection, "regions", code="500106")
        write(connection, "organisations", id=1, kind="enterprise", region_code="500106",
              status="verified", verified_at="2026-01-01 00:00:00")  # fmt: skip
        write(connection, "users", id=1, organisation_id=1, email="a@example.org",
              role="researcher", membership="confirmed")  # fmt: skip
        for number in (1, 2):
            write(connection, "postings", id=number, kind="achievement", status="draft",
                  visibility="listed", name_visibility="everyone", organisation_id=1,
                  owner_id=1, region_code="500106")  # fmt: skip
        common = {"category": "applied", "level": "not_evaluated", "ownership": "organisation"}
        write(connection, "achievements", id=1, price_kind="fixed", price_from=-5, **common)
        write(connection, "achievements", id=2, price_kind="fixed", price_from=5, **common)
        write(connection, "indicators", id=1, posting_id=1, ordinal=1, comparator="ge",
              value="٣.٥", value_to="")  # fmt: skip

    db.migrate(settings)
    with engine.connect() as connection:
        prices = connection.execute(
            text("SELECT price_kind, price_from FROM achievements ORDER BY id")
        ).all()
        assert [tuple(row) for row in prices] == [("negotiable", None), ("fixed", 5)]
        assert connection.scalar(text("SELECT value FROM indicators")) == "3.5"
        assert connection.scalar(text("SELECT count(*) FROM postings")) == 2
    command.downgrade(db.alembic_config(settings), BEFORE_LIMITS)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM achievements")) == 2
    engine.dispose()


def test_a_database_newer_than_the_program_is_refused(settings: Settings) -> None:
    db.migrate(settings)
    engine = db.open_database(settings).engine
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'tomorrow'"))
    engine.dispose()

    with pytest.raises(db.DatabaseTooNewError):
        db.migrate(settings)
