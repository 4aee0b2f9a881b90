"""Work by hand on a draft: move, swap, lock, take out, put in. What breaks a rule is not saved."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matchmaker import activity, clock
from matchmaker.errors import InvalidError, NotNowError, require
from matchmaker.events import queries as events
from matchmaker.notifications.service import notify
from matchmaker.timetables import policy
from matchmaker.timetables.conflicts import Desk, Free, desk_of
from matchmaker.timetables.instances import Seat
from models import (
    Event,
    EventTable,
    Participant,
    Placement,
    Slot,
    TableClosure,
    Team,
    Timetable,
    Unavailability,
    Unscheduled,
    UnscheduledReason,
    User,
)


def move(
    session: Session, actor: User, timetable: Timetable, wish_id: int, slot_id: int, table_id: int
) -> None:
    """Put a meeting into another slot or at another table.

    Raises:
        NotNowError: the place is not free for it, or begins too soon; the sentence says why.

    """
    event = _open(session, actor, timetable)
    desk = desk_of(session, event, timetable)
    seat = _taken(desk, wish_id)
    _not_begun(event, seat)
    found = _free(desk, wish_id, slot_id, table_id)
    row = _placement(session, timetable, wish_id)
    row.slot_id, row.table_id = slot_id, table_id
    row.need_person_id = found.need_person_id
    row.achievement_person_id = found.achievement_person_id
    _note(session, actor, event, timetable, "meeting.moved", desk.pair(seat))


def swap(
    session: Session, actor: User, timetable: Timetable, wish_id: int, other_wish_id: int
) -> None:
    """Let two meetings change places."""
    event = _open(session, actor, timetable)
    if wish_id == other_wish_id:
        raise InvalidError(message=_l("请选择另一场来交换。"))
    desk = desk_of(session, event, timetable)
    one, other = _taken(desk, wish_id), _taken(desk, other_wish_id)
    for seat in (one, other):
        _not_begun(event, seat)
    there = _seat(one, other, _free(desk, wish_id, other.slot_id, other.table_id))
    desk.put(there)
    here = _seat(other, one, _free(desk, other_wish_id, one.slot_id, one.table_id))
    for seat in (one, other):
        session.delete(_placement(session, timetable, seat.wish_id))
    session.flush()
    for seat in (there, here):
        _add(session, timetable, seat)
    pair = f"{desk.pair(one)} ↔ {desk.pair(other)}"
    _note(session, actor, event, timetable, "meeting.swapped", pair)


def lock(
    session: Session, actor: User, timetable: Timetable, wish_id: int, locked: bool = True
) -> None:
    """Hold a meeting where it is when the timetable is planned anew, or let it go."""
    event = _open(session, actor, timetable)
    row = _placement(session, timetable, wish_id)
    row.locked = locked
    action = "meeting.locked" if locked else "meeting.unlocked"
    desk = desk_of(session, event, timetable)
    _note(session, actor, event, timetable, action, desk.pair(desk.seats[wish_id]), edited=False)


def unbook(session: Session, actor: User, timetable: Timetable, wish_id: int) -> None:
    """Take a meeting out; its wish is among the unscheduled ones."""
    event = _open(session, actor, timetable)
    desk = desk_of(session, event, timetable)
    seat = _taken(desk, wish_id)
    _not_begun(event, seat)
    session.delete(_placement(session, timetable, wish_id))
    session.add(
        Unscheduled(timetable_id=timetable.id, wish_id=wish_id, reason=UnscheduledReason.UNBOOKED)
    )
    _note(session, actor, event, timetable, "meeting.unbooked", desk.pair(seat))


def book(
    session: Session, actor: User, timetable: Timetable, wish_id: int, slot_id: int, table_id: int
) -> None:
    """Put an unscheduled wish into a free place."""
    event = _open(session, actor, timetable)
    desk = desk_of(session, event, timetable, wish_id)
    if wish_id in desk.seats:
        raise NotNowError(_l("这一场已经排进去了。"))
    found = _free(desk, wish_id, slot_id, table_id)
    _book(session, actor, event, timetable, desk, wish_id, slot_id, table_id, found)


def apply(session: Session, actor: User, timetable: Timetable, wish_id: int) -> None:
    """Make the one change that lets a wish in, and put it there.

    Raises:
        NotNowError: no single change does, or things have moved on since it was found.

    """
    event = _open(session, actor, timetable)
    row = session.get(Unscheduled, (timetable.id, wish_id))
    if row is None or not row.fits_if:
        raise NotNowError(_l("这条意愿没有只改一处就能排入的办法。"))
    _change(session, actor, event, row.fits_if)
    session.flush()
    session.expire_all()
    event = events.one(session, actor, event.id)
    desk = desk_of(session, event, timetable, wish_id)
    slots = [row.fits_if["slot"]] if "slot" in row.fits_if else list(desk.slots)
    for slot_id in slots:
        for table_id in desk.free_tables(wish_id, slot_id):
            found = _free(desk, wish_id, slot_id, table_id)
            _book(session, actor, event, timetable, desk, wish_id, slot_id, table_id, found)
            return
    raise NotNowError(_l("日程已经有过改动，只改这一处不够了。请重新排期或手工调整。"))


def _change(session: Session, actor: User, event: Event, fits_if: dict[str, Any]) -> None:
    """Make one change: a person opens a slot, a limit grows by one, a table opens in a slot."""
    if "team" in fits_if:
        team = session.get_one(Team, fits_if["team"])
        team.most = max(fits_if["most"], team.least or event.team_least)
        activity.record(
            session, actor, "team.limit_raised", team, event=event.title, team=team.full_name,
            n=team.most,
        )  # fmt: skip
    elif "in_a_row" in fits_if:
        event.most_in_a_row = fits_if["in_a_row"]
        activity.record(
            session, actor, "event.row_raised", event, event=event.title, n=event.most_in_a_row
        )
    elif "participant" in fits_if:
        _change_person(session, actor, event, fits_if)
    else:
        _open_table(session, actor, event, fits_if["slot"])


def _change_person(session: Session, actor: User, event: Event, fits_if: dict[str, Any]) -> None:
    person = session.get_one(Participant, fits_if["participant"])
    if "most" in fits_if:
        person.most = fits_if["most"]
        activity.record(
            session, actor, "team.person_limit_raised", person.team, event=event.title,
            person=person.name, n=person.most,
        )  # fmt: skip
        return
    slot = session.get_one(Slot, fits_if["slot"])
    removed = session.execute(
        delete(Unavailability)
        .where(
            Unavailability.participant_id == person.id, Unavailability.slot_id == slot.id
        )
        .returning(Unavailability.slot_id)
        .execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    if not removed:
        raise NotNowError(_l("%(person)s 这时有发布或路演，请先改发布时间。", person=person.name))
    at = clock.time_of_day(slot.starts_at, with_day=len(event.days) > 1)
    activity.record(
        session, actor, "team.slot_opened", person.team, event=event.title, person=person.name,
        slot=at,
    )  # fmt: skip
    user = session.get(User, person.user_id) if person.user_id else None
    if user is not None:
        notify(
            session, user, "availability.changed", event=event.title, slot=at,
            endpoint="registration.register", endpoint_values={"event_id": event.id},
        )  # fmt: skip


def _open_table(session: Session, actor: User, event: Event, slot_id: int) -> None:
    """Open a table that is closed in the slot; else set up one more."""
    closures = session.scalars(
        select(TableClosure)
        .join(EventTable, EventTable.id == TableClosure.table_id)
        .where(
            EventTable.event_id == event.id, ~EventTable.closed,
            EventTable.fixed_for_id.is_(None), TableClosure.slot_id == slot_id,
        )
        .order_by(EventTable.ordinal)
    ).all()  # fmt: skip
    if closures:
        name = session.get_one(EventTable, closures[0].table_id).name
        session.delete(closures[0])
    else:
        name = _next_name(event)
        last = event.tables[-1] if event.tables else None
        room, ordinal = (last.room, last.ordinal + 1) if last else ("", 1)
        session.add(EventTable(event_id=event.id, name=name, room=room, ordinal=ordinal))
    activity.record(session, actor, "table.changed", event, event=event.title, table=name)


def _next_name(event: Event) -> str:
    known = {table.name for table in event.tables}
    number = len(known) + 1
    while f"{number} 桌" in known:
        number += 1
    return f"{number} 桌"


# ---- steps that these verbs share


def _open(session: Session, actor: User, timetable: Timetable) -> Event:
    """Let nobody else work on this version until the transaction ends."""
    event = events.one(session, actor, timetable.event_id)
    require(policy.can_plan(actor, event))
    session.refresh(timetable, with_for_update={"of": Timetable})
    if not policy.is_workable(timetable):
        raise NotNowError(_l("只能在草案上调整。已发布的日程请先点“人工调整”。"))
    return event


def _taken(desk: Desk, wish_id: int) -> Seat:
    seat = desk.take(wish_id)
    if seat is None:
        raise NotNowError(_l("这一场不在草案里了，请看一眼再决定。"))
    return seat


def _not_begun(event: Event, seat: Seat) -> None:
    frozen = events.frozen_through(event)
    slot = next((slot for slot in event.slots if slot.id == seat.slot_id), None)
    if frozen is not None and slot is not None and slot.starts_at <= frozen.starts_at:
        raise NotNowError(_l("这一场已经开始或马上开始，不能再改。"))


def _free(desk: Desk, wish_id: int, slot_id: int, table_id: int) -> Free:
    found = desk.check(wish_id, slot_id, table_id)
    if isinstance(found, list):
        raise NotNowError("".join(str(sentence) for sentence in found))
    return found


def _seat(seat: Seat, place: Seat, found: Free) -> Seat:
    return Seat(
        seat.wish_id, place.slot_id, place.table_id, found.need_person_id,
        found.achievement_person_id, seat.locked,
    )  # fmt: skip


def _placement(session: Session, timetable: Timetable, wish_id: int) -> Placement:
    row = session.scalar(
        select(Placement).where(
            Placement.timetable_id == timetable.id, Placement.wish_id == wish_id
        )
    )
    if row is None:
        raise NotNowError(_l("这一场不在草案里了，请看一眼再决定。"))
    return row


def _add(session: Session, timetable: Timetable, seat: Seat) -> None:
    session.add(
        Placement(
            timetable_id=timetable.id, wish_id=seat.wish_id, slot_id=seat.slot_id,
            table_id=seat.table_id, need_person_id=seat.need_person_id,
            achievement_person_id=seat.achievement_person_id, locked=seat.locked,
        )
    )  # fmt: skip


def _book(
    session: Session, actor: User, event: Event, timetable: Timetable, desk: Desk, wish_id: int,
    slot_id: int, table_id: int, found: Free,
) -> None:  # fmt: skip
    seat = Seat(wish_id, slot_id, table_id, found.need_person_id, found.achievement_person_id)
    session.execute(
        delete(Unscheduled).where(
            Unscheduled.timetable_id == timetable.id, Unscheduled.wish_id == wish_id
        )
    )
    _add(session, timetable, seat)
    _note(session, actor, event, timetable, "meeting.placed", desk.pair(seat))


def _note(
    session: Session, actor: User, event: Event, timetable: Timetable, action: str, pair: str, *,
    edited: bool = True,
) -> None:  # fmt: skip
    timetable.edited = timetable.edited or edited
    activity.record(
        session, actor, action, timetable, event=event.title, number=timetable.number, pair=pair
    )
    session.flush()
