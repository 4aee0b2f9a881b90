"""The people of a team: whose accounts they are, when they cannot come, who may not be left out."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from matchmaker.errors import InvalidError, NotNowError
from matchmaker.registration import service
from models import Membership, Talk
from tests.events.making import make_event, make_meeting, make_team, make_wish
from tests.registration.test_service import company, members_of
from tests.registration.typing_in import person, values


def test_a_person_is_in_one_team_of_an_event(session: Session) -> None:
    event, user = make_event(session), company(session)
    service.register(session, user, event, values())

    with pytest.raises(InvalidError) as refusal:
        service.register(
            session, user, event, values(person("本人", email=user.email), name="二部")
        )

    assert "只能参加一个团队" in str(refusal.value)
    assert list(refusal.value.fields) == ["members.0.name"]


def test_who_left_a_team_is_free_for_another(session: Session) -> None:
    event, user = make_event(session), company(session)
    old = service.register(session, user, event, values(name="一部"))
    service.withdraw(session, user, old)

    new = service.register(session, user, event, values(name="二部"))

    assert members_of(session, new) == [("示范同事", user.id)]
    assert members_of(session, old) == [("示范同事", None)]


def test_an_address_links_the_account_of_a_confirmed_colleague_only(session: Session) -> None:
    event, user = make_event(session), company(session)
    colleague = company(session, organisation=user.organisation)
    unconfirmed = company(session, organisation=user.organisation, membership=Membership.PENDING)
    stranger = company(session)

    team = service.register(
        session,
        user,
        event,
        values(
            person(user.name),
            person("同事", email=colleague.email),
            person("待确认", email=unconfirmed.email),
            person("外人", email=stranger.email),
        ),
    )

    links = [link for _name, link in members_of(session, team)]
    assert links == [user.id, colleague.id, None, None]


def test_a_stranger_in_another_team_is_not_given_away(session: Session) -> None:
    event, user, stranger = make_event(session), company(session), company(session)
    service.register(session, stranger, event, values())

    team = service.register(
        session, user, event, values(person(user.name), person("外人", email=stranger.email))
    )

    assert members_of(session, team)[1] == ("外人", None)


def test_the_same_person_twice_is_refused(session: Session) -> None:
    event, user = make_event(session), company(session)

    with pytest.raises(InvalidError) as refusal:
        service.register(
            session, user, event, values(person(user.name), person("又是", email=user.email))
        )

    assert list(refusal.value.fields) == ["members.1.email"]


def test_people_are_free_unless_they_say_when_they_cannot_come(session: Session) -> None:
    event, user = make_event(session), company(session)
    foreign = make_event(session).slots[0]

    team = service.register(
        session, user, event, values(person(blocks=[event.slots[1].id, foreign.id]))
    )

    assert [block.slot_id for block in team.members[0].blocks] == [event.slots[1].id]


def test_a_change_keeps_who_stays_and_counts_as_a_change_of_the_team(session: Session) -> None:
    event, user = make_event(session), company(session)
    slots = [slot.id for slot in event.slots]
    team = service.register(
        session, user, event, values(person(user.name, blocks=slots[:2]), person("李四"))
    )
    first, version = team.members[0], team.version

    service.change(
        session,
        user,
        team,
        values(person(user.name, id=first.id, blocks=slots[1:3]), person("王五")),
        version=version,
    )

    assert members_of(session, team) == [(user.name, user.id), ("王五", None)]
    assert team.members[0].id == first.id
    assert sorted(block.slot_id for block in first.blocks) == slots[1:3]
    assert team.version > version
    with pytest.raises(NotNowError):
        service.change(session, user, team, values(person("甲")), version=version)


def test_accounts_may_change_rows(session: Session) -> None:
    event, user = make_event(session), company(session)
    colleague = company(session, organisation=user.organisation)
    mine = person("甲", email=user.email)
    theirs = person("乙", email=colleague.email)
    team = service.register(session, user, event, values(mine, theirs))
    first, second = (member.id for member in team.members)

    swapped = values(theirs | {"id": first}, mine | {"id": second})
    service.change(session, user, team, swapped, version=team.version)

    assert members_of(session, team) == [("乙", colleague.id), ("甲", user.id)]


def test_who_has_meetings_is_not_left_out(session: Session) -> None:
    event = make_event(session)
    wish = make_wish(session, make_team(session, event, people=2), event=event)
    make_meeting(session, wish, event.slots[0], event.tables[0])
    team = wish.need_team
    keeps = values(person("别人", id=team.members[1].id))

    with pytest.raises(InvalidError) as refusal:
        service.change(session, team.registered_by, team, keeps, version=team.version)

    assert "已经排了洽谈" in refusal.value.fields["members"]


def test_who_gives_a_talk_is_not_left_out(session: Session) -> None:
    event = make_event(session)
    team = make_team(session, event, people=2)
    slot = event.slots[0]
    session.add(
        Talk(event_id=event.id, team_id=team.id, speaker_id=team.members[1].id, title="示范报告",
             starts_at=slot.starts_at, ends_at=slot.ends_at)
    )  # fmt: skip
    session.flush()

    with pytest.raises(InvalidError) as refusal:
        service.change(
            session, team.registered_by, team,
            values(person("留下", id=team.members[0].id)), version=team.version,
        )  # fmt: skip

    assert "要作报告" in refusal.value.fields["members"]


def test_somebody_elses_member_is_never_taken_over(session: Session) -> None:
    event, user = make_event(session), company(session)
    other = make_team(session, event)

    team = service.register(session, user, event, values(person("甲", id=other.members[0].id)))

    assert other.members[0].team_id == other.id
    assert team.members[0].id != other.members[0].id
