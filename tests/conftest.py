"""Fixtures: a session on both databases, an application, people of every role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from config import Settings
from matchmaker.app import create_app, import_tasks
from matchmaker.db import Database
from models import Role, User
from tests import databases, factories

import_tasks()  # services may enqueue any job, with or without an application


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def session(database_kind: str) -> Iterator[Session]:
    """A session on SQLite and on PostgreSQL; what a test writes is rolled back."""
    with databases.rolled_back(databases.engine_of(database_kind)) as active:
        yield active


@pytest.fixture
def count_queries(session: Session) -> Callable[[Callable[[], object]], int]:
    """Count the statements that a function sends to the database."""

    def count(look: Callable[[], object]) -> int:
        seen: list[str] = []

        def note(*arguments: Any) -> None:
            seen.append(arguments[2])

        bind = session.connection()
        event.listen(bind, "before_cursor_execute", note)
        try:
            look()
        finally:
            event.remove(bind, "before_cursor_execute", note)
        return len(seen)

    return count


@pytest.fixture
def own_database(database_kind: str, tmp_path: Path) -> Iterator[Database]:
    """A database of its own on both kinds, for tests with several sessions or real commits."""
    database = databases.new_database(database_kind, tmp_path)
    yield database
    database.engine.dispose()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """The application over a SQLite database of its own, with empty tables."""
    databases.copy_empty_sqlite(tmp_path)
    application = create_app(Settings.for_tests(tmp_path))
    database: Database = application.extensions["database"]
    yield application
    database.engine.dispose()


@pytest.fixture
def database(app: Flask) -> Database:
    """The database of `app`."""
    value: Database = app.extensions["database"]
    return value


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without scripts that nobody is signed in with; CSRF is not checked here."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


@pytest.fixture
def researcher(database: Database) -> User:
    return factories.add_user(database, Role.RESEARCHER)


@pytest.fixture
def company(database: Database) -> User:
    return factories.add_user(database, Role.ENTERPRISE)


@pytest.fixture
def organiser(database: Database) -> User:
    return factories.add_user(database, Role.ORGANISER, name="何静")


@pytest.fixture
def administrator(database: Database) -> User:
    return factories.add_user(database, Role.ADMINISTRATOR)


class SignedIn:
    """Opens browsers in which a person is signed in: `signed_in(user).get("/")`."""

    def __init__(self, app: Flask, database: Database) -> None:
        app.config["WTF_CSRF_ENABLED"] = False
        self.app = app
        self.database = database

    def __call__(self, user: User, **options: Any) -> FlaskClient:
        token = factories.sign_in(self.database, user)
        browser = self.app.test_client(**options)
        with browser.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        return browser


@pytest.fixture
def signed_in(app: Flask, database: Database) -> SignedIn:
    return SignedIn(app, database)
