"""The day of an event, at the time a test wants."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from matchmaker import clock
from tests.floor.day import DAY, moment

Clock = Callable[..., None]


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Set the time: `at("09:05")`, on the day of the event unless another is given."""

    def put(text: str, day: date = DAY) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment(text, day))

    put("08:30")
    return put
