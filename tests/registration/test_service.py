"""Who may register, what a team is made of, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.errors import InvalidError, NotAllowedError, NotNowError
from matchmaker.registration import service
from models import (
    Activity,
    Event,
    EventStatus,
    Mail,
    Membership,
    NameVisibility,
    Notification,
    Participant,
    PostingStatus,
    Role,
    Side,
    Team,
    TeamStatus,
    User,
    Verification,
)
from tests import factories
from tests.events.making import make_event, make_meeting, make_team, make_wish
from tests.registration.typing_in import person, values


def company(session: Session, **more: object) -> User:
    return factories.make_user(session, Role.ENTERPRISE, **more)


def kinds_for(session: Session, user: User) -> list[str]:
    found = select(Notification.kind).where(Notification.user_id == user.id)
    return list(session.scalars(found.order_by(Notification.id)))


def members_of(session: Session, team: Team) -> list[tuple[str, int | None]]:
    rows = select(Participant).where(Participant.team_id == team.id).order_by(Participant.ordinal)
    return [(row.name, row.user_id) for row in session.scalars(rows)]


def test_a_company_registers_and_waits_for_an_organiser(session: Session) -> None:
    event, user = make_event(session), company(session)

    team = service.register(session, user, event, values(person(user.name), person("李四")))

    assert team.status == TeamStatus.PENDING
    assert members_of(session, team) == [(user.name, user.id), ("李四", None)]
    assert kinds_for(session, event.owner) == ["team.registered"]
    line = session.scalars(select(Activity).where(Activity.action == "team.registered")).one()
    assert (line.event_id, line.organisation_id) == (event.id, user.organisation_id)


def test_without_approval_a_team_is_admitted_at_once_while_there_is_room(session: Session) -> None:
    event = make_event(session, approval=False, capacity=3)
    first, second = company(session), company(session)

    in_time = service.register(session, first, event, values(person("甲"), person("乙")))
    too_late = service.register(session, second, event, values(person("丙"), person("丁")))

    assert (in_time.status, too_late.status) == (TeamStatus.APPROVED, TeamStatus.WAITING)
    assert kinds_for(session, first) == ["team.approved"]
    assert kinds_for(session, second) == ["team.waiting"]
    assert kinds_for(session, event.owner) == []
    assert len(session.scalars(select(Mail)).all()) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"registration_from": clock.now() + timedelta(hours=1)},
        {"registration_until": clock.now() - timedelta(hours=1)},
        {"status": EventStatus.DRAFT, "opened_at": None},
        {"status": EventStatus.CANCELLED, "cancel_reason": "改期"},
    ],
)
def test_nobody_registers_while_registration_is_closed(
    session: Session, changes: dict[str, object]
) -> None:
    event = make_event(session, **changes)

    with pytest.raises(NotNowError):
        service.register(session, company(session), event, values())


def test_people_of_unverified_organisations_offices_and_strangers_do_not_register(
    session: Session,
) -> None:
    event = make_event(session)
    pending = factories.make_organisation(session, status=Verification.PENDING)
    people = [
        company(session, organisation=pending),
        company(session, membership=Membership.PENDING),
        factories.make_user(session, Role.ORGANISER),
        factories.make_user(session, Role.ADMINISTRATOR),
    ]

    for user in people:
        with pytest.raises(NotAllowedError):
            service.register(session, user, event, values())


def test_an_organisation_registers_several_teams_under_different_names(session: Session) -> None:
    event, user = make_event(session), factories.make_user(session)
    colleague = factories.make_user(session, organisation=user.organisation)

    service.register(session, user, event, values(side=Side.ACHIEVEMENT, name="材料学院"))
    service.register(session, colleague, event, values(side=Side.ACHIEVEMENT, name="化工学院"))
    with pytest.raises(InvalidError) as refusal:
        service.register(session, colleague, event, values(side=Side.ACHIEVEMENT, name="材料学院"))

    assert list(refusal.value.fields) == ["name"]


def test_a_team_brings_what_its_organisation_has_published(session: Session) -> None:
    event, user = make_event(session), company(session)
    need = factories.make_need(session, user)
    draft = factories.make_need(session, user, status=PostingStatus.DRAFT)
    foreign = factories.make_need(session)

    team = service.register(session, user, event, values(postings=[need.id]))
    for wrong in (draft, foreign):
        with pytest.raises(InvalidError) as refusal:
            service.register(session, user, event, values(name="二部", postings=[wrong.id]))
        assert list(refusal.value.fields) == ["postings"]

    assert team.postings == [need]


def test_a_team_that_looks_for_technology_brings_no_achievement(session: Session) -> None:
    event, user = make_event(session), factories.make_user(session)
    achievement = factories.make_achievement(session, user)

    with pytest.raises(InvalidError):
        service.register(session, user, event, values(postings=[achievement.id]))


def test_a_team_with_wishes_does_not_change_sides(session: Session) -> None:
    wish = make_wish(session)
    team = wish.need_team

    with pytest.raises(InvalidError) as refusal:
        service.change(
            session, team.registered_by, team,
            values(person(id=team.members[0].id), side=Side.ACHIEVEMENT), version=team.version,
        )  # fmt: skip

    assert list(refusal.value.fields) == ["side"]


def test_others_change_and_withdraw_nothing(session: Session) -> None:
    team, stranger = make_team(session, make_event(session)), company(session)

    with pytest.raises(NotAllowedError):
        service.change(session, stranger, team, values(), version=team.version)
    with pytest.raises(NotAllowedError):
        service.withdraw(session, stranger, team)
    for verb in (service.admit, service.put_on_waiting_list):
        with pytest.raises(NotAllowedError):
            verb(session, team.registered_by, team)
    with pytest.raises(NotAllowedError):
        service.refuse(session, team.registered_by, team, reason="不要")


def test_a_team_withdraws_and_comes_back_at_the_end_of_the_line(session: Session) -> None:
    event = make_event(session)
    team = make_team(session, event)
    before = team.registered_at

    service.withdraw(session, team.registered_by, team)
    assert team.status == TeamStatus.WITHDRAWN
    assert kinds_for(session, event.owner) == ["team.withdrawn"]
    with pytest.raises(NotNowError):
        service.withdraw(session, team.registered_by, team)

    service.rejoin(session, team.registered_by, team)
    assert team.status == TeamStatus.PENDING
    assert team.registered_at > before


def test_withdrawing_deletes_nothing_that_was_planned(session: Session) -> None:
    event = make_event(session)
    wish = make_wish(session, event=event)
    meeting = make_meeting(session, wish, event.slots[0], event.tables[0])

    service.withdraw(session, wish.need_team.registered_by, wish.need_team)

    session.expire_all()
    assert meeting.slot_id == event.slots[0].id
    assert len(wish.need_team.members) == 1


def test_a_refusal_needs_a_reason_and_reaches_who_registered(session: Session) -> None:
    event = make_event(session)
    team = make_team(session, event, status=TeamStatus.PENDING)

    with pytest.raises(InvalidError):
        service.refuse(session, event.owner, team, reason=" ")
    service.refuse(session, event.owner, team, reason="不属于本场产业链")

    assert team.status == TeamStatus.REFUSED
    assert kinds_for(session, team.registered_by) == ["team.refused"]
    line = session.scalars(select(Notification)).one()
    assert line.values["reason"] == "不属于本场产业链"


def test_an_event_that_is_over_stays_as_it_was(session: Session) -> None:
    event = make_event(session)
    team = make_team(session, event)
    event.status = EventStatus.CLOSED
    session.flush()

    with pytest.raises(NotNowError):
        service.withdraw(session, team.registered_by, team)
    with pytest.raises(NotAllowedError):
        service.admit(session, event.owner, team)


def test_an_organiser_registers_an_organisation_on_its_behalf(session: Session) -> None:
    event = make_event(session, registration_until=clock.now() - timedelta(days=1))
    contact = company(session)

    team = service.register(
        session,
        event.owner,
        event,
        values(person(contact.name, email=contact.email)),
        on_behalf=True,
        organisation=contact.organisation,
    )

    assert (team.status, team.on_behalf) == (TeamStatus.APPROVED, True)
    assert members_of(session, team) == [(contact.name, contact.id)]
    assert kinds_for(session, contact) == ["team.registered_for", "team.approved"]
    line = session.scalars(select(Activity).where(Activity.action == "team.registered_for")).one()
    assert (line.actor_id, line.organisation_id) == (event.owner_id, contact.organisation_id)
    assert line.values["team"] == contact.organisation.name


def test_only_organisers_register_others_and_only_verified_ones(session: Session) -> None:
    event = make_event(session)
    other = factories.make_organisation(session)
    pending = factories.make_organisation(session, status=Verification.PENDING)

    with pytest.raises(NotAllowedError):
        service.register(
            session, company(session), event, values(), on_behalf=True, organisation=other
        )
    with pytest.raises(InvalidError):
        service.register(
            session, event.owner, event, values(), on_behalf=True, organisation=pending
        )


def test_bounds_of_meetings_must_make_sense(session: Session) -> None:
    event, user = make_event(session), company(session)

    with pytest.raises(InvalidError) as refusal:
        service.register(session, user, event, values(least=5, most=2))

    assert list(refusal.value.fields) == ["most"]


def test_a_hidden_name_is_no_hindrance_to_register(session: Session) -> None:
    event, user = make_event(session), company(session)
    need = factories.make_need(session, user, name_visibility=NameVisibility.AFTER_ACCEPTANCE)

    team = service.register(session, user, event, values(postings=[need.id], opted_in=True))

    assert (team.postings, team.opted_in) == ([need], True)


def test_an_event_without_an_end_of_registration_takes_teams_until_the_day(
    session: Session,
) -> None:
    event: Event = make_event(session, registration_until=None)

    assert service.register(session, company(session), event, values()).id


def test_a_team_does_not_allow_itself_more_than_the_event_does(session: Session) -> None:
    event = make_event(session, team_most=4)
    user = factories.make_user(session, Role.ENTERPRISE)

    with pytest.raises(InvalidError) as refused:
        service.register(session, user, event, values(most=5))
    assert "4" in str(refused.value.fields["most"])
    team = service.register(session, user, event, values(most=4))
    service.change(
        session, event.owner, team, values(most=6, side=team.side), version=team.version
    )

    assert team.most == 6
