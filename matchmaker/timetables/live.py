"""Meetings that are booked into, or taken out of, the timetable that holds; told at once."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import activity, clock
from matchmaker.errors import NotNowError, require
from matchmaker.notifications.service import notify
from matchmaker.timetables import policy
from matchmaker.timetables.conflicts import Desk, Free, desk_of
from matchmaker.timetables.holding import count_change, give_to, hold
from matchmaker.timetables.instances import Seat
from models import (
    Event,
    EventTable,
    Meeting,
    MeetingStatus,
    Participant,
    Side,
    Slot,
    User,
    Wish,
)


def book_meeting(
    session: Session, actor: User, event: Event, wish: Wish, slot: Slot,
    table: EventTable | None = None, *, standby: bool = False,
    people: tuple[int, int] | None = None,
) -> Meeting:  # fmt: skip
    """Book a wish into the timetable that holds, and tell both sides.

    Without a table the first free one is taken; without `people` (ids for the need and for the
    achievement side) whoever of those who may come is free. A standby meeting may begin in a slot that runs
    already; all other rules are those of the planner.

    Raises:
        NotNowError: somebody was faster, or a rule forbids it; the sentence says which.

    """
    require(policy.can_plan(actor, event))
    event = hold(session, event)
    row = session.scalar(select(Meeting).where(Meeting.wish_id == wish.id))
    if row is not None and row.status != MeetingStatus.CANCELLED:
        raise NotNowError(_l("这两家的洽谈已经有安排了。"))
    _check_room(session, event, slot)
    desk = desk_of(session, event, None, wish.id)
    if standby:
        desk.frozen = None
    seat = _seat(desk, wish, slot, table, people)
    row = row or Meeting(event_id=event.id, wish_id=wish.id, sequence=-1)
    row.slot_id, row.table_id = seat.slot_id, seat.table_id
    give_to(session, row, seat.people)
    row.status, row.was, row.standby = MeetingStatus.PLANNED, None, standby
    row.sequence += 1
    row.changed_at = clock.now()
    session.add(row)
    session.flush()
    count_change(session, event)
    activity.record(
        session, actor, "meeting.booked", row, event=event.title, pair=desk.pair(seat),
        slot=desk.at(slot.id),
    )  # fmt: skip
    _tell(session, event, desk, seat, "meeting.booked")
    return row


def cancel_meeting(session: Session, actor: User, meeting: Meeting, *, reason: str = "") -> None:
    """Cancel a meeting that people were told of; its place is free at once.

    Raises:
        NotNowError: it has begun or is over.

    """
    event = session.get_one(Event, meeting.event_id)
    require(policy.can_plan(actor, event))
    event = hold(session, event)
    session.refresh(meeting)
    if meeting.status != MeetingStatus.PLANNED or meeting.slot is None:
        raise NotNowError(_l("这一场已经开始或已经结束，不能再取消。"))
    desk = desk_of(session, event, None)
    seat = desk.seats[meeting.wish_id]
    at = desk.at(meeting.slot.id)
    meeting.was = {"slot": meeting.slot_id, "table": meeting.table_id}
    meeting.slot_id = meeting.table_id = None
    meeting.status = MeetingStatus.CANCELLED
    meeting.sequence += 1
    meeting.changed_at = clock.now()
    session.flush()
    count_change(session, event)
    activity.record(
        session, actor, "meeting.cancelled", meeting, event=event.title, pair=desk.pair(seat),
        slot=at, reason=reason,
    )  # fmt: skip
    _tell(session, event, desk, seat, "meeting.cancelled")


def _check_room(session: Session, event: Event, slot: Slot) -> None:
    """Refuse at once where every table of the slot is taken: most who come too late end here."""
    taken = session.scalar(select(func.count(Meeting.id)).where(Meeting.slot_id == slot.id))
    tables = sum(not table.closed for table in event.tables)
    if (taken or 0) >= tables:
        raise NotNowError(_l("这个时段的桌位已经约满，请换一个时段。"))


def _seat(
    desk: Desk, wish: Wish, slot: Slot, table: EventTable | None, people: tuple[int, int] | None
) -> Seat:
    wanted = [table.id] if table else desk.free_tables(wish.id, slot.id) or list(desk.tables)
    sentences: list[Any] = []
    for table_id in wanted:
        found = desk.check(wish.id, slot.id, table_id, people)
        if isinstance(found, Free):
            return Seat(
                wish.id, slot.id, table_id, found.need_person_id, found.achievement_person_id
            )
        sentences = sentences or found
    raise NotNowError("".join(str(words) for words in sentences) or _l("没有空桌。"))


def _tell(session: Session, event: Event, desk: Desk, seat: Seat, kind: str) -> None:
    people = [desk.people.get(person) for person in seat.people]
    at = desk.at(seat.slot_id)
    for side, person in zip((Side.NEED, Side.ACHIEVEMENT), people, strict=True):
        partner = people[1 if side == Side.NEED else 0]
        _notify(session, event, person, kind, partner=_team_name(desk, partner),
                slot=at, table=desk.tables[seat.table_id].name)  # fmt: skip


def _team_name(desk: Desk, person: Participant | None) -> str:
    return desk.teams[person.team_id].full_name if person else "—"


def _notify(
    session: Session, event: Event, person: Participant | None, kind: str, **values: str
) -> None:
    user = session.get(User, person.user_id) if person and person.user_id else None
    if user is not None:
        notify(
            session, user, kind, by_mail=True, endpoint="floor.agenda",
            endpoint_values={"event_id": event.id}, **values,
        )  # fmt: skip
