"""From days to slots: plain arithmetic, without a database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from matchmaker import clock
from matchmaker.i18n import counted

MINUTES = (15, 20, 30, 60)
"""How long a slot may be, as the forms offer it."""
DAYS_AT_MOST, BREAKS_AT_MOST, SLOTS_AT_MOST = 14, 8, 500
YEARS = range(2000, 2101)
"""Days outside are typing errors."""
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch of a day without slots."""

    starts: time
    ends: time
    label: str = ""


@dataclass(frozen=True, slots=True)
class DayPlan:
    """One day of an event, in local time."""

    day: date
    starts: time
    ends: time
    breaks: tuple[Pause, ...] = ()

    @property
    def span(self) -> tuple[date, time, time]:
        """What people must know of it."""
        return self.day, self.starts, self.ends


LUNCH = Pause(time(12), time(13, 30))


def with_lunch(day: date, starts: time, ends: time, label: str) -> DayPlan:
    """Return a day that leaves room for lunch where it goes on over noon."""
    over_noon = starts < LUNCH.starts and ends > LUNCH.ends
    breaks = (Pause(LUNCH.starts, LUNCH.ends, label),) if over_noon else ()
    return DayPlan(day, starts, ends, breaks)


def slots_of(plan: DayPlan, minutes: int) -> list[Span]:
    """Return the slots of a day, one after the other, going on after each break.

    Every slot lies inside the day, has the whole length and shares no moment with a break.
    """
    found: list[Span] = []
    begin, end = _minute(plan.starts), _minute(plan.ends)
    while begin + minutes <= end:
        busy = [
            _minute(pause.ends)
            for pause in plan.breaks
            if _minute(pause.starts) < begin + minutes and begin < _minute(pause.ends)
        ]
        if busy:
            begin = max(busy)
            continue
        found.append((_moment(plan.day, begin), _moment(plan.day, begin + minutes)))
        begin += minutes
    return found


def all_slots(plans: Iterable[DayPlan], minutes: int) -> list[Span]:
    """Return the slots of all days, by time."""
    return sorted(span for plan in plans for span in slots_of(plan, minutes))


def problem_of(plan: DayPlan, minutes: int) -> Any:
    """Say what is wrong with a day; empty when nothing is."""
    if plan.day.year not in YEARS:
        return _l("请检查年份。")
    if plan.ends <= plan.starts:
        return _l("结束时间要晚于开始时间。")
    for pause in plan.breaks:
        if pause.ends <= pause.starts:
            return _l("间歇的结束时间要晚于开始时间。")
        if pause.starts < plan.starts or pause.ends > plan.ends:
            return _l("间歇要在这一天的起止时间之内。")
    if not slots_of(plan, minutes):
        return _l("这一天一个时段也排不下，请延长时间或缩短时段。")
    return ""


def problem_of_all(plans: Sequence[DayPlan], minutes: int) -> Any:
    """Say what is wrong with the days together; empty when nothing is."""
    if len({plan.day for plan in plans}) < len(plans):
        return _l("同一天出现了两次，请删去一个。")
    if len(plans) > DAYS_AT_MOST:
        return counted("最多 %(n)d 天。", n=DAYS_AT_MOST)
    if sum(len(slots_of(plan, minutes)) for plan in plans) > SLOTS_AT_MOST:
        return counted("最多 %(n)d 个时段，请用较长的时段或减少天数。", n=SLOTS_AT_MOST)
    return ""


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _moment(day: date, minute: int) -> datetime:
    local = datetime.combine(day, time(), clock.LOCAL_ZONE) + timedelta(minutes=minute)
    return local.astimezone(UTC)
