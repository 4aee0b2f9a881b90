"""The quality page: figures for everyone, names for nobody, forgotten records for offices."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.quality import queries
from matchmaker.review import service as review
from models import MatchStatus, Organisation, OrganisationKind, PostingKind, Role
from tests import factories
from tests.catalogue.test_lists import statements
from tests.conftest import SignedIn


def decided(session: Session, rank: int, *, accept: bool) -> None:
    organiser = factories.make_user(session, Role.ORGANISER)
    match = factories.make_match(session, factories.make_need(session))
    match.need_rank = rank
    match.created_at = clock.now() - timedelta(hours=6)
    session.flush()
    if accept:
        review.accept(session, organiser, match, version=match.version)
    else:
        review.reject(session, organiser, match, version=match.version, reason="too_early")


def test_acceptance_counts_by_place(session: Session) -> None:
    for rank, accept in ((1, True), (1, False), (2, True), (7, False), (15, True)):
        decided(session, rank, accept=accept)

    found = {row.depth: (row.accepted, row.decided) for row in queries.acceptance(session)}

    assert found == {1: (1, 2), 3: (2, 3), 10: (2, 4)}
    assert queries.hours_to_decision(session) == pytest.approx(6, abs=0.1)
    assert queries.needs_with_accepted(session) == (3, 5)


def test_without_decisions_there_is_no_figure(session: Session) -> None:
    assert queries.hours_to_decision(session) is None
    assert queries.needs_with_accepted(session) == (0, 0)
    assert not any(row.enough for row in queries.acceptance(session))
    assert queries.exposure(session) == []


def test_what_no_list_holds_is_found(session: Session) -> None:
    match = factories.make_match(session, factories.make_need(session))
    lonely = factories.make_achievement(session, title="没有人推荐过")
    factories.make_need(session)

    rows = session.scalars(queries.never_suggested(PostingKind.ACHIEVEMENT)).unique().all()

    assert rows == [lonely]
    assert {row.kind: (row.suggested, row.never) for row in queries.coverage(session)} == {
        PostingKind.NEED: (1, 1),
        PostingKind.ACHIEVEMENT: (1, 1),
    }
    assert match.status == MatchStatus.SUGGESTED


def test_exposure_compares_shares_of_supply_and_of_places(session: Session) -> None:
    match = factories.make_match(session, factories.make_need(session))
    match.need_rank = 1
    other = factories.make_achievement(session)
    institute: Organisation = other.organisation
    institute.kind = OrganisationKind.INSTITUTE
    session.flush()

    found = {
        row.kind: (row.share_of_achievements, row.share_of_places)
        for row in queries.exposure(session)
    }

    assert found == {
        OrganisationKind.UNIVERSITY: (0.5, 1.0),
        OrganisationKind.INSTITUTE: (0.5, 0.0),
    }


def test_a_stranger_reads_the_measures_with_their_intervals(client: FlaskClient) -> None:
    page = BeautifulSoup(client.get("/quality").get_data(as_text=True), "html.parser")
    text = page.get_text()
    real = queries.measured()["real"]["ndcg@10"]
    assert f"{real['mean']:.3f}" in text
    assert f"{real['low']:.3f}\u2060–\u2060{real['high']:.3f}" in text
    assert not page.select('a[href*="/quality/never"]')


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
    assert signed_in(company).get("/quality/never/achievement").status_code == 404
    assert "孤零零的成果" not in client.get("/quality").get_data(as_text=True)


def test_the_page_asks_as_often_for_many_records_as_for_few(
    database: Database, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        organiser = factories.make_user(session, Role.ORGANISER)
    office = signed_in(organiser)
    for address in ("/quality", "/quality/never/achievement"):
        asked = []
        for rows in (1, 2):
            with database.transaction() as session:
                for _n in range(rows):
                    factories.make_achievement(session, nodes=[factories.make_node(session)])
            office.get(address)  # what is asked once for a process is not counted
            asked.append(statements(database, office, address))
        assert asked[0] == asked[1], address
