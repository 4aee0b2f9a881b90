"""The days of an event and its slots: arranged from days and breaks, opened, kept in reserve."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from matchmaker import activity, clock
from matchmaker.errors import InvalidError, NotNowError, require
from matchmaker.events import policy, queries
from matchmaker.events.kinds import kind_of
from matchmaker.events.slots import (
    DayPlan,
    Pause,
    Span,
    all_slots,
    problem_of,
    problem_of_all,
)
from matchmaker.events.telling import check_version, require_running, tell_of_change
from matchmaker.events.windows import problems
from matchmaker.i18n import counted
from models import Event, EventBreak, EventDay, Meeting, Slot, User


@dataclass(frozen=True, slots=True)
class Arranged:
    """What became of the slots."""

    kept: int
    added: int
    removed: int


def arrange(
    session: Session,
    actor: User,
    event: Event,
    days: Sequence[DayPlan],
    *,
    minutes: int,
    version: int | None = None,
) -> Arranged:
    """Give an event its days, and make the slots from them.

    A slot with the same begin and end stays, and with it what refers to it. One that would vanish
    takes the placements of drafts with it, but never a meeting that people were told of.

    Raises:
        NotNowError: it is over or called off, somebody else changed it, or meetings are in the way.
        InvalidError: the days cannot be, or the windows do not fit them.

    """
    require(policy.can_manage(actor, event))
    require_running(event)
    check_version(event, version)
    _check(event, days, minutes)
    before = [_plan_of(row).span for row in event.days]
    wanted = all_slots(days, minutes)
    result = _renew(session, event, days, wanted)
    event.slot_minutes = minutes
    flag_modified(
        event, "slot_minutes"
    )  # days are tables of their own, the version is the event's
    activity.record(session, actor, "event.arranged", event, event=event.title)
    if before != [plan.span for plan in sorted(days, key=lambda plan: plan.day)]:
        tell_of_change(session, actor, event)
    session.flush()
    return result


def choose_slots(
    session: Session,
    actor: User,
    event: Event,
    *,
    shown: Collection[int],
    opened: Collection[int],
) -> tuple[list[Slot], int]:
    """Open the slots that are chosen and keep the others that were shown in reserve.

    Return those that changed, and how many meetings stand in those that are now in reserve.

    Raises:
        NotNowError: it is over or called off.

    """
    require(policy.can_manage(actor, event))
    require_running(event)
    changed = [
        slot for slot in event.slots if slot.id in shown and slot.open != (slot.id in opened)
    ]
    for slot in changed:
        slot.open = slot.id in opened
    if changed:
        words = named_slots(changed)
        activity.record(session, actor, "slot.changed", event, event=event.title, slot=words)
    session.flush()
    return changed, meetings_in(session, [slot for slot in changed if not slot.open])


def named_slots(slots: Sequence[Slot], most: int = 4) -> str:
    """12-12 09:00, 09:20 +3: for the history, in every language alike."""
    words: list[str] = []
    day = ""
    for slot in slots[:most]:
        local = slot.starts_at.astimezone(clock.LOCAL_ZONE)
        words.append(f"{local:%H:%M}" if f"{local:%m-%d}" == day else f"{local:%m-%d %H:%M}")
        day = f"{local:%m-%d}"
    rest = len(slots) - most
    return ", ".join(words) + (f" +{rest}" if rest > 0 else "")


def meetings_in(session: Session, slots: Iterable[Slot]) -> int:
    """How many meetings that people were told of stand in these slots."""
    ids = [slot.id for slot in slots]
    return session.scalar(select(func.count(Meeting.id)).where(Meeting.slot_id.in_(ids))) or 0


def meetings_by_slot(session: Session, event: Event) -> dict[int, int]:
    """How many meetings that people were told of stand in each slot."""
    rows = session.execute(
        select(Meeting.slot_id, func.count())
        .where(Meeting.event_id == event.id, Meeting.slot_id.is_not(None))
        .group_by(Meeting.slot_id)
    )
    return {slot_id: n for slot_id, n in rows if slot_id is not None}


def plans_of(event: Event) -> list[DayPlan]:
    """Return the days of an event as values."""
    return [_plan_of(row) for row in event.days]


def _plan_of(row: EventDay) -> DayPlan:
    pauses = (Pause(pause.starts, pause.ends, pause.label) for pause in row.breaks)
    return DayPlan(row.day, row.starts, row.ends, tuple(pauses))


def _check(event: Event, days: Sequence[DayPlan], minutes: int) -> None:
    for plan in days:
        if problem := problem_of(plan, minutes):
            raise InvalidError(message=problem)
    if problem := problem_of_all(days, minutes):
        raise InvalidError(message=problem)
    if not days and event.opened_at is not None:
        raise InvalidError(message=_l("已公布的活动至少要有一天。"))
    begin = min((queries.begin_of(plan.day, plan.starts) for plan in days), default=None)
    values = {
        "registration_from": event.registration_from,
        "registration_until": event.registration_until,
        "wishes_until": event.wishes_until,
    }
    found = problems(values, begin, meetings=kind_of(event.kind).meetings)
    if found:
        raise InvalidError(
            message=_l("报名或意愿的截止时间在首日之后，请先在“修改设置”里改早，再改日期。")
        )


def _renew(
    session: Session, event: Event, days: Sequence[DayPlan], wanted: Sequence[Span]
) -> Arranged:
    """Put days and slots in place: what goes first, then what comes, for times are unique."""
    spans = set(wanted)
    gone = [slot for slot in event.slots if (slot.starts_at, slot.ends_at) not in spans]
    if held := meetings_in(session, gone):
        raise NotNowError(
            counted(
                "会消失的时段里有 %(n)d 场洽谈，没有改动。请先把它们改到别的时段，或者保留这些时段。",
                n=held,
            )
        )
    for slot in gone:
        event.slots.remove(slot)
    session.flush()
    rows = _renew_days(session, event, days)
    kept = {(slot.starts_at, slot.ends_at) for slot in event.slots}
    added = [span for span in wanted if span not in kept]
    for starts_at, ends_at in added:
        day = rows[starts_at.astimezone(clock.LOCAL_ZONE).date()]
        slot = Slot(event_id=event.id, day_id=day.id, starts_at=starts_at, ends_at=ends_at)
        event.slots.append(slot)
    event.slots.sort(key=lambda slot: slot.starts_at)
    session.flush()
    for table in event.tables:  # closures of slots that went have gone with them
        session.expire(table, ["closures"])
    return Arranged(len(kept), len(added), len(gone))


def _renew_days(session: Session, event: Event, days: Sequence[DayPlan]) -> dict[date, EventDay]:
    plans = {plan.day: plan for plan in days}
    for row in list(event.days):
        if row.day not in plans:
            event.days.remove(row)
    session.flush()
    rows = {row.day: row for row in event.days}
    for day, plan in plans.items():
        if day not in rows:
            rows[day] = EventDay(event_id=event.id, day=day)
            event.days.append(rows[day])
        _fill_day(rows[day], plan)
    event.days.sort(key=lambda row: row.day)
    session.flush()
    return rows


def _fill_day(row: EventDay, plan: DayPlan) -> None:
    row.starts, row.ends = plan.starts, plan.ends
    if _plan_of(row).breaks != plan.breaks:
        row.breaks = [
            EventBreak(starts=pause.starts, ends=pause.ends, label=pause.label)
            for pause in plan.breaks
        ]
