"""Names that are kept back where people sit and win; one seat for which many reach."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.contests import seats
from matchmaker.db import Database
from matchmaker.errors import NotNowError
from models import (
    Criterion,
    Event,
    EventTable,
    NameVisibility,
    Organisation,
    Participant,
    Role,
    Side,
    Team,
    User,
)
from tests import factories
from tests.conftest import SignedIn
from tests.contests.scene import give, make_contest, make_entry, make_juror
from tests.events.making import make_event, make_team
from tests.pages import one, opened
from tests.races import at_once

SECRET = "示范隐名制造"


def hidden_team(session: Any, event: Event) -> Team:
    """Make a team of one person that brings one need whose organisation is named to partners."""
    user = factories.make_user(session, Role.ENTERPRISE, name="示范隐名人")
    organisation = session.get_one(Organisation, user.organisation_id)
    organisation.name = SECRET
    need = factories.make_need(
        session, user, name_visibility=NameVisibility.AFTER_ACCEPTANCE, title="示范需求"
    )
    return make_team(session, event, Side.NEED, user=user, postings=[need])


def page_of(browser: Any, address: str) -> str:
    return one(opened(browser, address), "main").text


@pytest.mark.parametrize("comes", [True, False])
def test_a_salon_names_nobody_of_a_team_that_keeps_its_name_back(
    database: Database, signed_in: SignedIn, organiser: User, company: User, comes: bool
) -> None:
    with database.transaction() as session:
        event = make_event(session, kind="salon")
        team = hidden_team(session, event)
        team.members[0].group_table_id = event.tables[0].id
        insider = team.registered_by
        if comes:
            make_team(session, event, Side.NEED, user=session.get_one(User, company.id))
        address = f"/events/{event.id}/groups"

    page = page_of(signed_in(company), address)

    assert SECRET not in page
    assert "示范隐名人" not in page
    for person in (insider, organiser):
        assert "示范隐名人" in page_of(signed_in(person), address)


def test_results_name_no_team_that_keeps_its_name_back(
    database: Database, signed_in: SignedIn, company: User
) -> None:
    with database.transaction() as session:
        event = make_contest(session)
        session.add(Criterion(event_id=event.id, name="创新", weight=1, most=10))
        entry = make_entry(session, event, hidden_team(session, event))
        insider = entry.team.registered_by
        give(session, make_juror(session, event), event, entry, 7)
        event.results_published_at = clock.now()
        address = f"/events/{event.id}/results"

    assert SECRET not in page_of(signed_in(company), address)
    assert SECRET in page_of(signed_in(insider), address)


def test_of_many_who_reach_for_the_last_seat_one_has_it(own_database: Database) -> None:
    with own_database.transaction() as session:
        event = make_event(session, kind="salon")
        event.tables[0].seats = 1
        people = [make_team(session, event, Side.NEED).members[0].id for _ in range(5)]
        event_id, table_id = event.id, event.tables[0].id

    def sit(session: Session, person_id: int) -> None:
        person = session.get_one(Participant, person_id)
        actor = session.get_one(User, person.user_id)
        seats.sit(
            session, actor, session.get_one(Event, event_id), person,
            session.get_one(EventTable, table_id),
        )  # fmt: skip

    failures = at_once(own_database, sit, people)

    assert [type(failure) for failure in failures] == [NotNowError] * 4
    with own_database.reading() as session:
        assert seats.taken(session, session.get_one(EventTable, table_id)) == 1
