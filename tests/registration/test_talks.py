"""Talks: proposed by teams, placed by organisers, two never in one room or by one speaker."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.errors import InvalidError, NotAllowedError, NotFoundError, NotNowError
from matchmaker.registration import queries, talks
from models import (
    EventBreak,
    EventStatus,
    Side,
    Talk,
    Team,
    TeamStatus,
    Unavailability,
)
from tests import factories
from tests.events.making import make_event, make_meeting, make_team, make_wish


def said(team: Team, row: int = 0, **more: object) -> dict[str, object]:
    return {"title": "示范报告", "speaker": team.members[row].id, **more}


def presenting(session: Session, **values: object) -> Team:
    return make_team(session, make_event(session, **values), Side.ACHIEVEMENT, people=2)


def test_a_proposal_gets_the_first_free_time_of_the_first_room(session: Session) -> None:
    team = presenting(session)
    event = team.event
    for table, room in zip(event.tables, ("二号厅", "一号厅", "二号厅"), strict=True):
        table.room = room

    first = talks.propose(session, team.registered_by, team, said(team))
    second = talks.propose(session, team.registered_by, team, said(team, 1))

    assert [(talk.room, talk.starts_at) for talk in (first, second)] == [
        ("二号厅", event.slots[0].starts_at),
        ("二号厅", event.slots[1].starts_at),
    ]
    assert first.ends_at - first.starts_at == timedelta(minutes=event.slot_minutes)


def test_a_proposal_avoids_breaks_and_what_keeps_the_speaker(session: Session) -> None:
    team = presenting(session)
    event = team.event
    event.days[0].breaks = [EventBreak(starts=time(9), ends=time(9, 20), label="开幕")]
    team.members[0].blocks = [Unavailability(slot_id=event.slots[1].id)]
    wish = make_wish(session, None, team, event=event)
    make_meeting(session, wish, event.slots[2], event.tables[0])

    talk = talks.propose(session, team.registered_by, team, said(team))

    assert talk.starts_at == event.slots[3].starts_at


def test_a_full_room_sends_the_next_talk_to_the_next_room(session: Session) -> None:
    team = presenting(session, slots=1)
    team.event.tables[0].room, team.event.tables[1].room = "一号厅", "二号厅"

    talks.propose(session, team.registered_by, team, said(team))
    second = talks.propose(session, team.registered_by, team, said(team, 1))
    with pytest.raises(NotNowError):
        talks.propose(session, team.registered_by, team, said(team))

    assert second.room == "二号厅"


def test_the_speaker_is_busy_while_speaking(session: Session) -> None:
    team = presenting(session)

    talks.propose(session, team.registered_by, team, said(team))

    assert queries.busy_slots(session, team.event) == {
        team.members[0].id: {team.event.slots[0].id}
    }


def test_speaker_and_posting_are_the_teams_own(session: Session) -> None:
    team, other = presenting(session), presenting(session)
    posting = factories.make_achievement(session)

    with pytest.raises(InvalidError) as refusal:
        talks.propose(session, team.registered_by, team, said(other))
    assert list(refusal.value.fields) == ["speaker"]
    with pytest.raises(InvalidError) as refusal:
        talks.propose(session, team.registered_by, team, said(team, posting=posting.id))
    assert list(refusal.value.fields) == ["posting"]
    assert session.scalars(select(Talk)).all() == []


def test_an_organiser_moves_a_talk_within_the_days_of_the_event(session: Session) -> None:
    team = presenting(session)
    event = team.event
    talk = talks.propose(session, team.registered_by, team, said(team))

    talks.move(session, event.owner, talk, room="一号厅", starts_at=event.slots[2].starts_at,
               minutes=30)  # fmt: skip
    assert (talk.room, talk.ends_at - talk.starts_at) == ("一号厅", timedelta(minutes=30))

    for begin in (event.slots[0].starts_at - timedelta(minutes=1), event.slots[-1].starts_at):
        with pytest.raises(InvalidError) as refusal:
            talks.move(session, event.owner, talk, room="", starts_at=begin, minutes=30)
        assert "会期" in refusal.value.fields["starts"]


def test_two_talks_in_one_room_do_not_overlap(session: Session) -> None:
    team = presenting(session)
    event = team.event
    first = talks.propose(session, team.registered_by, team, said(team))
    second = talks.propose(session, team.registered_by, team, said(team, 1))

    overlapping = first.starts_at + timedelta(minutes=10)
    with pytest.raises(InvalidError) as refusal:
        talks.move(session, event.owner, second, room="", starts_at=overlapping, minutes=20)
    assert "同一会场" in refusal.value.fields["starts"]

    talks.move(session, event.owner, second, room="二号厅", starts_at=overlapping, minutes=20)
    talks.move(session, event.owner, second, room="", starts_at=first.ends_at, minutes=20)


def test_one_speaker_is_not_in_two_rooms_at_once(session: Session) -> None:
    team = presenting(session)
    event = team.event
    first = talks.propose(session, team.registered_by, team, said(team))
    second = talks.propose(session, team.registered_by, team, said(team))

    with pytest.raises(InvalidError):
        talks.move(session, event.owner, second, room="二号厅", starts_at=first.starts_at,
                   minutes=20)  # fmt: skip
    other = talks.propose(session, team.registered_by, team, said(team, 1))
    talks.move(session, event.owner, other, room="二号厅", starts_at=first.starts_at, minutes=20)
    with pytest.raises(InvalidError) as refusal:
        talks.change(session, team.registered_by, other, said(team, 0))
    assert list(refusal.value.fields) == ["speaker"]


def test_only_organisers_move_talks_and_only_ones_own_are_changed(session: Session) -> None:
    team, other = presenting(session), presenting(session)
    talk = talks.propose(session, team.registered_by, team, said(team))

    with pytest.raises(NotAllowedError):
        talks.move(session, team.registered_by, talk, room="", starts_at=talk.starts_at,
                   minutes=20)  # fmt: skip
    with pytest.raises(NotAllowedError):
        talks.change(session, other.registered_by, talk, said(team))
    with pytest.raises(NotAllowedError):
        talks.remove(session, other.registered_by, talk)


def test_a_team_proposes_three_talks_at_most(session: Session) -> None:
    team = presenting(session)
    for _ in range(3):
        talks.propose(session, team.registered_by, team, said(team))

    with pytest.raises(NotNowError):
        talks.propose(session, team.registered_by, team, said(team))


def test_who_left_gives_no_talk_and_blocks_no_room(session: Session) -> None:
    team = presenting(session)
    event = team.event
    talk = talks.propose(session, team.registered_by, team, said(team))
    team.status = TeamStatus.WITHDRAWN
    session.flush()
    other = make_team(session, event, Side.ACHIEVEMENT)

    taken = talks.propose(session, other.registered_by, other, said(other))

    assert taken.starts_at == talk.starts_at
    assert talks.programme(session, event) == [taken]
    with pytest.raises(NotNowError):
        talks.change(session, team.registered_by, talk, said(team))


def test_the_programme_shows_admitted_teams_only(session: Session) -> None:
    team = presenting(session)
    talk = talks.propose(session, team.registered_by, team, said(team))
    team.status = TeamStatus.PENDING
    session.flush()

    assert talks.programme(session, team.event) == []
    assert talks.programme(session, team.event, proposed=True) == [talk]


def test_an_event_without_talks_takes_none(session: Session) -> None:
    team = presenting(session, kind="contest")

    with pytest.raises(NotFoundError):
        talks.propose(session, team.registered_by, team, said(team))


def test_on_the_day_only_organisers_change_talks(session: Session) -> None:
    team = presenting(session, day=clock.today() - timedelta(days=1))
    event = team.event
    event.days[0].day = clock.today()
    event.days[0].starts, event.days[0].ends = time(0), time(23, 59)
    session.flush()

    with pytest.raises(NotNowError):
        talks.propose(session, team.registered_by, team, said(team))
    assert talks.propose(session, event.owner, team, said(team)).id

    event.status = EventStatus.CLOSED
    session.flush()
    with pytest.raises(NotNowError):
        talks.propose(session, event.owner, team, said(team))
