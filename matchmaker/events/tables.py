"""The tables of an event: made many at once, renamed, given to a team, closed, removed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import activity
from matchmaker.errors import InvalidError, NotFoundError, NotNowError, require
from matchmaker.events import policy, queries
from matchmaker.events.telling import require_running
from matchmaker.i18n import counted, listed
from models import Event, EventTable, Meeting, Participant, TableClosure, User

TABLES_AT_MOST, SEATS_AT_MOST, NAME_LIMIT = 300, 200, 30
SEPARATORS = re.compile(r"[\n;；,，、]+")
RANGE = re.compile(r"(\D*?)\s*(\d{1,4})\s*(?:[-–—~～]|至|到)\s*(\D*?)\s*(\d{1,4})\s*(\D*)")
SHOWN = 4


def names_of(text: str) -> list[str]:
    """Return the names that a short text stands for.

    1–3 gives 1 桌, 2 桌, 3 桌; A8–A10 gives A8, A9, A10; 主桌、1–2 gives 主桌, 1 桌, 2 桌.

    Raises:
        ValueError: there is none, or a range runs backwards or is too long.

    """
    parts = [part.strip() for part in SEPARATORS.split(unicodedata.normalize("NFKC", text))]
    names = [name for part in parts if part for name in _names(part)]
    if not names:
        raise ValueError
    return list(dict.fromkeys(names))


def _names(part: str) -> list[str]:
    match = RANGE.fullmatch(part)
    if match is None:
        return [f"{int(part)} 桌" if part.isascii() and part.isdigit() else part]
    before, first, again, last, after = match.groups()
    if again not in {"", before} or not 0 <= int(last) - int(first) < TABLES_AT_MOST:
        raise ValueError
    width = len(first) if first.startswith("0") else 0
    behind = after or ("" if before else " 桌")
    return [f"{before}{n:0{width}d}{behind}" for n in range(int(first), int(last) + 1)]


def add_tables(
    session: Session,
    actor: User,
    event: Event,
    names: Sequence[str],
    *,
    room: str = "",
    topic: str = "",
    seats: int | None = None,
) -> list[EventTable]:
    """Add tables behind those that are there.

    Raises:
        NotNowError: the event is over or called off.
        InvalidError: a name is taken or too long, or there would be too many.

    """
    require(policy.can_manage(actor, event))
    _hold(session, event)
    require_running(event)
    taken = [name for name in names if name in {table.name for table in event.tables}]
    if taken:
        raise InvalidError({"names": _l("已经有：%(names)s。", names=listed(taken[:SHOWN]))})
    if any(len(name) > NAME_LIMIT for name in names):
        raise InvalidError({"names": counted("每个名称最多 %(n)d 字。", n=NAME_LIMIT)})
    if len(event.tables) + len(names) > TABLES_AT_MOST:
        raise InvalidError({"names": counted("一个活动最多 %(n)d 张桌。", n=TABLES_AT_MOST)})
    last = max((table.ordinal for table in event.tables), default=0)
    made = [
        EventTable(
            event_id=event.id, name=name, room=room, ordinal=last + place, topic=topic, seats=seats
        )
        for place, name in enumerate(names, start=1)
    ]
    event.tables.extend(made)
    session.flush()
    _record(session, actor, "table.added", event, made)
    return made


def _hold(session: Session, event: Event) -> None:
    """Let one at a time add tables, and see what the one before has added: a form sent twice."""
    row = select(Event.id).where(Event.id == event.id).with_for_update(key_share=True)
    session.execute(row)
    session.refresh(event, ["status", "tables"])


def change_table(
    session: Session, actor: User, event: Event, table: EventTable, values: Mapping[str, Any]
) -> int:
    """Change a table wholly; return how many meetings stand where it is now closed.

    Raises:
        NotNowError: the event is over or called off.
        NotFoundError: the team does not come to this event.
        InvalidError: the name is taken.

    """
    require(policy.can_manage(actor, event))
    require_running(event)
    if any(other.name == values["name"] and other is not table for other in event.tables):
        raise InvalidError({"name": _l("已经有一张叫这个名称的桌。")})
    _check_team(session, event, table, values["fixed_for_id"])
    for name in ("name", "room", "topic", "seats", "closed", "fixed_for_id"):
        setattr(table, name, values[name])
    closed = {slot.id for slot in event.slots} & set(values["slot_ids"])
    _set_closures(table, closed)
    session.flush()
    _record(session, actor, "table.changed", event, [table])
    return meetings_at(session, [table]) if table.closed else meetings_at(session, [table], closed)


def _check_team(session: Session, event: Event, table: EventTable, team_id: int | None) -> None:
    if team_id is None or team_id == table.fixed_for_id:
        return
    if team_id not in {team.id for team in queries.approved_teams(session, event)}:
        raise NotFoundError


def set_closed(
    session: Session, actor: User, event: Event, tables: Sequence[EventTable], *, closed: bool
) -> int:
    """Close tables altogether, or reopen them; return how many meetings stand at closed ones.

    Raises:
        NotNowError: the event is over or called off.

    """
    require(policy.can_manage(actor, event))
    require_running(event)
    for table in tables:
        table.closed = closed
    session.flush()
    _record(session, actor, "table.changed", event, tables)
    return meetings_at(session, tables) if closed else 0


def set_closed_in(
    session: Session, actor: User, event: Event, tables: Sequence[EventTable],
    slot_ids: Collection[int], *, closed: bool,
) -> int:  # fmt: skip
    """Close tables in some slots, or reopen them there; return how many meetings stand there.

    Raises:
        NotNowError: the event is over or called off.
        InvalidError: no slot was chosen.

    """
    require(policy.can_manage(actor, event))
    require_running(event)
    chosen = {slot.id for slot in event.slots} & set(slot_ids)
    if not chosen:
        raise InvalidError(message=_l("请选择时段。"))
    for table in tables:
        now = {closure.slot_id for closure in table.closures}
        _set_closures(table, now | chosen if closed else now - chosen)
    session.flush()
    _record(session, actor, "table.changed", event, tables)
    return meetings_at(session, tables, chosen) if closed else 0


def set_room(
    session: Session, actor: User, event: Event, tables: Sequence[EventTable], room: str
) -> None:
    """Put tables into a room.

    Raises:
        NotNowError: the event is over or called off.

    """
    require(policy.can_manage(actor, event))
    require_running(event)
    for table in tables:
        table.room = room
    session.flush()
    _record(session, actor, "table.changed", event, tables)


def remove_tables(
    session: Session, actor: User, event: Event, tables: Sequence[EventTable]
) -> None:
    """Remove tables, with the placements of drafts, but none that people were told of.

    Raises:
        NotNowError: the event is over or called off, or meetings or seats are in the way.

    """
    require(policy.can_manage(actor, event))
    require_running(event)
    if held := meetings_at(session, tables):
        raise NotNowError(
            counted("选中的桌位上有 %(n)d 场洽谈，不能删除。不再用的话，请改为停用。", n=held)
        )
    if seated := _seated_at(session, tables):
        raise NotNowError(
            counted("选中的桌位上有 %(n)d 人选了座，不能删除。不再用的话，请改为停用。", n=seated)
        )
    for table in tables:
        event.tables.remove(table)
    session.flush()
    _record(session, actor, "table.removed", event, tables)


def meetings_at(
    session: Session, tables: Sequence[EventTable], slot_ids: Collection[int] | None = None
) -> int:
    """How many meetings that people were told of stand at these tables, perhaps in some slots."""
    statement = select(func.count(Meeting.id)).where(
        Meeting.table_id.in_([table.id for table in tables])
    )
    if slot_ids is not None:
        statement = statement.where(Meeting.slot_id.in_(slot_ids))
    return session.scalar(statement) or 0


def meetings_by_table(session: Session, event: Event) -> dict[int, int]:
    """How many meetings that people were told of stand at each table."""
    rows = session.execute(
        select(Meeting.table_id, func.count())
        .where(Meeting.event_id == event.id, Meeting.table_id.is_not(None))
        .group_by(Meeting.table_id)
    )
    return {table_id: n for table_id, n in rows if table_id is not None}


def _seated_at(session: Session, tables: Sequence[EventTable]) -> int:
    ids = [table.id for table in tables]
    statement = select(func.count(Participant.id)).where(Participant.group_table_id.in_(ids))
    return session.scalar(statement) or 0


def _set_closures(table: EventTable, slot_ids: Collection[int]) -> None:
    for closure in list(table.closures):
        if closure.slot_id not in slot_ids:
            table.closures.remove(closure)
    known = {closure.slot_id for closure in table.closures}
    table.closures += [TableClosure(slot_id=n) for n in sorted(set(slot_ids) - known)]


def _record(
    session: Session, actor: User, action: str, event: Event, tables: Sequence[EventTable]
) -> None:
    if tables:
        words = _few([table.name for table in tables])
        activity.record(session, actor, action, event, event=event.title, table=words)


def _few(names: Sequence[str]) -> str:
    """Name some, for the history: the same in every language."""
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" +{rest}" if rest > 0 else "")
