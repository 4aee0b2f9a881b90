"""Packages are made in the background, with progress."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import force_locale

from matchmaker import jobs
from matchmaker.i18n import LOCALES
from matchmaker.jobs import JobRun
from matchmaker.paper import package, queries
from matchmaker.paper.addresses import Addresses


@jobs.task(queries.PACKAGE)
def make_package(run: JobRun) -> Mapping[str, Any]:
    """Make the package of what is published now; running it again makes the same file.

    Everything is read first: a reader that stays keeps others from writing on some SQLite.
    """
    settings = run.database.settings
    with run.database.reading() as session:
        event = queries.event_of_id(session, int(run.payload["event_id"]))
        if event is None:
            package.remove(settings, int(run.payload["event_id"]))
            return {}
        folder = queries.folder(session, event)
        left_out = queries.unscheduled(session, folder.timetable)
    if folder.timetable is None:
        return {}
    with force_locale(LOCALES.get(str(run.payload.get("language")), LOCALES["zh"])):
        path = package.make(settings, folder, left_out, Addresses(settings), run.report)
    return {"file": path.name, "bytes": path.stat().st_size}
