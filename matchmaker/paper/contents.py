"""What stands on each paper, as plain values for the typst file of the same name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from flask_babel import gettext as _

from matchmaker import clock
from matchmaker.i18n import counted, date_text, datetime_text, is_english, listed
from matchmaker.labels import label
from matchmaker.paper.addresses import Addresses
from matchmaker.paper.agenda import Line, agendas, local_time, named
from matchmaker.paper.kinds import PAPERS
from matchmaker.paper.queries import Folder
from models import EventTable, Meeting, Participant, Side, Slot

Values = dict[str, Any]
MOST_TABLES = 4
"""In the list of all, so many tables are named for a person without a booth."""


def contents(kind: str, folder: Folder, addresses: Addresses) -> Values:
    """Return what the paper of this kind shows."""
    shared = {
        "title": str(PAPERS[kind].label),
        "event": folder.event.title,
        "version": version_words(folder.version),
        "printed": str(_("%(when)s 打印", when=datetime_text(clock.now()))),
        "site": addresses.settings.site_name,
        "language": ["en", "gb"] if is_english() else ["zh", "cn"],
    }
    words = {
        "page": str(_("第 %(page)s 页，共 %(pages)s 页")),
        "qr": str(_("二维码")),
        "badge": str(_("签到码")),
    }
    own = BUILDERS[kind](folder, addresses)
    return shared | own | {"words": words | own.pop("words", {})}


def version_words(version: tuple[int, int]) -> str:
    """日程 v3.12: the third one published, after twelve changes of meetings."""
    number, changes = version
    if not number:
        return str(_("尚无日程"))
    return str(_("日程 v%(version)s", version=f"{number}.{changes}"))


def _agendas(folder: Folder, addresses: Addresses) -> Values:
    lines = agendas(folder)
    return {
        "people": [_sheet_of(folder, addresses, p, lines[p.id]) for p in folder.people],
        "words": {
            "columns": [str(_("时间")), str(_("桌位")), str(_("对方与议题")), str(_("记录"))],
            "notes": str(_("记录")),
            "nothing": str(_("没有安排洽谈。")),
        },
    }


def _sheet_of(
    folder: Folder, addresses: Addresses, person: Participant, lines: list[Line]
) -> Values:
    return {
        "key": str(person.id),
        "name": person.name,
        "organisation": person.team.full_name,
        "position": person.position,
        "side": str(label(person.team.side)),
        "summary": summary(lines),
        "code": addresses.arrive(folder.event.id, person.code),
        "days": [
            {"title": date_text(day), "lines": [_line(line) for line in part]}
            for day, part in groupby(lines, lambda line: line.day)
        ],
    }


def summary(lines: list[Line]) -> str:
    """3 场洽谈、1 场讲解."""
    meetings = sum(line.kind == "meeting" for line in lines)
    talks = sum(line.kind == "talk" for line in lines)
    found = [counted("%(n)d 场洽谈", n=meetings)]
    if talks:
        found.append(counted("%(n)d 场讲解", n=talks))
    return listed(found)


def _line(line: Line) -> Values:
    return {
        "kind": line.kind, "time": line.time, "place": line.place, "room": line.room,
        "partner": line.partner, "person": line.person, "topic": line.topic,
    }  # fmt: skip


def _tables(folder: Folder, addresses: Addresses) -> Values:
    del addresses
    held = {
        (meeting.table_id, meeting.slot_id): meeting
        for meeting in folder.meetings
        if meeting.slot_id is not None
    }
    return {
        "tables": [
            {
                "key": str(table.id),
                "name": table.name,
                "room": table.room,
                "booth": _booth(folder, table),
                "days": [
                    {
                        "title": date_text(day),
                        "lines": [_row(slot, held.get((table.id, slot.id))) for slot in slots],
                    }
                    for day, slots in _slots_by_day(folder)
                ],
            }
            for table in _in_use(folder)
        ],
        "words": {
            "columns": [str(_("时间")), str(label(Side.NEED)), str(label(Side.ACHIEVEMENT))],
        },
    }


def _slots_by_day(folder: Folder) -> Iterator[tuple[Any, list[Slot]]]:
    """Slots that are open or hold a meeting all the same."""
    held = {meeting.slot_id for meeting in folder.meetings}
    slots = [slot for slot in folder.event.slots if slot.open or slot.id in held]
    for day, part in groupby(slots, lambda s: s.starts_at.astimezone(clock.LOCAL_ZONE).date()):
        yield day, list(part)


def _row(slot: Slot, meeting: Meeting | None) -> Values:
    sides = [
        [meeting.wish.team_of(side).full_name, named(meeting.person_of(side))]
        for side in (Side.NEED, Side.ACHIEVEMENT)
        if meeting is not None
    ]
    return {
        "time": f"{local_time(slot.starts_at)}–{local_time(slot.ends_at)}",
        "sides": sides or [["", ""], ["", ""]],
    }


def _in_use(folder: Folder) -> list[EventTable]:
    return [table for table in folder.event.tables if not table.closed]


def _booth(folder: Folder, table: EventTable) -> str:
    """Whose booth a table is, or what is talked about there."""
    owner = next((team for team in folder.teams if team.id == table.fixed_for_id), None)
    return owner.full_name if owner else table.topic


def _doors(folder: Folder, addresses: Addresses) -> Values:
    rooms: dict[str, list[EventTable]] = defaultdict(list)
    for table in _in_use(folder):
        rooms[table.room or folder.event.venue].append(table)
    return {
        "rooms": [
            {
                "key": str(number),
                "name": room,
                "tables": [[table.name, _booth(folder, table)] for table in tables],
            }
            for number, (room, tables) in enumerate(rooms.items())
        ],
        "days": [
            f"{date_text(day.day)}　{day.starts:%H:%M}–{day.ends:%H:%M}"
            for day in folder.event.days
        ],
        "place": listed(part for part in (folder.event.venue, folder.event.address) if part),
        "code": addresses.wall(folder.event.id),
        "words": {"wall": str(_("扫码看现场大屏"))},
    }


def _people(folder: Folder, addresses: Addresses) -> Values:
    del addresses
    return {
        "rows": people_rows(folder),
        "summary": str(counted("%(n)d 人", n=len(folder.people))),
        "words": {"columns": people_columns()},
    }


def people_columns() -> list[str]:
    """Return the heads of `people_rows`."""
    return [_("单位"), _("姓名"), _("职务"), _("哪一方"), _("场次"), _("桌位")]


def people_rows(folder: Folder) -> list[list[Any]]:
    """Organisation, name, position, side, number of meetings, table of everybody who comes."""
    held: dict[int, list[Meeting]] = defaultdict(list)
    for meeting in folder.meetings:
        if meeting.slot is not None:
            for side in Side:
                held[meeting.person_of(side).id].append(meeting)
    return [
        [
            person.team.full_name, person.name, person.position, str(label(person.team.side)),
            len(held[person.id]), _table_words(person, folder.event.tables, held[person.id]),
        ]
        for person in folder.people
    ]  # fmt: skip


def _table_words(person: Participant, tables: list[EventTable], held: list[Meeting]) -> str:
    """The booth of the team or the seat at a group table, else the tables of the meetings."""
    for table in tables:
        if table.fixed_for_id == person.team_id or table.id == person.group_table_id:
            return table.name
    names = list(dict.fromkeys(meeting.table.name for meeting in held if meeting.table))
    more = "…" if len(names) > MOST_TABLES else ""
    return listed(names[:MOST_TABLES]) + more


def _badges(folder: Folder, addresses: Addresses) -> Values:
    return {
        "people": [
            {
                "name": person.name,
                "position": person.position,
                "organisation": person.team.full_name,
                "side": str(label(person.team.side)),
                "code": addresses.arrive(folder.event.id, person.code),
            }
            for person in folder.people
        ]
    }


Builder = Callable[[Folder, Addresses], Values]
BUILDERS: dict[str, Builder] = {
    "agendas": _agendas,
    "tables": _tables,
    "doors": _doors,
    "people": _people,
    "badges": _badges,
}
