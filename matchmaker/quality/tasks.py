"""Every hour: learn from decisions, where there are new ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matchmaker import jobs
from matchmaker.jobs import JobRun
from matchmaker.quality import service


@jobs.task("quality.learn", regular=True)
def learn(run: JobRun) -> Mapping[str, Any]:
    """Fit the chance of an acceptance anew; nothing is locked while it is worked out."""
    with run.database.reading() as session:
        learned = service.learn(session)
    if learned is None:
        return {"learned": False}
    with run.database.transaction() as session:
        return {"learned": service.keep(session, learned), "decisions": learned.decisions}
