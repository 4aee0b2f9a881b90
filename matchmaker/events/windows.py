"""When registration and wishes are open: what is proposed, and what must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from matchmaker import clock

REGISTRATION_ENDS, WISHES_END = 14, 5
"""So many days before the first: then four days remain for planning, swaps and printing."""
IN_THE_EVENING = time(18)
SHORTEST_LEAD = 2


@dataclass(frozen=True, slots=True)
class Windows:
    registration_from: datetime | None = None
    registration_until: datetime | None = None
    wishes_until: datetime | None = None


def propose(first: date, moment: datetime, *, meetings: bool) -> Windows:
    """Propose windows for an event that begins on a day, shorter ones at short notice.

    Nothing is proposed for the end when the day is all but there.
    """
    lead = (first - moment.astimezone(clock.LOCAL_ZONE).date()).days
    if lead < SHORTEST_LEAD:
        return Windows(registration_from=moment)
    registration = min(REGISTRATION_ENDS, max(1, lead // 2))
    wishes = min(WISHES_END, max(1, lead // 4), registration)
    return Windows(
        registration_from=moment,
        registration_until=_evening(first - timedelta(days=registration)),
        wishes_until=_evening(first - timedelta(days=wishes)) if meetings else None,
    )


def _evening(day: date) -> datetime:
    return datetime.combine(day, IN_THE_EVENING, clock.LOCAL_ZONE).astimezone(UTC)


def problems(
    values: Mapping[str, Any], begin: datetime | None, *, meetings: bool
) -> dict[str, Any]:
    """Return what is wrong with the windows, by field; `begin` is when the first day begins."""
    opens, until = values.get("registration_from"), values.get("registration_until")
    wishes = values.get("wishes_until") if meetings else None
    found: dict[str, Any] = {}
    if opens and until and until <= opens:
        found["registration_until"] = _l("报名截止要晚于报名开始。")
    elif begin and until and until > begin:
        found["registration_until"] = _l("报名截止要在活动开始以前。")
    elif wishes and until and wishes < until:
        found["wishes_until"] = _l("意愿截止不能早于报名截止。")
    elif begin and wishes and wishes >= _midnight(begin):
        found["wishes_until"] = _l("意愿截止要在首日以前，留出排期的时间。")
    return found


def _midnight(begin: datetime) -> datetime:
    return begin.astimezone(clock.LOCAL_ZONE).replace(hour=0, minute=0)
