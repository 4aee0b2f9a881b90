"""An administrator at a browser, and an office that imports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matchmaker import jobs
from matchmaker.db import Database
from models import Job, Role, User
from tests import factories
from tests.admin.importing import Bring, the_import, upload
from tests.conftest import SignedIn


@pytest.fixture
def office(signed_in: SignedIn, organiser: User) -> FlaskClient:
    return signed_in(organiser)


@pytest.fixture
def browser(signed_in: SignedIn, administrator: User) -> FlaskClient:
    return signed_in(administrator)


@pytest.fixture
def bring(app: Flask, database: Database, office: FlaskClient) -> Iterator[Bring]:
    """Upload a file on the page, let the worker run, and return the job of the import."""

    def do(content: bytes | str, name: str = "needs.csv", **values: str) -> Job:
        assert upload(office, content, name, **values).status_code == 302
        with app.app_context():
            jobs.run_due(database)
        return the_import(database)

    return do


@pytest.fixture
def importer(own_database: Database) -> int:
    return factories.add_user(own_database, Role.ORGANISER).id
