"""What later features add to the pages of an event: tabs, steps, parts of the front page.

An earlier feature never names a later one; so each registers itself here when the application is
assembled (`views.init_app`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from models import Event, User


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of an event; `endpoint` takes `event_id`."""

    endpoint: str
    label: Any
    count: int = 0
    """Things that wait there."""
    also: tuple[str, ...] = ()
    """Other endpoints under which it is the current one."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something to be done for an event, in the order of the work."""

    label: Any
    detail: Any
    endpoint: str
    values: dict[str, Any] = field(default_factory=dict)
    done: bool = False
    waiting: bool = False
    """It is the turn of this step, or something waits for the reader."""
    act: Any = ""


TabOf = Callable[[Session, User, Event], Iterable[Tab]]
StepOf = Callable[[Session, User, Event], Iterable[Step]]
TABS: dict[int, TabOf] = {}
STEPS: dict[int, StepOf] = {}
"""By place: 10 events, 20 registration, 30 wishes, 40 timetables, 50 paper, 60 floor,
70 contests, 80 figures."""


def tabs_of(session: Session, actor: User, event: Event) -> list[Tab]:
    """Return the pages of an event that this person may open, in their order."""
    return [tab for place in sorted(TABS) for tab in TABS[place](session, actor, event)]


def steps_of(session: Session, actor: User, event: Event) -> list[Step]:
    """Return what is done and what is to be done for an event, for this person."""
    return [step for place in sorted(STEPS) for step in STEPS[place](session, actor, event)]
