"""Makers of events and all that belongs to them: `make_event(session, slots=6, tables=3)`."""

from __future__ import annotations

import itertools
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from matchmaker import clock
from models import (
    Event,
    EventDay,
    EventStatus,
    EventTable,
    Meeting,
    Organisation,
    Participant,
    Placement,
    Role,
    Side,
    Slot,
    Team,
    TeamPosting,
    TeamStatus,
    Timetable,
    TimetableStatus,
    User,
    Wish,
    WishChoice,
)
from tests import factories

_numbers = itertools.count(1)
ROLES = {Side.NEED: Role.ENTERPRISE, Side.ACHIEVEMENT: Role.RESEARCHER}


def make_event(session: Session, owner: User | None = None, *, slots: int = 6, tables: int = 3,
               day: date | None = None, minutes: int = 20, **values: Any) -> Event:  # fmt: skip
    """Make an announced docking event of one day, in ten days, its slots from nine o'clock.

    Registration is open and ends tomorrow, wishes end in five days (give other times).
    """
    n = next(_numbers)
    owner = owner or factories.make_user(session, Role.ORGANISER)
    moment = clock.now()
    row = Event(
        kind=values.pop("kind", "docking"),
        status=values.pop("status", EventStatus.OPEN),
        title=values.pop("title", f"示范对接会{n}"),
        region_code=owner.organisation.region_code,
        venue=values.pop("venue", "示范会展中心"),
        organisation_id=owner.organisation_id,
        organisation=owner.organisation,
        owner_id=owner.id,
        owner=owner,
        registration_from=values.pop("registration_from", moment - timedelta(days=7)),
        registration_until=values.pop("registration_until", moment + timedelta(days=1)),
        wishes_until=values.pop("wishes_until", moment + timedelta(days=5)),
        slot_minutes=minutes,
        created_at=moment,
        opened_at=values.pop("opened_at", moment),
        **values,
    )
    session.add(row)
    session.flush()
    begin = datetime.combine(day or clock.today() + timedelta(days=10), time(9), clock.LOCAL_ZONE)
    end = begin + timedelta(minutes=minutes * max(slots, 1))
    made = EventDay(event_id=row.id, day=begin.date(), starts=begin.time(), ends=end.time())
    row.days.append(made)
    session.flush()
    for number in range(slots):
        starts = begin + timedelta(minutes=minutes * number)
        row.slots.append(
            Slot(
                event_id=row.id, day_id=made.id, starts_at=starts,
                ends_at=starts + timedelta(minutes=minutes),
            )
        )  # fmt: skip
    row.tables = [
        EventTable(event_id=row.id, name=f"{number} 桌", ordinal=number)
        for number in range(1, tables + 1)
    ]
    session.flush()
    return row


def make_team(session: Session, event: Event, side: Side = Side.NEED, *, people: int = 1,
              user: User | None = None, organisation: Organisation | None = None,
              postings: Any = (), **values: Any) -> Team:  # fmt: skip
    """Make an admitted team with people; the first has an account (`user`, or a new one)."""
    user = user or factories.make_user(session, ROLES[side])
    owner = organisation or user.organisation
    row = Team(
        event_id=event.id,
        event=event,
        organisation_id=owner.id,
        organisation=owner,
        side=side,
        status=values.pop("status", TeamStatus.APPROVED),
        registered_by_id=user.id,
        registered_by=user,
        registered_at=clock.now(),
        **values,
    )
    session.add(row)
    session.flush()
    for number in range(people):
        row.members.append(
            Participant(
                event_id=event.id, team_id=row.id, ordinal=number, code=f"code{next(_numbers):08d}",
                name=user.name if number == 0 else f"示范同事{next(_numbers)}",
                user_id=user.id if number == 0 else None,
            )
        )  # fmt: skip
    row.posting_rows = [TeamPosting(team_id=row.id, posting_id=p.id, posting=p) for p in postings]
    session.flush()
    return row


def make_wish(session: Session, need_team: Team | None = None, achievement_team: Team | None = None,
              *, event: Event | None = None, **values: Any) -> Wish:  # fmt: skip
    """Make a wish that both sides answered with 想见 (give other choices)."""
    if event is None:
        event = need_team.event if need_team else make_event(session)
    need_team = need_team or make_team(session, event, Side.NEED)
    achievement_team = achievement_team or make_team(session, event, Side.ACHIEVEMENT)
    moment = clock.now()
    ours = values.pop("need_choice", WishChoice.MEET)
    theirs = values.pop("achievement_choice", WishChoice.MEET)
    row = Wish(
        event_id=event.id,
        need_team_id=need_team.id,
        need_team=need_team,
        achievement_team_id=achievement_team.id,
        achievement_team=achievement_team,
        score=values.pop("score", 0.5),
        need_choice=ours,
        need_chosen_at=moment if ours else None,
        achievement_choice=theirs,
        achievement_chosen_at=moment if theirs else None,
        created_at=moment,
        **values,
    )
    session.add(row)
    session.flush()
    return row


def make_meeting(session: Session, wish: Wish, slot: Slot, table: EventTable,
                 **values: Any) -> Meeting:  # fmt: skip
    """Make a published meeting of the first people of both teams."""
    row = Meeting(
        event_id=wish.event_id,
        wish_id=wish.id,
        wish=wish,
        slot_id=slot.id,
        slot=slot,
        table_id=table.id,
        table=table,
        need_person=values.pop("need_person", wish.need_team.members[0]),
        achievement_person=values.pop("achievement_person", wish.achievement_team.members[0]),
        changed_at=clock.now(),
        **values,
    )
    session.add(row)
    session.flush()
    return row


def make_timetable(session: Session, event: Event, **values: Any) -> Timetable:
    """Make a draft (give `status` for another), empty."""
    status = values.pop("status", TimetableStatus.DRAFT)
    published = status in {TimetableStatus.PUBLISHED, TimetableStatus.SUPERSEDED}
    row = Timetable(
        event_id=event.id,
        number=values.pop("number", 1),
        status=status,
        made_by_id=event.owner_id,
        made_at=clock.now(),
        published_at=clock.now() if published else None,
        **values,
    )
    session.add(row)
    session.flush()
    return row


def make_placement(session: Session, timetable: Timetable, wish: Wish, slot: Slot,
                   table: EventTable, **values: Any) -> Placement:  # fmt: skip
    row = Placement(
        timetable_id=timetable.id,
        wish_id=wish.id,
        slot_id=slot.id,
        table_id=table.id,
        need_person_id=values.pop("need_person_id", wish.need_team.members[0].id),
        achievement_person_id=values.pop(
            "achievement_person_id", wish.achievement_team.members[0].id
        ),
        **values,
    )
    session.add(row)
    session.flush()
    return row
