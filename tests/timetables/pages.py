"""An event on the board: what the tests of its pages share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db import Database
from models import Event, Placement, Team, Timetable, TimetableStatus, Unscheduled, User, Wish
from tests.conftest import SignedIn
from tests.events.making import make_meeting, make_placement, make_timetable
from tests.pages import opened
from tests.timetables.scene import make_scene


@dataclass(frozen=True)
class Known:
    """A team, as its page knows it."""

    id: int
    full_name: str
    person: str
    person_id: int


@dataclass
class Desk:
    """An event in a database of its own, by ids and names, and the organiser's browser."""

    database: Database
    browser: FlaskClient
    event_id: int
    organiser_id: int
    organiser: str
    needs: list[Known]
    achievements: list[Known]
    wishes: dict[tuple[int, int], int]
    slots: list[int]
    tables: list[int]

    @property
    def address(self) -> str:
        return f"/events/{self.event_id}/timetable"

    def page(self, part: str = "", **query: Any) -> BeautifulSoup:
        return opened(self.browser, self.address + part, **{k: str(v) for k, v in query.items()})

    def post(self, act: str, *, number: int | None = 2, script: bool = False, **form: Any) -> Any:
        headers = {"X-Requested-With": "fetch"} if script else {}
        part = f"/{number}/{act}" if number else f"/{act}"
        return self.browser.post(self.address + part, data=form, headers=headers)

    def event(self, session: Session) -> Event:
        return session.get_one(Event, self.event_id)

    def version(self, session: Session, number: int = 2) -> Timetable:
        found = select(Timetable).where(
            Timetable.event_id == self.event_id, Timetable.number == number
        )
        return session.scalars(found).one()

    def status(self, number: int = 2) -> TimetableStatus:
        with self.database.reading() as session:
            return self.version(session, number).status

    def places(self, number: int = 2) -> dict[int, tuple[int, int]]:
        """Return where a version puts its wishes: ids of slot and table."""
        with self.database.reading() as session:
            version = self.version(session, number)
            rows = session.scalars(select(Placement).where(Placement.timetable_id == version.id))
            return {row.wish_id: (row.slot_id, row.table_id) for row in rows}

    def spot(self, slot: int, table: int) -> str:
        """Return a place as its button sends it; slots and tables are counted from 0."""
        return f"{self.slots[slot]}:{self.tables[table]}"

    def put(
        self, wish: tuple[int, int], slot: int, table: int, session: Session, number: int
    ) -> None:
        """Put a wish into a version."""
        event = self.event(session)
        row = session.get_one(Wish, self.wishes[wish])
        spot = (event.slots[slot], event.tables[table])
        make_placement(session, self.version(session, number), row, *spot)
        if number == 1:
            make_meeting(session, row, *spot)


FIGURES = {
    "status": "optimal", "value": 1284, "bound": 1284, "promised": 1, "teams_met": 4, "missing": 0,
    "idle": 3, "table_moves": 2, "seconds": 1.4, "meetings": 3, "wishes": 4,
}  # fmt: skip


def make_desk(database: Database, signed_in: SignedIn, **options: Any) -> Desk:
    """Make an event of two teams a side that all want to meet, without a timetable."""
    with database.transaction() as session:
        scene = make_scene(session, **options)
        sides = [[_known(team) for team in side] for side in (scene.needs, scene.achievements)]
        order = [[team.id for team in side] for side in sides]
        wishes = {
            (order[0].index(wish.need_team_id), order[1].index(wish.achievement_team_id)): wish.id
            for wish in scene.wishes
        }
        organiser = session.get_one(User, scene.organiser.id)
        event = scene.event
        places = [row.id for row in event.slots], [row.id for row in event.tables]
    browser = signed_in(organiser)
    return Desk(database, browser, event.id, organiser.id, organiser.name, *sides, wishes, *places)


def _known(team: Team) -> Known:
    person = team.members[0]
    return Known(team.id, team.full_name, person.name, person.id)


def make_draft(desk: Desk) -> None:
    """Publish v1 and draft v2.

    v1 puts 0×0, 0×1 and 1×1 one after another at the first table. v2 keeps the first, moves the
    second to the second table, cancels the third and puts in 1×0.
    """
    with desk.database.transaction() as session:
        event, published = desk.event(session), TimetableStatus.PUBLISHED
        old = make_timetable(session, event, number=1, status=published, figures=FIGURES)
        old.published_by_id = desk.organiser_id
        make_timetable(session, event, number=2, figures=FIGURES)
        for slot, wish in enumerate([(0, 0), (0, 1), (1, 1)]):
            desk.put(wish, slot, 0, session, 1)
        for wish, slot, table in (((0, 0), 0, 0), ((0, 1), 1, 1), ((1, 0), 3, 0)):
            desk.put(wish, slot, table, session, 2)


def leave_out(desk: Desk, reason: Any, fits_if: Any = None) -> int:
    """Let the draft leave 1×1 out; return the id of that wish."""
    wish = desk.wishes[1, 1]
    with desk.database.transaction() as session:
        draft = desk.version(session)
        session.add(
            Unscheduled(timetable_id=draft.id, wish_id=wish, reason=reason, fits_if=fits_if)
        )
    return wish


def heads(page: BeautifulSoup) -> list[str]:
    """Return the names of the board's columns."""
    return [str(head.contents[0]) for head in page.select(".mm-board thead th")][1:]


def cells(page: BeautifulSoup) -> list[list[str]]:
    """Return the words of the board's cells, row by row."""
    return [
        [cell.get_text(" ", strip=True) for cell in row.find_all("td")]
        for row in page.select(".mm-board tbody tr")
    ]
