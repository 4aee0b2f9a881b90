"""Timetables are planned, taken over, published. Work by hand is in `handwork`, the day in `live`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from matchmaker import activity, clock, jobs
from matchmaker.errors import InvalidError, NotNowError, require
from matchmaker.events.kinds import kind_of
from matchmaker.notifications.service import notify
from matchmaker.timetables import changes, conflicts, policy, queries
from matchmaker.timetables.handwork import apply, book, lock, move, swap, unbook
from matchmaker.timetables.holding import count_change, give_to, hold
from matchmaker.timetables.instances import Seat, draft_seats, number, published_seats, seats_of
from matchmaker.timetables.live import book_meeting, cancel_meeting
from models import (
    Event,
    Job,
    JobStatus,
    Meeting,
    MeetingStatus,
    Participant,
    Placement,
    Timetable,
    TimetableStatus,
    Unscheduled,
    User,
)

__all__ = [
    "apply", "book", "book_meeting", "cancel_meeting", "discard", "edit", "lock", "move",
    "publish", "start", "stop", "swap", "take_over", "unbook",
]  # fmt: skip
TIME_LIMITS = (30, 60, 120)
"""Seconds that the planner may be given."""
SHOWN = 3
"""So many of the things that are wrong are told at once."""
AFTER_PUBLICATION: list[Callable[[Session, User, Timetable], object]] = []
"""What later features do when a version is published."""


def start(
    session: Session, actor: User, event: Event, *, time_limit: int = 60, seed: int = 1
) -> Timetable:
    """Have a timetable planned in the background.

    Raises:
        NotNowError: one is being planned already, or nothing can be planned yet.
        InvalidError: an unknown time limit.

    """
    require(policy.can_plan(actor, event))
    if time_limit not in TIME_LIMITS:
        raise InvalidError({"time_limit": _l("请从列出的时间里选择。")})
    if not kind_of(event.kind).meetings:
        raise NotNowError(_l("这种活动没有一对一洽谈，不用排期。"))
    event = hold(session, event)
    _end_lost(session, event)
    working = queries.draft(session, event)
    if working is not None and working.status == TimetableStatus.PLANNING:
        raise NotNowError(_l("正在排期，请等它完成或者先停止。"))
    if not any(slot.open for slot in event.slots) or not event.tables:
        raise NotNowError(_l("还没有时段或桌位，请先在“时间安排”和“桌位安排”里设置。"))
    made = _new(session, actor, event, TimetableStatus.PLANNING)
    made.seed, made.time_limit = seed, time_limit
    job = jobs.enqueue(session, "timetables.plan", {"timetable_id": made.id}, actor=actor)
    made.job_id = job.id
    activity.record(
        session, actor, "timetable.started", made, event=event.title, number=made.number
    )
    return made


def stop(session: Session, actor: User, timetable: Timetable) -> None:
    """Stop the planner; what it found so far is not kept."""
    event = session.get_one(Event, timetable.event_id)
    require(policy.can_plan(actor, event))
    if timetable.status != TimetableStatus.PLANNING:
        raise NotNowError(_l("这一版已经排完，没有可以停止的。"))
    job = session.get(Job, timetable.job_id) if timetable.job_id else None
    if job is not None and job.status in {JobStatus.QUEUED, JobStatus.RUNNING}:
        jobs.cancel(session, job)
    timetable.status = TimetableStatus.DISCARDED
    activity.record(
        session, actor, "timetable.stopped", timetable, event=event.title,
        number=timetable.number,
    )  # fmt: skip


def discard(session: Session, actor: User, timetable: Timetable) -> None:
    """Give a draft up; what is published stays."""
    event = session.get_one(Event, timetable.event_id)
    require(policy.can_plan(actor, event))
    if timetable.status != TimetableStatus.DRAFT:
        raise NotNowError(_l("只有草案可以放弃。"))
    timetable.status = TimetableStatus.DISCARDED
    activity.record(
        session, actor, "timetable.discarded", timetable, event=event.title,
        number=timetable.number,
    )  # fmt: skip


def edit(session: Session, actor: User, event: Event) -> Timetable:
    """Make a draft of what is published, for work by hand; an open draft is returned as it is."""
    require(policy.can_plan(actor, event))
    event = hold(session, event)
    working = queries.draft(session, event)
    if working is not None:
        return working
    base = queries.current(session, event)
    if base is None:
        raise NotNowError(_l("还没有发布的日程，请先排日程。"))
    made = _new(session, actor, event, TimetableStatus.DRAFT)
    made.figures, made.edited = dict(base.figures), base.edited
    seats = published_seats(session, event)
    _store(session, made, seats)
    held = {seat.wish_id for seat in seats}
    left_out = [row for row in queries.unscheduled(session, base) if row.wish_id not in held]
    session.add_all(
        Unscheduled(
            timetable_id=made.id, wish_id=row.wish_id, reason=row.reason, fits_if=row.fits_if
        )
        for row in left_out
    )
    session.flush()
    return made


def take_over(
    session: Session, timetable: Timetable, plan: Mapping[str, Any], locked: list[Seat]
) -> None:
    """Keep what the planner found: the version becomes a draft, older drafts are given up."""
    session.execute(
        update(Timetable)
        .where(
            Timetable.event_id == timetable.event_id,
            Timetable.id != timetable.id,
            Timetable.status == TimetableStatus.DRAFT,
        )
        .values(status=TimetableStatus.DISCARDED)
        .execution_options(synchronize_session=False)
    )
    _store(session, timetable, seats_of(plan["meetings"], locked))
    rows = [
        {
            "timetable_id": timetable.id, "wish_id": number(entry["wish"]),
            "reason": entry["reason"], "fits_if": _fits_if(entry.get("fits_if")),
        }
        for entry in plan["unscheduled"]
    ]  # fmt: skip
    if rows:
        session.execute(insert(Unscheduled), rows)
    names = ("status", "value", "bound", "promised", "teams_met", "missing", "idle",
             "table_moves", "seconds")  # fmt: skip
    timetable.figures = {
        **{name: plan[name] for name in names},
        "meetings": len(plan["meetings"]),
        "wishes": len(plan["meetings"]) + len(plan["unscheduled"]),
    }
    timetable.progress = {}
    timetable.status = TimetableStatus.DRAFT


def publish(session: Session, actor: User, timetable: Timetable, *, version: int) -> int:
    """Make a draft the timetable that holds, and tell those whose agenda it changes.

    Returns how many people were told.

    Raises:
        NotNowError: it is no draft, meetings changed since it was made, or something in it
            cannot stand any more.

    """
    event = hold(session, session.get_one(Event, timetable.event_id))
    require(policy.can_plan(actor, event))
    if timetable.status != TimetableStatus.DRAFT or timetable.version != version:
        raise NotNowError(_l("这份草案刚刚被改动或发布过，请看一眼再决定。"))
    if timetable.based_on != event.meetings_version:
        raise NotNowError(_l("草案做好以后，已发布的日程有过改动。请重新排期，再发布。"))
    _check_holds(session, event, timetable)
    found = changes.of(session, timetable)
    first = queries.current(session, event) is None
    _supersede(session, event)
    _put_into_force(session, event, timetable, found)
    timetable.status = TimetableStatus.PUBLISHED
    timetable.published_at, timetable.published_by = clock.now(), actor
    timetable.changes = found.stored()
    count_change(session, event)
    activity.record(
        session, actor, "timetable.published", timetable, event=event.title,
        number=timetable.number,
    )  # fmt: skip
    session.flush()
    told = _tell(session, event, found, first=first)
    for follow in AFTER_PUBLICATION:
        follow(session, actor, timetable)
    return told


def _check_holds(session: Session, event: Event, timetable: Timetable) -> None:
    desk = conflicts.desk_of(session, event, timetable)
    wrong = desk.violations()
    if wrong:
        sentences = "".join(str(words) for words in wrong[:SHOWN])
        raise NotNowError(
            _l(
                "有 %(n)d 场已经不能这样安排，请重新排期或手工调整。%(why)s",
                n=len(wrong), why=sentences,
            )
        )  # fmt: skip


def _supersede(session: Session, event: Event) -> None:
    session.execute(
        update(Timetable)
        .where(
            Timetable.event_id == event.id, Timetable.status == TimetableStatus.PUBLISHED
        )
        .values(status=TimetableStatus.SUPERSEDED)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def _put_into_force(
    session: Session, event: Event, timetable: Timetable, found: changes.Changes
) -> None:
    """Change the meetings: first all give up their place, then each takes its new one."""
    rows = {
        row.wish_id: row
        for row in session.scalars(select(Meeting).where(Meeting.event_id == event.id))
    }
    moment = clock.now()
    for change in [*found.moved, *found.cancelled]:
        row = rows[change.wish.id]
        row.was = {"slot": row.slot_id, "table": row.table_id}
        row.slot_id = row.table_id = None
        row.status = MeetingStatus.CANCELLED
        row.sequence += 1
        row.changed_at = moment
    session.flush()
    for change in [*found.moved, *found.new]:
        assert change.after is not None
        row = rows.get(change.wish.id) or Meeting(
            event_id=event.id, wish_id=change.wish.id, sequence=-1
        )
        if change.kind == "new":
            row.sequence += 1
            row.was = None
        row.slot_id, row.table_id = change.after.slot.id, change.after.table.id
        give_to(session, row, (change.after.need_person.id, change.after.achievement_person.id))
        row.status, row.changed_at = MeetingStatus.PLANNED, moment
        row.standby = False
        rows[change.wish.id] = row
        session.add(row)
    session.flush()
    for seat in draft_seats(session, timetable):
        rows[seat.wish_id].locked = seat.locked


def _tell(session: Session, event: Event, found: changes.Changes, *, first: bool) -> int:
    """Tell each person once, with how many meetings or changes they have."""
    counts: Counter[int] = Counter()
    people: dict[int, Participant] = {}
    for change in found.all:
        for person in change.people:
            counts[person.id] += 1
            people[person.id] = person
    users = {
        user.id: user
        for user in session.scalars(
            select(User).where(User.id.in_([p.user_id for p in people.values() if p.user_id]))
        ).unique()
    }
    for person_id, person in people.items():
        if person.user_id in users:
            notify(
                session, users[person.user_id],
                "timetable.published" if first else "timetable.changed",
                event=event.title, n=counts[person_id], by_mail=True,
                endpoint="floor.agenda", endpoint_values={"event_id": event.id},
            )  # fmt: skip
    return len(people)


# ---- rows


def _new(session: Session, actor: User, event: Event, status: TimetableStatus) -> Timetable:
    last = session.scalar(select(func.max(Timetable.number)).where(Timetable.event_id == event.id))
    made = Timetable(
        event_id=event.id, number=(last or 0) + 1, status=status, made_by_id=actor.id,
        made_at=clock.now(), based_on=event.meetings_version,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _store(session: Session, timetable: Timetable, seats: list[Seat]) -> None:
    session.execute(delete(Placement).where(Placement.timetable_id == timetable.id))
    rows = [
        {
            "timetable_id": timetable.id, "wish_id": seat.wish_id, "slot_id": seat.slot_id,
            "table_id": seat.table_id, "need_person_id": seat.need_person_id,
            "achievement_person_id": seat.achievement_person_id, "locked": seat.locked,
        }
        for seat in seats
    ]  # fmt: skip
    if rows:
        session.execute(insert(Placement), rows)


def _fits_if(found: Mapping[str, Any] | None) -> dict[str, int] | None:
    """Return the planner's one change in our ids."""
    if found is None:
        return None
    words = {"person": "participant", "opens": "slot", "table_in": "slot", "team": "team"}
    return {
        words.get(key, {"max": "most", "max_in_a_row": "in_a_row"}.get(key, key)): (
            number(value) if isinstance(value, str) else int(value)
        )
        for key, value in found.items()
    }


def _end_lost(session: Session, event: Event) -> None:
    """A version whose job has ended without it is no longer being planned."""
    for row in queries.versions(session, event):
        job = session.get(Job, row.job_id) if row.job_id else None
        ended = job is None or job.status in {JobStatus.FAILED, JobStatus.CANCELLED}
        if row.status == TimetableStatus.PLANNING and ended:
            row.status = TimetableStatus.FAILED
            row.error = "interrupted"
    session.flush()
