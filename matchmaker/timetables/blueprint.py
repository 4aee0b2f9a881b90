"""The blueprint of the board, what its views share, and how an address says what is shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.errors import NotFoundError
from matchmaker.events.kinds import kind_of
from matchmaker.events.pages import event_of
from matchmaker.paging import Page
from matchmaker.timetables import queries
from models import Event, Role, Side, Timetable, User

bp = Blueprint("timetables", __name__, url_prefix="/events/<int:event_id>")
Answer = str | Response | tuple[str | Response, int]
OFFICES = (Role.ORGANISER, Role.ADMINISTRATOR)
VIEWS = ("tables", "people", "list")
ACTS = ("move", "swap")


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the board is asked for; zero and empty mean what suits best."""

    version: int = 0
    view: str = "tables"
    day: int = 0
    page: int = 0
    side: str = Side.NEED.value
    q: str = ""
    table: int = 0
    wish: int = 0
    act: str = ""
    reason: str = ""
    more: int = 0

    def arguments(self, **changes: Any) -> dict[str, Any]:
        """Return what an address must carry, with some of it changed."""
        plain = asdict(Asked())
        return {
            name: value
            for name, value in asdict(replace(self, **changes)).items()
            if value != plain[name]
        }

    def url(self, event_id: int, **changes: Any) -> str:
        """Return the address of the board, with some of what is asked for changed."""
        return url_for("timetables.board", event_id=event_id, **self.arguments(**changes))


def asked() -> Asked:
    """Read the address; what makes no sense there is left out."""
    words = {
        "view": VIEWS, "side": tuple(side.value for side in Side), "act": ACTS,
    }  # fmt: skip
    chosen = {name: request.args.get(name, "") for name in words}
    numbers: dict[str, Any] = {name: number(request.args.get(name)) for name in NUMBERS}
    known: dict[str, Any] = {name: word for name, word in chosen.items() if word in words[name]}
    return Asked(**numbers, **known, q=text("q", 60), reason=text("reason", 40))


NUMBERS = ("version", "day", "page", "table", "wish", "more")


def number(value: str | None) -> int:
    """Read an id or a count; zero where there is none."""
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) < 10 else 0


def text(name: str, limit: int) -> str:
    """Read a short text from the address."""
    return request.args.get(name, "").replace("\x00", "").strip()[:limit]


class BoardPage(Page):
    """Pages whose first one is named too: without a number the selected meeting decides."""

    def url(self, number: int) -> str:
        arguments = [*self.arguments, ("page", str(number))]
        return f"{self.path}?{urlencode(arguments)}#board"


def event_with_meetings(event_id: int) -> Event:
    """Return an event whose meetings are planned.

    Raises:
        NotFoundError: it is not there, or of a kind without meetings.

    """
    event = event_of(event_id)
    if not kind_of(event.kind).meetings:
        raise NotFoundError
    return event


def one(event_id: int, version: int) -> tuple[Session, User, Event, Timetable]:
    """Return what every act on a version needs."""
    event, session, actor = event_with_meetings(event_id), db.session(), guard.current_user()
    return session, actor, event, queries.one(session, actor, event, version)
