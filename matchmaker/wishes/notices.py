"""What people hear of wishes: one unread line per event and person, never a flood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.notifications.service import notify
from matchmaker.wishes import queries
from models import Event, Notification, Participant, Team, User, Wish

WAITING, CLOSING = "wishes.waiting", "wishes.closing"


def people_of(session: Session, teams: Iterable[Team]) -> dict[int, list[User]]:
    """Return who is told, by team: its people with accounts, else who registered it for itself."""
    rows = {team.id: team for team in teams}
    found: dict[int, list[User]] = defaultdict(list)
    members = session.execute(
        select(Participant.team_id, User)
        .join(User, User.id == Participant.user_id)
        .where(Participant.team_id.in_(list(rows)), User.active)
        .order_by(Participant.ordinal, Participant.id)
    )
    for team_id, user in members.unique():
        found[team_id].append(user)
    without = [row for key, row in rows.items() if key not in found and not row.on_behalf]
    if without:
        ids = [row.registered_by_id for row in without]
        statement = select(User).where(User.id.in_(ids), User.active)
        users = {user.id: user for user in session.scalars(statement).unique()}
        for row in without:
            if row.registered_by_id in users:
                found[row.id].append(users[row.registered_by_id])
    return dict(found)


def tell(session: Session, event: Event, team: Team, *, asked: bool = False) -> None:
    """Bring the unread lines of a team's people up to date; write one when it was asked anew."""
    people = people_of(session, [team]).get(team.id, [])
    lines = _unread(session, event, [person.id for person in people])
    if not people or not (lines or asked):
        return
    n = queries.count_unanswered(session, event, [team])
    for person in people:
        line = lines.get(person.id)
        if line is not None:
            line.values = {**line.values, "n": n}
            line.read_at = None if n else clock.now()
        elif asked and n:
            notify(session, person, WAITING, event=event.title, n=n, **_link(event, team))


def remind(session: Session, event: Event, wishes: Iterable[Wish], moment: datetime) -> int:
    """Ask for answers again, by mail too; return how many teams were asked.

    The wishes must wait for an answer; a new line takes the place of an unread one.
    """
    of_team: dict[int, list[Wish]] = defaultdict(list)
    teams: dict[int, Team] = {}
    for wish in wishes:
        team = wish.need_team if wish.need_choice is None else wish.achievement_team
        teams[team.id] = team
        of_team[team.id].append(wish)
    people = people_of(session, teams.values())
    everybody = [person.id for found in people.values() for person in found]
    for line in _unread(session, event, everybody).values():
        line.read_at = moment
    for key, team in teams.items():
        for person in people.get(key, []):
            notify(
                session, person, CLOSING, by_mail=True, event=event.title, n=len(of_team[key]),
                until=_until(event), **_link(event, team),
            )  # fmt: skip
    _note(session, [wish.id for found in of_team.values() for wish in found], moment)
    return len(teams)


def _note(session: Session, ids: list[int], moment: datetime) -> None:
    for start in range(0, len(ids), 500):
        statement = update(Wish).where(Wish.id.in_(ids[start : start + 500]))
        session.execute(
            statement.values(reminded_at=moment).execution_options(synchronize_session="fetch")
        )


def _unread(session: Session, event: Event, users: list[int]) -> dict[int, Notification]:
    """Return the newest unread line about wishes of an event, by person."""
    rows = session.scalars(
        select(Notification)
        .where(
            Notification.user_id.in_(users),
            Notification.read_at.is_(None),
            Notification.kind.in_([WAITING, CLOSING]),
        )
        .order_by(Notification.id)
    )
    return {row.user_id: row for row in rows if row.endpoint_values.get("event_id") == event.id}


def _link(event: Event, team: Team) -> dict[str, Any]:
    values = {"event_id": event.id, "team": team.id}
    return {"endpoint": "wishes.index", "endpoint_values": values}


def _until(event: Event) -> str:
    """Write the deadline so that both languages can read it."""
    if event.wishes_until is None:
        return "—"
    return event.wishes_until.astimezone(clock.LOCAL_ZONE).strftime("%Y-%m-%d %H:%M")
