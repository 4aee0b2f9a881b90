"""The desk, opened by an organiser."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from models import User
from tests.conftest import SignedIn


@pytest.fixture
def browser(signed_in: SignedIn, organiser: User) -> FlaskClient:
    return signed_in(organiser)
