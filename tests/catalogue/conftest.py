"""A company at its forms, a chain that its needs can be filed under, and a large catalogue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matchmaker.catalogue import index as catalogue_index
from matchmaker.db import Database
from models import Role, User
from tests import factories
from tests.conftest import SignedIn


@pytest.fixture
def browser(signed_in: SignedIn, company: User) -> FlaskClient:
    return signed_in(company)


@pytest.fixture
def chain(database: Database) -> int:
    with database.transaction() as session:
        return factories.make_node(session).id


@pytest.fixture
def large_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat the few records of a test as a large catalogue."""
    monkeypatch.setattr(catalogue_index, "REFIT_BELOW", 3)
    monkeypatch.setattr(catalogue_index, "KEEP_AT", 3)


@pytest.fixture
def owner(app: Flask, database: Database) -> Iterator[User]:
    """A researcher with eight published achievements."""
    with database.transaction() as session:
        researcher = factories.make_user(session, Role.RESEARCHER)
        for number in range(8):
            factories.make_achievement(session, researcher, title=f"柑橘采摘机器人{number}型")
    with app.app_context():
        yield researcher
