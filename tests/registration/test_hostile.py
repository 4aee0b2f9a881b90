"""People who register in bad faith, and those who are no longer who they were."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from matchmaker.db import Database
from matchmaker.errors import NotFoundError, NotNowError
from matchmaker.paper import queries as paper
from matchmaker.registration import policy, queries, service
from models import Event, EventStatus, Membership, Notification, Role, Side, User
from tests import factories
from tests.conftest import SignedIn
from tests.events.making import make_event, make_team
from tests.registration.typing_in import person, values


@pytest.mark.parametrize("act", ["remove:" + "9" * 5000, "remove:-1", "remove:٣", "add:x", "%"])
def test_nonsense_about_rows_changes_nothing(
    database: Database, company: User, signed_in: SignedIn, act: str
) -> None:
    with database.transaction() as session:
        event_id = make_event(session).id

    answer = signed_in(company).post(
        f"/events/{event_id}/register", data={"rows": act, "members-0-name": "赵磊"}
    )

    assert answer.status_code == 200
    assert "赵磊" in answer.text


def test_nobody_hears_of_an_event_by_being_registered_before_it_is_announced(
    session: Session, count_queries: Any
) -> None:
    del count_queries
    event = make_event(session, status=EventStatus.DRAFT, opened_at=None)
    guest = factories.make_user(session, Role.ENTERPRISE)
    row = {**person("赵磊"), "email": guest.email}

    with pytest.raises(NotNowError):
        service.register(
            session, event.owner, event, values(row), on_behalf=True,
            organisation=guest.organisation,
        )  # fmt: skip

    assert session.query(Notification).filter_by(user_id=guest.id).all() == []


def test_whom_the_organisation_disowns_no_longer_speaks_for_its_team(session: Session) -> None:
    event = make_event(session)
    team = make_team(session, event, Side.NEED)
    user = team.registered_by
    assert queries.one_team(session, user, event, team.id) is team

    user.membership = Membership.REFUSED
    session.flush()

    assert not policy.is_own(user, team)
    assert queries.own_teams(session, user, event) == []
    assert queries.own_statuses(session, user, event) == set()
    assert paper.own_people(session, user, event) == []
    with pytest.raises(NotFoundError):
        queries.one_team(session, user, event, team.id)
    with pytest.raises(NotFoundError):
        paper.one_person(session, user, event, team.members[0].id)


@pytest.mark.parametrize("number", ["٣", "１", "0", "999999999"])
def test_addresses_in_other_digits_lead_to_what_they_name_or_nowhere(
    database: Database, company: User, signed_in: SignedIn, number: str
) -> None:
    with database.transaction() as session:
        event: Event = make_event(session)
    status = signed_in(company).get(f"/events/{number}").status_code
    assert status == (200 if number.isdecimal() and int(number) == event.id else 404)
