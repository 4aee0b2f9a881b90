"""Timetables are planned in the background; the planner runs in a process of its own."""

from __future__ import annotations

import time
from typing import Any

from flask_babel import force_locale
from sqlalchemy import update
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.events import queries as events
from matchmaker.i18n import LOCALES
from matchmaker.jobs import JobRun
from matchmaker.notifications.service import notify
from matchmaker.timetables import queries, service
from matchmaker.timetables.instances import (
    Json,
    Seat,
    content_of,
    draft_seats,
    previous_of,
    published_seats,
)
from matchmaker.timetables.solver import PlannerError, Progress, solve
from models import Event, Timetable, TimetableStatus, User

SHARES = {"greedy": 0.1, "promised": 0.2, "teams": 0.25, "minima": 0.3, "bound": 0.5,
          "exact": 0.8, "smoothing": 0.85, "done": 1.0}  # fmt: skip
"""How far the work is when a stage is reached, roughly."""
LOOK_EVERY = 1.0
"""Seconds between two looks whether somebody stopped it."""


@jobs.task("timetables.plan")
def plan(run: JobRun) -> dict[str, Any] | None:
    """Plan a version that waits for it, and keep it as a draft."""
    read = _read(run)
    if read is None:
        return None
    content, before, locked, time_limit, seed = read
    watch = _Watch(run)
    try:
        found = solve(
            content, before, time_limit=time_limit, seed=seed, hear=watch.hear, check=watch.check
        )
    except PlannerError as error:
        _fail(run, str(error))
        return {"meetings": 0}
    with run.database.transaction() as session:
        timetable = _waiting(session, run)
        if timetable is None:
            return None
        service.take_over(session, timetable, found, locked)
        _tell(session, timetable, "timetable.ready", number=timetable.number)
    return {"meetings": len(found["meetings"]), "seconds": found["seconds"]}


def _read(run: JobRun) -> tuple[Json, list[Json], list[Seat], int, int] | None:
    """Read what is to be planned, and note on which state of the meetings it is based."""
    with run.database.transaction() as session:
        timetable = _waiting(session, run)
        if timetable is None:
            return None
        event = session.get_one(Event, timetable.event_id, options=list(events.loaded()))
        published = published_seats(session, event)
        older = [
            row
            for row in queries.versions(session, event)
            if row.status == TimetableStatus.DRAFT and row.number < timetable.number
        ]
        base = draft_seats(session, older[0]) if older else published
        locked = [seat for seat in base if seat.locked]
        timetable.based_on = event.meetings_version
        content = content_of(session, event, locked)
        return content, previous_of(published), locked, timetable.time_limit, timetable.seed


def _waiting(session: Session, run: JobRun) -> Timetable | None:
    timetable = session.get(Timetable, run.payload["timetable_id"])
    if timetable is None or timetable.status != TimetableStatus.PLANNING:
        return None
    return timetable


class _Watch:
    """Tells how far the planner is, and looks whether somebody stopped it."""

    def __init__(self, run: JobRun) -> None:
        self.run = run
        self.looked = 0.0

    def hear(self, progress: Progress) -> None:
        share = SHARES.get(str(progress["stage"]), 0.5)
        with self.run.database.transaction() as session:
            session.execute(
                update(Timetable)
                .where(Timetable.id == self.run.payload["timetable_id"])
                .values(progress={**progress, "share": share})
                .execution_options(synchronize_session=False)
            )
        self.run.report(min(share, 0.99), str(progress["stage"]))

    def check(self) -> None:
        if time.monotonic() - self.looked >= LOOK_EVERY:
            self.looked = time.monotonic()
            self.run.check()


def _fail(run: JobRun, words: str) -> None:
    with run.database.transaction() as session:
        timetable = _waiting(session, run)
        if timetable is not None:
            timetable.status = TimetableStatus.FAILED
            timetable.error = f"planner: {words}"[:500]
            _tell(session, timetable, "timetable.failed", reason=None)


def _tell(session: Session, timetable: Timetable, kind: str, **values: Any) -> None:
    """Tell who asked for it."""
    user = session.get_one(User, timetable.made_by_id)
    event = session.get_one(Event, timetable.event_id)
    if "reason" in values:
        with force_locale(LOCALES.get(user.locale, LOCALES["zh"])):
            values["reason"] = str(queries.failure(timetable))
    notify(
        session, user, kind, event=event.title, endpoint="timetables.board",
        endpoint_values={"event_id": event.id}, **values,
    )  # fmt: skip
