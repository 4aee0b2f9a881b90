"""The quality page names the signals that make the score."""

from __future__ import annotations

from flask.testing import FlaskClient

from matchmaker.db import Database
from models import Role
from tests import factories
from tests.conftest import SignedIn
from tests.pages import opened, table_rows


def test_everyone_sees_which_signals_count_and_that_meaning_does_not(client: FlaskClient) -> None:
    rows = table_rows(opened(client, "/quality"))
    assert any(row.startswith("名称") and row.endswith("计入") for row in rows)
    (meaning,) = [row for row in rows if row.startswith("语义")]
    assert "没有安装语义模型，不计入" in meaning


def test_offices_see_how_the_index_stands(
    client: FlaskClient, database: Database, signed_in: SignedIn
) -> None:
    assert "词权偏移" not in opened(client, "/quality").text
    with database.transaction() as session:
        factories.make_need(session)
        person = factories.make_user(session, Role.ORGANISER)
    page = opened(signed_in(person), "/quality").text
    assert "需求 1 条，成果 0 条" in page
    assert "0.00%" in page
