"""Who is asked to come: owners in the event's chains, accepted pairs first, everybody once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.errors import InvalidError, NotAllowedError, NotNowError
from matchmaker.registration import invitations
from models import (
    Event,
    EventNode,
    EventStatus,
    Invitation,
    Mail,
    MatchStatus,
    Membership,
    Notification,
    PostingStatus,
    Role,
    SchemeNode,
    User,
    Verification,
)
from tests import factories
from tests.events.making import make_event, make_team


@pytest.fixture
def chain(session: Session) -> SchemeNode:
    return factories.make_node(session)


@pytest.fixture
def event(session: Session, chain: SchemeNode) -> Event:
    row = make_event(session)
    row.nodes = [EventNode(event_id=row.id, node_id=chain.id, node=chain)]
    session.flush()
    return row


def found(session: Session, event: Event, text: str = "") -> list[int]:
    return list(session.scalars(invitations.candidates(event, text)))


def owner(session: Session, chain: SchemeNode, **values: object) -> User:
    return factories.make_achievement(session, nodes=[chain], **values).owner


def test_owners_in_the_chains_are_candidates_those_of_accepted_pairs_first(
    session: Session, event: Event, chain: SchemeNode
) -> None:
    plain = owner(session, chain)
    achievement = factories.make_achievement(session, nodes=[chain])
    need = factories.make_need(session)
    factories.make_match(session, need, achievement, status=MatchStatus.ACCEPTED,
                         decided_by_id=event.owner_id, decided_at=clock.now())  # fmt: skip
    factories.make_achievement(session, nodes=[factories.make_node(session, "软件")])
    owner(session, chain, status=PostingStatus.SUBMITTED)

    ids = found(session, event)
    people = invitations.page_of(session, event, ids)

    assert ids == [achievement.owner_id, plain.id]
    assert [pair.need_id for pair in people[0].pairs] == [need.id]
    assert people[1].pairs == []


def test_people_who_may_not_register_are_no_candidates(
    session: Session, event: Event, chain: SchemeNode
) -> None:
    pending = factories.make_organisation(session, status=Verification.PENDING)
    for user in (
        factories.make_user(session, organisation=pending),
        factories.make_user(session, membership=Membership.PENDING),
        factories.make_user(session, active=False),
    ):
        factories.make_achievement(session, user, nodes=[chain])

    assert found(session, event) == []


def test_an_invitation_is_written_and_mailed_once(
    session: Session, event: Event, chain: SchemeNode
) -> None:
    user = owner(session, chain)

    assert invitations.invite(session, event.owner, event, [user.id, user.id]) == 1
    assert invitations.invite(session, event.owner, event, [user.id]) == 0

    assert [row.user_id for row in session.scalars(select(Invitation))] == [user.id]
    line = session.scalars(select(Notification)).one()
    until = (event.registration_until or clock.now()).astimezone(clock.LOCAL_ZONE)
    assert (line.kind, line.values) == (
        "event.invited",
        {"event": event.title, "until": f"{until:%Y-%m-%d}"},
    )
    assert session.scalars(select(Mail)).one().recipient == user.email


def test_only_candidates_are_invited(session: Session, event: Event) -> None:
    stranger = factories.make_user(session)

    assert invitations.invite(session, event.owner, event, [stranger.id, 999_999]) == 0
    with pytest.raises(InvalidError):
        invitations.invite(session, event.owner, event, [])


def test_invitations_end_with_the_registration(
    session: Session, event: Event, chain: SchemeNode
) -> None:
    user = owner(session, chain)
    event.registration_until = clock.now() - timedelta(minutes=1)

    with pytest.raises(NotNowError):
        invitations.invite(session, event.owner, event, [user.id])

    event.status, event.opened_at = EventStatus.DRAFT, None
    with pytest.raises(NotNowError):
        invitations.invite(session, event.owner, event, [user.id])


def test_only_organisers_invite(session: Session, event: Event, chain: SchemeNode) -> None:
    user = owner(session, chain)

    for actor in (user, factories.make_user(session, Role.ADMINISTRATOR)):
        with pytest.raises(NotAllowedError):
            invitations.invite(session, actor, event, [user.id])


def test_who_has_registered_is_no_candidate_and_shows_among_the_invited(
    session: Session, event: Event, chain: SchemeNode
) -> None:
    user, idle = owner(session, chain), owner(session, chain)
    colleague = factories.make_user(session, organisation=user.organisation)
    factories.make_achievement(session, colleague, nodes=[chain])
    invitations.invite(session, event.owner, event, [user.id, idle.id])

    make_team(session, event, user=user)

    assert found(session, event) == [colleague.id]
    people = invitations.page_of(session, event, [user.id, idle.id, colleague.id])
    assert [person.coming for person in people] == ["self", "", "colleague"]
    assert [bool(person.invitation) for person in people] == [True, True, False]


def test_candidates_are_found_by_name(session: Session, event: Event, chain: SchemeNode) -> None:
    user = owner(session, chain)
    owner(session, chain)

    assert found(session, event, user.organisation.name) == [user.id]
    assert found(session, event, "100%_") == []
