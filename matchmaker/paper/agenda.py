"""The day of one person: meetings, own talks and the breaks between them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _

from matchmaker import clock
from matchmaker.paper.queries import Folder
from models import Meeting, Participant, Side, Talk


@dataclass(frozen=True, slots=True)
class Line:
    """Something in a day; `partner` says what or with whom."""

    kind: str
    """meeting, talk or break"""
    starts: datetime
    ends: datetime
    partner: str
    place: str = ""
    room: str = ""
    person: str = ""
    topic: str = ""

    @property
    def day(self) -> date:
        return self.starts.astimezone(clock.LOCAL_ZONE).date()

    @property
    def time(self) -> str:
        return f"{local_time(self.starts)}–{local_time(self.ends)}"


def local_time(moment: datetime) -> str:
    return f"{moment.astimezone(clock.LOCAL_ZONE):%H:%M}"


def parts_in(folder: Folder) -> dict[int, list[tuple[Meeting, Side]]]:
    """Return who meets in what, by participant: cancelled and missed meetings too."""
    found: dict[int, list[tuple[Meeting, Side]]] = defaultdict(list)
    for meeting in folder.meetings:
        for side in Side:
            found[meeting.person_of(side).id].append((meeting, side))
    return found


def agendas(folder: Folder) -> dict[int, list[Line]]:
    """Return the days of all people of a folder, by participant; empty where nothing is planned."""
    parts, breaks = parts_in(folder), _breaks(folder)
    return {
        person.id: _day(
            [_meeting(folder, *part) for part in parts[person.id] if part[0].slot is not None]
            + _talks(folder, person),
            breaks,
        )
        for person in folder.people
    }


def _day(lines: list[Line], breaks: list[Line]) -> list[Line]:
    """Put breaks into the days on which the person has something to do."""
    days = {line.day for line in lines}
    return sorted(
        [*lines, *(line for line in breaks if line.day in days)],
        key=lambda line: (line.starts, line.ends),
    )


def _meeting(folder: Folder, meeting: Meeting, side: Side) -> Line:
    other = Side.ACHIEVEMENT if side == Side.NEED else Side.NEED
    slot, table = meeting.slot, meeting.table
    assert slot is not None
    assert table is not None
    return Line(
        "meeting", slot.starts_at, slot.ends_at, meeting.wish.team_of(other).full_name,
        place=table.name, room=table.room, person=named(meeting.person_of(other)),
        topic=folder.topics[meeting.id, side],
    )  # fmt: skip


def named(person: Participant) -> str:
    """赵磊 总工程师."""
    return f"{person.name} {person.position}".strip()


def _talks(folder: Folder, person: Participant) -> list[Line]:
    """Talks of the person's own team; who speaks is named if it is a colleague."""
    return [
        Line(
            "talk", talk.starts_at, talk.ends_at, _talk_words(talk, person),
            place=talk.room, topic=talk.abstract,
        )
        for talk in folder.talks
        if talk.team_id == person.team_id
    ]  # fmt: skip


def _talk_words(talk: Talk, person: Participant) -> str:
    if talk.speaker_id == person.id:
        return str(_("由您讲解：%(title)s", title=talk.title))
    return str(_("%(name)s讲解：%(title)s", name=talk.speaker.name, title=talk.title))


def _breaks(folder: Folder) -> list[Line]:
    return [
        Line(
            "break",
            datetime.combine(day.day, pause.starts, clock.LOCAL_ZONE),
            datetime.combine(day.day, pause.ends, clock.LOCAL_ZONE),
            pause.label or str(_("休息")),
        )
        for day in folder.event.days
        for pause in day.breaks
    ]
