"""The time, in one place, so that tests can set it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LOCAL_ZONE = ZoneInfo("Asia/Shanghai")
_shift = timedelta(0)


def now() -> datetime:
    """Return this moment, aware, in UTC."""
    return datetime.now(UTC) + _shift


@contextmanager
def as_of(moment: datetime) -> Iterator[None]:
    """Let it be another moment in this whole process: for demonstration data and tests."""
    global _shift  # noqa: PLW0603 - there is one time
    before, _shift = _shift, moment - datetime.now(UTC)
    try:
        yield
    finally:
        _shift = before


def today() -> date:
    """Return the date in Chengdu and Chongqing."""
    return now().astimezone(LOCAL_ZONE).date()


def time_of_day(moment: datetime, *, with_day: bool = False) -> str:
    """Return 09:40, or 12-04 09:40, in local time: a form that every language reads."""
    return moment.astimezone(LOCAL_ZONE).strftime("%m-%d %H:%M" if with_day else "%H:%M")
