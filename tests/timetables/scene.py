"""An event whose teams all want to meet, and its timetable planned at once, in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.engine import timetable as planner
from matchmaker.engine.timetable import Meeting as Planned
from matchmaker.events import queries as events
from matchmaker.timetables import queries, service
from matchmaker.timetables.instances import content_of, draft_seats, previous_of, published_seats
from models import (
    Event,
    EventTable,
    Meeting,
    Placement,
    Role,
    Side,
    Slot,
    Team,
    Timetable,
    TimetableStatus,
    User,
    Wish,
)
from tests import factories
from tests.events.making import make_event, make_team, make_timetable, make_wish


@dataclass
class Scene:
    """An event, who runs it, its teams and their wishes."""

    session: Session
    organiser: User
    event_id: int
    needs: list[Team]
    achievements: list[Team]
    wishes: list[Wish]

    @property
    def event(self) -> Event:
        """The event with everything that belongs to it, read anew."""
        self.session.flush()
        self.session.expire_all()
        return events.one(self.session, self.organiser, self.event_id)

    @property
    def slots(self) -> list[Slot]:
        return self.event.slots

    @property
    def tables(self) -> list[EventTable]:
        return self.event.tables

    def wish(self, need: int, achievement: int) -> Wish:
        """Return the wish of the n-th need team and the n-th achievement team."""
        pair = (self.needs[need].id, self.achievements[achievement].id)
        found = [w for w in self.wishes if (w.need_team_id, w.achievement_team_id) == pair]
        return found[0]

    def plan(self) -> Timetable:
        return planned(self.session, self.organiser, self.event)

    def publish(self, timetable: Timetable | None = None) -> Timetable:
        """Plan, unless a draft is given, and publish."""
        found = timetable or self.plan()
        service.publish(self.session, self.organiser, found, version=found.version)
        return found

    def meetings(self) -> list[Meeting]:
        return queries.meetings(self.session, self.event)

    def placements(self, timetable: Timetable) -> dict[int, Placement]:
        """Return the places of a version by wish."""
        found = self.session.scalars(
            select(Placement).where(Placement.timetable_id == timetable.id)
        )
        return {row.wish_id: row for row in found}


def make_scene(
    session: Session, *, needs: int = 2, achievements: int = 2, slots: int = 4, tables: int = 2,
    people: int = 1, wanted: Callable[[int, int], bool] = lambda _a, _b: True, **event: Any,
) -> Scene:  # fmt: skip
    """Make an event in which every need team and every achievement team want to meet."""
    organiser = factories.make_user(session, Role.ORGANISER)
    made = make_event(session, organiser, slots=slots, tables=tables, **event)
    ones = [make_team(session, made, Side.NEED, people=people) for _ in range(needs)]
    others = [
        make_team(session, made, Side.ACHIEVEMENT, people=people) for _ in range(achievements)
    ]
    wishes = [
        make_wish(session, one, other, event=made)
        for a, one in enumerate(ones)
        for b, other in enumerate(others)
        if wanted(a, b)
    ]
    session.flush()
    return Scene(session, organiser, made.id, ones, others, wishes)


def planned(session: Session, actor: User, event: Event) -> Timetable:
    """Plan an event as the job does, without its process."""
    versions = queries.versions(session, event)
    drafts = [row for row in versions if row.status == TimetableStatus.DRAFT]
    published = published_seats(session, event)
    base = draft_seats(session, drafts[0]) if drafts else published
    locked = [seat for seat in base if seat.locked]
    content = content_of(session, event, locked)
    found = planner.plan(
        planner.instance_of(content),
        previous=[Planned(**entry) for entry in previous_of(published)],
        time_limit=20,
    )
    made = make_timetable(
        session, event, number=len(versions) + 1, status=TimetableStatus.PLANNING,
        based_on=event.meetings_version,
    )  # fmt: skip
    made.made_by = actor
    service.take_over(session, made, planner.written(found), locked)
    session.flush()
    return made
