"""The quality page: figures for everyone, names for nobody, forgotten records for offices."""

from __future__ import annotations

from flask.testing import FlaskClient

from matchmaker.db import Database
from matchmaker.quality import queries
from models import Role
from tests import factories
from tests.conftest import SignedIn
from tests.pages import opened, statements, table_rows
from tests.quality.decisions import decided


def test_a_stranger_reads_the_measures_with_their_intervals(client: FlaskClient) -> None:
    page = opened(client, "/quality")

    real = queries.measured()["real"]["ndcg@10"]
    (row,) = (line for line in table_rows(page) if line.startswith("公开竞赛的"))
    assert f"{real['mean']:.3f} {real['low']:.3f}\u2060–\u2060{real['high']:.3f}" in row
    assert not page.select('a[href*="/quality/never"]')


def test_twenty_decisions_make_a_percentage(client: FlaskClient, database: Database) -> None:
    def acceptance_of_the_first() -> str:
        (row,) = (
            line for line in table_rows(opened(client, "/quality")) if line.startswith("第 1 名")
        )
        return row

    with database.transaction() as session:
        for n in range(queries.FEW - 1):
            decided(session, 1, accept=n < 5)
    assert acceptance_of_the_first() == "第 1 名 19 5 —"

    with database.transaction() as session:
        decided(session, 1, accept=False)
    assert acceptance_of_the_first() == "第 1 名 20 5 25%"


def test_offices_are_led_to_what_no_list_holds(
    database: Database, client: FlaskClient, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        factories.make_achievement(session, title="孤零零的成果")
        organiser = factories.make_user(session, Role.ORGANISER)
        company = factories.make_user(session, Role.ENTERPRISE)
    office = signed_in(organiser)
    assert "/quality/never/achievement" in office.get("/quality").get_data(as_text=True)
    assert "孤零零的成果" in office.get("/quality/never/achievement").get_data(as_text=True)
    assert "都在推荐里" in office.get("/quality/never/need").get_data(as_text=True)
    assert "/quality/never" not in opened(signed_in(company), "/quality").decode()
    assert signed_in(company).get("/quality/never/achievement").status_code == 404
    assert "孤零零的成果" not in client.get("/quality").get_data(as_text=True)


def test_the_page_asks_as_often_for_many_records_as_for_few(
    database: Database, signed_in: SignedIn
) -> None:
    organiser = factories.add_user(database, Role.ORGANISER)
    office = signed_in(organiser)
    for address in ("/quality", "/quality/never/achievement"):
        asked = []
        for rows in (1, 2):
            with database.transaction() as session:
                for _n in range(rows):
                    factories.make_achievement(session, nodes=[factories.make_node(session)])
            asked.append(statements(database, office, address))
        assert asked[0] == asked[1], address


def test_chains_have_their_english_names_in_english(
    database: Database, signed_in: SignedIn
) -> None:
    measured, other = list(queries.measured()["by_chain"])[:2]
    with database.transaction() as session:
        chain = factories.make_node(session, measured, name_en="A chain in English")
        factories.make_achievement(session, nodes=[chain])
    office = signed_in(factories.add_user(database, Role.ORGANISER, locale="en"))

    rows = table_rows(opened(office, "/quality"))
    assert any(row.startswith("A chain in English ") for row in rows)
    assert any(row.startswith(f"{other} ") for row in rows)  # no such chain is known here
    assert not any(row.startswith(f"{measured} ") for row in rows)
    (row,) = table_rows(opened(office, "/quality/never/achievement"))
    assert row.endswith(" A chain in English")
