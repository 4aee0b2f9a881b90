"""How fast the pages of a large event are; prints JSON.

python bench/event_pages.py [--teams 400] [--wishes 4000] [--slots 24] [--tables 80]: two people a
team, half of the teams on either side, every wish taken by both. The project's own planner makes
the timetable, which is published through the services. Each page is fetched as the person who
works with it, with the statements that it sends to the database, before the event and on its day.
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from sqlalchemy import event as listening
from sqlalchemy import insert, select, update

from bench.measuring import seconds
from bench.pages import browser, people, timed
from bench.paper import NAMES, PER_DAY, open_event
from config import Settings
from matchmaker import clock, db, jobs
from matchmaker.app import create_app
from matchmaker.db import Database
from matchmaker.timetables import queries as timetables
from matchmaker.timetables import service
from models import (
    Event,
    Organisation,
    Participant,
    Role,
    Team,
    Timetable,
    TimetableStatus,
    User,
    Wish,
    WishChoice,
)

ORGANISERS = (
    "", "/teams", "/wishes/all", "/timetable", "/timetable?view=person", "/timetable?view=list",
    "/timetable/versions", "/people", "/papers", "/figures", "/figures.xlsx", "/arrivals", "/floor",
    "/wall",
)  # fmt: skip
PARTICIPANTS = ("", "/wishes", "/agenda", "/agenda.ics")


def make_event(database: Database, owner_id: int, options: argparse.Namespace) -> int:
    """Write an event whose teams have wished, all in bulk."""
    with database.transaction() as session:
        event = open_event(session, owner_id, options.slots, options.tables, most_in_a_row=4)
        until = event.slots[0].starts_at - timedelta(days=2)
        event.registration_until = event.wishes_until = until
        _add_teams(session, event, options.teams)
        _add_wishes(session, event, options.wishes)
        return event.id


def _add_teams(session: Any, event: Event, many: int) -> None:
    names = itertools.cycle("".join(pair) for pair in itertools.product(NAMES, NAMES[::-1]))
    for number in range(many):
        organisation = Organisation(
            name=f"示范理工大学化学工程学院第{number}研究所", kind="university", region_code="500106",
            created_at=clock.now(), status="verified", verified_at=clock.now(),
        )  # fmt: skip
        session.add(organisation)
        session.flush()
        user = User(
            email=f"t{number}@example.org", name=next(names), role=Role.RESEARCHER,
            organisation=organisation, membership="confirmed", password_hash="!",
            created_at=clock.now(),
        )  # fmt: skip
        session.add(user)
        session.flush()
        team = Team(
            event_id=event.id, organisation_id=organisation.id, status="approved",
            side="need" if number < many // 2 else "achievement", registered_by_id=user.id,
            registered_at=clock.now(), name="先进材料联合实验室",
        )  # fmt: skip
        for place in range(2):
            team.members.append(
                Participant(
                    event_id=event.id, name=next(names), position="副研究员",
                    user_id=user.id if place == 0 else None,
                    code=f"{event.id:08d}{2 * number + place:014d}",
                )
            )  # fmt: skip
        session.add(team)
    session.flush()


def _add_wishes(session: Any, event: Event, many: int) -> None:
    teams = list(session.scalars(select(Team.id).where(Team.event_id == event.id)))
    half = len(teams) // 2
    draw = np.random.default_rng(1)
    pairs = draw.choice(half * half, size=min(many, half * half), replace=False)
    said = {"choice": WishChoice.MEET, "chosen_at": clock.now()}
    both = {f"{side}_{key}": v for side in ("need", "achievement") for key, v in said.items()}
    rows = [
        {
            "event_id": event.id, "need_team_id": teams[pair // half], "suggested": True,
            "achievement_team_id": teams[half + pair % half], "score": round(score, 3),
            "created_at": clock.now(), **both,
        }
        for pair, score in zip(pairs.tolist(), draw.random(len(pairs)).tolist(), strict=True)
    ]  # fmt: skip
    session.execute(insert(Wish), rows)


def plan(database: Database, owner_id: int, event_id: int) -> dict[str, Any]:
    """Plan by the job that the button starts, then publish; seconds of both."""
    with database.transaction() as session:
        owner, event = session.get_one(User, owner_id), session.get_one(Event, event_id)
        draft = service.start(session, owner, event).id
    planning = seconds(lambda: jobs.run_due(database))
    with database.reading() as session:
        found = session.get_one(Timetable, draft)
        if found.status != TimetableStatus.DRAFT:
            raise RuntimeError(f"{found.status}: {found.error}")
        planned = {key: found.figures[key] for key in ("status", "value", "bound")}

    def publish() -> None:
        with database.transaction() as session:
            owner = session.get_one(User, owner_id)
            found = session.get_one(Timetable, draft)
            service.publish(session, owner, found, version=found.version)

    publishing = seconds(publish)
    with database.reading() as session:
        meetings = len(timetables.meetings(session, session.get_one(Event, event_id)))
    return {
        "plan": planned,
        "plan_s": round(planning, 1),
        "publish_s": round(publishing, 1),
        "meetings": meetings,
    }


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Collect the statements sent meanwhile."""
    sent: list[str] = []

    def hear(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    listening.listen(database.engine, "before_cursor_execute", hear)
    try:
        yield sent
    finally:
        listening.remove(database.engine, "before_cursor_execute", hear)


def fetch(database: Database, client: Any, path: str, times: int) -> dict[str, Any]:
    with counted(database) as sent:
        answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    size = {"statements": len(sent), "kilobytes": round(len(answer.data) / 1024)}
    return {**timed(lambda: client.get(path), times), **size}


def everyone_came(database: Database, event_id: int) -> datetime:
    """Check everybody in; return a moment in the middle of the first day."""
    with database.transaction() as session:
        event = session.get_one(Event, event_id)
        moment = event.slots[min(PER_DAY, len(event.slots)) // 2].starts_at
        session.execute(
            update(Participant)
            .where(Participant.event_id == event_id)
            .values(checked_in_at=moment - timedelta(hours=3))
        )
        return moment + timedelta(minutes=3)


def pages(database: Database, app: Any, who: tuple[int, int], event_id: int, times: int) -> Any:
    organiser, participant = (browser(app, database, user_id) for user_id in who)
    base = f"/events/{event_id}"
    with database.reading() as session:
        one_table = f"/tables/{session.get_one(Event, event_id).tables[0].id}"
    return {
        "organiser": {
            path or "/": fetch(database, organiser, base + path, times)
            for path in (*ORGANISERS, one_table)
        },
        "participant": {
            path or "/": fetch(database, participant, base + path, times) for path in PARTICIPANTS
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=400)
    parser.add_argument("--wishes", type=int, default=4000)
    parser.add_argument("--slots", type=int, default=24)
    parser.add_argument("--tables", type=int, default=80)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    settings = Settings.for_tests(Path(tempfile.mkdtemp(prefix="matchmaker-bench-")))
    db.migrate(settings)
    app = create_app(settings)
    logging.getLogger("matchmaker.mail").setLevel(logging.ERROR)
    database: Database = app.extensions["database"]
    owner = people(database)[Role.ORGANISER]
    with app.app_context():
        event_id = make_event(database, owner, options)
        result: dict[str, Any] = {
            key: getattr(options, key) for key in ("teams", "wishes", "slots", "tables")
        }
        result |= plan(database, owner, event_id)
        with database.reading() as session:
            first = session.scalars(select(Team).where(Team.event_id == event_id)).first()
            assert first is not None
            who = owner, first.registered_by_id
        moment = everyone_came(database, event_id)
    result["before"] = pages(database, app, who, event_id, options.times)
    with clock.as_of(moment):
        result["on_the_day"] = pages(database, app, who, event_id, options.times)
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
