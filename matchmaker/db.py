"""The database: how it is opened, migrated, and the one place that commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import current_app, g
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool

from config import ROOT, Settings

try:
    import pysqlite3 as sqlite
except ImportError:  # no wheel for this platform: the interpreter's own library serves
    sqlite = sqlite3

WAL_RESET_FIXED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
"""First releases of each branch without the WAL-reset bug (sqlite.org, release notes 3.51.3)."""


class DatabaseTooNewError(RuntimeError):
    """The database was written by a later version of the program."""


@dataclass(slots=True)
class Database:
    """An engine, its sessions, and where ids of new jobs go after a commit."""

    engine: Engine
    sessions: sessionmaker[Session]
    settings: Settings
    send_job: Callable[[int], None] = field(default=lambda _job_id: None)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a session of its own, commit when the block ends well (for tasks and commands)."""
        with self.sessions() as session:
            begin_writing(session)
            yield session
            session.commit()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that only reads."""
        with self.sessions() as session:
            yield session


def sqlite_version() -> tuple[int, int, int]:
    """Return the version of the SQLite library in use."""
    major, minor, patch = (int(part) for part in sqlite.sqlite_version.split(".")[:3])
    return major, minor, patch


def wal_is_safe(version: tuple[int, int, int]) -> bool:
    """Tell whether this SQLite is free of the WAL-reset bug (3.7.0 to 3.51.2, with backports)."""
    if version >= WAL_RESET_FIXED[-1]:
        return True
    return any(version[:2] == fixed[:2] and version >= fixed for fixed in WAL_RESET_FIXED)


def journal_mode() -> str:
    """Name the journal mode that this SQLite can be trusted with."""
    return "wal" if wal_is_safe(sqlite_version()) else "truncate"


def open_database(settings: Settings) -> Database:
    """Connect (lazily) and return the database of these settings."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        engine = _sqlite_engine(settings.database_url, memory=not url.database)
    else:
        engine = create_engine(url, pool_pre_ping=True)
    database = Database(engine, sessionmaker(engine, expire_on_commit=False), settings)
    database.sessions.configure(info={"database": database})
    return database


def _sqlite_engine(url: str, *, memory: bool) -> Engine:
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False, "timeout": 15}}
    if memory:
        options["poolclass"] = StaticPool
    engine = create_engine(url, module=_sqlite_module(), **options)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "reset", _end_transaction)
    return engine


def _sqlite_module() -> ModuleType:
    module: ModuleType = sqlite
    return module


def _set_pragmas(connection: Any, record: Any) -> None:
    del record
    connection.isolation_level = None
    mode = journal_mode()
    cursor = connection.cursor()
    for pragma in (
        "foreign_keys=ON",
        f"journal_mode={mode}",
        f"synchronous={'FULL' if mode == 'wal' else 'EXTRA'}",
        "busy_timeout=15000",
        "temp_store=MEMORY",
        "cache_size=-65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Writers take the lock at once, so that none fails half-way for having read first."""
    writer = connection.get_execution_options().get("writer")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")


def _end_transaction(connection: Any, record: Any, state: Any) -> None:
    """Give no connection back inside a transaction.

    A COMMIT that found the database locked leaves it open, with its lock, and SQLAlchemy takes it
    for ended.
    """
    del record, state
    if connection.in_transaction:
        connection.rollback()


def begin_writing(session: Session) -> None:
    """End what this session has read so far and begin a transaction that will write."""
    session.rollback()
    session.connection(execution_options={"writer": True})


def session() -> Session:
    """Return the session of this request; it ends with the request."""
    if "session" not in g:
        g.session = database().sessions()
    active: Session = g.session
    return active


def database() -> Database:
    """Return the database of the application at work."""
    current: Database = current_app.extensions["database"]
    return current


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit when the block ends well. A view that changes something says so with this."""
    active = session()
    begin_writing(active)
    try:
        yield active
        active.commit()
    except BaseException:
        active.rollback()
        raise


def close_session(error: BaseException | None = None) -> None:
    """Give the connection back at the end of a request."""
    del error
    active: Session | None = g.pop("session", None)
    if active is not None:
        active.close()


def alembic_config(settings: Settings) -> Config:
    """Point Alembic at our migrations and this database."""
    config = Config(toml_file=str(ROOT / "pyproject.toml"))
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["database_url"] = settings.database_url
    return config


def migrate(settings: Settings) -> None:
    """Bring the tables up to this version of the program.

    Raises:
        DatabaseTooNewError: the database carries a revision that this program does not know.

    """
    revision = current_revision(settings)
    script = ScriptDirectory.from_config(alembic_config(settings))
    try:
        if revision is not None:
            script.get_revision(revision)
    except CommandError as error:
        raise DatabaseTooNewError(revision) from error
    if revision != script.get_current_head():
        command.upgrade(alembic_config(settings), "head")


def public_address(settings: Settings) -> str:
    """Return the address of the database without its password."""
    return make_url(settings.database_url).render_as_string(hide_password=True)


def remove_all(settings: Settings) -> None:
    """Leave an empty database: for a first start that was interrupted, and nothing else."""
    path = sqlite_path(settings)
    if path is None:
        command.downgrade(alembic_config(settings), "base")
        return
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def current_revision(settings: Settings) -> str | None:
    """Return the revision that the database says it has, None for an empty one."""
    engine = open_database(settings).engine
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
            return None if row is None else str(row[0])
    finally:
        engine.dispose()


def like_pattern(text_: str) -> str:
    r"""Escape %, _ and \ so that LIKE … ESCAPE '\' finds them as themselves."""
    for character in ("\\", "%", "_"):
        text_ = text_.replace(character, "\\" + character)
    return f"%{text_}%"


def sqlite_path(settings: Settings) -> Path | None:
    """Return the file of a SQLite database, None for another kind."""
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(url.database)
