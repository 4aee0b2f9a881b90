"""A contest with teams, entries, criteria and a jury, ready to be judged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.contests import ballots, queries
from models import (
    Ballot,
    Criterion,
    Entry,
    Event,
    Juror,
    Role,
    Side,
    Team,
    User,
)
from tests import factories
from tests.events import making


def make_contest(session: Session, owner: User | None = None, **values: Any) -> Event:
    """Make a contest whose entries no longer change: it is judged now."""
    before = clock.now() - timedelta(days=1)
    values.setdefault("wishes_until", before)
    values.setdefault("registration_until", before)
    return making.make_event(session, owner, kind="contest", **values)


def make_open_contest(session: Session, owner: User | None = None, **values: Any) -> Event:
    """Make a contest that teams can still enter."""
    return making.make_event(session, owner, kind="contest", **values)


def make_entry(session: Session, event: Event, team: Team | None = None, **values: Any) -> Entry:
    team = team or making.make_team(session, event, Side.ACHIEVEMENT)
    taken = select(func.count(Entry.id)).where(Entry.event_id == event.id)
    number = values.pop("number", None) or (session.scalar(taken) or 0) + 1
    row = Entry(
        event_id=event.id, team_id=team.id, team=team, number=number,
        title=values.pop("title", f"示范项目{number}"),
        summary=values.pop("summary", "示范简介。"), entered_at=clock.now(), **values,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def make_criteria(session: Session, event: Event, *rows: tuple[str, int, int]) -> list[Criterion]:
    """Make criteria from (name, weight, most)."""
    made = [
        Criterion(event_id=event.id, ordinal=n, name=name, weight=weight, most=most)
        for n, (name, weight, most) in enumerate(rows or [("创新", 60, 10), ("可行", 40, 10)])
    ]
    session.add_all(made)
    session.flush()
    return made


def make_juror(session: Session, event: Event, person: User | None = None) -> Juror:
    person = person or factories.make_user(session, Role.RESEARCHER)
    row = Juror(event_id=event.id, user_id=person.id, user=person, added_at=clock.now())
    session.add(row)
    session.flush()
    return row


def give(session: Session, juror: Juror, event: Event, entry: Entry, *points: float,
         submit: bool = True, remark: str = "") -> Ballot:  # fmt: skip
    """Let a juror score an entry, criterion by criterion."""
    found = queries.criteria(session, event)
    before = queries.ballot_of(session, juror, entry)
    return ballots.save(
        session, juror.user, juror, event, entry, version=before.version if before else 0,
        points={c.id: p for c, p in zip(found, points, strict=False)}, submit=submit,
        remark=remark,
    )  # fmt: skip
