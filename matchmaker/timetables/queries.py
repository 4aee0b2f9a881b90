"""Versions of a timetable, and the meetings that hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from matchmaker.errors import NotFoundError
from matchmaker.timetables import policy
from models import (
    Event,
    HandedOver,
    Meeting,
    Participant,
    Placement,
    Team,
    Timetable,
    TimetableStatus,
    Unscheduled,
    UnscheduledReason,
    User,
    Wish,
)


def failure(timetable: Timetable) -> Any:
    """Say why a version was not made, and what to do."""
    if timetable.error.startswith("planner: ") and "locked" in timetable.error:
        return _l("锁定的洽谈不能同时成立：人、桌位或上限有冲突。请解除一些锁定，再排一次。")
    if timetable.error == "interrupted":
        return _l("排期任务中断了，请再排一次。")
    return _l("排期程序出错了，请再排一次；还不行请告诉管理员。")


def shown() -> tuple[Any, ...]:
    """Load with meetings everything that agendas, boards and papers show of them."""
    teams = (Wish.need_team, Wish.achievement_team)
    return (
        joinedload(Meeting.slot),
        joinedload(Meeting.table),
        joinedload(Meeting.need_person),
        joinedload(Meeting.achievement_person),
        joinedload(Meeting.wish).options(
            *(joinedload(side).joinedload(Team.organisation) for side in teams),
            joinedload(Wish.match),
        ),
        selectinload(Meeting.reports),
    )


def current(session: Session, event: Event) -> Timetable | None:
    """The version that is published."""
    return session.scalar(
        select(Timetable).where(
            Timetable.event_id == event.id, Timetable.status == TimetableStatus.PUBLISHED
        )
    )


def meetings(session: Session, event: Event) -> list[Meeting]:
    """Every meeting people were told of, by time and table; cancelled and missed ones at the end."""
    found = session.scalars(
        select(Meeting).where(Meeting.event_id == event.id).options(*shown())
    ).unique()
    return sorted(found, key=_in_order)


def agenda(session: Session, event: Event, people: Iterable[Participant]) -> list[Meeting]:
    """The meetings of some participants, by time; cancelled ones at the end."""
    ids = [person.id for person in people]
    found = session.scalars(
        select(Meeting)
        .where(
            Meeting.event_id == event.id,
            Meeting.need_person_id.in_(ids) | Meeting.achievement_person_id.in_(ids),
        )
        .options(*shown())
    ).unique()
    return sorted(found, key=_in_order)


def handed_over(
    session: Session, event: Event, people: Iterable[Participant] | None = None
) -> list[tuple[Meeting, Participant]]:
    """Return which meetings somebody had and has no more, of some participants or of all."""
    former = aliased(Participant)
    question = (
        select(Meeting, former)
        .join(HandedOver, HandedOver.meeting_id == Meeting.id)
        .join(former, former.id == HandedOver.participant_id)
        .where(
            Meeting.event_id == event.id,
            former.id.not_in([Meeting.need_person_id, Meeting.achievement_person_id]),
        )
        .options(*shown())
        .order_by(Meeting.id, former.id)
    )
    if people is not None:
        question = question.where(former.id.in_([person.id for person in people]))
    return [(meeting, person) for meeting, person in session.execute(question).unique()]


def _in_order(meeting: Meeting) -> tuple[bool, float, int, int]:
    if meeting.slot is None or meeting.table is None:
        return True, 0.0, 0, meeting.id
    return False, meeting.slot.starts_at.timestamp(), meeting.table.ordinal, meeting.id


def versions(session: Session, event: Event) -> list[Timetable]:
    """All versions, the newest first."""
    statement = (
        select(Timetable)
        .where(Timetable.event_id == event.id)
        .order_by(Timetable.number.desc())
        .options(joinedload(Timetable.made_by), joinedload(Timetable.published_by))
    )
    return list(session.scalars(statement).unique())


def draft(session: Session, event: Event) -> Timetable | None:
    """The version that is worked on: being planned, or a draft."""
    working = [TimetableStatus.PLANNING, TimetableStatus.DRAFT]
    return session.scalar(
        select(Timetable)
        .where(Timetable.event_id == event.id, Timetable.status.in_(working))
        .order_by(Timetable.number.desc())
        .limit(1)
    )


def one(session: Session, actor: User, event: Event, number: int) -> Timetable:
    """A version of an event's timetable, by its number.

    Raises:
        NotFoundError: there is none, or the person may not see any.

    """
    found = session.scalar(
        select(Timetable).where(Timetable.event_id == event.id, Timetable.number == number)
    )
    if found is None or not policy.can_see(actor, event):
        raise NotFoundError
    return found


def placements(session: Session, timetable: Timetable) -> list[Placement]:
    """Where a version puts its meetings."""
    statement = select(Placement).where(Placement.timetable_id == timetable.id)
    return list(session.scalars(statement.order_by(Placement.slot_id, Placement.table_id)))


def wishes_with_teams(session: Session, ids: Iterable[int]) -> dict[int, Wish]:
    """Wishes by id, with the teams of both sides."""
    sides = (Wish.need_team, Wish.achievement_team)
    options = [joinedload(side).joinedload(Team.organisation) for side in sides]
    found = session.scalars(select(Wish).where(Wish.id.in_(list(ids))).options(*options)).unique()
    return {wish.id: wish for wish in found}


def unscheduled(session: Session, timetable: Timetable) -> list[Unscheduled]:
    """What a version leaves out, in the order of its wishes."""
    statement = select(Unscheduled).where(Unscheduled.timetable_id == timetable.id)
    return list(session.scalars(statement.order_by(Unscheduled.wish_id)))


def count_unscheduled(session: Session, timetable: Timetable) -> dict[UnscheduledReason, int]:
    """How many wishes a version leaves out, by reason."""
    rows = session.execute(
        select(Unscheduled.reason, func.count())
        .where(Unscheduled.timetable_id == timetable.id)
        .group_by(Unscheduled.reason)
    )
    return dict(rows.all())
