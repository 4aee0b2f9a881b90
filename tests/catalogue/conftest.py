"""A company at its forms, and a chain that its needs can be filed under."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from matchmaker.db import Database
from models import User
from tests import factories
from tests.conftest import SignedIn


@pytest.fixture
def browser(signed_in: SignedIn, company: User) -> FlaskClient:
    return signed_in(company)


@pytest.fixture
def chain(database: Database) -> int:
    with database.transaction() as session:
        return factories.make_node(session).id
