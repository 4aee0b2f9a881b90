"""Forms that are sent twice, and events that are none of the reader's business yet."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.db import Database
from matchmaker.errors import InvalidError
from matchmaker.events import tables
from models import Event, EventStatus, EventTable, Side, User
from tests.conftest import SignedIn
from tests.events.making import make_event, make_team
from tests.races import at_once


def test_tables_that_are_sent_twice_are_made_once(own_database: Database) -> None:
    with own_database.transaction() as session:
        event = make_event(session, tables=0)
        event_id, owner_id = event.id, event.owner_id

    def add(session: Session, names: list[str]) -> None:
        actor, event = session.get_one(User, owner_id), session.get_one(Event, event_id)
        assert event.tables is not None  # as the page has read them
        tables.add_tables(session, actor, event, names)

    failures = at_once(own_database, add, [["1 桌", "2 桌"]] * 3)

    assert [type(failure) for failure in failures] == [InvalidError] * 2
    with own_database.reading() as session:
        assert session.scalar(select(func.count(EventTable.id))) == 2


def test_a_draft_shows_nowhere_to_people_of_its_own_teams(
    database: Database, signed_in: SignedIn, company: User, organiser: User
) -> None:
    with database.transaction() as session:
        user: Any = session.get_one(User, company.id)
        event = make_event(
            session, status=EventStatus.DRAFT, opened_at=None, title="示范未公布的会"
        )
        make_team(session, event, Side.NEED, user=user)
        event_id = event.id
    pages = ["/", "/events/", "/events/?tab=past", "/events/?tab=preparation", "/events/?q=未公布",
             "/notifications/"]  # fmt: skip

    for page in pages:
        answer = signed_in(company).get(page)
        assert answer.status_code == 200
        assert "示范未公布的会" not in answer.text, page
    for page in ("", "/agenda", "/agenda.ics", "/wishes", "/register", "/people", "/talks"):
        assert signed_in(company).get(f"/events/{event_id}{page}").status_code == 404
    assert "示范未公布的会" in signed_in(organiser).get("/events/?tab=preparation").text
