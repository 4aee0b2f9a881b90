"""How long the paper of an event takes, and how large it is; prints JSON.

python bench/paper.py [--people 1000] [--meetings 4000]: the agendas of an event of 200 meetings,
as an organiser downloads them, and the whole package of a large one, as the worker makes it. The
event is made up; its titles and names are as long as real ones.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import insert

from bench.measuring import forget_peak, peak_megabytes, seconds
from bench.pages import people
from config import Settings
from matchmaker import clock, db, jobs
from matchmaker.app import create_app
from matchmaker.db import Database
from matchmaker.paper import package, queries, service
from matchmaker.paper.addresses import Addresses
from matchmaker.paper.calendars import calendar_of
from matchmaker.paper.contents import contents
from matchmaker.paper.press import press, press_apart
from models import (
    Event,
    EventBreak,
    EventDay,
    EventStatus,
    EventTable,
    Meeting,
    Organisation,
    Participant,
    Role,
    Slot,
    Team,
    Timetable,
    TimetableStatus,
    User,
    Wish,
)

NAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
SMALL = (80, 200)
"""People and meetings of a usual event."""
MINUTES, PER_DAY = 20, 24


def timed(work: Callable[[], Any], times: int = 1) -> dict[str, float]:
    """Run some times; the least seconds by the clock, and of processors with those of children."""
    clocks, processors = [], []
    for _time in range(times):
        before = os.times()
        clocks.append(seconds(work))
        spent = zip(before[:4], os.times()[:4], strict=True)
        processors.append(sum(now - then for then, now in spent))
    return {"seconds": round(min(clocks), 2), "of_processors": round(min(processors), 2)}


def make_event(database: Database, owner_id: int, wanted: tuple[int, int]) -> int:
    """Write an event with people and meetings in bulk, half of the people on either side."""
    many, meetings = wanted
    tables = max(10, many // 4)
    slots = -(-meetings // min(tables, many // 2))
    with database.transaction() as session:
        event = open_event(session, owner_id, slots, tables, meetings_version=1)
        moment = clock.now()
        session.add(
            Timetable(
                event_id=event.id, number=1, status=TimetableStatus.PUBLISHED, made_by_id=owner_id,
                made_at=moment, published_at=moment,
            )
        )  # fmt: skip
        session.flush()
        _add_people(session, event, many)
        _add_meetings(session, event, meetings)
        return event.id


def open_event(session: Any, owner_id: int, slots: int, tables: int, **values: Any) -> Event:
    """Write an announced event with its days, slots and tables, and nobody in it yet."""
    owner, moment = session.get_one(User, owner_id), clock.now()
    event = Event(
        kind="docking", status=EventStatus.OPEN, title="示范先进材料与智能装备产业对接会",
        region_code="500106", venue="示范会展中心三号厅", organisation_id=owner.organisation_id,
        owner_id=owner.id, created_at=moment, opened_at=moment, **values,
    )  # fmt: skip
    session.add(event)
    session.flush()
    _add_days(session, event, slots)
    event.tables = [
        EventTable(event_id=event.id, name=f"{n} 桌", room=f"{1 + n // 40} 号厅", ordinal=n)
        for n in range(1, tables + 1)
    ]
    session.flush()
    return event


def _add_days(session: Any, event: Event, slots: int) -> None:
    for number in range(-(-slots // PER_DAY)):
        begin = datetime.combine(
            date(2027, 5, 20) + timedelta(days=number), time(9), clock.LOCAL_ZONE
        )
        day = EventDay(event_id=event.id, day=begin.date(), starts=time(9), ends=time(17, 0))
        day.breaks.append(EventBreak(starts=time(12), ends=time(12, 40), label="午餐"))
        event.days.append(day)
    session.flush()
    for number in range(slots):
        day = event.days[number // PER_DAY]
        starts = datetime.combine(day.day, day.starts, clock.LOCAL_ZONE).astimezone(UTC)
        starts += timedelta(minutes=MINUTES * (number % PER_DAY))
        ends = starts + timedelta(minutes=MINUTES)
        event.slots.append(Slot(event_id=event.id, day_id=day.id, starts_at=starts, ends_at=ends))


def _add_people(session: Any, event: Event, many: int) -> None:
    """One team of one person each; a bench of paper needs no larger ones."""
    moment = clock.now()
    names = itertools.cycle("".join(pair) for pair in itertools.product(NAMES, NAMES[::-1]))
    for number in range(many):
        organisation = Organisation(
            name=f"示范理工大学化学工程学院第{event.id}-{number}研究所", kind="university",
            region_code="500106", created_at=moment, status="verified", verified_at=moment,
        )  # fmt: skip
        session.add(organisation)
        session.flush()
        team = Team(
            event_id=event.id, organisation_id=organisation.id, status="approved",
            side="need" if number < many // 2 else "achievement", registered_by_id=event.owner_id,
            registered_at=moment, name="先进材料联合实验室",
        )  # fmt: skip
        team.members.append(
            Participant(
                event_id=event.id, name=next(names), position="副研究员",
                code=f"{event.id:08d}{number:014d}",
            )
        )  # fmt: skip
        session.add(team)
    session.flush()


def _add_meetings(session: Any, event: Event, meetings: int) -> None:
    """Slot by slot, everybody with the next of the other side."""
    teams = session.query(Team).filter_by(event_id=event.id).order_by(Team.id).all()
    half = len(teams) // 2
    ours, theirs = teams[:half], teams[half:]
    spots = [
        (slot, table, n)
        for slot in event.slots
        for n, table in enumerate(event.tables[: min(len(event.tables), half)])
    ][:meetings]
    made, held = [], []
    pairs: set[tuple[int, int]] = set()
    first = session.query(Wish).count() + 1
    for number, (slot, table, n) in enumerate(spots):
        round_ = number // min(len(event.tables), half)
        turn = round_ * len(event.tables)
        one, other = ours[(n + turn) % half], theirs[(n + turn + round_) % half]
        if (one.id, other.id) in pairs:
            continue
        pairs.add((one.id, other.id))
        wish = first + len(made)
        made.append({
            "id": wish, "event_id": event.id, "need_team_id": one.id, "score": 0.5, "version": 1,
            "achievement_team_id": other.id, "created_at": clock.now(),
        })  # fmt: skip
        held.append({
            "event_id": event.id, "wish_id": wish, "slot_id": slot.id, "table_id": table.id,
            "need_person_id": one.members[0].id, "achievement_person_id": other.members[0].id,
            "changed_at": clock.now(), "status": "planned", "sequence": 0, "version": 1,
        })  # fmt: skip
    session.execute(insert(Wish.__table__), made)
    session.execute(insert(Meeting.__table__), held)


def agendas(database: Database, event_id: int) -> dict[str, Any]:
    """Time what one download takes: reading, wording, printing in a process of its own."""
    found: dict[str, Any] = {}

    def download() -> None:
        with database.reading() as session:
            event = queries.event_of_id(session, event_id)
            assert event is not None
            folder = queries.folder(session, event)
            found["meetings"], found["people"] = len(folder.meetings), len(folder.people)
            values = contents("agendas", folder, Addresses(database.settings))
        found["kilobytes"] = round(len(press_apart("agendas", values)) / 1024)

    download()
    return {**timed(download, 3), **found}


def own(database: Database, event_id: int) -> dict[str, Any]:
    """Time the sheet and the calendar of one person, as they download them."""
    found: dict[str, Any] = {}
    with database.reading() as session:
        event = queries.event_of_id(session, event_id)
        assert event is not None
        person = queries.folder(session, event).people[0]

        def sheet() -> None:
            folder = queries.own_folder(session, event, [person])
            content = press("agendas", contents("agendas", folder, Addresses(database.settings)))
            found["kilobytes"] = round(len(content) / 1024)

        sheet()
        found["sheet_ms"] = round(1000 * min(seconds(sheet) for _time in range(5)), 1)
        folder = queries.own_folder(session, event, [person])
        found["calendar_ms"] = round(1000 * seconds(lambda: calendar_of(folder, [person])), 1)
    return found


def whole(database: Database, owner_id: int, event_id: int) -> dict[str, Any]:
    """Time a package from its job to the zip."""
    with database.transaction() as session:
        owner = session.get_one(User, owner_id)
        service.ask(session, owner, session.get_one(Event, event_id), language="zh")
    forget_peak()
    spent = timed(lambda: jobs.run_due(database))
    with database.reading() as session:
        event = session.get_one(Event, event_id)
        (made,) = package.packages(database.settings, event)
    with zipfile.ZipFile(made.path) as archive:
        largest = max(archive.infolist(), key=lambda entry: entry.file_size)
        names = archive.namelist()
    return {
        **spent, "megabytes": round(made.size / 1024**2, 1),
        "files": len(names), "largest": [largest.filename, round(largest.file_size / 1024**2, 1)],
        "peak_of_worker_mb": round(peak_megabytes()),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--meetings", type=int, default=4000)
    options = parser.parse_args()
    settings = Settings.for_tests(Path(tempfile.mkdtemp(prefix="matchmaker-bench-")))
    db.migrate(settings)
    app = create_app(settings)
    database: Database = app.extensions["database"]
    owner = people(database)[Role.ORGANISER]
    with app.app_context():
        small = make_event(database, owner, SMALL)
        large = make_event(database, owner, (options.people, options.meetings))
        result = {
            "agendas_of_200_meetings": agendas(database, small),
            "own_agenda": own(database, small),
            "package": {
                "people": options.people, "meetings": options.meetings,
                **whole(database, owner, large),
            },
        }  # fmt: skip
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
