"""Who acts on a meeting and when. Pure; a button is there exactly when pressing it works."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

from matchmaker import clock
from matchmaker.events import policy as events
from matchmaker.floor.kinds import ABSENT_AFTER, START_BEFORE
from models import (
    Event,
    EventStatus,
    Meeting,
    MeetingReport,
    MeetingStatus,
    Participant,
    Side,
    Slot,
    User,
)

STANDING = frozenset({MeetingStatus.PLANNED, MeetingStatus.RUNNING, MeetingStatus.HELD})
OTHER = {Side.NEED: Side.ACHIEVEMENT, Side.ACHIEVEMENT: Side.NEED}


def can_run(actor: User, event: Event) -> bool:
    """Organisers run the day until the event is closed."""
    return events.can_change(actor, event)


def sides(actor: User, meeting: Meeting, own: Container[int]) -> list[Side]:
    """Return the sides for which the person speaks; the one on which they sit comes first."""
    found = [side for side in Side if meeting.wish.team_of(side).id in own]
    return sorted(found, key=lambda side: meeting.person_of(side).user_id != actor.id)


def is_open(event: Event) -> bool:
    return event.status == EventStatus.OPEN


def may_start(meeting: Meeting, moment: datetime) -> bool:
    """From a quarter of an hour before its slot to the end of it."""
    slot = meeting.slot
    if meeting.status != MeetingStatus.PLANNED or slot is None:
        return False
    return slot.starts_at - START_BEFORE <= moment < slot.ends_at


def may_be_late(meeting: Meeting, moment: datetime) -> bool:
    """On the day, until the slot is over."""
    slot = meeting.slot
    if meeting.status != MeetingStatus.PLANNED or slot is None:
        return False
    return same_day(slot.starts_at, moment) and moment < slot.ends_at


def may_miss(meeting: Meeting, moment: datetime) -> bool:
    """Once one has waited a little."""
    slot = meeting.slot
    if meeting.status not in {MeetingStatus.PLANNED, MeetingStatus.RUNNING} or slot is None:
        return False
    return moment >= begins_at(meeting, slot) + ABSENT_AFTER


def begins_at(meeting: Meeting, slot: Slot) -> datetime:
    """Return when people are expected at the table; who is called in standby needs to walk."""
    return max(slot.starts_at, meeting.changed_at) if meeting.standby else slot.starts_at


def may_finish(meeting: Meeting, moment: datetime) -> bool:
    if meeting.status == MeetingStatus.RUNNING:
        return True
    begun = meeting.slot is not None and meeting.slot.starts_at <= moment
    return meeting.status == MeetingStatus.PLANNED and begun


def may_report(event: Event, meeting: Meeting, moment: datetime) -> bool:
    """From the beginning of its slot until the event is closed."""
    if not is_open(event) or meeting.status == MeetingStatus.CANCELLED:
        return False
    if meeting.status in {MeetingStatus.RUNNING, MeetingStatus.HELD, MeetingStatus.MISSED}:
        return True
    return meeting.slot is not None and meeting.slot.starts_at <= moment


def report_of(meeting: Meeting, side: Side) -> MeetingReport | None:
    return next((report for report in meeting.reports if report.side == side), None)


def waits_for_report(meeting: Meeting, side: Side, moment: datetime) -> bool:
    """Whether it took place, as far as anybody knows, and this side has not said how it was."""
    if meeting.status not in STANDING or meeting.slot is None:
        return False
    over = meeting.status == MeetingStatus.HELD or meeting.slot.ends_at <= moment
    return over and report_of(meeting, side) is None


def disagrees(meeting: Meeting) -> bool:
    """Whether the two sides, or a side and the state, tell different stories."""
    said = {report.met for report in meeting.reports}
    if meeting.status == MeetingStatus.MISSED:
        return True in said
    return len(said) > 1 or (meeting.status == MeetingStatus.HELD and False in said)


def same_day(one: datetime, other: datetime) -> bool:
    return one.astimezone(clock.LOCAL_ZONE).date() == other.astimezone(clock.LOCAL_ZONE).date()


def is_here(person: Participant, moment: datetime) -> bool:
    """Checked in on this day; on the second day of an event one comes anew."""
    return person.checked_in_at is not None and same_day(person.checked_in_at, moment)
