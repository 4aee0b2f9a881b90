"""The vocabulary as it is delivered."""

from __future__ import annotations

import pytest

from matchmaker.db import Database
from matchmaker.vocabulary.reference import load_reference


@pytest.fixture
def loaded(database: Database) -> Database:
    with database.transaction() as session:
        load_reference(session)
    return database
