"""A scene in a session, and one that pages find."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from config import Settings
from matchmaker.app import create_app
from matchmaker.db import Database
from matchmaker.paper.addresses import Addresses
from models import User
from tests import databases
from tests.paper.scene import Scene, make_scene


@pytest.fixture
def scene(session: Session) -> Scene:
    return make_scene(session)


@pytest.fixture
def addresses(tmp_path: Path) -> Addresses:
    return Addresses(Settings.for_tests(tmp_path))


@pytest.fixture
def shown(database: Database, organiser: User, company: User) -> Scene:
    """A published event whose first need team is that of `company`."""
    with database.transaction() as session:
        return make_scene(session, organiser, company=company)


@pytest.fixture(scope="session")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = tmp_path_factory.mktemp("worker")
    databases.copy_empty_sqlite(folder)
    return create_app(Settings.for_tests(folder))


@pytest.fixture
def in_worker(worker: Flask) -> Iterator[Flask]:
    """Words and addresses as the worker has them: with the application, without a request."""
    with worker.app_context(), force_locale("zh_Hans_CN"):
        yield worker
