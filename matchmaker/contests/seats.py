"""Who sits at which group table. Seats are few: the row of the table is locked while one is taken."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from matchmaker import activity
from matchmaker.contests import policy, queries
from matchmaker.errors import NotNowError, require
from models import Event, EventTable, Participant, Team, TeamStatus, User


@dataclass(frozen=True, slots=True)
class TableFigures:
    """A group table in numbers."""

    table: EventTable
    people: list[Participant]

    @property
    def free(self) -> int | None:
        """Seats that are left; None where nobody has counted them."""
        if self.table.seats is None:
            return None
        return max(0, self.table.seats - len(self.people))

    @property
    def over(self) -> int:
        """People for whom there is no seat: the table became smaller after they chose it."""
        return max(0, len(self.people) - (self.table.seats or len(self.people)))

    @property
    def organisations(self) -> list[str]:
        """Whose people sit here, each once."""
        return list(dict.fromkeys(person.team.organisation.name for person in self.people))

    @property
    def arrived(self) -> int:
        return sum(person.checked_in_at is not None for person in self.people)


def tables(event: Event, people: list[Participant]) -> list[TableFigures]:
    """Return the group tables in use with who sits there."""
    return [
        TableFigures(table, [p for p in people if p.group_table_id == table.id])
        for table in queries.group_tables(event)
    ]


def sit(
    session: Session, actor: User, event: Event, person: Participant, table: EventTable
) -> None:
    """Take a seat, or move to another table; the old seat is free at once.

    Raises:
        NotAllowedError: not one of the person's team.
        NotNowError: too late, the table is closed, or it is full.

    """
    _check(actor, event, person)
    if person.group_table_id == table.id:
        return
    session.refresh(table, ["seats", "closed"], with_for_update={"key_share": True})
    if table.closed:
        raise NotNowError(_l("%(table)s 不再使用，请选别的桌。", table=table.name))
    _free_stale(session, table)
    if table.seats is not None and taken(session, table) >= table.seats:
        raise NotNowError(_l("%(table)s 刚刚坐满了，请选别的桌。", table=table.name))
    person.group_table_id = table.id
    session.flush()
    activity.record(
        session, actor, "seat.taken", event,
        event=event.title, name=person.name, table=table.name,
    )  # fmt: skip


def leave(session: Session, actor: User, event: Event, person: Participant) -> None:
    """Give a seat up."""
    _check(actor, event, person)
    if person.group_table_id is None:
        return
    person.group_table_id = None
    session.flush()
    activity.record(session, actor, "seat.left", event, event=event.title, name=person.name)


def taken(session: Session, table: EventTable) -> int:
    statement = select(func.count(Participant.id)).where(Participant.group_table_id == table.id)
    return session.scalar(statement) or 0


def _free_stale(session: Session, table: EventTable) -> None:
    """Take seats from people whose team no longer comes."""
    gone = select(Team.id).where(
        Team.event_id == table.event_id, Team.status != TeamStatus.APPROVED
    )
    session.execute(
        update(Participant)
        .where(Participant.group_table_id == table.id, Participant.team_id.in_(gone))
        .values(group_table_id=None)
        .execution_options(synchronize_session="fetch")
    )


def _check(actor: User, event: Event, person: Participant) -> None:
    require(policy.can_seat(actor, person))
    if not policy.can_seat_now(actor, event):
        raise NotNowError(_l("现在不能选座。需要调整时，请联系组织方。"))
