"""The day as it happens: people arrive, meetings begin, are late, are missed, end."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker import activity, clock
from matchmaker.errors import InvalidError, NotNowError, require
from matchmaker.events.queries import Phase, phase
from matchmaker.floor import policy, queries, standby
from matchmaker.floor.kinds import LATE_MINUTES
from matchmaker.notifications.service import notify
from matchmaker.timetables.holding import count_change
from matchmaker.timetables.holding import hold as hold_event
from matchmaker.timetables.service import book_meeting
from models import Event, Meeting, MeetingStatus, Participant, Side, User

CLOSED = _l("活动已经结束归档，不能再改。")
OVER = _l("这场已经取消或没有见成，请看最新的日程。")


# ---- people


def check_in(session: Session, actor: User, event: Event, person: Participant) -> None:
    """Note that somebody is here: organisers for everybody, people for themselves.

    Twice is once; who was missing and comes after all counts anew.

    Raises:
        NotNowError: it is not the day.

    """
    require(policy.can_run(actor, event) or person.user_id == actor.id)
    _require_day(event)
    _arrive(session, actor, event, person, queries.absent(session, event, clock.now()))


def _arrive(
    session: Session, actor: User, event: Event, person: Participant, missing: Collection[int]
) -> None:
    moment = clock.now()
    if policy.is_here(person, moment) and person.id not in missing:
        return
    person.checked_in_at, person.checked_in_by_id = moment, actor.id
    _note_person(session, actor, event, person, "participant.arrived")


def undo_check_in(session: Session, actor: User, event: Event, person: Participant) -> None:
    """Somebody was checked in by mistake."""
    require(policy.can_run(actor, event))
    if person.checked_in_at is None:
        return
    person.checked_in_at = person.checked_in_by_id = None
    _note_person(session, actor, event, person, "participant.arrival_undone")


def _note_person(
    session: Session, actor: User, event: Event, person: Participant, action: str
) -> None:
    activity.record(
        session, actor, action, person.team, event=event.title, person=person.name,
        team=person.team.full_name,
    )  # fmt: skip


# ---- meetings


def start(session: Session, actor: User, event: Event, meeting: Meeting) -> None:
    """Begin a meeting: either side at its table, or an organiser who sees both there.

    Raises:
        NotNowError: too early, or it will not take place.

    """
    _require_part(session, actor, event, meeting)
    if meeting.status in {MeetingStatus.RUNNING, MeetingStatus.HELD}:
        return
    _require_standing(meeting)
    if not policy.may_start(meeting, clock.now()):
        raise NotNowError(_l("开场前 15 分钟到本场结束之间可以到桌签到。"))
    moved = _move(
        session, meeting, {MeetingStatus.PLANNED}, status=MeetingStatus.RUNNING,
        started_at=clock.now(),
    )  # fmt: skip
    if not moved:
        _require_standing(meeting)
        return
    missing = queries.absent(session, event, clock.now())
    for person in _arrived(session, actor, event, meeting):
        _arrive(session, actor, event, person, missing)
    _note(session, actor, meeting, "meeting.started")


def _arrived(session: Session, actor: User, event: Event, meeting: Meeting) -> list[Participant]:
    """Return who is here for certain: those whom an organiser sees, else who says so."""
    both = [meeting.need_person, meeting.achievement_person]
    if policy.can_run(actor, event) and not queries.sides(session, actor, event, meeting):
        return both
    return [person for person in both if person.user_id == actor.id]


def late(
    session: Session, actor: User, event: Event, meeting: Meeting, *, minutes: int,
    side: Side | None = None,
) -> None:  # fmt: skip
    """Tell the other side that one comes a little later.

    Raises:
        NotNowError: it is not the day, or it has begun.
        InvalidError: no such number of minutes.

    """
    chosen = _side(session, actor, event, meeting, side)
    if minutes not in LATE_MINUTES:
        raise InvalidError(message=_l("请从 5、10、15 分钟里选一个。"))
    _require_standing(meeting)
    if not policy.may_be_late(meeting, clock.now()):
        raise NotNowError(_l("只有当天还没开始的洽谈可以说晚到。"))
    if (meeting.late_side, meeting.late_minutes) == (chosen, minutes):
        return
    planned = {MeetingStatus.PLANNED}
    if not _move(session, meeting, planned, late_side=chosen, late_minutes=minutes):
        raise NotNowError(_l("只有当天还没开始的洽谈可以说晚到。"))
    partner = policy.OTHER[chosen]
    assert meeting.slot is not None
    assert meeting.table is not None
    reader = queries.user_of(session, meeting.wish.team_of(partner), meeting.person_of(partner))
    team = meeting.wish.team_of(chosen).full_name
    if reader is not None:
        notify(
            session, reader, "meeting.late", partner=team, minutes=minutes,
            slot=clock.time_of_day(meeting.slot.starts_at), table=meeting.table.name,
            endpoint="floor.agenda", endpoint_values={"event_id": event.id},
        )  # fmt: skip
    _note(session, actor, meeting, "meeting.delayed", late=team, minutes=minutes)


def miss(session: Session, actor: User, event: Event, meeting: Meeting, *, by: Side) -> None:
    """One side did not come: both people and the table are free again.

    A side can say so of the other only; organisers of both, also after it counted as held.

    Raises:
        NotNowError: one must wait a little longer, or the other said so first.

    """
    own = queries.sides(session, actor, event, meeting)
    runs = policy.can_run(actor, event)
    _require_part(session, actor, event, meeting)
    require(runs or policy.OTHER[by] in own)
    if meeting.status == MeetingStatus.MISSED:
        _same_story(meeting, by)
        return
    _require_standing(meeting)
    held = runs and meeting.status == MeetingStatus.HELD
    if not held and not policy.may_miss(meeting, clock.now()):
        raise NotNowError(_l("开场 3 分钟后才能报告对方没来，请再等一下。"))
    from_ = {MeetingStatus.PLANNED, MeetingStatus.RUNNING}
    give_up(session, actor, event, meeting, by, from_ | ({MeetingStatus.HELD} if held else set()))


def give_up(
    session: Session, actor: User, event: Event, meeting: Meeting, by: Side,
    from_: Collection[MeetingStatus],
) -> None:  # fmt: skip
    """Mark a meeting as missed and give its place to others."""
    event = hold_event(session, event)
    was = {"slot": meeting.slot_id, "table": meeting.table_id}
    moved = _move(
        session, meeting, from_, status=MeetingStatus.MISSED, missed_by=by, was=was,
        slot_id=None, table_id=None, sequence=Meeting.sequence + 1, changed_at=clock.now(),
    )  # fmt: skip
    if not moved:
        _same_story(meeting, by)
        return
    count_change(session, event)
    absent = meeting.wish.team_of(by).full_name
    _note(session, actor, meeting, "meeting.missed", absent=absent)


def _same_story(meeting: Meeting, by: Side) -> None:
    """Two people may say the same; two who blame each other need somebody who looks.

    Raises:
        NotNowError: it is another story.

    """
    if meeting.status == MeetingStatus.MISSED and meeting.missed_by != by:
        raise NotNowError(_l("对方已报告您这边没有到桌，请到服务台说明，工作人员来处理。"))
    if meeting.status != MeetingStatus.MISSED:
        raise NotNowError(_l("这场的状态刚刚变了，请看一眼再决定。"))


def finish(session: Session, actor: User, event: Event, meeting: Meeting) -> None:
    """A meeting is over.

    Raises:
        NotNowError: it has not begun, or will not take place.

    """
    _require_part(session, actor, event, meeting)
    if meeting.status == MeetingStatus.HELD:
        return
    _require_standing(meeting)
    if not policy.may_finish(meeting, clock.now()):
        raise NotNowError(_l("这场还没开始。"))
    hold(session, actor, meeting)


def hold(session: Session, actor: User, meeting: Meeting) -> None:
    """Mark a meeting as held, whoever says so."""
    from_ = {MeetingStatus.PLANNED, MeetingStatus.RUNNING}
    if _move(session, meeting, from_, status=MeetingStatus.HELD):
        _note(session, actor, meeting, "meeting.held")


def restore(session: Session, actor: User, event: Event, meeting: Meeting) -> None:
    """A meeting counted as missed by mistake: give it its place back, as long as that is free.

    Raises:
        NotNowError: somebody else has the place by now.

    """
    require(policy.can_run(actor, event))
    if meeting.status != MeetingStatus.MISSED:
        return
    if not reinstate(session, actor, event, meeting, MeetingStatus.PLANNED):
        raise NotNowError(_l("原来的桌位或双方的时间已经另有安排，不能撤销。"))


def reinstate(
    session: Session, actor: User, event: Event, meeting: Meeting, status: MeetingStatus
) -> bool:
    """Put a missed meeting back where it was; False when the place is taken."""
    event = hold_event(session, event)
    was = meeting.was or {}
    place = {"slot_id": was.get("slot"), "table_id": was.get("table")}
    if None in place.values() or _is_taken(session, meeting, **place):
        return False
    try:
        with session.begin_nested():
            moved = _move(
                session, meeting, {MeetingStatus.MISSED}, status=status, missed_by=None,
                was=None, sequence=Meeting.sequence + 1, changed_at=clock.now(), **place,
            )  # fmt: skip
    except IntegrityError:  # somebody took the place at this very moment
        session.refresh(meeting)
        return False
    if moved:
        count_change(session, event)
        _note(session, actor, meeting, "meeting.restored")
    return moved


def _is_taken(session: Session, meeting: Meeting, slot_id: Any, table_id: Any) -> bool:
    return session.scalar(
        select(Meeting.id).where(
            Meeting.slot_id == slot_id,
            (Meeting.table_id == table_id)
            | (Meeting.need_person_id == meeting.need_person_id)
            | (Meeting.achievement_person_id == meeting.achievement_person_id),
        ).limit(1)
    ) is not None  # fmt: skip


def fill(session: Session, actor: User, event: Event, wish_id: int) -> Meeting:
    """Let two who are here and free meet at once, as the list of standby offers it.

    Raises:
        NotNowError: it is no longer possible.

    """
    require(policy.can_run(actor, event))
    for offer in standby.offers(session, event, clock.now(), only=wish_id):
        return book_meeting(
            session, actor, event, offer.wish, offer.slot, offer.table, standby=True,
            people=(offer.need_person.id, offer.achievement_person.id),
        )  # fmt: skip
    raise NotNowError(_l("这两方现在不能见了：有人不在、没空，或者没有桌位。"))


# ---- what all have in common


def _move(
    session: Session, meeting: Meeting, from_: Collection[MeetingStatus], **values: Any
) -> bool:
    """Change a meeting if it still is where it was; of two who tap at once, one does."""
    changed = session.execute(
        update(Meeting)
        .where(Meeting.id == meeting.id, Meeting.status.in_(from_))
        .values(version=Meeting.version + 1, **values)
        .returning(Meeting.id)
        .execution_options(synchronize_session=False)
    ).first()
    session.refresh(meeting)
    return changed is not None


def _require_part(session: Session, actor: User, event: Event, meeting: Meeting) -> None:
    own = queries.sides(session, actor, event, meeting)
    if not policy.is_open(event):
        raise NotNowError(CLOSED)
    require(bool(own) or policy.can_run(actor, event))


def _require_standing(meeting: Meeting) -> None:
    if meeting.status in {MeetingStatus.CANCELLED, MeetingStatus.MISSED}:
        raise NotNowError(OVER)


def _require_day(event: Event) -> None:
    if not policy.is_open(event):
        raise NotNowError(CLOSED)
    if phase(event) != Phase.DAY:
        raise NotNowError(_l("签到只在活动当天开放。"))


def _side(
    session: Session, actor: User, event: Event, meeting: Meeting, wanted: Side | None
) -> Side:
    """Return for which side somebody speaks: their own, organisers for the one they name."""
    _require_part(session, actor, event, meeting)
    own = queries.sides(session, actor, event, meeting)
    if wanted is None:
        require(bool(own))
        return own[0]
    require(wanted in own or policy.can_run(actor, event))
    return wanted


def _note(session: Session, actor: User, meeting: Meeting, action: str, **values: Any) -> None:
    pair = " × ".join(meeting.wish.team_of(side).full_name for side in Side)
    activity.record(session, actor, action, meeting, pair=pair, **values)
