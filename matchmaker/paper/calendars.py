"""Agendas as iCalendar files (RFC 5545): imported again, each meeting replaces its former self."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache

from flask_babel import gettext as _
from icalendar import Calendar, Timezone
from icalendar import Event as Entry

from matchmaker import clock
from matchmaker.paper.agenda import named, parts_in
from matchmaker.paper.queries import Folder
from models import EventStatus, EventTable, Meeting, MeetingStatus, Participant, Side, Slot, Talk

DOMAIN = "matchmaker"
"""Identifiers outlive addresses, so they name no host."""
MIME = "text/calendar; charset=utf-8"


Parts = list[tuple[Meeting, Side]]


def calendar_of(folder: Folder, people: list[Participant], page: str = "") -> bytes:
    """Return the meetings and talks of some people; `page` is the address of the event."""
    known = parts_in(folder)
    return calendar(folder, people, [p for person in people for p in known[person.id]], page)


def calendar(folder: Folder, people: list[Participant], parts: Parts, page: str = "") -> bytes:
    """Return the same where it is known already who meets in what."""
    found = Calendar()
    found.add("prodid", "-//Matchmaker//Events//ZH")
    found.add("version", "2.0")
    found.add("calscale", "GREGORIAN")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", folder.event.title)
    found.add_component(_timezone())
    ids = {person.id for person in people}
    for meeting, side in parts:
        if entry := _entry(folder, meeting, side):
            found.add_component(_with_page(entry, page))
    for meeting, person in folder.handed_over:
        side = Side.NEED if person.team_id == meeting.wish.need_team_id else Side.ACHIEVEMENT
        if person.id in ids and (entry := _entry(folder, meeting, side, gone=True)):
            found.add_component(_with_page(entry, page))
    for talk in folder.talks:
        if talk.speaker_id in ids:
            found.add_component(_with_page(_talk(folder, talk), page))
    return bytes(found.to_ical())


def _entry(folder: Folder, meeting: Meeting, side: Side, *, gone: bool = False) -> Entry | None:
    """One meeting, `gone` for who has it no more; None where nobody remembers its place."""
    slot, table = _place(folder, meeting)
    if slot is None:
        return None
    other = Side.ACHIEVEMENT if side == Side.NEED else Side.NEED
    partner = meeting.wish.team_of(other).full_name
    entry = Entry()
    entry.add("uid", f"meeting-{meeting.id}@{DOMAIN}")
    called_off = folder.event.status == EventStatus.CANCELLED
    entry.add("sequence", meeting.sequence + called_off)  # newer than what is in the calendar
    entry.add("dtstamp", meeting.changed_at.astimezone(UTC))
    entry.add("last-modified", meeting.changed_at.astimezone(UTC))
    _add_times(entry, slot.starts_at, slot.ends_at)
    entry.add("summary", _("与%(partner)s洽谈", partner=partner))
    entry.add("location", _location(folder, table))
    cancelled = called_off or gone or meeting.status == MeetingStatus.CANCELLED
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    person = named(meeting.person_of(other))
    # who has it no more need not learn whom the other side sends now, nor what about
    own = () if gone else (f"{partner}　{person}", folder.topics[meeting.id, side])
    lines = (folder.event.title, *own)
    entry.add("description", "\n".join(line for line in lines if line))
    return entry


def _place(folder: Folder, meeting: Meeting) -> tuple[Slot | None, EventTable | None]:
    """Where a meeting is; where it was if it has given up its place."""
    if meeting.slot is not None:
        return meeting.slot, meeting.table
    was = meeting.was or {}
    slot = next((s for s in folder.event.slots if s.id == was.get("slot")), None)
    table = next((t for t in folder.event.tables if t.id == was.get("table")), None)
    return slot, table


def _location(folder: Folder, table: EventTable | None) -> str:
    parts = [folder.event.venue, table.room if table else "", table.name if table else ""]
    return " ".join(part for part in parts if part)


def _talk(folder: Folder, talk: Talk) -> Entry:
    entry = Entry()
    entry.add("uid", f"talk-{talk.id}@{DOMAIN}")
    entry.add("dtstamp", clock.now())
    _add_times(entry, talk.starts_at, talk.ends_at)
    entry.add("summary", _("讲解：%(title)s", title=talk.title))
    entry.add("location", " ".join(part for part in (folder.event.venue, talk.room) if part))
    called_off = folder.event.status == EventStatus.CANCELLED
    entry.add("sequence", int(called_off))
    entry.add("status", "CANCELLED" if called_off else "CONFIRMED")
    entry.add("description", folder.event.title)
    return entry


def _add_times(entry: Entry, starts: datetime, ends: datetime) -> None:
    entry.add("dtstart", starts.astimezone(clock.LOCAL_ZONE))
    entry.add("dtend", ends.astimezone(clock.LOCAL_ZONE))


def _with_page(entry: Entry, page: str) -> Entry:
    if page:
        entry.add("url", page)
    return entry


@cache
def _timezone() -> Timezone:
    """Clocks have not changed in this zone since 1991; so this is short."""
    return Timezone.from_tzid(str(clock.LOCAL_ZONE), first_date=date(2000, 1, 1))
